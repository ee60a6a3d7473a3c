"""Which steps of a plan to take: the cheapest path to a grade, and the best grade within a limit.

Both are exact: mixed-integer programs (``assessments.program``) with no gap left open, whose answers are
checked with fractions.

Among answers that are equally good, the one that gains most (or costs least) wins, then the one with fewer and
earlier steps; of more than 400 steps the first answer found. The same question always gets the same answer.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from typing import Literal

from assessments.grading import Grade, Verdicts, band, grade, points_of
from assessments.matrix import Need, find_needs
from assessments.planning import Slot, arrange, schedule
from assessments.program import INFINITY, ROOM, Check, Clock, Model, PlanError, bound, floats, improve, solve
from assessments.standard import Initiative, Phase, Standard

Measure = Literal["every", "average"]
"""What a goal for several repositories means: each of them reaches it, or their mean score does."""

SOLVER_SECONDS = 20.0
"""A person waits for the answer. One repository takes hundredths of a second, a hundred some seconds."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One initiative in one repository, which a path takes or leaves out; ``phase`` is where it belongs."""

    repository: str
    need: Need
    phase: int

    @property
    def initiative(self) -> Initiative:
        return self.need.initiative

    @property
    def key(self) -> tuple[str, str]:
        return self.repository, self.need.initiative.id


@dataclass(frozen=True, slots=True)
class _Alone:
    initiative: Initiative


@dataclass(frozen=True, slots=True)
class Reached:
    """Where a repository stands before and after the path, and ``at_best`` with every step there is."""

    repository: str
    before: Grade
    after: Grade
    at_best: Grade


@dataclass(frozen=True, slots=True)
class Path:
    """The steps to take, in working order, and those left out.

    ``letter`` is the grade asked for or found, None where nothing could be had within the limits;
    ``short`` names the repositories that cannot reach the grade with every step, ``ungraded`` those that
    have no grade to raise. ``before`` and ``after`` are the scores that the measure looks at: the lowest one
    of "every", the mean of "average".
    """

    measure: Measure
    letter: str | None
    reached: bool
    taken: tuple[Choice, ...]
    left_out: tuple[Choice, ...]
    repositories: tuple[Reached, ...]
    short: tuple[Reached, ...]
    ungraded: tuple[str, ...]
    before: Fraction
    after: Fraction
    at_best: Fraction

    @property
    def effort(self) -> Fraction:
        return sum((choice.need.effort for choice in self.taken), Fraction(0))


@dataclass(frozen=True, slots=True)
class Limits:
    """What "best grade" may cost. ``ends_on`` is the last day of the last phase, which needs ``starts_on``;
    ``capacity`` is in person-days per week, None for the standard's fixed phases."""

    person_days: Fraction | None = None
    starts_on: date | None = None
    ends_on: date | None = None
    capacity: Fraction | None = None


@dataclass(frozen=True, slots=True)
class LaidPhase:
    """A phase with the steps that a path takes in it."""

    phase: Phase
    choices: tuple[Choice, ...]
    effort: Fraction
    slot: Slot


def choices_of(standard: Standard, repositories: Mapping[str, Verdicts]) -> tuple[Choice, ...]:
    """Every step that could be taken, by phase, then the initiative's order, then the repository's name."""
    found: list[Choice] = []
    for name in sorted(repositories):
        arranged = arrange(standard, find_needs(standard, repositories[name]))
        found += (Choice(name, need, phase) for phase, group in arranged.items() for need in group)
    rank = working_order(standard)
    return tuple(sorted(found, key=lambda one: (one.phase, rank[one.initiative.id], one.repository)))


def working_order(standard: Standard) -> dict[str, int]:
    """The place of every initiative in a plan of all of them, by id."""
    arranged = arrange(standard, [_Alone(one) for one in standard.initiatives])
    return {one.initiative.id: n for n, one in enumerate(one for group in arranged.values() for one in group)}


