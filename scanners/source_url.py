"""What may be named as a SOURCE: an https, http or ssh address, or a local folder. No git runs here."""

import ipaddress
import os
import re
import threading
from pathlib import Path
from typing import Literal
from urllib.parse import unquote, urlsplit

from scanners.errors import ScanError, SourceError
from scanners.values import dataclass, field, replace

MAX_URL_LENGTH = 2000
RESOLVE_SECONDS = 10.0
TOKEN_USER = "x-access-token"
"""User name sent with a bare token; GitHub, GitLab and Gitea take any name beside a valid token."""

_DEFAULT_PORTS = {"https": 443, "http": 80, "ssh": 22}
_HOST = re.compile(
    r"(?=.{1,253}\Z)[a-z0-9_]([a-z0-9_-]{0,62})?(\.[a-z0-9_]([a-z0-9_-]{0,62})?)*\.?", re.IGNORECASE
)
_USER = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._+-]{0,63}")
_SCP = re.compile(r"(?:(?P<user>[^@/:]+)@)?(?P<host>[^@/:]+|\[[0-9a-fA-F:.]+\]):(?P<path>[^:].*)")
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")
_HELPER = re.compile(r"[A-Za-z0-9][A-Za-z0-9+._-]*::")


@dataclass(frozen=True, slots=True)
class Credential:
    """What signs in to a forge over https. ``secret`` stays out of repr, argv, addresses and messages.

    ``reach`` names the prefixes (``scanners.reach``) outside of which no redirect takes it; none: its host.
    """

    username: str
    secret: str = field(repr=False)
    reach: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SshKey:
    """What signs in over ssh: a private key without passphrase, and the only keys the host may show.

    ``known`` are lines of known_hosts for the one host that is spoken to, each without the host's name.
    """

    private: str = field(repr=False)
    known: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Source:
    """A vetted SOURCE. ``url`` is what git is given (for a folder its absolute path), free of any credential.

    ``canonical`` is equal for two spellings of one address; ``name`` is "owner/name" for people.
    """

    kind: Literal["url", "local"]
    url: str
    canonical: str
    name: str
    scheme: str = ""
    host: str = ""
    port: int = 0
    credential: Credential | None = None
    key: SshKey | None = None


def parse_source(text: str, *, allow_local: bool = True) -> Source:
    """``text`` as a Source. Raises SourceError (source.url-refused, source.not-a-repository).

    Only the form is judged; whether a host may be spoken to is for ``vet_host``.
    """
    source = text.strip()
    if not source:
        raise _refused("The source is empty.")
    if len(source) > MAX_URL_LENGTH:
        raise _refused("The source is longer than any address.")
    if source.startswith("-"):
        raise _refused("A source must not start with a dash.")
    if any(ord(c) < 32 or ord(c) == 127 or c in "\u2028\u2029" for c in source):
        raise _refused("The source holds control characters.")
    if _HELPER.match(source):
        raise _refused("Transport helpers such as 'ext::' and 'file::' are not allowed.")
    scheme = _SCHEME.match(source)
    if scheme:
        return _from_url(source, scheme.group(1).lower())
    exists = allow_local and os.path.exists(source)
    scp = None if exists else _SCP.fullmatch(source)
    if scp and (scp["user"] or "." in scp["host"]):
        user = f"{scp['user']}@" if scp["user"] else ""
        return _from_url(f"ssh://{user}{scp['host']}/{scp['path'].lstrip('/')}", "ssh")
    if not allow_local:
        raise _refused("Only https, http and ssh addresses are allowed here.")
    return _from_path(source)


def vet_host(source: Source) -> tuple[str, ...]:
    """The addresses of the source's host, all of them public, so that git can be held to these.

    Raises SourceError: source.private-address where any of them is not on the public internet,
    source.unreachable where the name resolves to nothing.
    """
    addresses = _resolve(source.host, source.port)
    for text in addresses:
        if not is_public(text):
            raise SourceError(
                "source.private-address",
                f"{source.host} is an address of a private or local network, which is not allowed here.",
                hint="Use an address on the public internet, or have private addresses allowed.",
            )
    return addresses


def resolve_host(source: Source) -> tuple[str, ...]:
    """The addresses of the source's host, whatever network they are in. Raises SourceError
    (source.unreachable)."""
    return _resolve(source.host, source.port)


