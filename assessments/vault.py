"""Seals what must be kept and never shown: tokens, keys and secrets of hooks. Fernet, with keys that rotate."""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

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


def add_key() -> None:
    """Puts a fresh key before those that the installation keeps for itself; ``reseal`` then moves to it.

    Processes that run already find it in the file. Raises ScanError (credential.keys-given).
    """
    _keep([Fernet.generate_key().decode(), *settings.CREDENTIAL_KEYS])


def drop_old_keys() -> None:
    """Forgets all but the newest of the installation's own keys. Raises ScanError (credential.keys-given)."""
    _keep(settings.CREDENTIAL_KEYS[:1])


def _keep(keys: list[str]) -> None:
    place: Path | None = settings.CREDENTIAL_KEYS_FILE
    if place is None:
        raise ScanError(
            "credential.keys-given",
            "The keys come from PLUMBLINE_CREDENTIAL_KEYS, so they are not kept here.",
            hint="Put a new key first there, or take old ones out.",
        )
    aside = place.with_name(f".{place.name}.{os.getpid()}")
    descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write("\n".join(keys))
        aside.replace(place)
    finally:
        aside.unlink(missing_ok=True)
    settings.CREDENTIAL_KEYS = keys


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
