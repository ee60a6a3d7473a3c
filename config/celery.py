"""The Celery application; workers and beat start with ``celery -A config``."""

import os
from typing import Any

from celery import Celery
from celery.signals import setup_logging, worker_init, worker_shutting_down

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("plumbline")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@setup_logging.connect
def keep_logging(**_: Any) -> None:
    """Django's LOGGING stays as it is; without a receiver Celery would lay its own over it."""


@worker_init.connect
def clear_up(**_: Any) -> None:
    """What dead workers left on this machine goes before a new one starts."""
    from assessments import workers

    workers.start()


@worker_shutting_down.connect
def hand_back(**_: Any) -> None:
    """A worker that is asked to stop does not make anybody wait for its scans."""
    from assessments import workers

    workers.stop()
