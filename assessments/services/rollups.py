"""Daily figures of teams, fleet and items, and the trend kept with each repository.

An assessment stands from the moment it was judged (a backfilled one: from its commit's) until the next one;
a repository that nobody changes carries its last one forward. Only the standard counts, not the packs.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from functools import lru_cache
from itertools import groupby
from time import monotonic

from django.core.cache import cache
from django.db import models, transaction
from django.db.models import Case, F, OuterRef, Q, Subquery, When
from django.db.models.functions import Coalesce
from django.utils import timezone
from redis.exceptions import RedisError

from assessments.choices import Origin
from assessments.models import Assessment, ItemDay, Repository, RulesetVersion, TeamDay
from assessments.services.rulesets import DEFAULT, built

DAYS = 365
CHANGE_DAYS = 30
SPARKLINE_POINTS = 24
CHUNK = 500
PAUSE_SECONDS = 30
"""Between two roll-ups that scans ask for, at most: one takes about half a second for 10,000 repositories."""
_SHARE = 60
"""A roll-up pauses so many times as long as it took, so that a small fleet's pages follow each scan."""
_PAUSED, _PROMISED = "rollups.paused", "rollups.promised"

_STANDS_FROM = Case(When(origin=Origin.BACKFILL, then=F("as_of")), default=F("judged_at"))


@dataclass(slots=True)
class _Standing:
    """What counts of the assessment that stands for a repository."""

    team: int
    letter: str
    score: Decimal | None
    stars: dict[str, int]
    ruleset: int
    verdicts: str


@dataclass(slots=True)
class _Totals:
    repositories: int = 0
    graded: int = 0
    score_sum: Decimal = Decimal(0)
    letters: Counter[str] = field(default_factory=Counter)
    stars: dict[str, list[int]] = field(default_factory=lambda: defaultdict(lambda: [0, 0]))

    def count(self, one: _Standing, sign: int) -> None:
        self.repositories += sign
        if one.score is not None:
            self.graded += sign
            self.score_sum += sign * one.score
            self.letters[one.letter] += sign
        for area, stars in one.stars.items():
            if stars:
                self.stars[area][0] += sign * stars
                self.stars[area][1] += sign

    def row(self, team: int | None, day: date) -> TeamDay:
        return TeamDay(
            team_id=team,
            day=day,
            repositories=self.repositories,
            graded=self.graded,
            score_sum=self.score_sum,
            letters={letter: count for letter, count in sorted(self.letters.items()) if count},
            stars={area: list(pair) for area, pair in sorted(self.stars.items()) if pair[1]},
        )


class _Fleet:
    """Totals of teams and items, kept up to date while assessments are replayed in order of time."""

    def __init__(self) -> None:
        self.standing: dict[int, _Standing] = {}
        self.teams: dict[int | None, _Totals] = defaultdict(_Totals)
        self.passing: Counter[str] = Counter()
        self.failing: Counter[str] = Counter()

    def replace(self, repository: int, one: _Standing) -> None:
        before = self.standing.get(repository)
        same = before and before.verdicts == one.verdicts and before.ruleset == one.ruleset
        if before is not None:
            self._count(before, -1, items=not same)
        self._count(one, 1, items=not same)
        self.standing[repository] = one

    def _count(self, one: _Standing, sign: int, *, items: bool) -> None:
        self.teams[one.team].count(one, sign)
        self.teams[None].count(one, sign)
        if items:
            for item, letter in zip(_items(one.ruleset), one.verdicts, strict=False):
                if letter == "p":
                    self.passing[item] += sign
                elif letter == "f":
                    self.failing[item] += sign

    def rows(self, day: date) -> tuple[list[TeamDay], list[ItemDay]]:
        """Rows of the day: the fleet's and every team's that has, or had, a judged repository."""
        teams = [totals.row(team, day) for team, totals in self.teams.items()]
        measured = sorted(item for item in self.passing | self.failing)
        items = [
            ItemDay(item=item, day=day, passing=self.passing[item], failing=self.failing[item])
            for item in measured
        ]
        return teams, items


