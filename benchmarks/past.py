"""Twelve monthly points of a backfill against the cold scan of the same repository, each as a whole process.

    python -m benchmarks.past MIRROR [MIRROR ...] [--json [FILE]]

Both are processes of their own: the first fills the cache of answers, the second finds it filled. How a worker that is
warm does it, database included, is part of ``benchmarks.scan``. Without a cache twelve points would cost twelve scans.
Every figure is a ratio of two times of the same run.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from datetime import datetime
from pathlib import Path

from benchmarks.machine import Run, result_file
from scanners.cache import Remembering, SqliteCache
from scanners.history import first_parents
from scanners.rules import load_ruleset
from scanners.sampling import choose
from scanners.scan import scan
from scanners.tree import RepoTree, read_committed_at

POINTS = 12


def main(mirrors: list[Path], kept_in: Path | None = None) -> int:
    run, rows = Run("past"), []
    print(f"{'repository':<44} {'cold':>8} {'points':>7} {'past':>8} {'ratio':>6}")
    worst = 0.0
    for mirror in mirrors:
        head = _head(mirror)
        with tempfile.TemporaryDirectory() as folder:
            commits = _months(mirror, head)
            cold = _process(mirror, folder, [head])
            past = _process(mirror, folder, commits)
        ratio = past / cold
        worst = max(worst, ratio)
        rows.append(
            {
                "repository": mirror.parent.name,
                "cold_ms": round(1000 * cold),
                "points": len(commits),
                "past_ms": round(1000 * past),
            }
        )
        print(f"{mirror.parent.name:<44} {cold:>7.2f}s {len(commits):>7} {past:>7.2f}s {ratio:>6.2f}")
    print(f"worst ratio {worst:.2f}")
    if kept_in:
        run.keep(kept_in, rows)
    return 0


def _head(mirror: Path) -> str:
    found = subprocess.run(
        ["git", "-C", str(mirror), "rev-parse", "HEAD"], capture_output=True, check=True, text=True
    )
    return found.stdout.strip()


def _months(mirror: Path, head: str) -> list[str]:
    """Twelve monthly commits before ``head``, counted from its own date, so that old mirrors have as many."""
    at: datetime = read_committed_at(mirror, head)
    line = first_parents(mirror, head)
    samples = choose(line, "month", 60, at).samples
    return [one.commit for one in samples[:POINTS]]


def _process(mirror: Path, folder: str, commits: list[str]) -> float:
    began = time.perf_counter()
    subprocess.run(
        [sys.executable, "-m", "benchmarks.past", "--judge", folder, str(mirror), *commits], check=True
    )
    return time.perf_counter() - began


def _judge(folder: Path, mirror: Path, commits: list[str]) -> None:
    ruleset = load_ruleset(cache_dir=Path(folder))
    cache = Remembering(SqliteCache(folder / "answers.sqlite3"))
    for commit in commits:
        with closing(RepoTree.open(mirror, commit)) as tree:
            scan(tree, ruleset, cache=cache, default_branch="main")


if __name__ == "__main__":
    if "--judge" in sys.argv:
        _, _, place, source, *ids = sys.argv
        _judge(Path(place), Path(source), ids)
        sys.exit(0)
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("mirrors", nargs="+", type=Path)
    parser.add_argument("--json", type=Path, nargs="?", const=result_file("past"))
    given = parser.parse_args()
    sys.exit(main(given.mirrors, given.json))
