"""What a worker that is warm takes for a repository it knows: the product's own code, database and git server included.

    python -m benchmarks.warm MIRROR [MIRROR ...]

For each bare mirror a git server on the loopback serves its main line, and this process does what a worker does for
it: scans the commit before HEAD (which fills the cache of answers), looks again while nothing has moved, fetches and
judges HEAD, and judges twelve monthly points of the past. Told is what each takes, the question to the host apart.
The database is a new SQLite file unless ``DATABASE_URL`` names another, which must be empty; the shared cache is
Redis where ``PLUMBLINE_REDIS_URL`` names one, else this process's own.

Prints one JSON object per mirror.
"""

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from benchmarks.floor import ROOT, git

POINTS = 12
REPEATS = 3


@dataclass
class Clock:
    """Milliseconds spent inside functions that are watched, by name; of each its first call counts."""

    spent: dict[str, float] = field(default_factory=dict)
    calls: Counter[str] = field(default_factory=Counter)

    def watch(self, owner: Any, name: str, called: str) -> None:
        """From now on counts the time of ``owner.name`` under ``called``."""
        inner: Callable[..., Any] = getattr(owner, name)

        def timed(*args: Any, **kwargs: Any) -> Any:
            self.calls[called] += 1
            began, worked = time.perf_counter(), processors()
            try:
                return inner(*args, **kwargs)
            finally:
                self.spent.setdefault(called, 1000 * (time.perf_counter() - began))
                self.spent.setdefault(f"{called} cpu", 1000 * (processors() - worked))

        setattr(owner, name, timed)

    def of(self, action: Callable[[], Any]) -> dict[str, float]:
        """Milliseconds of ``action``: in all, and of what is watched, on the clock and of processors (``cpu``)."""
        self.spent.clear()
        self.calls.clear()
        began = time.perf_counter()
        action()
        return {"all": 1000 * (time.perf_counter() - began), **self.spent}


def processors() -> float:
    """Seconds of processors that this process and its ended children took."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


class Worker:
    """The product in this process, on a data folder of its own."""

    def __init__(self, folder: Path) -> None:
        os.environ["PLUMBLINE_DATA_DIR"] = str(folder)
        os.environ["PLUMBLINE_ALLOW_PRIVATE_ADDRESSES"] = "true"  # the server is on the loopback
        os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
        import logging

        import django

        django.setup()
        logging.disable(logging.CRITICAL)
        from django.conf import settings
        from django.core.management import call_command

        if "PLUMBLINE_REDIS_URL" not in os.environ:
            settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
        call_command("set_up", verbosity=0, stdout=open(os.devnull, "w"))  # noqa: SIM115
        import scanners.git
        from assessments.models import Team
        from assessments.services import assess, backfill, past, scans
        from assessments.services.rulesets import current_version, judging
        from scanners import transport
        from scanners.mirror import Mirror as SourceMirror
        from scanners.remote import Remote

        # A damaged mirror is cloned afresh, but what the source lacks no clone brings.
        SourceMirror.rebuild = lambda self: None
        for module in (scans, past):
            module.enqueue = lambda *_, **__: (
                None
            )  # this process does the work itself, no broker has a part in it
        self.team = Team.objects.create(name="Benchmark", slug="benchmark")
        judging(current_version())
        self.clock = Clock()
        self.clock.watch(scanners.git, "start_git", "git")
        self.clock.watch(Remote, "listing", "ask")
        self.clock.watch(transport, "fetch", "fetch")
        self.clock.watch(assess, "run_apart", "judge")
        self.clock.watch(backfill, "_carry_on", "points")  # without what the fleet's figures of old days take

    def register(self, name: str, url: str) -> Any:
        from assessments.models import Mirror, Repository

        mirror = Mirror.objects.create(url=url, canonical=url)
        return Repository.objects.create(name=name, slug=name[:50], team=self.team, mirror=mirror)

    def asked(self, key: int) -> int:
        """The id of a scan that waits. The schedule asks for thousands at once, so no worker pays for it."""
        from assessments.choices import ScanReason
        from assessments.models import Repository
        from assessments.services.scans import request_scan

        asked = request_scan(repository=Repository.objects.get(pk=key), reason=ScanReason.SCHEDULE)
        return int(asked.pk)

    def scan(self, scan_id: int) -> None:
        from assessments.services import scans
        from assessments.services.assess import run_scan

        claimed = scans.claim_scan(scan_id=scan_id)
        assert claimed is not None
        with scans.held(claimed) as hold:
            run_scan(claimed, hold)

    def judge_past(self, key: int, newest: Any) -> tuple[int, int]:
        """(points recorded, points left out) of a backfill of the newest twelve months that have commits."""
        from assessments.models import HistoryRequest, Repository
        from assessments.services.backfill import backfill, request_backfill
        from assessments.services.past import claim_work

        asked = request_backfill(
            repository=Repository.objects.get(pk=key),
            requested_by=None,
            months=60,
            max_commits=POINTS,
            now=newest + timedelta(days=1),
            queue=False,
        )
        work = claim_work(work_id=asked.pk)
        assert work is not None
        backfill(work)
        work = HistoryRequest.objects.get(pk=asked.pk)
        skipped = sum(1 for one in work.result["skipped"] if one["commit"])
        return work.result["recorded"], skipped


def served_at(mirror: Path, place: Path, commit: bytes) -> None:
    """Makes ``place`` a bare repository that borrows the mirror's objects and has one branch, at ``commit``."""
    subprocess.run(["git", "init", "--quiet", "--bare", "--initial-branch=main", str(place)], check=True)
    (place / "objects/info/alternates").write_text(f"{mirror / 'objects'}\n")
    move(place, commit)


