"""Saved plans: made from a computed path, edited by people, refreshed by every scan.

What a person set is changed by a scan in two ways only: a step of which nothing fails any more is closed, and
one that a scan had closed opens again when it fails again. Both are in the history.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from types import EllipsisType
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import AbstractUser
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from assessments.choices import PlanGoal, PlanMeasure, StepState
from assessments.grading import band, grade
from assessments.matrix import find_needs
from assessments.models import Assessment, PlanEvent, PlanStep, Repository, SavedPlan, Team
from assessments.optimise import Choice, Limits, Path, best_within, cheapest_path, choices_of
from assessments.program import PlanError
from assessments.services.audit import note
from assessments.services.rulesets import DEFAULT, built, current_version
from assessments.standard import Standard

MAX_CAPACITY = Decimal(1000)
"""Person-days per week: two hundred people all week. More is a slip of the finger."""
MAX_REASON = 200
SETTABLE = (StepState.OPEN, StepState.IN_PROGRESS, StepState.DONE, StepState.DROPPED)
UNFINISHED = (StepState.OPEN, StepState.IN_PROGRESS)

Subject = Repository | Team
Judged = dict[str, dict[str, str]]


@dataclass(frozen=True, slots=True)
class Wish:
    """What a plan is asked for: every step, a grade, or the best within a limit; from when and how fast."""

    goal: PlanGoal
    starts_on: date
    capacity: Decimal | None = None
    measure: PlanMeasure = PlanMeasure.EVERY
    target: str = ""
    person_days: Decimal | None = None
    ends_on: date | None = None

    @property
    def words(self) -> str:
        return goal_words(self.goal, self.target, self.person_days, self.ends_on)


@dataclass(frozen=True, slots=True)
class Proposal:
    """The steps that answer a wish, and those it leaves out; ``path`` is None where every step was asked for."""

    taken: tuple[Choice, ...]
    left_out: tuple[Choice, ...]
    path: Path | None


def goal_words(goal: str, target: str, person_days: Decimal | None, ends_on: date | None) -> str:
    """What a plan was made for, in words."""
    if goal == PlanGoal.GRADE:
        return f"The cheapest path to {target}"
    if goal == PlanGoal.BUDGET:
        days = "" if person_days is None else f" within {person_days.normalize():f} person-days"
        until = "" if ends_on is None else f" by {day_words(ends_on)}"
        return f"The best grade{days}{until}"
    return "Every step"


def day_words(day: date | None) -> str:
    """The day as pages write it, empty for none."""
    return "" if day is None else f"{day.day} {day:%b %Y}"


def propose(standard: Standard, judged: Mapping[str, Mapping[str, str]], wish: Wish) -> Proposal:
    """The steps for a wish, by repository's slug.

    Raises PlanError: those of ``assessments.optimise``.
    """
    if wish.goal == PlanGoal.ALL:
        return Proposal(choices_of(standard, judged), (), None)
    measure: Any = wish.measure.value
    if wish.goal == PlanGoal.GRADE:
        path = cheapest_path(standard, judged, wish.target, measure=measure)
        return Proposal(path.taken, path.left_out, path)
    limits = Limits(
        person_days=_fraction(wish.person_days),
        starts_on=wish.starts_on,
        ends_on=wish.ends_on,
        capacity=_fraction(wish.capacity),
    )
    path = best_within(standard, judged, limits, measure=measure)
    return Proposal(path.taken, path.left_out, path)


def current_plans(subject: Subject) -> QuerySet[SavedPlan]:
    """The subject's plan, if it has one."""
    return _of(subject).filter(replaced_at__isnull=True)


def judged_repositories(subject: Subject, standard: Standard) -> list[Repository]:
    """The subject's repositories that stand judged by this version of the standard, with their assessment."""
    own = (
        subject.repositories.all() if isinstance(subject, Team) else Repository.objects.filter(pk=subject.pk)
    )
    rows = own.select_related("current__ruleset").defer("current__ruleset__document").order_by("name", "pk")
    return [one for one in rows if one.current and built(one.current.ruleset)[1].version == standard.version]


