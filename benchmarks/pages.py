"""Queries, server time and bytes of every page and API answer, on fleets of different sizes.

    uv run python benchmarks/pages.py [--rounds 20] [--only TEXT] [--json [FILE]] DATABASE_URL …

Fill each database with ``manage.py seed_fleet`` first. Every address that answers a GET is asked for, found from the
routes themselves: by an administrator, who sees all, and by a lead, who sees one team. Times are of the whole request
inside the process, middleware and rendering included, without the network; the first request fills what a process
keeps and is not counted. Processor time is that of this process and of its session at the database, where that runs on
the same machine, without parallel workers of the database: it is what stays the same when the machine is busy with
other things. Growth is the shortest processor time at the last database over the one at the first, so it means something for
databases of rising size. Told besides: how large the database is, and how long its roll-ups take.
"""

import argparse
import json
import logging
import os
import re
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

SECONDS = 4.0
"""A page that takes longer in all is asked for fewer times, five at least."""
FEWEST = 5
LEFT_OUT = {
    "healthz",
    "readyz",
    "metrics",
    "components",
    "openapi-json",
}
"""Names of routes that no person reads, or that show no data of the fleet."""
_PARAMETER = re.compile(r"<(?:(\w+):)?(\w+)>")


def addresses(samples: dict[str, dict[str, str]]) -> Iterator[tuple[str, str]]:
    """(route, address) of every route of the product itself; ``samples`` fill parameters in, by part and name.

    Routes with a parameter that has no sample are none that a fleet makes slow: single exports, credentials, tokens.
    """
    from django.urls import get_resolver

    yield from _below(get_resolver("assessments.urls").url_patterns, "", samples)
    yield from VARIANTS.items()


VARIANTS = {
    "repositories/, page 3 by change": "/repositories/?sort=-change&page=3",
    "repositories/, search": "/repositories/?q=ledger&grade=B",
    "repositories/, weakest in testing": "/repositories/?area=testing",
    "teams/, by score": "/teams/?sort=score",
    "search/, of a word": "/search/?q=ledger",
    "api/v1/repositories, 100 by change": "/api/v1/repositories?sort=-change&per_page=100&page=3",
    "api/v1/repositories, weakest in testing": "/api/v1/repositories?area=testing&per_page=100",
    "api/v1/repositories, search": "/api/v1/repositories?q=ledger&grade=B",
    "api/v1/teams, 100 by score": "/api/v1/teams?sort=-score&per_page=100",
    "api/v1/scans, 100 that failed": "/api/v1/scans?state=failed&per_page=100",
}


def _below(patterns: list[Any], prefix: str, samples: dict[str, dict[str, str]]) -> Iterator[tuple[str, str]]:
    for entry in patterns:
        route = getattr(entry.pattern, "_route", None)
        if route is None:
            continue
        if hasattr(entry, "url_patterns"):
            yield from _below(entry.url_patterns, prefix + route, samples)
            continue
        if entry.name in LEFT_OUT:
            continue
        whole = prefix + route
        part = whole.removeprefix("api/v1/").partition("/")[0]
        known = samples.get(part, {}) | samples[""]
        names = [match[2] for match in _PARAMETER.finditer(whole)]
        if all(name in known for name in names):
            yield whole or "/", "/" + _PARAMETER.sub(lambda match, known=known: known[match[2]], whole)


def samples_for(person: Any) -> dict[str, dict[str, str]]:
    """What stands for parameters of routes, for one who is a member of a team or sees everything."""
    from assessments.frameworks import shipped_frameworks
    from assessments.models import Assessment, Repository

    framework = shipped_frameworks()[0]
    seen = Repository.objects.exclude(current=None)
    if not person.is_staff:
        seen = seen.filter(team__memberships__user=person)
    repository = seen.order_by("pk")[:1].get()
    newest = Assessment.objects.filter(repository=repository).order_by("-judged_at")[:1].get()
    return {
        "repositories": {
            "slug": repository.slug,
            "id": str(newest.pk),
            "pk": str(newest.pk),
            "assessment": str(newest.pk),
        },
        "teams": {"slug": repository.team.slug},
        "frameworks": {"slug": framework.slug, "control": framework.controls[0].id},
        "": {"item": "testing.unit"},
    }


def measured(client: Any, address: str, rounds: int) -> dict[str, Any] | None:
    """The figures of one address, milliseconds; None where it is no page to read."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    def ask() -> tuple[int, int]:
        response = client.get(address)
        size = sum(map(len, response.streaming_content)) if response.streaming else len(response.content)
        return response.status_code, size

    if ask()[0] != 200:
        return None
    session = session_at_database()
    times: list[float] = []
    worked: list[float] = []
    while len(times) < rounds and (len(times) < FEWEST or sum(times) < 1000 * SECONDS):
        busy = processor_seconds(session)
        began = time.perf_counter()
        ask()
        times.append(1000 * (time.perf_counter() - began))
        worked.append(1000 * (processor_seconds(session) - busy))
    with CaptureQueriesContext(connection) as queries:
        _, size = ask()
    return {
        "queries": len(queries),
        "best": round(min(times), 1),
        "p50": round(statistics.median(times), 1),
        "p95": round(percentile(times, 95), 1),
        "cpu_best": round(min(worked), 1),
        "cpu_p50": round(statistics.median(worked), 1),
        "cpu_p95": round(percentile(worked, 95), 1),
        "bytes": size,
        "database_ms": round(1000 * sum(float(query["time"]) for query in queries.captured_queries), 1),
    }


def percentile(values: list[float], share: int) -> float:
    """The smallest of the values that ``share`` percent of them do not exceed."""
    return sorted(values)[max(0, -(-share * len(values) // 100) - 1)]


def session_at_database() -> Path | None:
    """Where the kernel counts the processor time of this process's session at PostgreSQL; None where it is elsewhere."""
    from django.db import connection

    if connection.vendor != "postgresql":
        return None  # SQLite works in this process
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        place = Path("/proc") / str(cursor.fetchone()[0])
    try:
        local = "postgres" in (place / "comm").read_text()
    except OSError:
        local = False
    return place / "schedstat" if local else None


