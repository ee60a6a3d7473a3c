"""The search: what is found, by whom, in which order; the same answers with and without script."""

import re
from collections.abc import Callable

import pytest
from django.contrib.auth.models import AbstractUser
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from assessments.choices import Role
from assessments.models import ScanRequest
from assessments.selectors.search import MAX_QUERY, RECENT, get_search_page
from assessments.services.saved_views import save_view
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("ruleset")]
SignedIn = Callable[[AbstractUser], Client]
PART = {"HX-Request": "true"}


@pytest.fixture
def client(admin: AbstractUser, signed_in: SignedIn) -> Client:
    return signed_in(admin)


def titles(user: AbstractUser, q: str, kind: str, limit: int = 25, **more: str) -> list[str]:
    page = get_search_page(user, {"q": q, **more}, limit)
    return [hit.title for group in page.groups if group.kind == kind for hit in group.hits]


def text(client: Client, address: str, **headers: str) -> str:
    response = client.get(address, headers=headers)
    assert response.status_code == 200, (address, response.status_code)
    return response.content.decode()


def test_repositories_and_teams_come_exact_then_by_prefix_then_by_what_they_hold(admin: AbstractUser) -> None:
    team = factories.team(name="Ledger")
    factories.team(name="Old ledger people")
    for name in ("the-ledger", "bledgerb", "Ledger api", "LEDGER", "ledger-web"):
        factories.repository(name=name, team=team)
    assert titles(admin, "ledger", "repositories") == [
        "LEDGER",
        "Ledger api",
        "ledger-web",
        "the-ledger",
        "bledgerb",
    ]
    assert titles(admin, "ledger", "teams") == ["Ledger", "Old ledger people"]
    assert titles(admin, "web ledger", "repositories") == ["ledger-web"]
    assert titles(admin, "ledger", "repositories", limit=2) == ["LEDGER", "Ledger api"]


def test_items_areas_controls_and_pages_are_found(admin: AbstractUser) -> None:
    assert titles(admin, "testing.unit", "items")[0] == "Unit tests"
    assert "Testing" in " ".join(titles(admin, "testing", "areas"))
    assert any("API1" in title for title in titles(admin, "api1", "controls"))
    assert titles(admin, "frameworks", "pages") == ["Frameworks"]
    assert titles(admin, "dark mode", "actions") == ["Change theme"]


def test_saved_views_are_found_by_those_who_see_them(admin: AbstractUser) -> None:
    save_view(owner=admin, list="repositories", name="Red ones", query="grade=F")
    assert titles(admin, "red", "views") == ["Red ones"]
    assert titles(factories.admin(), "red", "views") == []


def test_the_kind_with_the_best_answer_is_first(admin: AbstractUser) -> None:
    factories.repository(name="all-frameworks-here")
    page = get_search_page(admin, {"q": "frameworks"}, 5)
    assert page.groups[0].kind == "pages"


def test_nobody_finds_what_they_may_not_see() -> None:
    own, others = factories.repository(name="ledger-own"), factories.repository(name="ledger-others")
    user = factories.member(own.team)
    assert titles(user, "ledger", "repositories") == ["ledger-own"]
    assert titles(user, others.team.name, "teams") == []
    recent = f"/repositories/{others.slug}/ /teams/{others.team.slug}/ /repositories/{own.slug}/"
    assert titles(user, "", "recent", recent=recent) == ["ledger-own"]


def test_actions_are_those_that_the_person_may_take() -> None:
    repository = factories.assessment().repository
    team = repository.team
    path = {"from": f"/repositories/{repository.slug}/history/"}
    lead, viewer = factories.member(team, Role.LEAD), factories.member(team, Role.VIEWER)
    assert "Rescan this repository" in titles(lead, "rescan", "actions", **path)
    assert "Rescan this repository" not in titles(viewer, "rescan", "actions", **path)
    assert "Export this repository as PDF" in titles(viewer, "export pdf", "actions", **path)
    assert titles(lead, "add a repository", "actions") == []
    assert "Add a repository" in titles(factories.admin(), "add", "actions")
    assert "Rescan all of this team" in titles(lead, "rescan", "actions", **{"from": f"/teams/{team.slug}/"})
    assert "Schedule" not in titles(lead, "schedule", "pages")
    stranger = factories.member(factories.team(), Role.LEAD)
    assert titles(stranger, "rescan", "actions", **path) == []


