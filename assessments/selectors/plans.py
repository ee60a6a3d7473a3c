"""Page models of plans: of one repository, and of a team over its repositories."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction

from django.contrib.auth.models import AbstractUser
from django.urls import reverse
from django.utils import timezone

from assessments.choices import PlanMeasure, StepState
from assessments.grading import band, grade, points_of
from assessments.matrix import find_needs
from assessments.models import PlanEvent, PlanStep, Repository, SavedPlan, Team
from assessments.optimise import Choice, Path, Reached, lay_out, working_order
from assessments.planning import grade_words, schedule, weeks_words
from assessments.policy import may_edit_plan, may_lead_plan
from assessments.program import PlanError
from assessments.services.plans import (
    Proposal,
    Subject,
    Wish,
    assignable,
    current_plans,
    goal_words,
    judged_repositories,
    plain,
    propose,
    verdicts_by_slug,
)
from assessments.services.rulesets import built, current_version
from assessments.standard import Initiative, Phase, Standard

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


@dataclass(frozen=True, slots=True)
class Standing:
    """A grade in the page's terms: the score of a repository, or the mean of a team's. ``lowest`` is the
    letter of the team's weakest repository, empty for one repository."""

    letter: str
    score: Fraction | None
    lowest: str = ""


@dataclass(frozen=True, slots=True)
class Person:
    id: int
    name: str


@dataclass(frozen=True, slots=True)
class StepRow:
    """One step in one repository. ``points`` are for its score or the team's mean, ``effort`` in person-days;
    ``doubt`` says that a scan does not agree with the state, ``note`` what a scan found otherwise."""

    id: int
    version: int
    repository: str
    repository_url: str
    state: str
    label: str
    assignee: Person | None
    due_on: date | None
    overdue: bool
    reason: str
    note: str
    doubt: str
    items: tuple[str, ...]
    points: Fraction
    effort: Fraction

    @property
    def finished(self) -> bool:
        return self.state in (StepState.DONE, StepState.DROPPED)


@dataclass(frozen=True, slots=True)
class Card:
    """A step of the plan: one initiative, in one repository or in several."""

    initiative: str
    action: str
    reason: str
    rows: tuple[StepRow, ...]

    @property
    def single(self) -> StepRow | None:
        return self.rows[0] if len(self.rows) == 1 else None

    @property
    def points(self) -> Fraction:
        return sum((row.points for row in self.rows), Fraction(0))

    @property
    def effort(self) -> Fraction:
        return sum((row.effort for row in self.rows), Fraction(0))

    @property
    def done(self) -> int:
        return sum(row.state == StepState.DONE for row in self.rows)

    @property
    def doubts(self) -> int:
        return sum(bool(row.doubt) for row in self.rows)

    @property
    def state(self) -> str:
        """The state that all rows share, or that work goes on."""
        states = {row.state for row in self.rows}
        return states.pop() if len(states) == 1 else StepState.IN_PROGRESS.value

    @property
    def label(self) -> str:
        return str(StepState(self.state).label)


@dataclass(frozen=True, slots=True)
class PhaseView:
    """A phase with its dates, and the grades that it leads from and to."""

    phase: Phase
    weeks: str
    starts_on: date | None
    ends_on: date | None
    effort: Fraction
    before: Standing
    after: Standing
    cards: tuple[Card, ...]

    @property
    def steps(self) -> int:
        return sum(len(card.rows) for card in self.cards)

    @property
    def done(self) -> int:
        return sum(card.done for card in self.cards)

    @property
    def words(self) -> str:
        return grade_words(self.before.letter, self.after.letter)


