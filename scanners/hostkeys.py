"""The lines by which ssh knows its hosts, and private keys, checked before they are kept. Pure."""

import base64
import binascii
import hashlib
import re

from scanners.errors import SourceError
from scanners.source_url import Source
from scanners.values import dataclass

MAX_LINES = 60
_KEY_TYPE = re.compile(r"(?:sk-)?(?:ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp(?:256|384|521))(?:@openssh\.com)?")
_PLACE = re.compile(r"\[(?P<host>[^\]\s]+)\]:(?P<port>\d{1,5})|(?P<plain>[^\[\]\s*?!|]+)")


@dataclass(frozen=True, slots=True)
class HostKey:
    """A public key that a host may show; ``host`` is in lower case, ``port`` 22 unless the line names one."""

    host: str
    port: int
    type: str
    key: str

    @property
    def fingerprint(self) -> str:
        """As ssh prints it, for a person to compare."""
        digest = hashlib.sha256(base64.b64decode(self.key)).digest()
        return "SHA256:" + base64.b64encode(digest).decode().rstrip("=")

    @property
    def place(self) -> str:
        return self.host if self.port == 22 else f"[{self.host}]:{self.port}"

    def line(self) -> str:
        return f"{self.place} {self.type} {self.key}"


def parse_known_hosts(text: str) -> tuple[HostKey, ...]:
    """The keys of a known_hosts file, as ``ssh-keyscan HOST`` prints it; comments are left out.

    Raises SourceError (credential.host-keys-refused) with the number of the line that cannot be used.
    """
    found: list[HostKey] = []
    for number, raw in enumerate(text.splitlines(), 1):
        line = raw.strip()
        if not line or line.startswith("#"):
            continue
        words = line.split()
        if len(words) < 3 or line.startswith(("@", "|")):
            raise _refused(number, "must be: host, type of key, key. Hashed names and markers are not taken")
        places, type_, key = words[:3]
        if not _KEY_TYPE.fullmatch(type_) or not _is_key(type_, key):
            raise _refused(number, "holds no public key that ssh knows")
        for place in places.split(","):
            match = _PLACE.fullmatch(place)
            if match is None:
                raise _refused(number, "names a host by a pattern")
            host = (match["host"] or match["plain"]).lower()
            found.append(HostKey(host, int(match["port"] or 22), type_, key))
    if len(found) > MAX_LINES:
        raise _refused(MAX_LINES, "is the last that is taken")
    return tuple(dict.fromkeys(found))


def keys_for(known: tuple[HostKey, ...], source: Source) -> tuple[str, ...]:
    """The keys that the source's host may show, as lines without the host's name."""
    return tuple(f"{k.type} {k.key}" for k in known if (k.host, k.port) == (source.host, source.port))


def check_private_key(text: str) -> str:
    """The private key with the line ends that ssh expects. Raises SourceError (credential.key-refused)."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_ssh_private_key

    key = "\n".join(line.strip() for line in text.strip().splitlines()) + "\n"
    load = load_ssh_private_key if "OPENSSH PRIVATE KEY" in key else load_pem_private_key
    try:
        load(key.encode(), None)
    except TypeError:
        raise SourceError(
            "credential.key-refused",
            "The key has a passphrase, which nobody could type here.",
            hint="Make a key of its own for Plumbline, without one.",
        ) from None
    except (ValueError, UnsupportedAlgorithm):
        raise SourceError(
            "credential.key-refused",
            "This is no private key that ssh can use.",
            hint="Paste the whole file, from its BEGIN line to its END line.",
        ) from None
    return key


def _is_key(type_: str, key: str) -> bool:
    try:
        raw = base64.b64decode(key, validate=True)
    except (binascii.Error, ValueError):
        return False
    name = type_.encode()
    return raw[:4] == len(name).to_bytes(4, "big") and raw[4 : 4 + len(name)] == name


def _refused(number: int, why: str) -> SourceError:
    return SourceError(
        "credential.host-keys-refused",
        f"Line {number} of the host keys {why}.",
        hint="Paste what ssh-keyscan prints, after comparing it with the host's owner.",
    )
