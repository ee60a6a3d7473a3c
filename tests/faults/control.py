"""The product's own services, called by a test from a process that has an installation's settings.

Reads one JSON object per line, ``{"do": NAME, …}``, and answers with one line of JSON.
"""

import json
import os
import sys
import threading
import time
import traceback
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any, cast

os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"

import django  # noqa: E402

django.setup()

from django.contrib.auth import get_user_model  # noqa: E402
from django.core.cache import cache  # noqa: E402
from django.core.cache.backends.redis import RedisCache  # noqa: E402
from django.db import InterfaceError, OperationalError, close_old_connections, connection  # noqa: E402
from django.db.models import F  # noqa: E402
from django.utils import timezone  # noqa: E402
from django_celery_beat.models import IntervalSchedule, PeriodicTask  # noqa: E402
from redis.exceptions import RedisError  # noqa: E402

from assessments.choices import ACTIVE_STATES, ExportFormat, ScanReason  # noqa: E402
from assessments.models import Assessment, ChecklistItem, Export, Repository, ScanRequest, VerdictChange  # noqa: E402
from assessments.services import due as schedule_due  # noqa: E402
from assessments.services import recovery, scans  # noqa: E402
from assessments.services.exports import request_export  # noqa: E402
from assessments.services.installation import prepare  # noqa: E402
from assessments.services.repositories import ensure_team, register_repository  # noqa: E402

if "LEASE_SECONDS" in os.environ:
    scans.LEASE = timedelta(seconds=float(os.environ["LEASE_SECONDS"]))


def set_up() -> str:
    return prepare()[0]


def add(urls: list[str]) -> list[int]:
    """Registers addresses, which asks for their first scan."""
    team = ensure_team("Faults")
    return [register_repository(source=url, team=team, actor=None)[0].pk for url in urls]


def request(ids: list[int] | None = None) -> int:
    """Asks for a scan of each; how many requests are active then."""
    chosen = Repository.objects.all() if ids is None else Repository.objects.filter(pk__in=ids)
    for repository in chosen.order_by("pk"):
        scans.request_scan(repository=repository, reason=ScanReason.REQUEST)
    return active()


def request_at_once(id: int, times: int) -> int:
    """Many threads ask for the same repository at the same moment; how many different requests came of it."""
    gate = threading.Barrier(times)
    found: list[int] = []

    def ask() -> None:
        gate.wait()
        try:
            one = scans.request_scan(repository=Repository.objects.get(pk=id), reason=ScanReason.REQUEST)
            found.append(one.pk)
        finally:
            connection.close()

    threads = [threading.Thread(target=ask) for _ in range(times)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == times
    return len(set(found))


def recover(ahead: float = 0, resend: bool = True) -> int:
    """Takes scans from the dead, as seen ``ahead`` seconds from now, and sends those that wait again."""
    recovered = recovery.recover_abandoned(now=timezone.now() + timedelta(seconds=ahead))
    if resend:
        for scan in ScanRequest.objects.filter(state="queued").select_related("repository"):
            scans.enqueue(scan)
    return recovered


def due(ahead: float = 0) -> int:
    return schedule_due.request_due(now=timezone.now() + timedelta(seconds=ahead))


def hurry_beat() -> int:
    """Beat asks for what is due and takes from the dead every four seconds; how many of its jobs go on at their own pace."""
    every, _ = IntervalSchedule.objects.get_or_create(every=4, period=IntervalSchedule.SECONDS)
    for one in PeriodicTask.objects.filter(name__in=["Scan what is due", "Take over abandoned scans"]):
        one.interval = every
        one.save()  # not an update of the table, which beat would not notice
    return PeriodicTask.objects.exclude(interval=every).count()


def export() -> int:
    """Asks for the report of the first repository as a PDF."""
    admin = get_user_model().objects.get(is_superuser=True)
    repository = Repository.objects.order_by("pk")[0]
    asked = request_export(
        format=ExportFormat.PDF, requested_by=admin, repository=repository, assessment=repository.current
    )
    return asked.pk


def export_state(id: int) -> str:
    return Export.objects.get(pk=id).state


def set_back(seconds: float) -> int:
    """As if the clock had been so far ahead until now: what was written last lies in the future; how many scans do."""
    ahead = timedelta(seconds=seconds)
    PeriodicTask.objects.update(last_run_at=timezone.now() + ahead)
    Repository.objects.update(next_scan_at=F("next_scan_at") + ahead)
    ScanRequest.objects.update(requested_at=F("requested_at") + ahead)
    return ScanRequest.objects.exclude(lease_until=None).update(lease_until=F("lease_until") + ahead)


def make_due() -> int:
    return Repository.objects.update(next_scan_at=timezone.now() - timedelta(minutes=1))


def active() -> int:
    return ScanRequest.objects.filter(state__in=ACTIVE_STATES).count()


def state() -> dict[str, Any]:
    """All that a test compares, by repository address and as counts."""
    repositories = {
        one.mirror.url: {
            "commit": one.current.commit if one.current else "",
            "letter": one.letter,
            "error": one.last_error_id,
        }
        for one in Repository.objects.select_related("mirror", "current")
    }
    per_commit = Counter(Assessment.objects.values_list("repository", "commit"))
    per_item = Counter(ChecklistItem.objects.values_list("repository", "ruleset", "item"))
    flips = Counter(VerdictChange.objects.values_list("repository", "assessment", "item"))
    requests = Counter(ScanRequest.objects.values_list("state", flat=True))
    return {
        "repositories": repositories,
        "assessments": sum(per_commit.values()),
        "doubled": sum(n > 1 for counted in (per_commit, per_item, flips) for n in counted.values()),
        "items": sorted(set(Counter(repository for repository, _, _ in per_item).values())),
        "active": sum(requests[state] for state in ACTIVE_STATES),
        "requests": dict(requests),
        "errors": dict(Counter(ScanRequest.objects.exclude(error_id="").values_list("error_id", flat=True))),
        "latest": _latest(),
        "quarantined": Repository.objects.exclude(quarantined_at=None).count(),
        "places": len(cast(RedisCache, cache)._cache.get_client().keys("*host:*:place:*")),
        "transactions": _open_transactions(),
    }


def _latest() -> dict[str, str]:
    """The error id of the newest scan of every repository, by address: a scan that waits has one as well."""
    rows = ScanRequest.objects.order_by("pk").values_list("repository__mirror__url", "error_id")
    return dict(rows)


def _open_transactions() -> int:
    """How many connections besides ours wait within a transaction, or for a lock."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = current_database()"
            " AND (state LIKE 'idle in transaction%' OR wait_event_type = 'Lock')"
        )
        return int(cursor.fetchone()[0])


TRIES = 20
"""Every command may be given twice, so one that met a server without a voice is given again."""

COMMANDS: dict[str, Callable[..., Any]] = {
    one.__name__: one
    for one in (
        set_up,
        active,
        add,
        request,
        request_at_once,
        recover,
        due,
        set_back,
        make_due,
        export,
        export_state,
        hurry_beat,
        state,
    )
}


def main() -> None:
    for line in sys.stdin:
        command = json.loads(line)
        name = command.pop("do")
        for attempt in range(TRIES):
            close_old_connections()
            try:
                answer = {"is": COMMANDS[name](**command)}
                break
            except (OperationalError, InterfaceError, RedisError):  # a server may just be starting again
                answer = {"error": traceback.format_exc()}
                connection.close()
                time.sleep(min(attempt, 2))
            except Exception:
                answer = {"error": traceback.format_exc()}
                connection.close()
                break
        print("ANSWER " + json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
