"""Every table as a file, and the columns that a person chooses: same rows, same filters, same permissions as the page."""

import csv
import html
import io
import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib.auth.models import AbstractUser
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from assessments.choices import ExportState, ScanState
from assessments.listings import ACTIVITY, FAILING, STANDARD, TEAM_REPOSITORIES, TEAMS, repositories_table
from assessments.models import Export, Repository
from assessments.selectors import filters
from assessments.services.rollups import roll_up
from assessments.tables import Table
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("ruleset")]
SignedIn = Callable[[AbstractUser], Client]


@pytest.fixture
def client(admin: AbstractUser, signed_in: SignedIn) -> Client:
    return signed_in(admin)


@pytest.fixture
def judged() -> Repository:
    repository = factories.repository(mirror=factories.mirror("https://github.com/example/orders"))
    now = timezone.now()
    factories.assessment(repository, now=now - timedelta(days=20))
    factories.assessment(
        repository, {"testing.unit": "fail", "testing.e2e": "fail"}, commit="b" * 40, now=now
    )
    Repository.objects.filter(pk=repository.pk).update(change=-2)
    factories.scan(repository, state=ScanState.DONE, requested_at=now, summary="Judged bbbbbbb")
    repository.refresh_from_db()
    return repository


def rows_of(client: Client, address: str) -> list[list[str]]:
    response = client.get(address)
    assert response.status_code == 200, (address, response.status_code)
    assert response["Content-Type"] == "text/csv; charset=utf-8", address
    assert response["Content-Disposition"].startswith('attachment; filename="plumbline-')
    content = b"".join(response.streaming_content).decode()
    assert content.startswith("\ufeff")
    return list(csv.reader(io.StringIO(content[1:])))


def text(client: Client, address: str, **headers: str) -> str:
    response = client.get(address, headers=headers)
    assert response.status_code == 200, (address, response.status_code)
    return response.content.decode()


def addresses(judged: Repository) -> dict[str, str]:
    """Address of each file, by the first title of its head and what one of its rows holds."""
    one, team = f"/repositories/{judged.slug}", f"/teams/{judged.team.slug}"
    return {
        "/repositories/?format=csv": judged.name,
        "/teams/?format=csv": judged.team.name,
        f"{team}/?format=csv": judged.name,
        f"{team}/?format=csv&table=areas": "Testing",
        f"{team}/changes/?format=csv": "testing.unit",
        f"{team}/plan/?format=csv&goal=all&starts_on=2026-01-05": judged.name,
        "/?format=csv&table=movers": judged.name,
        "/?format=csv&table=failing": "Unit tests",
        "/?format=csv&table=areas-by-team": judged.team.name,
        "/?format=csv&table=grades": judged.letter,
        "/standard/?format=csv": "Unit tests",
        "/standard/testing.unit/?format=csv": judged.name,
        "/activity/?format=csv": judged.name,
        f"{one}/history/?format=csv": "b" * 40,
        f"{one}/history/?format=csv&table=changes": "testing.unit",
        f"{one}/plan/?format=csv&goal=all&starts_on=2026-01-05": judged.name,
        f"{one}/?format=csv&table=trend": judged.letter,
        f"{team}/?format=csv&table=trend": judged.letter,
        "/?format=csv&table=trend": judged.letter,
        "/?format=csv&table=grades-over-time": "1",
        "/standard/testing.unit/?format=csv&table=adoption": "1",
        "/frameworks/?format=csv": "OpenSSF Scorecard",
        "/frameworks/twelve-factor/?format=csv": "III",
        "/frameworks/openssf-scorecard/CI-Tests/?format=csv": judged.name,
    }


def test_every_table_comes_as_a_file(client: Client, judged: Repository) -> None:
    roll_up()
    for address, holds in addresses(judged).items():
        rows = rows_of(client, address)
        assert len(rows) > 1, address
        assert all(len(row) == len(rows[0]) for row in rows), address
        assert any(holds in cell for row in rows[1:] for cell in row), (address, rows[:3])


