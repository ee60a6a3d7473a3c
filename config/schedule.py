"""The one periodic table: what beat does when nobody has changed it.

It is written into the database once per name; from then on admins edit it there, and a changed or disabled entry
stays as they left it.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Entry:
    """A periodic task; ``minutes`` between two runs."""

    name: str
    task: str
    minutes: int
    description: str


PERIODIC = (
    Entry(
        "Scan what is due",
        "assessments.tasks.discover_due",
        5,
        "Asks for a scan of every repository whose interval has passed.",
    ),
    Entry(
        "Take over abandoned scans",
        "assessments.tasks.recover_abandoned",
        1,
        "Queues scans again whose worker has died.",
    ),
    Entry(
        "Remove old exports", "assessments.tasks.purge_exports", 60, "Deletes export files past their time."
    ),
)


def ensure_schedule() -> None:
    """Adds the entries that are missing to beat's table; existing ones are left alone."""
    from django_celery_beat.models import IntervalSchedule, PeriodicTask

    for entry in PERIODIC:
        interval, _ = IntervalSchedule.objects.get_or_create(
            every=entry.minutes, period=IntervalSchedule.MINUTES
        )
        PeriodicTask.objects.get_or_create(
            name=entry.name,
            defaults={"task": entry.task, "interval": interval, "description": entry.description},
        )
