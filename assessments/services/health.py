"""Whether an installation can do its work: each part is asked, and answers with detail and within a few seconds."""

import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.core.cache import cache
from django.db import connection
from django.db.models import Count
from django.utils import timezone

from assessments.choices import ScanState
from assessments.models import ScanRequest
from assessments.services import queues

LEAST_FREE = 1 << 30
"""Bytes of disk below which nothing may be relied on: a clone or an export fails soon."""
_PATIENCE = 3.0


@dataclass(frozen=True, slots=True)
class Check:
    """``detail`` says what was found, in words without addresses or secrets; ``seconds`` is how long the answer took."""

    name: str
    ok: bool
    detail: str
    seconds: float


def check_all() -> tuple[Check, ...]:
    """Database, broker, cache, disk, the age of the queue, and whether workers serve every queue."""
    parts: tuple[tuple[str, Callable[[], str]], ...] = (
        ("database", _database),
        ("broker", _broker),
        ("cache", _cache),
        ("disk", _disk),
        ("queue", _queue_age),
        ("workers", _workers),
    )
    return tuple(_asked(name, ask) for name, ask in parts)


class NotWell(Exception):
    """A part that answers, and not as it should."""


def _asked(name: str, ask: Callable[[], str]) -> Check:
    started = time.monotonic()
    try:
        ok, detail = True, ask()
    except NotWell as error:
        ok, detail = False, str(error)
    except Exception as error:  # whatever a driver raises may hold an address with a password
        ok, detail = False, f"does not answer: {type(error).__name__}"
    return Check(name, ok, detail, round(time.monotonic() - started, 3))


def _database() -> str:
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    missing = len(executor.migration_plan(executor.loader.graph.leaf_nodes()))
    if missing:
        raise NotWell(f"{missing} migrations are missing: run manage.py set_up")
    return f"{connection.vendor} answers, all migrations are there"


def _broker() -> str:
    found = [length for name in queues.QUEUES if (length := queue_length(name)) is not None]
    return f"answers, {sum(found)} messages wait" if found else "answers"


def queue_length(queue: str = "scans") -> int | None:
    """Messages that wait in a queue of the broker, None where there is no such queue yet."""
    from celery import current_app
    from kombu.exceptions import OperationalError

    with current_app.connection_for_read() as broker:
        broker.ensure_connection(max_retries=1, interval_start=0.1, timeout=_PATIENCE)
        try:
            return int(broker.default_channel.queue_declare(queue=queue, passive=True).message_count)
        except OperationalError:
            raise
        except broker.channel_errors:
            return None


def _cache() -> str:
    key, value = "health:probe", timezone.now().isoformat()
    cache.set(key, value, timeout=60)
    if cache.get(key) != value:
        raise NotWell("does not give back what it was given")
    return "answers"


def _disk() -> str:
    usage = shutil.disk_usage(settings.DATA_DIR)
    detail = f"{usage.free / (1 << 30):.1f} GiB of {usage.total / (1 << 30):.1f} GiB free"
    if usage.free < LEAST_FREE:
        raise NotWell(f"only {detail}")
    return detail


def oldest_waiting() -> timedelta:
    """How long the scan that has waited longest waits, leaving out those that wait for a host."""
    waiting = ScanRequest.objects.filter(state=ScanState.QUEUED, retry_at=None).order_by("requested_at")
    first = waiting.values_list("requested_at", flat=True).first()
    return max(timezone.now() - first, timedelta()) if first else timedelta()


def _queue_age() -> str:
    oldest = oldest_waiting()
    most = timedelta(hours=settings.ENVIRONMENT.scan_interval_hours)
    detail = f"the oldest scan waits for {int(oldest.total_seconds())} s" if oldest else "no scan waits"
    if oldest > most:
        raise NotWell(f"{detail}, more than an interval: workers are missing or too few")
    return detail


def _workers() -> str:
    """A scan that waits in a queue that nobody serves is not lost, but nobody judges it either."""
    served = queues.served()
    waiting = waiting_by_queue(older=timedelta(seconds=queues.FORGOTTEN_SECONDS))
    said, alone = [], []
    for name, is_served in served.items():
        count = waiting[name]
        said.append(f"{name}: {count} wait, {'served' if is_served else 'no worker serves it'}")
        if count and not is_served:
            alone.append(name)
    if alone:
        raise NotWell("; ".join(said) + f": start a worker with PLUMBLINE_SCAN_QUEUES={','.join(alone)}")
    return "; ".join(said)


def waiting_by_queue(*, older: timedelta = timedelta()) -> dict[str, int]:
    """How many scans wait for a worker in each queue, for longer than ``older``; those that wait for a host do not."""
    waiting = ScanRequest.objects.filter(
        state=ScanState.QUEUED, retry_at=None, requested_at__lte=timezone.now() - older
    )
    found = dict(waiting.order_by().values_list("repository__large").annotate(Count("pk")))
    return {queues.SMALL: found.get(False, 0), queues.LARGE: found.get(True, 0)}
