"""Which credential serves which repository, how it is kept, and that it shows nowhere."""

import logging
import os
from collections.abc import Iterator
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.core.management import CommandError, call_command
from django.utils import timezone

from assessments import vault
from assessments.choices import CredentialKind, Role, ScanReason, ScanState
from assessments.models import AuditEvent, Credential, CredentialGrant, Mirror, Repository, ScanRequest, Team
from assessments.services import credentials, scans
from assessments.services.assess import run_scan
from assessments.tasks import scan_repository
from scanners.errors import ScanError, SourceError
from tests import factories, trees
from tests.conftest import needs
from tests.git_http import GitServer, certificate, serving
from tests.ssh_server import SSHD, new_key, ssh_serving

pytestmark = pytest.mark.django_db

TOKEN = "gh" + "p_" + "Vn5wQ8rT2yU6iO9pA3sD7fG1hJ4kL0zX" + "cB"


def add(teams: list[Team], prefixes: list[str], **changes: Any) -> Credential:
    values: dict[str, Any] = {
        "name": "Deploy token",
        "kind": CredentialKind.TOKEN,
        "secret": TOKEN,
        "actor": factories.admin(),
        **changes,
    }
    return credentials.add_credential(teams=teams, prefixes=prefixes, **values)


def at(url: str, **changes: Any) -> Repository:
    return factories.repository(mirror=factories.mirror(url), **changes)


def login_of(repository: Repository) -> str:
    """The secret that a fetch of the repository would sign in with, "" for none."""
    with credentials.reading(repository) as source:
        return source.credential.secret if source.credential else ""