def verdicts_by_slug(repositories: Iterable[Repository], standard: Standard) -> Judged:
    from assessments.services.assess import verdicts_of

    return {one.slug: verdicts_of(one.current, standard) for one in repositories if one.current}


def mean_score(standard: Standard, judged: Mapping[str, Mapping[str, str]]) -> Fraction | None:
    """The mean of the scores of those that have one."""
    scores = [
        one.score for verdicts in judged.values() if (one := grade(standard, verdicts)).score is not None
    ]
    return sum(scores, Fraction(0)) / len(scores) if scores else None


@transaction.atomic
def set_capacity(
    *, team: Team, capacity: Decimal | None, actor: AbstractUser, seen: Decimal | None | EllipsisType = ...
) -> None:
    """Person-days per week that the team gives to its plans; None for the standard's fixed phases.

    ``seen`` is what stood there when the person began. Raises PlanError (plan.capacity-range, plan.changed-meanwhile).
    """
    _check_capacity(capacity)
    before = Team.objects.select_for_update().get(pk=team.pk).capacity
    if before == capacity:
        return
    if seen is not ... and before != seen:
        stands = "no capacity" if before is None else f"{_number(before)} person-days per week"
        raise PlanError(
            "plan.changed-meanwhile",
            f"Somebody changed this meanwhile: the team gives {stands}. What you entered is still here; save again to put it "
            "in place of that.",
            field="capacity",
        )
    Team.objects.filter(pk=team.pk).update(capacity=capacity)
    note(
        actor=actor,
        action="team.capacity",
        subject=team.name,
        before=_number(before),
        after=_number(capacity),
    )


@transaction.atomic
def save_plan(
    *,
    subject: Subject,
    wish: Wish,
    actor: AbstractUser,
    replaces: int | None = None,
    now: datetime | None = None,
) -> SavedPlan:
    """The plan for the wish, in place of the one with the id ``replaces`` (None where there is none).

    Steps that both plans have keep their owner and due date, and the state of work that has begun.

    Raises PlanError: plan.changed-meanwhile where another plan stands by now, plan.capacity-range,
    plan.nothing-to-do, plan.not-judged, and those of ``propose``.
    """
    moment = now or timezone.now()
    _check_capacity(wish.capacity)
    type(subject).objects.select_for_update().get(pk=subject.pk)
    current = current_plans(subject).first()
    if (current.pk if current else None) != replaces:
        raise _conflict("Somebody else has saved a plan here meanwhile.")
    _, standard = built(current_version())
    repositories = {one.slug: one for one in judged_repositories(subject, standard)}
    if not repositories:
        raise PlanError("plan.not-judged", "Nothing here has been judged yet.", hint="Scan first.")
    judged = verdicts_by_slug(repositories.values(), standard)
    proposal = propose(standard, judged, wish)
    if not proposal.taken:
        raise PlanError(
            "plan.nothing-to-do",
            "There is no step to take, so there is no plan to save.",
            hint="Change the goal.",
        )
    kept = {}
    if current is not None:
        SavedPlan.objects.filter(pk=current.pk).update(replaced_at=moment)
        kept = {(step.repository_id, step.initiative): step for step in current.steps.all()}
        _event(current, "replaced", moment, actor, after=wish.words).save()
    score = mean_score(standard, judged)
    plan = SavedPlan.objects.create(
        repository=subject if isinstance(subject, Repository) else None,
        team=subject if isinstance(subject, Team) else None,
        ruleset=DEFAULT,
        goal=wish.goal,
        measure=wish.measure,
        target=wish.target,
        person_days=wish.person_days,
        ends_on=wish.ends_on,
        starts_on=wish.starts_on,
        capacity=wish.capacity,
        start_letter="" if score is None else band(standard, score)[0],
        start_score=None if score is None else Decimal(int(score * 10**6)) / 10**6,
        created_at=moment,
        created_by=actor,
    )
    PlanStep.objects.bulk_create(
        _planned(plan, repositories[choice.repository], choice, taken, kept, moment)
        for taken, choices in ((True, proposal.taken), (False, proposal.left_out))
        for choice in choices
    )
    _event(plan, "created", moment, actor, after=wish.words).save()
    note(actor=actor, action="plan.saved", subject=str(plan), goal=wish.words, steps=len(proposal.taken))
    return plan