def move(served: Path, commit: bytes) -> None:
    """The branch of a served repository is at ``commit`` from now on."""
    git(served, "update-ref", "refs/heads/main", commit.decode())


def mirror_place(url: str) -> Path:
    """Where the worker keeps its mirror of ``url``."""
    from django.conf import settings

    from scanners.mirror import mirror_name
    from scanners.source_url import parse_source

    return Path(settings.MIRRORS_DIR) / mirror_name(parse_source(url))


def cloned(served: Path, place: Path) -> bool:
    """Clones into ``place``; True where that holds only what a server has to send.

    What lacks old objects cannot be sent; its objects are borrowed then, and a fetch finds them there.
    """
    for way in ("--no-local", "--shared"):
        shutil.rmtree(place, ignore_errors=True)
        command = ["git", "clone", "--quiet", "--bare", way, str(served), str(place)]
        if subprocess.run(command, capture_output=True).returncode == 0:
            return way == "--no-local"
    raise SystemExit(f"{served} cannot be cloned")


def file_bytes(path: Path) -> int:
    """Size of an SQLite file and what is kept beside it."""
    return sum(one.stat().st_size for one in path.parent.glob(path.name + "*"))


def measure(worker: Worker, mirror: Path, base: str, root: Path) -> dict[str, Any]:
    """All figures of one mirror; milliseconds, the best of three where it can be done again."""
    from django.conf import settings
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from scanners.tree import read_committed_at

    head, *before = git(mirror, "rev-list", "--first-parent", "-n", "2", "HEAD").split()
    name = mirror.parent.name if mirror.name == "repo" else mirror.stem
    answers = Path(settings.ANSWERS)
    served = root / "first.git"
    served_at(mirror, served, before[0] if before else head)
    copy = root / "copy"
    whole = cloned(served, copy)
    firsts, commits = [], []
    for attempt in range(REPEATS if before else 1):
        for file in answers.parent.glob(answers.name + "*"):
            file.unlink()
        # Another address each time, so that each time it is a repository that was scanned once.
        here = root / f"{name}-{attempt}.git"
        served_at(mirror, here, before[0] if before else head)
        url = f"{base}/{here.name}"
        shutil.copytree(copy, mirror_place(url), copy_function=os.link)
        key = worker.register(f"{name}-{attempt}", url).pk
        firsts.append(looked(worker, key))
        if before:
            move(here, head)
            commits.append(looked(worker, key))
    quiet = [looked(worker, key) for _ in range(REPEATS * 4)]
    processes = worker.clock.calls["git"]
    asked = worker.asked(key)
    with CaptureQueriesContext(connection) as queries:
        worker.scan(asked)
    if any("judge" in one for one in quiet):
        quiet = []  # files of HEAD are missing, so it is judged again: they may have come meanwhile
    cache = file_bytes(answers)
    found: list[tuple[int, int]] = []
    newest = read_committed_at(mirror, head.decode())
    points = worker.clock.of(lambda: found.append(worker.judge_past(key, newest)))
    for place in (*root.iterdir(), *Path(settings.MIRRORS_DIR).iterdir()):
        shutil.rmtree(place, ignore_errors=True)
    row = {
        "repository": name,
        "first_judge_ms": least(firsts, lambda one: one["judge"]),
        "first_judge_cpu_ms": least(firsts, lambda one: one["judge cpu"]),
        "whole": whole,
        "ask_ms": least(quiet, lambda one: one["ask"]),
        "unchanged_beyond_ms": least(quiet, lambda one: one["all"] - one["ask"]),
        "unchanged_git_processes": processes if quiet else None,
        "unchanged_queries": len(queries) if quiet else None,
        "cache_bytes": cache,
        "points": found[0][0],
        "points_left_out": found[0][1],
        "points_ms": round(points["points"]),
        "points_cpu_ms": round(points["points cpu"]),
    }
    sent = commits if whole else []
    row |= {
        "commit_judge_ms": least(commits, lambda one: one["judge"]),
        "commit_judge_cpu_ms": least(commits, lambda one: one["judge cpu"]),
        "commit_fetch_ms": least(sent, lambda one: one["fetch"]),
        "commit_rest_ms": least(sent, lambda one: one["all"] - one["ask"] - one["fetch"] - one["judge"]),
    }
    return row


def looked(worker: Worker, key: int) -> dict[str, float]:
    """Milliseconds of one scan, from its claim to its end."""
    asked = worker.asked(key)
    return worker.clock.of(lambda: worker.scan(asked))


def least(times: list[dict[str, float]], part: Callable[[dict[str, float]], float]) -> float | None:
    """The smallest ``part``, None where there is none."""
    return round(min(map(part, times)), 1) if times else None


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("mirrors", nargs="+", type=Path)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as work:
        folder = Path(work)
        served = folder / "served"
        served.mkdir()
        # A process of its own, so that serving takes none of the worker's time.
        with subprocess.Popen(
            [sys.executable, "-m", "benchmarks.git_server", str(served)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        ) as server:
            assert server.stdout is not None
            base = server.stdout.readline().strip()
            worker = Worker(folder / "data")
            try:
                for mirror in arguments.mirrors:
                    print(json.dumps(measure(worker, mirror.absolute(), base, served)), flush=True)
            finally:
                assert server.stdin is not None
                server.stdin.close()


if __name__ == "__main__":
    main()