def lay_out(
    standard: Standard, choices: Iterable[Choice], capacity: Fraction | None, starts_on: date | None
) -> tuple[LaidPhase, ...]:
    """The phases that these steps make, with weeks and dates; phases without a step are left out."""
    groups: dict[int, list[Choice]] = {}
    for choice in choices:
        groups.setdefault(choice.phase, []).append(choice)
    efforts = {phase: _sum(one.need.effort for one in group) for phase, group in groups.items()}
    slots = schedule(standard, efforts, capacity, starts_on)
    return tuple(
        LaidPhase(phase, tuple(groups[phase.id]), efforts[phase.id], slots[phase.id])
        for phase in standard.phases
        if phase.id in groups
    )


def cheapest_path(
    standard: Standard,
    repositories: Mapping[str, Verdicts],
    letter: str,
    *,
    measure: Measure = "every",
    seconds: float = SOLVER_SECONDS,
) -> Path:
    """The least effort that leads to the grade, for one repository or several.

    Where it cannot be reached, ``reached`` is False and the path still serves the repositories that can (for
    "every"), or takes every step there is (for "average").

    Raises PlanError: plan.grade-unknown, plan.no-grade, plan.solver-time-limit, plan.solver-failed.
    """
    lower = lower_bound(standard, letter)
    task = _Task.of(standard, repositories)
    clock = Clock(seconds)
    every = range(len(task.choices))
    taken: set[int] = set()
    if measure == "average":
        if task.mean(task.score_with(every)) < lower:
            return _path(task, measure, letter, set(every), reached=False)
        taken = _cheapest(task, every, task.graded, lower * len(task.graded), clock)
        return _path(task, measure, letter, taken, reached=True)
    best = task.score_with(every)
    reachable = [name for name in task.graded if best[name] >= lower]
    for name in reachable:
        own = [n for n in every if task.choices[n].repository == name]
        taken |= _cheapest(task, own, [name], lower, clock)
    return _path(task, measure, letter, taken, reached=len(reachable) == len(task.graded))


def best_within(
    standard: Standard,
    repositories: Mapping[str, Verdicts],
    limits: Limits,
    *,
    measure: Measure = "every",
    seconds: float = SOLVER_SECONDS,
) -> Path:
    """The best that fits into the limits: the highest mean score for "average", and for "every" the best
    grade that all repositories reach, with the rest of the effort where it gains most.

    Raises PlanError: plan.no-limit, plan.no-grade, plan.solver-time-limit, plan.solver-failed, and
    plan.end-before-start.
    """
    if limits.person_days is None and limits.ends_on is None:
        raise PlanError(
            "plan.no-limit", "Give a date, a number of person-days, or both.", field="person_days"
        )
    if limits.ends_on is not None and (limits.starts_on is None or limits.ends_on < limits.starts_on):
        raise PlanError("plan.end-before-start", "The plan would end before it starts.", field="ends_on")
    task = _Task.of(standard, repositories)
    clock = Clock(seconds)
    model, fits = _packing(task, limits)
    if measure == "average" or len(task.graded) == 1:
        taken = _most(task, model, fits, clock)
        if taken is None:  # taking nothing always fits
            raise PlanError("plan.solver-failed", "The solver gave no answer.")
        taken = _refined(task, model, fits, taken, clock)
        letter, _ = band(standard, task.mean(task.score_with(taken)))
        return _path(task, measure, letter, taken, reached=True)
    at_best = min(task.score_with(range(len(task.choices))).values())
    bounds = [one.lower for one in standard.scale if one.lower <= at_best]
    low, high = 0, len(bounds) - 1
    while low < high:  # bounds fall: what can be had can be had of every later one
        middle = (low + high) // 2
        if _can(task, model, fits, bounds[middle], clock):
            high = middle
        else:
            low = middle + 1
    lower = bounds[low]
    taken = _most(task, model, fits, clock, lower=lower)
    if taken is None:  # the lowest grade needs nothing
        raise PlanError("plan.solver-failed", "The solver gave no answer.")
    taken = _refined(task, model, fits, taken, clock, lower=lower)
    letter, _ = band(standard, min(task.score_with(taken).values()))
    return _path(task, measure, letter, taken, reached=True)


