import os
import time

import pytest

from scanners.errors import LimitError, ScanError
from scanners.git import GitFailed, environment, run_git, safe_stderr
from tests.trees import git, repository


def fake_git(tmp_path, monkeypatch, script):
    """Put a program named git first on the PATH."""
    program = tmp_path / "bin/git"
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")


def test_output_of_git_comes_back(tmp_path):
    work = repository(tmp_path / "work", {"a": "1"})
    assert run_git(["rev-parse", "HEAD"], repo=work / ".git").decode().strip() == git(
        work, "rev-parse", "HEAD"
    )


def test_a_failure_tells_what_git_said_without_credentials(tmp_path, monkeypatch):
    fake_git(tmp_path, monkeypatch, "echo 'fatal: no https://ann:hunter2canary@example.org/x' >&2; exit 128")
    with pytest.raises(GitFailed) as caught:
        run_git(["fetch"])
    assert caught.value.status == 128
    assert caught.value.message == "git fetch failed: fatal: no https://[redacted]@example.org/x"
    assert "hunter2canary" not in caught.value.stderr


def test_a_process_that_does_not_end_is_killed_with_its_children(tmp_path, monkeypatch):
    fake_git(tmp_path, monkeypatch, f"sleep 31 & echo $! > {tmp_path}/child; wait")
    begun = time.monotonic()
    with pytest.raises(LimitError) as caught:
        run_git(["fetch"], timeout=0.3)
    assert (caught.value.id, caught.value.retry) == ("git.timeout", True)
    assert time.monotonic() - begun < 3
    child = int((tmp_path / "child").read_text())
    deadline = time.monotonic() + 3
    while time.monotonic() < deadline and _alive(child):
        time.sleep(0.02)
    assert not _alive(child)


def _alive(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_too_much_output_is_cut_off(tmp_path, monkeypatch):
    fake_git(tmp_path, monkeypatch, "exec cat /dev/zero")
    with pytest.raises(LimitError) as caught:
        run_git(["ls-tree"], max_output=1 << 20, timeout=20)
    assert caught.value.id == "git.output-too-large"


def test_endless_complaints_are_read_and_dropped(tmp_path, monkeypatch):
    fake_git(tmp_path, monkeypatch, "head -c 3000000 /dev/zero >&2; exit 3")
    with pytest.raises(GitFailed) as caught:
        run_git(["ls-tree"], timeout=20)
    assert caught.value.status == 3
    assert len(caught.value.stderr) < 1 << 19


def test_a_machine_without_git_is_told_so(monkeypatch):
    monkeypatch.setenv("PATH", "/nonexistent")
    with pytest.raises(ScanError) as caught:
        run_git(["version"])
    assert caught.value.id == "git.missing"


def test_nothing_of_the_surroundings_configures_git(monkeypatch, tmp_path):
    (tmp_path / ".gitconfig").write_text("[alias]\n\tx = !touch ran\n[core]\n\tsshCommand = evil\n")
    monkeypatch.setenv("HOME", os.fspath(tmp_path))
    around = repository(tmp_path / "around")
    git(around, "config", "core.sshCommand", "evil")
    monkeypatch.chdir(around)
    monkeypatch.setenv("GIT_DIR", "/somewhere")
    monkeypatch.setenv("GIT_SSH_COMMAND", "evil")
    monkeypatch.setenv("GIT_CONFIG_PARAMETERS", "'core.sshcommand=evil'")
    env = environment()
    assert "GIT_DIR" not in env and "GIT_CONFIG_PARAMETERS" not in env
    assert "evil" not in "".join(env.values())
    shown = run_git(["config", "--list", "--show-origin"]).decode()
    assert {line.split("\t")[0] for line in shown.splitlines()} == {"command line:"}
    settings = dict(line.split("\t")[1].split("=", 1) for line in shown.splitlines())
    assert settings["core.hookspath"] == os.devnull
    assert settings["core.fsmonitor"] == "false"
    assert settings["protocol.allow"] == "never"


@pytest.mark.parametrize("protocols", [(), ("https",)])
def test_protocols_that_were_not_asked_for_are_refused(tmp_path, protocols):
    work = repository(tmp_path / "work", {"a": "1"})
    mark = tmp_path / "ran"
    for url in (f"ext::touch {mark}", f"file://{work}", os.fspath(work)):
        with pytest.raises(GitFailed) as caught:
            run_git(["ls-remote", url], env=environment(protocols=protocols))
        assert "not allowed" in caught.value.stderr
    assert not mark.exists()


def test_complaints_are_printable_and_without_addresses_credentials():
    shown = safe_stderr(b"remote: \x1b[31mhi\rfatal: https://tok3ncanary@h/x \xff")
    assert "\x1b" not in shown and "tok3ncanary" not in shown
    assert shown.splitlines()[0] == "remote: ?[31mhi"
