"""Scans that are asked for together: the request, calling all of it off, and noticing that it is over.

Whatever ends a scan looks, after its transaction, whether it was the last of its rescan; whoever writes the end first,
by a conditional update, tells the person who asked. A worker killed in between leaves that to the next sweep.
"""

from datetime import datetime

from django.contrib.auth.models import AbstractUser
from django.db import transaction
from django.db.models import Count, Exists, OuterRef, QuerySet
from django.utils import timezone

from assessments.choices import ACTIVE_STATES, RescanScope, ScanReason, ScanState
from assessments.models import Repository, Rescan, ScanRequest, Team
from assessments.services import meters
from assessments.services.audit import note
from assessments.services.intervals import next_scan_at, scan_policy
from assessments.services.many import ask_for, batches, idle, take_over


@transaction.atomic
def request_rescan(
    *,
    repositories: QuerySet[Repository],
    requested_by: AbstractUser | None,
    scope: RescanScope = RescanScope.CHOSEN,
    team: Team | None = None,
    item: str = "",
    reason: ScanReason = ScanReason.BULK,
    now: datetime | None = None,
) -> Rescan | None:
    """The rescan of these repositories, None where there is nothing to scan that is not being scanned already.

    What waits for the schedule becomes part of it and goes ahead; what somebody else asked for, what is being scanned
    and what is quarantined is left out. Its scans go behind what one person waits for, and ahead of the schedule.
    """
    moment = now or timezone.now()
    rescan = Rescan.objects.create(
        scope=scope, team=team, item=item, requested_by=requested_by, requested_at=moment
    )
    keys = list(idle(repositories).order_by("pk").values_list("pk", flat=True).distinct())
    scans = ask_for(keys, reason=reason, now=moment, requested_by=requested_by, rescan=rescan)
    scans += take_over(repositories, reason=reason, requested_by=requested_by, rescan=rescan)
    if not scans:
        rescan.delete()
        return None
    rescan.total = len(scans)
    rescan.save(update_fields=["total"])
    return rescan


@transaction.atomic
def cancel_rescan(*, rescan: Rescan, actor: AbstractUser, now: datetime | None = None) -> int:
    """How many of its scans waited or ran and do not any more; their workers notice within seconds."""
    moment = now or timezone.now()
    policy = scan_policy()
    cancelled = 0
    active = ScanRequest.objects.filter(rescan=rescan, state__in=ACTIVE_STATES)
    for part in batches(list(active.order_by("pk").values_list("pk", flat=True))):
        cancelled += active.filter(pk__in=part).update(
            state=ScanState.CANCELLED,
            finished_at=moment,
            lease_until=None,
            summary=f"Cancelled by {actor}"[:300],
        )
        # Or what was due would be asked for again at once.
        due = Repository.objects.filter(scans__in=part, next_scan_at__lte=moment).select_related("team")
        put_off = list(due)
        for repository in put_off:
            repository.next_scan_at = next_scan_at(repository, moment, policy)
        Repository.objects.bulk_update(put_off, ["next_scan_at"], batch_size=500)
    if cancelled:
        Rescan.objects.filter(pk=rescan.pk).update(cancelled_by=actor)
        note(actor=actor, action="rescan.cancelled", subject=str(rescan), scans=cancelled)
        meters.scan_ended("cancelled", {}, number=cancelled)
    transaction.on_commit(lambda: settle(rescan.pk), robust=True)
    return cancelled


def settle(rescan_id: int, *, now: datetime | None = None) -> bool:
    """True for the one who finds that none of its scans waits or runs any more, and so marks it as over."""
    if Rescan.objects.filter(_over(), pk=rescan_id, finished_at=None).exists():
        return _finish(rescan_id, now or timezone.now())
    return False


def settle_all(*, now: datetime | None = None) -> int:
    """How many were over without anybody having noticed."""
    over = Rescan.objects.filter(_over(), finished_at=None).order_by("requested_at")
    moment = now or timezone.now()
    return sum(_finish(key, moment) for key in over.values_list("pk", flat=True)[:500])


def _over() -> Exists:
    return ~Exists(ScanRequest.objects.filter(rescan=OuterRef("pk"), state__in=ACTIVE_STATES))


@transaction.atomic
def _finish(rescan_id: int, moment: datetime) -> bool:
    counted = ScanRequest.objects.filter(rescan=rescan_id).order_by().values_list("state")
    states = dict(counted.annotate(number=Count("pk")))
    mine = Rescan.objects.filter(pk=rescan_id, finished_at=None).update(
        finished_at=moment,
        failed=states.get(ScanState.FAILED, 0),
        cancelled=states.get(ScanState.CANCELLED, 0),
    )
    if mine:
        from assessments.services import finished

        transaction.on_commit(lambda: finished.rescan_ended(rescan_id), robust=True)
    return bool(mine)
