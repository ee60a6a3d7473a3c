"""Saved views: whose they are, what they lead to, what becomes of old ones, and the list that opens with one."""

import re
from collections.abc import Callable
from datetime import timedelta
from urllib.parse import quote

import pytest
from django.contrib.auth.models import AbstractUser
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from assessments.addresses import LISTS, MAX_QUERY, canonical, parts_of, unknown_parts
from assessments.choices import Role
from assessments.models import DefaultView, Export, SavedView, Team
from assessments.services import saved_views
from assessments.services.saved_views import ViewError, remove_deleted, save_view
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("ruleset")]
SignedIn = Callable[[AbstractUser], Client]


@pytest.fixture
def team() -> Team:
    team = factories.team(name="Payments", slug="payments")
    factories.repository(team=team, name="Number one")
    return team


@pytest.fixture
def lead(team: Team) -> AbstractUser:
    return factories.member(team, Role.LEAD)


def text(client: Client, address: str, **headers: str) -> str:
    response = client.get(address, headers=headers)
    assert response.status_code == 200, (address, response.status_code)
    return response.content.decode()


def kept(owner: AbstractUser, query: str = "grade=F", name: str = "Red ones", **more: object) -> SavedView:
    return save_view(owner=owner, list="repositories", name=name, query=query, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("query", "one_form"),
    [
        ({"grade": "F", "q": " pay ", "page": "3", "format": "csv"}, "q=pay&grade=F"),
        ({"sort": "name", "q": ""}, ""),
        ({"sort": "-score", "area": "testing"}, "area=testing&sort=-score"),
        ({"sort": "password", "evil": "x"}, ""),
        ({"columns": "team,score,name"}, "columns=name,score,team"),
        ({"columns": "name,grade,score,change,trend,team,stack,judged"}, ""),
        ({"columns": "nothing"}, ""),
        ({"q": "a&b=c d\x00\u202e"}, "q=a%26b%3Dc+d"),
    ],
)
def test_what_asks_for_the_same_has_one_address(query: dict[str, str], one_form: str) -> None:
    assert canonical(LISTS["repositories"], query) == one_form
    assert canonical(LISTS["repositories"], parts_of(one_form)) == one_form


def test_a_canonical_query_is_bounded() -> None:
    query = {key: "語" * 5000 for key, _ in LISTS["repositories"].filters}
    assert len(canonical(LISTS["repositories"], query)) <= MAX_QUERY


def test_what_a_list_shows_is_kept_and_opened(signed_in: SignedIn, lead: AbstractUser, team: Team) -> None:
    client = signed_in(lead)
    factories.repository(team=team, letter="F", name="Old one")
    page = text(client, "/repositories/?sort=-score&grade=F&q=&team=payments&columns=name,grade")
    save = re.search(r'href="(/views/add/\?[^"]+)"', page)
    assert save
    form = text(client, save[1].replace("&amp;", "&"))
    assert "Payments" in form and "Grade" in form
    query = "team=payments&grade=F&sort=-score&columns=name,grade"
    assert f'value="{query.replace("&", "&amp;")}"' in form
    answer = client.post("/views/add/", {"list": "repositories", "query": query, "name": "Red ones"})
    assert answer.status_code == 302 and answer["Location"] == f"/repositories/?{query}"
    view = SavedView.objects.get()
    assert (view.owner, view.team, view.query) == (lead, None, query)
    assert client.get(f"/views/{view.pk}/")["Location"] == f"/repositories/?{query}"
    page = text(client, f"/repositories/?{query}")
    assert "Red ones" in page and "Old one" in page and "Save this view" not in page


def test_a_form_sent_twice_keeps_one_view(signed_in: SignedIn, lead: AbstractUser) -> None:
    data = {"list": "repositories", "query": "grade=F", "name": "Red ones"}
    client = signed_in(lead)
    for _ in range(2):
        assert client.post("/views/add/", data).status_code == 302
    assert SavedView.objects.count() == 1


@pytest.mark.parametrize("name", ["", "   ", "\x00", "語" * 201])
def test_what_cannot_be_kept_is_told_and_what_was_typed_stays(
    signed_in: SignedIn, lead: AbstractUser, name: str
) -> None:
    data = {"list": "repositories", "query": "grade=F", "name": name}
    answer = signed_in(lead).post("/views/add/", data)
    assert answer.status_code == 422 and not SavedView.objects.exists()
    assert "grade=F" in answer.content.decode()


def test_a_taken_name_is_told_with_its_id(signed_in: SignedIn, lead: AbstractUser) -> None:
    kept(lead)
    client = signed_in(lead)
    answer = client.post("/views/add/", {"list": "repositories", "query": "grade=A", "name": "red ONES"})
    page = answer.content.decode()
    assert answer.status_code == 422 and "view.name-taken" in page and 'value="red ONES"' in page
    other = kept(lead, "grade=A", "Green ones")
    assert client.post(f"/views/{other.pk}/edit/", {"name": "Red ones"}).status_code == 422
    assert client.post(f"/views/{other.pk}/edit/", {"name": "Best ones"}).status_code == 302
    other.refresh_from_db()
    assert other.name == "Best ones"