def test_an_action_of_the_list_does_what_it_says(signed_in: SignedIn) -> None:
    repository = factories.repository()
    client = signed_in(factories.member(repository.team))
    part = text(client, f"/search/?q=rescan&from=/repositories/{repository.slug}/", **PART)
    address = re.search(r'formaction="([^"]+)"', part)
    assert address and client.post(address[1]).status_code == 302
    assert ScanRequest.objects.filter(repository=repository).count() == 1


def test_the_page_and_the_dialog_give_the_same_answers(client: Client) -> None:
    names = [factories.repository(name=f"Number {n}").name for n in range(4)]
    whole, part = text(client, "/search/?q=number"), text(client, "/search/?q=number", **PART)
    assert "<html" in whole and "<html" not in part
    for name in names:
        assert name in whole and name in part
    assert 'role="listbox"' in part and part.count('role="option"') >= 4
    assert client.get("/search/?q=number")["Cache-Control"] == "no-store"
    assert "HX-Request" in client.get("/search/?q=number")["Vary"]


def test_more_than_fits_leads_to_the_list(client: Client) -> None:
    team = factories.team()
    for n in range(27):
        factories.repository(name=f"Number {n:02}", team=team)
    assert "/repositories/?q=number" in text(client, "/search/?q=number")


def test_nothing_typed_lists_recent_visits_actions_and_pages(client: Client) -> None:
    repository = factories.repository(name="Lately seen")
    recent = f"/repositories/{repository.slug}/ /standard/testing.unit/ /repositories/add/ /no/such/ //x"
    part = text(client, f"/search/?q=&recent={recent.replace(' ', '%20')}", **PART)
    assert "Lately" in part and part.index("Lately seen") < part.index("Unit tests") < part.index(
        "Add a repository"
    )
    assert "Lately" not in text(client, "/search/")


def test_recent_visits_are_bounded(admin: AbstractUser) -> None:
    paths = [f"/repositories/{factories.repository().slug}/" for _ in range(RECENT + 4)]
    assert len(titles(admin, "", "recent", recent=" ".join(paths))) == RECENT


@pytest.mark.parametrize(
    "q", ["%00%FF'%22%3Cscript%3E", "%25", "_", "%5C", "a%20" * 400, "%F0%9F%8D%B0", "%E2%80%AE"]
)
def test_whatever_is_typed_is_text_and_bounded(client: Client, q: str) -> None:
    factories.repository()
    for headers in ({}, PART):
        assert "<script>" not in text(client, f"/search/?q={q}", **headers)


def test_an_over_long_search_says_what_it_left_out(client: Client) -> None:
    page = text(client, "/search/?q=" + "a" * (MAX_QUERY + 1))
    assert "search.too-long" in page and "a" * (MAX_QUERY + 1) not in page
    assert "search.too-long" not in text(client, "/search/?q=" + "a" * MAX_QUERY)


def test_a_percent_sign_is_a_letter_like_any_other(admin: AbstractUser) -> None:
    factories.repository(name="plain")
    assert titles(admin, "%", "repositories") == []


def test_the_number_of_queries_does_not_grow(client: Client, admin: AbstractUser) -> None:
    def count() -> int:
        with CaptureQueriesContext(connection) as queries:
            text(client, "/search/?q=service&from=/repositories/service-one/", **PART)
        return len(queries)

    factories.repository(slug="service-one")
    text(client, "/search/?q=service")
    few = count()
    for _ in range(12):
        factories.repository()
    assert count() == few
    with CaptureQueriesContext(connection) as queries:
        get_search_page(admin, {"q": "service", "from": "/repositories/service-one/"}, 5)
    assert len(queries) <= 6, [one["sql"] for one in queries]


def test_every_page_carries_the_dialog_for_who_is_signed_in(client: Client) -> None:
    assert 'id="palette"' in text(client, "/")
    assert 'id="palette"' not in text(Client(), "/accounts/login/")


def test_the_search_needs_sign_in() -> None:
    assert Client().get("/search/?q=x").status_code == 302