def _planned(
    plan: SavedPlan,
    repository: Repository,
    choice: Choice,
    taken: bool,
    kept: Mapping[tuple[int, str], PlanStep],
    moment: datetime,
) -> PlanStep:
    before = kept.get((repository.pk, choice.initiative.id))
    begun = before is not None and before.state in (StepState.IN_PROGRESS, StepState.DONE)
    return PlanStep(
        plan=plan,
        repository=repository,
        initiative=choice.initiative.id,
        title=choice.initiative.action[:300],
        items=list(choice.need.failing),
        state=StepState.LEFT_OUT if not taken else before.state if before and begun else StepState.OPEN,
        state_at=before.state_at if before and begun else moment,
        assignee_id=before.assignee_id if before else None,
        due_on=before.due_on if before else None,
        contradicted_by_id=before.contradicted_by_id if before and taken and begun else None,
    )


@transaction.atomic
def reschedule(
    *,
    plan: SavedPlan,
    version: int,
    starts_on: date,
    capacity: Decimal | None,
    actor: AbstractUser,
    now: datetime | None = None,
) -> None:
    """Gives the plan another start or capacity.

    Raises PlanError: plan.changed-meanwhile, plan.capacity-range.
    """
    moment = now or timezone.now()
    _check_capacity(capacity)
    changed = SavedPlan.objects.filter(pk=plan.pk, version=version, replaced_at__isnull=True).update(
        starts_on=starts_on, capacity=capacity, version=F("version") + 1
    )
    if not changed:
        raise _conflict("Somebody else has changed the plan meanwhile.")
    events = []
    if plan.starts_on != starts_on:
        events.append(_event(plan, "start", moment, actor, day_words(plan.starts_on), day_words(starts_on)))
    if plan.capacity != capacity:
        events.append(_event(plan, "capacity", moment, actor, _number(plan.capacity), _number(capacity)))
    PlanEvent.objects.bulk_create(events)


@transaction.atomic
def edit_steps(
    *,
    plan: SavedPlan,
    steps: Mapping[int, int],
    changes: Mapping[str, Any],
    actor: AbstractUser,
    now: datetime | None = None,
) -> int:
    """Changes ``state``, ``assignee`` (an id or None), ``due_on`` and ``reason`` of steps, given by id with the
    version that the person saw; all of them or none. Gives the number of steps that it changed.

    Raises PlanError: plan.step-unknown, plan.changed-meanwhile, plan.state-unknown, plan.reason-missing,
    plan.reason-too-long, plan.due-in-past, plan.assignee-unknown.
    """
    moment = now or timezone.now()
    rows = list(_visible_steps(plan).filter(pk__in=steps).select_for_update(of=("self",)))
    if not rows or len(rows) != len(steps):
        raise PlanError("plan.step-unknown", "The plan has no such step.", hint="Load the page again.")
    if any(row.version != steps[row.pk] for row in rows):
        raise _conflict("Somebody else, or a scan, has changed this step meanwhile.")
    state, reason = changes.get("state"), changes.get("reason", "").strip()
    if state is not None and state not in SETTABLE:
        raise PlanError("plan.state-unknown", "A step has no such state.", field="state")
    if len(reason) > MAX_REASON:
        raise PlanError(
            "plan.reason-too-long", f"A reason has at most {MAX_REASON} characters.", field="reason"
        )
    if state == StepState.DROPPED and not reason:
        raise PlanError("plan.reason-missing", "Say why the step is dropped.", field="reason")
    names = _names(plan, changes["assignee"], rows) if "assignee" in changes else {}
    events, changed = [], 0
    for row in rows:
        found = _changed(row, state, reason, changes, names, moment)
        if not found:
            continue
        changed += 1
        events += [_event(plan, what, moment, actor, *pair, step=row) for what, pair in found.items()]
        row.version += 1
    PlanStep.objects.bulk_update(
        rows,
        [
            "state",
            "state_at",
            "was",
            "closed_by",
            "contradicted_by",
            "reason",
            "assignee",
            "due_on",
            "version",
        ],
        batch_size=100,
    )
    PlanEvent.objects.bulk_create(events)
    return changed


