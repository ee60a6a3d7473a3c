"""What is asked of a remote repository without a mirror, and how git may speak to it.

Every address is vetted before git sees it, and git is held to the addresses that were vetted: the name is not
resolved a second time, and no redirect is followed that has not been vetted as well.
"""

import base64
import os
import re
import shlex
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, TypeVar

from scanners.errors import Fault, ScanError, SourceError
from scanners.git import MAX_OUTPUT_BYTES, GitFailed, Unshown, environment, run_git
from scanners.reach import covers
from scanners.source_url import Credential, Source, parse_source, resolve_host, unreachable, vet_host
from scanners.values import dataclass, replace

if TYPE_CHECKING:
    from email.message import Message

Progress = Callable[[str, int, int], None]
"""Called with a stage ("receiving", "resolving"), how much is done, how much there is; 0 where unknown."""

T = TypeVar("T")

REDIRECT_SECONDS = 15.0
_MAX_REDIRECTS = 3
_ADVERTISEMENT = "/info/refs?service=git-upload-pack"
_REDIRECTED = re.compile(r"returned error: 30[1278]\b")
_BUSY = re.compile(r"returned error: (429|5\d\d)\b")
_MAX_WAIT_SECONDS = 3600.0
_IS_ID = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")


@dataclass(frozen=True, slots=True)
class Listing:
    """What a remote says it holds: default branch ("" if detached), HEAD ("" if empty), heads and tags."""

    default_branch: str
    head: str
    refs: dict[str, str]


class Remote:
    """A remote repository that may be spoken to. Nothing goes over the network before ``attempt``."""

    def __init__(self, source: Source, *, allow_private: bool = False) -> None:
        self.source = source
        self._allow_private = allow_private
        self._addresses: tuple[str, ...] | None = None

    def attempt(self, action: Callable[[str, dict[str, str]], T]) -> T:
        """What ``action(url, environment)`` returns. Raises SourceError in place of git's failures."""
        for _ in range(_MAX_REDIRECTS + 1):
            try:
                with self.signed_in() as env:
                    return action(self.source.url, env)
            except GitFailed as error:
                if not _REDIRECTED.search(error.stderr) or self._git_follows():
                    explained = explain(error, self.source)
                    if _BUSY.search(error.stderr):
                        explained.wait = self._asked_to_wait()
                    raise explained from None
            self.source = self._redirected()
            self._addresses = None
        raise SourceError("source.url-refused", "The address redirects too often.")

    def listing(self, *, timeout: float, only_head: bool = False) -> Listing:
        """Heads and tags as the remote has them now, or its HEAD alone."""
        patterns = ["HEAD"] if only_head else ["HEAD", "refs/heads/*", "refs/tags/*"]
        raw = self.attempt(
            lambda url, env: run_git(
                ["ls-remote", "--symref", "--", url, *patterns],
                timeout=timeout,
                max_output=MAX_OUTPUT_BYTES,
                env=env,
            )
        )
        return _parse_listing(raw)

    @contextmanager
    def signed_in(self) -> Iterator[dict[str, str]]:
        """``environment``, and with it an ssh key for as long as the block runs."""
        env = self.environment()
        key = self.source.key
        if key is None or self.source.scheme != "ssh":
            yield env
            return
        with ExitStack() as stack:
            lines = "".join(f"{self.source.host} {line}\n" for line in key.known)
            private = stack.enter_context(in_memory("key", key.private))
            known = stack.enter_context(in_memory("known-hosts", lines))
            env["GIT_SSH_COMMAND"] += _ssh_options(self.source, private, known)
            env.pop("SSH_AUTH_SOCK", None)
            yield env

    def environment(self) -> dict[str, str]:
        """git's environment for this remote: one protocol, the vetted addresses, the credential."""
        source = self.source
        if self._addresses is None:
            self._addresses = () if self._allow_private or _proxy(source) else vet_host(source)
        config = [("http.followRedirects", "initial" if self._git_follows() else "false")]
        named = self._addresses and source.host not in self._addresses
        if named and source.scheme != "ssh":
            places = ",".join(f"[{a}]" if ":" in a else a for a in self._addresses)
            config.append(("http.curloptResolve", f"{source.host}:{source.port}:{places}"))
        if source.credential is not None and source.scheme != "ssh":
            config.append(
                (f"http.{_origin(source)}/.extraHeader", f"Authorization: {_basic(source.credential)}")
            )
        env = environment(protocols=(source.scheme,), config=config)
        if named and source.scheme == "ssh":
            env["GIT_SSH_COMMAND"] += f" -oHostName={self._addresses[0]} -oHostKeyAlias={source.host}"
        return env

    def _git_follows(self) -> bool:
        """True where git may follow redirects by itself: no address is vetted, and there is nothing to leak.

        git sends the header of a credential on to wherever the first answer points, whatever host that is.
        """
        return self._allow_private and self.source.credential is None

    def _redirected(self) -> Source:
        """Where the source redirects to, vetted like the first; the credential stays with its host."""
        if _proxy(self.source):
            raise SourceError(
                "source.url-refused", "The address redirects elsewhere.", hint="Use the new address."
            )
        resolve = resolve_host if self._allow_private else vet_host
        target = _location(self.source, self._addresses or resolve(self.source))
        address = target.partition("/info/refs")[0]
        found = parse_source(address, allow_local=False)
        if found.scheme not in ("https", self.source.scheme):
            raise SourceError("source.url-refused", "The address redirects to one that is less safe.")
        same = (found.scheme, found.host, found.port) == (
            self.source.scheme,
            self.source.host,
            self.source.port,
        )
        credential = self.source.credential
        if credential and not (same and _reaches(credential, found)):
            credential = None
        return replace(found, credential=credential)

    def _asked_to_wait(self) -> float:
        """Seconds that the busy host asks to be left alone for, 0 where it does not say; git does not tell."""
        if self.source.scheme not in ("http", "https") or _proxy(self.source):
            return 0.0
        resolve = resolve_host if self._allow_private else vet_host
        try:
            said = _headers(self.source, self._addresses or resolve(self.source)).get("Retry-After", "")
        except SourceError:
            return 0.0
        return retry_after(said, time.time())


