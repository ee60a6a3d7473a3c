"""Which queue a repository's work goes to, and which queues the workers serve.

A few giants must not block the small: what was large when it was last read waits in a queue of its own. Workers tell
every half minute which queues they serve, so that ``/readyz`` can say where scans wait for nobody.
"""

import logging
import time
from collections.abc import Iterable

from django.conf import settings
from django.core.cache import cache
from redis.exceptions import RedisError

from assessments.models import Repository

logger = logging.getLogger(__name__)

SMALL, LARGE = "scans", "scans.large"
QUEUES = (SMALL, LARGE)
TELL_SECONDS = 30.0
FORGOTTEN_SECONDS = 100
"""How long a queue counts as served after a worker last said so: three times of telling, and some."""


def queue_of(repository: Repository) -> str | None:
    """The queue for a repository's work, None for the one that all workers have by default."""
    return LARGE if repository.large else None


def is_large(*, bytes: int | None, files: int | None, seconds: float | None) -> bool:
    """Whether a repository of that size, or one that took so long, has to wait with the large ones."""
    limits = settings.ENVIRONMENT
    return (
        (bytes or 0) > limits.large_repository_mb << 20
        or (files or 0) > limits.large_files
        or (seconds or 0) > limits.large_seconds
    )


def tell(queues: Iterable[str]) -> None:
    """Says that a living worker serves these queues."""
    try:
        cache.set_many({f"queues:served:{name}": time.time() for name in queues}, timeout=FORGOTTEN_SECONDS)
    except RedisError as error:
        logger.debug("Which queues are served was not told: %s", type(error).__name__)


def served() -> dict[str, bool]:
    """Whether a worker serves each queue of scans, as told within the last minutes. Raises RedisError."""
    told = cache.get_many([f"queues:served:{name}" for name in QUEUES])
    return {name: f"queues:served:{name}" in told for name in QUEUES}
