"""A team's page model as the plain values that ``typst/team.typ`` sets: a summary, then a page per repository."""

from collections.abc import Mapping
from datetime import UTC
from typing import Any

from assessments.narrative import days
from assessments.report import Gap, ReportPage
from assessments.reports.pdf_report import (
    RUNNING,
    area_data,
    counts_data,
    grade_data,
    moment_words,
    named,
    next_steps,
    phase_data,
    points_words,
    score_data,
    timeline_data,
    web,
)
from assessments.reports.pdf_text import headline
from assessments.reports.pdf_trend import Trend, change_data, trend_data
from assessments.team_report import TeamNeed, TeamPage

STEPS = 5
"""Steps named on the summary page and on a repository's page, so that each stays one page."""
GAPS = 5
"""Areas with gaps named on a repository's page."""
MISSING = 6
"""Failing items named per area there."""
REPOSITORIES = 8
"""Repositories named per step of the team's plan; each one's page names its own steps."""

SPARKLINE = 26
"""Points of a repository's small chart, one per fortnight of a year."""


def team_data(
    page: TeamPage, trend: Trend | None = None, trends: Mapping[str, Trend] | None = None
) -> dict[str, Any]:
    """The page model as plain values; ``trends`` are by repository name."""
    judged = [one.subject.judged_at for one in page.repositories if one.subject.judged_at]
    phase_of = {need.initiative.id: phase.phase.id for phase in page.phases for need in phase.needs}
    numbered = _numbers(page)
    grades = [one.effective_grade.letter for one in page.repositories]
    return {
        "standard": page.standard.title,
        "ruleset": f"{page.standard.title} {page.standard.version}",
        "keywords": [page.standard.title, page.standard.version],
        "name": page.team,
        "running": headline(page.team, RUNNING),
        "day": f"{max(judged).astimezone(UTC):%-d %B %Y}" if judged else "",
        "judged": moment_words(max(judged)) if judged else "",
        "oldest": moment_words(min(judged)) if judged else "",
        "grade": {**score_data(page.score.letter, page.score.score), "label": page.score.label},
        "graded": page.score.graded,
        "count": len(page.repositories),
        "change": change_data(trend, page.standard),
        "trend": trend_data(trend, page.standard),
        "distribution": [
            {"letter": letter, "count": sum((grade or "")[:1] == letter for grade in grades)}
            for letter in (*dict.fromkeys(band.letter[:1] for band in page.standard.scale), "")
        ],
        "areas": [
            {
                "title": one.area.title,
                "stars": one.stars or 0,
                "rating": one.rating[:1].upper() + one.rating[1:],
                "failing": len(one.failing_in),
            }
            for one in page.areas
        ],
        "matrix": [
            {
                "title": group.priority.title,
                "advice": group.priority.advice,
                "needs": [{**_need(need), "phase": phase_of.get(need.initiative.id)} for need in group.needs],
            }
            for group in page.matrix
        ],
        "plan": [
            {
                **phase_data(phase),
                "steps": [{"number": numbered[need.initiative.id], **_need(need)} for need in phase.needs],
            }
            for phase in page.phases
        ],
        "next": [
            {"number": numbered[need.initiative.id], "phase": phase.phase.id, **_need(need)}
            for phase in page.phases
            for need in phase.needs
        ][:STEPS],
        "timeline": timeline_data(page.phases),
        "repositories": [
            _repository(one, (trends or {}).get(one.subject.repository)) for one in page.repositories
        ],
    }


def _numbers(page: TeamPage) -> dict[str, int]:
    needs = (need for phase in page.phases for need in phase.needs)
    return {need.initiative.id: number for number, need in enumerate(needs, 1)}


def _need(need: TeamNeed) -> dict[str, Any]:
    count, more = len(need.needs), len(need.needs) - REPOSITORIES
    return {
        "title": need.initiative.title,
        "action": need.action,
        "reason": need.initiative.reason,
        "size": f"{count} repositor{'y' if count == 1 else 'ies'}",
        "items": need.failing,
        "effort": days(need.effort),
        "points": points_words(need.points),
        "repositories": list(need.repositories[:REPOSITORIES]),
        "more": max(0, more),
    }


def _repository(page: ReportPage, trend: Trend | None) -> dict[str, Any]:
    return {
        "name": named(page),
        "address": {"text": page.subject.url, "url": web(page.subject.url)},
        "commit": page.subject.commit[:12],
        "judged": moment_words(page.subject.judged_at),
        "day": f"{page.subject.judged_at.astimezone(UTC):%-d %b %Y}" if page.subject.judged_at else "–",
        "stack": ", ".join(page.subject.stack),
        "grade": grade_data(page.effective_grade),
        "change": change_data(trend, page.standard),
        "trend": trend_data(trend, page.standard, SPARKLINE),
        "counts": counts_data(page.items),
        "areas": [area_data(area) for area in page.areas],
        "gaps": [_gap(gap) for gap in page.gaps[:GAPS]],
        "more_gaps": max(0, len(page.gaps) - GAPS),
        "next": next_steps(page, STEPS),
        "more_steps": max(0, sum(not step.done for step in page.plan.steps) - STEPS),
        "leads_to": score_data(page.plan.leads_to.letter, page.plan.leads_to.score),
        "effort": days(page.plan.effort),
    }


def _gap(gap: Gap) -> dict[str, Any]:
    titles = [row.item.title for row in (*gap.missing, *gap.issues)]
    more = len(titles) - MISSING
    return {**area_data(gap.area), "missing": titles[:MISSING], "more": max(0, more)}
