"""The start and the end of a scan worker: it clears up what dead ones left, and hands back what it holds."""

import logging
import threading
from pathlib import Path

logger = logging.getLogger(__name__)


def start() -> None:
    """For the first process of a worker, before it has children."""
    from django.conf import settings

    from assessments import scratch
    from assessments.services.scans import name_worker
    from scanners.upkeep import sweep

    name_worker()
    scratch.take()
    try:
        swept = sweep(Path(settings.MIRRORS_DIR))
    except OSError as error:
        logger.warning("The folder of mirrors cannot be swept: %s", error.strerror)
    else:
        if swept:
            logger.info("Removed %s leftovers of dead workers.", swept)


def stop() -> threading.Thread:
    """Has the scans of this worker wait for another. Its processes notice within seconds and let go of them.

    In a thread, because this is called from within a signal's handler, which must not wait for the database.
    """
    thread = threading.Thread(target=_hand_back, name="hand-back", daemon=False)
    thread.start()
    return thread


def _hand_back() -> None:
    from django.db import connection

    from assessments.services import recovery, scans

    try:
        given = recovery.hand_back(scans.worker_name())
        if given:
            logger.info("Handed %s scans back to the queue.", given)
    except Exception as error:  # whatever it is, the lease of what we hold ends and another takes over
        logger.error("Scans could not be handed back: %s", type(error).__name__)
    finally:
        connection.close()
