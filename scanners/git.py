"""Runs git with our configuration only: no prompt, no hook, no filter, no lazy fetch, a time limit.

Every git process of the engine gets its environment from ``environment``. The machine's and the person's
configuration are left out, and so are inherited ``GIT_*`` variables (a hook that calls us sets GIT_DIR).
"""

import os
import selectors
import signal
import subprocess
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

from scanners.errors import LimitError, ObjectError, ScanError
from scanners.redact import redact, redact_url

DEFAULT_TIMEOUT_SECONDS = 60.0
MAX_OUTPUT_BYTES = 64 << 20
NOWHERE = os.sep
"""The folder that git is started in."""

_MAX_STDERR_BYTES = 64 << 10

_PASSED_ON = (
    "PATH",
    "TMPDIR",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "SSH_AUTH_SOCK",
    "http_proxy",
    "https_proxy",
    "all_proxy",
    "no_proxy",
    "HTTPS_PROXY",
    "ALL_PROXY",
    "NO_PROXY",
)

Config = Sequence[tuple[str, str]]

# transfer.fsckObjects stays off: it refuses many honest repositories for old slips in commit headers, and
# what it guards against needs a checkout. index-pack verifies the content of every object all the same.
_CONFIG: Config = (
    ("core.hooksPath", os.devnull),
    ("core.fsmonitor", "false"),
    ("core.untrackedCache", "false"),
    ("core.askPass", ""),
    ("core.attributesFile", os.devnull),
    ("core.excludesFile", os.devnull),
    ("credential.helper", ""),
    ("protocol.allow", "never"),
    ("protocol.ext.allow", "never"),
    ("submodule.recurse", "false"),
    ("fetch.recurseSubmodules", "false"),
    ("transfer.bundleURI", "false"),
    ("fetch.writeCommitGraph", "false"),
    ("http.lowSpeedLimit", "1000"),
    ("http.lowSpeedTime", "30"),
    ("http.followRedirects", "false"),
    ("gc.auto", "0"),
    ("maintenance.auto", "false"),
    ("advice.detachedHead", "false"),
    ("init.defaultBranch", "main"),
    ("safe.directory", "*"),
)


class Unshown(dict[str, str]):
    """A mapping whose values no traceback or debugger's page prints: a credential may be among them."""

    def __repr__(self) -> str:
        return f"<{len(self)} values>"


class GitFailed(ObjectError):
    """git ended with an error. ``stderr`` is redacted; callers who know what was asked raise a better id.

    ``printed`` is what it had said until then: a history with a hole in it is read as far as the hole.
    """

    def __init__(self, command: str, status: int, stderr: str, printed: bytes = b"") -> None:
        last = next((line for line in reversed(stderr.splitlines()) if line.strip()), f"status {status}")
        super().__init__("git.failed", f"git {command} failed: {last[:300]}", fault="ours")
        self.status = status
        self.stderr = stderr
        self.printed = printed


def environment(*, protocols: Iterable[str] = (), config: Config = ()) -> dict[str, str]:
    """The whole environment of a git process that may speak ``protocols``; none keeps it off the network.

    ``config`` is laid over our own settings. In the environment, a credential in it is not in argv.
    """
    allowed = tuple(protocols)
    env = Unshown((name, os.environ[name]) for name in _PASSED_ON if name in os.environ)
    env.setdefault("PATH", os.defpath)
    env |= {
        "LC_ALL": "C",
        "HOME": os.devnull,
        "XDG_CONFIG_HOME": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_SYSTEM": os.devnull,
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_ATTR_NOSYSTEM": "1",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_ASKPASS": "",
        "SSH_ASKPASS": "",
        "SSH_ASKPASS_REQUIRE": "never",
        "GCM_INTERACTIVE": "never",
        "GIT_NO_LAZY_FETCH": "1",
        "GIT_NO_REPLACE_OBJECTS": "1",
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_ALLOW_PROTOCOL": ":".join(allowed) or "none",
        "GIT_PROTOCOL_FROM_USER": "0",
        "GIT_SSH_COMMAND": "ssh -oBatchMode=yes -oConnectTimeout=20",
        "GIT_SSH_VARIANT": "ssh",
        "GIT_PAGER": "cat",
        "GIT_EDITOR": "false",
    }
    if "SSL_CERT_FILE" in env:  # libcurl reads it only where it was built with OpenSSL
        config = (("http.sslCAInfo", env["SSL_CERT_FILE"]), *config)
    settings = (*_CONFIG, *((f"protocol.{name}.allow", "always") for name in allowed), *config)
    for number, (key, value) in enumerate(settings):
        env[f"GIT_CONFIG_KEY_{number}"] = key
        env[f"GIT_CONFIG_VALUE_{number}"] = value
    env["GIT_CONFIG_COUNT"] = str(len(settings))
    return env


