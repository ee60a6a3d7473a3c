"""What stands in the way of a repository's scans, and the schedule as pages show it."""

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.urls import reverse
from django.utils import timezone

from assessments.failures import FAILURES, explain
from assessments.models import Repository, ScanPolicy, Team
from assessments.policy import may_lead
from assessments.services.due import due_repositories
from assessments.services.intervals import interval_of, scan_policy
from assessments.timing import in_window, window_ends


@dataclass(frozen=True, slots=True)
class Notice:
    """Something a person should know before they trust a page: ``level`` warning or error, ``id`` a stable error."""

    level: str
    title: str
    text: str
    hint: str
    id: str


@dataclass(frozen=True, slots=True)
class Care:
    """``notices`` the worst first; ``next_scan_at`` None where the schedule rests; addresses empty where the person
    may not use them. ``pushed_at`` is a push that waits for the schedule to go on."""

    notices: tuple[Notice, ...]
    next_scan_at: datetime | None
    paused: str
    release_url: str
    settings_url: str
    pushed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class SchedulePage:
    """``installation_hours`` and ``inherited_hours`` in words; ``window_until`` while maintenance lasts."""

    title: str
    back_url: str
    back: str
    above: str
    """The list that what is gone back to stands in; empty for the organisation's schedule."""
    above_url: str
    installation_hours: str
    inherited_hours: str
    organisation: bool
    paused: bool
    window_until: datetime | None
    due: int


def care_of(repository: Repository, user: AbstractUser, policy: ScanPolicy | None = None) -> Care:
    """What the repository's page says of its scans (team and mirror loaded)."""
    policy = policy or scan_policy()
    leads = may_lead(user, repository.team)
    slug = repository.slug
    paused = (
        "This repository's schedule is paused."
        if repository.paused
        else f"The schedule of {repository.team} is paused."
        if repository.team.paused
        else "The schedule of the whole fleet is paused."
        if policy.paused
        else ""
    )
    resting = bool(paused or repository.archived_at or repository.quarantined_at)
    return Care(
        notices=tuple(_notices(repository, leads)),
        next_scan_at=None if resting else repository.next_scan_at,
        paused=paused,
        release_url=reverse("repository-release", args=[slug]) if leads and repository.quarantined_at else "",
        settings_url=reverse("repository-settings", args=[slug]) if leads else "",
        pushed_at=repository.pushed_at if resting else None,
    )


def _notices(repository: Repository, leads: bool) -> list[Notice]:
    found = []
    if repository.archived_at:
        found.append(
            Notice(
                "warning",
                f"Archived since {repository.archived_at:%d %B %Y}.",
                "It is in no list and is not scanned. What is shown is what was known then.",
                "Its settings bring it back." if leads else "A lead of its team can bring it back.",
                "",
            )
        )
    if repository.quarantined_at:
        known = FAILURES["scan.quarantined"]
        found.append(
            Notice(
                "error",
                f"Quarantined since {repository.quarantined_at:%d %B %Y}.",
                repository.quarantine_reason,
                "Mend what ended its scans, then release it." if leads else known.todo,
                known.id,
            )
        )
    if repository.unreachable_at:
        known = FAILURES["repository.unreachable"]
        last = explain(repository.last_error_id)
        found.append(
            Notice(
                "warning",
                f"Not reachable since {repository.unreachable_at:%d %B %Y}, after {repository.failures} tries.",
                f"{repository.last_error} What is shown is what was known before, and its history is kept."
                " It is tried less often.",
                last.todo,
                known.id,
            )
        )
    if repository.mirror.moved_to:
        found.append(
            Notice(
                "warning",
                "The repository has moved.",
                f"Its host sends readers on to {repository.mirror.moved_to}.",
                "Change its address here before the old one goes away.",
                "",
            )
        )
    return found


def get_schedule_page(*, team: Team | None = None, repository: Repository | None = None) -> SchedulePage:
    """What stands beside the form of a schedule: of a repository, of a team, or of the organisation."""
    policy, now = scan_policy(), timezone.now()
    installation = settings.ENVIRONMENT.scan_interval_hours
    organisation = policy.interval_hours or installation
    inherited = organisation
    title, back, back_url = "Schedule", "Activity", reverse("activity")
    above, above_url = "", ""
    if repository is not None:
        without = Repository(interval_hours=None, team=repository.team)
        inherited = interval_of(without, policy)
        title, back = f"Schedule of {repository.name}", repository.name
        back_url = reverse("repository-detail", args=[repository.slug])
        above, above_url = "Repositories", reverse("repository-list")
    elif team is not None:
        title, back = f"Schedule of {team.name}", team.name
        back_url = reverse("team-detail", args=[team.slug])
        above, above_url = "Teams", reverse("team-list")
    start, end = policy.window_start, policy.window_end
    inside = start is not None and end is not None and in_window(start, end, policy.window_zone, now)
    return SchedulePage(
        title=title,
        back_url=back_url,
        back=back,
        above=above,
        above_url=above_url,
        installation_hours=_hours(installation),
        inherited_hours=_hours(inherited),
        organisation=team is None and repository is None,
        paused=policy.paused,
        window_until=window_ends(start, end, policy.window_zone, now) if inside and start and end else None,
        due=due_repositories(now).count() if team is None and repository is None else 0,
    )


def _hours(hours: int) -> str:
    return f"{hours} hour{'' if hours == 1 else 's'}"
