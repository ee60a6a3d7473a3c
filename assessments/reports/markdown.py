"""The report as Markdown: the sections of a printed report, with marks that read in plain text."""

from collections.abc import Iterable, Iterator

from assessments.grading import AreaStars, Grade, tenths
from assessments.narrative import days, grade_words
from assessments.planning import PlannedPhase
from assessments.report import EvidenceLine, Gap, ItemRow, ReportPage
from assessments.reports.markup import code_block, code_span, escape, link
from assessments.reports.plain import shortened

RULE = "---"
_LIGHTS = ("🔴", "🟡", "🟢")
EXCERPT_WIDTH = 120


def render_markdown(page: ReportPage) -> str:
    """The whole report, ending in a line break."""
    title = f"# {escape(page.standard.title)} Assessment - {escape(page.subject.repository)}"
    sections = [
        [title, "", *_summary(page)],
        ["## ✅ Strengths (What's Done Well)", "", *_strengths(page)],
        ["## ⚠️ Areas Needing Improvement", "", *_gaps(page)],
        ["## 📊 Priority Matrix", "", *_matrix(page)],
        ["## 🎯 Recommended Action Plan", "", *_plan(page)],
        [f"## 📈 {escape(page.standard.title)} Checklist", "", *_checklist(page)],
        ["## 🏆 Conclusion", "", *_conclusion(page)],
        ["## 📚 Resources", "", *[f"- {link(escape(r.title), r.url)}" for r in page.resources]],
        list(_colophon(page)),
    ]
    return f"\n{RULE}\n\n".join("\n".join(lines) + "\n" for lines in sections).rstrip() + "\n"


def _summary(page: ReportPage) -> Iterator[str]:
    yield "## Executive Summary"
    yield ""
    yield f"**Overall Grade: {_grade(page.effective_grade)}**"
    yield ""
    if page.effective_grade.score is not None:
        yield f"**Score:** {tenths(page.effective_grade.score)} of 100"
        yield ""
    if page.effective_grade != page.grade:
        yield f"Without overrides, attestations and waivers: {_grade(page.grade)}."
        yield ""
    yield escape(" ".join(page.summary))


def _grade(grade: Grade) -> str:
    return escape(f"{grade.letter} ({grade.label})" if grade.letter else grade.label)


def _stars(area: AreaStars) -> str:
    return "⭐" * area.stars if area.stars else f"({escape(area.rating)})"


def _strengths(page: ReportPage) -> Iterator[str]:
    if not page.strengths:
        yield "No item of the standard passes yet."
    for number, strength in enumerate(page.strengths, 1):
        if number > 1:
            yield ""
        yield f"### {number}. **{escape(strength.area.title)}** {_stars(strength.area)}"
        yield ""
        for row in strength.items:
            yield f"- ✅ {escape(row.item.title)}{_remarks(row)}{_places(row.evidence[:1])}"


def _gaps(page: ReportPage) -> Iterator[str]:
    if not page.gaps:
        yield "Nothing that could be measured is missing."
    for number, gap in enumerate(page.gaps, 1):
        if number > 1:
            yield ""
        yield f"### {number}. **{escape(gap.area.title)}** {_stars(gap.area)} ({escape(gap.area.rating)})"
        yield ""
        yield f"**Current State:** {escape(gap.current_state)}  "
        yield f"**Industry Standard:** {escape(gap.standard)}"
        yield from _failing("Missing", "❌", gap.missing)
        yield from _failing("Issues", "⚠️", gap.issues)
        yield from _recommendations(gap)


def _failing(heading: str, mark: str, rows: Iterable[ItemRow]) -> Iterator[str]:
    for number, row in enumerate(rows):
        if number == 0:
            yield from ("", f"**{heading}:**", "")
        yield f"- {mark} {escape(_gap_words(row))}{_remarks(row)}{_places(row.evidence)}"
        if row.looked_for:
            yield f"  - Looked for: {escape('; '.join(row.looked_for))}"


def _gap_words(row: ItemRow) -> str:
    """The gap as it reads in a list: what is wrong where something was found, else what is missing."""
    found_wrong = f"{row.item.title}: {row.reason}" if row.evidence and row.reason else ""
    return found_wrong or row.item.issue or row.item.title


def _recommendations(gap: Gap) -> Iterator[str]:
    yield from ("", "**Recommendations:**", "")
    for one in gap.recommendations:
        yield f"- {escape(one.item.title)}: {escape(' '.join(one.text.split()))}"
    if gap.snippet and gap.snippet_for:
        named = f" ({escape(gap.snippet.title)})" if gap.snippet.title else ""
        yield from ("", f"{escape(gap.snippet_for.title)}{named}:", "")
        yield code_block(gap.snippet.code, gap.snippet.language)


