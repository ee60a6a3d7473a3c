"""The dashboard's addresses, by what they show."""

from django.urls import path

from assessments.views import activity, exports, fleet, health, repositories, standard, teams

urlpatterns = [
    path("", fleet.fleet, name="fleet"),
    path("healthz", health.healthz, name="healthz"),
    path("components/", fleet.components, name="components"),
    path("repositories/", repositories.repository_list, name="repository-list"),
    path("repositories/add/", repositories.repository_create, name="repository-create"),
    path("repositories/<slug:slug>/", repositories.repository_detail, name="repository-detail"),
    path("repositories/<slug:slug>/scan/", repositories.repository_scan, name="repository-scan"),
    path("repositories/<slug:slug>/progress/", repositories.repository_progress, name="repository-progress"),
    path("repositories/<slug:slug>/export/", repositories.repository_export, name="repository-export"),
    path("teams/", teams.team_list, name="team-list"),
    path("teams/<slug:slug>/", teams.team_detail, name="team-detail"),
    path("teams/<slug:slug>/scan/", teams.team_scan, name="team-scan"),
    path("standard/", standard.standard, name="standard"),
    path("standard/<str:item>/", standard.standard_item, name="standard-item"),
    path("activity/", activity.activity, name="activity"),
    path("exports/", exports.export_list, name="export-list"),
    path("exports/<uuid:key>/", exports.export_download, name="export-download"),
]