def test_every_page_links_to_its_files(client: Client, judged: Repository) -> None:
    roll_up()
    for address in {address.split("?")[0] for address in addresses(judged)}:
        assert "format=csv" in text(client, address) or "/plan/" in address, address


def test_a_chart_links_to_its_figures_and_they_are_those_of_its_table(
    client: Client, judged: Repository
) -> None:
    """What the chart's own table shows is in the file, whichever rules the page was asked to draw."""
    for query in ("", "?rules=today"):
        page = text(client, f"/repositories/{judged.slug}/{query}")
        [link] = re.findall(r'href="([^"]*table=trend[^"]*)"', page)
        assert ("rules=today" in link) == bool(query)
        rows = rows_of(client, f"/repositories/{judged.slug}/{html.unescape(link)}")
        chart = client.get(f"/repositories/{judged.slug}/{query}").context["page"].trend_chart
        assert rows == [list(chart.columns), *map(list, chart.rows)]


def test_the_burn_down_of_a_saved_plan_comes_as_a_file(client: Client, judged: Repository) -> None:
    address = f"/repositories/{judged.slug}/plan/"
    client.post(address, {"goal": "all", "starts_on": "2026-01-05"})
    assert f"{address}?format=csv&amp;table=burn-down" in text(client, address)
    rows = rows_of(client, f"{address}?format=csv&table=burn-down")
    assert rows[0] == ["Date", "Steps left", "As planned"] and len(rows) > 2
    assert [row[0] for row in rows if row[1:] == [rows[-1][1]] * 2] == ["2026-01-05"]


def test_one_point_is_said_and_not_drawn(client: Client) -> None:
    """A field with one dot says less than its sentence; its figures stay in the table."""
    repository = factories.repository()
    factories.assessment(repository, now=timezone.now())
    roll_up()
    places = ("/", f"/teams/{repository.team.slug}/", "/standard/testing.unit/")
    for address in places:
        page = text(client, address)
        assert "data-chart" not in page and "charts.js" not in page, address
        assert "The line is drawn from the second day on." in page, address
    assert "One score: " in text(client, places[1])
    assert "Passing in 1 of 1 repositories on " in text(client, places[2])
    assert "One assessment so far." in text(client, f"/repositories/{repository.slug}/")


def test_exports_come_as_a_file_too(signed_in: SignedIn, judged: Repository) -> None:
    user = factories.member(judged.team)
    Export.objects.create(
        repository=judged,
        assessment=judged.current,
        requested_by=user,
        requested_at=factories.NOW,
        state=ExportState.DONE,
        size=1234,
    )
    rows = rows_of(signed_in(user), "/exports/?format=csv")
    assert rows[0][:3] == ["What", "State", "Asked for"] and "1234" in rows[1]
    assert len(rows_of(signed_in(user), "/exports/?format=csv&state=failed")) == 1


def test_files_hold_what_the_filters_ask_for_and_no_page_size(client: Client) -> None:
    team = factories.team()
    for n in range(filters.PAGE_SIZE + 5):
        factories.repository(team=team, name=f"Number {n:03}")
    factories.repository(name="Another")
    rows = rows_of(client, "/repositories/?format=csv&q=number&sort=-name")
    assert len(rows) == filters.PAGE_SIZE + 6
    assert rows[1][0] == f"Number {filters.PAGE_SIZE + 4:03}"
    assert len(rows_of(client, f"/repositories/?format=csv&team={team.slug}&page=2")) == filters.PAGE_SIZE + 6


def test_strangers_get_no_rows_of_others(judged: Repository, signed_in: SignedIn) -> None:
    roll_up()
    client = signed_in(factories.member(factories.team()))
    for address in addresses(judged):
        response = client.get(address)
        if response.status_code == 404:
            continue
        content = b"".join(response.streaming_content).decode()
        assert judged.name not in content and judged.team.name not in content, address
    assert Client().get("/repositories/?format=csv").status_code == 302