def lower_bound(standard: Standard, letter: str) -> Fraction:
    """The unrounded score from which the grade holds. Raises PlanError (plan.grade-unknown)."""
    for one in standard.scale:
        if one.letter == letter:
            return one.lower
    known = ", ".join(one.letter for one in standard.scale)
    raise PlanError(
        "plan.grade-unknown",
        f"The standard has no grade {letter[:10]!r}.",
        hint=f"It has {known}.",
        field="grade",
    )


@dataclass(frozen=True)
class _Task:
    """The repositories that have a grade, their steps, and what each step gains.

    An item that several initiatives mend counts once: ``shared`` maps it to their places, and ``points`` of
    a step leave it out.
    """

    standard: Standard
    verdicts: Mapping[str, Verdicts]
    graded: tuple[str, ...]
    ungraded: tuple[str, ...]
    scores: Mapping[str, Fraction]
    choices: tuple[Choice, ...]
    points: tuple[Fraction, ...]
    shared: tuple[tuple[str, Fraction, tuple[int, ...]], ...]
    follows: tuple[tuple[int, int], ...]

    @classmethod
    def of(cls, standard: Standard, repositories: Mapping[str, Verdicts]) -> "_Task":
        grades = {name: grade(standard, verdicts) for name, verdicts in sorted(repositories.items())}
        scores = {name: one.score for name, one in grades.items() if one.score is not None}
        if not scores:
            raise PlanError(
                "plan.no-grade",
                "Nothing here has a grade yet, so there is no path to one.",
                hint="Scan first; a grade needs half of what applies to be known.",
            )
        choices = choices_of(standard, {name: repositories[name] for name in scores})
        place = {choice.key: n for n, choice in enumerate(choices)}
        worth = {name: points_of(standard, repositories[name]) for name in scores}
        menders: dict[tuple[str, str], list[int]] = {}
        for n, choice in enumerate(choices):
            for item in choice.need.failing:
                menders.setdefault((choice.repository, item), []).append(n)
        points = [Fraction(0)] * len(choices)
        shared = []
        for (name, item), places in menders.items():
            value = worth[name].get(item, Fraction(0))
            if len(places) == 1:
                points[places[0]] += value
            else:
                shared.append((name, value, tuple(places)))
        follows = [
            (n, place[choice.repository, id])
            for n, choice in enumerate(choices)
            for id in choice.initiative.after
            if (choice.repository, id) in place
        ]
        return cls(
            standard=standard,
            verdicts=repositories,
            graded=tuple(scores),
            ungraded=tuple(name for name in grades if name not in scores),
            scores=scores,
            choices=choices,
            points=tuple(points),
            shared=tuple(shared),
            follows=tuple(follows),
        )

    def score_with(self, taken: Iterable[int]) -> dict[str, Fraction]:
        """The exact score of every graded repository once these steps are done."""
        chosen, scores = set(taken), dict(self.scores)
        for n in chosen:
            scores[self.choices[n].repository] += self.points[n]
        for name, value, places in self.shared:
            if chosen.intersection(places):
                scores[name] += value
        return scores

    def mean(self, scores: Mapping[str, Fraction]) -> Fraction:
        return _sum(scores.values()) / len(scores)

    def effort(self, taken: Iterable[int]) -> Fraction:
        return _sum(self.choices[n].need.effort for n in taken)

    def model(self, own: Sequence[int]) -> tuple[Model, dict[str, dict[int, Fraction]]]:
        """A model of these steps with what must come first, and what each variable gains by repository."""
        column = {n: at for at, n in enumerate(own)}
        model = Model(len(own), [(1.0, True)] * len(own))
        gains: dict[str, dict[int, Fraction]] = {}
        for n, at in column.items():
            gains.setdefault(self.choices[n].repository, {})[at] = self.points[n]
        for second, first in self.follows:
            if second in column:
                model.rows.append((-1.0, 0.0, {column[second]: 1.0, column[first]: -1.0}))
        for name, value, places in self.shared:
            if places[0] in column:
                mended = model.variable(1.0, whole=False)
                gains[name][mended] = value
                model.rows.append(
                    (-float(len(places)), 0.0, {mended: 1.0, **{column[n]: -1.0 for n in places}})
                )
        return model, gains