def test_nobody_keeps_views_without_end(lead: AbstractUser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(saved_views, "MAX_VIEWS", 1)
    kept(lead)
    with pytest.raises(ViewError, match="view.too-many"):
        kept(lead, "grade=A", "More")


def test_a_personal_view_does_not_exist_for_others(
    signed_in: SignedIn, lead: AbstractUser, team: Team
) -> None:
    view = kept(lead)
    for other in (factories.member(team), factories.admin()):
        client = signed_in(other)
        assert client.get(f"/views/{view.pk}/").status_code == 404
        for what in ("edit", "delete", "restore", "default"):
            assert client.post(f"/views/{view.pk}/{what}/", {"name": "x"}).status_code == 404
        assert view.name not in text(client, "/repositories/?q=a")
        assert view.name not in text(client, "/views/")
    view.refresh_from_db()
    assert view.deleted_at is None and view.name == "Red ones"


def test_a_team_view_is_seen_by_the_team_and_changed_by_its_maker_and_leads(
    signed_in: SignedIn, lead: AbstractUser, team: Team
) -> None:
    maker = factories.member(team)
    view = kept(maker, team=team)
    member, viewer = factories.member(team), factories.member(team, Role.VIEWER)
    stranger = factories.member(factories.team(), Role.LEAD)
    for user in (lead, maker, member, viewer):
        assert view.name in text(signed_in(user), "/repositories/?q=a")
        assert signed_in(user).get(f"/views/{view.pk}/").status_code == 302
    assert signed_in(stranger).get(f"/views/{view.pk}/").status_code == 404
    for user in (member, viewer):
        assert signed_in(user).post(f"/views/{view.pk}/delete/").status_code == 403
    for user in (maker, lead):
        assert signed_in(user).post(f"/views/{view.pk}/edit/", {"name": f"By {user.pk}"}).status_code == 302


def test_who_shares_belongs_to_the_team_and_is_no_viewer(signed_in: SignedIn, team: Team) -> None:
    data = {"list": "repositories", "query": "", "name": "All", "team": str(team.pk)}
    for user in (factories.member(team, Role.VIEWER), factories.member(factories.team(), Role.LEAD)):
        assert signed_in(user).post("/views/add/", data).status_code == 422
    assert signed_in(factories.member(team)).post("/views/add/", data).status_code == 302
    assert SavedView.objects.get().team == team


def undo_of(client: Client, address: str) -> str:
    found = re.search(r'name="note" value="([^"]+)"', client.post(address, follow=True).content.decode())
    assert found, "no undo on the page"
    return found[1]


def test_a_deleted_view_can_be_brought_back(signed_in: SignedIn, lead: AbstractUser) -> None:
    view, client = kept(lead), signed_in(lead)
    note = undo_of(client, f"/views/{view.pk}/delete/")
    assert client.get(f"/views/{view.pk}/").status_code == 404
    assert remove_deleted(timezone.now()) == 0
    assert client.post("/undo/", {"note": note})["Location"] == "/views/"
    assert client.get(f"/views/{view.pk}/").status_code == 302
    note = undo_of(client, f"/views/{view.pk}/delete/")
    kept(lead, "grade=A")
    assert "view.name-taken" in client.post("/undo/", {"note": note}, follow=True).content.decode()
    assert remove_deleted(timezone.now() + timedelta(days=2)) == 1
    assert not SavedView.objects.filter(pk=view.pk).exists()


def test_all_views_come_as_a_file(signed_in: SignedIn, lead: AbstractUser, team: Team) -> None:
    kept(lead), kept(lead, "grade=A", team=team)
    kept(factories.member(factories.team()), "grade=B")
    text = b"".join(signed_in(lead).get("/views/?format=csv").streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    assert text.count("/views/") == 2 and "grade: F" in text and team.name in text and "grade: B" not in text


def test_a_shared_view_outlives_its_maker(lead: AbstractUser, team: Team) -> None:
    own, shared = kept(lead), kept(lead, team=team)
    lead.delete()
    assert remove_deleted(timezone.now()) == 1
    assert [*SavedView.objects.all()] == [shared] and own != shared


def test_a_list_opens_with_the_view_that_the_person_chose(signed_in: SignedIn, lead: AbstractUser) -> None:
    view, client = kept(lead), signed_in(lead)
    assert client.get("/repositories/").status_code == 200
    client.post(f"/views/{view.pk}/default/")
    client.post(f"/views/{view.pk}/default/")
    assert DefaultView.objects.count() == 1
    assert client.get("/repositories/")["Location"] == "/repositories/?grade=F"
    for asks in ("?view=none", "?q=", "?grade=A"):
        page = text(client, f"/repositories/{asks}")
    assert 'href="/repositories/?view=none"' in page
    assert client.get("/repositories/", headers={"HX-Request": "true"}).status_code == 200
    note = undo_of(client, f"/views/{view.pk}/delete/")
    assert client.get("/repositories/").status_code == 200
    client.post("/undo/", {"note": note})
    assert client.get("/repositories/").status_code == 302
    client.post(f"/views/{view.pk}/default/", {"off": "1"})
    assert client.get("/repositories/").status_code == 200


def test_somebody_elses_default_leads_nowhere_once_they_left_the_team(
    signed_in: SignedIn, lead: AbstractUser, team: Team
) -> None:
    reader = factories.member(team)
    saved_views.set_default(user=reader, view=kept(lead, team=team))
    reader.memberships.all().delete()
    assert signed_in(reader).get("/repositories/").status_code == 200


def test_what_an_old_view_asks_for_in_vain_is_left_out_and_said_once(
    signed_in: SignedIn, lead: AbstractUser
) -> None:
    view, client = kept(lead), signed_in(lead)
    old = "team=gone&grade=F&colour=red&sort=-stars&columns=name,score,smell"
    SavedView.objects.filter(pk=view.pk).update(query=old)
    answer = client.get(f"/views/{view.pk}/")
    assert answer["Location"] == "/repositories/?grade=F&columns=name,score"
    page = text(client, answer["Location"])
    for said in ("view.outdated", "team “gone”", "filter “colour”", "column “smell”"):
        assert page.count(said) == 1, said
    assert "view.outdated" not in text(client, answer["Location"])
    assert unknown_parts(LISTS["repositories"], parts_of("q=a&sort=score&columns=name")) == []


@pytest.mark.parametrize("list", sorted(LISTS))
def test_every_filtered_list_has_its_views(signed_in: SignedIn, list: str) -> None:
    user = factories.admin()
    factories.scan(factories.repository())
    client, one = signed_in(user), LISTS[list]
    key, value = {"activity": ("state", "failed"), "exports": ("state", "failed")}.get(list, ("q", "x"))
    view = save_view(owner=user, list=list, name="Mine", query=f"{key}={value}")
    address = client.get(f"/views/{view.pk}/")["Location"]
    assert address.endswith(f"?{key}={value}")
    page = text(client, address)
    assert "Mine" in page or list == "exports"  # which has nothing to filter yet
    assert one.title in text(client, "/views/")


def test_every_filter_of_a_form_is_kept_in_the_canonical_address(signed_in: SignedIn) -> None:
    user = factories.admin()
    one = factories.repository(tags=["edge"])
    factories.repository(team=one.team, archived_at=timezone.now())
    Export.objects.create(repository=one, requested_by=user, requested_at=factories.NOW)
    client = signed_in(user)
    for kind, of in LISTS.items():
        page = text(client, reverse(of.route))
        forms = re.findall(r'<form class="filters".*?</form>', page, re.DOTALL)
        named = set(re.findall(r'name="(\w+)"', "".join(forms)))
        assert named <= {key for key, _ in of.filters} | {"sort", "columns"}, kind
        assert named or kind == "activity"
    assert "tag=edge&archived=1" in canonical(LISTS["repositories"], {"archived": "1", "tag": "edge"})


def test_an_unknown_list_or_view_does_not_exist(signed_in: SignedIn, lead: AbstractUser) -> None:
    client = signed_in(lead)
    for address in ("/views/add/", "/views/add/?list=passwords", "/views/999/", "/views/999/edit/"):
        assert client.get(address).status_code == 404
    SavedView.objects.create(owner=lead, list="gone", name="Old")
    assert "Old" not in text(client, "/views/")


def test_menus_and_pages_cost_the_same_for_many_views(
    signed_in: SignedIn, lead: AbstractUser, team: Team
) -> None:
    client = signed_in(lead)

    def counts() -> list[int]:
        found = []
        for address in ("/repositories/?q=a", "/views/"):
            with CaptureQueriesContext(connection) as queries:
                text(client, address)
            found.append(len(queries))
        return found

    kept(lead)
    kept(lead, team=team)
    counts()
    few = counts()
    for n in range(40):
        kept(lead, f"q={n}", f"View {n}", team=team if n % 2 else None)
    assert counts() == few


def test_filtering_without_reload_leaves_the_canonical_address(
    signed_in: SignedIn, lead: AbstractUser
) -> None:
    client = signed_in(lead)
    answer = client.get(
        f"/repositories/?q={quote('a b')}&team=&grade=&area=&sort=name", headers={"HX-Request": "true"}
    )
    assert answer["HX-Push-Url"] == "/repositories/?q=a+b"
