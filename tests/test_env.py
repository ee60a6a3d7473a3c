"""The environment: typed, with whole defaults, and refused loudly where it makes no sense."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

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


def test_lists_are_separated_by_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLUMBLINE_HOSTS", "plumb.example.org, localhost,")
    assert read_environment().hosts == ["plumb.example.org", "localhost"]


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


def test_the_databases_of_one_server_are_counted_from_the_one_named() -> None:
    environment = Environment(redis_url="redis://cache:6379/4")
    assert (environment.redis(0), environment.redis(1)) == ("redis://cache:6379/4", "redis://cache:6379/5")
    assert environment.broker() == "redis://cache:6379/4"
    assert Environment(redis_url="redis://c", broker_url="amqp://b//").broker() == "amqp://b//"