def _cheapest(
    task: _Task, own: Sequence[int], names: Sequence[str], needed: Fraction, clock: Clock
) -> set[int]:
    """The cheapest of ``own`` steps that bring these repositories' scores together to ``needed``."""
    own = list(own)
    held = _sum(task.scores[name] for name in names)
    if held >= needed:
        return set()
    model, gains = task.model(own)
    gain = {at: value for one in gains.values() for at, value in one.items()}
    model.rows.append((float(needed - held) - ROOM, INFINITY, floats(gain)))

    def gained(taken: set[int]) -> Fraction:
        scores = task.score_with(own[at] for at in taken)
        return _sum(scores[name] for name in names)

    checks = [Check(lambda taken: gained(taken) >= needed, up=True)]
    efforts = {at: task.choices[n].need.effort for at, n in enumerate(own)}
    found = solve(model, efforts, checks, clock)
    if found is None:  # the caller has made sure that every step together is enough
        raise PlanError("plan.solver-failed", "The solver gave no answer.")
    least = _sum(efforts[at] for at in found)
    bound(model, efforts, least)
    checks.append(Check(lambda taken: _sum(efforts[at] for at in taken) <= least, up=False))
    found = improve(model, {at: -value for at, value in gain.items()}, checks, found, clock)
    most = gained(found)
    model.rows.append((float(most - held) - ROOM, INFINITY, floats(gain)))
    checks.append(Check(lambda taken: gained(taken) >= most, up=True))
    return {own[at] for at in _earliest(model, checks, found, clock)}


def _packing(task: _Task, limits: Limits) -> tuple[Model, Callable[[set[int]], bool]]:
    """The model of everything that fits into the limits, and the exact check of whether a set does."""
    model, _ = task.model(range(len(task.choices)))
    efforts = {n: choice.need.effort for n, choice in enumerate(task.choices)}
    groups = {
        phase.id: [n for n, choice in enumerate(task.choices) if choice.phase == phase.id]
        for phase in task.standard.phases
    }
    if limits.person_days is not None:
        bound(model, efforts, limits.person_days)
    if limits.ends_on is not None and limits.starts_on is not None:
        weeks = ((limits.ends_on - limits.starts_on) + timedelta(days=1)).days // 7
        if limits.capacity is None:
            slots = schedule(task.standard, {}, None, limits.starts_on)
            for phase, group in groups.items():
                if slots[phase].last_week > weeks:
                    for n in group:
                        model.kinds[n] = (0.0, True)
        else:
            lasting = {}
            for group in (one for one in groups.values() if one):
                week = model.variable(float(weeks), whole=True)
                lasting[week] = 1.0
                needed = {n: efforts[n] for n in group} | {week: -limits.capacity}
                bound(model, needed, Fraction(0))
                # A phase with a step lasts a week at least, even where the step takes no effort.
                model.rows += [(-INFINITY, 0.0, {n: 1.0, week: -1.0}) for n in group if not efforts[n]]
            if lasting:
                model.rows.append((-INFINITY, float(weeks), lasting))

    def fits(taken: set[int]) -> bool:
        if limits.person_days is not None and task.effort(taken) > limits.person_days:
            return False
        if limits.ends_on is None or not taken:
            return True
        phases = lay_out(task.standard, (task.choices[n] for n in taken), limits.capacity, limits.starts_on)
        last = max(one.slot.ends_on for one in phases if one.slot.ends_on is not None)
        return last <= limits.ends_on

    return model, fits


def _can(task: _Task, model: Model, fits: Callable[[set[int]], bool], lower: Fraction, clock: Clock) -> bool:
    """Whether all repositories can be at ``lower`` within the limits: asked without a goal, which is quick."""
    _, checks = _within(task, model := model.copy(), fits, lower)
    return solve(model, {}, checks, clock) is not None


