"""Every address needs sign-in, and what a person may not see does not exist for them."""

import re
from collections.abc import Callable, Iterator

import pytest
from django.contrib.auth.models import AbstractUser
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from assessments.choices import ExportState, Role
from assessments.models import AuditEvent, Export, Repository, ScanRequest
from assessments.services.api_tokens import create_token
from tests import factories

pytestmark = pytest.mark.django_db
SignedIn = Callable[[AbstractUser], Client]

OPEN = {
    "healthz",
    "readyz",  # by token or address; tests/pages/test_health.py holds that
    "metrics",
    "notification-stop",  # the address in a mail is signed; tests/pages/test_notifications.py holds that
    "push-hook",  # forges sign in by a signature; tests/assessments/test_hooks.py holds that
    "/admin/login/",
    "/admin/logout/",
    "/admin/jsi18n/",
    "account_login",
    "account_logout",
    "account_signup",
    "account_inactive",
    "account_email_verification_sent",
    "account_confirm_email",
    "account_confirm_login_code",
    "account_request_login_code",
    "account_reset_password",
    "account_reset_password_done",
    "account_reset_password_from_key",
    "account_reset_password_from_key_done",
    "mfa_authenticate",
    "mfa_trust",
}
"""Open to all, by name or address: the sign of life, what signs people in, words for the admin's scripts."""
_UUID = "0b7e6f3a-4f0c-4d9e-9a55-3f6f1f2c7d10"
_SAMPLES = {
    "provider": "github",
    "slug": "a-slug",
    "item": "testing.unit",
    "uuid": _UUID,
    "int": "1",
    "path": "1",
}
_PARAMETER = re.compile(r"<(?:(\w+):)?(\w+)>")


def addresses(patterns: list[URLPattern | URLResolver], prefix: str = "") -> Iterator[tuple[str, str]]:
    """(name, address) of each route, with samples for its parameters; regular expressions are left out."""
    for entry in patterns:
        route = getattr(entry.pattern, "_route", None)
        if route is None:
            continue
        if isinstance(entry, URLResolver):
            yield from addresses(entry.url_patterns, prefix + route)
        else:
            address = _PARAMETER.sub(
                lambda m: _SAMPLES.get(m[2]) or _SAMPLES.get(m[1] or "", "x"), prefix + route
            )
            yield entry.name or "", f"/{address}"


ALL = sorted(set(addresses(get_resolver().url_patterns)))


def test_the_walk_finds_the_product() -> None:
    names = {name for name, _ in ALL}
    assert {"fleet", "repository-scan", "export-download", "account_login", "tokens", "assessment"} <= names
    assert "/admin/queues/" in {address for _, address in ALL}
    assert all("<" not in address for _, address in ALL)


def test_nobody_gets_in_without_signing_in(queue_server: str) -> None:
    client, entered = Client(), []
    for name, address in ALL:
        if name in OPEN or address in OPEN:
            continue
        for method in ("GET", "POST"):
            response = client.generic(method, address)
            inside = not response.headers.get("Location", "").startswith(
                ("/accounts/login/", "/admin/login/")
            )
            if (
                response.status_code not in (401, 405) and inside
            ):  # the API says 401 where a page leads to the sign-in
                entered.append((name, method, address, response.status_code))
    assert entered == []


def test_only_a_sign_of_life_is_open(client: Client) -> None:
    response = client.get("/healthz")
    assert (response.status_code, response.content) == (200, b"ok\n")


def test_nobody_signs_themselves_up(client: Client, queue_server: str) -> None:
    response = client.post(
        "/accounts/signup/",
        {"email": "new@example.org", "password1": factories.PASSWORD, "password2": factories.PASSWORD},
    )
    assert b"new@example.org" not in response.content or response.status_code == 200
    assert not factories.get_user_model().objects.filter(email="new@example.org").exists()


@pytest.fixture
def owned() -> Repository:
    return factories.assessment().repository


@pytest.fixture
def export(owned: Repository) -> Export:
    owned.refresh_from_db()
    return Export.objects.create(
        repository=owned,
        assessment=owned.current,
        requested_by=factories.member(owned.team),
        requested_at=factories.NOW,
        state=ExportState.DONE,
        file="gone.pdf",
    )


def pages_of(repository: Repository, export: Export) -> list[tuple[str, str]]:
    return [
        ("GET", f"/repositories/{repository.slug}/"),
        ("GET", f"/repositories/{repository.slug}/progress/"),
        ("POST", f"/repositories/{repository.slug}/scan/"),
        ("GET", f"/repositories/{repository.slug}/evidence/"),
        ("GET", f"/repositories/{repository.slug}/evidence/file/?path=app/main.py"),
        ("GET", f"/repositories/{repository.slug}/settings/"),
        ("POST", f"/repositories/{repository.slug}/archive/"),
        ("POST", f"/repositories/{repository.slug}/export/"),
        ("GET", f"/teams/{repository.team.slug}/"),
        ("POST", f"/teams/{repository.team.slug}/scan/"),
        ("GET", f"/exports/{export.key}/"),
        ("GET", f"/api/v1/repositories/{repository.slug}"),
        ("GET", f"/api/v1/repositories/{repository.slug}/assessment"),
        ("GET", f"/api/v1/repositories/{repository.slug}/history"),
        ("GET", f"/api/v1/teams/{repository.team.slug}"),
        ("GET", f"/api/v1/exports/{export.key}"),
        ("GET", f"/api/v1/exports/{export.key}/file"),
    ]


