"""The report for a terminal: what a person needs to act on, in a page or two."""

import textwrap
from collections.abc import Callable, Iterator

from assessments.grading import AreaStars, tenths
from assessments.narrative import days, grade_words
from assessments.report import EvidenceLine, ItemRow, ReportPage
from assessments.reports.plain import shortened, visible

MAX_PLACES = 3
"""Places of evidence shown for one failing item."""
_RESET = "\x1b[0m"
_STYLES = {"bold": "\x1b[1m", "dim": "\x1b[2m", "good": "\x1b[32m", "fair": "\x1b[33m", "bad": "\x1b[31m"}

Paint = Callable[[str, str], str]


def render_text(page: ReportPage, *, width: int = 88, colour: bool = False) -> str:
    """The report in lines of at most ``width`` characters, save for a long path, ending in a line break."""
    width = max(40, width)

    def paint(style: str, text: str) -> str:
        return f"{_STYLES[style]}{text}{_RESET}" if colour else text

    sections = [
        _head(page, width, paint),
        _areas(page, width, paint),
        _failing(page, width, paint),
        _steps(page, width, paint),
        _unsure(page, width, paint),
    ]
    return "\n\n".join(text for text in ("\n".join(section) for section in sections) if text) + "\n"


def _head(page: ReportPage, width: int, paint: Paint) -> Iterator[str]:
    subject, grade = page.subject, page.effective_grade
    yield paint("bold", shortened(visible(subject.repository), width))
    facts = [f"commit {subject.commit[:12]}"] if subject.commit else []
    facts += [f"folder {subject.root}"] if subject.root else []
    facts += [", ".join(subject.stack)] if subject.stack else []
    facts += [f"{page.standard.id} {page.standard.version}"]
    yield paint("dim", shortened(visible("  ".join(facts)), width))
    yield ""
    if grade.score is None:
        yield paint("bold", visible(grade.label))
    else:
        score = f"{tenths(grade.score)} of 100"
        yield paint("bold", f"{grade.letter}  {score}") + f"  {visible(grade.label)}"
        rates = (("foundations", grade.foundations), ("production", grade.production))
        yield "   ".join(f"{name} {tenths(rate)} %" for name, rate in rates if rate is not None)
    if page.grade != grade:
        yield f"without overrides, attestations and waivers: {grade_words(page.grade)}"
    yield ""
    yield from textwrap.wrap(visible(" ".join(page.summary)), width)


def _areas(page: ReportPage, width: int, paint: Paint) -> Iterator[str]:
    yield paint("bold", "Areas")
    wide = min(width - 36, max(len(area.title) for area in page.areas))
    for area in page.areas:
        title = shortened(visible(area.title), wide).ljust(wide)
        known = area.passed + area.failed
        counts = f"{area.passed:>2} of {known:<2}" if known else "       "
        yield f"  {title}  {_stars(area, paint)}  {counts}  {visible(area.rating)}".rstrip()


def _stars(area: AreaStars, paint: Paint) -> str:
    if area.stars is None:
        return "  -  "
    style = "bad" if area.stars < 3 else "fair" if area.stars < 4 else "good"
    return paint(style, "★" * area.stars + "☆" * (5 - area.stars))


def _failing(page: ReportPage, width: int, paint: Paint) -> Iterator[str]:
    for number, row in enumerate(page.failing):
        if number == 0:
            yield paint("bold", f"Failing ({len(page.failing)})")
        yield f"  {paint('bad', '✗')} {shortened(visible(row.item.title), width - 4)}" + _id(
            row, width, paint
        )
        for place in row.evidence[:MAX_PLACES]:
            yield "      " + _place(place, width - 6, paint)
        if len(row.evidence) > MAX_PLACES:
            yield paint("dim", f"      and {len(row.evidence) - MAX_PLACES} more")


def _id(row: ItemRow, width: int, paint: Paint) -> str:
    room = width - 6 - len(row.item.title)
    return "  " + paint("dim", visible(row.item.id)) if room >= len(row.item.id) else ""


def _place(place: EvidenceLine, width: int, paint: Paint) -> str:
    where = visible(f"{place.path}:{place.line}" if place.line else place.path)
    room = width - len(where) - 2
    excerpt = visible(place.excerpt.strip())
    return where + (paint("dim", "  " + shortened(excerpt, room)) if excerpt and room > 10 else "")


def _steps(page: ReportPage, width: int, paint: Paint) -> Iterator[str]:
    before = page.plan.starts_at
    for number, phase in enumerate(page.plan.phases):
        if number == 0:
            yield paint("bold", "Next steps")
        leads = f"{grade_words(before)} → {grade_words(phase.leads_to)}"
        yield f"  Phase {phase.phase.id}: {visible(phase.phase.title)} ({phase.weeks})  {leads}"
        for step in phase.steps:
            mark = "✓" if step.done else f"{step.number}."
            gained = "" if before.score is None else f"+{tenths(step.need.points)}"
            action = shortened(visible(step.need.initiative.action), width - 36)
            yield f"    {mark:>3} {action.ljust(width - 36)} {gained:>6}  {days(step.need.effort)}"
        before = phase.leads_to


def _unsure(page: ReportPage, width: int, paint: Paint) -> Iterator[str]:
    """What the grade leaves out, so that nobody reads silence as a pass."""
    for heading, rows in (("Not measured", page.unknown), ("Waived", page.waived)):
        if rows:
            yield paint("bold", f"{heading} ({len(rows)})")
            words = ", ".join(row.item.title for row in rows)
            yield from textwrap.wrap(visible(words), width, initial_indent="  ", subsequent_indent="  ")
    if page.not_applicable:
        count = len(page.not_applicable)
        yield paint("dim", f"Not applicable: {count} item{'' if count == 1 else 's'}")
    for problem in page.subject.problems:
        yield shortened(visible(f"Could not be read: {problem.path}: {problem.message}"), width)