def _most(
    task: _Task,
    model: Model,
    fits: Callable[[set[int]], bool],
    clock: Clock,
    *,
    lower: Fraction | None = None,
) -> set[int] | None:
    """The steps that gain most in total, with every repository at ``lower`` at least where one is given;
    None where that does not fit. Ties are left to ``_refined``."""
    gain, checks = _within(task, model := model.copy(), fits, lower)
    return solve(model, {at: -value for at, value in gain.items()}, checks, clock)


def _refined(
    task: _Task,
    model: Model,
    fits: Callable[[set[int]], bool],
    found: set[int],
    clock: Clock,
    *,
    lower: Fraction | None = None,
) -> set[int]:
    """Of the answers that gain as much as ``found``, a cheaper one with fewer and earlier steps."""
    gain, checks = _within(task, model := model.copy(), fits, lower)
    efforts = {n: choice.need.effort for n, choice in enumerate(task.choices)}
    most = _sum(task.score_with(found).values())
    model.rows.append((float(most - _sum(task.scores.values())) - ROOM, INFINITY, floats(gain)))
    checks.append(Check(lambda taken: _sum(task.score_with(taken).values()) >= most, up=True))
    found = improve(model, efforts, checks, found, clock)
    least = task.effort(found)
    bound(model, efforts, least)
    checks.append(Check(lambda taken: task.effort(taken) <= least, up=False))
    return _earliest(model, checks, found, clock)


def _within(
    task: _Task, model: Model, fits: Callable[[set[int]], bool], lower: Fraction | None
) -> tuple[dict[int, Fraction], list[Check]]:
    """What each variable gains, and the checks; rows for ``lower`` are added to the model."""
    _, gains = task.model(range(len(task.choices)))
    checks = [Check(fits, up=False)]
    if lower is not None:
        for name in task.graded:
            if task.scores[name] < lower:
                lacking = float(lower - task.scores[name]) - ROOM
                model.rows.append((lacking, INFINITY, floats(gains.get(name, {}))))
        checks.append(Check(lambda taken: min(task.score_with(taken).values()) >= lower, up=True))
    return {at: value for one in gains.values() for at, value in one.items()}, checks


def _earliest(model: Model, checks: Sequence[Check], found: set[int], clock: Clock) -> set[int]:
    """Of the answers that are as good as ``found``, the one with the smallest sum of places in the plan."""
    places = {at: Fraction(at + 1) for at in range(model.choices)}
    return improve(model, places, checks, found, clock)


def _path(task: _Task, measure: Measure, letter: str | None, taken: set[int], *, reached: bool) -> Path:
    after, at_best = task.score_with(taken), task.score_with(range(len(task.choices)))
    standing = []
    for name in task.graded:
        verdicts = task.verdicts[name]
        own = [n for n, choice in enumerate(task.choices) if choice.repository == name]
        standing.append(
            Reached(
                repository=name,
                before=grade(task.standard, verdicts),
                after=_grade_with(task, verdicts, [n for n in own if n in taken]),
                at_best=_grade_with(task, verdicts, own),
            )
        )
    lower = lower_bound(task.standard, letter) if letter and not reached else None
    of = task.mean if measure == "average" else _lowest
    return Path(
        measure=measure,
        letter=letter,
        reached=reached,
        taken=tuple(choice for n, choice in enumerate(task.choices) if n in taken),
        left_out=tuple(choice for n, choice in enumerate(task.choices) if n not in taken),
        repositories=tuple(standing),
        short=tuple(one for one in standing if lower is not None and at_best[one.repository] < lower),
        ungraded=task.ungraded,
        before=of(task.scores),
        after=of(after),
        at_best=of(at_best),
    )


def _grade_with(task: _Task, verdicts: Verdicts, taken: Iterable[int]) -> Grade:
    passing = {item: "pass" for n in taken for item in task.choices[n].need.failing}
    return grade(task.standard, {**verdicts, **passing})


def _lowest(scores: Mapping[str, Fraction]) -> Fraction:
    return min(scores.values())


def _sum(numbers: Iterable[Fraction]) -> Fraction:
    return sum(numbers, Fraction(0))
