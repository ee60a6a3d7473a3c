"""Page models of the repository list and of one repository."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from typing import Any

from django.contrib.auth.models import AbstractUser
from django.core.paginator import Page
from django.db import connection
from django.db.models import Count, F, Q, QuerySet, TextField
from django.db.models.fields.json import KeyTransform
from django.db.models.functions import Cast
from django.urls import reverse

from assessments.charts import Chart
from assessments.choices import ACTIVE_STATES, ExportScope, ScanState
from assessments.forge import forge_of
from assessments.listings import chart_listing, repositories_table
from assessments.models import Assessment, Repository, ScanRequest, VerdictChange
from assessments.policy import (
    kept_repositories,
    may_add_repositories,
    may_scan,
    visible_repositories,
    visible_teams,
)
from assessments.report import ReportPage
from assessments.selectors.care import Care, care_of
from assessments.selectors.checklist import Checklist, checklist_of
from assessments.selectors.evidence import EvidencePlaces
from assessments.selectors.exports import ExportMenu, export_menu
from assessments.selectors.filters import in_chunks, paginate, sort_order, text
from assessments.selectors.histories import BackfillState, OriginRow, get_backfill_state, origin_row
from assessments.selectors.plans import PlanLink, plan_link
from assessments.selectors.reports import report_of_assessment
from assessments.selectors.scans import ScanProgress, latest_scan, progress_of
from assessments.selectors.team_filter import TeamFilter, of_team, team_filter
from assessments.selectors.trends import repository_chart
from assessments.services.rulesets import DEFAULT, built, current_version
from assessments.tables import Listing, Shown, shown

SORTS = {
    "name": "name",
    "grade": "score",
    "score": "score",
    "team": "team__name",
    "judged": "judged_at",
    "change": "change",
}


@dataclass(frozen=True, slots=True)
class RepositoryRow:
    """One line of a table. ``change`` in points over 30 days, ``trend`` a year's scores, oldest first,
    ``stars`` those of the area that was asked for, None where it was not measured.
    """

    name: str
    url: str
    team: str
    team_url: str
    letter: str
    score: Fraction | None
    change: Fraction | None
    trend: tuple[float | None, ...]
    stack: tuple[str, ...]
    judged_at: datetime | None
    error: str
    running: str
    stars: int | None = None


@dataclass(frozen=True, slots=True)
class Filters:
    """``area`` is the id of a known area, whose stars are then shown and sorted by."""

    q: str
    team: str
    grade: str
    area: str
    sort: str
    tag: str = ""
    archived: bool = False

    @property
    def active(self) -> bool:
        return bool(self.q or self.team or self.grade or self.area or self.tag or self.archived)


@dataclass(frozen=True, slots=True)
class RepositoryListPage:
    """``total`` counts all that the person may see; ``grades`` are (letter, number),
    ``areas`` (id, title).
    """

    rows: Page[Any]
    total: int
    filters: Filters
    teams: TeamFilter
    areas: tuple[tuple[str, str], ...]
    grades: tuple[tuple[str, int], ...]
    tags: tuple[str, ...]
    archived: int
    can_add: bool
    table: Shown

    @property
    def sort(self) -> str:
        return self.filters.sort


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """A verdict that flipped, with what it was before and why."""

    item: str
    title: str
    before: str
    verdict: str
    cause: str
    at: datetime
    origin: OriginRow | None
    compare_url: str


@dataclass(frozen=True, slots=True)
class PackRow:
    """A ruleset by which the repository is graded; ``shown`` marks the one whose report the page holds."""

    title: str
    letter: str
    score: Fraction | None
    url: str
    shown: bool


@dataclass(frozen=True, slots=True)
class RepositoryPage:
    """One repository by one ruleset: its head, the latest scan, what changed, the report."""

    name: str
    slug: str
    source: str
    team: str
    team_url: str
    letter: str
    label: str
    score: Fraction | None
    change: Fraction | None
    trend: tuple[float | None, ...]
    commit: str
    commit_url: str
    judged_at: datetime | None
    ruleset: str
    stale: bool
    stack: tuple[str, ...]
    scan: ScanProgress | None
    care: Care
    progress_url: str
    scan_url: str
    exports: ExportMenu | None
    can_scan: bool
    packs: tuple[PackRow, ...]
    changes: tuple[ChangeRow, ...]
    trend_chart: Chart | None
    plan: PlanLink | None
    report: ReportPage | None
    checklist: Checklist | None
    places: EvidencePlaces
    evidence_url: str
    owner: str
    tags: tuple[str, ...]
    history_url: str
    by_today: bool
    rules_url: str
    backfill: BackfillState | None
    backfill_url: str
    backfill_progress_url: str

    @property
    def can_work(self) -> bool:
        """Whether the person may ask for work on the past: whoever may ask for scans."""
        return self.can_scan


def repository_rows(repositories: Iterable[Repository], area: str = "") -> list[RepositoryRow]:
    """Rows for these repositories (team loaded, and for an area ``current``), in their order; one query
    whatever their number.
    """
    listed = list(repositories)
    running = active_states(listed)
    return [
        RepositoryRow(
            name=one.name,
            url=reverse("repository-detail", args=[one.slug]),
            team=one.team.name,
            team_url=reverse("team-detail", args=[one.team.slug]),
            letter=one.letter,
            score=None if one.score is None else Fraction(one.score),
            change=None if one.change is None else Fraction(one.change),
            trend=tuple(one.sparkline),
            stack=tuple(one.stack),
            judged_at=one.judged_at,
            error=one.last_error,
            running=ScanState(running[one.pk]).label if one.pk in running else "",
            stars=one.current.stars.get(area) if area and one.current else None,
        )
        for one in listed
    ]


def active_states(repositories: Iterable[Repository]) -> dict[int, str]:
    """The state of each of these repositories' active scan, by the repository's id; one query."""
    scans = ScanRequest.objects.filter(repository__in=list(repositories), state__in=ACTIVE_STATES)
    return dict(scans.values_list("repository_id", "state"))


def chosen_repositories(user: AbstractUser, filters: Filters) -> QuerySet[Repository]:
    """The repositories that the person may see and the filters ask for, in the order of ``filters.sort``; team loaded,
    and for an area ``current``. The sort key is one of ``SORTS``, or ``stars`` where there is an area."""
    chosen = visible_repositories(user).select_related("team")
    if filters.archived:
        chosen = kept_repositories(user).filter(archived_at__isnull=False).select_related("team")
    if filters.tag:
        chosen = _with_tag(chosen, filters.tag)
    if filters.area:
        chosen = chosen.select_related("team", "current").filter(current__isnull=False)
    if filters.q:
        chosen = chosen.filter(Q(name__icontains=filters.q) | Q(mirror__url__icontains=filters.q))
    if filters.team:
        chosen = chosen.filter(of_team(filters.team))
    if filters.grade:
        chosen = chosen.filter(letter="" if filters.grade == "-" else filters.grade)
    key = filters.sort.removeprefix("-")
    by = KeyTransform(filters.area, "current__stars") if key == "stars" else F(SORTS[key])
    order = by.desc(nulls_last=True) if filters.sort.startswith("-") else by.asc(nulls_last=True)
    return chosen.order_by(order, "name", "pk")


def get_repository_list(user: AbstractUser, query: Mapping[str, str]) -> RepositoryListPage:
    """The repositories that the person may see and the query string asks for."""
    visible = visible_repositories(user)
    filters, areas = _asked_for(query)
    page = paginate(chosen_repositories(user, filters), query)
    page.object_list = repository_rows(page.object_list, filters.area)
    grades = visible.order_by().values_list("letter").annotate(count=Count("*"))
    return RepositoryListPage(
        rows=page,
        total=sum(count for _, count in grades),
        filters=filters,
        teams=team_filter(visible_teams(user), filters.team, counted=True),
        areas=tuple(areas.items()),
        grades=tuple(sorted(((letter, count) for letter, count in grades if letter), key=_grade_order)),
        tags=_tags_of(visible),
        archived=kept_repositories(user).filter(archived_at__isnull=False).count(),
        can_add=may_add_repositories(user),
        table=_table(filters, areas, query),
    )


def get_repository_listing(user: AbstractUser, query: Mapping[str, str]) -> Listing:
    """All repositories that the list shows over its pages."""
    filters, areas = _asked_for(query)

    def rows() -> Iterator[RepositoryRow]:
        for chunk in in_chunks(chosen_repositories(user, filters)):
            yield from repository_rows(chunk, filters.area)

    return Listing(_table(filters, areas, query), rows())


def _asked_for(query: Mapping[str, str]) -> tuple[Filters, dict[str, str]]:
    """What the query string asks for, and the titles of all areas by id."""
    areas = {area.id: area.title for area in built(current_version())[1].areas}
    area = query.get("area", "") if query.get("area", "") in areas else ""
    sorts = {**SORTS, "stars": "stars"} if area else SORTS
    sort, _ = sort_order(query, sorts, "stars" if area else "name")
    return Filters(
        text(query, "q"),
        text(query, "team", 100),
        text(query, "grade", 2),
        area,
        sort,
        text(query, "tag", 40),
        query.get("archived", "") == "1",
    ), areas


def _table(filters: Filters, areas: Mapping[str, str], query: Mapping[str, str]) -> Shown:
    return shown(repositories_table(areas.get(filters.area, "")), query.get("columns", ""))


def _with_tag(rows: QuerySet[Repository], tag: str) -> QuerySet[Repository]:
    if connection.features.supports_json_field_contains:
        return rows.filter(tags__contains=[tag])
    # SQLite keeps JSON as text, every tag in quotes and what is not ASCII escaped.
    return rows.annotate(_tags=Cast("tags", TextField())).filter(_tags__contains=json.dumps(tag))


def _tags_of(rows: QuerySet[Repository]) -> tuple[str, ...]:
    """Every tag in use, in order."""
    lists = rows.exclude(tags=[]).order_by().values_list("tags", flat=True).distinct()
    return tuple(sorted({tag for tags in lists for tag in tags}, key=str.casefold))


def _grade_order(pair: tuple[str, int]) -> tuple[str, int]:
    letter = pair[0]
    return letter[:1], {"+": 0, "": 1, "-": 2}[letter[1:]]


def get_repository_page(
    user: AbstractUser,
    repository: Repository,
    ruleset: str = DEFAULT,
    *,
    by_today: bool = False,
    query: Mapping[str, str] | None = None,
) -> RepositoryPage:
    """The page of one repository that the person may see (mirror, team and current assessment loaded).

    ``ruleset`` names a pack whose report to show; an unknown one shows the standard's. ``by_today`` draws the trend
    by today's rules alone; ``query`` may filter the checklist.
    """
    standings = standings_of(repository)
    ruleset = ruleset if ruleset in standings else DEFAULT
    assessment = standings.get(ruleset, repository.current)
    scan = latest_scan(repository)
    report = report_of_assessment(repository, assessment) if assessment else None
    forge = forge_of(repository.mirror.url)
    slug = repository.slug
    return RepositoryPage(
        name=repository.name,
        slug=slug,
        source=repository.mirror.url,
        team=repository.team.name,
        team_url=reverse("team-detail", args=[repository.team.slug]),
        letter=assessment.effective_letter if assessment else "",
        label=report.effective_grade.label if report else "",
        score=report.effective_grade.score if report else None,
        change=Fraction(repository.change) if ruleset == DEFAULT and repository.change is not None else None,
        trend=tuple(repository.sparkline) if ruleset == DEFAULT else (),
        commit=assessment.commit if assessment else "",
        commit_url=forge.commit(assessment.commit) if assessment else "",
        judged_at=repository.judged_at,
        ruleset=str(assessment.ruleset) if assessment else "",
        stale=bool(repository.last_error_id and assessment),
        stack=tuple(repository.stack),
        scan=progress_of(scan, can_cancel=may_scan(user, repository.team)) if scan else None,
        care=care_of(repository, user),
        progress_url=reverse("repository-progress", args=[slug]),
        scan_url=reverse("repository-scan", args=[slug]),
        exports=(
            export_menu(ExportScope.REPOSITORY, reverse("repository-export", args=[slug]))
            if assessment and ruleset == DEFAULT
            else None
        ),
        can_scan=repository.quarantined_at is None
        and repository.archived_at is None
        and may_scan(user, repository.team),
        packs=_packs(slug, standings, ruleset) if len(standings) > 1 else (),
        changes=_changes(repository, assessment) if assessment else (),
        trend_chart=(
            repository_chart(repository, built(assessment.ruleset)[1], ruleset, by_today=by_today)
            if assessment
            else None
        ),
        plan=plan_link(repository) if assessment else None,
        report=report,
        checklist=checklist_of(report, query or {}) if report else None,
        places=EvidencePlaces(slug, ruleset, near=True),
        evidence_url=EvidencePlaces(slug, ruleset).all(),
        owner=(repository.owner.email or str(repository.owner)) if repository.owner else "",
        tags=tuple(repository.tags),
        history_url=reverse("repository-history", args=[slug]),
        by_today=by_today,
        rules_url=(
            reverse("repository-detail", args=[slug]) + ("" if by_today else "?rules=today") + "#trend"
            if assessment and _judged_by_several(repository, ruleset)
            else ""
        ),
        backfill=get_backfill_state(repository),
        backfill_url=reverse("repository-backfill", args=[slug]),
        backfill_progress_url=reverse("repository-backfill-progress", args=[slug]),
    )


def get_trend_listing(repository: Repository, ruleset: str, *, by_today: bool = False) -> Listing:
    """The figures of the trend that the page draws for the same ``ruleset`` and rules."""
    standings = standings_of(repository)
    ruleset = ruleset if ruleset in standings else DEFAULT
    assessment = standings.get(ruleset, repository.current)
    chart = (
        repository_chart(repository, built(assessment.ruleset)[1], ruleset, by_today=by_today)
        if assessment
        else None
    )
    return chart_listing(chart, "trend", "Trend", repository.slug)


def standings_of(repository: Repository) -> dict[str, Assessment]:
    """The assessments that stand, by ruleset, the standard's first."""
    found = {DEFAULT: repository.current} if repository.current else {}
    rows = repository.standings.filter(ruleset__in=repository.team.packs).select_related(
        "assessment__ruleset"
    )
    return found | {row.ruleset: row.assessment for row in rows.defer("assessment__ruleset__document")}


