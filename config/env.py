"""The environment, typed and checked once: every setting that differs by deployment.

A malformed value stops the start with one sentence that names the variable. Secrets may come from files: for
each of them that is unset, the file named by <variable>_FILE is read, so that container secrets need not be
in the environment that the container was started with.
"""

import base64
import binascii
import contextlib
import hashlib
import ipaddress
import json
import os
import re
import secrets
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import parse_qsl, urlencode, urlsplit

from pydantic import Field, PrivateAttr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

PREFIX = "PLUMBLINE_"
CREDENTIAL_KEYS = "credential-keys"
"""The file in the data folder that holds the installation's own keys, where none are given."""
_SOCKET_LIMIT = 107
"""Bytes that a Unix socket's path may have (``sun_path`` holds 108 with its end)."""


class SettingsInvalid(Exception):
    """What is wrong with the environment, in one sentence per variable."""


class Environment(BaseSettings):
    """Each field is the variable PLUMBLINE_<FIELD>; DATABASE_URL is read without the prefix."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="ignore")

    data_dir: Path = Path("var")
    database_url: str = Field(default="", validation_alias="DATABASE_URL", repr=False)
    redis_url: str = Field(default="", repr=False)
    broker_url: str = Field(default="", repr=False)
    secret_key: str = Field(default="", repr=False)
    secret_key_fallbacks: Annotated[list[str], NoDecode] = Field(default=[], repr=False)
    credential_keys: Annotated[list[str], NoDecode] = Field(default=[], repr=False)
    _credential_keys_file: Path | None = PrivateAttr(default=None)
    debug: bool = False
    hosts: Annotated[list[str], NoDecode] = ["localhost", "127.0.0.1", "[::1]"]
    https: bool = False
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    log_json: bool = False
    organisation: str = "Organisation"
    allow_private_addresses: bool = False
    allow_local_sources: bool = False
    scan_interval_hours: int = Field(default=24, ge=1, le=24 * 90)
    scan_seconds: int = Field(default=900, ge=10, le=4 * 3600)
    max_repository_mb: int = Field(default=2048, ge=1, le=200_000)
    scan_memory_mb: int = Field(default=1536, ge=256, le=200_000)
    max_files: int = Field(default=200_000, ge=100, le=2_000_000)
    scan_queues: Annotated[list[Literal["scans", "scans.large"]], NoDecode, Field(min_length=1)] = [
        "scans",
        "scans.large",
    ]
    large_repository_mb: int = Field(default=500, ge=1, le=200_000)
    large_files: int = Field(default=20_000, ge=1, le=2_000_000)
    large_seconds: int = Field(default=60, ge=1, le=4 * 3600)
    answers_mb: int = Field(default=2048, ge=16, le=1_000_000)
    mirrors_mb: int = Field(default=0, ge=0, le=100_000_000)
    partial_clones: bool = True
    host_connections: int = Field(default=4, ge=1, le=100)
    keep_scans_days: int = Field(default=180, ge=1, le=3650)
    keep_audit_days: int = Field(default=1095, ge=30, le=3650)
    keep_evidence_days: int = Field(default=90, ge=1, le=3650)
    keep_mirrors_days: int = Field(default=30, ge=1, le=3650)
    keep_logs_days: int = Field(default=30, ge=1, le=3650)
    monitoring_token: str = Field(default="", repr=False)
    monitoring_addresses: Annotated[list[str], NoDecode] = ["127.0.0.0/8", "::1"]
    export_days: int = Field(default=14, ge=1, le=365)
    api_requests_per_minute: int = Field(default=600, ge=1, le=1_000_000)
    email_url: str = Field(default="", repr=False)
    from_email: str = "plumbline@localhost"
    public_url: str = ""
    role: Literal["web", "worker", "command"] = "command"

    @field_validator("hosts", "secret_key_fallbacks", "monitoring_addresses", "scan_queues", mode="before")
    @classmethod
    def _listed(cls, value: Any) -> Any:
        """A list from words between commas, or from JSON."""
        if not isinstance(value, str):
            return value
        if not value.lstrip().startswith("["):
            return [word.strip() for word in value.split(",") if word.strip()]
        try:
            return json.loads(value)
        except ValueError:
            raise ValueError("must be words between commas, or a JSON list") from None

    @field_validator("credential_keys", mode="before")
    @classmethod
    def _keys(cls, value: Any) -> Any:
        """Keys of Fernet from words between commas or blanks, or from JSON, the newest first."""
        words = re.split(r"[\s,\[\]\"]+", value) if isinstance(value, str) else value
        keys = [word for word in words if word]
        if not all(_is_fernet_key(key) for key in keys):
            raise ValueError("must be keys of 32 bytes in URL-safe base64, the newest first")
        return keys

    @field_validator("monitoring_addresses")
    @classmethod
    def _known_networks(cls, value: list[str]) -> list[str]:
        try:
            return [str(ipaddress.ip_network(one, strict=False)) for one in value]
        except ValueError:
            raise ValueError("must be IP addresses or networks, as 10.0.0.0/8") from None

    @field_validator("monitoring_token")
    @classmethod
    def _long_enough(cls, value: str) -> str:
        if value and len(value) < 16:
            raise ValueError("must have 16 characters or more")
        return value

    @field_validator("public_url")
    @classmethod
    def _known_public(cls, value: str) -> str:
        address = _address(value, "http", "https").rstrip("/")
        parts = urlsplit(address)
        if address and (not parts.hostname or parts.username or parts.query or parts.fragment):
            raise ValueError("must name a host, without user name, query or fragment")
        return address

    @field_validator("database_url")
    @classmethod
    def _known_database(cls, value: str) -> str:
        return _address(value, "postgres", "postgresql", "sqlite")

    @field_validator("redis_url")
    @classmethod
    def _known_redis(cls, value: str) -> str:
        address = _address(value, "redis", "rediss", "unix")
        number = _database_in(address)
        if number and not (number.isascii() and number.isdecimal()):
            raise ValueError("must end on the number of a database, or on none")
        return address

    @field_validator("broker_url")
    @classmethod
    def _known_broker(cls, value: str) -> str:
        return _address(value, "redis", "rediss", "redis+socket", "amqp", "amqps")

    @field_validator("email_url")
    @classmethod
    def _known_mail_server(cls, value: str) -> str:
        return _address(value, "smtp", "smtp+tls")

    @property
    def socket(self) -> Path:
        """Where the embedded server listens; a short path beside the data, or one in the run-time folder."""
        place = self.data_dir / "valkey.sock"
        if len(os.fsencode(place)) <= _SOCKET_LIMIT:
            return place
        folder = Path(os.environ.get("XDG_RUNTIME_DIR") or "/tmp") / f"plumbline-{os.getuid()}"
        return folder / f"{hashlib.blake2b(os.fsencode(self.data_dir), digest_size=6).hexdigest()}.sock"

    @property
    def credential_keys_file(self) -> Path | None:
        """Where the installation keeps its own keys, None where the environment gives them."""
        return self._credential_keys_file

    @property
    def public_address(self) -> str:
        """What links in messages start with: the public address, or the first host name where none is given."""
        return (
            self.public_url
            or f"{'https' if self.https else 'http'}://{self.hosts[0] if self.hosts else 'localhost'}"
        )

    @property
    def embedded(self) -> bool:
        """True where no broker or cache is configured, so that ``up`` starts its own."""
        return not self.redis_url

    def redis(self, database: int) -> str:
        """The address of one database of the cache server, as redis-py and RQ read it: ``database`` is counted from
        the one that is named, so that 0 is that one and 1 the next. Queues and cache must not share one, since
        emptying the cache empties its database."""
        return _with_database(self._server, database)

    def broker(self) -> str:
        """The address of the Celery broker."""
        return self.broker_url or _as_kombu(self.redis(0))

    @property
    def _server(self) -> str:
        return f"unix://{self.socket}" if self.embedded else self.redis_url


def _address(value: str, *schemes: str) -> str:
    """``value`` where it is empty or a well-formed address of one of the schemes. Raises ValueError."""
    scheme, found, _ = value.partition("://")
    if value and (not found or scheme not in schemes):
        raise ValueError(f"must start with {' or '.join(f'{name}://' for name in schemes)}")
    try:
        _ = urlsplit(value).port
    except ValueError:
        raise ValueError("is no well-formed address") from None
    return value


def _database_in(url: str) -> str:
    """What an address names as its database, where redis-py looks for it; empty where it names none."""
    parts = urlsplit(url)
    named = dict(parse_qsl(parts.query)).get("db", "")
    return named or ("" if parts.scheme == "unix" else parts.path.strip("/"))


def _with_database(url: str, up: int) -> str:
    """``url`` with its database number moved up by ``up``: the path's, for a socket file the query's."""
    parts = urlsplit(url)
    number = int(_database_in(url) or 0) + up
    fields = [(name, value) for name, value in parse_qsl(parts.query) if name != "db"]
    if parts.scheme == "unix":
        return f"unix://{parts.netloc}{parts.path}?{urlencode([*fields, ('db', number)])}"
    return parts._replace(path=f"/{number}", query=urlencode(fields)).geturl()


def _as_kombu(url: str) -> str:
    """An address of redis-py as Kombu reads it, which has another name for socket files."""
    parts = urlsplit(url)
    if parts.scheme != "unix":
        return url
    return f"redis+socket://{parts.netloc}{parts.path}?virtual_host={_database_in(url)}"


def read_environment() -> Environment:
    """The checked environment. Raises SettingsInvalid."""
    for name in ("SECRET_KEY", "REDIS_URL", "BROKER_URL", "EMAIL_URL", "MONITORING_TOKEN"):
        _from_file(f"{PREFIX}{name}")
    _from_file("DATABASE_URL")
    try:
        environment = Environment(**_credential_keys())
    except ValidationError as error:
        problems = "; ".join(
            f"{_variable(e['loc'])} {e['msg'].removeprefix('Value error, ')}" for e in error.errors()
        )
        raise SettingsInvalid(f"The environment cannot be used: {problems}. [settings.invalid]") from None
    try:
        environment.data_dir = environment.data_dir.expanduser().resolve()
        environment.secret_key = environment.secret_key or secret_key_of(environment.data_dir)
        if not environment.credential_keys:
            environment.credential_keys = credential_keys_of(environment.data_dir)
            environment._credential_keys_file = environment.data_dir / CREDENTIAL_KEYS
    except (OSError, RuntimeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise SettingsInvalid(
            f"The environment cannot be used: {PREFIX}DATA_DIR is no folder to write to: {reason}."
            " [settings.invalid]"
        ) from None
    return environment


def _variable(place: tuple[int | str, ...]) -> str:
    name = str(place[0]) if place else "?"
    return name if name.isupper() else f"{PREFIX}{name.upper()}"


def _from_file(name: str) -> None:
    place = os.environ.get(f"{name}_FILE")
    if place and name not in os.environ:
        try:
            os.environ[name] = Path(place).read_text().strip()
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or "it holds no text"
            raise SettingsInvalid(f"{name}_FILE cannot be read: {reason}. [settings.invalid]") from None


def _credential_keys() -> dict[str, Any]:
    """The keys from the file that PLUMBLINE_CREDENTIAL_KEYS_FILE names; they never enter the environment,
    which every process that is started would inherit. Raises SettingsInvalid."""
    name = f"{PREFIX}CREDENTIAL_KEYS"
    place = os.environ.get(f"{name}_FILE")
    if not place or name in os.environ:
        return {}
    try:
        return {"credential_keys": Path(place).read_text()}
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "it holds no text"
        raise SettingsInvalid(f"{name}_FILE cannot be read: {reason}. [settings.invalid]") from None


def _is_fernet_key(text: str) -> bool:
    try:
        return len(base64.urlsafe_b64decode(text)) == 32
    except (binascii.Error, ValueError):
        return False


def secret_key_of(data_dir: Path) -> str:
    """The installation's own signing key, made on first use and readable by its owner only."""
    return _kept(data_dir / "secret-key", secrets.token_urlsafe(50))


def credential_keys_of(data_dir: Path) -> list[str]:
    """The installation's own keys for secrets kept in the database, the newest first; one a line, made on first
    use and readable by their owner only."""
    fresh = base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()
    return _kept(data_dir / CREDENTIAL_KEYS, fresh).split()


def _kept(place: Path, fresh: str) -> str:
    """What the file holds, ``fresh`` where it is only made now."""
    if not place.exists():
        _write_private(place, fresh)
    return place.read_text().strip()


def _write_private(place: Path, text: str) -> None:
    """Makes the file whole, for its owner's eyes only; one that is there meanwhile stays."""
    place.parent.mkdir(parents=True, exist_ok=True)
    aside = place.with_name(f".{place.name}.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(text)
        with contextlib.suppress(FileExistsError):  # another process that starts was faster
            os.link(aside, place)
    finally:
        aside.unlink()
