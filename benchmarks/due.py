"""What it takes to ask for scans that are due, and to send them: on a database of its own, which is made and dropped.

    DATABASE_URL=postgres://postgres@127.0.0.1/postgres PLUMBLINE_REDIS_URL=redis://127.0.0.1:6379/9 \\
        uv run python -m benchmarks.due --repositories 10000

The messages are sent to a queue that is deleted afterwards. The server and the broker should have nothing else to do.
"""

import argparse
import json
import os
import time
from datetime import timedelta
from unittest.mock import patch

from benchmarks.machine import Run


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--repositories", type=int, nargs="+", default=[10_000])
    parser.add_argument("--waiting", type=int, default=0, help="repositories whose scan waits already")
    options = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import django

    django.setup()
    from django.db import connection

    run = Run("due")
    name = connection.creation.create_test_db(verbosity=0, autoclobber=True)
    try:
        figures = [measure(number, options.waiting) for number in options.repositories]
    finally:
        connection.creation.destroy_test_db(name, verbosity=0)
    print(json.dumps(run.document(figures, vendor=connection.vendor), indent=1))


def measure(repositories: int, waiting: int) -> dict[str, float]:
    """Seconds and queries of asking for so many due repositories, while ``waiting`` others wait."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext
    from django.utils import timezone

    from assessments.choices import ScanReason
    from assessments.models import Mirror, Repository, ScanRequest, Team
    from assessments.services import due, many
    from assessments.tasks import scan_repository

    ScanRequest.objects.all().delete()
    Repository.objects.all().delete()
    now = timezone.now()
    team, _ = Team.objects.get_or_create(name="Due", slug="due")
    mirror, _ = Mirror.objects.get_or_create(url="https://x.example/r", canonical="https://x.example/r")
    rows = [
        Repository(
            mirror=mirror, root=f"r{n}", name=f"r{n}", slug=f"r{n}", team=team,
            next_scan_at=now - timedelta(seconds=n % 300),
        )
        for n in range(repositories + waiting)
    ]  # fmt: skip
    made = Repository.objects.bulk_create(rows, batch_size=1000)
    with patch.object(many, "send_soon"):
        many.ask_for([one.pk for one in made[:waiting]], reason=ScanReason.SCHEDULE, now=now)
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
    parts: list[list[int]] = []
    began, busy = time.perf_counter(), time.process_time()
    with (
        CaptureQueriesContext(connection) as queries,
        patch.object(many, "_send_later", lambda keys, priority: parts.append(list(keys))),
    ):
        asked = due.request_due(now=now, limit=repositories, seconds=3600)
    asking, asking_busy = time.perf_counter() - began, time.process_time() - busy
    assert asked == repositories, (asked, repositories)

    queue = f"plumbline-due-{os.getpid()}"
    app = scan_repository.app
    app.conf.task_default_queue = queue
    began, busy = time.perf_counter(), time.process_time()
    sent = sum(many.send(part) for part in parts)
    sending, sending_busy = time.perf_counter() - began, time.process_time() - busy
    with app.connection_for_write() as broker:
        broker.default_channel.queue_delete(queue)
    return {
        "repositories": asked,
        "waiting": waiting,
        "batches": len(parts),
        "queries": len(queries),
        "asking_s": round(asking, 2),
        "asking_processor_s": round(asking_busy, 2),
        "sent": sent,
        "sending_s": round(sending, 2),
        "sending_processor_s": round(sending_busy, 2),
        "asked_per_second": round(asked / asking),
        "sent_per_second": round(sent / sending),
    }


if __name__ == "__main__":
    main()
