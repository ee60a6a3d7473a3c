"""The figures for Prometheus, gathered when they are asked for: from the database, the queues and shared counters."""

from collections.abc import Iterator

from django.db.models import Count, Q
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector
from redis.exceptions import RedisError

from assessments.choices import ACTIVE_STATES
from assessments.models import Repository, ScanRequest
from assessments.services import health, meters, queues


def as_text() -> bytes:
    """All figures in Prometheus' text format. What cannot be gathered is left out."""
    registry = CollectorRegistry()
    registry.register(_Figures())
    return generate_latest(registry)


class _Figures(Collector):
    def describe(self) -> Iterator[Metric]:
        return iter(())

    def collect(self) -> Iterator[Metric]:
        yield from _database()
        yield from _queues()
        yield from _counters(meters.read_all())
        yield from _disks()


def _database() -> Iterator[Metric]:
    states = dict.fromkeys((str(state) for state in ACTIVE_STATES), 0)
    found = ScanRequest.objects.filter(state__in=ACTIVE_STATES).order_by().values_list("state")
    states |= dict(found.annotate(Count("pk")))
    active = GaugeMetricFamily(
        "plumbline_scans_active", "Scans that wait or run, by state.", labels=["state"]
    )
    for state, count in states.items():
        active.add_metric([state], count)
    yield active
    waiting = GaugeMetricFamily(
        "plumbline_scans_waiting",
        "Scans that wait for a worker, by the queue that they are in.",
        labels=["queue"],
    )
    for queue, count in health.waiting_by_queue().items():
        waiting.add_metric([queue], count)
    yield waiting
    yield GaugeMetricFamily(
        "plumbline_scan_queue_oldest_seconds",
        "How long the scan that has waited longest waits.",
        value=health.oldest_waiting().total_seconds(),
    )
    held = GaugeMetricFamily(
        "plumbline_repositories",
        "Repositories, by what holds them; archived ones count as nothing else.",
        labels=["state"],
    )
    for state, count in _repositories().items():
        held.add_metric([state], count)
    yield held


def _repositories() -> dict[str, int]:
    kept = Q(archived_at=None)
    return Repository.objects.aggregate(
        all=Count("pk", filter=kept),
        quarantined=Count("pk", filter=kept & Q(quarantined_at__isnull=False)),
        unreachable=Count("pk", filter=kept & Q(unreachable_at__isnull=False)),
        failing=Count("pk", filter=kept & ~Q(last_error_id="")),
        paused=Count("pk", filter=kept & Q(paused=True)),
        archived=Count("pk", filter=Q(archived_at__isnull=False)),
    )


def _queues() -> Iterator[Metric]:
    lengths = GaugeMetricFamily("plumbline_queue_length", "Messages that wait, by queue.", labels=["queue"])
    for queue in queues.QUEUES:
        try:
            waiting = health.queue_length(queue)
        except Exception:  # whatever a broker's driver raises; its own check tells of it
            break
        if waiting is not None:
            lengths.add_metric([queue], waiting)
    import django_rq
    from django.conf import settings

    for name in settings.RQ_QUEUES:
        try:
            lengths.add_metric([name], django_rq.get_queue(name).count)
        except RedisError:
            continue
    yield lengths


def _counters(counted: dict[str, int]) -> Iterator[Metric]:
    if not counted:
        return
    scans = CounterMetricFamily("plumbline_scans", "Scans by how they ended.", labels=["outcome"])
    for outcome in meters.OUTCOMES:
        scans.add_metric([outcome], counted[f"scans:{outcome}"])
    yield scans
    failed = CounterMetricFamily(
        "plumbline_scans_failed", "Failed scans by whose fault it was.", labels=["whose"]
    )
    for whose in meters.FAULTS:
        failed.add_metric([whose], counted[f"failed:{whose}"])
    yield failed
    stages = HistogramMetricFamily(
        "plumbline_stage_seconds", "How long a stage of a scan took.", labels=["stage"]
    )
    for stage in meters.STAGES:
        total, buckets = 0, []
        for bound in (*meters.BOUNDS, float("inf")):
            total += counted[f"stage:{stage}:{bound}"]
            buckets.append(("+Inf" if bound == float("inf") else str(bound), total))
        stages.add_metric([stage], buckets, counted[f"stage:{stage}:milliseconds"] / 1000)
    yield stages
    answers = CounterMetricFamily(
        "plumbline_answers", "Blobs whose answers were known, and those that were read.", labels=["result"]
    )
    for result in ("hit", "miss"):
        answers.add_metric([result], counted[f"answers:{result}"])
    yield answers


def _disks() -> Iterator[Metric]:
    names = {
        "mirrors": "Mirrors",
        "bytes": "Bytes that mirrors take",
        "free": "Free bytes on the mirrors' disk",
    }
    reported = meters.read_disks()
    for name, says in names.items():
        family = GaugeMetricFamily(
            f"plumbline_mirrors_{name}" if name != "mirrors" else "plumbline_mirrors",
            f"{says}, by the worker's host.",
            labels=["host"],
        )
        for host, figures in reported.items():
            family.add_metric([host], figures[name])
        yield family
