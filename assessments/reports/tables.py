"""The report as tables: what the formats for spreadsheets, CSV and XLSX, have in common.

Every section of the report is a table of its own, so that neither format can leave out what the other shows.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction
from math import floor

from assessments.report import EvidenceLine, ItemRow, ReportPage

Cell = str | int | float | date | datetime | None
Row = tuple[Cell, ...]

VERDICTS = {
    "pass": "Pass",
    "fail": "Fail",
    "not_applicable": "Not applicable",
    "unknown": "Unknown",
    "waived": "Waived",
}


@dataclass(frozen=True, slots=True)
class Table:
    """``rows`` are as wide as ``columns``; ``widths`` are in characters, for formats that have them."""

    title: str
    columns: tuple[str, ...]
    widths: tuple[int, ...]
    rows: Callable[[ReportPage], Iterator[Row]]


def tenths_number(number: Fraction | None) -> float | None:
    """The number cut, not rounded, to one decimal, as everywhere in the report."""
    return None if number is None else floor(number * 10) / 10


def checklist_rows(page: ReportPage) -> Iterator[Row]:
    """One row per item; the columns of ``CHECKLIST``."""
    subject = page.subject
    areas = {area.id: area.title for area in page.areas}
    for row in page.items:
        mended_by = page.standard.initiative_of.get(row.item.id)
        yield (
            subject.repository,
            subject.root,
            subject.commit,
            areas.get(row.item.area, row.item.area),
            row.item.category,
            row.item.id,
            row.item.title,
            row.item.tier,
            VERDICTS[row.raw],
            VERDICTS[row.verdict],
            tenths_number(row.points),
            "yes" if row.stale else "",
            "\n".join(place_words(place) for place in row.evidence[:5]),
            "; ".join(row.looked_for),
            row.reason,
            mended_by.title if mended_by and row.verdict == "fail" else "",
            row.guidance.links[0].url if row.guidance and row.guidance.links else "",
        )


CHECKLIST = (
    "Repository", "Folder", "Commit", "Area", "Category", "Item", "Title", "Tier", "Verdict", "Effective verdict",
    "Points", "Stale", "Evidence", "Looked for", "Reason", "Initiative", "Documentation",
)  # fmt: skip


def place_words(place: EvidenceLine) -> str:
    """Where evidence lies: ``path:line``, the path alone for a file as a whole."""
    return f"{place.path}:{place.line}" if place.line else place.path


def _summary(page: ReportPage) -> Iterator[Row]:
    subject, grade, effective = page.subject, page.grade, page.effective_grade
    yield "Repository", subject.repository
    yield "Folder", subject.root
    yield "Address", subject.url
    yield "Commit", subject.commit
    yield "Committed", subject.committed_at
    yield "Judged", subject.judged_at
    yield "Ruleset", f"{page.standard.title} {page.standard.version}"
    yield "Stack", ", ".join(subject.stack)
    for name, value in subject.profile.items():
        yield f"Profile: {name.replace('_', ' ')}", str(value).lower() if isinstance(value, bool) else value
    yield "Grade", effective.letter or "no grade"
    yield "Label", effective.label
    yield "Score of 100", tenths_number(effective.score)
    yield "Foundations in percent", tenths_number(effective.foundations)
    yield "Production in percent", tenths_number(effective.production)
    if grade != effective:
        yield "Grade by raw verdicts", grade.letter or "no grade"
        yield "Score by raw verdicts", tenths_number(grade.score)
    yield "Known items", effective.known
    yield "Applicable items", effective.applicable
    yield "Executive summary", " ".join(page.summary)
    yield "Conclusion", page.conclusion.verdict
    yield "Good", "; ".join(page.conclusion.good)
    yield "Focus", "; ".join(page.conclusion.focus)
    yield "Outlook", page.conclusion.outlook


def _areas(page: ReportPage) -> Iterator[Row]:
    for area in page.areas:
        yield (
            area.title, area.stars, area.rating, area.passed, area.failed, area.unknown, area.not_applicable,
            area.waived,
        )  # fmt: skip


def _strengths(page: ReportPage) -> Iterator[Row]:
    for strength in page.strengths:
        for row in strength.items:
            places = "\n".join(place_words(place) for place in row.evidence[:3])
            yield strength.area.title, strength.area.stars, row.item.title, places


def _gaps(page: ReportPage) -> Iterator[Row]:
    for gap in page.gaps:
        texts = {one.item.id: one.text for one in gap.recommendations}
        for kind, rows in (("Missing", gap.missing), ("Issue", gap.issues)):
            for row in rows:
                yield (
                    gap.area.title,
                    gap.area.stars,
                    gap.current_state,
                    gap.standard,
                    kind,
                    row.item.title,
                    row.item.issue or row.reason,
                    texts.get(row.item.id, ""),
                    row.guidance.why if row.guidance else "",
                    row.snippet.code if row.snippet else "",
                )


def _matrix(page: ReportPage) -> Iterator[Row]:
    for group in page.matrix:
        for need in group.needs:
            yield (
                group.priority.title,
                need.initiative.title,
                need.initiative.reason,
                len(need.failing),
                need.applicable,
                tenths_number(need.effort + Fraction(1, 20)),
                tenths_number(need.points),
            )


def _plan(page: ReportPage) -> Iterator[Row]:
    for phase in page.plan.phases:
        for step in phase.steps:
            need = step.need
            yield (
                phase.phase.id,
                phase.phase.title,
                phase.weeks,
                phase.starts_on,
                phase.ends_on,
                step.number,
                need.initiative.action,
                need.priority,
                len(need.failing),
                tenths_number(need.effort + Fraction(1, 20)),
                tenths_number(need.points),
                "done" if step.done else "open",
                phase.leads_to.letter or "no grade",
            )


def _evidence(page: ReportPage) -> Iterator[Row]:
    for row in page.items:
        for place in row.evidence:
            yield (
                row.item.id, row.item.title, VERDICTS[row.verdict], place.path, place.line or None, place.excerpt,
                place.strength, place.note, place.url,
            )  # fmt: skip


def _overlays(page: ReportPage) -> Iterator[Row]:
    def said(row: ItemRow) -> Iterator[Row]:
        for one in row.overlays:
            yield (
                row.item.id,
                row.item.title,
                VERDICTS[row.raw],
                one.kind,
                one.author,
                one.reason,
                one.expires_on,
            )

    for row in page.items:
        yield from said(row)


def _resources(page: ReportPage) -> Iterator[Row]:
    for one in page.resources:
        yield one.title, one.url


TABLES = (
    Table("Summary", ("What", "Value"), (28, 90), _summary),
    Table(
        "Areas",
        ("Area", "Stars", "Rating", "Pass", "Fail", "Unknown", "Not applicable", "Waived"),
        (34, 8, 22, 8, 8, 10, 15, 9),
        _areas,
    ),
    Table("Strengths", ("Area", "Stars", "Item", "Evidence"), (34, 8, 44, 60), _strengths),
    Table(
        "Gaps",
        ("Area", "Stars", "Current state", "Industry standard", "Kind", "Item", "Issue", "Recommendation",
         "Why it matters", "Snippet"),
        (30, 8, 40, 40, 10, 34, 40, 50, 50, 60),
        _gaps,
    ),
    Table(
        "Priority matrix",
        ("Priority", "Initiative", "Why", "Failing items", "Applicable items", "Effort in days", "Points"),
        (14, 36, 60, 14, 16, 15, 9),
        _matrix,
    ),
    Table(
        "Action plan",
        ("Phase", "Title", "Weeks", "Starts", "Ends", "Step", "What to do", "Priority", "Failing items",
         "Effort in days", "Points", "State", "Grade after the phase"),
        (8, 30, 12, 12, 12, 7, 50, 12, 14, 15, 9, 9, 20),
        _plan,
    ),
    Table(
        "Checklist", CHECKLIST, (26, 14, 14, 30, 22, 30, 36, 12, 14, 17, 9, 8, 50, 40, 40, 32, 44), checklist_rows
    ),
    Table(
        "Evidence",
        ("Item", "Title", "Verdict", "Path", "Line", "Excerpt", "Strength", "Note", "Link"),
        (30, 36, 14, 50, 8, 70, 12, 40, 60),
        _evidence,
    ),
    Table(
        "Overlays",
        ("Item", "Title", "Raw verdict", "Kind", "Author", "Reason", "Until"),
        (30, 36, 14, 14, 24, 60, 12),
        _overlays,
    ),
    Table("Resources", ("Title", "Address"), (50, 80), _resources),
)  # fmt: skip
