"""The product's Celery application as tests run it: a queue of their own, and a place to be killed at.

STALL_AT names a stage (cloning, scanning, grading, recorded). The first scan to reach it makes the file STALL_FILE and
waits there for ever, or STALL_SECONDS, so that a test can do harm at that very point; the next one finds the file and
goes on.
"""

import os
import time
from pathlib import Path
from typing import Any
from unittest.mock import patch

os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"

import django  # noqa: E402

from config.celery import app  # noqa: E402

if "TEST_QUEUE" in os.environ:
    app.conf.task_default_queue = os.environ["TEST_QUEUE"]
django.setup()

from assessments.services import assess  # noqa: E402

PLACES = {"cloning": "open_source", "scanning": "scan", "grading": "record_assessment", "recorded": "finish"}


def stall(place: Path) -> None:
    try:
        place.touch(exist_ok=False)
    except FileExistsError:
        return
    until = time.monotonic() + float(os.environ.get("STALL_SECONDS", "inf"))
    while time.monotonic() < until:
        time.sleep(0.1)


def stalling(name: str) -> None:
    real = getattr(assess, name)

    def first(*args: Any, **kwargs: Any) -> Any:
        stall(Path(os.environ["STALL_FILE"]))
        return real(*args, **kwargs)

    patch.object(assess, name, first).start()


if os.environ.get("STALL_AT"):
    stalling(PLACES[os.environ["STALL_AT"]])


def send(scan_id: int) -> None:
    """Puts a scan before the workers, in the way that the product does."""
    from assessments.models import ScanRequest
    from assessments.services.scans import enqueue

    enqueue(ScanRequest.objects.get(pk=scan_id))