@lru_cache(maxsize=32)
def _items(ruleset: int) -> tuple[str, ...]:
    """The item of each place in the verdict vectors of a ruleset version, which never changes."""
    return tuple(item.id for item in built(RulesetVersion.objects.get(pk=ruleset))[1].items)


def roll_up(since: date | None = None, *, now: datetime | None = None) -> int:
    """How many days were written: from ``since`` to today, replacing what was there.

    Without ``since``: from the last day that was rolled up, so a worker that was away catches up, and a day
    is right once it is over. Costs one pass over the assessments of those days.
    """
    today = (now or timezone.now()).astimezone(UTC).date()
    oldest = today - timedelta(days=DAYS)
    if since is None:
        last = TeamDay.objects.filter(team__isnull=True).aggregate(last=models.Max("day"))["last"]
        since = last or _first_day() or today
    since = min(max(since, oldest), today)
    fleet = _Fleet()
    for repository, standing in _standing_before(since):
        fleet.replace(repository, standing)
    written = 0
    days = groupby(_events(since), key=lambda event: event[0])
    upcoming = next(days, None)
    for offset in range((today - since).days + 1):
        day = since + timedelta(days=offset)
        if upcoming and upcoming[0] == day:
            for _, repository, standing in upcoming[1]:
                fleet.replace(repository, standing)
            upcoming = next(days, None)
        _write(day, *fleet.rows(day))
        written += 1
    return written


def roll_up_soon() -> int | None:
    """Brings the days up to date after a scan, whoever asks, at most twice a minute where that takes long.

    Where it was done moments ago: in how many seconds the caller shall have ``roll_up_promised`` done, so that the last
    of many scans counts too; None where somebody else has promised it, and where the shared cache is away.
    """
    try:
        if not cache.add(_PAUSED, PAUSE_SECONDS, timeout=PAUSE_SECONDS):
            seconds = cache.get(_PAUSED) or 1
            return seconds if cache.add(_PROMISED, 1, timeout=seconds) else None
        _roll_up_and_pause()
    except (RedisError, OSError):
        return None
    return None


def roll_up_promised() -> None:
    """What ``roll_up_soon`` asked for, some seconds later."""
    try:
        cache.delete(_PROMISED)  # first: a scan that ends from now on is promised its own
        _roll_up_and_pause()
    except (RedisError, OSError):
        roll_up()


def _roll_up_and_pause() -> None:
    began = monotonic()
    roll_up()
    pause = min(PAUSE_SECONDS, 1 + int(_SHARE * (monotonic() - began)))
    cache.set(_PAUSED, pause, timeout=pause)


def _write(day: date, teams: list[TeamDay], items: list[ItemDay]) -> None:
    with transaction.atomic():
        TeamDay.objects.filter(day=day).delete()
        ItemDay.objects.filter(day=day).delete()
        TeamDay.objects.bulk_create(teams, batch_size=1000)
        ItemDay.objects.bulk_create(items, batch_size=1000)


def _first_day() -> date | None:
    first = _of_standard().aggregate(first=models.Min("stands_from"))["first"]
    return first.astimezone(UTC).date() if first else None


def _of_standard() -> models.QuerySet[Assessment]:
    return Assessment.objects.filter(ruleset__ruleset=DEFAULT).annotate(stands_from=_STANDS_FROM)


_FIELDS = (
    "repository_id",
    "repository__team_id",
    "effective_letter",
    "effective_score",
    "stars",
    "ruleset_id",
    "verdicts",
)


