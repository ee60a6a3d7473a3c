"""The product's Celery application as tests run it: a queue of their own, and a place to be killed at.

STALL_AT names a stage (cloning, scanning, grading, recorded). The first scan to reach it makes the file STALL_FILE and
waits there for ever, or STALL_SECONDS, so that a test can do harm at that very point; the next one finds the file and
goes on. LEASE_SECONDS shortens what is held by the dead; CLOCK_AHEAD is how many seconds the clock of this host is ahead.
"""

import os
import tempfile
import time
from datetime import timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"

import django  # noqa: E402

from config.celery import app  # noqa: E402

if "TEST_QUEUE" in os.environ:
    app.conf.task_default_queue = os.environ["TEST_QUEUE"]
django.setup()

from django.utils import timezone  # noqa: E402

from assessments.services import assess, hosts, scans  # noqa: E402

PLACES = {"cloning": "open_source", "scanning": "scan", "grading": "record_assessment", "recorded": "finish"}


def stall(place: Path) -> None:
    try:
        place.touch(exist_ok=False)
    except FileExistsError:
        return
    (Path(tempfile.gettempdir()) / "left-by-a-task").touch()
    until = time.monotonic() + float(os.environ.get("STALL_SECONDS", "inf"))
    while time.monotonic() < until:
        time.sleep(0.1)


def stalling(name: str) -> None:
    real = getattr(assess, name)

    def first(*args: Any, **kwargs: Any) -> Any:
        stall(Path(os.environ["STALL_FILE"]))
        return real(*args, **kwargs)

    patch.object(assess, name, first).start()


if "LEASE_SECONDS" in os.environ:
    lease = float(os.environ["LEASE_SECONDS"])
    scans.LEASE, scans.RENEW_SECONDS = timedelta(seconds=lease), lease / 5
    hosts.LEASE_SECONDS = int(lease)
if "CLOCK_AHEAD" in os.environ:
    real_now, ahead = timezone.now, timedelta(seconds=float(os.environ["CLOCK_AHEAD"]))
    patch.object(timezone, "now", lambda: real_now() + ahead).start()
if os.environ.get("STALL_AT"):
    stalling(PLACES[os.environ["STALL_AT"]])


def send(scan_id: int) -> None:
    """Puts a scan before the workers, in the way that the product does."""
    from assessments.models import ScanRequest
    from assessments.services.scans import enqueue

    enqueue(ScanRequest.objects.get(pk=scan_id))