@dataclass(frozen=True, slots=True)
class SavedView:
    """The saved plan; ``dropped`` and ``left_out`` stand beside its phases. ``missed`` is the grade that it was
    made for and no longer leads to, because a step was dropped or something else fails now; else empty."""

    id: int
    version: int
    goal: str
    measure: str
    starts_on: date
    ends_on: date | None
    capacity: Decimal | None
    created_at: datetime
    created_by: str
    start: Standing
    leads_to: Standing
    missed: str
    phases: tuple[PhaseView, ...]
    dropped: tuple[Card, ...]
    left_out: tuple[Card, ...]

    @property
    def steps(self) -> int:
        return sum(phase.steps for phase in self.phases)

    @property
    def done(self) -> int:
        return sum(phase.done for phase in self.phases)

    @property
    def doubts(self) -> int:
        return sum(card.doubts for phase in self.phases for card in phase.cards)

    @property
    def effort_left(self) -> Fraction:
        """Person-days of the steps that are not done."""
        return sum(
            (
                row.effort
                for phase in self.phases
                for card in phase.cards
                for row in card.rows
                if row.state != StepState.DONE
            ),
            Fraction(0),
        )


@dataclass(frozen=True, slots=True)
class Found:
    """What the search came to: phases to take, cards left out, and an honest word where a grade is out of
    reach. ``missing`` names (repository, best grade) that fall short."""

    wish: Wish
    words: str
    reached: bool
    effort: Fraction
    before: Standing
    after: Standing
    phases: tuple[PhaseView, ...]
    left_out: tuple[Card, ...]
    left_out_effort: Fraction
    missing: tuple[tuple[str, str], ...]
    ungraded: tuple[str, ...]

    @property
    def steps(self) -> int:
        return sum(phase.steps for phase in self.phases)


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why there is no answer, with its stable id."""

    id: str
    message: str
    hint: str


@dataclass(frozen=True, slots=True)
class EventRow:
    """One line of the history; ``author`` is empty for what a scan did."""

    at: datetime
    author: str
    what: str
    step: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class PlanPage:
    """The plan of a repository or a team, the search for another one, and the history of both."""

    name: str
    slug: str
    kind: str
    url: str
    subject_url: str
    team: str
    team_url: str
    steps_url: str
    schedule_url: str
    capacity: Decimal | None
    can_edit: bool
    can_lead: bool
    judged: bool
    now: Standing
    repositories: int
    saved: SavedView | None
    people: tuple[Person, ...]
    history: tuple[EventRow, ...]
    found: Found | None = None
    refusal: Refusal | None = None

    @property
    def is_team(self) -> bool:
        return self.kind == "team"


@dataclass(frozen=True, slots=True)
class PlanLink:
    """The way from a repository's or a team's page to its plan; ``starts_on`` is None where none is saved."""

    url: str
    saved: bool
    starts_on: date | None
    done: int
    steps: int


def plan_link(subject: Subject) -> PlanLink:
    """The address of the subject's plan and how far it is; two queries."""
    plan = current_plans(subject).first()
    states: list[str] = []
    if plan is not None:
        steps = plan.steps.exclude(state__in=(StepState.DROPPED, StepState.LEFT_OUT))
        if plan.team_id:
            steps = steps.filter(repository__team_id=plan.team_id)
        states = list(steps.values_list("state", flat=True))
    return PlanLink(
        url=_url(subject),
        saved=plan is not None,
        starts_on=plan.starts_on if plan else None,
        done=states.count(StepState.DONE),
        steps=len(states),
    )


