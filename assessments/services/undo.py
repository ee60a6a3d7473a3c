"""Undo: a signed note of what to give back, offered beside the message that something was done.

It works once and for an hour, for the person it was given to and only while they may still do it; what changed since
then is left alone.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import AbstractUser
from django.core import signing

from assessments import policy
from assessments.models import Credential, Mirror, Repository, Team
from assessments.services import credentials, repository_settings, saved_views, schedule
from scanners.errors import ScanError

SECONDS = 3600
_SALT = "assessments.undo"

Given = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Undone:
    """``said`` is a sentence for the person, ``back`` the page to go on with."""

    said: str
    back: str


def offer(*, user: AbstractUser, action: str, given: Given, back: str) -> str:
    """The note to undo ``action``, a key of ``ACTIONS``, by; ``given`` is what it needs, as JSON values."""
    if action not in ACTIONS:
        raise KeyError(action)
    return signing.dumps([user.pk, action, given, back], salt=_SALT, compress=True)


def undo(*, user: AbstractUser, note: str) -> Undone:
    """Gives back what the note holds. Raises ScanError (undo.not-valid, undo.too-late)."""
    try:
        owner, action, given, back = signing.loads(note, salt=_SALT, max_age=SECONDS)
    except signing.BadSignature:  # one that has expired is one as well
        raise ScanError(
            "undo.not-valid", "This can't be undone any more.", hint="Undo is offered for an hour."
        ) from None
    if owner != user.pk:
        raise ScanError("undo.not-valid", "This was somebody else's to undo.")
    return Undone(ACTIONS[action](user, given), back)


def _settings(user: AbstractUser, given: Given) -> str:
    repository = _led(user, given["repository"])
    before = dict(given["before"])
    if repository.version != given["version"]:
        raise _too_late()
    if not policy.may_override_profile(user) and set(before) & set(repository_settings.JUDGED_BY):
        raise _too_late()
    try:
        repository_settings.change_settings(
            repository=repository, changes=before, version=given["version"], actor=user
        )
    except ScanError:
        raise _too_late() from None
    return f"The settings of {repository.name} are as they were."


def _bring_back(user: AbstractUser, given: Given) -> str:
    repository = _led(user, given["repository"])
    if not repository_settings.bring_back(repository=repository, actor=user):
        raise _too_late()
    return f"{repository.name} is back."


def _repository_schedule(user: AbstractUser, given: Given) -> str:
    repository = _led(user, given["subject"])
    _only_where(repository, given["after"])
    schedule.set_repository_schedule(repository=repository, actor=user, **given["before"])
    return f"The schedule of {repository.name} is as it was."


def _team_schedule(user: AbstractUser, given: Given) -> str:
    team = Team.objects.filter(pk=given["subject"]).first()
    if team is None or not policy.may_lead(user, team):
        raise _too_late()
    _only_where(team, given["after"])
    schedule.set_team_schedule(team=team, actor=user, **given["before"])
    return f"The schedule of {team.name} is as it was."


def _only_where(row: Repository | Team, stands: Given) -> None:
    """Raises where ``row`` is not any more as ``stands`` says."""
    if any(getattr(row, name) != value for name, value in stands.items()):
        raise _too_late()


def _grant(user: AbstractUser, given: Given) -> str:
    credential = Credential.objects.filter(pk=given["credential"], revoked_at=None).first()
    team, mirror = (
        Team.objects.filter(pk=given["team"]).first(),
        Mirror.objects.filter(pk=given["mirror"]).first(),
    )
    if credential is None or team is None or mirror is None or not policy.may_grant_credentials(user):
        raise _too_late()
    credentials.grant_credential(
        credential=credential, team=team, mirror=mirror, reason=given["reason"], actor=user
    )
    return f"{team.name} may use {credential.name} there again."


def _view(user: AbstractUser, given: Given) -> str:
    view = policy.visible_views(user, deleted=None).filter(pk=given["view"]).first()
    if view is None or not policy.may_change_view(user, view):
        raise _too_late()
    saved_views.restore_view(view=view)
    return f"The view “{view.name}” is back."


def _led(user: AbstractUser, key: int) -> Repository:
    found = Repository.objects.select_related("team").filter(pk=key).first()
    if found is None or not policy.may_lead(user, found.team):
        raise _too_late()
    return found


def _too_late() -> ScanError:
    return ScanError("undo.too-late", "It has changed since, and is left as it is now.")


ACTIONS: dict[str, Callable[[AbstractUser, Given], str]] = {
    "repository.settings": _settings,
    "repository.gone": _bring_back,
    "repository.schedule": _repository_schedule,
    "team.schedule": _team_schedule,
    "credential.grant": _grant,
    "view.deleted": _view,
}
"""What can be undone: each takes the person and what was noted, and says what it gave back or raises ScanError."""