def test_another_teams_repository_does_not_exist(
    owned: Repository, export: Export, signed_in: SignedIn
) -> None:
    for stranger in (factories.member(factories.team(), Role.LEAD), factories.person()):
        client = signed_in(stranger)
        for method, address in pages_of(owned, export):
            assert client.generic(method, address).status_code == 404, address
    assert not ScanRequest.objects.exists()
    assert Export.objects.count() == 1


def test_lists_do_not_name_what_belongs_to_others(
    owned: Repository, export: Export, signed_in: SignedIn
) -> None:
    factories.scan(owned)
    client = signed_in(factories.member(factories.team()))
    for address in (
        "/",
        "/repositories/",
        f"/repositories/?q={owned.name}&team={owned.team.slug}",
        "/teams/",
        "/standard/",
        "/standard/testing.unit/",
        "/activity/",
        "/exports/",
        "/api/v1/me",
        "/api/v1/repositories",
        f"/api/v1/repositories?team={owned.team.slug}",
        "/api/v1/teams",
        "/api/v1/items/testing.unit",
        "/api/v1/items/testing.unit/repositories?verdict=pass",
        "/api/v1/scans",
        f"/api/v1/scans?repository={owned.slug}",
        "/api/v1/exports",
    ):
        text = client.get(address).content.decode()
        text = text.replace(f'value="{owned.name}"', "")  # the search field repeats what was typed
        assert owned.name not in text, address
        assert owned.team.name not in text, address


def test_a_viewer_reads_and_asks_for_no_scan(owned: Repository, signed_in: SignedIn) -> None:
    client = signed_in(factories.member(owned.team, Role.VIEWER))
    assert client.get(f"/repositories/{owned.slug}/").status_code == 200
    assert client.post(f"/repositories/{owned.slug}/scan/").status_code == 403
    assert client.post(f"/teams/{owned.team.slug}/scan/").status_code == 403
    assert not ScanRequest.objects.exists()


def test_only_admins_add_repositories(owned: Repository, signed_in: SignedIn) -> None:
    lead = signed_in(factories.member(owned.team, Role.LEAD))
    assert lead.get("/repositories/add/").status_code == 403
    assert lead.post("/repositories/add/", {"source": "https://github.com/a/b"}).status_code == 403


def test_members_stay_out_of_the_admin(owned: Repository, signed_in: SignedIn) -> None:
    client = signed_in(factories.member(owned.team, Role.LEAD))
    for address in ("/admin/", "/admin/queues/", "/admin/assessments/rulesetdraft/"):
        assert client.get(address).status_code in (302, 403), address


def test_an_export_is_another_persons_in_the_same_team(
    owned: Repository, export: Export, signed_in: SignedIn
) -> None:
    client = signed_in(factories.member(owned.team))
    assert client.get(f"/exports/{export.key}/").status_code == 404


def test_a_token_is_its_owners_alone(owned: Repository, admin: AbstractUser, signed_in: SignedIn) -> None:
    token, _ = create_token(owner=factories.member(owned.team), name="Secret plans", scopes=["read"])
    for other in (admin, factories.member(owned.team)):
        client = signed_in(other)
        assert token.name not in client.get("/account/tokens/").content.decode()
        assert client.post(f"/account/tokens/{token.public_id}/revoke/").status_code == 404
    token.refresh_from_db()
    assert token.revoked_at is None


def test_an_export_whose_file_is_gone_is_not_found(export: Export, signed_in: SignedIn) -> None:
    assert signed_in(export.requested_by).get(f"/exports/{export.key}/").status_code == 404


@pytest.mark.parametrize(
    "address", ["/repositories/a-slug/scan/", "/teams/a-slug/scan/", "/repositories/x/export/"]
)
def test_what_changes_something_cannot_be_got(address: str, admin: AbstractUser, signed_in: SignedIn) -> None:
    assert signed_in(admin).get(address).status_code == 405


def test_a_post_from_elsewhere_is_refused(owned: Repository, queue_server: str) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(factories.admin(), backend="django.contrib.auth.backends.ModelBackend")
    assert client.post(f"/repositories/{owned.slug}/scan/").status_code == 403


def test_every_page_carries_the_security_headers(admin: AbstractUser, signed_in: SignedIn) -> None:
    for response in (
        signed_in(admin).get("/"),
        Client().get("/accounts/login/"),
        signed_in(admin).get("/admin/"),
    ):
        policy = response["Content-Security-Policy"]
        assert "default-src 'self'" in policy and "unsafe" not in policy
        assert response["X-Frame-Options"] == "DENY"
        assert response["X-Content-Type-Options"] == "nosniff"
        assert response["Referrer-Policy"] == "same-origin"


def test_the_audit_log_cannot_be_changed(admin: AbstractUser, signed_in: SignedIn) -> None:
    event = AuditEvent.objects.create(action="x", subject="y")
    client = signed_in(admin)
    assert (
        client.post(f"/admin/assessments/auditevent/{event.pk}/change/", {"subject": "z"}).status_code == 403
    )
    assert (
        client.post(f"/admin/assessments/auditevent/{event.pk}/delete/", {"post": "yes"}).status_code == 403
    )
