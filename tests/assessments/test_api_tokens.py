"""API tokens: what may be made, what opens, what is kept, and teams that bind a token."""

import hashlib
from datetime import timedelta

import pytest
from django.apps import apps
from django.core import serializers

from assessments import policy
from assessments.choices import Role, TokenScope
from assessments.models import ApiToken, AuditEvent
from assessments.services.api_tokens import (
    MAX_DAYS,
    MOST_TOKENS,
    USE_INTERVAL,
    create_token,
    find_token,
    mark_used,
    revoke_token,
)
from scanners.errors import ScanError
from tests import factories

pytestmark = pytest.mark.django_db
NOW = factories.NOW


def test_a_token_opens_until_it_expires() -> None:
    owner = factories.person()
    row, token = create_token(owner=owner, name=" CI ", scopes=["scan", "read"], now=NOW)
    assert row.name == "CI" and row.scopes == ["read", "scan"]
    assert token.startswith(f"plb_{row.public_id}_") and len(token.rsplit("_", 1)[1]) == 64
    assert row.expires_at == NOW + timedelta(days=90)
    found = find_token(token, now=row.expires_at - timedelta(seconds=1))
    assert (found, found.owner) == (row, owner)
    with pytest.raises(ScanError) as error:
        find_token(token, now=row.expires_at)
    assert error.value.id == "token.expired"


def test_only_a_digest_is_kept_and_the_audit_log_names_no_secret() -> None:
    row, token = create_token(owner=factories.person(), name="CI", scopes=["read"])
    secret = token.rsplit("_", 1)[1]
    rows = [one for model in apps.get_app_config("assessments").get_models() for one in model.objects.all()]
    kept = serializers.serialize("json", rows)
    assert secret not in kept and secret[:16] not in kept
    assert row.digest == hashlib.sha256(token.encode()).hexdigest()
    line = AuditEvent.objects.get(action="token.created")
    assert line.actor == row.owner and line.details["scopes"] == ["read"] and row.public_id in line.subject


@pytest.mark.parametrize(
    "spoil",
    [
        lambda token: "",
        lambda token: token[:-1],
        lambda token: token + "\n",
        lambda token: token.upper(),
        lambda token: token[:-1] + ("0" if token[-1] != "0" else "1"),
        lambda token: "plb_" + "0" * 12 + token[16:],
        lambda token: "é" * 80,
        lambda token: "\0" * 81,
    ],
)
def test_anything_but_the_token_opens_nothing(spoil) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001
    _, token = create_token(owner=factories.person(), name="CI", scopes=["read"])
    with pytest.raises(ScanError) as error:
        find_token(spoil(token))
    assert error.value.id == "token.unknown"


def test_a_revoked_token_opens_nothing_and_is_revoked_once() -> None:
    row, token = create_token(owner=factories.person(), name="CI", scopes=["read"])
    admin = factories.admin()
    assert revoke_token(token=row, actor=admin) and not revoke_token(token=row, actor=admin)
    with pytest.raises(ScanError) as error:
        find_token(token)
    assert error.value.id == "token.revoked"
    line = AuditEvent.objects.get(action="token.revoked")
    assert line.actor == admin and line.details["owner"] == str(row.owner)


def test_a_token_ends_with_its_owners_account() -> None:
    row, token = create_token(owner=factories.person(), name="CI", scopes=["read"])
    row.owner.is_active = False
    row.owner.save()
    with pytest.raises(ScanError) as error:
        find_token(token)
    assert error.value.id == "token.unknown"


@pytest.mark.parametrize(
    "changes",
    [
        {"name": " "},
        {"name": "x" * 121},
        {"scopes": []},
        {"scopes": ["write"]},
        {"scopes": ["read", "admin"]},
        {"days": 0},
        {"days": MAX_DAYS + 1},
    ],
)
def test_what_cannot_be_had_is_refused(changes: dict[str, object]) -> None:
    with pytest.raises(ScanError) as error:
        create_token(**{"owner": factories.person(), "name": "CI", "scopes": ["read"], **changes})  # type: ignore[arg-type]
    assert error.value.id == "token.refused"
    assert not ApiToken.objects.exists() and not AuditEvent.objects.exists()


def test_a_token_is_bound_to_teams_of_its_owner_alone() -> None:
    own, other = factories.team(), factories.team()
    owner = factories.member(own)
    with pytest.raises(ScanError):
        create_token(owner=owner, name="CI", scopes=["read"], teams=[own, other])
    row, _ = create_token(owner=owner, name="CI", scopes=["read"], teams=[own])
    assert row.bound and list(row.teams.all()) == [own]
    with pytest.raises(ScanError):
        create_token(owner=factories.admin(), name="CI", scopes=["admin"], teams=[own])


def test_nobody_has_tokens_without_end() -> None:
    owner = factories.person()
    for n in range(MOST_TOKENS):
        row, _ = create_token(owner=owner, name=f"CI {n}", scopes=["read"])
    with pytest.raises(ScanError):
        create_token(owner=owner, name="one more", scopes=["read"])
    revoke_token(token=row, actor=owner)
    create_token(owner=owner, name="one more", scopes=["read"])


def test_use_is_written_down_once_in_a_while() -> None:
    row, token = create_token(owner=factories.person(), name="CI", scopes=["read"], now=NOW)
    assert mark_used(row, now=NOW)
    assert not mark_used(row, now=NOW)  # another process read the row before the first wrote
    row = find_token(token, now=NOW)
    assert row.last_used_at == NOW
    assert not mark_used(row, now=NOW + USE_INTERVAL - timedelta(seconds=1))
    assert mark_used(row, now=NOW + USE_INTERVAL)


@pytest.mark.parametrize("staff", [False, True])
def test_bound_teams_make_a_stranger_to_all_others(staff: bool) -> None:
    mine, other = factories.repository(), factories.repository()
    user = factories.member(mine.team, Role.LEAD)
    user.memberships.create(team=other.team, role=Role.LEAD)  # type: ignore[attr-defined]  # a related name
    user.is_staff = staff
    factories.scan(mine), factories.scan(other)
    user.bound_teams = frozenset({mine.team.pk})  # type: ignore[attr-defined]  # as the API sets it
    assert not policy.is_admin(user)
    assert list(policy.visible_teams(user)) == [mine.team] == list(policy.led_teams(user))
    assert list(policy.visible_repositories(user)) == [mine] == list(policy.scannable_repositories(user))
    assert [scan.repository for scan in policy.visible_scans(user)] == [mine]
    for may in (policy.may_scan, policy.may_lead, policy.may_manage_sources, policy.may_edit_plan):
        assert may(user, mine.team) and not may(user, other.team)
    assert not policy.may_set_schedule(user) and not policy.may_add_repositories(user)
    user.bound_teams = frozenset()  # type: ignore[attr-defined]  # its teams are gone
    assert not policy.visible_teams(user).exists() and not policy.may_scan_some(user)


def test_a_bound_token_does_not_make_a_viewer_more(ruleset: object) -> None:
    repository = factories.repository()
    viewer = factories.member(repository.team, Role.VIEWER)
    viewer.bound_teams = frozenset({repository.team.pk})  # type: ignore[attr-defined]
    assert policy.visible_repositories(viewer).exists()
    assert not policy.may_scan(viewer, repository.team) and not policy.may_scan_some(viewer)
    assert policy.may_hold_scope(viewer, TokenScope.SCAN) and not policy.may_hold_scope(
        viewer, TokenScope.ADMIN
    )
