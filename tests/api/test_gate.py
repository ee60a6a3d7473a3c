"""Who gets in: tokens, their scopes, teams and end; sessions that only read; the rate; the form of every error."""

import io
import logging
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import AbstractUser
from django.core import serializers
from django.core.cache import cache
from django.test import Client
from django.utils import timezone
from redis.exceptions import ConnectionError as CacheAway

from assessments.api import gate
from assessments.choices import Role
from assessments.failures import FAILURES
from assessments.models import ApiToken, AuditEvent, ScanRequest
from assessments.services.api_tokens import create_token, revoke_token
from config.logs import formatter
from tests import factories
from tests.api.conftest import ROOT, Asking

pytestmark = pytest.mark.django_db
SignedIn = Callable[[AbstractUser], Client]


def error_of(response: Any) -> str:
    """The id of an error, after a look at its form."""
    body = response if isinstance(response, dict) else response.json()
    assert set(body) == {"error"} and set(body["error"]) == {"id", "message", "hint"}
    assert body["error"]["id"] in FAILURES and body["error"]["message"] and body["error"]["hint"]
    return str(body["error"]["id"])


@pytest.mark.parametrize("path", ["/", "/repositories", "/nowhere", "/openapi.json", "/scans/1"])
@pytest.mark.parametrize("method", ["get", "post", "put", "delete", "options"])
def test_nothing_answers_without_a_token(path: str, method: str, queue_server: str) -> None:
    response = getattr(Client(), method)(ROOT + path)
    assert (response.status_code, error_of(response)) == (401, "token.missing")
    assert response["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize(
    "header",
    ["Bearer", "Bearer ", "Bearer plb_x", "Bearer " + "plb_" + "0" * 12 + "_" + "0" * 64, "Bearer é"],
)
def test_what_is_no_token_is_unknown(header: str, queue_server: str) -> None:
    response = Client().get(f"{ROOT}/me", headers={"Authorization": header})
    assert (response.status_code, error_of(response)) == (401, "token.unknown")


def test_another_scheme_is_no_token_even_beside_a_session(admin: AbstractUser, signed_in: SignedIn) -> None:
    client = signed_in(admin)
    response = client.get(f"{ROOT}/me", headers={"Authorization": "Basic YTpi"})
    assert (response.status_code, error_of(response)) == (401, "token.missing")
    response = client.get(f"{ROOT}/me", headers={"Authorization": "Bearer plb_no"})
    assert response.status_code == 401


def test_ended_tokens_say_why(asking: Asking) -> None:
    program = asking(factories.person())
    assert program.get("/me")["scopes"] == ["read"]
    row = ApiToken.objects.get()
    ApiToken.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert error_of(program.get("/me", 401)) == "token.expired"
    revoke_token(token=row, actor=row.owner)
    assert error_of(program.get("/me", 401)) == "token.revoked"


def test_use_is_written_down(asking: Asking) -> None:
    asking(factories.person()).get("/me")
    assert ApiToken.objects.get().last_used_at is not None


def test_a_session_reads_and_changes_nothing(admin: AbstractUser, signed_in: SignedIn) -> None:
    repository = factories.repository()
    client = signed_in(admin)
    assert client.get(f"{ROOT}/repositories").json()["count"] == 1
    assert client.get(f"{ROOT}/openapi.json").json()["openapi"].startswith("3.")
    for path in (f"/repositories/{repository.slug}/scans", "/fleet/scans", "/repositories"):
        response = client.post(ROOT + path, {}, content_type="application/json")
        assert (response.status_code, error_of(response)) == (403, "api.session-reads")
    assert not ScanRequest.objects.exists()


def test_scopes_open_their_endpoints_alone(asking: Asking) -> None:
    repository = factories.repository()
    owner = factories.member(repository.team, Role.LEAD)
    reads, scans, exports = asking(owner, "read"), asking(owner, "scan"), asking(owner, "export")
    slug = repository.slug
    assert error_of(reads.post(f"/repositories/{slug}/scans", status=403)) == "token.scope"
    assert error_of(reads.post(f"/teams/{repository.team.slug}/exports", {}, 403)) == "token.scope"
    for program in (scans, exports):
        assert error_of(program.get("/repositories", 403)) == "token.scope"
        assert error_of(program.get(f"/repositories/{slug}/assessment", 403)) == "token.scope"
    assert error_of(exports.post(f"/repositories/{slug}/scans", status=403)) == "token.scope"
    assert not ScanRequest.objects.exists()
    asked = scans.post(f"/repositories/{slug}/scans")
    assert scans.get(f"/scans/{asked['scans'][0]['id']}")["state"] == "queued"
    assert exports.get("/exports")["count"] == 0


def test_the_scope_alone_makes_no_administrator(asking: Asking) -> None:
    owner = factories.admin()
    program = asking(owner, "admin", "read")
    assert program.get("/me")["administrator"]
    owner.is_staff = False
    owner.save()
    factories.repository()
    assert program.get("/repositories")["count"] == 0
    assert error_of(program.post("/fleet/scans", status=403)) == "api.forbidden"
    new = {"source": "https://github.com/example/new", "new_team": "Shop"}
    assert error_of(program.post("/repositories", new, 403)) == "api.forbidden"