def get_plan_page(user: AbstractUser, subject: Subject, wish: Wish | None = None) -> PlanPage:
    """The plan page of a repository (team loaded) or team that the person may see.

    With a wish, the page holds what the search for it found, or why it was refused.
    """
    _, standard = built(current_version())
    team = subject if isinstance(subject, Team) else subject.team
    repositories = judged_repositories(subject, standard)
    judged = _Judged(standard, verdicts_by_slug(repositories, standard), isinstance(subject, Team))
    plan = current_plans(subject).select_related("created_by").first()
    edits = may_edit_plan(user, team)
    kind = "team" if isinstance(subject, Team) else "repository"
    page = PlanPage(
        name=subject.name,
        slug=subject.slug,
        kind=kind,
        url=_url(subject),
        subject_url=reverse(f"{kind}-detail", args=[subject.slug]),
        team=team.name,
        team_url=reverse("team-detail", args=[team.slug]),
        steps_url=reverse(f"{kind}-plan-steps", args=[subject.slug]),
        schedule_url=reverse(f"{kind}-plan-schedule", args=[subject.slug]),
        capacity=plain(team.capacity),
        can_edit=edits,
        can_lead=may_lead_plan(user, team),
        judged=bool(repositories),
        now=judged.standing({}),
        repositories=len(repositories),
        saved=_saved(plan, judged) if plan else None,
        people=tuple(Person(one.pk, _name(one)) for one in assignable(team)) if edits else (),
        history=_history(subject),
    )
    if wish is None or not repositories:
        return page
    try:
        proposal = propose(standard, judged.verdicts, wish)
    except PlanError as error:
        return replace(page, refusal=Refusal(error.id, error.message, error.hint))
    names = {one.slug: one for one in repositories}
    return replace(page, found=_found(proposal, wish, judged, names))


class _Judged:
    """The verdicts of the subject's repositories, and the grades that steps in them lead to.

    Turning fails into passes changes no denominator, so points add up and no grade is calculated twice.
    """

    def __init__(self, standard: Standard, verdicts: Mapping[str, Mapping[str, str]], is_team: bool) -> None:
        self.standard = standard
        self.verdicts = verdicts
        self.is_team = is_team
        self.points = {slug: points_of(standard, one) for slug, one in verdicts.items()}
        grades = {slug: grade(standard, one).score for slug, one in verdicts.items()}
        self.scores = {slug: score for slug, score in grades.items() if score is not None}
        self.failing = {
            slug: {need.initiative.id: need.failing for need in find_needs(standard, one)}
            for slug, one in verdicts.items()
        }
        self.initiatives = {one.id: one for one in standard.initiatives}
        self.order = working_order(standard)

    def standing(self, done: Mapping[str, set[str]]) -> Standing:
        """The grade once these items pass, by repository."""
        scores = []
        for slug, score in self.scores.items():
            mended = (item for item in done.get(slug, ()) if self.verdicts[slug].get(item) == "fail")
            scores.append(
                score + sum((self.points[slug].get(item, Fraction(0)) for item in mended), Fraction(0))
            )
        if not scores:
            return Standing("", None)
        mean = sum(scores, Fraction(0)) / len(scores)
        lowest = band(self.standard, min(scores))[0] if self.is_team else ""
        return Standing(band(self.standard, mean)[0], mean, lowest)

    def worth(self, slug: str, items: Iterable[str]) -> Fraction:
        """Points that these items are worth: for the repository, or for the mean of the team."""
        if slug not in self.scores:
            return Fraction(0)
        found = sum((self.points[slug].get(item, Fraction(0)) for item in items), Fraction(0))
        return found / len(self.scores) if self.is_team else found

    def effort(self, initiative: str, items: Sequence[str]) -> Fraction:
        one = self.initiatives.get(initiative)
        return one.effort * len(items) / len(one.items) if one else Fraction(0)


def _saved(plan: SavedPlan, judged: _Judged) -> SavedView:
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
        measure=_measure_words(plan.measure) if judged.is_team and plan.goal != "all" else "",
        starts_on=plan.starts_on,
        ends_on=phases[-1].ends_on if phases else None,
        capacity=plain(plan.capacity),
        created_at=plan.created_at,
        created_by=_name(plan.created_by) if plan.created_by else "",
        start=start,
        leads_to=leads_to,
        missed="" if _reaches(plan, judged.standard, leads_to) else plan.target,
        phases=phases,
        dropped=_cards(dropped, judged, today),
        left_out=_cards(left_out, judged, today),
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
    judged: _Judged,
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


