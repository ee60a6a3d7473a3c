"""Scans by a RabbitMQ node of the test's own that is restarted, and that loses all it held."""

from collections.abc import Callable

import amqp
import pytest

from tests.faults.installation import Installation
from tests.faults.servers import RabbitMQ

pytestmark = [pytest.mark.slow, pytest.mark.services]
COUNT = 4


def waiting(rabbitmq: RabbitMQ) -> int:
    """How many messages nobody has taken yet."""
    with amqp.Connection(host=f"127.0.0.1:{rabbitmq.port}", userid="guest", password="guest") as connection:
        return int(connection.channel().queue_declare("scans", passive=True).message_count)


def test_a_rabbitmq_that_is_restarted_and_wiped_loses_no_scan(
    install: Callable[..., Installation], rabbitmq: RabbitMQ
) -> None:
    installation = install(amqp=rabbitmq)
    installation.do("add", urls=[installation.source(f"service-{n}") for n in range(COUNT)])
    assert waiting(rabbitmq) == COUNT
    rabbitmq.restart()  # what was queued is on its disk
    assert waiting(rabbitmq) == COUNT
    reached = installation.folder / "reached"
    worker = installation.worker(STALL_AT="scanning", STALL_FILE=str(reached), STALL_SECONDS="20")
    assert installation.eventually(reached.exists, 90, nudge=False), installation.logs()
    rabbitmq.restart()  # under a worker that holds a task
    assert installation.eventually(installation.settled, 120, nudge=False), installation.logs()
    state = installation.assert_right()
    assert state["assessments"] == COUNT and state["requests"] == {"done": COUNT}

    for n in range(COUNT):
        installation.commit(f"service-{n}", "changed\n")
    installation.do("request")
    rabbitmq.wipe()
    state = installation.assert_right()
    assert state["assessments"] == 2 * COUNT and state["requests"] == {"done": 2 * COUNT}
    assert worker.alive()
    assert installation.eventually(lambda: waiting(rabbitmq) == 0, 20, nudge=False)
