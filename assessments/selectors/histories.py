"""Page model of a repository's history: every assessment, what flipped, and the backfill."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.models import AbstractUser
from django.core.paginator import Page
from django.db.models import Case, Count, F, QuerySet, When, Window
from django.db.models.functions import Lag, RowNumber
from django.urls import reverse
from django.utils import timezone

from assessments.choices import ACTIVE_WORK, Cause, Origin, PastWork, WorkState
from assessments.forge import Forge, forge_of
from assessments.listings import ASSESSMENTS, CHANGES
from assessments.models import Assessment, HistoryRequest, Repository, Team, VerdictChange
from assessments.policy import may_scan
from assessments.selectors.filters import in_chunks, paginate
from assessments.services.origins import MONTH, searchable
from assessments.services.rulesets import DEFAULT, built, current_version
from assessments.tables import Listing, Shown, everything

MAX_CHANGES = 50
TEAM_CHANGES = 200
STANDS_FROM = Case(When(origin=Origin.BACKFILL, then=F("as_of")), default=F("judged_at"))


@dataclass(frozen=True, slots=True)
class AssessmentRow:
    """One assessment; ``change`` in points against the one before it in time, ``compare_url`` compares these two."""

    at: datetime
    commit: str
    commit_url: str
    letter: str
    score: Fraction | None
    change: Fraction | None
    ruleset: str
    origin: str
    backfilled: bool
    complete: bool
    flips: int
    compare_url: str
    current: bool


@dataclass(frozen=True, slots=True)
class OriginRow:
    """The commit that made a verdict flip, as far as it is known; ``commit`` is "" where none was found."""

    commit: str
    url: str
    author: str
    at: str
    subject: str
    note: str


@dataclass(frozen=True, slots=True)
class FlipLine:
    """A verdict that flipped. ``find_url`` takes the ``change`` whose commit is wanted, empty where that makes no sense
    or is known."""

    change: int
    repository: str
    repository_url: str
    item: str
    title: str
    before: str
    verdict: str
    cause: str
    at: datetime
    origin: OriginRow | None
    compare_url: str
    find_url: str


@dataclass(frozen=True, slots=True)
class BackfillState:
    """The latest backfill. ``skipped`` are (short commit, date, reason); ``spent`` counts seconds."""

    state: str
    label: str
    running: bool
    total: int
    done: int
    share: int | None
    spent: float
    skipped: tuple[tuple[str, str, str], ...]
    notes: tuple[str, ...]
    error: str
    error_id: str
    hint: str
    cancel_url: str


@dataclass(frozen=True, slots=True)
class HistoryPage:
    """``rows`` is a page of ``AssessmentRow``, the latest first. ``searching`` while commits are looked for."""

    name: str
    slug: str
    team: str
    url: str
    team_url: str
    compare_url: str
    rows: Page[Any]
    table: Shown
    flips: tuple[FlipLine, ...]
    changes_table: Shown
    searching: bool
    search_error: str
    backfill: BackfillState | None
    backfill_url: str
    progress_url: str
    find_url: str
    findable: int
    can_work: bool
    judged: bool


def get_history_page(user: AbstractUser, repository: Repository, query: Mapping[str, str]) -> HistoryPage:
    """The history of a repository by the standard; the same number of queries whatever its length."""
    slug = repository.slug
    may = may_scan(user, repository.team)
    forge = forge_of(repository.mirror.url)
    flips = flip_lines(
        VerdictChange.objects.filter(repository=repository, assessment__ruleset__ruleset=DEFAULT),
        forge,
        may,
    )
    latest = latest_work(repository)
    search = latest.get(PastWork.ORIGIN)
    return HistoryPage(
        name=repository.name,
        slug=slug,
        team=repository.team.name,
        url=reverse("repository-detail", args=[slug]),
        team_url=reverse("team-detail", args=[repository.team.slug]),
        compare_url=reverse("repository-compare", args=[slug]),
        rows=_rows(repository, forge, query),
        table=everything(ASSESSMENTS),
        flips=flips,
        changes_table=everything(CHANGES),
        searching=bool(search and search.state in ACTIVE_WORK),
        search_error=search.error if search and search.state == WorkState.FAILED else "",
        backfill=backfill_state(latest.get(PastWork.BACKFILL), slug),
        backfill_url=reverse("repository-backfill", args=[slug]),
        progress_url=reverse("repository-backfill-progress", args=[slug]),
        find_url=reverse("repository-when", args=[slug]),
        findable=sum(bool(flip.find_url) for flip in flips),
        can_work=may,
        judged=repository.current_id is not None,
    )


@dataclass(frozen=True, slots=True)
class TeamChangesPage:
    """The flips of a team's repositories over 30 days, the latest first; ``more`` where the list is cut."""

    name: str
    url: str
    flips: tuple[FlipLine, ...]
    table: Shown
    total: int
    more: bool
    findable: int
    searching: int
    find_url: str
    can_work: bool


