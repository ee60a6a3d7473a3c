"""The report as a tagged PDF (PDF/A-2a and PDF/UA-1), set by Typst from ``templates/reports/assessment.typ``.

Everything from a repository reaches the template as JSON values, never as markup. A character that no font
has is shown by its code, so that nothing is dropped in silence.
"""

import json
import re
import unicodedata
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typst

from assessments.grading import Grade, tenths
from assessments.matrix import Need
from assessments.narrative import days
from assessments.overlays import Overlay
from assessments.planning import PlannedPhase
from assessments.report import EvidenceLine, Gap, ItemRow, ReportPage, Strength
from assessments.reports.plain import shortened, visible

if TYPE_CHECKING:
    from typst import PDFStandard

TEMPLATE = Path(__file__).parents[2] / "templates" / "reports" / "assessment.typ"
STANDARDS: "list[PDFStandard]" = ["a-2a", "ua-1"]
MAX_EXCERPT = 200
"""Characters of an excerpt that are printed."""
UNBROKEN = 48
"""Characters without a place to break a line, after which one is offered."""
ATTEMPTS = 6
"""Each attempt names every glyph that it misses; what replaces it is ASCII, so the third one succeeds."""

_MISSING = re.compile(
    r'the text `"((?:[^"\\]|\\.)+)"` could not be displayed|contains the codepoint `"([^"]+)"`'
)
_ESCAPE = re.compile(r"\\u\{([0-9a-f]+)\}")
_UNBROKEN = re.compile(rf"[^\s/\-]{{{UNBROKEN}}}(?=[^\s/\-])")


def render_pdf(page: ReportPage) -> bytes:
    """The PDF. The same page gives the same bytes on a machine with the same fonts.

    Raises ``typst.TypstError`` where the template itself is wrong.
    """
    data = report_data(page)
    made_at = page.subject.judged_at or page.subject.committed_at or datetime(2000, 1, 1, tzinfo=UTC)
    made_at = made_at.replace(microsecond=0)  # Typst refuses a finer time
    fonts = typst.Fonts(include_system_fonts=False)
    system = False
    for _ in range(ATTEMPTS):
        try:
            return _compile(data, fonts, made_at)
        except typst.TypstError as error:
            missing = _missing_glyphs(error)
            if not missing:
                raise
            if not system:
                # The embedded fonts are enough for nearly every report; the machine's may know other scripts.
                fonts, system = typst.Fonts(include_system_fonts=True), True
            else:
                data = _mapped(data, partial(_shown, gone=missing))
    return _compile(_mapped(data, _ascii), fonts, made_at)


def report_data(page: ReportPage) -> dict[str, Any]:
    """The page model as plain values, every number already in words and every text on one printable line."""
    subject = page.subject
    data = {
        "standard": page.standard.title,
        "version": page.standard.version,
        "repository": subject.repository,
        "short": shortened(subject.repository, 60),
        "root": subject.root,
        "url": _web(subject.url),
        "commit": subject.commit,
        "committed": _date(subject.committed_at),
        "judged": _date(subject.judged_at),
        "stack": ", ".join(subject.stack),
        "grade": _grade(page.effective_grade),
        "raw": _grade(page.grade) if page.grade != page.effective_grade else None,
        "summary": list(page.summary),
        "areas": [
            {"title": area.title, "stars": area.stars or 0, "rating": area.rating, "passed": area.passed,
             "known": area.passed + area.failed}
            for area in page.areas
        ],
        "strengths": [_strength(one) for one in page.strengths],
        "gaps": [_gap(gap) for gap in page.gaps],
        "matrix": [
            {"id": group.priority.id, "title": group.priority.title, "advice": group.priority.advice,
             "needs": [_need(need) for need in group.needs]}
            for group in page.matrix
        ],
        "plan": [_phase(phase) for phase in page.plan.phases],
        "checklist": [
            {"category": group.category,
             "items": [{"title": row.item.title, "passed": row.verdict == "pass"} for row in group.items]}
            for group in page.checklist
        ],
        "apart": [
            {"title": title, "items": [_item(row) for row in rows]}
            for title, rows in (("Waived", page.waived), ("Could not be measured", page.unknown))
            if rows
        ],
        "not_applicable": [row.item.title for row in page.not_applicable],
        "conclusion": {"verdict": page.conclusion.verdict, "good": list(page.conclusion.good),
                       "focus": list(page.conclusion.focus), "outlook": page.conclusion.outlook},
        "resources": [{"title": link.title, "url": _web(link.url)} for link in page.resources],
        "problems": [f"{problem.path}: {problem.message} [{problem.id}]" for problem in subject.problems],
    }  # fmt: skip
    return dict(_mapped(data, _printable))


def _compile(data: dict[str, Any], fonts: typst.Fonts, made_at: datetime) -> bytes:
    compiler = typst.Compiler(
        str(TEMPLATE), root=str(TEMPLATE.parent), font_paths=fonts, sys_inputs={"report": json.dumps(data)}
    )
    made = compiler.compile(format="pdf", pdf_standards=STANDARDS, timestamp=made_at)
    assert isinstance(made, bytes)
    return made


