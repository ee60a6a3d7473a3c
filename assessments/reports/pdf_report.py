"""One report's page model as the plain values that ``typst/assessment.typ`` sets, every number in words."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from fractions import Fraction
from typing import Any
from urllib.parse import quote

from assessments.grading import AreaStars, Grade, tenths
from assessments.matrix import Need
from assessments.narrative import days
from assessments.overlays import Overlay
from assessments.planning import PlannedPhase
from assessments.report import EvidenceLine, Gap, ItemRow, Recommendation, ReportPage
from assessments.reports.pdf_text import headline, prose
from assessments.reports.pdf_trend import Trend, change_data, trend_data
from assessments.reports.plain import shortened

MAX_EXCERPT = 200
"""Characters of an excerpt that are printed."""
RUNNING = 60
"""Characters of a name that fit a running head; the cover has all of it."""
NAMED = 5
"""Areas and steps that the summary page names, so that it stays one page."""


def report_data(page: ReportPage, trend: Trend | None = None) -> dict[str, Any]:
    """The page model as plain values; texts are those of the repository, not yet made printable."""
    subject = page.subject
    name = named(page)
    gaps = {gap.area.id: n for n, gap in enumerate(page.gaps, 1)}
    strengths = {strength.area.id: n for n, strength in enumerate(page.strengths, 1)}
    phase_of = {step.need.initiative.id: phase.phase.id for phase in page.plan.phases for step in phase.steps}
    return {
        **_identity(page, name),
        "grade": grade_data(page.effective_grade),
        "raw": grade_data(page.grade) if page.grade != page.effective_grade else None,
        "change": change_data(trend, page.standard),
        "trend": trend_data(trend, page.standard),
        "counts": counts_data(page.items),
        "summary": list(page.summary),
        "areas": [
            {**area_data(area), "strength": strengths.get(area.id, 0), "gap": gaps.get(area.id, 0)}
            for area in page.areas
        ],
        "best": [{**area_data(area), "strength": strengths[area.id]} for area in best_areas(page)],
        "needs": [{**area_data(gap.area), "gap": gaps[gap.area.id]} for gap in page.gaps[:NAMED]],
        "next": next_steps(page),
        "strengths": [
            {**area_data(one.area), "items": [_item(row) for row in one.items]} for one in page.strengths
        ],
        "gaps": [_gap(gap) for gap in page.gaps],
        "matrix": [
            {
                "title": group.priority.title,
                "advice": group.priority.advice,
                "needs": [{**_need(need), "phase": phase_of.get(need.initiative.id)} for need in group.needs],
            }
            for group in page.matrix
        ],
        "plan": [_phase(phase) for phase in page.plan.phases],
        "timeline": timeline_data(page.plan.phases),
        "starts_at": grade_data(page.plan.starts_at),
        "checklist": [
            {
                "category": group.category,
                "passed": sum(row.verdict == "pass" for row in group.items),
                "items": [{"title": row.item.title, "verdict": row.verdict} for row in group.items],
            }
            for group in page.checklist
        ],
        "apart": [
            {"title": title, "words": words, "items": [_item(row) for row in rows]}
            for title, words, rows in (
                ("Not measured", "These count neither for nor against the grade.", page.unknown),
                ("Waived", "These are left out of the grade by decision.", page.waived),
            )
            if rows
        ],
        "not_applicable": [row.item.title for row in page.not_applicable],
        "conclusion": {
            "verdict": page.conclusion.verdict,
            "good": list(page.conclusion.good),
            "focus": list(page.conclusion.focus),
            "outlook": page.conclusion.outlook,
        },
        "resources": [{"title": link.title, "url": web(link.url)} for link in page.resources],
        "problems": [f"{problem.path}: {problem.message} [{problem.id}]" for problem in subject.problems],
    }


def named(page: ReportPage) -> str:
    subject = page.subject
    return f"{subject.repository} ({subject.root})" if subject.root else subject.repository


def _identity(page: ReportPage, name: str) -> dict[str, Any]:
    subject = page.subject
    day = subject.judged_at or subject.committed_at
    return {
        "standard": page.standard.title,
        "ruleset": f"{page.standard.title} {page.standard.version}",
        "keywords": [page.standard.title, page.standard.version],
        "name": name,
        "running": headline(name, RUNNING),
        "address": {"text": subject.url, "url": web(subject.url)},
        "commit": subject.commit,
        "short_commit": subject.commit[:12],
        "committed": moment_words(subject.committed_at),
        "judged": moment_words(subject.judged_at),
        "day": f"{day.astimezone(UTC):%-d %B %Y}" if day else "",
        "stack": ", ".join(subject.stack),
    }


def area_data(area: AreaStars) -> dict[str, Any]:
    return {
        "title": area.title,
        "stars": area.stars or 0,
        "rating": area.rating[:1].upper() + area.rating[1:],
        "passed": area.passed,
        "known": area.passed + area.failed,
    }


def best_areas(page: ReportPage) -> list[AreaStars]:
    """The areas with most stars, at least three, and most items in place."""
    good = [area for area in page.areas if (area.stars or 0) > 2]
    return sorted(good, key=lambda area: (-(area.stars or 0), -area.passed))[:NAMED]


def next_steps(page: ReportPage, limit: int = NAMED) -> list[dict[str, Any]]:
    """The first steps of the plan that nobody has marked done."""
    waiting = [(step, phase.phase.id) for phase in page.plan.phases for step in phase.steps if not step.done]
    return [{"number": step.number, "phase": phase, **_need(step.need)} for step, phase in waiting[:limit]]


def counts_data(items: Iterable[ItemRow]) -> list[dict[str, Any]]:
    """How many items have which verdict; those verdicts that nothing has are left out after the first two."""
    verdicts = [row.verdict for row in items]
    named = (
        ("pass", "In place"),
        ("fail", "Missing or short"),
        ("unknown", "Not measured"),
        ("waived", "Waived"),
        ("not_applicable", "Not applicable"),
    )
    counted = [{"verdict": v, "title": title, "count": verdicts.count(v)} for v, title in named]
    return [one for n, one in enumerate(counted) if n < 2 or one["count"]]


def _gap(gap: Gap) -> dict[str, Any]:
    return {
        **area_data(gap.area),
        "current": gap.current_state,
        "standard": gap.standard,
        "missing": [_item(row) for row in gap.missing],
        "issues": [_item(row) for row in gap.issues],
        "recommendations": [_recommendation(one, gap) for one in gap.recommendations],
        "snippet": _snippet(gap),
    }


def _recommendation(one: Recommendation, gap: Gap) -> dict[str, Any]:
    guidance = next((r.guidance for r in (*gap.missing, *gap.issues) if r.item.id == one.item.id), None)
    source = guidance.links[0] if guidance and guidance.links else None
    return {
        "title": one.item.title,
        "text": prose(one.text),
        "why": prose(guidance.why) if guidance else "",
        "link": {"title": source.title, "url": web(source.url)} if source else None,
    }


def _snippet(gap: Gap) -> dict[str, Any] | None:
    if gap.snippet is None or gap.snippet_for is None:
        return None
    titles = (gap.snippet_for.title, gap.snippet.title)
    return {
        "title": ": ".join(title for title in titles if title),
        "lines": gap.snippet.code.rstrip().expandtabs(4).splitlines(),
    }


def _item(row: ItemRow) -> dict[str, Any]:
    wrong = row.verdict == "fail"
    return {
        "title": row.item.issue if wrong and row.item.issue and not row.evidence else row.item.title,
        "verdict": row.verdict,
        "stale": row.stale,
        "reason": "" if row.verdict == "pass" else row.reason,
        "overlays": [_overlay(overlay) for overlay in row.overlays],
        "evidence": [_evidence(line) for line in row.evidence],
        "looked_for": [] if row.verdict == "pass" else list(row.looked_for),
    }


def _overlay(overlay: Overlay) -> str:
    until = f", until {overlay.expires_on:%-d %B %Y}" if overlay.expires_on else ""
    return f"{overlay.kind.capitalize()} by {overlay.author}{until}: {prose(overlay.reason)}"


def _evidence(line: EvidenceLine) -> dict[str, str]:
    place = f"{line.path}:{line.line}" if line.line else line.path
    excerpt = shortened(line.excerpt.strip(), MAX_EXCERPT)
    return {"place": place, "url": web(line.url), "excerpt": excerpt, "note": line.note}


def _need(need: Need) -> dict[str, Any]:
    return {
        "title": need.initiative.title,
        "action": need.initiative.action,
        "reason": need.initiative.reason,
        "priority": need.priority,
        "size": f"{len(need.failing)} of {need.applicable} items",
        "effort": days(need.effort),
        "points": points_words(need.points),
    }


def _phase(planned: PlannedPhase) -> dict[str, Any]:
    return {
        **phase_data(planned),
        "steps": [{"number": step.number, "done": step.done, **_need(step.need)} for step in planned.steps],
    }


def phase_data(planned: Any) -> dict[str, Any]:
    """What a phase of one repository and one of a team have in common."""
    dates = ""
    if planned.starts_on and planned.ends_on:
        dates = f"{planned.starts_on:%-d %b} to {planned.ends_on:%-d %b %Y}"
    return {
        "id": planned.phase.id,
        "title": f"Phase {planned.phase.id}: {planned.phase.title}",
        "weeks": planned.weeks,
        "dates": dates,
        "effort": days(planned.effort),
        "leads_to": score_data(planned.leads_to.letter, planned.leads_to.score),
    }


def timeline_data(phases: Sequence[Any]) -> dict[str, Any] | None:
    """Bars on a scale of weeks, from 0 to 1; a week is named wherever there is room for its name."""
    if not phases:
        return None
    total = max(planned.last_week for planned in phases)
    every = -(-total // (12 if total < 100 else 8))
    start = phases[0].starts_on
    words = [
        f"{one['title']}: {one['weeks'].lower()}{', ' + one['dates'] if one['dates'] else ''}, {one['effort']}"
        + (f", leads to {one['leads_to']['letter']} ({one['leads_to']['score']})" if one["leads_to"]["letter"] else "")
        for one in map(phase_data, phases)
    ]  # fmt: skip
    return {
        "alt": "Timeline. " + ". ".join(words) + ".",
        "ticks": [
            {"text": str(week), "x": (week - 1) / total, "width": min(every, total - week + 1) / total}
            for week in range(1, total + 1, every)
        ],
        "dated": start is not None,
        "bars": [
            {**phase_data(one), "from": (one.first_week - 1) / total, "to": one.last_week / total}
            for one in phases
        ],
    }


def grade_data(grade: Grade) -> dict[str, Any]:
    tiers = (("Foundations", grade.foundations), ("Production", grade.production))
    return {
        **score_data(grade.letter, grade.score),
        "label": grade.label,
        "tiers": [
            {"title": title, "percent": tenths(rate), "share": float(rate) / 100}
            for title, rate in tiers
            if rate is not None
        ],
        "known": grade.known,
        "applicable": grade.applicable,
    }


def score_data(letter: str | None, score: Fraction | None) -> dict[str, str]:
    return {"letter": letter or "", "score": "" if score is None else tenths(score)}


def points_words(points: Fraction) -> str:
    return f"+{tenths(points)}"


def moment_words(moment: datetime | None) -> str:
    return "" if moment is None else f"{moment.astimezone(UTC):%-d %B %Y, %H:%M} UTC"


def web(url: str) -> str:
    """The address where it is one of the web, in characters that any PDF reader takes; else an empty text."""
    if not url.startswith(("https://", "http://")):
        return ""
    return quote(url.encode("utf-8", "surrogateescape" if _bytes_only(url) else "replace"), safe=_ADDRESS)


_ADDRESS = ":/?#[]@!$&'()*+,;=%-._~"


def _bytes_only(text: str) -> bool:
    """Whether every lone surrogate of the text stands for an undecodable byte."""
    return not any("\ud800" <= char <= "\udfff" and not "\udc80" <= char <= "\udcff" for char in text)