def _packs(slug: str, standings: dict[str, Assessment], shown: str) -> tuple[PackRow, ...]:
    page = reverse("repository-detail", args=[slug])
    return tuple(
        PackRow(
            title=one.ruleset.title,
            letter=one.effective_letter,
            score=None if one.effective_score is None else Fraction(one.effective_score),
            url=page if ruleset == DEFAULT else f"{page}?ruleset={ruleset}",
            shown=ruleset == shown,
        )
        for ruleset, one in standings.items()
    )


def _judged_by_several(repository: Repository, ruleset: str) -> bool:
    rows = repository.assessments.filter(ruleset__ruleset=ruleset).order_by()
    return len(rows.values_list("ruleset", flat=True).distinct()[:2]) > 1


def _changes(repository: Repository, assessment: Assessment) -> tuple[ChangeRow, ...]:
    titles = {item.id: item.title for item in built(assessment.ruleset)[1].items}
    forge = forge_of(repository.mirror.url)
    compare = reverse("repository-compare", args=[repository.slug])
    latest = VerdictChange.objects.filter(
        repository=repository, assessment__ruleset__ruleset=assessment.ruleset.ruleset
    )[:6]
    return tuple(
        ChangeRow(
            c.item,
            titles.get(c.item, c.item),
            c.before,
            c.after,
            c.get_cause_display(),
            c.at,
            origin_row(c, forge),
            f"{compare}?to={c.assessment_id}#flip-{c.item}",
        )
        for c in latest
    )
