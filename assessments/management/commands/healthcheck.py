"""``manage.py healthcheck PROCESS``: whether this machine's worker or scheduler works, for a container's health check."""

import socket
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

_PATIENCE = 5.0
_SILENT = timedelta(minutes=10)
"""A scheduler that has started nothing for so long, or a job worker that has not reported, does not work."""


class Command(BaseCommand):
    help = "Ends with 0 where this machine's scan worker, job worker or scheduler works, with 1 where it does not."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("process", choices=["scan-worker", "job-worker", "scheduler"])

    def handle(self, *args: Any, **options: Any) -> None:
        working = {"scan-worker": _scan_worker, "job-worker": _job_worker, "scheduler": _scheduler}
        if not working[options["process"]]():
            raise CommandError(f"The {options['process']} does not answer. [health.silent]")
        self.stdout.write("ok")


def _scan_worker() -> bool:
    from celery import current_app

    name = f"celery@{socket.gethostname()}"
    return bool(current_app.control.inspect(destination=[name], timeout=_PATIENCE).ping())


def _job_worker() -> bool:
    import django_rq
    from rq import Worker

    oldest = timezone.now() - _SILENT
    return any(
        one.hostname == socket.gethostname() and one.last_heartbeat and one.last_heartbeat > oldest
        for one in Worker.all(connection=django_rq.get_connection("exports"))
    )


def _scheduler() -> bool:
    from django_celery_beat.models import PeriodicTask

    oldest = timezone.now() - _SILENT
    return PeriodicTask.objects.filter(enabled=True, last_run_at__gt=oldest).exists()
