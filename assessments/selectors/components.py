"""Page model of the living component page: made-up values that show every piece in every state."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fractions import Fraction

from assessments.charts import Chart, Mark, TrendPoint, trend
from assessments.report import ReportPage, Subject, build_report
from assessments.selectors.reports import StoredVerdict, guidance_of
from assessments.services.rulesets import DEFAULT, built, current_version
from assessments.standard import Standard
from scanners.facts import Evidence

_FROM = datetime(2024, 1, 8, 9, tzinfo=UTC)
_SCORES = (41, 44, 44, 50, 52, 51, 58, 61, 64, 64, 69)


@dataclass(frozen=True, slots=True)
class ComponentsPage:
    """``stages`` are (name, "done" | "now" | "next")."""

    letters: tuple[str, ...]
    stars: tuple[int | None, ...]
    verdicts: tuple[str, ...]
    scores: tuple[int | None, ...]
    stages: tuple[tuple[str, str], ...]
    chart: Chart
    report: ReportPage


def get_components_page() -> ComponentsPage:
    """Every piece once, by the current standard."""
    _, standard = built(current_version())
    points = [
        TrendPoint(
            _FROM + timedelta(weeks=n),
            Fraction(score),
            backfilled=n < 3,
            waived_score=Fraction(score + n // 2),
        )
        for n, score in enumerate(_SCORES)
    ]
    return ComponentsPage(
        letters=tuple(band.letter for band in standard.scale),
        stars=(5, 4, 3, 2, 1, None),
        verdicts=("pass", "fail", "not_applicable", "unknown", "waived", "stale"),
        scores=(41, 44, None, 50, 52, 51, 58, 69),
        stages=(("Queued", "done"), ("Fetching", "done"), ("Reading", "now"), ("Grading", "next")),
        chart=trend(points, standard.scale, [Mark(_FROM + timedelta(weeks=5), "Ruleset 1.1")]),
        report=_report(standard),
    )


def _report(standard: Standard) -> ReportPage:
    """Every third item fails; one could not be measured."""
    rows = [
        StoredVerdict(
            item.id,
            "unknown" if place == 4 else "fail" if place % 3 == 0 else "pass",
            (Evidence("src/orders/api.py", 12 + place, "def read_orders(limit: int = 50) -> list[Order]:"),)
            if place % 3
            else (),
            ("a dependency that does it", "a call of it in the code"),
            "A file that could hold it was too large to read." if place == 4 else "",
        )
        for place, item in enumerate(standard.items)
    ]
    subject = Subject("example/orders", "0" * 40, _FROM, _FROM, {}, ("python",))
    return build_report(standard, subject, rows, guidance=guidance_of(DEFAULT))
