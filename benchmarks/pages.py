"""Queries, server time and bytes of every page, on fleets of different sizes.

    uv run python benchmarks/pages.py [--rounds 20] DATABASE_URL …

Fill each database with ``manage.py seed_fleet`` first. A page is asked for by an administrator, who sees all,
and by a lead, who sees one team. Times are of the whole request inside the process, middleware and rendering
included, without the network; the first round fills what a process keeps and is not counted. Growth is the
median at the last database over the one at the first, so it means something for databases of rising size.
"""

import argparse
import json
import logging
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parent.parent


def pages_of(user: str) -> dict[str, str]:
    from assessments.models import Repository

    own = (
        Repository.objects.filter(team__memberships__user__email=user)
        if "lead" in user
        else Repository.objects
    )
    repository = own.exclude(current=None).order_by("pk")[:1].get()
    team = repository.team.slug
    return {
        "fleet": "/",
        "repositories": "/repositories/",
        "repositories, page 3 by change": "/repositories/?sort=-change&page=3",
        "repositories, search": "/repositories/?q=ledger&grade=B",
        "repositories, weakest in testing": "/repositories/?area=testing",
        "repository": f"/repositories/{repository.slug}/",
        "teams": "/teams/",
        "teams by score": "/teams/?sort=score",
        "team": f"/teams/{team}/",
        "standard": "/standard/",
        "item": "/standard/testing.unit/",
        "activity": "/activity/",
        "exports": "/exports/",
    }


def measure(rounds: int) -> list[dict[str, object]]:
    sys.path.insert(0, str(ROOT))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import django

    django.setup()
    logging.disable(logging.CRITICAL)  # a line per request would be measured too
    from django.conf import settings
    from django.contrib.auth import get_user_model
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    from assessments.choices import Role
    from assessments.models import Membership, Repository, Team

    settings.ALLOWED_HOSTS = ["testserver"]
    fleet = Repository.objects.count()
    rows = []
    for email, staff in (("benchmark-admin@example.org", True), ("benchmark-lead@example.org", False)):
        person, _ = get_user_model().objects.get_or_create(
            email=email, defaults={"username": email, "is_staff": staff, "is_superuser": staff}
        )
        if not staff:
            Membership.objects.get_or_create(
                team=Team.objects.order_by("pk")[:1].get(), user=person, defaults={"role": Role.LEAD}
            )
        client = Client()
        client.force_login(person)
        for name, address in pages_of(email).items():
            with CaptureQueriesContext(connection) as queries:
                response = client.get(address)
            assert response.status_code == 200, (address, response.status_code)
            times = []
            for _ in range(rounds):
                began = time.perf_counter()
                response = client.get(address)
                times.append(1000 * (time.perf_counter() - began))
            with CaptureQueriesContext(connection) as queries:
                response = client.get(address)
            times.sort()
            rows.append(
                {
                    "repositories": fleet,
                    "who": "admin" if staff else "lead",
                    "page": name,
                    "queries": len(queries),
                    "p50": statistics.median(times),
                    "p95": times[max(0, -(-95 * len(times) // 100) - 1)],
                    "bytes": len(response.content),
                    "database_ms": 1000 * sum(float(q["time"]) for q in queries.captured_queries),
                }
            )
        get_user_model().objects.filter(pk=person.pk).delete()
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("databases", nargs="+", metavar="DATABASE_URL")
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.here:
        print(json.dumps(measure(options.rounds)))
        return
    fleets = []
    for url in options.databases:
        command = [sys.executable, __file__, "--here", "--rounds", str(options.rounds), url]
        made = subprocess.run(
            command, env={**os.environ, "DATABASE_URL": url}, stdout=subprocess.PIPE, check=True, text=True
        )
        fleets.append(json.loads(made.stdout.splitlines()[-1]))
    if options.json:
        print(json.dumps(fleets, indent=1))
        return
    print(
        f"{'who':6}{'page':34}{'repos':>8}{'queries':>9}{'p50 ms':>9}{'p95 ms':>9}{'db ms':>8}{'KB':>8}{'growth':>8}"
    )
    for same in zip(*fleets, strict=True):
        for row in same:
            growth = f"{row['p50'] / same[0]['p50']:.1f}×" if row is same[-1] and len(same) > 1 else ""
            print(
                f"{row['who']:6}{row['page']:34}{row['repositories']:>8}{row['queries']:>9}{row['p50']:>9.1f}"
                f"{row['p95']:>9.1f}{row['database_ms']:>8.1f}{row['bytes'] / 1024:>8.1f}{growth:>8}"
            )


if __name__ == "__main__":
    main()
