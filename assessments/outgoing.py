"""Posts to addresses that people have entered: vetted, pinned, signed, short, and never redirected. No Django."""

import hashlib
import hmac
import http.client
import socket
import ssl
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from scanners.errors import SourceError
from scanners.source_url import Source, resolve_host, vet_host

CONNECT_SECONDS = 5.0
TOTAL_SECONDS = 15.0
MAX_ADDRESS = 2000
_MAX_ANSWER_BYTES = 4096


@dataclass(frozen=True, slots=True)
class Target:
    """An address that may be posted to, in its parts; ``path`` keeps its query."""

    scheme: str
    host: str
    port: int
    path: str


class NotDelivered(Exception):
    """Why a post failed. ``retry`` tells whether the same may succeed later. Holds no address."""

    def __init__(self, id: str, message: str, *, retry: bool) -> None:
        super().__init__(message)
        self.id = id
        self.message = message
        self.retry = retry


def parse_target(text: str, *, allow_http: bool = False) -> Target:
    """The parts of an address. Raises SourceError (notification.address-refused)."""
    address = text.strip()
    if len(address) > MAX_ADDRESS or not address.isascii() or not address.isprintable() or " " in address:
        raise _refused("The address is too long or holds blanks or other than plain characters.")
    try:
        parts = urlsplit(address)
        port = parts.port
        host = (parts.hostname or "").rstrip(".").lower()
    except ValueError:
        raise _refused("The address is not well formed.") from None
    if parts.scheme not in (("https", "http") if allow_http else ("https",)):
        raise _refused("The address must start with https://.")
    if not host or parts.username is not None or parts.password is not None or parts.fragment:
        raise _refused("The address must name a host, without user name or fragment.")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(parts.scheme, host, port or (443 if parts.scheme == "https" else 80), path)


def signature(secret: str, timestamp: int, body: bytes) -> str:
    """The header by which a receiver knows us and the hour: HMAC-SHA256 of ``<timestamp>.<body>``."""
    digest = hmac.new(secret.encode(), f"{timestamp}.".encode() + body, hashlib.sha256)
    return f"v1={digest.hexdigest()}"


def post(target: Target, body: bytes, headers: Mapping[str, str], *, allow_private: bool) -> None:
    """Delivers the body. Raises NotDelivered.

    The name is resolved once and the vetted address is what is connected to, so that a name which changes
    its mind leads nowhere else.
    """
    place = Source("url", "", "", "", scheme=target.scheme, host=target.host, port=target.port)
    try:
        [address, *_] = resolve_host(place) if allow_private else vet_host(place)
    except SourceError as error:
        refused = error.id == "source.private-address"
        raise NotDelivered(
            "notification.private-address" if refused else "notification.unreachable",
            "The address lies in a private network." if refused else "The host cannot be reached.",
            retry=not refused,
        ) from None
    status = _exchange(target, address, body, headers)
    if 300 <= status < 400:
        raise NotDelivered(
            "notification.redirected", "The host redirects elsewhere. Enter the new address.", retry=False
        )
    if not 200 <= status < 300:
        raise NotDelivered(
            "notification.refused",
            f"The host answered with status {status}.",
            retry=status >= 500 or status in (408, 425, 429),
        )


def _exchange(target: Target, address: str, body: bytes, headers: Mapping[str, str]) -> int:
    """The status of the answer; whatever takes longer than TOTAL_SECONDS is cut off."""
    sock: socket.socket | None = None
    timer: threading.Timer | None = None
    try:
        sock = socket.create_connection((address, target.port), timeout=CONNECT_SECONDS)
        plain = sock
        timer = threading.Timer(TOTAL_SECONDS, lambda: _shut(plain))
        timer.daemon = True
        timer.start()
        if target.scheme == "https":
            sock = ssl.create_default_context().wrap_socket(plain, server_hostname=target.host)
        shown = f"[{target.host}]" if ":" in target.host else target.host
        usual = target.port == (443 if target.scheme == "https" else 80)
        connection = http.client.HTTPConnection(shown if usual else f"{shown}:{target.port}")
        connection.sock = sock
        connection.request("POST", target.path, body=body, headers={**headers, "Connection": "close"})
        answer = connection.getresponse()
        answer.read(_MAX_ANSWER_BYTES)
        return answer.status
    except ssl.SSLCertVerificationError:
        raise NotDelivered(
            "notification.untrusted", "The host could not prove who it is.", retry=True
        ) from None
    except (OSError, http.client.HTTPException):
        raise NotDelivered(
            "notification.unreachable", "The host did not answer in time.", retry=True
        ) from None
    finally:
        if timer is not None:
            timer.cancel()
        if sock is not None:
            sock.close()


def _shut(sock: socket.socket) -> None:
    try:
        sock.shutdown(socket.SHUT_RDWR)
    except OSError:
        return


def _refused(message: str) -> SourceError:
    return SourceError(
        "notification.address-refused", message, hint="Enter the address that your chat gives you."
    )
