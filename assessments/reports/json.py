"""The report as JSON, in the form that scripts rely on (``plumbline.assessment/1``)."""

from datetime import date, timedelta
from fractions import Fraction
from math import floor
from typing import Any

from assessments.grading import Grade
from assessments.guidance import Guidance
from assessments.planning import Plan, PlannedPhase
from assessments.report import EvidenceLine, Gap, ItemRow, ReportPage
from assessments.reports.plain import json_lines
from assessments.standard import Standard
from scanners.values import asdict

SCHEMA = "plumbline.assessment/1"


def render_json(page: ReportPage) -> str:
    """The report as JSON, a line for each item, ending in a line break."""
    return json_lines(report_payload(page))


def report_payload(page: ReportPage) -> dict[str, Any]:
    """The report as plain values. Scores are cut to one decimal; ``exact`` beside one is unrounded."""
    subject = page.subject
    return {
        "schema": SCHEMA,
        "repository": subject.repository,
        "root": subject.root,
        "url": subject.url,
        "commit": subject.commit,
        "committed_at": subject.committed_at.isoformat() if subject.committed_at else None,
        "judged_at": subject.judged_at.isoformat() if subject.judged_at else None,
        "ruleset": {"id": page.standard.id, "version": page.standard.version, "title": page.standard.title},
        "profile": dict(subject.profile),
        **(
            {"set_by_hand": list(subject.set_by_hand), "set_because": subject.set_because}
            if subject.set_by_hand
            else {}
        ),
        "stack": list(subject.stack),
        "grade": _grade(page.grade),
        "effective_grade": _grade(page.effective_grade),
        "summary": list(page.summary),
        "areas": [
            {
                "id": area.id,
                "title": area.title,
                "stars": area.stars,
                "rating": area.rating,
                "passed": area.passed,
                "failed": area.failed,
                "unknown": area.unknown,
                "not_applicable": area.not_applicable,
                "waived": area.waived,
            }
            for area in page.areas
        ],
        "items": [_item(row) for row in page.items],
        "strengths": [{"area": one.area.id, "items": _ids(one.items)} for one in page.strengths],
        "gaps": [_gap(gap) for gap in page.gaps],
        "matrix": {group.priority.id: [need.initiative.id for need in group.needs] for group in page.matrix},
        "plan": [_phase(phase) for phase in page.plan.phases],
        "plan_effort_days": _tenths(page.plan.effort + Fraction(1, 20)),
        "plan_capacity": float(page.plan.capacity) if page.plan.capacity else None,
        "plan_capacity_exact": str(page.plan.capacity) if page.plan.capacity else None,
        "plan_starts_on": _day(_plan_start(page.plan)),
        "conclusion": {
            "verdict": page.conclusion.verdict,
            "good": list(page.conclusion.good),
            "focus": list(page.conclusion.focus),
            "outlook": page.conclusion.outlook,
        },
        "resources": [{"title": one.title, "url": one.url} for one in page.resources],
        "problems": [asdict(one) for one in subject.problems],
        "readme": subject.readme,
        "standard": standard_payload(page.standard),
    }


def standard_payload(standard: Standard) -> dict[str, Any]:
    """The standard that the report was graded by, as ``load_standard`` reads it: with it the report can be drawn
    again from its JSON alone. Exact numbers are text."""
    return {
        "id": standard.id,
        "version": standard.version,
        "title": standard.title,
        "split": {tier: str(share) for tier, share in standard.split.items()},
        "minimum_known": str(standard.minimum_known),
        "scale": [{"letter": b.letter, "from": str(b.lower), "label": b.label} for b in standard.scale],
        "no_grade": standard.no_grade,
        "ratings": list(standard.ratings),
        "not_measured": standard.not_measured,
        "categories": list(standard.categories),
        "areas": [asdict(area) for area in standard.areas],
        "items": [{**asdict(item), "weight": str(item.weight)} for item in standard.items],
        "priorities": [asdict(one) for one in standard.priorities],
        "phases": [asdict(one) for one in standard.phases],
        "initiatives": [{**asdict(one), "effort": str(one.effort)} for one in standard.initiatives],
        "resources": [asdict(one) for one in standard.resources],
    }


