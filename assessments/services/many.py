"""Asking for many scans at once: in batches of bounded size, each with as many queries as one row would take.

The rows are written in bulk and one message per batch asks a worker to send the scans, so that neither a person nor
the schedule waits for thousands of messages. A scan whose message is lost is sent again by ``recovery.recover_abandoned``.
"""

import logging
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from django.contrib.auth.models import AbstractUser
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from kombu.exceptions import OperationalError as BrokerError

from assessments.choices import ACTIVE_STATES, ScanReason, ScanState
from assessments.models import Repository, Rescan, ScanRequest
from assessments.services.scans import PRIORITY, enqueue

logger = logging.getLogger(__name__)

BATCH = 1000
"""Scans that are asked for, and sent, together."""


def idle(repositories: QuerySet[Repository]) -> QuerySet[Repository]:
    """Those that are not being scanned, and may be."""
    active = ScanRequest.objects.filter(repository=OuterRef("pk"), state__in=ACTIVE_STATES)
    return repositories.filter(~Exists(active), quarantined_at=None, archived_at=None)


@transaction.atomic
def ask_for(
    keys: Sequence[int],
    *,
    reason: ScanReason,
    now: datetime,
    requested_by: AbstractUser | None = None,
    rescan: Rescan | None = None,
) -> list[int]:
    """The scans of these repositories that were asked for now, by id; what has been asked for by somebody else at
    the same moment is left to them. They are sent on commit."""
    made: list[int] = []
    for part in batches(keys):
        ScanRequest.objects.bulk_create(
            [
                ScanRequest(
                    repository_id=key,
                    reason=reason,
                    requested_by=requested_by,
                    requested_at=now,
                    rescan=rescan,
                )
                for key in part
            ],
            batch_size=BATCH,
            ignore_conflicts=True,
        )
        asked = ScanRequest.objects.filter(
            repository_id__in=part, requested_at=now, reason=reason, rescan=rescan, state=ScanState.QUEUED
        )
        made += asked.order_by("pk").values_list("pk", flat=True)
    send_soon(made, priority=PRIORITY[reason])
    return made


@transaction.atomic
def take_over(
    repositories: QuerySet[Repository],
    *,
    reason: ScanReason,
    requested_by: AbstractUser | None,
    rescan: Rescan,
) -> list[int]:
    """Scans that wait already, for something less urgent and with no others, and now belong to the rescan, by id.

    They are sent once more, so that they go ahead of what they waited with; the message that comes later finds nothing
    to claim.
    """
    behind = [str(one) for one, place in PRIORITY.items() if place >= PRIORITY[reason] and one != reason]
    waiting = ScanRequest.objects.filter(
        Q(requested_by=None), state=ScanState.QUEUED, rescan=None, retry_at=None, reason__in=behind
    )
    keys = list(
        waiting.filter(repository__in=repositories.order_by().values("pk")).values_list("pk", flat=True)
    )
    taken: list[int] = []
    for part in batches(keys):
        waiting.filter(pk__in=part).update(rescan=rescan, reason=reason, requested_by=requested_by)
        mine = ScanRequest.objects.filter(pk__in=part, rescan=rescan).order_by("pk")
        taken += mine.values_list("pk", flat=True)
    send_soon(taken, priority=PRIORITY[reason])
    return taken


def send_soon(scans: Sequence[int], *, priority: int) -> None:
    """Has workers send these scans once the transaction is over."""
    if scans:
        transaction.on_commit(lambda: _send_later(scans, priority))


def _send_later(scans: Sequence[int], priority: int) -> None:
    from django.conf import settings

    from assessments.tasks import send_scans

    if settings.CELERY_TASK_QUEUE_MAX_PRIORITY:
        priority = settings.CELERY_TASK_QUEUE_MAX_PRIORITY - priority  # RabbitMQ counts the other way round
    for part in batches(scans):
        try:
            send_scans.apply_async(args=[list(part)], priority=priority)
        except BrokerError as error:
            logger.error("Scans wait for the broker, which does not answer: %s", type(error).__name__)
            return


def send(keys: Iterable[int]) -> int:
    """How many of these scans were put before the workers, because they still wait."""
    waiting = ScanRequest.objects.filter(pk__in=list(keys), state=ScanState.QUEUED)
    sent = 0
    for scan in waiting.select_related("repository").order_by("requested_at", "pk"):
        enqueue(scan)
        sent += 1
    return sent


def batches(keys: Sequence[int]) -> Iterator[Sequence[int]]:
    """The keys in parts of bounded size."""
    for start in range(0, len(keys), BATCH):
        yield keys[start : start + BATCH]