def _changed(
    row: PlanStep,
    state: str | None,
    reason: str,
    changes: Mapping[str, Any],
    names: Mapping[int | None, str],
    moment: datetime,
) -> dict[str, tuple[str, str]]:
    """Writes the changes into the row and gives what differs, as (before, after) by kind."""
    found: dict[str, tuple[str, str]] = {}
    if state is not None and (state != row.state or (state == StepState.DROPPED and reason != row.reason)):
        after = StepState(state).label
        found["state"] = (StepState(row.state).label, f"{after}: {reason}" if reason else after)
        row.state, row.state_at, row.was = state, moment, ""
        row.closed_by = row.contradicted_by = None
        row.reason = reason if state == StepState.DROPPED else ""
    if "assignee" in changes and changes["assignee"] != row.assignee_id:
        found["assignee"] = (names.get(row.assignee_id, ""), names[changes["assignee"]])
        row.assignee_id = changes["assignee"]
    if "due_on" in changes and changes["due_on"] != row.due_on:
        due = changes["due_on"]
        if due is not None and due < timezone.localdate(moment):
            raise PlanError("plan.due-in-past", "A step cannot be due in the past.", field="due_on")
        found["due"] = (day_words(row.due_on), day_words(due))
        row.due_on = due
    return found


def assignable(team: Team) -> QuerySet[Any]:
    """The people who may own a step of the team's plans."""
    return get_user_model().objects.filter(is_active=True, memberships__team=team).order_by("email", "pk")


def _names(plan: SavedPlan, wanted: int | None, rows: Iterable[PlanStep]) -> dict[int | None, str]:
    """Names of the new owner and the present ones; the new one belongs to the team."""
    team = plan.team or plan.repository.team
    present = {row.assignee_id for row in rows}
    if wanted is not None and wanted not in present and not assignable(team).filter(pk=wanted).exists():
        raise PlanError("plan.assignee-unknown", "The owner of a step belongs to the team.", field="assignee")
    people = get_user_model().objects.filter(pk__in={*present, wanted} - {None})
    return {None: "", **{one.pk: one.email or one.get_username() for one in people}}


def refresh_plans(
    *, repository: Repository, assessment: Assessment, standard: Standard, now: datetime
) -> None:
    """Lets the plans that this repository is part of follow its newest assessment; inside its transaction.

    Steps of which nothing fails any more close, those that a scan had closed open again when something fails,
    those that a person marked done and that still fail say so, and initiatives that are new are added. A step
    stays as it is while its items could not be measured.
    """
    from assessments.services.assess import verdicts_of

    plans = list(
        SavedPlan.objects.filter(
            Q(repository=repository) | Q(team_id=repository.team_id),
            replaced_at__isnull=True,
            ruleset=assessment.ruleset.ruleset,
        )
    )
    if not plans:
        return
    verdicts = verdicts_of(assessment, standard)
    needs = {need.initiative.id: need for need in find_needs(standard, verdicts)}
    # Locked, so that a person's edit made meanwhile is seen here, or sees this.
    rows = PlanStep.objects.select_for_update(of=("self",)).filter(plan__in=plans, repository=repository)
    steps: dict[int, dict[str, PlanStep]] = {plan.pk: {} for plan in plans}
    for row in rows:
        steps[row.plan_id][row.initiative] = row
    changed, events = [], []
    for plan in plans:
        for id, step in steps[plan.pk].items():
            need = needs.get(id)
            if need is not None:
                told = _still_failing(step, list(need.failing), assessment, now)
            else:
                unsure = any(verdicts.get(item) == "unknown" for item in step.items)
                told = None if unsure else _passing(step, assessment, now)
            if told is not None:
                changed.append(step)
                if told:
                    events.append(_event(plan, told[0], now, None, told[1], told[2], step=step))
        fresh = [
            PlanStep(
                plan=plan,
                repository=repository,
                initiative=id,
                title=need.initiative.action[:300],
                items=list(need.failing),
                state_at=now,
            )
            for id, need in needs.items()
            if id not in steps[plan.pk]
        ]
        for step in fresh:
            step.save()
            events.append(_event(plan, "added", now, None, step=step))
    PlanStep.objects.bulk_update(
        changed,
        ["items", "state", "state_at", "was", "closed_by", "contradicted_by", "version"],
        batch_size=100,
    )
    PlanEvent.objects.bulk_create(events)


