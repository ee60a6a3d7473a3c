"""A connection to a broker that ends: it can be let go of, and the worker that had it connects anew."""

import logging
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from unittest.mock import Mock

import kombu
import pytest

from config.celery import app
from tests.faults.servers import Broker

logger = logging.getLogger(__name__)


@pytest.fixture
def broker() -> Iterator[Broker]:
    server = Broker()
    try:
        yield server
    finally:
        server.stop()


@contextmanager
def taken_apart_in_the_midst(connection: kombu.Connection, broker: Broker) -> Iterator[kombu.Message]:
    """A message that is worked on, whose channel was left open: another one was closed first, and that failed."""
    with kombu.Producer(connection, routing_key="orders") as producer:
        producer.publish({}, declare=[kombu.Queue("orders", routing_key="orders")])
    got: list[kombu.Message] = []
    channels = (connection.default_channel, connection.channel())
    for channel, name in zip(channels, ("orders", "others"), strict=True):
        kombu.Consumer(channel, [kombu.Queue(name)], on_message=got.append).consume()
    while not got:
        connection.drain_events(timeout=5)
    with suppress(socket.timeout):  # both wait for the server's next answer now
        connection.drain_events(timeout=0.2)
    broker.stop()
    connection.collect(socket_timeout=1.0)
    assert not got[0].channel.closed
    got[0].channel._disconnect_pools()  # as where the worker has sent nothing by it yet
    yield got[0]
    for channel in channels:
        channel.qos._on_collect.cancel()  # or it would be tried once more at the end of this process


def test_what_is_left_of_a_connection_whose_server_ended_can_be_closed(broker: Broker) -> None:
    connection = app.connection_for_read(broker.url)
    with taken_apart_in_the_midst(connection, broker) as message:
        connection.close()
        assert message.channel.closed and not connection.connected
    broker.start()
    with app.connection_for_read(broker.url) as fresh:
        assert fresh.default_channel.client.ping()


@pytest.mark.parametrize("answer", ["ack_log_error", "reject_log_error"])
def test_a_message_of_such_a_connection_is_answered_in_vain_and_ends_no_worker(
    broker: Broker, answer: str
) -> None:
    connection = app.connection_for_read(broker.url)
    with taken_apart_in_the_midst(connection, broker) as message:
        log = Mock()
        getattr(message, answer)(log, connection.connection_errors)
        assert "ConnectionError" in str(log.critical.call_args) and not message.acknowledged


def test_kombu_alone_raises_what_ends_a_worker(broker: Broker) -> None:
    """Once this fails, Kombu has mended it, and ``config.broker`` may go."""
    connection = kombu.Connection(broker.url)
    with taken_apart_in_the_midst(connection, broker) as message:
        with pytest.raises(AttributeError, match="hostname"):
            message.ack_log_error(logger, connection.connection_errors)
        with pytest.raises(AttributeError, match="hostname"):
            connection.close()


def test_another_broker_keeps_its_transport() -> None:
    assert app.connection_for_read("amqp://guest@localhost//").get_transport_cls().driver_type == "amqp"
