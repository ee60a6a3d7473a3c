"""Signing in to real servers: what a host is told, what its redirects are not, and what stays behind: nothing."""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from scanners.errors import SourceError
from scanners.hostkeys import check_private_key, keys_for, parse_known_hosts
from scanners.mirror import Mirror, open_source
from scanners.source_url import Credential, SshKey, parse_source
from tests.conftest import needs
from tests.git_http import GitServer, certificate, serving
from tests.ssh_server import SSHD, SshServer, new_key, ssh_serving
from tests.trees import bare_copy, commit, git, repository

SECRET = "s3cr3t-" + "canary-" + "47"


@pytest.fixture
def work(tmp_path: Path) -> Path:
    return repository(tmp_path / "work", {"README.md": "hello\n"})


@pytest.fixture
def tls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)
    made = certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", os.fspath(made[0]))
    return made


@pytest.fixture
def forge(tmp_path: Path, work: Path, tls: tuple[Path, Path]) -> Iterator[GitServer]:
    root = tmp_path / "served"
    (root / "acme").mkdir(parents=True)
    bare_copy(work, root / "acme/shop.git")
    with serving(root, tls) as server:
        server.login = ("ann", SECRET)
        yield server


@pytest.fixture
def elsewhere(tmp_path: Path, work: Path, tls: tuple[Path, Path]) -> Iterator[GitServer]:
    """Another host of the same certificate, open to all."""
    root = tmp_path / "elsewhere"
    root.mkdir()
    bare_copy(work, root / "moved.git")
    with serving(root, tls) as server:
        yield server


def opened(tmp_path: Path, url: str, credential: Any = None) -> Mirror:
    return open_source(url, cache_dir=tmp_path / "cache", allow_private=True, credential=credential)


def test_a_token_signs_in_over_tls(forge: GitServer, tmp_path: Path, work: Path) -> None:
    mirror = opened(tmp_path, forge.url("acme/shop.git"), Credential("ann", SECRET))
    assert mirror.head() == git(work, "rev-parse", "HEAD")
    assert SECRET not in "".join(p.read_text("latin-1") for p in mirror.path.rglob("*") if p.is_file())


def test_a_wrong_token_is_the_owners_fault_and_not_repeated(forge: GitServer, tmp_path: Path) -> None:
    with pytest.raises(SourceError) as caught:
        opened(tmp_path, forge.url("acme/shop.git"), Credential("ann", "wr0ng-" + SECRET))
    error = caught.value
    assert (error.id, error.fault, error.retry) == ("source.auth-failed", "credential", False)
    assert SECRET not in str(error) + repr(error)


def test_a_redirect_to_another_host_never_gets_the_token(
    forge: GitServer, elsewhere: GitServer, tmp_path: Path, work: Path
) -> None:
    forge.mode, forge.target = "redirect", elsewhere.url("moved.git")
    mirror = opened(tmp_path, forge.url("acme/shop.git"), Credential("ann", SECRET))
    assert mirror.head() == git(work, "rev-parse", "HEAD")
    assert elsewhere.requests
    assert set(elsewhere.authorizations) == {""}
    assert all(value.startswith("Basic ") for value in forge.authorizations)


def test_a_redirect_out_of_reach_on_the_same_host_loses_the_token(
    forge: GitServer, elsewhere: GitServer, tmp_path: Path
) -> None:
    bare_copy(tmp_path / "work", forge.root / "other.git")
    seen: list[tuple[str, str]] = []
    handler = forge.RequestHandlerClass
    answer = handler._answer  # type: ignore[attr-defined]

    def redirecting(self: Any) -> None:
        seen.append((self.path.partition("?")[0], self.headers.get("Authorization", "")))
        if self.path.startswith("/acme/shop.git"):
            self._plain(301, b"", {"Location": forge.url("other.git") + self.path.partition(".git")[2]})
        else:
            answer(self)

    handler._answer = redirecting  # type: ignore[attr-defined]
    try:
        reach = (f"{forge.url('acme')}",)
        with pytest.raises(SourceError) as caught:
            opened(tmp_path, forge.url("acme/shop.git"), Credential("ann", SECRET, reach))
    finally:
        handler._answer = answer  # type: ignore[attr-defined]
    assert caught.value.id == "source.auth-failed"
    assert {value for path, value in seen if path.startswith("/other.git")} == {""}


def test_nothing_that_runs_shows_the_token_in_its_arguments(
    forge: GitServer, tmp_path: Path, work: Path
) -> None:
    commit(work, {f"file{n}.txt": "x" * 2000 for n in range(50)})
    seen = watched_command_lines(
        lambda: opened(tmp_path, forge.url("acme/shop.git"), Credential("ann", SECRET)).update()
    )
    assert any("git" in line for line in seen)
    assert not any(SECRET in line for line in seen)


def watched_command_lines(action: Any) -> set[str]:
    """The command lines of all processes of this machine while ``action`` runs."""
    done, seen = threading.Event(), set()

    def look() -> None:
        while not done.is_set():
            for place in Path("/proc").glob("[0-9]*/cmdline"):
                try:
                    seen.add(place.read_bytes().replace(b"\0", b" ").decode("latin-1"))
                except OSError:
                    continue

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    try:
        action()
    finally:
        done.set()
        thread.join(5)
    return seen


