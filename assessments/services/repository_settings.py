"""A repository's settings, its archive and its removal: each noted, each given back where that can be."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import AbstractUser
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from assessments.choices import ACTIVE_STATES, ScanReason
from assessments.models import Repository, ScanRequest, Team
from assessments.services.audit import note
from assessments.services.scans import cancel_scan, request_scan
from assessments.services.schedule import spread
from scanners.errors import ScanError

REMOVED_FOR_GOOD_DAYS = 7
JUDGED_BY = ("root", "profile_override")
"""Settings by which verdicts change, so that the repository is judged anew at once."""


@transaction.atomic
def change_settings(
    *, repository: Repository, changes: Mapping[str, Any], version: int, actor: AbstractUser
) -> dict[str, Any]:
    """What the changed fields held before, by name; {} where nothing is new.

    ``changes`` are field names with their new values, ``version`` that of the settings which the person saw. Raises
    ScanError (settings.changed-meanwhile, settings.folder-taken).
    """
    locked = Repository.objects.select_for_update(of=("self",)).select_related("team").get(pk=repository.pk)
    new = {name: value for name, value in changes.items() if getattr(locked, name) != value}
    if not new:
        return {}
    if locked.version != version:
        raise ScanError(
            "settings.changed-meanwhile",
            "Somebody else saved these settings while you edited them.",
            hint="What you entered is kept. Compare it with what is saved now, then save again.",
        )
    before = {name: getattr(locked, name) for name in new}
    if "root" in new:
        taken = Repository.objects.filter(mirror_id=locked.mirror_id, root=new["root"]).exclude(pk=locked.pk)
        if taken.exists():
            raise ScanError(
                "settings.folder-taken",
                "Another repository stands for this folder of the same address.",
                hint="Choose another folder, or use that repository; it may be archived.",
            )
        new["moved"] = True
    Repository.objects.filter(pk=locked.pk).update(**new, version=F("version") + 1)
    note(
        actor=actor,
        action="repository.changed",
        subject=locked.name,
        **{
            name.removesuffix("_id"): [_said(name, value), _said(name, new[name])]
            for name, value in before.items()
        },
    )
    if "interval_hours" in new:
        spread(Repository.objects.filter(pk=locked.pk))
    if any(name in new for name in JUDGED_BY) and not (locked.quarantined_at or locked.archived_at):
        fresh = Repository.objects.get(pk=locked.pk)
        request_scan(repository=fresh, reason=ScanReason.REQUEST, requested_by=actor)
    return before


def _said(name: str, value: Any) -> Any:
    """A value as the audit log holds it: people and teams by their names."""
    if name == "team_id":
        return str(Team.objects.get(pk=value))
    if name == "owner_id" and value is not None:
        return str(get_user_model().objects.get(pk=value))
    return value


@transaction.atomic
def archive(*, repository: Repository, actor: AbstractUser, now: datetime | None = None) -> bool:
    """True where it was not archived before: it leaves every list and is scanned no more; its history stays."""
    changed = Repository.objects.filter(pk=repository.pk, archived_at=None).update(
        archived_at=now or timezone.now()
    )
    if changed:
        note(actor=actor, action="repository.archived", subject=repository.name)
        _call_off(repository, actor)
    return bool(changed)


@transaction.atomic
def remove(*, repository: Repository, actor: AbstractUser, now: datetime | None = None) -> bool:
    """True where it was not removed before: nobody sees it any more, and a week later it goes with its history."""
    moment = now or timezone.now()
    Repository.objects.filter(pk=repository.pk, archived_at=None).update(archived_at=moment)
    changed = Repository.objects.filter(pk=repository.pk, removed_at=None).update(removed_at=moment)
    if changed:
        note(actor=actor, action="repository.removed", subject=repository.name)
        _call_off(repository, actor)
    return bool(changed)


@transaction.atomic
def bring_back(*, repository: Repository, actor: AbstractUser) -> bool:
    """True where it was archived or removed and is not any more; the schedule goes on with it."""
    changed = Repository.objects.filter(pk=repository.pk, archived_at__isnull=False).update(
        archived_at=None, removed_at=None
    )
    if changed:
        note(actor=actor, action="repository.restored", subject=repository.name)
    return bool(changed)


def remove_for_good(now: datetime) -> int:
    """How many repositories, removed a week ago, went with all that was known of them."""
    old = Repository.objects.filter(removed_at__lt=now - timedelta(days=REMOVED_FOR_GOOD_DAYS))
    gone = 0
    for repository in old.order_by("pk")[:50]:
        with transaction.atomic():
            note(actor=None, action="repository.deleted", subject=repository.name)
            Repository.objects.filter(pk=repository.pk).update(current=None)
            repository.delete()
        gone += 1
    return gone


def _call_off(repository: Repository, actor: AbstractUser) -> None:
    for scan in ScanRequest.objects.filter(repository=repository, state__in=ACTIVE_STATES):
        cancel_scan(scan=scan, actor=actor)