def _remarks(row: ItemRow) -> str:
    """What people said of the item, and whether the verdict is an old one."""
    said = [f"{overlay.kind}: {overlay.reason}" for overlay in row.overlays]
    said += ["carried over from an earlier measurement"] if row.stale else []
    return f" ({escape('; '.join(said))})" if said else ""


def _places(evidence: Iterable[EvidenceLine]) -> str:
    shown = []
    for place in evidence:
        where = code_span(f"{place.path}:{place.line}" if place.line else place.path)
        excerpt = shortened(place.excerpt.strip(), EXCERPT_WIDTH)
        shown.append(link(where, place.url) + (f" {code_span(excerpt)}" if excerpt else ""))
    return " — " + ", ".join(shown) if shown else ""


def _matrix(page: ReportPage) -> Iterator[str]:
    number = 0
    for place, group in enumerate(page.matrix):
        if place:
            yield ""
        light = _LIGHTS[min(place, len(_LIGHTS) - 1)]
        yield f"### {light} {escape(group.priority.title)} ({escape(group.priority.advice)})"
        yield ""
        if not group.needs:
            yield "Nothing here."
        for need in group.needs:
            number += 1
            yield f"{number}. **{escape(need.initiative.title)}** - {escape(need.initiative.reason)}"


def _plan(page: ReportPage) -> Iterator[str]:
    if not page.plan.phases:
        yield "Nothing to plan."
    before = page.plan.starts_at
    for place, phase in enumerate(page.plan.phases):
        if place:
            yield ""
        yield f"### Phase {phase.phase.id}: {escape(phase.phase.title)} ({_when(phase)})"
        yield ""
        for step in phase.steps:
            gained = "" if before.score is None else f", +{tenths(step.need.points)} points"
            yield (
                f"{step.number}. [{'x' if step.done else ' '}] {escape(step.need.initiative.action)}"
                f" ({days(step.need.effort)}{gained})"
            )
        yield ""
        yield f"Grade after this phase: {escape(grade_words(before))} → {escape(grade_words(phase.leads_to))}"
        before = phase.leads_to


def _when(phase: PlannedPhase) -> str:
    dates = f", {phase.starts_on} to {phase.ends_on}" if phase.starts_on and phase.ends_on else ""
    return phase.weeks + dates


def _checklist(page: ReportPage) -> Iterator[str]:
    for place, group in enumerate(page.checklist):
        if place:
            yield ""
        yield f"### {escape(group.category)}"
        yield ""
        for row in group.items:
            yield f"- [{'x' if row.verdict == 'pass' else ' '}] {escape(row.item.title)}"
    yield from _apart("Not measured", "These count neither for nor against the grade.", page.unknown)
    yield from _apart("Not applicable", "These do not concern this repository.", page.not_applicable)
    yield from _apart("Waived", "These are left out of the grade by decision.", page.waived)


def _apart(heading: str, words: str, rows: Iterable[ItemRow]) -> Iterator[str]:
    for number, row in enumerate(rows):
        if number == 0:
            yield from ("", f"### {heading}", "", words, "")
        reason = f": {escape(row.reason)}" if row.reason else ""
        yield f"- {escape(row.item.title)}{reason}{_remarks(row)}"


def _conclusion(page: ReportPage) -> Iterator[str]:
    words = page.conclusion
    yield escape(words.verdict) + (" What is strong:" if words.good else "")
    yield ""
    if words.good:
        yield from (f"- ✅ {escape(title)}" for title in words.good)
        yield ""
    if words.focus:
        yield f"**To reach production-grade {escape(page.standard.title.lower())}, focus on:**"
        yield ""
        for number, title in enumerate(words.focus, 1):
            yield f"{number}. **{escape(title)}**{' (highest priority)' if number == 1 else ''}"
        yield ""
    yield escape(words.outlook)


def _colophon(page: ReportPage) -> Iterator[str]:
    subject = page.subject
    at = subject.judged_at or subject.committed_at
    yield f"**Last Updated:** {at.date().isoformat() if at else 'unknown'}  "
    yield f"**Assessment Version:** {code_span(f'{page.standard.id} {page.standard.version}')}  "
    where = f", folder {code_span(subject.root)}" if subject.root else ""
    yield f"**Commit:** {code_span(subject.commit or 'unknown')}{where}"
    if subject.problems:
        yield from ("", "Could not be read:", "")
        yield from (f"- {code_span(problem.path)}: {escape(problem.message)}" for problem in subject.problems)