def retry_after(value: str, now: float) -> float:
    """Seconds to wait by a Retry-After header, a number or an HTTP date (RFC 9110, section 10.2.3); ``now`` is in
    seconds since the epoch. At most an hour, 0 where the value says nothing usable."""
    from email.utils import parsedate_to_datetime

    text = value.strip()
    if text.isascii() and text.isdecimal():
        wanted = float(text[:9])
    else:
        try:
            wanted = parsedate_to_datetime(text).timestamp() - now
        except (ValueError, TypeError, OverflowError):
            return 0.0
    return min(max(wanted, 0.0), _MAX_WAIT_SECONDS)


def _reaches(credential: Credential, source: Source) -> bool:
    return not credential.reach or any(covers(prefix, source) for prefix in credential.reach)


def explain(error: GitFailed, source: Source) -> ScanError:
    """git's complaint about a remote as an error with a stable id."""
    said = error.stderr.lower()
    last = error.message.partition("failed: ")[2]
    for id, pattern, message, hint, fault, retry in _COMPLAINTS:
        if re.search(pattern, said):
            return SourceError(
                id, message.format(host=source.host, name=source.name), hint=hint, fault=fault, retry=retry
            )
    return SourceError(
        "source.unreachable", f"git could not read {source.name}: {last}", fault="network", retry=True
    )


_COMPLAINTS: tuple[tuple[str, str, str, str, Fault, bool], ...] = (
    (
        "mirror.no-space",
        r"no space left on device|disk quota exceeded",
        "The disk of the mirrors is full.",
        "Free space there, or let mirrors take less of it.",
        "ours",
        False,
    ),
    (
        "source.unreachable",
        r"returned error: (429|5\d\d)|rpc failed|early eof|operation too slow|transfer closed",
        "The host {host} is busy or answered with an error.",
        "Try again later.",
        "network",
        True,
    ),
    (
        "source.host-key-mismatch",
        r"host key verification failed|host identification has changed|no matching host key",
        "The host {host} showed another key than the one it is known by.",
        "Compare the host's keys with its owner, then pin the new ones.",
        "credential",
        False,
    ),
    (
        "source.unreachable",
        r"certificate|ssl",
        "The host {host} could not prove who it is.",
        "Have its certificate known on this machine.",
        "ours",
        False,
    ),
    (
        "source.auth-failed",
        r"authentication failed|could not read (username|password)|returned error: 40[137]|permission denied|"
        r"access denied|invalid credentials|not authorized",
        "{host} did not let us read {name}.",
        "Give a credential that may read it; a mistyped address often looks the same.",
        "credential",
        False,
    ),
    (
        "source.not-a-repository",
        r"returned error: 4\d\d|repository .*not found|does not exist|not valid: is this a git repository|"
        r"does not appear to be a git repository|not a git repository|invalid server response|not found",
        "There is no git repository {name} at {host}.",
        "Check the address.",
        "request",
        False,
    ),
    (
        "source.unreachable",
        r"could not resolve|failed to connect|couldn't connect|connection (refused|reset|timed out|closed)|"
        r"unreachable|no route|timed out|hung up|empty reply|recv failure|send failure",
        "The host {host} cannot be reached.",
        "Check the address and the network.",
        "network",
        True,
    ),
    (
        "source.url-refused",
        r"transport .* not allowed",
        "Addresses of this kind are not allowed.",
        "",
        "request",
        False,
    ),
    (
        "git.corrupt",
        r"corrupt|bad object|index-pack|fsck|did not send all necessary|bad pack|inflate",
        "{name} has damaged objects, or they were damaged on the way.",
        "Run git fsck in the source repository.",
        "repository",
        False,
    ),
)


