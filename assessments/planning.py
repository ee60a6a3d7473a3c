"""The phased action plan: when each initiative's turn comes, and the grade each phase leads to."""

from collections.abc import Collection, Iterable
from datetime import date, timedelta
from fractions import Fraction
from math import ceil
from typing import Protocol, TypeVar

from assessments.grading import Grade, Verdicts, grade
from assessments.matrix import Need
from assessments.standard import Initiative, Phase, Standard
from scanners.values import dataclass


class ForInitiative(Protocol):
    """Anything that stands for an initiative in a plan."""

    @property
    def initiative(self) -> Initiative: ...


N = TypeVar("N", bound=ForInitiative)


@dataclass(frozen=True, slots=True)
class Step:
    """One initiative in the plan; ``number`` counts from 1 through all phases."""

    number: int
    need: Need
    done: bool = False


@dataclass(frozen=True, slots=True)
class PlannedPhase:
    """A phase with the weeks it takes, counted from 1 and inclusive, like its dates.

    ``starts_on`` and ``ends_on`` are None where the plan has no start date. ``leads_to`` is the grade once
    every step up to this phase's end is done, ``comes_from`` the one before the phase; a step's ``need.points`` say what it adds.
    """

    phase: Phase
    steps: tuple[Step, ...]
    effort: Fraction
    first_week: int
    last_week: int
    starts_on: date | None
    ends_on: date | None
    comes_from: Grade
    leads_to: Grade

    @property
    def weeks(self) -> str:
        return weeks_words(self.first_week, self.last_week)

    @property
    def grades(self) -> str:
        return grade_words(self.comes_from.letter, self.leads_to.letter)


@dataclass(frozen=True, slots=True)
class Plan:
    """``starts_at`` is the grade before any step. Phases without a step are left out. ``capacity`` is in
    person-days per week, None for the standard's fixed phases."""

    starts_at: Grade
    phases: tuple[PlannedPhase, ...]
    capacity: Fraction | None

    @property
    def effort(self) -> Fraction:
        return sum((phase.effort for phase in self.phases), Fraction(0))

    @property
    def steps(self) -> tuple[Step, ...]:
        return tuple(step for phase in self.phases for step in phase.steps)

    @property
    def leads_to(self) -> Grade:
        return self.phases[-1].leads_to if self.phases else self.starts_at


@dataclass(frozen=True, slots=True)
class Slot:
    """The weeks of one phase, counted from 1 and inclusive, with its dates where the plan has a start."""

    first_week: int
    last_week: int
    starts_on: date | None
    ends_on: date | None


def build_plan(
    standard: Standard,
    verdicts: Verdicts,
    needs: Iterable[Need],
    *,
    capacity: Fraction | None = None,
    starts_on: date | None = None,
    done: Collection[str] = (),
) -> Plan:
    """The plan for these needs: by phase, within it by order, never before what a step must follow.

    ``done`` names initiatives that people have marked done; they stay in the plan, ticked.
    """
    arranged = arrange(standard, needs)
    slots = schedule(
        standard, {id: _effort(group) for id, group in arranged.items() if group}, capacity, starts_on
    )
    reached, number = dict(verdicts), 0
    phases: list[PlannedPhase] = []
    starts_at = grade(standard, verdicts)
    for phase in standard.phases:
        group = arranged.get(phase.id)
        if not group:
            continue
        reached.update((item, "pass") for need in group for item in need.failing)
        steps = tuple(Step(number + n, need, need.initiative.id in done) for n, need in enumerate(group, 1))
        number += len(steps)
        slot = slots[phase.id]
        phases.append(
            PlannedPhase(
                phase=phase,
                steps=steps,
                effort=_effort(group),
                first_week=slot.first_week,
                last_week=slot.last_week,
                starts_on=slot.starts_on,
                ends_on=slot.ends_on,
                comes_from=phases[-1].leads_to if phases else starts_at,
                leads_to=grade(standard, reached),
            )
        )
    return Plan(starts_at, tuple(phases), capacity)


def arrange(standard: Standard, needs: Iterable[N]) -> dict[int, tuple[N, ...]]:
    """Needs by phase id, in working order.

    Phase and order are the initiative's. Only where it would come before one that it must follow is it
    moved: to that one's phase, and behind it there.
    """
    waiting = list(needs)
    present = {need.initiative.id for need in waiting}
    placed: dict[str, int] = {}
    order: list[N] = []

    def phase_of(need: N) -> int:
        followed = (placed[id] for id in need.initiative.after if id in present)
        return max([need.initiative.phase, *followed])

    while waiting:
        ready = [one for one in waiting if all(id in placed for id in one.initiative.after if id in present)]
        need = min(ready, key=lambda one: (phase_of(one), one.initiative.order))
        placed[need.initiative.id] = phase_of(need)
        order.append(need)
        waiting.remove(need)
    return {
        phase.id: tuple(need for need in order if placed[need.initiative.id] == phase.id)
        for phase in standard.phases
    }


def schedule(
    standard: Standard, efforts: dict[int, Fraction], capacity: Fraction | None, starts_on: date | None
) -> dict[int, Slot]:
    """Weeks of each phase. Without a capacity they are the standard's, whether or not a phase before has
    work; with one (person-days per week) a phase lasts ceil(effort / capacity), at least one, and starts when
    the one before ends. ``efforts`` names the phases that have work.

    Raises ValueError for a capacity that is not above 0.
    """
    if capacity is not None and capacity <= 0:
        raise ValueError("a capacity is above 0 person-days per week")
    slots, week = {}, 1
    for phase in standard.phases:
        if capacity is None:
            weeks = phase.weeks
        else:
            weeks = max(1, ceil(efforts[phase.id] / capacity)) if phase.id in efforts else 0
        last = week + weeks - 1
        first_day = None if starts_on is None else starts_on + timedelta(weeks=week - 1)
        last_day = None if starts_on is None else starts_on + timedelta(weeks=last, days=-1)
        slots[phase.id] = Slot(week, last, first_day, last_day)
        week += weeks
    return slots


def weeks_words(first: int, last: int) -> str:
    """The weeks of a phase in words, counted from the plan's start."""
    return f"Week {first}" if first == last else f"Weeks {first}-{last}"


def grade_words(before: str | None, after: str | None) -> str:
    """The grades that a phase leads from and to: "C → B-"."""
    return f"{before or 'no grade'} → {after or 'no grade'}"


def _effort(needs: Iterable[Need]) -> Fraction:
    return sum((need.effort for need in needs), Fraction(0))