class TestChoice:
    def test_it_serves_its_teams_below_its_prefixes(self) -> None:
        team = factories.team()
        add([team], ["https://forge.example/acme"])
        assert login_of(at("https://forge.example/acme/shop", team=team)) == TOKEN
        assert login_of(at("https://forge.example/acme-private/shop", team=team)) == ""
        assert login_of(at("https://evil.example/acme/shop", team=team)) == ""
        assert login_of(at("http://forge.example/acme/shop", team=team)) == ""

    def test_another_team_gets_nothing_for_the_same_host(self) -> None:
        add([factories.team()], ["https://forge.example/acme"])
        assert login_of(at("https://forge.example/acme/shop", team=factories.team())) == ""

    def test_the_narrowest_prefix_wins_and_an_expired_one_comes_last(self) -> None:
        team = factories.team()
        add([team], ["https://forge.example"], secret="wide-token")
        narrow = add([team], ["https://forge.example/acme"], secret="narrow-token")
        shop = at("https://forge.example/acme/shop", team=team)
        assert login_of(shop) == "narrow-token"
        Credential.objects.filter(pk=narrow.pk).update(expires_on=timezone.localdate() - timedelta(days=1))
        assert login_of(shop) == "wide-token"

    def test_an_expired_one_alone_says_so(self) -> None:
        team = factories.team()
        credential = add([team], ["https://forge.example"])
        Credential.objects.update(expires_on=timezone.localdate() - timedelta(days=1))
        with pytest.raises(ScanError) as caught:
            login_of(at("https://forge.example/a/b", team=team))
        assert (caught.value.id, caught.value.fault) == ("credential.expired", "credential")
        credential.refresh_from_db()
        assert credential.trouble == "credential.expired"

    def test_a_revoked_one_serves_nobody_and_its_secret_is_gone(self) -> None:
        team = factories.team()
        credential = add([team], ["https://forge.example"])
        credentials.revoke_credential(credential=credential, actor=factories.admin())
        assert login_of(at("https://forge.example/a/b", team=team)) == ""
        credential.refresh_from_db()
        assert vault.unseal(credential.secret) == ""

    def test_a_grant_opens_one_address_for_one_team(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(credentials, "_prove_public", lambda repository, source: None)
        credential = add([factories.team()], ["https://forge.example/acme"])
        other = factories.team()
        shop = at("https://forge.example/acme/shop", team=other)
        grant = credentials.grant_credential(
            credential=credential, team=other, mirror=shop.mirror, reason="Audit", actor=factories.admin()
        )
        assert login_of(shop) == TOKEN
        assert login_of(at("https://forge.example/acme/till", team=other)) == ""
        assert (
            login_of(factories.repository(mirror=shop.mirror, root="services/x", team=factories.team())) == ""
        )
        credentials.withdraw_grant(grant=grant, actor=factories.admin())
        assert login_of(shop) == ""
        assert set(AuditEvent.objects.values_list("action", flat=True)) >= {
            "credential.added",
            "credential.granted",
            "credential.grant-withdrawn",
        }

    def test_a_grant_must_fit_the_kind(self) -> None:
        credential = add([factories.team()], ["https://forge.example"])
        shop = at("ssh://git@forge.example/a/b")
        with pytest.raises(SourceError) as caught:
            credentials.grant_credential(
                credential=credential, team=shop.team, mirror=shop.mirror, reason="", actor=factories.admin()
            )
        assert caught.value.id == "credential.grant-refused"
        assert not CredentialGrant.objects.exists()

    def test_ssh_without_a_key_never_uses_the_machines_own(self) -> None:
        with pytest.raises(SourceError) as caught, credentials.reading(at("ssh://git@forge.example/a/b")):
            raise AssertionError("must not be reached")
        assert caught.value.id == "credential.none-matches"

    def test_new_ones_scan_what_waited(self) -> None:
        team = factories.team()
        shop = at("https://forge.example/acme/shop", team=team, last_error_id="credential.none-matches")
        at("https://forge.example/other/shop", team=team, last_error_id="credential.none-matches")
        at("https://forge.example/acme/till", team=team, last_error_id="source.too-large")
        add([team], ["https://forge.example/acme"])
        assert [one.repository for one in ScanRequest.objects.all()] == [shop]


class TestInput:
    @pytest.mark.parametrize(
        ("changes", "error_id"),
        [
            ({"prefixes": []}, "credential.prefix-refused"),
            ({"prefixes": ["ssh://forge.example/a"]}, "credential.prefix-refused"),
            ({"prefixes": ["https://u:p@forge.example/a"]}, "credential.prefix-refused"),
            ({"secret": "two words"}, "credential.secret-refused"),
            ({"secret": "line\nbreak"}, "credential.secret-refused"),
            ({"username": "a:b"}, "credential.username-refused"),
            ({"kind": CredentialKind.SSH, "prefixes": ["ssh://forge.example/a"]}, "credential.key-refused"),
        ],
    )
    def test_what_cannot_be_used_is_refused_without_repeating_it(
        self, changes: dict[str, Any], error_id: str
    ) -> None:
        values = {"prefixes": ["https://forge.example"], **changes}
        with pytest.raises(SourceError) as caught:
            add([], values.pop("prefixes"), **values)
        assert caught.value.id == error_id
        assert TOKEN not in str(caught.value)
        assert not Credential.objects.exists()

    def test_an_ssh_key_needs_the_hosts_own_keys(self, tmp_path: Path) -> None:
        key = new_key(tmp_path / "k")
        public = " ".join((tmp_path / "k.pub").read_text().split()[:2])
        with pytest.raises(SourceError) as caught:
            add(
                [],
                ["ssh://forge.example:2222/a"],
                kind=CredentialKind.SSH,
                secret=key,
                known_hosts=f"forge.example {public}",
            )
        assert caught.value.id == "credential.host-keys-refused"
        assert "ssh-keyscan -p 2222 forge.example" in caught.value.hint


class TestSealing:
    def test_the_database_holds_no_plain_secret(self) -> None:
        credential = add([factories.team()], ["https://forge.example"])
        assert TOKEN not in credential.secret
        assert vault.unseal(credential.secret) == TOKEN

    def test_rotation_moves_every_secret_to_the_newest_key(self, settings: Any, tmp_path: Path) -> None:
        settings.CREDENTIAL_KEYS_FILE = None
        old, new = Fernet.generate_key().decode(), Fernet.generate_key().decode()
        settings.CREDENTIAL_KEYS = [old]
        credential = add([factories.team()], ["https://forge.example"])
        settings.CREDENTIAL_KEYS = [new, old]
        out = StringIO()
        call_command("rotate_credentials", stdout=out)
        assert out.getvalue() == "1 stored secret sealed with the newest key.\n"
        settings.CREDENTIAL_KEYS = [new]
        credential.refresh_from_db()
        assert vault.unseal(credential.secret) == TOKEN

    def test_the_installations_own_keys_rotate_while_others_run(self, settings: Any, tmp_path: Path) -> None:
        place = tmp_path / "credential-keys"
        old = Fernet.generate_key().decode()
        place.write_text(old)
        settings.CREDENTIAL_KEYS, settings.CREDENTIAL_KEYS_FILE = [old], place
        credential = add([factories.team()], ["https://forge.example"])
        call_command("rotate_credentials", "--new-key", "--drop-old", stdout=StringIO())
        assert old not in place.read_text()
        assert place.stat().st_mode & 0o777 == 0o600
        settings.CREDENTIAL_KEYS = [old]  # as a process has it that started before
        credential.refresh_from_db()
        assert vault.unseal(credential.secret) == TOKEN

    def test_a_lost_key_is_said_and_named(self, settings: Any) -> None:
        settings.CREDENTIAL_KEYS_FILE = None
        team = factories.team()
        credential = add([team], ["https://forge.example"])
        settings.CREDENTIAL_KEYS = [Fernet.generate_key().decode()]
        with pytest.raises(ScanError) as caught:
            login_of(at("https://forge.example/a/b", team=team))
        assert (caught.value.id, caught.value.fault) == ("credential.sealed", "ours")
        with pytest.raises(CommandError, match=f"credential {credential.pk}"):
            call_command("rotate_credentials", stdout=StringIO())

    def test_given_keys_are_not_made_anew(self, settings: Any) -> None:
        settings.CREDENTIAL_KEYS_FILE = None
        with pytest.raises(CommandError, match="credential.keys-given"):
            call_command("rotate_credentials", "--new-key", stdout=StringIO())


@pytest.fixture
def forge(tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[GitServer]:
    """A forge with one private repository, which ann reads with TOKEN."""
    for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)
    tls = certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", os.fspath(tls[0]))
    settings.MIRRORS_DIR = tmp_path / "mirrors"
    settings.ANSWERS = tmp_path / "answers.sqlite3"
    monkeypatch.setattr(settings.ENVIRONMENT, "allow_private_addresses", True)
    factories.ruleset()
    work = trees.repository(tmp_path / "work", {"README.md": "# Shop\n", "services/pay/app.py": "x = 1\n"})
    root = tmp_path / "served"
    (root / "acme").mkdir(parents=True)
    trees.bare_copy(work, root / "acme/shop.git")
    with serving(root, tls) as server:
        server.login = ("ann", TOKEN)
        yield server


def scanned(repository: Repository) -> Repository:
    scan = scans.request_scan(repository=repository, reason=ScanReason.REQUEST)
    scan_repository(scan.pk)
    repository.refresh_from_db()
    return repository


class TestScans:
    def test_a_private_repository_is_judged_and_the_use_is_noted(self, forge: GitServer) -> None:
        team = factories.team()
        credential = add([team], [forge.url("acme")], username="ann")
        shop = scanned(at(forge.url("acme/shop.git"), team=team))
        assert shop.current is not None
        credential.refresh_from_db()
        assert credential.last_used_at is not None
        assert list(credential.uses.values_list("mirror", flat=True)) == [shop.mirror_id]

    def test_without_a_match_it_says_so(self, forge: GitServer) -> None:
        shop = scanned(at(forge.url("acme/shop.git")))
        assert (shop.last_error_id, shop.current) == ("credential.none-matches", None)

    def test_a_wrong_one_is_shown_at_the_credential(self, forge: GitServer) -> None:
        team = factories.team()
        credential = add([team], [forge.url("acme")], username="ann", secret="wrong-" + TOKEN)
        shop = scanned(at(forge.url("acme/shop.git"), team=team))
        credential.refresh_from_db()
        assert (shop.last_error_id, credential.trouble) == ("source.auth-failed", "source.auth-failed")
        scan = ScanRequest.objects.get()
        assert (scan.state, scan.fault) == (ScanState.FAILED, "credential")
        credentials.replace_credential(credential=credential, secret=TOKEN, actor=factories.admin())
        assert scanned(shop).current is not None

    def test_a_mirror_fetched_for_one_team_is_not_read_for_another(self, forge: GitServer) -> None:
        team = factories.team()
        add([team], [forge.url("acme")], username="ann")
        shop = scanned(at(forge.url("acme/shop.git"), team=team))
        assert shop.current is not None
        pay = factories.repository(mirror=shop.mirror, root="services/pay", team=factories.team())
        asked = len(forge.requests)
        pay = scanned(pay)
        assert (pay.last_error_id, pay.current) == ("credential.none-matches", None)
        assert not pay.checklist.exists()
        assert set(forge.authorizations[asked:]) == {""}

    def test_a_mirror_that_became_public_is_read_by_all(self, forge: GitServer) -> None:
        team = factories.team()
        add([team], [forge.url("acme")], username="ann")
        shop = scanned(at(forge.url("acme/shop.git"), team=team))
        forge.login = None
        pay = factories.repository(mirror=shop.mirror, root="services/pay", team=factories.team())
        assert scanned(pay).current is not None

    def test_ssh_keys_read_with_pinned_host_keys(self, forge: GitServer, tmp_path: Path) -> None:
        if SSHD is None:
            needs("sshd")
        with ssh_serving(forge.root, tmp_path / "ssh") as host:
            team = factories.team()
            credential = add(
                [team], [host.prefix], kind=CredentialKind.SSH, secret=host.private, known_hosts=host.known
            )
            shop = at(host.url("acme/shop.git"), team=team)
            Mirror.objects.filter(pk=shop.mirror_id).update(
                canonical=f"ssh://127.0.0.1:{host.port}{host.root}/acme/shop"
            )
            assert scanned(shop).current is not None
            new_key(tmp_path / "other")
            public = " ".join((tmp_path / "other.pub").read_text().split()[:2])
            Credential.objects.filter(pk=credential.pk).update(
                known_hosts=f"[127.0.0.1]:{host.port} {public}"
            )
            assert scanned(shop).last_error_id == "source.host-key-mismatch"

    def test_run_scan_leaves_no_secret_in_what_it_raises(
        self, forge: GitServer, caplog: pytest.LogCaptureFixture
    ) -> None:
        import traceback

        caplog.set_level(logging.DEBUG)
        team = factories.team()
        add([team], [forge.url("acme")], username="bob")
        claimed = scans.claim_scan(
            scan_id=scans.request_scan(
                repository=at(forge.url("acme/shop.git"), team=team), reason=ScanReason.REQUEST
            ).pk
        )
        assert claimed is not None
        with pytest.raises(SourceError) as caught:
            run_scan(claimed)
        told = "".join(
            traceback.TracebackException.from_exception(caught.value, capture_locals=True).format()
        )
        assert TOKEN not in told
        assert TOKEN not in caplog.text


def test_leads_manage_what_serves_their_teams_alone() -> None:
    from assessments import policy

    one, two = factories.team(), factories.team()
    own, shared = add([one], ["https://a.example"]), add([one, two], ["https://b.example"])
    lead = factories.member(one, Role.LEAD)
    assert set(policy.visible_credentials(lead)) == {own, shared}
    assert policy.may_change_credential(lead, own)
    assert not policy.may_change_credential(lead, shared)
    assert not policy.may_grant_credentials(lead)
    for other in (factories.member(one, Role.MEMBER), factories.person()):
        assert not policy.visible_credentials(other).exists()
