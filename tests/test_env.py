"""The environment: typed, with whole defaults, and refused loudly where it makes no sense."""

import os
import re
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import redis

from config.env import Environment, SettingsInvalid, read_environment, secret_key_of

ROOT = Path(__file__).parents[1]


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """None of this machine's variables; a data folder of the test's own."""
    for name in list(os.environ):
        if name.startswith("PLUMBLINE_") or name.startswith("DATABASE_URL"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("PLUMBLINE_DATA_DIR", str(tmp_path / "data"))
    return tmp_path / "data"


def test_the_defaults_are_whole(bare: Path) -> None:
    environment = read_environment()
    assert environment.embedded
    assert environment.redis(1) == f"unix://{bare}/valkey.sock?db=1"
    assert environment.broker() == f"redis+socket://{bare}/valkey.sock?virtual_host=0"
    assert environment.debug is False


def test_a_socket_path_too_long_for_the_kernel_is_put_elsewhere(
    bare: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PLUMBLINE_DATA_DIR", str(tmp_path / ("deep/" * 30)))
    socket = read_environment().socket
    assert len(os.fsencode(socket)) < 108
    assert socket == read_environment().socket


def test_the_signing_key_is_made_once_and_only_its_owner_may_read_it(bare: Path) -> None:
    key = read_environment().secret_key
    assert len(key) > 50
    assert read_environment().secret_key == key
    assert stat.S_IMODE((bare / "secret-key").stat().st_mode) == 0o600
    assert secret_key_of(bare.with_name("other")) != key


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_URL", "mysql://localhost/x"),
        ("PLUMBLINE_REDIS_URL", "http://localhost"),
        ("PLUMBLINE_BROKER_URL", "memory://"),
        ("PLUMBLINE_SCAN_SECONDS", "soon"),
        ("PLUMBLINE_SCAN_SECONDS", "0"),
        ("PLUMBLINE_DEBUG", "maybe"),
        ("PLUMBLINE_LOG_LEVEL", "LOUD"),
        ("PLUMBLINE_REDIS_URL", "redis://localhost/first"),
        ("PLUMBLINE_REDIS_URL", "redis://localhost:port/0"),
        ("PLUMBLINE_REDIS_URL", "redis://localhost/0?db=first"),
        ("PLUMBLINE_REDIS_URL", "unix:///run/valkey.sock?db=first"),
        ("PLUMBLINE_EMAIL_URL", "mail.example.org"),
        ("PLUMBLINE_HOSTS", '["unfinished'),
        ("DATABASE_URL", "postgres://localhost:many/x"),
    ],
)
def test_a_value_that_makes_no_sense_is_named_in_one_sentence(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsInvalid) as raised:
        read_environment()
    assert name in str(raised.value) and "settings.invalid" in str(raised.value)
    assert "\n" not in str(raised.value)


def test_a_secret_in_a_refused_address_is_not_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "mysql://plumb:canary-91@localhost/x")
    with pytest.raises(SettingsInvalid) as refused:
        read_environment()
    assert "canary-91" not in str(refused.value)


def test_every_wrong_variable_is_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLUMBLINE_DEBUG", "perhaps")
    monkeypatch.setenv("PLUMBLINE_EXPORT_DAYS", "0")
    with pytest.raises(SettingsInvalid, match="PLUMBLINE_DEBUG.*PLUMBLINE_EXPORT_DAYS"):
        read_environment()