def with_config(env: dict[str, str], config: Config) -> dict[str, str]:
    """``env`` of ``environment`` with ``config`` laid over it."""
    if not config:
        return env
    wider = Unshown(env)
    first = int(env["GIT_CONFIG_COUNT"])
    for number, (key, value) in enumerate(config, start=first):
        wider[f"GIT_CONFIG_KEY_{number}"] = key
        wider[f"GIT_CONFIG_VALUE_{number}"] = value
    wider["GIT_CONFIG_COUNT"] = str(first + len(config))
    return wider


def run_git(
    args: Sequence[str],
    *,
    repo: Path | None = None,
    timeout: float = DEFAULT_TIMEOUT_SECONDS,
    max_output: int = MAX_OUTPUT_BYTES,
    env: dict[str, str] | None = None,
    stdin: int = subprocess.DEVNULL,
) -> bytes:
    """What ``git args`` prints. ``repo`` is a git directory of ours, never one that somebody else configures.

    Raises GitFailed where git fails, LimitError (git.timeout, git.output-too-large), ScanError (git.missing).
    """
    command = args[0]
    with start_git(args, repo=repo, env=env, stdin=stdin) as process:
        try:
            stdout, stderr = _collect(process, command, timeout, max_output)
            status = process.wait()
        finally:
            kill_group(process)
    if status != 0:
        raise GitFailed(command, status, safe_stderr(stderr), stdout)
    return stdout


def start_git(
    args: Sequence[str],
    *,
    repo: Path | None = None,
    env: dict[str, str] | None = None,
    stdin: int = subprocess.DEVNULL,
    stderr: int = subprocess.PIPE,
) -> "subprocess.Popen[bytes]":
    """A git process in a process group of its own, stdout a pipe; end it with ``kill_group``."""
    place = [f"--git-dir={os.path.abspath(repo)}"] if repo is not None else []
    try:
        return subprocess.Popen(
            ["git", *place, "--no-pager", *args],
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=stderr,
            env=environment() if env is None else env,
            # Given no repository, git looks for one around it, and would take its configuration.
            cwd=NOWHERE,
            bufsize=0,
            start_new_session=True,
        )
    except FileNotFoundError as error:
        raise git_missing() from error


def git_missing() -> ScanError:
    """The error to raise where no git can be started."""
    return ScanError(
        "git.missing", "git is not installed or not on the PATH.", hint="Install git.", fault="ours"
    )


def timed_out(command: str, seconds: float) -> LimitError:
    """The error to raise where git was stopped by its time limit."""
    return LimitError(
        "git.timeout",
        f"git {command} did not finish within {seconds:g} seconds and was stopped.",
        hint="Try again later, or raise the time limit.",
        fault="network",
        retry=True,
    )


def kill_group(process: "subprocess.Popen[bytes]") -> None:
    """End a process of ``start_git`` together with its children; harmless when it has ended."""
    # A leader that has been waited for may have left its number to somebody else; then only its children
    # could remain, and those end with their pipes.
    if process.poll() is None:
        kill_process_group(process.pid)
        process.wait()
    for stream in (process.stdin, process.stdout, process.stderr):
        if stream is not None:
            stream.close()


def kill_process_group(pid: int) -> None:
    """Send SIGKILL to the group led by ``pid``, which must not have been waited for yet."""
    try:
        os.killpg(pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return


def safe_stderr(raw: bytes) -> str:
    """git's complaints as text that may be shown: printable, cut, and without credentials."""
    text = raw[-_MAX_STDERR_BYTES:].decode("utf-8", "replace").replace("\r", "\n")
    return redact(redact_url("".join(c if c.isprintable() or c == "\n" else "?" for c in text)))


def _collect(
    process: "subprocess.Popen[bytes]", command: str, timeout: float, max_output: int
) -> tuple[bytes, bytes]:
    assert process.stdout is not None and process.stderr is not None
    deadline = time.monotonic() + timeout
    parts: dict[str, list[bytes]] = {"out": [], "err": []}
    sizes = {"out": 0, "err": 0}
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ, "out")
        selector.register(process.stderr, selectors.EVENT_READ, "err")
        while selector.get_map():
            left = deadline - time.monotonic()
            ready = selector.select(left) if left > 0 else []
            if not ready:
                raise timed_out(command, timeout)
            for key, _ in ready:
                chunk = os.read(key.fd, 1 << 18)
                if not chunk:
                    selector.unregister(key.fileobj)
                elif key.data == "out" or sizes["err"] < _MAX_STDERR_BYTES:
                    parts[key.data].append(chunk)
                    sizes[key.data] += len(chunk)
            if sizes["out"] > max_output:
                raise LimitError(
                    "git.output-too-large", f"git {command} printed more than {max_output} bytes."
                )
    return b"".join(parts["out"]), b"".join(parts["err"])
