"""A connection to a broker that ends: it can be let go of, and the worker that had it connects anew."""

import socket
from collections.abc import Iterator
from contextlib import suppress

import kombu
import pytest
from kombu.transport.virtual import Channel

from config.celery import app
from tests.faults.servers import Broker


@pytest.fixture
def broker() -> Iterator[Broker]:
    server = Broker()
    try:
        yield server
    finally:
        server.stop()


def taken_apart_in_the_midst(connection: kombu.Connection, broker: Broker) -> Channel:
    """The channel of a message that is worked on, left open: another one was closed first and that failed."""
    with kombu.Producer(connection, routing_key="orders") as producer:
        producer.publish({}, declare=[kombu.Queue("orders", routing_key="orders")])
    got: list[kombu.Message] = []
    channels = [connection.default_channel, connection.channel()]
    for channel, name in zip(channels, ("orders", "others"), strict=True):
        consumer = kombu.Consumer(channel, [kombu.Queue(name)], on_message=got.append)
        consumer.consume()
    while not got:
        connection.drain_events(timeout=5)
    with suppress(socket.timeout):  # both wait for the server's next answer now
        connection.drain_events(timeout=0.2)
    broker.stop()
    connection.collect(socket_timeout=1.0)
    assert not channels[0].closed
    return channels[0]


def test_what_is_left_of_a_connection_whose_server_ended_can_be_closed(broker: Broker) -> None:
    connection = app.connection_for_read(broker.url)
    channel = taken_apart_in_the_midst(connection, broker)
    connection.close()
    assert channel.closed and not connection.connected
    broker.start()
    with app.connection_for_read(broker.url) as fresh:
        assert fresh.default_channel.client.ping()


def test_kombu_alone_raises_what_ends_a_worker(broker: Broker) -> None:
    """Once this fails, Kombu has mended it, and ``config.broker`` may go."""
    connection = kombu.Connection(broker.url)
    taken_apart_in_the_midst(connection, broker)
    with pytest.raises(AttributeError, match="hostname"):
        connection.close()
