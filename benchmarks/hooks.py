"""What it takes to answer a forge's push: on a database of its own, which is made and dropped.

    DATABASE_URL=postgres://postgres@127.0.0.1/postgres PLUMBLINE_REDIS_URL=redis://127.0.0.1:6379/9 \\
        uv run python -m benchmarks.hooks [--repositories 10000] [--requests 200] [--json [FILE]]

Every delivery is signed and another: pushes to repositories that are known, each of which queues a scan, and pushes to
ones that are not. They go through the whole of Django in this process; the web server's own part is left out. The
messages are sent to a queue that is deleted afterwards.
"""

import argparse
import hashlib
import hmac
import json
import os
import statistics
import time
import uuid
from pathlib import Path
from typing import Any

from benchmarks.machine import Run, result_file

LIMIT_MS = 50.0
"""What answering may take."""
HOST = "forge.example"
COMMITS = 20
"""In each push: a body of some 10 kB, which is read whole."""


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--repositories", type=int, default=10_000)
    parser.add_argument("--requests", type=int, default=200, help="of each kind (default 200)")
    parser.add_argument("--json", type=Path, nargs="?", const=result_file("hooks"))
    options = parser.parse_args()
    if options.requests > options.repositories:
        parser.error("--requests cannot be more than --repositories")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import django

    django.setup()
    from django.db import connection

    run = Run("hooks")
    name = connection.creation.create_test_db(verbosity=0, autoclobber=True)
    try:
        figures = measure(options.repositories, options.requests)
    finally:
        connection.creation.destroy_test_db(name, verbosity=0)
    document = run.document(figures, vendor=connection.vendor, repositories=options.repositories)
    print(json.dumps(document, indent=1))
    if options.json:
        run.keep(options.json, figures, vendor=connection.vendor, repositories=options.repositories)


def measure(repositories: int, requests: int) -> list[dict[str, Any]]:
    """One line each for pushes to known and to unknown repositories: milliseconds, and what became of them."""
    from assessments.models import HookDelivery
    from assessments.tasks import scan_repository

    forge = Forge(repositories)
    app = scan_repository.app
    app.conf.task_default_queue = f"plumbline-hooks-{os.getpid()}"
    lines = []
    try:
        forge.push("service-0")  # loads what all use, and connects
        for kind, name in (("known", "service"), ("unknown", "stranger")):
            clocks, processors = [], []
            last = HookDelivery.objects.latest("pk").pk
            for number in range(1, requests + 1):
                clock, processor = forge.push(f"{name}-{number}")
                clocks.append(clock)
                processors.append(processor)
            kept = HookDelivery.objects.filter(pk__gt=last)  # the oldest are forgotten meanwhile
            lines.append(
                {
                    "push": kind,
                    "requests": requests,
                    "outcomes": sorted(set(kept.values_list("outcome", flat=True))),
                    "clock_ms": spread(clocks),
                    "processor_ms": spread(processors),
                    "within_limit": spread(processors)["p95"] <= LIMIT_MS,
                }
            )
    finally:
        with app.connection_for_write() as broker:
            broker.default_channel.queue_delete(app.conf.task_default_queue)
    return lines


def spread(values: list[float]) -> dict[str, float]:
    """The median, the 95th of a hundred and the largest, in the values' unit."""
    ordered = statistics.quantiles(values, n=100, method="inclusive")
    return {
        "p50": round(statistics.median(values), 2),
        "p95": round(ordered[94], 2),
        "worst": round(max(values), 2),
    }


class Forge:
    """A fleet of ``repositories``, and a forge whose hook tells of pushes to one of them, or to others."""

    def __init__(self, repositories: int) -> None:
        from django.conf import settings
        from django.contrib.auth import get_user_model
        from django.db import connection
        from django.test import Client

        from assessments import choices
        from assessments.models import Mirror, Repository, Team
        from assessments.services.hooks import add_hook

        settings.ALLOWED_HOSTS = ["testserver"]
        team = Team.objects.create(name="Hooks", slug="hooks")
        names = [f"service-{number}" for number in range(repositories)]
        addresses = [f"https://{HOST}/acme/{name}" for name in names]
        mirrors = Mirror.objects.bulk_create(
            [Mirror(url=url, canonical=url) for url in addresses],
            batch_size=1000,
        )
        Repository.objects.bulk_create(
            [
                Repository(mirror=mirror, name=name, slug=name, team=team)
                for mirror, name in zip(mirrors, names, strict=True)
            ],
            batch_size=1000,
        )
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("ANALYZE")
        actor = get_user_model().objects.create_superuser("hooks@example.org", "hooks@example.org", None)
        self._hook, self._secret = add_hook(
            name="Pushes", provider=choices.Forge.GITHUB, team=None, actor=actor
        )
        self._client = Client()

    def push(self, name: str) -> tuple[float, float]:
        """Milliseconds by the clock and of the processor until a signed push to the repository is answered."""
        body = json.dumps(pushed(name)).encode()
        digest = hmac.new(self._secret.encode(), body, hashlib.sha256).hexdigest()
        headers = {
            "X-GitHub-Event": "push",
            "X-GitHub-Delivery": str(uuid.uuid4()),
            "X-Hub-Signature-256": f"sha256={digest}",
        }
        address = f"/hooks/github/{self._hook.public_id}/"
        began, busy = time.perf_counter(), time.process_time()
        answer = self._client.generic("POST", address, body, content_type="application/json", headers=headers)
        processor, clock = time.process_time() - busy, time.perf_counter() - began
        assert answer.status_code == 202, (answer.status_code, answer.content)
        return clock * 1000, processor * 1000


def pushed(name: str) -> dict[str, Any]:
    """What GitHub tells of a push of some commits, as far as it weighs anything or is read."""
    address = f"https://{HOST}/acme/{name}"
    commits = [
        {
            "id": uuid.uuid4().hex + "0" * 8,
            "message": f"Change {number}\n\n{'Why it had to be. ' * 8}",
            "author": {"name": "Ann Author", "email": "ann@example.org"},
            "modified": [f"src/module_{file}.py" for file in range(8)],
        }
        for number in range(COMMITS)
    ]
    repository = {
        "clone_url": f"{address}.git",
        "ssh_url": f"git@{HOST}:acme/{name}.git",
        "html_url": address,
        "default_branch": "main",
    }
    return {"ref": "refs/heads/main", "after": "b" * 40, "commits": commits, "repository": repository}


if __name__ == "__main__":
    main()