def _standing_before(day: date) -> Iterator[tuple[int, _Standing]]:
    """(repository, what stood for it when the day began).

    What stands now also stood then where it is older than the day, which is so for nearly all; only for the
    others is their history searched.
    """
    begin = _begin(day)
    current = _of_standard().filter(
        pk__in=Repository.objects.filter(archived_at=None).values("current"), stands_from__lt=begin
    )
    for repository, *fields in current.order_by().values_list(*_FIELDS).iterator(CHUNK):
        yield repository, _Standing(*fields)
    earlier = Assessment.objects.filter(repository=OuterRef("pk"), ruleset__ruleset=DEFAULT)
    scanned = (
        earlier.exclude(origin=Origin.BACKFILL).filter(judged_at__lt=begin).order_by("-judged_at", "-pk")
    )
    backfilled = earlier.filter(origin=Origin.BACKFILL, as_of__lt=begin).order_by("-as_of", "-pk")
    stood = Coalesce(Subquery(scanned.values("pk")[:1]), Subquery(backfilled.values("pk")[:1]))
    kept = Repository.objects.filter(archived_at=None)
    moved = kept.exclude(current__in=current.values("pk")).annotate(stood=stood)
    ids = list(moved.filter(stood__isnull=False).values_list("stood", flat=True))
    for start in range(0, len(ids), CHUNK):
        rows = Assessment.objects.filter(pk__in=ids[start : start + CHUNK]).order_by()
        for repository, *fields in rows.values_list(*_FIELDS):
            yield repository, _Standing(*fields)


def _events(since: date) -> Iterator[tuple[date, int, _Standing]]:
    """(day, repository, what stands for it from then on), oldest first."""
    rows = (
        _of_standard()
        .filter(judged_at__gte=_begin(since), stands_from__gte=_begin(since))  # the first by its index
        .order_by("stands_from", "pk")
        .values_list("stands_from", *_FIELDS)
    )
    for moment, repository, *fields in rows.iterator(2000):
        yield moment.astimezone(UTC).date(), repository, _Standing(*fields)


def _begin(day: date) -> datetime:
    return datetime.combine(day, time.min, UTC)


def refresh_trends(repositories: Collection[int] | None = None, *, now: datetime | None = None) -> int:
    """How many repositories got their ``change`` and ``sparkline`` anew.

    Without a choice: those whose figures time alone can move, which are the ones judged within the window
    of the change and those that still show a change.
    """
    moment = now or timezone.now()
    chosen = Repository.objects.order_by("pk")
    if repositories is None:
        lately = moment - timedelta(days=CHANGE_DAYS + 2)
        chosen = chosen.filter(Q(judged_at__gte=lately) | ~Q(change=0) & Q(change__isnull=False))
    else:
        chosen = chosen.filter(pk__in=repositories)
    ids = list(chosen.values_list("pk", flat=True))
    for start in range(0, len(ids), CHUNK):
        _refresh_chunk(ids[start : start + CHUNK], moment)
    return len(ids)


def _refresh_chunk(ids: Sequence[int], moment: datetime) -> None:
    rows = (
        _of_standard()
        .filter(repository__in=ids, stands_from__gte=moment - timedelta(days=DAYS))
        .order_by("repository_id", "stands_from", "pk")
        .values_list("repository_id", "stands_from", "effective_score")
    )
    series = {
        repository: [(at, score) for _, at, score in group]
        for repository, group in groupby(rows.iterator(5000), key=lambda row: row[0])
    }
    Repository.objects.bulk_update(
        [
            Repository(
                pk=pk,
                change=change_of(series.get(pk, ()), moment),
                sparkline=sparkline_of(series.get(pk, ())),
            )
            for pk in ids
        ],
        ["change", "sparkline"],
        batch_size=CHUNK,
    )


_Points = Sequence[tuple[datetime, Decimal | None]]


def change_of(points: _Points, now: datetime) -> Decimal | None:
    """Points gained or lost over 30 days, of (from when, score) oldest first.

    None where there was no grade then, or there is none now.
    """
    before = now - timedelta(days=CHANGE_DAYS)
    old = [score for at, score in points if at <= before and score is not None]
    if not points or points[-1][1] is None or not old:
        return None
    return points[-1][1] - old[-1]


def sparkline_of(points: _Points) -> list[float | None]:
    """The scores of a year, oldest first, thinned to at most two dozen, the last one always among them."""
    scores = [None if score is None else round(float(score), 1) for _, score in points]
    step = max(1, -(-len(scores) // SPARKLINE_POINTS))
    return scores[::-1][::step][::-1]
