"""Choosing teams in forms: from a list of few, by name among many; never one that the person may not choose."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import AbstractUser
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from assessments.choices import Role
from assessments.forms import RepositoryForm
from assessments.models import Membership, PushHook, Team
from assessments.source_forms import CredentialForm, HookForm
from assessments.team_fields import MOST_LISTED, NEAR
from assessments.token_forms import TokenForm
from tests import factories

pytestmark = pytest.mark.django_db
SignedIn = Callable[[AbstractUser], Client]
SOURCE = "https://github.com/a/b"
TOKEN = {"name": "CI", "scopes": ["read"], "days": "90"}
FORMS = ("/repositories/add/", "/credentials/add/", "/webhooks/add/", "/account/tokens/")


def many(count: int = MOST_LISTED + 10) -> list[Team]:
    return [factories.team(name=f"Crew {n:03}") for n in range(count)]


@pytest.mark.parametrize("address", FORMS)
def test_a_form_is_as_long_and_asks_as_often_for_many_teams(
    address: str, admin: AbstractUser, signed_in: SignedIn
) -> None:
    client = signed_in(admin)

    def asked() -> tuple[int, int]:
        client.get(address)
        with CaptureQueriesContext(connection) as queries:
            page = client.get(address)
        assert page.status_code == 200
        return len(queries), len(page.content)

    many(MOST_LISTED)
    few, _ = asked()
    many(20)
    some, size = asked()
    many(150)
    lots, larger = asked()
    assert few == some == lots
    assert larger == pytest.approx(size, abs=100)


def test_few_teams_are_listed_and_many_are_named(admin: AbstractUser) -> None:
    first, *_ = many(MOST_LISTED)
    form = RepositoryForm({"source": SOURCE, "team": first.pk}, user=admin)
    assert form.is_valid() and form.cleaned_data["team"] == first
    assert "<select" in str(form["team"]) and str(form["team"]).count("<option") == MOST_LISTED + 1
    many(1)
    page = str(RepositoryForm(user=admin)["team"])
    assert "<select" not in page and page.count("<option") == MOST_LISTED
    assert 'list="id_team_names"' in page and '<datalist id="id_team_names">' in page
    assert 'aria-describedby="id_team_helptext"' in page


@pytest.mark.parametrize("typed", ["Crew 007", "crew 007", "  CREW 007 ", "{slug}"])
def test_a_team_is_known_by_its_name_and_by_the_end_of_its_address(typed: str, admin: AbstractUser) -> None:
    seventh = many()[7]
    form = RepositoryForm({"source": SOURCE, "team": typed.format(slug=seventh.slug)}, user=admin)
    assert form.is_valid(), form.errors
    assert form.cleaned_data["team"] == seventh


def test_what_fits_no_team_says_which_come_near(admin: AbstractUser) -> None:
    many()
    form = RepositoryForm({"source": SOURCE, "team": "crew 00"}, user=admin)
    assert not form.is_valid()
    [said] = form.errors["team"]
    assert said.startswith("No team is called crew 00. There is Crew 000, ") and said.count("Crew") == NEAR
    form = RepositoryForm({"source": SOURCE, "team": "nothing like it"}, user=admin)
    assert not form.is_valid() and form.errors["team"] == ["No team is called nothing like it."]
    for odd in ("Crew\x00", "x" * 301):
        assert "team" in RepositoryForm({"source": SOURCE, "team": odd}, user=admin).errors


def test_of_teams_with_one_name_the_address_tells(admin: AbstractUser) -> None:
    many()
    one, other = factories.team(name="Twins"), factories.team(name="twins")
    form = RepositoryForm({"source": SOURCE, "team": "Twins"}, user=admin)
    assert not form.is_valid()
    assert one.slug in form.errors["team"][0] and other.slug in form.errors["team"][0]
    form = RepositoryForm({"source": SOURCE, "team": other.slug}, user=admin)
    assert form.is_valid() and form.cleaned_data["team"] == other


def test_several_teams_are_named_one_a_line(admin: AbstractUser) -> None:
    teams = many()
    form = TokenForm(TOKEN | {"teams": f"crew 001\n\n {teams[2].slug} \nCrew 001\n"}, user=admin)
    assert form.is_valid() and form.cleaned_data["teams"] == [teams[1], teams[2]]
    none = TokenForm(TOKEN | {"teams": ""}, user=admin)
    assert none.is_valid() and none.cleaned_data["teams"] == []
    wrong = TokenForm(TOKEN | {"teams": "Crew 001\nNobody\nNo one"}, user=admin)
    assert wrong.errors["teams"] == ["No team is called Nobody.", "No team is called No one."]
    assert (
        "At most 100"
        in TokenForm(TOKEN | {"teams": "\n".join(map(str, range(101)))}, user=admin).errors["teams"][0]
    )
    form = CredentialForm(user=admin, initial={"teams": [teams[3].pk]})
    assert ">\nCrew 003</textarea>" in str(form["teams"])
    assert "teams" in CredentialForm({"teams": " \n "}, user=admin).errors


def test_a_team_that_is_not_theirs_is_not_there_for_a_lead() -> None:
    other = factories.team(name="Not theirs")
    teams = many()
    user = factories.member(teams[0], role=Role.LEAD)
    Membership.objects.bulk_create(Membership(team=team, user=user, role=Role.LEAD) for team in teams[1:])
    for typed in (other.name, other.slug, f"#{other.pk}"):
        assert TokenForm(TOKEN | {"teams": typed}, user=user).errors["teams"] == [
            f"No team is called {typed}."
        ]
    form = HookForm({"name": "x", "provider": "gitlab", "team": ""}, user=user, all_teams=False)
    assert "team" in form.errors


def test_pushes_of_all_teams_are_had_by_naming_none(admin: AbstractUser, signed_in: SignedIn) -> None:
    teams = many()
    client = signed_in(admin)
    page = client.get("/webhooks/add/", {"team": teams[4].slug}).content.decode()
    assert 'value="Crew 004"' in page and "Left empty: all teams." in page
    for typed, team in (("", None), ("Crew 004", teams[4])):
        client.post("/webhooks/add/", {"name": "Pushes", "provider": "github", "team": typed})
        assert PushHook.objects.latest("pk").team == team


def test_names_are_suggested_of_teams_that_the_person_may_see(
    admin: AbstractUser, signed_in: SignedIn
) -> None:
    own, other = factories.team(name="Payments <b>"), factories.team(name="Payments, old")
    client = signed_in(factories.member(own))
    answer = client.get("/team-names/", {"team": "pay"}).content.decode()
    assert answer.count("<option") == 1 and "Payments &lt;b&gt;" in answer and other.name not in answer
    assert client.get("/team-names/", {"team": "no such\x00 team"}).content.strip() == b""
    many()
    assert signed_in(admin).get("/team-names/", {"team": ""}).content.count(b"<option") == MOST_LISTED
    assert Client().get("/team-names/").status_code == 302


@pytest.mark.parametrize(
    ("address", "of_the_first"),
    [("/repositories/", "In the first"), ("/frameworks/nist-ssdf/", "<li>1 repository</li>")],
)
def test_a_list_is_narrowed_to_a_team_by_name_among_many(
    address: str, of_the_first: str, admin: AbstractUser, signed_in: SignedIn
) -> None:
    teams = many(MOST_LISTED)
    factories.assessment(factories.repository(team=teams[0], name="In the first"))
    client = signed_in(admin)
    page = client.get(address, {"team": teams[0].slug}).content.decode()
    assert f'<option value="{teams[0].slug}" selected>' in page and "<datalist" not in page
    with CaptureQueriesContext(connection) as few:
        client.get(address)
    many(100)
    with CaptureQueriesContext(connection) as lots:
        page = client.get(address).content.decode()
    assert len(lots) == len(few)
    assert page.count('<option value="Crew ') == MOST_LISTED and f'value="{teams[0].slug}"' not in page
    for typed in ("crew 000", teams[0].slug):
        page = client.get(address, {"team": typed}).content.decode()
        assert f'value="{typed}"' in page
        assert of_the_first in page
    assert of_the_first not in client.get(address, {"team": "Crew 001"}).content.decode()


def test_a_repository_among_many_teams_goes_to_the_one_that_is_named(
    admin: AbstractUser, signed_in: SignedIn
) -> None:
    teams = many()
    repository = factories.repository(team=teams[0])
    person, stranger = factories.member(teams[0]), factories.member(teams[1])
    client, address = signed_in(admin), f"/repositories/{repository.slug}/settings/"
    page = client.get(address).content.decode()
    assert 'value="Crew 000"' in page and str(person.email) in page and str(stranger.email) not in page
    data = {"version": 0, "name": "Renamed", "team": "Crew 001", "tags": "", "interval_hours": ""}
    assert client.post(address, data).status_code in (200, 302)
    repository.refresh_from_db()
    assert (repository.team, repository.name) == (teams[1], "Renamed")
    wrong = client.post(address, data | {"version": repository.version, "team": "Crew 999"})
    assert wrong.status_code == 422 and "No team is called Crew 999." in wrong.content.decode()