def _strength(strength: Strength) -> dict[str, Any]:
    area = strength.area
    return {"title": area.title, "stars": area.stars or 0, "rating": area.rating,
            "items": [_item(row) for row in strength.items]}  # fmt: skip


def _gap(gap: Gap) -> dict[str, Any]:
    return {
        "title": gap.area.title,
        "stars": gap.area.stars or 0,
        "rating": gap.area.rating,
        "current": gap.current_state,
        "standard": gap.standard,
        "missing": [_item(row) for row in gap.missing],
        "issues": [_item(row) for row in gap.issues],
        "recommendations": [recommendation.text for recommendation in gap.recommendations],
        "snippet": None
        if gap.snippet is None
        else {
            "title": gap.snippet.title or "Example",
            "lines": gap.snippet.code.rstrip().expandtabs(4).split("\n"),
        },
    }


def _item(row: ItemRow) -> dict[str, Any]:
    return {
        "title": row.item.issue if row.verdict == "fail" and row.item.issue else row.item.title,
        "verdict": row.verdict,
        "stale": row.stale,
        "reason": "" if row.verdict == "pass" else row.reason,
        "overlays": [_overlay(overlay) for overlay in row.overlays],
        "evidence": [_evidence(line) for line in row.evidence],
        "looked_for": [] if row.verdict == "pass" else list(row.looked_for),
    }


def _overlay(overlay: Overlay) -> str:
    until = f", until {overlay.expires_on:%-d %B %Y}" if overlay.expires_on else ""
    return f"{overlay.kind.capitalize()} by {overlay.author}{until}: {overlay.reason}"


def _evidence(line: EvidenceLine) -> dict[str, str]:
    place = f"{line.path}:{line.line}" if line.line else line.path
    excerpt = shortened(line.excerpt.strip(), MAX_EXCERPT)
    return {"place": place, "url": _web(line.url), "excerpt": excerpt, "note": line.note}


def _need(need: Need) -> dict[str, Any]:
    failing = len(need.failing)
    return {
        "title": need.initiative.title,
        "action": need.initiative.action,
        "reason": need.initiative.reason,
        "size": f"{failing} of {need.applicable} items",
        "effort": days(need.effort),
        "points": _points(need.points),
    }


def _phase(planned: PlannedPhase) -> dict[str, Any]:
    dates = (
        f", {planned.starts_on:%-d %b} to {planned.ends_on:%-d %b %Y}"
        if planned.starts_on and planned.ends_on
        else ""
    )
    return {
        "title": f"Phase {planned.phase.id}: {planned.phase.title}",
        "when": f"{planned.weeks}{dates}, about {days(planned.effort)}",
        "leads_to": _grade(planned.leads_to),
        "steps": [{"number": step.number, "done": step.done, **_need(step.need)} for step in planned.steps],
    }


def _grade(grade: Grade) -> dict[str, str]:
    return {
        "letter": grade.letter or "",
        "label": grade.label,
        "score": "" if grade.score is None else tenths(grade.score),
        "foundations": "" if grade.foundations is None else tenths(grade.foundations),
        "production": "" if grade.production is None else tenths(grade.production),
        "known": f"{grade.known} of {grade.applicable}",
    }


def _points(points: Fraction) -> str:
    return f"+{tenths(points)} points"


def _date(moment: datetime | None) -> str:
    return "" if moment is None else f"{moment.astimezone(UTC):%-d %B %Y, %H:%M} UTC"


def _web(url: str) -> str:
    return url if url.startswith(("https://", "http://")) else ""


def _mapped(value: Any, change: Callable[[str], str]) -> Any:
    """The same structure with every text of it changed except the addresses that links lead to."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, dict):
        return {key: entry if key == "url" else _mapped(entry, change) for key, entry in value.items()}
    if isinstance(value, list):
        return [_mapped(entry, change) for entry in value]
    return value


def _printable(text: str) -> str:
    shown = "".join(_code(char) if _unprintable(char) else char for char in visible(text))
    return _UNBROKEN.sub(lambda run: run.group() + "\N{ZERO WIDTH SPACE}", shown)


def _unprintable(char: str) -> bool:
    """Private or unassigned characters, which PDF/A forbids, and pictures of controls that few fonts have."""
    return 0x2400 <= ord(char) < 0x2440 or unicodedata.category(char) in ("Co", "Cn")


def _missing_glyphs(error: typst.TypstError) -> frozenset[str]:
    """The characters that no font could show, as Typst's message names them."""
    named = (text or other for text, other in _MISSING.findall(error.diagnostic))
    found = "".join(_ESCAPE.sub(lambda escape: chr(int(escape.group(1), 16)), text) for text in named)
    return frozenset(char for char in found if not char.isascii())


def _shown(text: str, gone: Iterable[str]) -> str:
    return "".join(_code(char) if char in gone else char for char in text)


def _ascii(text: str) -> str:
    return "".join(char if char.isascii() else _code(char) for char in text)


def _code(char: str) -> str:
    code = ord(char)
    if 0x2400 <= code < 0x2421:
        return f"\\x{code - 0x2400:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