def test_a_bound_token_is_a_stranger_to_other_teams(asking: Asking) -> None:
    mine, other = factories.repository(), factories.repository()
    for one in (mine, other):
        factories.assessment(one)
    scan = factories.scan(other)
    admin = factories.admin()
    program = asking(admin, "read", "scan", "export", teams=[mine.team])
    me = program.get("/me")
    assert me["bound"] and not me["administrator"]
    assert [team["slug"] for team in me["teams"]] == [mine.team.slug]
    assert [one["slug"] for one in program.get("/repositories")["results"]] == [mine.slug]
    assert [one["slug"] for one in program.get("/teams")["results"]] == [mine.team.slug]
    assert program.get("/scans")["results"] == []
    assert program.get("/items/testing.unit")["passing"] == 1
    assert {one["passing"] for one in program.get("/items")["results"]} == {1}
    for path in (f"/repositories/{other.slug}", f"/teams/{other.team.slug}", f"/scans/{scan.pk}"):
        assert error_of(program.get(path, 404)) == "api.not-found"
    assert error_of(program.post(f"/repositories/{other.slug}/scans", status=404)) == "api.not-found"
    assert error_of(program.post("/fleet/exports", {"format": "csv"}, 403)) == "api.forbidden"
    assert error_of(program.post("/fleet/scans", status=403)) == "token.scope"
    ApiToken.objects.get().teams.clear()
    assert program.get("/repositories")["results"] == []


def test_the_rate_is_counted_per_token(asking: Asking, settings: Any) -> None:
    settings.API_REQUESTS_PER_MINUTE = 3
    owner = factories.person()
    one, other = asking(owner), asking(owner)
    until = 60 - time.time() % 60
    if until < 5:
        time.sleep(until + 0.1)  # or the minute may end in between
    for left in ("2", "1", "0"):
        response = one.client.get(f"{ROOT}/me", headers={"Authorization": f"Bearer {one.token}"})
        assert (response.status_code, response["RateLimit-Remaining"]) == (200, left)
    response = one.client.get(f"{ROOT}/me", headers={"Authorization": f"Bearer {one.token}"})
    assert (response.status_code, error_of(response)) == (429, "api.rate-limited")
    assert 1 <= int(response["Retry-After"]) <= 60 and response["RateLimit-Limit"] == "3"
    other.get("/me")


def test_nobody_is_refused_because_the_cache_is_away(asking: Asking, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*args: object) -> None:
        raise CacheAway

    monkeypatch.setattr(cache, "incr", away)
    asking(factories.person()).get("/me")


def test_unknown_addresses_and_methods_are_told_in_the_same_form(asking: Asking) -> None:
    program = asking(factories.person())
    for path in (
        "/nowhere",
        "/",
        "/repositories/",
        "/repositories/a%00b",
        "/scans/" + "9" * 5000,
        "/scans/9" + "9" * 30,
    ):
        assert error_of(program.get(path, 404)) == "api.not-found"
    response = program.client.delete(f"{ROOT}/scans/1", headers={"Authorization": f"Bearer {program.token}"})
    assert (response.status_code, error_of(response)) == (405, "api.method")
    assert response["Allow"] == "GET, HEAD"
    response = program.client.head(f"{ROOT}/me", headers={"Authorization": f"Bearer {program.token}"})
    assert (response.status_code, response.content) == (200, b"")


def test_bodies_are_bounded_and_must_be_json(asking: Asking) -> None:
    program = asking(factories.admin(), "admin")
    large = {"source": "https://example.org/" + "a" * gate.MAX_BODY_BYTES}
    assert error_of(program.post("/repositories", large, 413)) == "api.too-large"
    headers = {"Authorization": f"Bearer {program.token}"}
    for body in ("{", "", '"text"', "[]", "\ud800".encode("utf-8", "surrogatepass")):
        response = program.client.post(f"{ROOT}/repositories", body, "application/json", headers=headers)
        assert (response.status_code, error_of(response)) in ((400, "api.malformed"), (422, "api.invalid")), (
            body
        )


def test_a_fault_of_ours_is_logged_and_told_without_its_inside(
    asking: Asking, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*args: object) -> None:
        raise RuntimeError("the inside")

    program = asking(factories.person())
    monkeypatch.setattr("assessments.api.scans.stretch_of", broken)
    body = program.get("/scans", 500)
    assert error_of(body) == "api.internal" and "inside" not in str(body)
    assert "the inside" in caplog.text


def test_the_secret_is_in_no_row_log_or_answer(
    asking: Asking, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level(logging.DEBUG)
    owner = factories.member(factories.team())
    program = asking(owner, "read", "scan")
    secret = program.token.rsplit("_", 1)[1]

    def broken(*args: object) -> None:
        raise RuntimeError(f"with {program.token}")

    answers = [str(program.get(path)) for path in ("/me", "/repositories", "/openapi.json")]
    answers.append(str(program.get("/nowhere", 404)))
    answers.append(str(program.post(f"/repositories/{secret}/scans", status=404)))
    monkeypatch.setattr("assessments.api.account.policy.is_admin", broken)
    shown = io.StringIO()
    handler = logging.StreamHandler(shown)
    handler.setFormatter(formatter(as_json=True))
    logging.getLogger("assessments.api").addHandler(handler)
    try:
        answers.append(str(program.get("/me", 500)))
    finally:
        logging.getLogger("assessments.api").removeHandler(handler)
    assert "RuntimeError" in shown.getvalue() and secret not in shown.getvalue()
    rows = [one for model in apps.get_app_config("assessments").get_models() for one in model.objects.all()]
    assert secret not in serializers.serialize("json", rows)
    assert not any(secret in text for text in answers)
    assert AuditEvent.objects.filter(action="token.created").exists()


def test_the_token_shows_in_no_report_of_an_error(asking: Asking, rf: Any) -> None:
    from django.views.debug import SafeExceptionReporterFilter

    _, token = create_token(owner=factories.person(), name="CI", scopes=["read"])
    request = rf.get(f"{ROOT}/me", headers={"Authorization": f"Bearer {token}"})
    assert token not in str(SafeExceptionReporterFilter().get_safe_request_meta(request))