@pytest.mark.parametrize("value", ["plumb.example.org, localhost,", '["plumb.example.org", "localhost"]'])
def test_lists_are_words_between_commas_or_json(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("PLUMBLINE_HOSTS", value)
    assert read_environment().hosts == ["plumb.example.org", "localhost"]


def test_a_data_folder_that_cannot_be_made_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("PLUMBLINE_DATA_DIR", str(tmp_path / "file" / "data"))
    with pytest.raises(SettingsInvalid, match="PLUMBLINE_DATA_DIR"):
        read_environment()


def test_processes_that_start_together_agree_on_the_signing_key(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(lambda _: secret_key_of(tmp_path / "fresh"), range(24)))
    assert len(keys) == 1 and len(keys.pop()) > 50
    assert [p.name for p in (tmp_path / "fresh").iterdir()] == ["secret-key"]


def test_the_start_ends_with_that_sentence_and_no_traceback(bare: Path) -> None:
    done = subprocess.run(
        [sys.executable, "manage.py", "check"],
        cwd=ROOT,
        env={**os.environ, "PLUMBLINE_DEBUG": "maybe", "DJANGO_SETTINGS_MODULE": "config.settings"},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 1
    assert "PLUMBLINE_DEBUG" in done.stderr and "Traceback" not in done.stderr


def test_secrets_may_come_from_files(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "key").write_text("from a file\n")
    monkeypatch.setenv("PLUMBLINE_SECRET_KEY_FILE", str(tmp_path / "key"))
    assert read_environment().secret_key == "from a file"
    monkeypatch.delenv("PLUMBLINE_SECRET_KEY", raising=False)
    monkeypatch.setenv("PLUMBLINE_SECRET_KEY_FILE", str(tmp_path / "none"))
    with pytest.raises(SettingsInvalid, match="PLUMBLINE_SECRET_KEY_FILE"):
        read_environment()
    (tmp_path / "none").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(SettingsInvalid, match="PLUMBLINE_SECRET_KEY_FILE cannot be read: it holds no text"):
        read_environment()


def test_the_databases_of_one_server_are_counted_from_the_one_named() -> None:
    environment = Environment(redis_url="redis://cache:6379/4")
    assert (environment.redis(0), environment.redis(1)) == ("redis://cache:6379/4", "redis://cache:6379/5")
    assert environment.broker() == "redis://cache:6379/4"
    assert Environment(redis_url="redis://c", broker_url="amqp://b//").broker() == "amqp://b//"


@pytest.mark.parametrize(
    ("named", "first", "second", "broker"),
    [
        ("redis://cache", "redis://cache/0", "redis://cache/1", "redis://cache/0"),
        ("redis://cache/2?db=4", "redis://cache/4", "redis://cache/5", "redis://cache/4"),
        (
            "rediss://:p@cache/9?ssl_cert_reqs=none",
            "rediss://:p@cache/9?ssl_cert_reqs=none",
            "rediss://:p@cache/10?ssl_cert_reqs=none",
            "rediss://:p@cache/9?ssl_cert_reqs=none",
        ),
        (
            "unix:///run/valkey.sock",
            "unix:///run/valkey.sock?db=0",
            "unix:///run/valkey.sock?db=1",
            "redis+socket:///run/valkey.sock?virtual_host=0",
        ),
        (
            "unix://:p@/run/valkey.sock?db=3",
            "unix://:p@/run/valkey.sock?db=3",
            "unix://:p@/run/valkey.sock?db=4",
            "redis+socket://:p@/run/valkey.sock?virtual_host=3",
        ),
    ],
)
def test_queues_and_cache_have_a_database_each_however_the_first_is_named(
    named: str, first: str, second: str, broker: str
) -> None:
    environment = Environment(redis_url=named)
    assert (environment.redis(0), environment.redis(1), environment.broker()) == (first, second, broker)
    for address in (first, second):  # as redis-py reads it
        read = redis.ConnectionPool.from_url(address).connection_kwargs
        assert read["db"] == int(re.search(r"(\d+)(\?ssl.*)?$", address)[1])  # type: ignore[index]


def test_keys_of_credentials_are_made_once_and_only_their_owner_may_read_them(bare: Path) -> None:
    first = read_environment()
    assert read_environment().credential_keys == first.credential_keys
    place = bare / "credential-keys"
    assert first.credential_keys_file == place
    assert place.read_text().split() == first.credential_keys
    assert stat.S_IMODE(place.stat().st_mode) == 0o600
    assert first.credential_keys[0] not in repr(first)


@pytest.mark.parametrize("separator", [",", "\n", " , "])
def test_keys_of_credentials_may_come_from_a_file_and_stay_out_of_the_environment(
    bare: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, separator: str
) -> None:
    keys = ["A" * 43 + "=", "B" * 42 + "A="]
    (tmp_path / "keys").write_text(separator.join(keys) + "\n")
    monkeypatch.setenv("PLUMBLINE_CREDENTIAL_KEYS_FILE", str(tmp_path / "keys"))
    environment = read_environment()
    assert (environment.credential_keys, environment.credential_keys_file) == (keys, None)
    assert "PLUMBLINE_CREDENTIAL_KEYS" not in os.environ
    assert not (bare / "credential-keys").exists()


def test_a_key_of_the_wrong_form_is_refused_and_not_repeated(
    bare: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLUMBLINE_CREDENTIAL_KEYS", "not-a-key-4711")
    with pytest.raises(SettingsInvalid, match="PLUMBLINE_CREDENTIAL_KEYS") as caught:
        read_environment()
    assert "4711" not in str(caught.value)


@pytest.mark.parametrize(
    "url", ["plumbline.example", "ftp://plumbline.example", "https://a:b@plumbline.example"]
)
def test_a_public_address_that_is_none_is_refused(
    bare: Path, monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.setenv("PLUMBLINE_PUBLIC_URL", url)
    with pytest.raises(SettingsInvalid, match="PLUMBLINE_PUBLIC_URL"):
        read_environment()


def test_links_start_with_the_public_address_or_the_first_host(
    bare: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLUMBLINE_HOSTS", "plumbline.example,other")
    assert read_environment().public_address == "http://plumbline.example"
    monkeypatch.setenv("PLUMBLINE_PUBLIC_URL", "https://p.example:8443/")
    assert read_environment().public_address == "https://p.example:8443"


def test_what_is_printed_of_it_holds_no_secret(bare: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Debug pages and tracebacks print settings as they are."""
    monkeypatch.setenv("DATABASE_URL", "postgres://ann:s3cret@db/x")
    for name, value in {
        "REDIS_URL": "redis://:s3cret@cache/0",
        "BROKER_URL": "amqp://ann:s3cret@broker",
        "EMAIL_URL": "smtp://ann:s3cret@mail:25",
        "SECRET_KEY": "s3cret",
        "SECRET_KEY_FALLBACKS": "s3cret-old",
    }.items():
        monkeypatch.setenv(f"PLUMBLINE_{name}", value)
    assert "s3cret" not in repr(read_environment()) + str(read_environment())
