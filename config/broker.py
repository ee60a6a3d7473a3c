"""The connection to the broker that the Celery application uses: losing Redis is a fault of the connection, always.

When Redis ends, closing one of a connection's channels may fail; Kombu then takes the connection apart with the others
still open. Whoever closes one of those, or acknowledges a message that came by it, asks for an address that is no longer
there. Kombu's ``AttributeError`` is none of the errors that Celery looks for after a lost connection, so the worker ends
where it should connect anew. Here it is the error of a connection that it really is.
"""

from typing import Any

import kombu
from celery.app.amqp import AMQP
from kombu.transport import redis
from redis.exceptions import ConnectionError


class Channel(redis.Channel):  # type: ignore[misc]  # Kombu has no types
    """A channel that knows when its connection has been taken apart."""

    def _get_pool(self, asynchronous: bool = False) -> Any:
        if self.connection is None or self.connection.client is None:
            raise ConnectionError("The connection to the broker has been taken apart.")
        return super()._get_pool(asynchronous)


class Transport(redis.Transport):  # type: ignore[misc]  # Kombu has no types
    """Redis by such channels."""

    Channel = Channel


class Connection(kombu.Connection):  # type: ignore[misc]  # Kombu has no types
    """A connection by that transport where the broker is Redis, and as Kombu makes it where it is another."""

    def get_transport_cls(self) -> type:
        """The class of the transport for the address."""
        found: type = super().get_transport_cls()
        return Transport if found is redis.Transport else found


class Broker(AMQP):  # type: ignore[misc]  # Celery has no types
    """Celery's way to the broker, by such connections."""

    Connection = Connection
