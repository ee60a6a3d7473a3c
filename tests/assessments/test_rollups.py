"""Figures per day: carried forward, caught up after a pause, the same from history as from day to day."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone
from redis.exceptions import RedisError

from assessments.choices import Origin
from assessments.models import ItemDay, TeamDay
from assessments.selectors.adoption import counts_of_items
from assessments.selectors.heat import get_heat_map
from assessments.selectors.trends import days_for, days_of, team_trends
from assessments.services import rollups
from assessments.services.assess import record_assessment
from assessments.services.rulesets import built
from tests import factories

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)


def days_ago(days: int) -> datetime:
    return NOW - timedelta(days=days)


def fleet_row(day: date) -> TeamDay:
    return TeamDay.objects.get(team=None, day=day)


def test_a_day_without_a_scan_carries_the_last_verdicts_forward() -> None:
    one, other = factories.repository(), factories.repository()
    worse = factories.assessment(one, {"testing.unit": "fail"}, now=days_ago(4))
    best = factories.assessment(other, commit="b" * 40, now=days_ago(2))
    assert rollups.roll_up(now=NOW) == 5
    first, third, today = (fleet_row(days_ago(n).date()) for n in (4, 2, 0))
    assert (first.repositories, first.graded, first.score_sum) == (1, 1, worse.effective_score)
    assert third.repositories == today.repositories == 2
    assert today.score_sum == worse.effective_score + best.effective_score
    assert sum(today.letters.values()) == 2
    assert today.stars["testing"][1] == 2
    own = TeamDay.objects.get(team=one.team, day=NOW.date())
    assert own.score_sum == worse.effective_score
    item = ItemDay.objects.get(item="testing.unit", day=NOW.date())
    assert (item.passing, item.failing) == (1, 1)


def test_from_day_to_day_gives_what_history_gives() -> None:
    one, other = factories.repository(), factories.repository()
    for n, verdict in ((6, "fail"), (5, "pass"), (3, "unknown"), (1, "fail")):
        factories.assessment(one, {"testing.unit": verdict}, commit=f"{n}" * 40, now=days_ago(n))
        if n == 3:
            factories.assessment(other, {"testing.ci": "fail"}, commit="e" * 40, now=days_ago(n))
        rollups.roll_up(now=days_ago(n))
    rollups.roll_up(now=NOW)
    kept = list(
        TeamDay.objects.order_by("day", "team_id").values_list("day", "team", "score_sum", "letters", "stars")
    )
    items = list(ItemDay.objects.order_by("day", "item").values_list("day", "item", "passing", "failing"))
    TeamDay.objects.all().delete()
    ItemDay.objects.all().delete()
    rollups.roll_up(days_ago(6).date(), now=NOW)
    again = list(
        TeamDay.objects.order_by("day", "team_id").values_list("day", "team", "score_sum", "letters", "stars")
    )
    assert again == kept and len({day for day, *_ in again}) == 7
    assert items == list(
        ItemDay.objects.order_by("day", "item").values_list("day", "item", "passing", "failing")
    )


def test_a_backfilled_assessment_counts_from_its_commit() -> None:
    repository = factories.repository()
    factories.assessment(repository, now=NOW)
    record_assessment(
        repository=repository,
        version=factories.ruleset(),
        result=factories.result({"testing.unit": "fail"}, commit="c" * 40, committed_at=days_ago(20)),
        origin=Origin.BACKFILL,
        now=NOW,
    )
    rollups.roll_up(days_ago(30).date(), now=NOW)
    assert not TeamDay.objects.filter(day=days_ago(21).date(), repositories__gt=0).exists()
    assert fleet_row(days_ago(20).date()).repositories == 1


def test_a_repository_keeps_its_change_and_its_line() -> None:
    repository = factories.repository()
    before = factories.assessment(repository, {"testing.unit": "fail"}, now=days_ago(40))
    after = factories.assessment(repository, commit="b" * 40, now=days_ago(1))
    rollups.refresh_trends([repository.pk], now=NOW)
    repository.refresh_from_db()
    assert repository.change == after.effective_score - before.effective_score > 0
    assert repository.sparkline == [round(float(one.effective_score), 1) for one in (before, after)]
    assert rollups.refresh_trends(now=NOW + timedelta(days=40)) == 1
    repository.refresh_from_db()
    assert repository.change == 0  # the rise lies more than 30 days back by then


@pytest.mark.parametrize(
    ("points", "change"),
    [
        ([], None),
        ([(1, "60")], None),  # nothing to compare with
        ([(31, "60"), (1, "62.5")], Decimal("2.5")),
        ([(90, "10"), (30, "60"), (29, "70"), (1, "50")], Decimal(-10)),  # the last one known 30 days ago
        ([(31, "60")], Decimal(0)),  # unchanged since
        ([(31, None), (1, "60")], None),
        ([(31, "60"), (1, None)], None),
    ],
)
def test_a_change_is_against_thirty_days_ago(
    points: list[tuple[int, str | None]], change: Decimal | None
) -> None:
    series = [(days_ago(days), None if score is None else Decimal(score)) for days, score in points]
    assert rollups.change_of(series, NOW) == change


def test_a_sparkline_keeps_the_latest_and_gaps() -> None:
    points = [(days_ago(200 - n), None if n == 199 else Decimal(n)) for n in range(201)]
    line = rollups.sparkline_of(points)
    assert len(line) <= 24 and line[-1] == 200.0
    assert rollups.sparkline_of(points[-2:]) == [None, 200.0]
    assert rollups.sparkline_of([]) == []


def test_days_are_of_the_teams_that_a_person_sees() -> None:
    mine, theirs = factories.team(), factories.team()
    now = timezone.now()
    factories.assessment(
        factories.repository(team=mine), {"testing.unit": "fail"}, now=now - timedelta(days=40)
    )
    factories.assessment(factories.repository(team=theirs), commit="b" * 40, now=now - timedelta(days=40))
    rollups.roll_up()
    person, admin = factories.member(mine), factories.admin()
    from assessments.policy import visible_repositories

    own = days_for(person, visible_repositories(person))
    everything = days_for(admin, visible_repositories(admin))
    assert len(own) == len(everything) == 41
    assert own[0].mean is not None and everything[0].mean is not None and own[0].mean < everything[0].mean
    assert sum(own[-1].letters.values()) == 1 and sum(everything[-1].letters.values()) == 2
    trend = team_trends({mine.pk: own[-1].mean})[mine.pk]
    assert trend.change == Fraction(0) and trend.sparkline[-1] == float(own[-1].mean or 0)
    assert days_of([], visible_repositories(person).none()) == ()


def test_the_heat_map_shows_the_lowest_team_and_the_weakest_area_first(client: Client) -> None:
    _, standard = built(factories.ruleset())
    weak, strong = factories.team(name="Weak"), factories.team(name="Strong")
    failing = {item.id: "fail" for item in standard.items if item.area == "testing"}
    factories.assessment(factories.repository(team=weak), failing)
    factories.assessment(factories.repository(team=strong), commit="b" * 40)
    admin = factories.admin()
    assert get_heat_map(admin, standard) is None
    rollups.roll_up(now=factories.NOW)
    heat = get_heat_map(admin, standard)
    assert heat is not None and [row.name for row in heat.rows] == ["Weak", "Strong"]
    assert heat.areas[0].id == "testing"
    assert [row.cells[0].level for row in heat.rows] == [1, 5]
    assert get_heat_map(factories.member(strong), standard).teams == 1  # type: ignore[union-attr]
    client.force_login(admin)
    page = client.get("/").content.decode()
    assert "Areas by team" in page and "team=weak" not in page
    listed = client.get(heat.rows[0].cells[0].url).content.decode()
    assert "1 of 5" in listed and "Service" in listed


def test_counts_of_items_are_the_same_counted_and_rolled_up() -> None:
    repository = factories.repository()
    factories.assessment(repository, {"testing.unit": "fail", "testing.ci": "unknown"})
    admin, member = factories.admin(), factories.member(repository.team)
    counted = counts_of_items(admin)
    assert counted == counts_of_items(member)
    rollups.roll_up(now=factories.NOW)
    rolled = counts_of_items(admin)
    assert {i: n for i, n in rolled[0].items() if n} == counted[0]
    assert {i: n for i, n in rolled[1].items() if n} == counted[1] == {"testing.unit": 1}


def counted() -> int:
    return TeamDay.objects.filter(team=None).latest("day").repositories


@pytest.fixture
def nothing_remembered(queue_server: str) -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


@pytest.mark.usefixtures("nothing_remembered")
def test_the_last_of_many_scans_counts_too() -> None:
    factories.assessment()
    rollups.roll_up()  # the year before; from then on a day
    assert rollups.roll_up_soon() is None, "done now"
    factories.assessment()
    seconds = rollups.roll_up_soon()
    assert seconds is not None and 1 <= seconds < rollups.PAUSE_SECONDS, "a small fleet does not wait as long"
    assert rollups.roll_up_soon() is None, "somebody has promised it"
    assert counted() == 1
    rollups.roll_up_promised()
    assert counted() == 2
    factories.assessment()
    assert rollups.roll_up_soon() is not None, "one that ends after that is promised its own"


@pytest.mark.usefixtures("nothing_remembered")
def test_a_roll_up_that_takes_long_pauses_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    moments = iter([0.0, 0.4, 10.0, 100.0])
    monkeypatch.setattr(rollups, "monotonic", lambda: next(moments))
    rollups.roll_up_soon()
    assert rollups.roll_up_soon() == 25
    rollups.roll_up_promised()
    assert rollups.roll_up_soon() == rollups.PAUSE_SECONDS


def test_without_the_shared_cache_scans_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(*_: object, **__: object) -> None:
        raise RedisError

    monkeypatch.setattr(rollups.cache, "add", gone)
    monkeypatch.setattr(rollups.cache, "delete", gone)
    assert rollups.roll_up_soon() is None
    factories.assessment()
    rollups.roll_up_promised()
    assert counted() == 1
