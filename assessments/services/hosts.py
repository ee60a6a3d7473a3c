"""How all workers together treat the hosts that they read from: few connections at a time, and pauses where asked.

Both live in the shared cache and are leases, so that a worker that dies holds nothing for long. Without the cache
nobody is counted and nobody is held back: politeness is no reason to fail a scan.
"""

import logging
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.conf import settings
from django.core.cache import cache
from redis.exceptions import RedisError

from assessments.services.clock import shared_now
from scanners.errors import ScanError
from scanners.source_url import Source

logger = logging.getLogger(__name__)

LEASE_SECONDS = 90
"""How long a place is held without being renewed."""
FIRST_REST, LONGEST_REST = 30.0, 900.0
"""Seconds that a host is left alone after an error that named no time: doubled each time in a row."""
MOST_ASKED = 3600.0
_OUR_TURN = 15.0


def host_of(source: Source) -> str:
    """What connections are counted by; empty for a folder of this machine."""
    return f"{source.host}:{source.port}" if source.kind == "url" else ""


@contextmanager
def turn(host: str) -> Iterator[Callable[[], None]]:
    """Holds one of the host's places while the block runs; gives what renews it, to be called well within 90 s.

    Raises ScanError (scan.host-rests), whose ``wait`` says when to come back.
    """
    if not host:
        yield lambda: None
        return
    waits = resting(host)
    if waits > 0:
        raise _rests(host, waits, f"The host {host} asked to be left alone for a while.")
    key, token = _take_place(host)
    try:
        yield lambda: _renew(key, token)
    finally:
        _give_back(key, token)


def resting(host: str) -> float:
    """Seconds for which the host is to be left alone, 0 where it is not."""
    try:
        until = cache.get(f"host:{host}:rests")
    except RedisError as error:
        _away(error)
        return 0.0
    return max(0.0, float(until) - shared_now().timestamp()) if until else 0.0


def let_rest(host: str, asked: float) -> float:
    """Seconds for which no worker speaks to the host from now on: ``asked`` by itself, else twice the last time."""
    try:
        times = cache.get(f"host:{host}:times") or 0
        seconds = min(asked, MOST_ASKED) if asked > 0 else min(FIRST_REST * 2**times, LONGEST_REST)
        cache.set(f"host:{host}:times", min(times + 1, 10), timeout=int(seconds + 2 * LONGEST_REST))
        until = max(shared_now().timestamp() + seconds, float(cache.get(f"host:{host}:rests") or 0))
        cache.set(f"host:{host}:rests", until, timeout=int(seconds) + 1)
    except RedisError as error:
        _away(error)
        return max(asked, FIRST_REST)
    return seconds


def answered(host: str) -> None:
    """The host answered as it should; its next error starts from a short rest again."""
    if host:
        try:
            cache.delete(f"host:{host}:times")
        except RedisError as error:
            _away(error)


def _take_place(host: str) -> tuple[str, str]:
    token = secrets.token_hex(8)
    try:
        for number in range(settings.ENVIRONMENT.host_connections):
            key = f"host:{host}:place:{number}"
            if cache.add(key, token, timeout=LEASE_SECONDS):
                return key, token
    except RedisError as error:
        _away(error)
        return "", ""
    raise _rests(host, _OUR_TURN, f"Enough scans are speaking to {host} already.")


def _renew(key: str, token: str) -> None:
    try:
        if key and cache.get(key) == token:
            cache.touch(key, LEASE_SECONDS)
    except RedisError as error:
        _away(error)


def _give_back(key: str, token: str) -> None:
    try:
        if key and cache.get(key) == token:
            cache.delete(key)
    except RedisError as error:
        _away(error)


def _rests(host: str, seconds: float, message: str) -> ScanError:
    return ScanError(
        "scan.host-rests",
        message,
        hint="The scan waits for its turn.",
        fault="network",
        retry=True,
        wait=seconds,
    )


def _away(error: Exception) -> None:
    logger.warning("The cache does not answer, so hosts are read without counting: %s", type(error).__name__)