def _phase_of(step: PlanStep, there: Collection[tuple[int, str]], judged: _Judged) -> int:
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


def _cards(steps: Iterable[PlanStep], judged: _Judged, today: date) -> tuple[Card, ...]:
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
                action=_in_repositories(action, len(group)) if judged.is_team else action,
                reason=one.reason if one else "The ruleset has no such initiative any more.",
                rows=tuple(_row(step, judged, today) for step in group),
            )
        )
    return tuple(cards)


def _row(step: PlanStep, judged: _Judged, today: date) -> StepRow:
    slug = step.repository.slug
    failing = judged.failing.get(slug, {}).get(step.initiative, ())
    items = tuple(step.items) or failing
    done = step.state == StepState.DONE
    note = doubt = ""
    if done and step.contradicted_by is not None:
        still = f"{_items(len(failing))} still fail{'s' if len(failing) == 1 else ''}"
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
        assignee=Person(step.assignee.pk, _name(step.assignee)) if step.assignee else None,
        due_on=step.due_on,
        overdue=bool(step.due_on and step.due_on < today and not done),
        reason=step.reason,
        note=note,
        doubt=doubt,
        items=tuple(_title(judged.standard, item) for item in items),
        points=judged.worth(slug, items),
        effort=judged.effort(step.initiative, items),
    )


def _found(proposal: Proposal, wish: Wish, judged: _Judged, repositories: Mapping[str, Repository]) -> Found:
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
        missing=tuple((names[one.repository], _best(one)) for one in path.short) if path else (),
        ungraded=tuple(names[slug] for slug in path.ungraded) if path else (),
    )


def _found_words(path: Path | None, wish: Wish, judged: _Judged, before: Standing, after: Standing) -> str:
    """The answer in one sentence."""
    measure = f", for {_measure_words(wish.measure)}" if judged.is_team else ""
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
    choices: Iterable[Choice], judged: _Judged, repositories: Mapping[str, Repository]
) -> tuple[Card, ...]:
    groups: dict[str, list[Choice]] = {}
    for choice in choices:
        groups.setdefault(choice.initiative.id, []).append(choice)
    return tuple(
        Card(
            initiative=id,
            action=_action(group[0].initiative, len(group), judged.is_team),
            reason=group[0].initiative.reason,
            rows=tuple(_choice_row(choice, judged, repositories[choice.repository]) for choice in group),
        )
        for id, group in groups.items()
    )


def _choice_row(choice: Choice, judged: _Judged, repository: Repository) -> StepRow:
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
        items=tuple(_title(judged.standard, item) for item in choice.need.failing),
        points=judged.worth(choice.repository, choice.need.failing),
        effort=choice.need.effort,
    )


def _history(subject: Subject) -> tuple[EventRow, ...]:
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
                author=_name(event.author) if event.author else "",
                what=_WHAT.get(event.what, event.what),
                step=step,
                before=event.before,
                after=event.after,
            )
        )
    return tuple(rows)


def _url(subject: Subject) -> str:
    return reverse("team-plan" if isinstance(subject, Team) else "repository-plan", args=[subject.slug])


def _name(person: AbstractUser) -> str:
    return person.get_full_name() or person.email or person.get_username()


def _measure_words(measure: str) -> str:
    return "the average of all repositories" if measure == PlanMeasure.AVERAGE else "every repository"


def _title(standard: Standard, item: str) -> str:
    found = standard.by_item.get(item)
    return found.title if found else item


def _action(initiative: Initiative, count: int, is_team: bool) -> str:
    return _in_repositories(initiative.action, count) if is_team else initiative.action


def _in_repositories(action: str, count: int) -> str:
    return f"{action} in {count} repositor{'y' if count == 1 else 'ies'}"


def _items(count: int) -> str:
    return f"{count} item{'' if count == 1 else 's'}"


def _best(one: Reached) -> str:
    return one.at_best.letter or "no grade"
