"""What has happened to the plans of a repository or team."""

from assessments.models import PlanEvent, Team
from assessments.selectors.plan_models import EventRow
from assessments.selectors.plan_words import name_of
from assessments.services.plans import Subject

EVENTS = 30
_WHAT = {
    "created": "Plan saved",
    "replaced": "Plan replaced",
    "start": "Start changed",
    "capacity": "Capacity changed",
    "state": "State changed",
    "assignee": "Owner changed",
    "due": "Due date changed",
    "added": "Step added: it fails since this scan",
    "closed": "Closed: nothing of it fails any more",
    "reopened": "Opened again: it fails again",
    "contradicted": "Marked done, but a scan still finds it failing",
    "confirmed": "A scan confirms that it is done",
}


def get_history(subject: Subject) -> tuple[EventRow, ...]:
    """The newest events of all plans of the subject; those of repositories that left the team are left out."""
    if isinstance(subject, Team):
        events = PlanEvent.objects.filter(plan__team=subject).exclude(
            pk__in=PlanEvent.objects.filter(plan__team=subject, step__isnull=False)
            .exclude(step__repository__team=subject)
            .values("pk")
        )
    else:
        events = PlanEvent.objects.filter(plan__repository=subject)
    rows = []
    for event in events.select_related("author", "step__repository")[:EVENTS]:
        step = ""
        if event.step:
            where = f" in {event.step.repository.name}" if isinstance(subject, Team) else ""
            step = f"{event.step.title}{where}"
        rows.append(
            EventRow(
                at=event.at,
                author=name_of(event.author) if event.author else "",
                what=_WHAT.get(event.what, event.what),
                step=step,
                before=event.before,
                after=event.after,
            )
        )
    return tuple(rows)