def get_team_changes(user: AbstractUser, team: Team) -> TeamChangesPage:
    """What flipped in the team's repositories over the last 30 days, and the commits behind it."""
    changes = _month_of(team)
    may = may_scan(user, team)
    flips = flip_lines(changes, None, may, TEAM_CHANGES)
    total = changes.count()
    return TeamChangesPage(
        name=team.name,
        url=reverse("team-detail", args=[team.slug]),
        flips=flips,
        table=everything(CHANGES),
        total=total,
        more=total > len(flips),
        findable=searchable().filter(pk__in=changes.order_by().values("pk")).count() if may else 0,
        searching=HistoryRequest.objects.filter(
            repository__team=team, kind=PastWork.ORIGIN, state__in=ACTIVE_WORK
        ).count(),
        find_url=reverse("team-when", args=[team.slug]),
        can_work=may,
    )


def get_history_tables(repository: Repository, query: Mapping[str, str]) -> Listing:
    """A table of the history whole: its changes of verdicts where ``table`` asks for them, else its assessments."""
    if query.get("table") == CHANGES.id:
        changes = VerdictChange.objects.filter(repository=repository, assessment__ruleset__ruleset=DEFAULT)
        return Listing(everything(CHANGES), _all_flips(changes), repository.slug)
    forge = forge_of(repository.mirror.url)

    def rows() -> Iterator[AssessmentRow]:
        for chunk in in_chunks(assessments_of(repository)):
            yield from assessment_rows(repository, chunk, forge)

    return Listing(everything(ASSESSMENTS), rows(), repository.slug)


def get_team_changes_listing(team: Team) -> Listing:
    """All that flipped in the team's repositories over the last 30 days."""
    return Listing(everything(CHANGES), _all_flips(_month_of(team)), team.slug)


def _all_flips(changes: QuerySet[VerdictChange]) -> Iterator[FlipLine]:
    titles = {item.id: item.title for item in built(current_version())[1].items}
    for chunk in in_chunks(changes.select_related("repository__mirror")):
        yield from (_flip_line(change, titles, None, False) for change in chunk)


def _month_of(team: Team) -> QuerySet[VerdictChange]:
    return VerdictChange.objects.filter(
        repository__team=team,
        assessment__ruleset__ruleset=DEFAULT,
        at__gte=timezone.now() - MONTH,
    ).exclude(before="")


def get_backfill_state(repository: Repository) -> BackfillState | None:
    """How far the latest backfill of the repository is."""
    return backfill_state(latest_work(repository).get(PastWork.BACKFILL), repository.slug)


def latest_work(repository: Repository) -> dict[str, HistoryRequest]:
    """The latest backfill and search of the repository, by kind; one query."""
    found: dict[str, HistoryRequest] = {}
    rows = HistoryRequest.objects.filter(
        repository=repository, kind__in=[PastWork.BACKFILL, PastWork.ORIGIN]
    ).annotate(
        place=Window(RowNumber(), partition_by=["kind"], order_by=[F("requested_at").desc(), F("pk").desc()])
    )
    for row in rows.filter(place=1):
        found[row.kind] = row
    return found


def assessments_of(repository: Repository) -> QuerySet[Assessment]:
    """The repository's assessments by the standard, the latest first, with ``stands_from`` and what was before each."""
    return (
        Assessment.objects.filter(repository=repository, ruleset__ruleset=DEFAULT)
        .annotate(stands_from=STANDS_FROM)
        .annotate(
            previous=Window(Lag("pk"), order_by=["stands_from", "pk"]),
            previous_score=Window(Lag("effective_score"), order_by=["stands_from", "pk"]),
        )
        .select_related("ruleset")
        .only(
            "repository", "commit", "as_of", "judged_at", "origin", "effective_letter", "effective_score",
            "complete", "ruleset__version",
        )
        .order_by("-stands_from", "-pk")
    )  # fmt: skip


