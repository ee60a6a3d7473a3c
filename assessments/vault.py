"""Seals what must be kept and never shown: tokens, keys and secrets of hooks. Fernet, with keys that rotate."""

from collections.abc import Iterable, Iterator

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings

from scanners.errors import ScanError


def seal(secret: str) -> str:
    """``secret`` under the newest key: what the database may hold."""
    return _keyring(settings.CREDENTIAL_KEYS).encrypt(secret.encode()).decode("ascii")


def unseal(sealed: str) -> str:
    """What was sealed. Raises ScanError (credential.sealed) where no key of the settings opens it."""
    for keys in _keyrings():
        try:
            return keys.decrypt(sealed.encode()).decode()
        except InvalidToken:
            continue
    raise _no_key()


def reseal(sealed: str) -> str:
    """The same secret under the newest key. Raises ScanError (credential.sealed)."""
    try:
        return _keyring(settings.CREDENTIAL_KEYS).rotate(sealed.encode()).decode("ascii")
    except InvalidToken:
        raise _no_key() from None


def _keyrings() -> Iterator[MultiFernet]:
    """The keys that this process started with, then those that its key file has been given since."""
    yield _keyring(settings.CREDENTIAL_KEYS)
    if settings.CREDENTIAL_KEYS_FILE is not None:
        yield _keyring(settings.CREDENTIAL_KEYS_FILE.read_text().split())


def _keyring(keys: Iterable[str]) -> MultiFernet:
    return MultiFernet([Fernet(key) for key in keys])


def _no_key() -> ScanError:
    return ScanError(
        "credential.sealed",
        "A stored secret cannot be opened with the keys of this installation.",
        hint="Add the key it was sealed with to PLUMBLINE_CREDENTIAL_KEYS, or replace the secret.",
        fault="ours",
    )
