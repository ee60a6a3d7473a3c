"""A database with tables and rulesets, made once and copied for every test, and installations that begin with it."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.faults.installation import ROOT, Installation
from tests.faults.servers import Broker, Postgres, RabbitMQ


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The data folder of a PostgreSQL server that has been set up and stopped."""
    database, broker = Postgres(), Broker()
    try:
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("PLUMBLINE_")},
            "DATABASE_URL": database.url,
            "PLUMBLINE_REDIS_URL": broker.url,
            "PLUMBLINE_DATA_DIR": str(tmp_path_factory.mktemp("prepared")),
            "DJANGO_SETTINGS_MODULE": "config.settings",
        }
        subprocess.run(
            [sys.executable, "manage.py", "set_up"],
            cwd=ROOT, env=environment, check=True, stdout=subprocess.DEVNULL, timeout=300,
        )  # fmt: skip
        database.close()
        yield database.data
    finally:
        broker.stop()
        database.stop()


@pytest.fixture
def install(
    prepared: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[..., Installation]]:
    """Starts an installation with these variables."""
    with ExitStack() as stack:

        def start(amqp: RabbitMQ | None = None, empty: bool = False, **environment: str) -> Installation:
            folder = tmp_path_factory.mktemp("faults")
            return stack.enter_context(Installation(folder, prepared, amqp, empty, **environment))

        yield start


@pytest.fixture
def installation(install: Callable[..., Installation]) -> Installation:
    return install()


@pytest.fixture
def rabbitmq() -> Iterator[RabbitMQ]:
    node = RabbitMQ()
    try:
        yield node
    finally:
        node.stop()
