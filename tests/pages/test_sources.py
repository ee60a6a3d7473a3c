"""A team's settings: its credentials and push hooks; who may see and change them."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import AbstractUser
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from assessments.choices import CredentialKind, Forge, Role
from assessments.models import Credential, CredentialGrant, PushHook, Repository, Team
from assessments.services import credentials, hooks
from tests import factories

pytestmark = pytest.mark.django_db
SignedIn = Callable[[AbstractUser], Client]
TOKEN = "tok" + "en-4711-" + "zwieback"


@pytest.fixture
def team() -> Team:
    return factories.team()


@pytest.fixture
def credential(team: Team) -> Credential:
    return kept(team)


@pytest.fixture
def hook(team: Team) -> PushHook:
    return hooks.add_hook(name="Pushes", provider=Forge.GITHUB, team=team, actor=factories.admin())[0]


def kept(*teams: Team, name: str = "Deploy token") -> Credential:
    return credentials.add_credential(
        name=name,
        kind=CredentialKind.TOKEN,
        secret=TOKEN,
        prefixes=["https://forge.example/acme"],
        teams=teams,
        actor=factories.admin(),
    )


def form(team: Team, **changes: Any) -> dict[str, Any]:
    return {
        "name": "Deploy token",
        "kind": "token",
        "secret": TOKEN,
        "prefixes": "https://forge.example/acme\nhttps://forge.example/other",
        "teams": [team.pk],
        **changes,
    }


def test_a_lead_adds_a_credential_and_never_sees_it_again(team: Team, signed_in: SignedIn) -> None:
    client = signed_in(factories.member(team, Role.LEAD))
    response = client.post("/credentials/add/", form(team), follow=True)
    assert response.status_code == 200
    credential = Credential.objects.get()
    assert list(credential.teams.all()) == [team]
    assert credential.prefixes == ["https://forge.example/acme", "https://forge.example/other"]
    for address in (
        f"/teams/{team.slug}/settings/",
        f"/credentials/{credential.pk}/",
        f"/credentials/{credential.pk}/replace/",
    ):
        text = client.get(address).content.decode()
        assert TOKEN not in text
    assert "••••" in client.get(f"/credentials/{credential.pk}/").content.decode()


def test_a_lead_binds_no_other_team(team: Team, signed_in: SignedIn) -> None:
    client = signed_in(factories.member(team, Role.LEAD))
    response = client.post("/credentials/add/", form(factories.team()))
    assert response.status_code == 422
    assert not Credential.objects.exists()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"prefixes": "http://forge.example/acme"}, "starts with https"),
        ({"prefixes": "ssh://forge.example/acme"}, "serves addresses with https"),
        ({"secret": "two words"}, "one word"),
        ({"username": "a:b"}, "no colon"),
        ({"expires_on": "2001-01-01"}, "has passed"),
        ({"kind": "ssh", "prefixes": "ssh://forge.example/a"}, "no private key"),
        ({"teams": []}, "required"),
    ],
)
def test_what_cannot_be_used_is_said_at_its_field_and_no_secret_comes_back(
    team: Team, signed_in: SignedIn, changes: dict[str, Any], said: str
) -> None:
    client = signed_in(factories.member(team, Role.LEAD))
    response = client.post("/credentials/add/", form(team, **changes))
    assert response.status_code == 422
    text = response.content.decode()
    assert said in text
    assert TOKEN not in text
    assert response["Cache-Control"].startswith("max-age=0")


def test_a_lead_replaces_and_revokes(team: Team, credential: Credential, signed_in: SignedIn) -> None:
    client = signed_in(factories.member(team, Role.LEAD))
    sealed = credential.secret
    assert client.post(f"/credentials/{credential.pk}/replace/", {"secret": "fresh-token"}).status_code == 302
    credential.refresh_from_db()
    assert credential.secret != sealed and credential.replaced_at is not None
    wrong = client.post(f"/credentials/{credential.pk}/revoke/", {"name": "another"})
    assert (wrong.status_code, Credential.objects.get().revoked_at) == (422, None)
    assert client.post(f"/credentials/{credential.pk}/revoke/", {"name": "Deploy token"}).status_code == 302
    assert Credential.objects.get().revoked_at is not None
    assert client.post(f"/credentials/{credential.pk}/replace/", {"secret": "x"}).status_code == 403


def test_one_that_serves_another_team_too_is_for_admins_to_change(team: Team, signed_in: SignedIn) -> None:
    shared = kept(team, factories.team())
    client = signed_in(factories.member(team, Role.LEAD))
    assert client.get(f"/credentials/{shared.pk}/").status_code == 200
    for action in ("replace", "revoke"):
        assert client.get(f"/credentials/{shared.pk}/{action}/").status_code == 403


def test_only_admins_grant(team: Team, credential: Credential, signed_in: SignedIn) -> None:
    shop = factories.repository(mirror=factories.mirror("https://forge.example/acme/shop"))
    data = {"repository": shop.slug, "reason": "Audit"}
    lead = signed_in(factories.member(team, Role.LEAD))
    assert lead.post(f"/credentials/{credential.pk}/grants/", data).status_code == 403
    admin = signed_in(factories.admin())
    assert (
        admin.post(f"/credentials/{credential.pk}/grants/", {**data, "repository": "none"}).status_code == 422
    )
    assert admin.post(f"/credentials/{credential.pk}/grants/", data).status_code == 302
    grant = CredentialGrant.objects.get()
    assert (grant.team, grant.mirror) == (shop.team, shop.mirror)
    assert "Audit" in admin.get(f"/credentials/{credential.pk}/").content.decode()
    address = f"/credentials/{credential.pk}/grants/{grant.pk}/withdraw/"
    assert lead.post(address).status_code == 403
    page = admin.post(address, follow=True).content.decode()
    assert not CredentialGrant.objects.exists()
    found = re.search(r'name="note" value="([^"]+)"', page)
    assert found, "no undo on the page"
    lead.post("/undo/", {"note": found[1]})
    assert not CredentialGrant.objects.exists(), "the note was the admin's"
    assert admin.post("/undo/", {"note": found[1]})["Location"] == f"/credentials/{credential.pk}/"
    again = CredentialGrant.objects.get()
    assert (again.team, again.mirror, again.reason) == (shop.team, shop.mirror, "Audit")


def test_strangers_find_nothing_and_members_may_not(
    team: Team, credential: Credential, hook: PushHook, signed_in: SignedIn
) -> None:
    stranger = signed_in(factories.member(factories.team(), Role.LEAD))
    for address in (
        f"/teams/{team.slug}/settings/",
        f"/credentials/{credential.pk}/",
        f"/credentials/{credential.pk}/replace/",
        f"/webhooks/{hook.public_id}/",
        f"/webhooks/{hook.public_id}/revoke/",
    ):
        assert stranger.get(address).status_code == 404, address
    member = signed_in(factories.member(team))
    assert member.get(f"/teams/{team.slug}/settings/").status_code == 403
    assert member.get("/credentials/add/").status_code == 403
    assert member.get(f"/credentials/{credential.pk}/").status_code == 404
    assert "Settings" not in member.get(f"/teams/{team.slug}/").content.decode()
    assert stranger.get("/credentials/").status_code == 403


def test_a_hooks_secret_is_shown_once(team: Team, signed_in: SignedIn) -> None:
    client = signed_in(factories.member(team, Role.LEAD))
    response = client.post("/webhooks/add/", {"name": "Pushes", "provider": "gitlab", "team": team.pk})
    assert response.status_code == 200
    hook = PushHook.objects.get()
    from assessments.vault import unseal

    secret = unseal(hook.secret)
    assert secret in response.content.decode()
    page = client.get(f"/webhooks/{hook.public_id}/").content.decode()
    assert secret not in page
    assert f"/hooks/gitlab/{hook.public_id}/" in page
    renewed = client.post(f"/webhooks/{hook.public_id}/secret/")
    hook.refresh_from_db()
    assert unseal(hook.secret) in renewed.content.decode()
    assert unseal(hook.secret) != secret
    assert client.post(f"/webhooks/{hook.public_id}/revoke/", {"name": "Pushes"}).status_code == 302
    assert client.post(f"/webhooks/{hook.public_id}/secret/").status_code == 404


def test_only_admins_make_a_hook_for_all_teams(team: Team, signed_in: SignedIn) -> None:
    data = {"name": "All", "provider": "github", "team": ""}
    assert signed_in(factories.member(team, Role.LEAD)).post("/webhooks/add/", data).status_code == 422
    assert signed_in(factories.admin()).post("/webhooks/add/", data).status_code == 200
    assert PushHook.objects.get().team is None


@pytest.mark.parametrize("address", ["/credentials/", "/teams/{slug}/settings/"])
def test_query_counts_do_not_grow(team: Team, admin: AbstractUser, signed_in: SignedIn, address: str) -> None:
    client = signed_in(admin)

    def more(number: int) -> None:
        for n in range(number):
            kept(team, name=f"Token {number}-{n}")
            hooks.add_hook(name=f"Hook {number}-{n}", provider=Forge.GITEA, team=team, actor=admin)
            factories.repository(team=team, last_error_id="credential.none-matches")

    def queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as captured:
            assert client.get(address.format(slug=team.slug)).status_code == 200
        return len(captured)

    more(1)
    queries()
    one = queries()
    more(9)
    assert queries() == one


def test_a_hooks_deliveries_cost_one_query(
    team: Team, hook: PushHook, admin: AbstractUser, signed_in: SignedIn
) -> None:
    client = signed_in(admin)

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client.get(f"/webhooks/{hook.public_id}/").status_code == 200
        return len(captured)

    def deliver() -> None:
        hook.deliveries.create(
            at=factories.NOW, event="push", outcome="queued", repository=factories.repository(team=team)
        )

    deliver()
    queries()
    one = queries()
    for _ in range(9):
        deliver()
    assert queries() == one


def csv_of(client: Client, address: str) -> str:
    response = client.get(address)
    assert response["Content-Type"] == "text/csv; charset=utf-8", address
    return b"".join(response.streaming_content).decode()  # type: ignore[attr-defined]  # a streaming response


def test_credentials_hooks_grants_and_what_waits_come_as_files_without_a_secret(
    team: Team, credential: Credential, hook: PushHook, signed_in: SignedIn
) -> None:
    shop = factories.repository(mirror=factories.mirror("https://forge.example/acme/shop"), team=team)
    Repository.objects.filter(pk=shop.pk).update(last_error_id="credential.none-matches")
    other = factories.repository(mirror=factories.mirror("https://forge.example/acme/other"))
    credentials.grant_credential(
        credential=credential, team=other.team, mirror=other.mirror, reason="=1+1", actor=factories.admin()
    )
    admin, lead = signed_in(factories.admin()), signed_in(factories.member(team, Role.LEAD))
    own, all_teams, one = f"/teams/{team.slug}/settings/", "/credentials/", f"/credentials/{credential.pk}/"
    for client, address, holds in (
        (admin, f"{all_teams}?format=csv", "https://forge.example/acme"),
        (admin, f"{all_teams}?format=csv&table=hooks", "Pushes"),
        (admin, f"{all_teams}?format=csv&table=waiting", shop.name),
        (admin, f"{one}?format=csv&table=grants", "'=1+1"),
        (lead, f"{own}?format=csv", "Deploy token"),
        (lead, f"{own}?format=csv&table=hooks", "Listening"),
        (lead, f"{own}?format=csv&table=waiting", "credential.none-matches"),
        (lead, f"/webhooks/{hook.public_id}/?format=csv", "What came of it"),
    ):
        content = csv_of(client, address)
        assert holds in content, address
        assert TOKEN not in content and credential.secret not in content and hook.secret not in content
        assert "table=" in client.get(address.split("?")[0]).content.decode() or "/webhooks/" in address
    assert lead.get(f"{all_teams}?format=csv").status_code == 403
    stranger = signed_in(factories.member(factories.team(), Role.LEAD))
    for address in (own, one, f"/webhooks/{hook.public_id}/"):
        assert stranger.get(f"{address}?format=csv").status_code in (403, 404)
