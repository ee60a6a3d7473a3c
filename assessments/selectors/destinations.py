"""Where a person may go and what they may do, for the search: pages, and actions on what they were looking at."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.contrib.auth.models import AbstractUser
from django.urls import NoReverseMatch, Resolver404, resolve, reverse

from assessments.choices import ExportScope
from assessments.models import Repository, Team
from assessments.policy import (
    is_admin,
    may_add_repositories,
    may_manage_sources,
    may_scan,
    visible_repositories,
    visible_teams,
)
from assessments.services.export_files import FORMATS


@dataclass(frozen=True, slots=True)
class Destination:
    """A page, or an action: ``post`` where ``url`` is posted to, with ``format`` as its field; ``script`` names what
    the browser does by itself. ``words`` are what people may call it besides its title."""

    title: str
    url: str
    icon: str
    words: str = ""
    note: str = ""
    post: bool = False
    format: str = ""
    script: str = ""


@dataclass(frozen=True, slots=True)
class Subject:
    """What the person was looking at when they began to search: a repository or a team, or neither."""

    repository: Repository | None = None
    team: Team | None = None


_PAGES = (
    ("fleet", "Fleet", "layout-dashboard", "start home dashboard overview movers heat map"),
    ("team-list", "Teams", "users", "people scorecards"),
    ("repository-list", "Repositories", "folder-git-2", "projects services list"),
    ("standard", "Standard", "list-checks", "items areas rules what passes"),
    ("framework-list", "Frameworks", "shield-check", "controls owasp nist compliance"),
    ("activity", "Activity", "activity", "scans queue failed running"),
    ("export-list", "Exports", "download", "files downloads pdf csv"),
    ("view-list", "Saved views", "bookmark", "filters"),
    ("notifications", "My notifications", "bell", "mail webhook digest tell"),
    ("tokens", "My API tokens", "key", "account program script"),
    ("api-reference", "API reference", "code", "rest openapi program"),
    ("account_email", "My e-mail addresses", "mail", "account"),
    ("account_change_password", "Change my password", "key-round", "account"),
    ("mfa_index", "Two-factor sign-in", "shield-check", "account security authenticator"),
    ("components", "Components", "swatch-book", "design system"),
)
_ADMIN_PAGES = (
    ("schedule", "Schedule", "calendar-clock", "interval pause maintenance window"),
    ("source-list", "Credentials and push hooks", "key-round", "tokens ssh keys webhooks"),
    ("admin:index", "Admin", "settings", "rules teams people drafts"),
)


def pages_for(user: AbstractUser) -> Iterator[Destination]:
    """The pages that stand by themselves and that the person may open."""
    for view, title, icon, words in _PAGES + (_ADMIN_PAGES if is_admin(user) else ()):
        try:
            yield Destination(title, reverse(view), icon, words)
        except NoReverseMatch:
            continue


def subject_of(user: AbstractUser, path: str) -> Subject:
    """The repository or team whose page ``path`` is; neither where the person may not see it. One query at most."""
    try:
        match = resolve(path)
    except Resolver404:
        return Subject()
    slug = match.kwargs.get("slug")
    name = (match.url_name or "").split("-")[0]
    if slug and name == "repository":
        found = visible_repositories(user).select_related("team").filter(slug=slug).first()
        return Subject(repository=found)
    if slug and name == "team":
        return Subject(team=visible_teams(user).filter(slug=slug).first())
    return Subject()


def actions_for(user: AbstractUser, subject: Subject) -> Iterator[Destination]:
    """What the person may do, beginning with what concerns the page they come from."""
    if subject.repository:
        yield from _of_repository(user, subject.repository)
    if subject.team:
        yield from _of_team(user, subject.team)
    if may_add_repositories(user):
        yield Destination("Add a repository", reverse("repository-create"), "plus", "new register")
    for format in FORMATS[ExportScope.FLEET]:
        yield Destination(
            f"Export the fleet as {format.label}",
            reverse("fleet-export"),
            "file-down",
            "download",
            post=True,
            format=format.value,
        )
    yield Destination("Change theme", "", "moon", "dark light mode", script="theme")
    yield Destination("Sign out", reverse("account_logout"), "log-out", "log out leave")


def _of_repository(user: AbstractUser, one: Repository) -> Iterator[Destination]:
    if one.quarantined_at is None and may_scan(user, one.team):
        url = reverse("repository-scan", args=[one.slug])
        yield Destination("Rescan this repository", url, "refresh-cw", "scan judge", one.name, post=True)
    if one.current_id:
        for view, title, icon in (
            ("repository-plan", "Plan of this repository", "list-checks"),
            ("repository-history", "History of this repository", "history"),
            ("repository-compare", "Compare two assessments", "git-compare"),
        ):
            yield Destination(title, reverse(view, args=[one.slug]), icon, "", one.name)
        for format in FORMATS[ExportScope.REPOSITORY]:
            yield Destination(
                f"Export this repository as {format.label}",
                reverse("repository-export", args=[one.slug]),
                "file-down",
                "download report",
                one.name,
                post=True,
                format=format.value,
            )


def _of_team(user: AbstractUser, team: Team) -> Iterator[Destination]:
    if may_scan(user, team):
        url = reverse("team-scan", args=[team.slug])
        yield Destination("Rescan all of this team", url, "refresh-cw", "scan judge", team.name, post=True)
    for view, title, icon in (
        ("team-plan", "Plan of this team", "list-checks"),
        ("team-changes", "Changes of this team", "history"),
    ):
        yield Destination(title, reverse(view, args=[team.slug]), icon, "", team.name)
    if may_manage_sources(user, team):
        url = reverse("team-settings", args=[team.slug])
        yield Destination("Settings of this team", url, "settings-2", "credentials hooks", team.name)
    for format in FORMATS[ExportScope.TEAM]:
        yield Destination(
            f"Export this team as {format.label}",
            reverse("team-export", args=[team.slug]),
            "file-down",
            "download scorecard",
            team.name,
            post=True,
            format=format.value,
        )
