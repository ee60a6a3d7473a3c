"""A repository's settings: who may change what, two people at once, overrides that judge, archive, removal, undo."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import AbstractUser
from django.db.models import ProtectedError
from django.test import Client
from django.utils import timezone

from assessments.choices import Role, ScanState
from assessments.models import AuditEvent, Membership, Repository, ScanRequest
from assessments.selectors.reports import report_of_assessment
from assessments.services import repository_settings, retention
from assessments.services.due import due_repositories
from assessments.services.undo import SECONDS, offer
from tests import factories

pytestmark = pytest.mark.django_db
SignedIn = Callable[[AbstractUser], Client]


@pytest.fixture
def client(admin: AbstractUser, signed_in: SignedIn) -> Client:
    return signed_in(admin)


@pytest.fixture
def orders() -> Repository:
    owned = factories.repository(name="Orders", slug="orders")
    factories.assessment(owned)
    owned.refresh_from_db()
    return owned


def entered(of: Repository, **changes: Any) -> dict[str, Any]:
    """What the form sends for the repository as it is, but for ``changes``."""
    of.refresh_from_db()
    sent: dict[str, Any] = {
        "version": of.version,
        "name": of.name,
        "team": of.team_id,
        "tags": ", ".join(of.tags),
        "root": of.root,
    }
    return sent | changes


def undo_of(client: Client, address: str) -> str:
    page = client.get(address).content.decode()
    found = re.search(r'<input type="hidden" name="note" value="([^"]+)">', page)
    assert found, "no undo on the page"
    return found[1]


def test_settings_are_saved_noted_and_undone(client: Client, orders: Repository) -> None:
    owner = factories.member(orders.team)
    address = f"/repositories/{orders.slug}/settings/"
    sent = entered(
        orders,
        name="Orders 2",
        owner=owner.pk,
        tags="payments, tier-1,, payments",
        paused="on",
        interval_hours=12,
    )
    assert client.post(address, sent).status_code == 302
    orders.refresh_from_db()
    assert (orders.name, orders.owner, orders.tags) == ("Orders 2", owner, ["payments", "tier-1"])
    assert (orders.paused, orders.interval_hours, orders.version) == (True, 12, 1)
    line = AuditEvent.objects.get(action="repository.changed")
    assert line.details["name"] == ["Orders", "Orders 2"] and line.details["owner"] == [None, owner.username]
    note = undo_of(client, address)
    assert client.post("/undo/", {"note": note})["Location"] == address
    orders.refresh_from_db()
    assert (orders.name, orders.owner, orders.tags, orders.paused) == ("Orders", None, [], False)
    client.post("/undo/", {"note": note})
    assert "has changed since" in client.get("/").content.decode()


def test_of_two_people_who_edit_at_once_the_second_keeps_what_they_typed(
    client: Client, orders: Repository
) -> None:
    address = f"/repositories/{orders.slug}/settings/"
    mine = entered(orders, name="Mine", tags="mine")
    client.post(address, entered(orders, name="Theirs"))
    response = client.post(address, mine)
    page = response.content.decode()
    assert response.status_code == 409
    assert 'value="Mine"' in page and 'value="mine"' in page and "Theirs" in page
    assert "saved these settings while you edited them" in page
    orders.refresh_from_db()
    assert orders.name == "Theirs"
    assert 'name="version" value="1"' in page
    assert client.post(address, mine | {"version": 1}).status_code == 302
    orders.refresh_from_db()
    assert (orders.name, orders.tags) == ("Mine", ["mine"])


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "x" * 301}, "name"),
        ({"interval_hours": "0"}, "interval_hours"),
        ({"tags": ",".join(f"t{n}" for n in range(30))}, "tags"),
        ({"tags": "t" * 60}, "tags"),
        ({"root": "../up"}, "root"),
        ({"kind": "service"}, "reason"),
        ({"kind": "starship", "reason": "x"}, "kind"),
        ({"has_users": "perhaps", "reason": "x"}, "has_users"),
        ({"team": "999"}, "team"),
        ({"owner": "999"}, "owner"),
        ({"version": "-1"}, "version"),
    ],
)
def test_what_cannot_be_saved_is_kept_and_explained(
    client: Client, orders: Repository, change: dict[str, str], field: str
) -> None:
    response = client.post(f"/repositories/{orders.slug}/settings/", entered(orders, **change))
    assert response.status_code == 422 and field in response.context["form"].errors
    orders.refresh_from_db()
    assert orders.version == 0


def test_an_override_is_judged_by_noted_and_shown_in_the_report(client: Client, orders: Repository) -> None:
    address = f"/repositories/{orders.slug}/settings/"
    sent = entered(orders, kind="library", has_users="no", reason="It is built into others")
    assert client.post(address, sent).status_code == 302
    orders.refresh_from_db()
    assert orders.profile_override == {"kind": "library", "has_users": False}
    assert ScanRequest.objects.filter(repository=orders, state=ScanState.QUEUED).count() == 1
    line = AuditEvent.objects.get(action="repository.changed").details
    assert line["profile_override"] == [{}, {"kind": "library", "has_users": False}]
    assert line["profile_override_reason"] == ["", "It is built into others"]
    before = orders.current
    assert before and not report_of_assessment(orders, before).subject.set_by_hand
    profile = replace(factories.SERVICE, kind="library", has_users=False)
    after = factories.assessment(orders, profile=profile)
    assert after != before  # the same commit by the same rules, judged as something else
    orders.refresh_from_db()
    assert any("overridden" in sentence for sentence in report_of_assessment(orders, after).summary)
    page = client.get(f"/repositories/{orders.slug}/").content.decode()
    assert "of the kind library and without people who sign in" in page and "It is built into others" in page


def test_another_folder_is_judged_anew_and_may_not_be_taken(client: Client, orders: Repository) -> None:
    factories.repository(mirror=orders.mirror, root="services/billing")
    address = f"/repositories/{orders.slug}/settings/"
    response = client.post(address, entered(orders, root="services/billing"))
    assert response.status_code == 422 and "root" in response.context["form"].errors
    client.post(address, entered(orders, root="services/orders"))
    orders.refresh_from_db()
    assert orders.root == "services/orders" and orders.inputs["root"] == "services/orders"
    first = orders.current
    assert factories.assessment(orders) != first


def test_leads_change_what_does_not_move_grades(orders: Repository, signed_in: SignedIn) -> None:
    lead = signed_in(factories.member(orders.team, Role.LEAD))
    address = f"/repositories/{orders.slug}/settings/"
    page = lead.get(address).content.decode()
    assert 'name="kind"' not in page and 'name="root"' not in page
    lead.post(address, entered(orders, tags="ours", root="elsewhere", kind="library", reason="x"))
    orders.refresh_from_db()
    assert (orders.tags, orders.root, orders.profile_override) == (["ours"], "", {})


@pytest.mark.parametrize("role", [Role.MEMBER, Role.VIEWER])
def test_others_of_the_team_change_nothing(orders: Repository, signed_in: SignedIn, role: Role) -> None:
    client = signed_in(factories.member(orders.team, role))
    assert client.get(f"/repositories/{orders.slug}/settings/").status_code == 403
    for verb in ("settings", "archive", "restore", "remove"):
        sent = {"confirm": orders.name, **entered(orders, name="x")}
        assert client.post(f"/repositories/{orders.slug}/{verb}/", sent).status_code == 403
    stranger = signed_in(factories.member(factories.team(), Role.LEAD))
    for verb in ("settings", "archive", "restore", "remove"):
        assert stranger.post(f"/repositories/{orders.slug}/{verb}/").status_code == 404
    orders.refresh_from_db()
    assert (orders.version, orders.archived_at) == (0, None)


def test_an_owner_belongs_to_the_team(client: Client, orders: Repository) -> None:
    elsewhere = factories.member(factories.team())
    address = f"/repositories/{orders.slug}/settings/"
    response = client.post(address, entered(orders, owner=elsewhere.pk))
    assert response.status_code == 422 and "owner" in response.context["form"].errors


def test_an_archived_repository_leaves_lists_and_schedule_and_comes_back(
    client: Client, orders: Repository
) -> None:
    Repository.objects.filter(pk=orders.pk).update(next_scan_at=timezone.now() - timedelta(hours=1))
    waiting = factories.scan(orders)
    assert client.post(f"/repositories/{orders.slug}/archive/")["Location"] == "/repositories/"
    note = undo_of(client, "/activity/")
    waiting.refresh_from_db()
    assert waiting.state == ScanState.CANCELLED
    assert not due_repositories(timezone.now()).exists()
    assert "Orders" not in client.get("/repositories/").content.decode()
    assert "Orders" in client.get("/repositories/?archived=1").content.decode()
    page = client.get(f"/repositories/{orders.slug}/").content.decode()
    assert "Archived since" in page and f"/repositories/{orders.slug}/scan/" not in page
    client.post(f"/repositories/{orders.slug}/scan/")
    assert not ScanRequest.objects.filter(state=ScanState.QUEUED).exists()
    assert client.post("/undo/", {"note": note})["Location"] == f"/repositories/{orders.slug}/"
    assert "Orders" in client.get("/repositories/").content.decode()
    client.post(f"/repositories/{orders.slug}/archive/")
    client.post(f"/repositories/{orders.slug}/restore/")
    orders.refresh_from_db()
    assert orders.archived_at is None


def test_a_removed_repository_is_seen_by_nobody_and_gone_a_week_later(
    client: Client, orders: Repository
) -> None:
    address = f"/repositories/{orders.slug}/remove/"
    client.post(address, {"confirm": "orders"})
    assert Repository.objects.get().removed_at is None
    client.post(address, {"confirm": "Orders"})
    note = undo_of(client, "/activity/")
    assert client.get(f"/repositories/{orders.slug}/").status_code == 404
    assert "Orders" not in client.get("/repositories/?archived=1").content.decode()
    client.post("/undo/", {"note": note})
    assert client.get(f"/repositories/{orders.slug}/").status_code == 200
    client.post(address, {"confirm": "Orders"})
    assert retention.purge()["repositories"] == 0
    later = timezone.now() + timedelta(days=repository_settings.REMOVED_FOR_GOOD_DAYS, minutes=1)
    try:
        assert retention.purge(now=later)["repositories"] == 1
    except ProtectedError as error:
        pytest.fail(f"something holds a removed repository: {error}")
    assert not Repository.objects.exists()
    assert AuditEvent.objects.filter(action="repository.deleted", subject="Orders").exists()


def test_an_address_that_was_archived_comes_back_when_it_is_added(client: Client, orders: Repository) -> None:
    client.post(f"/repositories/{orders.slug}/archive/")
    client.post("/repositories/add/", {"source": orders.mirror.url, "team": orders.team_id})
    orders.refresh_from_db()
    assert orders.archived_at is None


def test_undo_is_for_who_was_offered_it_and_for_an_hour(
    client: Client,
    admin: AbstractUser,
    orders: Repository,
    signed_in: SignedIn,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    repository_settings.archive(repository=orders, actor=admin)
    given = {"repository": orders.pk}
    note = offer(user=admin, action="repository.gone", given=given, back="/")
    other = factories.admin()
    signed_in(other).post("/undo/", {"note": note})
    for wrong in ("", "x" * 50_000, note[:-2]):
        client.post("/undo/", {"note": wrong})
    lead = factories.member(orders.team, Role.LEAD)
    theirs = offer(user=lead, action="repository.gone", given=given, back="/")
    Membership.objects.filter(user=lead).delete()
    signed_in(lead).post("/undo/", {"note": theirs})
    monkeypatch.setattr("django.core.signing.time.time", lambda: timezone.now().timestamp() + SECONDS + 5)
    client.post("/undo/", {"note": note})
    orders.refresh_from_db()
    assert orders.archived_at is not None


def test_the_list_filters_by_tags_whatever_their_script(client: Client) -> None:
    for name, tags in (("One", ["payments", "支付"]), ("Two", ["pay"]), ("Three", [])):
        factories.repository(name=name, tags=tags)
    assert [row.name for row in client.get("/repositories/?tag=pay").context["page"].rows] == ["Two"]
    assert [row.name for row in client.get("/repositories/?tag=支付").context["page"].rows] == ["One"]
    assert client.get("/repositories/").context["page"].tags == ("pay", "payments", "支付")
    assert not client.get("/repositories/?tag=%22%5D%25").context["page"].rows


def test_a_schedule_that_was_set_on_its_own_page_counts_as_an_edit(
    client: Client, orders: Repository
) -> None:
    mine = entered(orders, name="Mine")
    assert client.post(f"/repositories/{orders.slug}/schedule/", {"interval_hours": 6}).status_code == 302
    response = client.post(f"/repositories/{orders.slug}/settings/", mine)
    assert response.status_code == 409 and 'value="Mine"' in response.content.decode()


@pytest.mark.parametrize("of_team", [True, False])
def test_a_pause_is_undone_unless_somebody_changed_the_schedule_since(
    client: Client, orders: Repository, of_team: bool
) -> None:
    subject = orders.team if of_team else orders
    place = f"/teams/{orders.team.slug}/" if of_team else f"/repositories/{orders.slug}/"

    def saved(**entered: object) -> str:
        client.post(f"{place}schedule/", entered)
        return undo_of(client, place)

    note = saved(interval_hours=48, paused="on")
    subject.refresh_from_db()
    assert subject.paused and subject.interval_hours == 48
    assert client.post("/undo/", {"note": note})["Location"] == place
    subject.refresh_from_db()
    assert not subject.paused and subject.interval_hours is None
    note = saved(paused="on")
    client.post(f"{place}schedule/", {"interval_hours": 6, "paused": "on"})
    page = client.post("/undo/", {"note": note}, follow=True).content.decode()
    assert "undo.too-late" in page
    subject.refresh_from_db()
    assert subject.paused and subject.interval_hours == 6