class TestSsh:
    @pytest.fixture
    def host(self, tmp_path: Path, work: Path) -> Iterator[SshServer]:
        if SSHD is None:
            needs("sshd")
        root = tmp_path / "served"
        root.mkdir()
        bare_copy(work, root / "app.git")
        with ssh_serving(root, tmp_path / "ssh") as server:
            yield server

    def source(self, host: SshServer, private: str, known: str) -> Any:
        from dataclasses import replace

        source = parse_source(host.url("app.git"), allow_local=False)
        return replace(source, key=SshKey(private, keys_for(parse_known_hosts(known), source)))

    def test_a_key_signs_in_and_leaves_nothing_behind(
        self, host: SshServer, tmp_path: Path, work: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("TMPDIR", os.fspath(tmp_path / "temporary"))
        (tmp_path / "temporary").mkdir()
        lines = watched_command_lines(
            lambda: opened(tmp_path, self.source(host, host.private, host.known)).update()
        )
        at = commit(work, {"b.txt": "b"})
        git(work, "push", "--quiet", os.fspath(host.root / "app.git"), "main")
        mirror = opened(tmp_path, self.source(host, host.private, host.known))
        assert mirror.update() is True
        assert mirror.head() == at
        assert list((tmp_path / "temporary").iterdir()) == []
        body = host.private.splitlines()[2]
        assert any("ssh" in line for line in lines)
        assert not any(body in line for line in lines)
        assert not [d for d in os.listdir("/proc/self/fd") if "memfd:plumbline-" in _target(d)]

    def test_another_key_of_the_host_is_a_mismatch(self, host: SshServer, tmp_path: Path) -> None:
        new_key(tmp_path / "other")
        public = " ".join((tmp_path / "other.pub").read_text().split()[:2])
        with pytest.raises(SourceError) as caught:
            opened(tmp_path, self.source(host, host.private, f"[127.0.0.1]:{host.port} {public}"))
        error = caught.value
        assert (error.id, error.fault, error.retry) == ("source.host-key-mismatch", "credential", False)

    def test_a_wrong_key_is_the_owners_fault_and_no_other_is_tried(
        self, host: SshServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        agent = subprocess.run(["ssh-agent", "-s"], capture_output=True, text=True, check=True).stdout
        values = dict(part.split("=", 1) for part in agent.replace(";", "\n").split("\n") if "=" in part)
        monkeypatch.setenv("SSH_AUTH_SOCK", values["SSH_AUTH_SOCK"])
        try:
            # The agent holds the right key; only the credential's own may be shown.
            subprocess.run(["ssh-add", "-q", tmp_path / "ssh/client"], check=True, capture_output=True)
            wrong = new_key(tmp_path / "wrong")
            with pytest.raises(SourceError) as caught:
                opened(tmp_path, self.source(host, wrong, host.known))
        finally:
            os.kill(int(values["SSH_AGENT_PID"]), 15)
        assert (caught.value.id, caught.value.fault) == ("source.auth-failed", "credential")


def test_a_killed_process_leaves_no_key(tmp_path: Path) -> None:
    script = (
        "import time\nfrom scanners.remote import in_memory\n"
        "with in_memory('key', 'the key') as place:\n    print(place, flush=True)\n    time.sleep(60)\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", script],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "TMPDIR": str(tmp_path)},
    )
    assert process.stdout is not None
    place = Path(process.stdout.readline().strip())
    assert place.read_text() == "the key"
    assert place.stat().st_mode & 0o777 == 0o600
    process.kill()
    process.wait(10)
    process.stdout.close()
    assert not place.exists()
    assert list(tmp_path.iterdir()) == []


def _target(descriptor: str) -> str:
    try:
        return os.readlink(f"/proc/self/fd/{descriptor}")
    except OSError:
        return ""


class TestKeys:
    def test_keys_are_pinned_by_host_and_port(self, tmp_path: Path) -> None:
        new_key(tmp_path / "k")
        public = " ".join((tmp_path / "k.pub").read_text().split()[:2])
        known = parse_known_hosts(
            f"# comment\n\nForge.example,10.0.0.1 {public}\n[forge.example]:2222 {public}\n"
        )
        assert [k.place for k in known] == ["forge.example", "10.0.0.1", "[forge.example]:2222"]
        assert keys_for(known, parse_source("ssh://git@forge.example/a/b")) == (public,)
        assert keys_for(known, parse_source("ssh://git@forge.example:2200/a/b")) == ()
        shown = subprocess.run(
            ["ssh-keygen", "-lf", tmp_path / "k.pub"], capture_output=True, text=True, check=True
        )
        assert known[0].fingerprint == shown.stdout.split()[1]

    @pytest.mark.parametrize(
        "line",
        [
            "forge.example",
            "forge.example ssh-ed25519 notbase64!",
            "forge.example ssh-ed25519 AAAAB3NzaC1yc2EAAAADAQABAAAAgQ==",
            "*.example ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJx",
            "|1|abc=|def= ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJx",
            "@cert-authority * ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJx",
        ],
    )
    def test_what_pins_no_key_is_refused(self, line: str) -> None:
        with pytest.raises(SourceError) as caught:
            parse_known_hosts(line)
        assert caught.value.id == "credential.host-keys-refused"
        assert "Line 1" in caught.value.message

    def test_a_key_with_a_passphrase_is_refused(self, tmp_path: Path) -> None:
        subprocess.run(
            ["ssh-keygen", "-q", "-t", "ed25519", "-N", "hush hush", "-f", tmp_path / "p"], check=True
        )
        with pytest.raises(SourceError) as caught:
            check_private_key((tmp_path / "p").read_text())
        assert (caught.value.id, "passphrase" in caught.value.message) == ("credential.key-refused", True)

    def test_line_ends_of_a_form_are_mended_and_rubbish_is_refused(self, tmp_path: Path) -> None:
        key = new_key(tmp_path / "k")
        assert check_private_key(key.replace("\n", "\r\n")) == key
        with pytest.raises(SourceError):
            check_private_key("not a key")
