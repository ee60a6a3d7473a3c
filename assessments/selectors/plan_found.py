"""What a search for a path found, in the terms of its page."""

from collections.abc import Iterable, Mapping
from fractions import Fraction

from django.urls import reverse

from assessments.choices import StepState
from assessments.grading import band
from assessments.models import Repository
from assessments.optimise import Choice, Path, lay_out
from assessments.planning import weeks_words
from assessments.selectors.plan_models import Card, Found, PhaseView, Standing, StepRow
from assessments.selectors.plan_standing import Judged
from assessments.selectors.plan_words import action_of, best_letter, measure_words, title_of
from assessments.services.plans import Proposal, Wish


def found_view(
    proposal: Proposal, wish: Wish, judged: Judged, repositories: Mapping[str, Repository]
) -> Found:
    """What was found for the wish, phase by phase, with the grades on the way."""
    capacity = None if wish.capacity is None else Fraction(wish.capacity)
    mended: dict[str, set[str]] = {}
    start = judged.standing({})
    phases, before = [], start
    for laid in lay_out(judged.standard, proposal.taken, capacity, wish.starts_on):
        for choice in laid.choices:
            mended.setdefault(choice.repository, set()).update(choice.need.failing)
        after = judged.standing(mended)
        phases.append(
            PhaseView(
                phase=laid.phase,
                weeks=weeks_words(laid.slot.first_week, laid.slot.last_week),
                starts_on=laid.slot.starts_on,
                ends_on=laid.slot.ends_on,
                effort=laid.effort,
                before=before,
                after=after,
                cards=_choice_cards(laid.choices, judged, repositories),
            )
        )
        before = after
    path = proposal.path
    names = {slug: one.name for slug, one in repositories.items()}
    return Found(
        wish=wish,
        words=_found_words(path, wish, judged, start, before),
        reached=path is None or path.reached,
        effort=sum((choice.need.effort for choice in proposal.taken), Fraction(0)),
        before=start,
        after=before,
        phases=tuple(phases),
        left_out=_choice_cards(proposal.left_out, judged, repositories),
        left_out_effort=sum((choice.need.effort for choice in proposal.left_out), Fraction(0)),
        missing=tuple((names[one.repository], best_letter(one)) for one in path.short) if path else (),
        ungraded=tuple(names[slug] for slug in path.ungraded) if path else (),
    )


def _found_words(path: Path | None, wish: Wish, judged: Judged, before: Standing, after: Standing) -> str:
    """The answer in one sentence."""
    measure = f", for {measure_words(wish.measure)}" if judged.is_team else ""
    if path is None:
        return f"Every step leads from {before.letter or 'no grade'} to {after.letter or 'no grade'}."
    best = band(judged.standard, path.at_best)[0]
    if not path.reached:
        return f"{path.letter} cannot be reached{measure}: every step together leads to {best}."
    if not path.taken:
        if wish.goal == "grade":
            return f"{path.letter} is reached already{measure}; no step is needed."
        return f"No step fits into this limit; the grade stays {path.letter}."
    if wish.goal == "grade":
        return f"The least effort that leads to {path.letter}{measure}."
    return f"The best that fits is {path.letter}{measure}."


def _choice_cards(
    choices: Iterable[Choice], judged: Judged, repositories: Mapping[str, Repository]
) -> tuple[Card, ...]:
    groups: dict[str, list[Choice]] = {}
    for choice in choices:
        groups.setdefault(choice.initiative.id, []).append(choice)
    return tuple(
        Card(
            initiative=id,
            action=action_of(group[0].initiative, len(group), judged.is_team),
            reason=group[0].initiative.reason,
            rows=tuple(_choice_row(choice, judged, repositories[choice.repository]) for choice in group),
        )
        for id, group in groups.items()
    )


def _choice_row(choice: Choice, judged: Judged, repository: Repository) -> StepRow:
    return StepRow(
        id=0,
        version=0,
        repository=repository.name,
        repository_url=reverse("repository-detail", args=[repository.slug]),
        state=StepState.OPEN,
        label=StepState.OPEN.label,
        assignee=None,
        due_on=None,
        overdue=False,
        reason="",
        note="",
        doubt="",
        items=tuple(title_of(judged.standard, item) for item in choice.need.failing),
        points=judged.worth(choice.repository, choice.need.failing),
        effort=choice.need.effort,
    )