def is_public(address: str) -> bool:
    """True for an IP address of the public internet, also where an IPv4 address hides in an IPv6 one."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour
        if inner is None and ip in ipaddress.ip_network("64:ff9b::/96"):
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        if inner is None and ip.packed[:12] == bytes(12) and int(ip) > 1:
            return False
        if inner is not None:
            return is_public(str(inner))
    return ip.is_global and not ip.is_multicast


def _from_url(text: str, scheme: str) -> Source:
    if scheme not in _DEFAULT_PORTS:
        hint = "Give the folder's path itself." if scheme == "file" else "Use https or ssh."
        raise _refused(f"Addresses with {scheme}:// are not allowed.", hint)
    if any(c.isspace() or c in '\\"<>`' for c in text):
        raise _refused("The address holds blanks, quotes or backslashes.")
    try:
        parts = urlsplit(text)
        port = parts.port or _DEFAULT_PORTS[scheme]
        host = (parts.hostname or "").encode("idna").decode("ascii").lower().rstrip(".")
    except ValueError as error:
        raise _refused("The address is not well formed.") from error
    if parts.query or parts.fragment or "?" in text or "#" in text:
        raise _refused("An address of a repository has no '?' or '#' in it.")
    if not _is_host(host):
        raise _refused("The address names no valid host.")
    path = parts.path.strip("/")
    segments = unquote(path).split("/")
    if not path or any(s in ("", ".", "..") or s.startswith("-") for s in segments):
        raise _refused("The address names no repository on its host.")
    if any(ord(c) < 32 or c == "\x7f" for s in segments for c in s):
        raise _refused("The address holds control characters.")
    shown = f"[{host}]" if ":" in host else host
    place = shown if port == _DEFAULT_PORTS[scheme] else f"{shown}:{port}"
    user, credential = _userinfo(parts.username, parts.password, scheme)
    trunk = path.removesuffix(".git").rstrip("/") or path
    return Source(
        kind="url",
        url=f"{scheme}://{user}{place}/{path}",
        canonical=f"{scheme}://{place}/{trunk}",
        name="/".join(unquote(trunk).split("/")[-2:]),
        scheme=scheme,
        host=host,
        port=port,
        credential=credential,
    )


def _userinfo(username: str | None, password: str | None, scheme: str) -> tuple[str, Credential | None]:
    """("user@" to keep in the address, credential taken out of it)."""
    user, secret = unquote(username or ""), unquote(password or "")
    if scheme == "ssh":
        if secret or (user and not _USER.fullmatch(user)):
            raise _refused("An ssh address may hold a plain user name and no password.")
        return (f"{user}@" if user else ""), None
    if any(ord(c) < 32 for c in user + secret):
        raise _refused("The address holds control characters.")
    if secret:
        return "", Credential(user or TOKEN_USER, secret)
    return "", Credential(TOKEN_USER, user) if user else None


def _is_host(host: str) -> bool:
    if ":" in host:
        try:
            ipaddress.IPv6Address(host)
        except ValueError:
            return False
        return True
    return bool(_HOST.fullmatch(host))


def _from_path(text: str) -> Source:
    path = Path(os.path.realpath(os.path.expanduser(text)))
    if not path.is_dir():
        hint = (
            f"For a remote repository write https://{text}" if re.match(r"[\w-]+(\.[\w-]+)+/\S", text) else ""
        )
        raise SourceError("source.not-a-repository", f"There is no folder {text[:200]!r}.", hint=hint)
    home = path.parent if path.name == ".git" else path
    parent = home.parent.name
    name = home.name.removesuffix(".git") or home.name
    return Source("local", str(path), str(home), f"{parent}/{name}" if parent else name)


def with_credential(source: Source, credential: Credential | None) -> Source:
    """``source`` signing in with ``credential``, or with its own where that is None."""
    return replace(source, credential=credential) if credential else source


def _resolve(host: str, port: int) -> tuple[str, ...]:
    """All addresses of ``host``; a resolver that does not answer is given up on."""
    found: list[str] = []
    failure: list[OSError] = []

    import socket  # here, because a local source has no need of the network

    def ask() -> None:
        try:
            infos = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            found.extend(dict.fromkeys(str(info[4][0]) for info in infos))
        except OSError as error:
            failure.append(error)
        except UnicodeError as error:
            failure.append(OSError(str(error)))

    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    thread.join(RESOLVE_SECONDS)
    if not found:
        raise unreachable(host)
    return tuple(found)


def unreachable(host: str) -> SourceError:
    """The error to raise where ``host`` does not answer."""
    return SourceError(
        "source.unreachable",
        f"The host {host} cannot be reached.",
        hint="Check the address and the network; the next attempt may succeed.",
        fault="network",
        retry=True,
    )


def _refused(message: str, hint: str = "Give an https or ssh address, or a path.") -> ScanError:
    return SourceError("source.url-refused", message, hint=hint)
