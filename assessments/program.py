"""Mixed-integer programs whose answers are exact, solved by HiGHS, which is imported when first needed.

HiGHS calculates with binary fractions, so bounds are given a hair of room; an answer that lives from that room
fails its exact check, is cut off, and the program is solved again. So no answer falls short by rounding, and
none that is right is missed.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from math import lcm
from time import monotonic
from typing import Any

from scanners.errors import ScanError

ROOM = 1e-6
INFINITY = float("inf")
_MAX_WHOLE = 10**6
"""Larger whole numbers strain the solver more than fractions do."""
_CUTS = 200
_NODES = 200
_TIED = 400


class PlanError(ScanError):
    """A plan that cannot be made or changed as asked; ``id`` is stable, ``field`` names what to mend."""

    def __init__(self, id: str, message: str, *, hint: str = "", field: str = "") -> None:
        super().__init__(id, message, hint=hint)
        self.field = field


@dataclass
class Model:
    """Rows of lower ≤ Σ coefficient × variable ≤ upper; the first ``choices`` variables are the steps."""

    choices: int
    kinds: list[tuple[float, bool]] = field(default_factory=list)
    rows: list[tuple[float, float, dict[int, float]]] = field(default_factory=list)

    def variable(self, upper: float, whole: bool) -> int:
        self.kinds.append((upper, whole))
        return len(self.kinds) - 1

    def copy(self) -> "Model":
        return Model(self.choices, list(self.kinds), list(self.rows))


@dataclass(frozen=True)
class Check:
    """A condition that is checked exactly. ``up``: once a set of steps meets it, every larger one does."""

    holds: Callable[[set[int]], bool]
    up: bool


@dataclass
class Clock:
    seconds: float

    def __post_init__(self) -> None:
        self.until = monotonic() + self.seconds

    @property
    def left(self) -> float:
        return self.until - monotonic()


def bound(model: Model, coefficients: Mapping[int, Fraction], upper: Fraction) -> None:
    """Adds Σ coefficient × variable ≤ upper, in whole numbers where they stay small enough."""
    scale = lcm(upper.denominator, *(value.denominator for value in coefficients.values()))
    if scale * max([abs(upper), *(abs(value) for value in coefficients.values())]) > _MAX_WHOLE:
        model.rows.append((-INFINITY, float(upper) + ROOM, floats(coefficients)))
        return
    whole = {at: float(value * scale) for at, value in coefficients.items()}
    model.rows.append((-INFINITY, float(upper * scale) + 0.25, whole))


def solve(
    model: Model, costs: Mapping[int, Fraction], checks: Sequence[Check], clock: Clock
) -> set[int] | None:
    """The steps of least cost, or None where no set of steps meets the model and the checks.

    Raises PlanError: plan.solver-time-limit, plan.solver-failed.
    """
    return _solve(model, costs, checks, clock, None)


def improve(
    model: Model, costs: Mapping[int, Fraction], checks: Sequence[Check], found: set[int], clock: Clock
) -> set[int]:
    """A choice among answers that are equally good: ``found``, or one of less cost.

    This only breaks ties, so it gives up after a fixed amount of work, and leaves programs of many steps
    as they are; so it still repeats itself.
    """
    if model.choices > _TIED:
        return found
    try:
        better = _solve(model, costs, checks, clock, _NODES)
    except PlanError:
        return found
    return found if better is None or _cost(better, costs) >= _cost(found, costs) else better


def _cost(taken: set[int], costs: Mapping[int, Fraction]) -> Fraction:
    return sum((costs.get(at, Fraction(0)) for at in taken), Fraction(0))


def _solve(
    model: Model,
    costs: Mapping[int, Fraction],
    checks: Sequence[Check],
    clock: Clock,
    nodes: int | None,
) -> set[int] | None:
    for _ in range(_CUTS):
        taken = _run(model, costs, clock, nodes)
        if taken is None:
            return None
        failed = next((check for check in checks if not check.holds(taken)), None)
        if failed is None:
            return taken
        rest = [at for at in range(model.choices) if at not in taken]
        if failed.up:  # nor is any part of it enough
            model.rows.append((1.0, INFINITY, dict.fromkeys(rest, 1.0)))
        else:  # nor does anything around it fit
            model.rows.append((-INFINITY, len(taken) - 1.0, dict.fromkeys(taken, 1.0)))
    raise PlanError("plan.solver-failed", "The solver found no answer that stands an exact check.")


def _run(model: Model, costs: Mapping[int, Fraction], clock: Clock, nodes: int | None) -> set[int] | None:
    """One run of HiGHS, on one thread with a fixed seed, so that it repeats itself."""
    import highspy

    if clock.left <= 0:
        raise _out_of_time(clock)
    if any(not row and lower > 0 for lower, _, row in model.rows):
        return None  # nothing can give what is asked for
    scale = lcm(1, *(value.denominator for value in costs.values()))
    largest = max([Fraction(1), *(abs(value) for value in costs.values())])
    whole = scale * largest <= _MAX_WHOLE
    solver: Any = highspy.Highs()  # type: ignore[no-untyped-call]
    options: dict[str, bool | int | float | str] = {
        "output_flag": False,
        "threads": 1,
        "parallel": "off",
        "random_seed": 0,
        "time_limit": max(clock.left, 0.01),
        "mip_rel_gap": 0.0,
        # Whole costs differ by one at least, so half a unit of gap leaves nothing open.
        "mip_abs_gap": 0.5 if whole else 1e-7,
    }
    if nodes is not None:
        options["mip_max_nodes"] = nodes
    for name, value in options.items():
        solver.setOptionValue(name, value)
    for at, (upper, is_whole) in enumerate(model.kinds):
        solver.addVar(0.0, upper)
        cost = costs.get(at)
        if cost:
            solver.changeColCost(at, float(cost * scale) if whole else float(cost))
        if is_whole:
            solver.changeColIntegrality(at, highspy.HighsVarType.kInteger)
    for lower, upper, row in model.rows:
        solver.addRow(lower, upper, len(row), list(row), list(row.values()))
    solver.run()
    status = solver.getModelStatus()
    ended = highspy.HighsModelStatus
    if status == ended.kInfeasible:
        return None
    if status == ended.kTimeLimit:
        raise _out_of_time(clock)
    if status not in (ended.kOptimal, ended.kModelEmpty, ended.kSolutionLimit):
        words = solver.modelStatusToString(status).lower()
        raise PlanError("plan.solver-failed", f"The solver stopped: {words}.")
    if status == ended.kSolutionLimit and solver.getInfo().primal_solution_status != 2:
        return None  # gave up before it found anything
    values = list(solver.getSolution().col_value)
    return {at for at in range(model.choices) if values[at] > 0.5}


def _out_of_time(clock: Clock) -> PlanError:
    return PlanError(
        "plan.solver-time-limit",
        f"The best path was not found within {clock.seconds:g} seconds.",
        hint="Ask for the average, for fewer repositories, or for person-days in place of a date.",
    )


def floats(values: Mapping[int, Fraction]) -> dict[int, float]:
    return {at: float(value) for at, value in values.items()}