def _still_failing(
    step: PlanStep, failing: list[str], assessment: Assessment, now: datetime
) -> tuple[str, str, str] | tuple[()] | None:
    """What to tell of a step that has something to do: (what, before, after), () for a quiet change."""
    if step.state != StepState.DONE:
        if step.items == failing:
            return None
        step.items = failing
        return ()
    if step.closed_by_id and step.was:
        before = step.get_state_display()
        step.state, step.was, step.closed_by, step.state_at = step.was, "", None, now
        step.items = failing
        step.version += 1
        return "reopened", before, step.get_state_display()
    told = step.contradicted_by_id is not None
    step.closed_by, step.contradicted_by, step.items = None, assessment, failing
    return () if told else ("contradicted", "", _count(failing))


def _passing(
    step: PlanStep, assessment: Assessment, now: datetime
) -> tuple[str, str, str] | tuple[()] | None:
    if step.state in UNFINISHED:
        before = step.get_state_display()
        step.was, step.state, step.state_at = step.state, StepState.DONE, now
        step.closed_by = assessment
        step.version += 1
        return "closed", before, step.get_state_display()
    if step.state == StepState.DONE and step.closed_by_id is None:
        step.closed_by, step.contradicted_by = assessment, None
        return "confirmed", "", ""
    return None


def _visible_steps(plan: SavedPlan) -> QuerySet[PlanStep]:
    """Steps of repositories that still belong to the plan's team: one that has moved away is not theirs."""
    steps = PlanStep.objects.filter(plan=plan, plan__replaced_at__isnull=True)
    return steps.filter(repository__team_id=plan.team_id) if plan.team_id else steps


def _of(subject: Subject) -> QuerySet[SavedPlan]:
    return subject.saved_plans.all()


def _check_capacity(capacity: Decimal | None) -> None:
    if capacity is not None and not 0 < capacity <= MAX_CAPACITY:
        raise PlanError(
            "plan.capacity-range",
            f"A capacity is above 0 and at most {MAX_CAPACITY} person-days per week.",
            field="capacity",
        )


def _conflict(words: str) -> PlanError:
    return PlanError(
        "plan.changed-meanwhile",
        words,
        hint="The page now shows how things stand; look, then change it again.",
    )


def _event(
    plan: SavedPlan,
    what: str,
    at: datetime,
    author: AbstractUser | None,
    before: str = "",
    after: str = "",
    *,
    step: PlanStep | None = None,
) -> PlanEvent:
    return PlanEvent(
        plan=plan, step=step, author=author, at=at, what=what, before=before[:300], after=after[:300]
    )


def plain(value: Decimal | None) -> Decimal | None:
    """The number without zeros at its end: 7.50 as 7.5, 10.00 as 10."""
    return None if value is None else Decimal(_number(value))


def _number(value: Decimal | None) -> str:
    return "" if value is None else f"{value.normalize():f}"


def _fraction(value: Decimal | None) -> Fraction | None:
    return None if value is None else Fraction(value)


def _count(items: list[str]) -> str:
    return f"{len(items)} item{'' if len(items) == 1 else 's'}"
