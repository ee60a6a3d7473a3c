"""A saved plan in the terms of its page: phases, cards, what became of each step."""

from collections.abc import Collection, Iterable, Sequence
from datetime import date
from fractions import Fraction

from django.urls import reverse
from django.utils import timezone

from assessments.burn_down import burn_down
from assessments.choices import PlanMeasure, StepState
from assessments.models import PlanStep, SavedPlan
from assessments.planning import schedule, weeks_words
from assessments.selectors.plan_models import Card, Person, PhaseView, SavedView, Standing, StepRow
from assessments.selectors.plan_standing import Judged
from assessments.selectors.plan_words import in_repositories, items_words, measure_words, name_of, title_of
from assessments.services.plans import goal_words, plain
from assessments.standard import Standard


def saved_view(plan: SavedPlan, judged: Judged) -> SavedView:
    """The plan as its page shows it, by today's verdicts; one query."""
    rows = plan.steps.select_related("repository", "assignee", "closed_by", "contradicted_by").order_by(
        "repository__name", "pk"
    )
    if plan.team_id:
        rows = rows.filter(repository__team_id=plan.team_id)
    today = timezone.localdate()
    working, dropped, left_out = [], [], []
    for row in rows:
        kinds = {StepState.DROPPED: dropped, StepState.LEFT_OUT: left_out}
        kinds.get(StepState(row.state), working).append(row)
    capacity = None if plan.capacity is None else Fraction(plan.capacity)
    start = Standing(plan.start_letter, None if plan.start_score is None else Fraction(plan.start_score))
    phases = _phases(working, judged, capacity, plan.starts_on, start, today)
    leads_to = phases[-1].after if phases else judged.standing({})
    return SavedView(
        id=plan.pk,
        version=plan.version,
        goal=goal_words(plan.goal, plan.target, plan.person_days, plan.ends_on),
        measure=measure_words(plan.measure) if judged.is_team and plan.goal != "all" else "",
        starts_on=plan.starts_on,
        ends_on=phases[-1].ends_on if phases else None,
        capacity=plain(plan.capacity),
        created_at=plan.created_at,
        created_by=name_of(plan.created_by) if plan.created_by else "",
        start=start,
        leads_to=leads_to,
        missed="" if _reaches(plan, judged.standard, leads_to) else plan.target,
        phases=phases,
        dropped=_cards(dropped, judged, today),
        left_out=_cards(left_out, judged, today),
        burn_down=burn_down(
            starts_on=plan.starts_on,
            phases=[(phase.ends_on, phase.steps) for phase in phases],
            done=[
                row.done_on
                for phase in phases
                for card in phase.cards
                for row in card.rows
                if row.done_on is not None
            ],
            today=today,
        ),
    )


def _reaches(plan: SavedPlan, standard: Standard, leads_to: Standing) -> bool:
    """Whether the plan still leads to the grade it was made for; true where it was made for none."""
    letters = [one.letter for one in standard.scale]
    if plan.target not in letters:
        return True
    every = leads_to.lowest and plan.measure == PlanMeasure.EVERY
    letter = leads_to.lowest if every else leads_to.letter
    return letter in letters and letters.index(letter) <= letters.index(plan.target)


def _phases(
    steps: Sequence[PlanStep],
    judged: Judged,
    capacity: Fraction | None,
    starts_on: date,
    start: Standing,
    today: date,
) -> tuple[PhaseView, ...]:
    """Phases of saved steps; what is done still counts for weeks, so that dates stay where they were."""
    there = {(step.repository_id, step.initiative) for step in steps}
    groups: dict[int, list[PlanStep]] = {}
    for step in steps:
        groups.setdefault(_phase_of(step, there, judged), []).append(step)
    efforts = {
        phase: sum((judged.effort(step.initiative, step.items) for step in group), Fraction(0))
        for phase, group in groups.items()
    }
    slots = schedule(judged.standard, efforts, capacity, starts_on)
    mended: dict[str, set[str]] = {}
    found, before = [], start
    for phase in judged.standard.phases:
        group = groups.get(phase.id)
        if not group:
            continue
        for step in group:
            own = judged.failing.get(step.repository.slug, {}).get(step.initiative, ())
            mended.setdefault(step.repository.slug, set()).update(own)
        after, slot = judged.standing(mended), slots[phase.id]
        found.append(
            PhaseView(
                phase=phase,
                weeks=weeks_words(slot.first_week, slot.last_week),
                starts_on=slot.starts_on,
                ends_on=slot.ends_on,
                effort=efforts[phase.id],
                before=before,
                after=after,
                cards=_cards(group, judged, today),
            )
        )
        before = after
    return tuple(found)


def _phase_of(step: PlanStep, there: Collection[tuple[int, str]], judged: Judged) -> int:
    """The initiative's phase, or the later one of a step in the same repository that it must follow; ``there``
    names all steps."""
    last = judged.standard.phases[-1].id

    def phase(id: str) -> int:
        one = judged.initiatives.get(id)
        if one is None:
            return last
        followed = (other for other in one.after if (step.repository_id, other) in there)
        return max([one.phase, *(phase(other) for other in followed)])

    return phase(step.initiative)


def _cards(steps: Iterable[PlanStep], judged: Judged, today: date) -> tuple[Card, ...]:
    groups: dict[str, list[PlanStep]] = {}
    for step in steps:
        groups.setdefault(step.initiative, []).append(step)
    ordered = sorted(groups.items(), key=lambda pair: judged.order.get(pair[0], len(judged.order)))
    cards = []
    for id, group in ordered:
        one = judged.initiatives.get(id)
        action = one.action if one else group[0].title
        cards.append(
            Card(
                initiative=id,
                action=in_repositories(action, len(group)) if judged.is_team else action,
                reason=one.reason if one else "The ruleset has no such initiative any more.",
                rows=tuple(_row(step, judged, today) for step in group),
            )
        )
    return tuple(cards)


def _row(step: PlanStep, judged: Judged, today: date) -> StepRow:
    slug = step.repository.slug
    failing = judged.failing.get(slug, {}).get(step.initiative, ())
    items = tuple(step.items) or failing
    done = step.state == StepState.DONE
    note = doubt = ""
    if done and step.contradicted_by is not None:
        still = f"{items_words(len(failing))} still fail{'s' if len(failing) == 1 else ''}"
        doubt = f"Marked done, but {still} in the scan of {step.contradicted_by.judged_at:%-d %b %Y}"
    elif done and step.closed_by is not None:
        how = "Closed by" if step.was else "Confirmed by"
        note = f"{how} the scan of {step.closed_by.judged_at:%-d %b %Y} at {step.closed_by.commit[:7]}"
    elif done:
        note = "The next scan checks it"
    elif step.state == StepState.DROPPED and not failing and step.items:
        note = "Nothing of it fails any more"
    return StepRow(
        id=step.pk,
        version=step.version,
        repository=step.repository.name,
        repository_url=reverse("repository-detail", args=[slug]),
        state=step.state,
        label=StepState(step.state).label,
        assignee=Person(step.assignee.pk, name_of(step.assignee)) if step.assignee else None,
        due_on=step.due_on,
        overdue=bool(step.due_on and step.due_on < today and not done),
        reason=step.reason,
        note=note,
        doubt=doubt,
        items=tuple(title_of(judged.standard, item) for item in items),
        points=judged.worth(slug, items),
        effort=judged.effort(step.initiative, items),
        done_on=timezone.localdate(step.state_at) if step.state == StepState.DONE else None,
    )