def _location(source: Source, addresses: tuple[str, ...]) -> str:
    """The address that ``source`` redirects git to, asked at the vetted ``addresses``."""
    location: str = _headers(source, addresses).get("Location", "")
    if location.startswith("/") and not location.startswith("//"):
        location = f"{_origin(source)}{location}"
    return location


def _headers(source: Source, addresses: tuple[str, ...]) -> "Message":
    """The headers of the host's first answer to git, asked at the vetted ``addresses``. Raises SourceError."""
    import http.client
    import ssl

    headers = Unshown({"User-Agent": "git/2", "Accept": "*/*"})
    if source.credential is not None:
        headers["Authorization"] = _basic(source.credential)
    place = source.url.partition("://")[2]
    path = "/" + place.partition("/")[2]
    try:
        with socket.create_connection((addresses[0], source.port), timeout=REDIRECT_SECONDS) as plain:
            sock: socket.socket = plain
            if source.scheme == "https":
                sock = ssl.create_default_context().wrap_socket(plain, server_hostname=source.host)
            connection = http.client.HTTPConnection(place.partition("/")[0], timeout=REDIRECT_SECONDS)
            connection.sock = sock
            connection.request("GET", path + _ADVERTISEMENT, headers=headers)
            answer = connection.getresponse()
            found = answer.headers
            connection.close()
    except (OSError, http.client.HTTPException) as error:
        raise unreachable(source.host) from error
    return found


def _parse_listing(raw: bytes) -> Listing:
    branch, head = "", ""
    refs: dict[str, str] = {}
    for line in raw.decode("utf-8", "surrogateescape").splitlines():
        value, _, name = line.partition("\t")
        if value.startswith("ref: ") and name == "HEAD":
            branch = value[5:].removeprefix("refs/heads/")
        elif not _IS_ID.fullmatch(value):
            continue
        elif name == "HEAD":
            head = value
        elif name.startswith(("refs/heads/", "refs/tags/")) and not name.endswith("^{}"):
            refs[name] = value
    return Listing(branch, head, refs)


def _origin(source: Source) -> str:
    host = f"[{source.host}]" if ":" in source.host else source.host
    return f"{source.scheme}://{host}:{source.port}"


def _basic(credential: Credential) -> str:
    pair = f"{credential.username}:{credential.secret}".encode()
    return "Basic " + base64.b64encode(pair).decode("ascii")


@contextmanager
def in_memory(name: str, content: str) -> Iterator[str]:
    """The path of a file that lives in this process's memory alone, readable by its own user alone.

    It is never on a disk and is gone with the process, however that ends. Raises SourceError
    (credential.no-memory-files) on systems without such files.
    """
    try:
        descriptor = os.memfd_create(f"plumbline-{name}")
    except (AttributeError, OSError) as error:
        raise SourceError(
            "credential.no-memory-files",
            "This machine cannot hold an ssh key in memory.",
            hint="Run the workers on Linux.",
            fault="ours",
        ) from error
    try:
        os.fchmod(descriptor, 0o600)
        with open(descriptor, "wb", closefd=False) as file:
            file.write(content.encode())
        yield f"/proc/{os.getpid()}/fd/{descriptor}"
    finally:
        os.close(descriptor)


def _ssh_options(source: Source, private: str, known: str) -> str:
    """ssh with this key and these host keys only: no agent, no configuration of the person or the machine."""
    options = {
        "IdentityFile": private,
        "UserKnownHostsFile": known,
        "HostKeyAlias": source.host,
        "GlobalKnownHostsFile": os.devnull,
        "StrictHostKeyChecking": "yes",
        "CheckHostIP": "no",
        "UpdateHostKeys": "no",
        "VerifyHostKeyDNS": "no",
        "IdentitiesOnly": "yes",
        "IdentityAgent": "none",
        "PreferredAuthentications": "publickey",
        "ClearAllForwardings": "yes",
        "ForwardAgent": "no",
        "ProxyCommand": "none",
        "PermitLocalCommand": "no",
        "ControlMaster": "no",
        "ControlPath": "none",
    }
    return f" -F {os.devnull}" + "".join(f" -o{name}={shlex.quote(value)}" for name, value in options.items())


def _proxy(source: Source) -> bool:
    """True where a proxy set for this process speaks to the host for us; it then decides what is reached."""
    from urllib.request import getproxies_environment, proxy_bypass

    if source.scheme == "ssh" or not any(name.lower().endswith("_proxy") for name in os.environ):
        return False
    proxies = getproxies_environment()
    return bool(proxies.get(source.scheme) or proxies.get("all")) and not proxy_bypass(source.host)
