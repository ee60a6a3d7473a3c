"""What the API gives of repositories. A grade's ``score`` is cut to one decimal as on pages."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from math import floor
from typing import Any

from pydantic import BaseModel

from assessments.api.links import Links
from assessments.models import Repository, Team
from assessments.selectors.histories import AssessmentRow


def exactly(number: Fraction | Decimal | None) -> float | None:
    return None if number is None else float(number)


class GradeOut(BaseModel):
    """A letter of the standard's scale, and the score from 0 to 100 behind it."""

    letter: str
    score: float
    exact: float


def grade_of(letter: str | None, score: Fraction | Decimal | None) -> GradeOut | None:
    """The grade, None where there is none."""
    if score is None or not letter:
        return None
    return GradeOut(letter=letter, score=floor(Fraction(score) * 10) / 10, exact=float(score))


class NamedOut(BaseModel):
    """What something belongs to, by the name that addresses use and the one that people use."""

    slug: str
    name: str


class TroubleOut(BaseModel):
    """Why the last scan failed; the verdicts of the one before still stand."""

    id: str
    message: str


class RepositoryOut(BaseModel):
    """One repository. ``change`` is in points over 30 days, ``trend`` a year's scores, oldest first; ``scan`` the state
    of the scan that waits or runs; ``stars`` those of the area that was asked for."""

    slug: str
    name: str
    team: NamedOut
    source: str
    root: str
    tags: list[str]
    grade: GradeOut | None
    change: float | None
    trend: list[float | None]
    stack: list[str]
    judged_at: datetime | None
    scan: str | None
    trouble: TroubleOut | None
    stars: int | None = None
    url: str
    html_url: str


def repository_fields(one: Repository, links: Links, running: Mapping[int, str], area: str) -> dict[str, Any]:
    return {
        "slug": one.slug,
        "name": one.name,
        "team": named(one.team),
        "source": one.mirror.url,
        "root": one.root,
        "tags": [str(tag) for tag in one.tags],
        "grade": grade_of(one.letter, one.score),
        "change": exactly(one.change),
        "trend": one.sparkline,
        "stack": one.stack,
        "judged_at": one.judged_at,
        "scan": running.get(one.pk),
        "trouble": (TroubleOut(id=one.last_error_id, message=one.last_error) if one.last_error_id else None),
        "stars": one.current.stars.get(area) if area and one.current else None,
        "url": links.api("repository", one.slug),
        "html_url": links.page("repository-detail", one.slug),
    }


def named(team: Team) -> NamedOut:
    return NamedOut(slug=team.slug, name=team.name)


class RulesetOut(BaseModel):
    id: str
    version: str


class AreaStarsOut(BaseModel):
    """Stars from 1 to 5, null where nothing of the area was measured."""

    id: str
    title: str
    stars: int | None


class ScheduleOut(BaseModel):
    """``interval_hours`` is the repository's own, null where its team's or the organisation's holds."""

    interval_hours: int | None
    paused: bool
    next_scan_at: datetime | None


class QuarantineOut(BaseModel):
    at: datetime
    reason: str


class RepositoryDetailOut(RepositoryOut):
    """One repository with what was judged and when it is scanned again."""

    commit: str | None
    ruleset: RulesetOut | None
    profile: dict[str, Any] | None
    areas: list[AreaStarsOut]
    schedule: ScheduleOut
    quarantine: QuarantineOut | None
    unreachable_at: datetime | None
    archived_at: datetime | None
    created_at: datetime
    assessment_url: str
    history_url: str
    scans_url: str


def repository_detail(
    one: Repository, links: Links, running: Mapping[int, str], titles: Mapping[str, str]
) -> RepositoryDetailOut:
    current = one.current
    scans = links.api("scans")
    return RepositoryDetailOut(
        **repository_fields(one, links, running, ""),
        commit=current.commit if current else None,
        ruleset=(
            RulesetOut(id=current.ruleset.ruleset, version=current.ruleset.version) if current else None
        ),
        profile=current.profile if current else None,
        areas=[
            AreaStarsOut(id=area, title=titles.get(area, area), stars=stars)
            for area, stars in (current.stars if current else {}).items()
        ],
        schedule=ScheduleOut(
            interval_hours=one.interval_hours, paused=one.paused, next_scan_at=one.next_scan_at
        ),
        quarantine=(
            QuarantineOut(at=one.quarantined_at, reason=one.quarantine_reason) if one.quarantined_at else None
        ),
        unreachable_at=one.unreachable_at,
        archived_at=one.archived_at,
        created_at=one.created_at,
        assessment_url=links.api("assessment", one.slug),
        history_url=links.api("history", one.slug),
        scans_url=f"{scans}?repository={one.slug}",
    )


class PointOut(BaseModel):
    """One assessment of the past; ``at`` is when it stood from, ``change`` the points it moved, ``flips`` how many
    verdicts. A backfilled one was judged later, by the rules of then."""

    at: datetime
    commit: str
    grade: GradeOut | None
    change: float | None
    ruleset: str
    backfilled: bool
    complete: bool
    current: bool
    flips: int


def point(row: AssessmentRow) -> PointOut:
    return PointOut(
        at=row.at,
        commit=row.commit,
        grade=grade_of(row.letter, row.score),
        change=exactly(row.change),
        ruleset=row.ruleset,
        backfilled=row.backfilled,
        complete=row.complete,
        current=row.current,
        flips=row.flips,
    )
