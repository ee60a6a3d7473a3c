"""Counters that all processes share, kept in the cache: what workers did, for the metrics page.

They start again from zero when the cache is emptied, as counters do when a process starts anew. A cache that does not
answer loses counts and nothing else.
"""

import logging
from collections.abc import Callable, Iterator, Mapping

from django.core.cache import cache
from redis.exceptions import RedisError

from assessments.choices import RUNNING_STATES
from scanners.upkeep import Disk

logger = logging.getLogger(__name__)

OUTCOMES = ("done", "unchanged", "failed", "cancelled", "given-back")
STAGES = tuple(str(state) for state in RUNNING_STATES)
BOUNDS = (0.1, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 900.0)
"""Upper bounds of the histogram of a stage's duration, in seconds."""
_TOLD_SECONDS, _FORGOTTEN_SECONDS, _MOST_HOSTS = 300, 24 * 3600, 200
FAULTS = ("theirs", "ours", "network")


def scan_ended(outcome: str, stages: Mapping[str, float], *, number: int = 1) -> None:
    """Counts a scan by how it ended, and how long each stage took; or ``number`` of them at once."""
    _add(f"scans:{outcome}", number)
    for stage, seconds in stages.items():
        if stage in STAGES:
            bound = next((one for one in BOUNDS if seconds <= one), float("inf"))
            _add(f"stage:{stage}:{bound}")
            _add(f"stage:{stage}:milliseconds", max(1, int(seconds * 1000)))


def scan_failed(whose: str) -> None:
    """Counts a failed scan by whose fault it was."""
    _add("scans:failed")
    _add(f"failed:{whose}")


def answers_used(*, hits: int, misses: int) -> None:
    """Counts blobs whose answers were known, and those that had to be read."""
    _add("answers:hit", hits)
    _add("answers:miss", misses)


def report_disk(host: str, measure: Callable[[], Disk]) -> None:
    """Tells how much disk the mirrors of a host take; measured at most every five minutes."""
    try:
        if not cache.add(f"meter:disk:{host}:told", 1, timeout=_TOLD_SECONDS):
            return
        disk = measure()
        figures = {"mirrors": disk.mirrors, "bytes": disk.bytes, "free": disk.free}
        cache.set(f"meter:disk:{host}", figures, timeout=_FORGOTTEN_SECONDS)
        hosts = cache.get("meter:disk") or []
        if host not in hosts:
            cache.set("meter:disk", [*hosts, host][-_MOST_HOSTS:], timeout=None)
    except RedisError as error:
        logger.debug("The disk of the mirrors was not told: %s", type(error).__name__)


def read_disks() -> dict[str, dict[str, int]]:
    """What was told last of each host's mirrors: how many, bytes, free bytes of the disk."""
    try:
        hosts = cache.get("meter:disk") or []
        found = {host: cache.get(f"meter:disk:{host}") for host in hosts}
    except RedisError as error:
        logger.warning("The disks cannot be read: %s", type(error).__name__)
        return {}
    return {host: figures for host, figures in found.items() if figures}


def read_all() -> dict[str, int]:
    """Every counter by name; empty where the cache does not answer."""
    names = list(_names())
    try:
        found = cache.get_many([f"meter:{name}" for name in names])
    except RedisError as error:
        logger.warning("The counters cannot be read: %s", type(error).__name__)
        return {}
    return {name: int(found.get(f"meter:{name}", 0)) for name in names}


def _names() -> Iterator[str]:
    yield from (f"scans:{outcome}" for outcome in OUTCOMES)
    yield from (f"failed:{whose}" for whose in FAULTS)
    for stage in STAGES:
        yield from (f"stage:{stage}:{bound}" for bound in (*BOUNDS, float("inf"), "milliseconds"))
    yield from ("answers:hit", "answers:miss")


def _add(name: str, number: int = 1) -> None:
    if number <= 0:
        return
    key = f"meter:{name}"
    try:
        cache.add(key, 0, timeout=None)
        cache.incr(key, number)
    except (RedisError, ValueError) as error:
        logger.debug("A counter was lost: %s", type(error).__name__)
