"""Scans that lost their worker, or their message: handed back, taken from the dead, and sent again."""

from datetime import datetime, timedelta

from django.db.models import F, Q
from django.utils import timezone

from assessments.choices import RUNNING_STATES, ScanState
from assessments.models import Repository, ScanRequest
from assessments.services import scans
from assessments.services.clock import shared_now
from scanners.errors import ScanError

RESENT_AT_ONCE = 1000
"""As many at each look, one a minute: a broker that lost its queue has it back soon, and a slow one is not flooded."""
FARTHEST = scans.RESEND + timedelta(hours=2)
"""No scan waits longer than that to be tried again: a host may ask to be left alone for an hour."""


def hand_back(worker: str) -> int:
    """How many scans of a worker that is stopping wait for another now; its processes notice and let go."""
    if not worker:
        return 0
    running = ScanRequest.objects.filter(worker=worker, state__in=RUNNING_STATES)
    given = list(running.select_related("repository"))
    for scan in given:
        if scans.mine(scan).update(state=ScanState.QUEUED, claim="", lease_until=None, worker=""):
            scan.state = ScanState.QUEUED
            scans.enqueue(scan)
    return sum(scan.state == ScanState.QUEUED for scan in given)


def recover_abandoned(*, now: datetime | None = None) -> int:
    """How many scans of dead workers were queued again; after MAX_ATTEMPTS one is given up instead."""
    moment = now or shared_now()
    # What ends later than any lease that is written now was written by a clock that has been set back since.
    ScanRequest.objects.filter(state__in=RUNNING_STATES, lease_until__gt=moment + 2 * scans.LEASE).update(
        lease_until=moment + scans.LEASE
    )
    recovered = _take_from_the_dead(moment)
    for scan in recovered:
        scans.enqueue(scan)
    lost = ScanRequest.objects.filter(
        Q(lease_until=None) | Q(lease_until__lt=moment) | Q(lease_until__gt=moment + FARTHEST),
        Q(requested_at__lt=moment - scans.RESEND) | Q(requested_at__gt=moment + scans.RESEND),
        state=ScanState.QUEUED,
    )
    sent = list(lost.select_related("repository").order_by("requested_at", "pk")[:RESENT_AT_ONCE])
    for scan in sent:
        scans.enqueue(scan)  # the broker may have lost its queue; a second delivery finds nothing to claim
    ScanRequest.objects.filter(pk__in=[scan.pk for scan in sent], state=ScanState.QUEUED).update(
        lease_until=moment + scans.RESEND
    )
    return len(recovered)


def resume_all(*, now: datetime | None = None) -> int:
    """How many unfinished scans were queued anew. For the start of an installation, when no worker runs yet and
    the queue may be empty: nobody has to wait for leases of the dead to end."""
    moment = now or timezone.now()
    running = ScanRequest.objects.filter(state__in=RUNNING_STATES)
    running.update(lease_until=moment - timedelta(seconds=1))
    _take_from_the_dead(moment)
    queued = ScanRequest.objects.filter(state=ScanState.QUEUED).select_related("repository")
    waiting = list(queued.order_by("requested_at", "pk"))
    for scan in waiting:
        scans.enqueue(scan)
    return len(waiting)


def _take_from_the_dead(moment: datetime) -> list[ScanRequest]:
    """Scans whose lease has ended, waiting again; those of too many attempts are given up instead."""
    taken = []
    dead = ScanRequest.objects.filter(state__in=RUNNING_STATES, lease_until__lt=moment)
    for scan in dead.select_related("repository"):
        attempts = scan.attempts + 1
        if attempts >= scans.MAX_ATTEMPTS or scan.repository.kills + 1 >= scans.MAX_ATTEMPTS:
            scans.fail(scan, ScanError(
                "scan.killed",
                f"The scan was stopped {attempts} times before it could finish.",
                hint="The repository may need more memory or time than a worker has.",
                fault="repository",
            ))  # fmt: skip
            continue
        held_still = ScanRequest.objects.filter(
            pk=scan.pk, claim=scan.claim, state__in=RUNNING_STATES, lease_until__lt=moment
        )
        if held_still.update(state=ScanState.QUEUED, claim="", lease_until=None, attempts=attempts):
            # What ends its worker may be a giant, so it does that to no worker of the small any more.
            Repository.objects.filter(pk=scan.repository_id).update(kills=F("kills") + 1, large=True)
            scan.repository.large = True
            taken.append(scan)
    return taken