def test_what_a_repository_is_called_starts_no_formula(client: Client) -> None:
    team = factories.team(name="@SUM(A1)")
    for name in ("=1+1", "+1", "-1", "\t=1", "＝1", 'a"b,c\nd'):
        factories.repository(name=name, team=team)
    for row in rows_of(client, "/repositories/?format=csv")[1:]:
        assert row[0][:1] not in "=+-@\t＝", row
        assert row[-2 if len(row) < 3 else [*row].index("'@SUM(A1)")] == "'@SUM(A1)"


def test_figures_are_figures_and_times_are_whole(client: Client, judged: Repository) -> None:
    head, row = rows_of(client, "/repositories/?format=csv&columns=score,change,judged")
    cells = dict(zip(head, row, strict=True))
    assert float(cells["Score"]) == int(judged.score * 10) / 10 and cells["30 days"] == "-2.0"
    assert cells["Judged"].startswith(judged.judged_at.date().isoformat()) and "T" in cells["Judged"]


@pytest.mark.parametrize("address", ["/repositories/", "/teams/", "/activity/", "/?table=movers"])
def test_a_file_costs_the_same_queries_per_chunk(
    client: Client, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    join = "&" if "?" in address else "?"

    def count() -> int:
        with CaptureQueriesContext(connection) as queries:
            rows_of(client, f"{address}{join}format=csv")
        return len(queries)

    def more(number: int) -> None:
        for _ in range(number):
            one = factories.repository(change=1)
            factories.scan(one, state=ScanState.FAILED, error_id="source.unreachable")

    more(1)
    count()
    few = count()
    more(9)
    assert count() == few


def head_of(page: str, table: Table) -> str:
    """The head of the described table, which begins with the title of its first column."""
    heads: list[str] = re.findall(r"<thead>.*?</thead>", page, re.DOTALL)
    first = f">{table.columns[0].title}<"
    return next(head for head in heads if first in head[: head.index("</th>") + 5])


@pytest.mark.parametrize(
    ("address", "table"),
    [
        ("/repositories/", repositories_table()),
        ("/teams/", TEAMS),
        ("/teams/{team}/", TEAM_REPOSITORIES),
        ("/activity/", ACTIVITY),
        ("/standard/", STANDARD),
        ("/standard/testing.unit/", FAILING),
    ],
)
def test_columns_are_chosen_in_the_address(
    client: Client, judged: Repository, address: str, table: Table
) -> None:
    address = address.format(team=judged.team.slug)
    for column in table.choosable:
        if not column.written:
            continue
        head = head_of(text(client, f"{address}?columns={column.key}"), table)
        for other in table.choosable:
            there = any(f">{other.title}{end}" in head for end in ("</th>", "</a>", "<svg"))
            assert there == (other.key == column.key), (column.key, other.key)
        assert column.title in rows_of(client, f"{address}?columns={column.key}&format=csv")[0]
    assert head_of(text(client, f"{address}?columns=password,,%00"), table).count("<th") == (
        head_of(text(client, address), table).count("<th")
    )


def test_chosen_columns_go_with_sorting_filtering_and_pages(client: Client) -> None:
    team = factories.team()
    for n in range(filters.PAGE_SIZE + 1):
        factories.repository(team=team, name=f"Number {n:03}")
    page = text(client, "/repositories/?columns=name,score&q=number")
    assert "columns=name%2Cscore&amp;q=number&amp;page=2" in page
    assert 'name="columns" value="name,score"' in page


def test_a_form_of_ticks_leads_to_one_address(client: Client) -> None:
    response = client.get("/repositories/?q=a&columns=name&columns=score&columns=team")
    assert response.status_code == 302
    assert response["Location"] == "/repositories/?q=a&columns=name,score,team"
    many = "&".join("columns=x" for _ in range(500))
    assert len(client.get(f"/repositories/?{many}")["Location"]) < 400
