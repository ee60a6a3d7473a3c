"""The page of a person's API tokens: made, shown once, listed, revoked."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib.auth.models import AbstractUser
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from assessments.models import ApiToken
from assessments.services.api_tokens import MOST_TOKENS, create_token, find_token
from tests import factories

pytestmark = pytest.mark.django_db
SignedIn = Callable[[AbstractUser], Client]
PAGE = "/account/tokens/"
TOKEN = re.compile(r"plb_[0-9a-f]{12}_[0-9a-f]{64}")


@pytest.fixture
def user() -> AbstractUser:
    return factories.member(factories.team(name="Shop"))


def test_the_account_menu_leads_to_the_page(user: AbstractUser, signed_in: SignedIn) -> None:
    assert f'href="{PAGE}"' in signed_in(user).get("/").content.decode()


def test_a_token_is_shown_once_and_opens_the_api(user: AbstractUser, signed_in: SignedIn) -> None:
    client = signed_in(user)
    response = client.post(PAGE, {"name": "CI <b>", "scopes": ["read", "scan"], "days": "30"})
    assert response.status_code == 200 and "no-store" in response["Cache-Control"]
    page = response.content.decode()
    [token] = set(TOKEN.findall(page))
    row = find_token(token)
    assert (row.owner, row.scopes, row.bound) == (user, ["read", "scan"], False)
    assert timedelta(days=29) < row.expires_at - timezone.now() <= timedelta(days=30)
    again = client.get(PAGE).content.decode()
    assert not TOKEN.search(again) and token.rsplit("_", 1)[1][:16] not in again
    assert f"plb_{row.public_id}" in again and "CI &lt;b&gt;" in again
    me = Client().get("/api/v1/me", headers={"Authorization": f"Bearer {token}"}).json()
    assert me["email"] == user.email and me["scopes"] == ["read", "scan"]


def test_own_tokens_come_as_a_file_without_any_token(user: AbstractUser, signed_in: SignedIn) -> None:
    client = signed_in(user)
    made = client.post(PAGE, {"name": "=Nightly", "scopes": ["read"], "days": "30"}).content.decode()
    [token] = set(TOKEN.findall(made))
    create_token(owner=factories.member(factories.team()), name="Theirs", scopes=["read"], teams=[], days=30)
    text = b"".join(client.get(f"{PAGE}?format=csv").streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    assert "'=Nightly" in text and ",live," in text and "Theirs" not in text
    assert token.rsplit("_", 1)[1][:16] not in text


def test_a_token_can_be_bound_to_own_teams_only(user: AbstractUser, signed_in: SignedIn) -> None:
    own, other = user.memberships.get().team, factories.team(name="Not mine")  # type: ignore[attr-defined]
    client = signed_in(user)
    assert other.name not in client.get(PAGE).content.decode()
    refused = client.post(PAGE, {"name": "CI", "scopes": ["read"], "days": "90", "teams": [own.pk, other.pk]})
    assert refused.status_code == 422 and not ApiToken.objects.exists()
    assert 'value="CI"' in refused.content.decode()  # what was typed is kept
    client.post(PAGE, {"name": "CI", "scopes": ["read"], "days": "90", "teams": [own.pk]})
    assert ApiToken.objects.get().bound
    assert "Shop" in client.get(PAGE).content.decode()


@pytest.mark.parametrize(
    "changes",
    [
        {"name": ""},
        {"name": "x" * 300},
        {"scopes": []},
        {"scopes": ["admin"]},
        {"days": "100000"},
        {"days": "x"},
        {"teams": ["x"]},
    ],
)
def test_what_cannot_be_had_is_said(
    user: AbstractUser, signed_in: SignedIn, changes: dict[str, object]
) -> None:
    response = signed_in(user).post(PAGE, {"name": "CI", "scopes": ["read"], "days": "90", **changes})
    assert response.status_code == 422 and b"Check what you entered" in response.content
    assert not ApiToken.objects.exists()


def test_only_administrators_are_offered_the_scope_that_administers(
    user: AbstractUser, admin: AbstractUser, signed_in: SignedIn
) -> None:
    assert 'value="admin"' not in signed_in(user).get(PAGE).content.decode()
    assert 'value="admin"' in signed_in(admin).get(PAGE).content.decode()
    both = {"name": "CI", "scopes": ["admin"], "days": "90", "teams": [factories.team().pk]}
    assert signed_in(admin).post(PAGE, both).status_code == 422


def test_a_token_is_revoked_and_stays_in_the_list(user: AbstractUser, signed_in: SignedIn) -> None:
    row, _ = create_token(owner=user, name="CI", scopes=["read"])
    client, address = signed_in(user), f"{PAGE}{row.public_id}/revoke/"
    assert b"Type the name" in client.get(address).content
    assert client.post(address, {"name": "another"}).status_code == 422
    for _ in range(2):
        response = client.post(address, {"name": "CI"}, follow=True)
        assert response.status_code == 200
    row.refresh_from_db()
    assert row.revoked_by == user and row.revoked_at is not None
    page = response.content.decode()
    assert "Revoked" in page and address not in page
    assert client.post(f"{PAGE}nothing/revoke/").status_code == 404


def test_the_page_says_when_there_are_no_more_to_have(user: AbstractUser, signed_in: SignedIn) -> None:
    for n in range(MOST_TOKENS):
        create_token(owner=user, name=f"CI {n}", scopes=["read"])
    page = signed_in(user).get(PAGE).content.decode()
    assert f"You have {MOST_TOKENS} tokens" in page and "Make token" not in page


def test_the_number_of_queries_does_not_grow_with_the_tokens(user: AbstractUser, signed_in: SignedIn) -> None:
    client, counts = signed_in(user), []
    for _ in range(2):
        for _ in range(5):
            create_token(owner=user, name="CI", scopes=["read"], teams=[user.memberships.get().team])  # type: ignore[attr-defined]
        client.get(PAGE)
        with CaptureQueriesContext(connection) as queries:
            client.get(PAGE)
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 8


def test_the_reference_names_every_endpoint_and_nothing_from_elsewhere(
    user: AbstractUser, signed_in: SignedIn
) -> None:
    client = signed_in(user)
    page = client.get("/api/").content.decode()
    for path in client.get("/api/v1/openapi.json").json()["paths"]:
        assert path in page, path
    assert "cdn" not in page.lower() and not re.search(r'(?:src|href)="https?://', page)
