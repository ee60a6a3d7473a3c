"""The priority matrix: which initiatives a repository needs, the most urgent first."""

from collections.abc import Iterable
from fractions import Fraction

from assessments.grading import Verdicts, points_of
from assessments.standard import Initiative, Priority, Standard
from scanners.values import dataclass


@dataclass(frozen=True, slots=True)
class Need:
    """An initiative with what fails of it. ``applicable`` counts its items that apply, decided or not;
    ``effort`` is in person-days, ``points`` is what the score gains when all failing items pass."""

    initiative: Initiative
    priority: str
    failing: tuple[str, ...]
    applicable: int
    effort: Fraction
    points: Fraction


@dataclass(frozen=True, slots=True)
class MatrixGroup:
    priority: Priority
    needs: tuple[Need, ...]


def find_needs(standard: Standard, verdicts: Verdicts) -> tuple[Need, ...]:
    """What fails, one need per initiative, in the document's order."""
    points = points_of(standard, verdicts)
    needs = []
    for initiative in standard.initiatives:
        outcomes = {item: verdicts.get(item, "unknown") for item in initiative.items}
        failing = tuple(item for item, outcome in outcomes.items() if outcome == "fail")
        if not failing:
            continue
        applicable = sum(outcome in ("pass", "fail", "unknown") for outcome in outcomes.values())
        needs.append(
            Need(
                initiative=initiative,
                priority=_priority(standard, initiative, len(failing), applicable),
                failing=failing,
                applicable=applicable,
                effort=initiative.effort * len(failing) / len(initiative.items),
                points=sum((points.get(item, Fraction(0)) for item in failing), Fraction(0)),
            )
        )
    return tuple(needs)


def build_matrix(standard: Standard, needs: Iterable[Need]) -> tuple[MatrixGroup, ...]:
    """Every priority of the standard, the empty ones too, with its needs in the document's order."""
    ranked = tuple(needs)
    return tuple(
        MatrixGroup(priority, tuple(need for need in ranked if need.priority == priority.id))
        for priority in standard.priorities
    )


def _priority(standard: Standard, initiative: Initiative, failing: int, applicable: int) -> str:
    """The initiative's priority, one lower where less than half of its applicable items fail."""
    ids = [priority.id for priority in standard.priorities]
    place = ids.index(initiative.priority)
    return ids[min(place + 1, len(ids) - 1)] if 2 * failing < applicable else ids[place]
