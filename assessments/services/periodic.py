"""Beat's table in the database, filled from the one in the code."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Entry:
    """A periodic task; ``minutes`` between two runs."""

    name: str
    task: str
    minutes: int
    description: str


def ensure_schedule(entries: Iterable[Entry]) -> None:
    """Adds the entries that are missing; one that an admin has changed or disabled stays as they left it."""
    from django_celery_beat.models import IntervalSchedule, PeriodicTask

    for entry in entries:
        interval, _ = IntervalSchedule.objects.get_or_create(
            every=entry.minutes, period=IntervalSchedule.MINUTES
        )
        PeriodicTask.objects.get_or_create(
            name=entry.name,
            defaults={"task": entry.task, "interval": interval, "description": entry.description},
        )