def _rows(repository: Repository, forge: Forge, query: Mapping[str, str]) -> Page[Any]:
    page = paginate(assessments_of(repository), query)
    page.object_list = assessment_rows(repository, page.object_list, forge)
    return page


def assessment_rows(repository: Repository, rows: Iterable[Any], forge: Forge) -> list[AssessmentRow]:
    """Rows for some of ``assessments_of``, in their order; one query."""
    shown = list(rows)
    flips = dict(
        VerdictChange.objects.filter(assessment__in=[row.pk for row in shown])
        .order_by()
        .values_list("assessment")
        .annotate(Count("pk"))
    )
    compare = reverse("repository-compare", args=[repository.slug])
    return [
        AssessmentRow(
            at=row.stands_from,
            commit=row.commit,
            commit_url=forge.commit(row.commit),
            letter=row.effective_letter,
            score=None if row.effective_score is None else Fraction(row.effective_score),
            change=None
            if row.effective_score is None or row.previous_score is None
            else Fraction(row.effective_score) - Fraction(row.previous_score),
            ruleset=str(row.ruleset.version),
            origin=row.get_origin_display(),
            backfilled=row.origin == Origin.BACKFILL,
            complete=row.complete,
            flips=flips.get(row.pk, 0),
            compare_url=f"{compare}?{urlencode({'from': row.previous, 'to': row.pk})}"
            if row.previous
            else "",
            current=row.pk == repository.current_id,
        )
        for row in shown
    ]


def flip_lines(
    changes: QuerySet[VerdictChange], forge: Forge | None, may_find: bool, limit: int = MAX_CHANGES
) -> tuple[FlipLine, ...]:
    """The latest of these changes with what is known of their commits; one query.

    ``forge`` is the one of the repository, None where they are of several.
    """
    titles = {item.id: item.title for item in built(current_version())[1].items}
    latest = changes.select_related("repository__mirror")[:limit]
    return tuple(_flip_line(change, titles, forge, may_find) for change in latest)


def _flip_line(
    change: VerdictChange, titles: Mapping[str, str], forge: Forge | None, may_find: bool
) -> FlipLine:
    repository = change.repository
    origin = origin_row(change, forge or forge_of(repository.mirror.url))
    findable = may_find and origin is None and change.cause == Cause.CODE and change.before
    return FlipLine(
        change=change.pk,
        repository=repository.name,
        repository_url=reverse("repository-detail", args=[repository.slug]),
        item=change.item,
        title=titles.get(change.item, change.item),
        before=change.before,
        verdict=change.after,
        cause=change.get_cause_display(),
        at=change.at,
        origin=origin,
        compare_url=f"{reverse('repository-compare', args=[repository.slug])}?{urlencode({'to': change.assessment_id})}",
        find_url=reverse("repository-when", args=[repository.slug]) if findable else "",
    )


def origin_row(change: VerdictChange, forge: Forge) -> OriginRow | None:
    """The commit that was found for a change; None before it was looked for."""
    found = change.origin
    if not found:
        return None
    commit = found.get("commit", "")
    return OriginRow(
        commit,
        forge.commit(commit) if commit else "",
        found.get("author", ""),
        found.get("at", ""),
        found.get("subject", ""),
        found.get("note", ""),
    )


def backfill_state(work: HistoryRequest | None, slug: str) -> BackfillState | None:
    """How far a backfill is."""
    if work is None:
        return None
    active = work.state in ACTIVE_WORK
    skipped: Iterable[Mapping[str, str]] = work.result.get("skipped", ())
    return BackfillState(
        state=work.state,
        label=work.get_state_display(),
        running=active,
        total=work.total,
        done=work.done,
        share=100 * work.done // work.total if work.total else None,
        spent=work.seconds,
        skipped=tuple((one["commit"], one["at"], one["reason"]) for one in skipped),
        notes=tuple(work.result.get("notes", ())),
        error=work.error,
        error_id=work.error_id,
        hint=work.hint,
        cancel_url=reverse("repository-backfill-cancel", args=[slug]) if active else "",
    )
