"""The dashboard's addresses, by what they show."""

from django.urls import path

from assessments.views import activity, exports, fleet, health, hooks, repositories, sources, standard, teams

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
    path("teams/<slug:slug>/settings/", sources.team_settings, name="team-settings"),
    path("credentials/", sources.source_list, name="source-list"),
    path("credentials/add/", sources.credential_create, name="credential-create"),
    path("credentials/<int:pk>/", sources.credential_detail, name="credential-detail"),
    path("credentials/<int:pk>/replace/", sources.credential_replace, name="credential-replace"),
    path("credentials/<int:pk>/revoke/", sources.credential_revoke, name="credential-revoke"),
    path("credentials/<int:pk>/grants/", sources.credential_grant, name="credential-grant"),
    path("credentials/<int:pk>/grants/<int:grant>/withdraw/", sources.grant_withdraw, name="grant-withdraw"),
    path("webhooks/add/", sources.hook_create, name="hook-create"),
    path("webhooks/<str:public_id>/", sources.hook_detail, name="hook-detail"),
    path("webhooks/<str:public_id>/secret/", sources.hook_renew, name="hook-renew"),
    path("webhooks/<str:public_id>/revoke/", sources.hook_revoke, name="hook-revoke"),
    path("hooks/<str:provider>/<str:public_id>/", hooks.push_received, name="push-hook"),
    path("standard/", standard.standard, name="standard"),
    path("standard/<str:item>/", standard.standard_item, name="standard-item"),
    path("activity/", activity.activity, name="activity"),
    path("exports/", exports.export_list, name="export-list"),
    path("exports/<uuid:key>/", exports.export_download, name="export-download"),
]
