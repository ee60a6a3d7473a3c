"""The steps of a plan page as one table, phase by phase; what was dropped or left out comes last."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from assessments.listings import STEPS, chart_listing
from assessments.selectors.plan_models import Found, PlanPage, SavedView, StepRow
from assessments.tables import Listing, everything


@dataclass(frozen=True, slots=True)
class StepLine:
    """One step in one repository with its phase; ``phase`` is words, since some steps are in none."""

    phase: str
    starts: date | None
    ends: date | None
    action: str
    row: StepRow


def plan_tables(page: PlanPage, wanted: str) -> Listing:
    """The figures of the saved plan's burn-down where ``wanted`` names them, else the steps."""
    if wanted == "burn-down":
        chart = page.saved.burn_down if page.saved else None
        return chart_listing(chart, wanted, "Steps left", page.slug)
    return steps_of(page)


def steps_of(page: PlanPage) -> Listing:
    """The steps of what was searched for, else of the saved plan; none where there is neither."""
    plan = page.found or page.saved
    return Listing(everything(STEPS), _lines(plan) if plan else (), page.slug)


def _lines(plan: Found | SavedView) -> Iterator[StepLine]:
    for phase in plan.phases:
        for card in phase.cards:
            for row in card.rows:
                yield StepLine(str(phase.phase.id), phase.starts_on, phase.ends_on, card.action, row)
    aside = {"Dropped": plan.dropped} if isinstance(plan, SavedView) else {}
    for words, cards in {**aside, "Left out": plan.left_out}.items():
        for card in cards:
            for row in card.rows:
                yield StepLine(words, None, None, card.action, row)