def processor_seconds(session: Path | None) -> float:
    """What this process has used so far, and its session at the database."""
    return time.process_time() + (int(session.read_text().split()[0]) / 1e9 if session else 0.0)


def measure(rounds: int, only: str = "") -> dict[str, Any]:
    """All figures of the database that this process is set up for, or those of pages whose name holds ``only``."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import django

    django.setup()
    logging.disable(logging.CRITICAL)  # a line per request would be measured too
    from django.conf import settings
    from django.contrib.auth import get_user_model
    from django.test import Client

    import config.wsgi  # noqa: F401 - what else a process that serves prepares
    from assessments.choices import Role
    from assessments.models import Membership, Repository, Team

    settings.ALLOWED_HOSTS = ["testserver"]
    settings.API_REQUESTS_PER_MINUTE = 1_000_000
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
        client = Client(raise_request_exception=False)
        client.force_login(person)
        for name, address in sorted(addresses(samples_for(person))):
            if only not in name:
                continue
            found = measured(client, address, rounds)
            if found:
                rows.append({"who": "admin" if staff else "lead", "page": name} | found)
        get_user_model().objects.filter(pk=person.pk).delete()
    sizes = {} if only else {"database": database(), "roll_up": rolled_up()}
    return {"repositories": fleet, "pages": rows, **sizes}


def database() -> dict[str, Any]:
    """Bytes of the largest tables with their indexes, and of all; rows, and days that the history covers."""
    from django.db import connection
    from django.db.models import Max, Min

    from assessments.models import Assessment

    if connection.vendor != "postgresql":
        return {}
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
        cursor.execute(
            "SELECT relname, pg_total_relation_size(oid), reltuples::bigint FROM pg_class"
            " WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY 2 DESC"
        )
        tables = cursor.fetchall()
    span = Assessment.objects.aggregate(first=Min("judged_at"), last=Max("judged_at"))
    return {
        "bytes": sum(size for _, size, _ in tables),
        "days": (span["last"] - span["first"]).days + 1,
        "assessments": Assessment.objects.count(),
        "tables": [{"table": name, "bytes": size, "rows": rows} for name, size, rows in tables[:8]],
    }


def rolled_up() -> dict[str, float]:
    """Seconds that the figures of today take, and of the last thirty days, at best; nothing else is changed."""
    from datetime import timedelta

    from django.utils import timezone

    from assessments.services.rollups import roll_up

    today = timezone.now().date()
    found = {}
    for name, days, times in (("day", 0, 3), ("month", 30, 2)):
        taken = []
        for _ in range(times):
            began = time.perf_counter()
            roll_up(today - timedelta(days=days))
            taken.append(time.perf_counter() - began)
        found[name] = round(min(taken), 2)
    return found


def table(fleets: list[dict[str, Any]]) -> Iterator[str]:
    """One line per page and fleet, with how the shortest time grew from the first fleet to the last."""
    yield (
        f"{'who':6}{'page':44}{'repos':>7}{'queries':>9}{'p50 ms':>9}{'p95 ms':>9}{'cpu p50':>9}{'cpu p95':>9}"
        f"{'db ms':>8}{'KB':>8}{'growth':>8}"
    )
    known = [{(row["who"], row["page"]): row for row in fleet["pages"]} for fleet in fleets]
    for key in known[-1]:
        first = known[0].get(key)
        for fleet, rows in zip(fleets, known, strict=True):
            row = rows.get(key)
            if row is None:
                continue
            grown = f"{row['cpu_best'] / first['cpu_best']:.1f}×" if first and row is known[-1][key] else ""
            yield (
                f"{row['who']:6}{row['page'][:43]:44}{fleet['repositories']:>7}{row['queries']:>9}"
                f"{row['p50']:>9.1f}{row['p95']:>9.1f}{row['cpu_p50']:>9.1f}{row['cpu_p95']:>9.1f}"
                f"{row['database_ms']:>8.1f}{row['bytes'] / 1024:>8.1f}{grown:>8}"
            )


def main() -> None:
    from benchmarks.machine import Run, result_file

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("databases", nargs="+", metavar="DATABASE_URL")
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument(
        "--only", default="", help="measure pages whose name holds this text, and keep nothing"
    )
    parser.add_argument("--json", type=Path, nargs="?", const=result_file("pages"))
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.here:
        print(json.dumps(measure(options.rounds, options.only)))
        return
    if options.only and options.json:
        parser.error("a part of the pages is no result to keep")
    run = Run("pages")
    fleets = []
    for url in options.databases:
        command = [sys.executable, __file__, "--here", "--rounds", str(options.rounds)]
        command += ["--only", options.only, url]
        made = subprocess.run(
            command, env={**os.environ, "DATABASE_URL": url}, stdout=subprocess.PIPE, check=True, text=True
        )
        fleets.append(json.loads(made.stdout.splitlines()[-1]))
    for line in table(fleets):
        print(line)
    if options.json:
        run.keep(options.json, fleets, rounds=options.rounds)


if __name__ == "__main__":
    main()