def _grade(grade: Grade) -> dict[str, Any]:
    return {
        "letter": grade.letter,
        "label": grade.label,
        "score": _tenths(grade.score),
        "exact": None if grade.score is None else float(grade.score),
        "foundations": _tenths(grade.foundations),
        "production": _tenths(grade.production),
        "known": grade.known,
        "applicable": grade.applicable,
    }


def _item(row: ItemRow) -> dict[str, Any]:
    payload: dict[str, Any] = {
        "id": row.item.id,
        "title": row.item.title,
        "area": row.item.area,
        "category": row.item.category,
        "tier": row.item.tier,
        "verdict": row.raw,
        "effective_verdict": row.verdict,
        "confidence": row.confidence,
        "reason": row.reason,
        "evidence": [_evidence(place) for place in row.evidence],
        "looked_for": list(row.looked_for),
        "points": _tenths(row.points),
        "stale": row.stale,
    }
    if row.overlays:
        payload["overlays"] = [
            {
                "kind": one.kind,
                "verdict": one.verdict or None,
                "author": one.author,
                "reason": one.reason,
                "expires_on": _day(one.expires_on),
            }
            for one in row.overlays
        ]
    if row.guidance:
        payload["guidance"] = _guidance(row.guidance)
    if row.snippet:
        payload["snippet"] = {
            "title": row.snippet.title,
            "language": row.snippet.language,
            "code": row.snippet.code,
        }
    return payload


def _evidence(place: EvidenceLine) -> dict[str, Any]:
    payload = {"path": place.path, "line": place.line, "excerpt": place.excerpt, "strength": place.strength}
    further = {"note": place.note, "url": place.url}
    return {**payload, **{name: text for name, text in further.items() if text}}


def _guidance(guidance: Guidance) -> dict[str, Any]:
    return {
        "why": guidance.why,
        "source": asdict(guidance.source) if guidance.source else None,
        "standard": guidance.standard,
        "fix": guidance.fix,
        "effort_days": None if guidance.effort_days is None else float(guidance.effort_days),
        "links": [{"title": link.title, "url": link.url} for link in guidance.links],
        "controls": {name: list(ids) for name, ids in guidance.controls.items()},
    }


def _plan_start(plan: Plan) -> date | None:
    """The first day of the plan's first week, which the first phase with a step may come after."""
    first = plan.phases[0] if plan.phases else None
    if first is None or first.starts_on is None:
        return None
    return first.starts_on - timedelta(weeks=first.first_week - 1)


def _gap(gap: Gap) -> dict[str, Any]:
    return {
        "area": gap.area.id,
        "current_state": gap.current_state,
        "standard": gap.standard,
        "missing": _ids(gap.missing),
        "issues": _ids(gap.issues),
        "recommendations": [{"item": one.item.id, "text": one.text} for one in gap.recommendations],
        "snippet_for": gap.snippet_for.id if gap.snippet_for else None,
    }


def _phase(phase: PlannedPhase) -> dict[str, Any]:
    return {
        "phase": phase.phase.id,
        "title": phase.phase.title,
        "weeks": phase.weeks,
        "starts_on": _day(phase.starts_on),
        "ends_on": _day(phase.ends_on),
        "initiatives": [step.need.initiative.id for step in phase.steps],
        "steps": [
            {
                "initiative": step.need.initiative.id,
                "title": step.need.initiative.title,
                "action": step.need.initiative.action,
                "priority": step.need.priority,
                "failing": list(step.need.failing),
                "effort_days": _tenths(step.need.effort + Fraction(1, 20)),
                "points": _tenths(step.need.points),
                "done": step.done,
            }
            for step in phase.steps
        ],
        "effort_days": _tenths(phase.effort + Fraction(1, 20)),
        "leads_to": {
            "letter": phase.leads_to.letter,
            "score": _tenths(phase.leads_to.score),
            "exact": None if phase.leads_to.score is None else float(phase.leads_to.score),
        },
    }


def _ids(rows: tuple[ItemRow, ...]) -> list[str]:
    return [row.item.id for row in rows]


def _tenths(number: Fraction | None) -> float | None:
    """Cut, not rounded, to one decimal."""
    return None if number is None else floor(number * 10) / 10


def _day(day: date | None) -> str | None:
    return day.isoformat() if day else None
