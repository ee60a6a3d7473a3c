"""What a child of its own costs a scan: judging a mirror from cached answers here, and in a fresh child.

    uv run python -m benchmarks.apart MIRROR [--times 12]

Times on the clock and of processors, both processes together, in milliseconds; the least and the middle one. The process
holds what a scan worker's does.
"""

import argparse
import json
import os
import resource
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

from benchmarks.floor import git
from benchmarks.machine import Run


def processor_seconds() -> float:
    """Of this process and of all its children that have ended."""
    parts = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in parts)


def measured(work: Callable[[], Any], times: int) -> dict[str, float]:
    clock, busy = [], []
    for _ in range(times):
        began, used = time.perf_counter(), processor_seconds()
        work()
        clock.append((time.perf_counter() - began) * 1000)
        busy.append((processor_seconds() - used) * 1000)
    clock.sort()
    busy.sort()
    return {
        "clock_least": round(clock[0], 1),
        "clock_middle": round(clock[times // 2], 1),
        "processors_least": round(busy[0], 1),
        "processors_middle": round(busy[times // 2], 1),
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("mirror", type=Path)
    parser.add_argument("--times", type=int, default=12)
    options = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import django

    django.setup()
    import assessments.tasks  # noqa: F401  # so that the process is as large as a worker's
    from scanners.apart import run_apart
    from scanners.cache import Remembering, SqliteCache
    from scanners.plain import to_plain
    from scanners.rules import load_ruleset
    from scanners.scan import scan
    from scanners.tree import RepoTree
    from scanners.warm import warm

    run = Run("apart")
    ruleset = load_ruleset()
    warm(ruleset)
    commit = git(options.mirror, "rev-parse", "HEAD").decode().strip()
    with tempfile.TemporaryDirectory() as folder:

        def judge() -> Any:
            answers = Remembering(SqliteCache(Path(folder) / "answers.sqlite3"))
            with closing(RepoTree.open(options.mirror, commit)) as tree:
                return to_plain(scan(tree, ruleset, cache=answers))

        def apart(work: Callable[[], Any]) -> Any:
            return run_apart(work, seconds=600, memory_bytes=1536 << 20)

        judge()
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        figures = {
            "parent_mb": round(pages * resource.getpagesize() / 1e6),
            "nothing_apart": measured(lambda: apart(lambda: None), options.times),
            "judged_here": measured(judge, options.times),
            "judged_apart": measured(lambda: apart(judge), options.times),
        }
    print(json.dumps(run.document(figures, mirror=options.mirror.name), indent=1))


if __name__ == "__main__":
    main()
