"""The connection to the broker that the Celery application uses: one that can be let go of whatever has broken.

When Redis ends while two channels wait for its answer, closing the first of them fails and the connection is taken
apart with the other still open; closing that one then asks for an address that is no longer there. Kombu lets the
``AttributeError`` through, Celery takes it for a fault of its own, and the worker ends in place of connecting anew.
"""

from contextlib import suppress
from typing import Any

import kombu
from celery.app.amqp import AMQP


class Connection(kombu.Connection):  # type: ignore[misc]  # Kombu has no types
    """A connection whose channels are closed as far as they can be."""

    def maybe_close_channel(self, channel: Any) -> None:
        """Closes the channel; one that has lost its server, or its address with it, holds nothing any more."""
        with suppress(AttributeError):
            super().maybe_close_channel(channel)


class Broker(AMQP):  # type: ignore[misc]  # Celery has no types
    """Celery's way to the broker, by connections that may break."""

    Connection = Connection
