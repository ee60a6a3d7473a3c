"""How fast a repository is judged, against the floor: reading the same blobs with one ``git cat-file``.

    uv run python benchmarks/scan.py MIRROR [MIRROR ...] [--json FILE]

For each bare mirror, in one run: d, the floor (``git cat-file --batch --buffer`` of all blobs under 1 MiB at HEAD); the
whole ``plumbline assess`` process without a cache; and, inside one warm process, a scan that fills a cache, the same
commit again, and the commit before after that. Every figure is the best of three. Only ratios mean something across
machines.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from scanners.cache import Remembering, SqliteCache  # noqa: E402
from scanners.mirror import open_source  # noqa: E402
from scanners.rules import Ruleset, load_ruleset  # noqa: E402
from scanners.scan import scan  # noqa: E402
from scanners.tree import RepoTree  # noqa: E402

MAX_BLOB = 1 << 20
REPEATS = 3


def best(action: Callable[[], object], repeats: int = REPEATS) -> float:
    """The shortest time of ``action`` in seconds."""
    times = []
    for _ in range(repeats):
        started = time.perf_counter()
        action()
        times.append(time.perf_counter() - started)
    return min(times)


def git(mirror: Path, *arguments: str, stdin: bytes = b"") -> bytes:
    return subprocess.run(
        ["git", "-C", str(mirror), *arguments], input=stdin, capture_output=True, check=True
    ).stdout


def blobs_at_head(mirror: Path) -> list[bytes]:
    """Ids of all blobs under 1 MiB at HEAD."""
    out = []
    for line in git(mirror, "ls-tree", "-r", "-l", "HEAD").splitlines():
        kind, blob, size = line.split(b"\t", 1)[0].split()[1:4]
        if kind == b"blob" and size.isdigit() and int(size) < MAX_BLOB:
            out.append(blob)
    return out


def floor(mirror: Path, blobs: list[bytes]) -> float:
    """d: reading the blobs and throwing them away."""
    ids = b"\n".join(blobs) + b"\n"

    def read() -> None:
        command = ["git", "-C", str(mirror), "cat-file", "--batch", "--buffer"]
        subprocess.run(command, input=ids, stdout=subprocess.DEVNULL, check=True)

    return best(read)


def cold_process(mirror: Path, environment: dict[str, str]) -> float:
    """The whole command, nothing remembered of the repository."""
    command = [
        sys.executable,
        "-m",
        "assessments.cli",
        "assess",
        str(mirror),
        "--no-cache",
        "--format",
        "json",
    ]
    return best(
        lambda: subprocess.run(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, check=True)
    )


def measure(mirror: Path, ruleset: Ruleset, work: Path) -> dict[str, Any]:
    """All figures of one mirror, in seconds, and as multiples of d."""
    blobs = blobs_at_head(mirror)
    environment = {
        **os.environ,
        "PLUMBLINE_CACHE_DIR": str(work),
        "PYTHONPATH": str(ROOT),
        # An installed command has its bytecode beside it, whatever the shell of whoever measures says.
        "PYTHONPYCACHEPREFIX": str(work / "bytecode"),
        "PYTHONDONTWRITEBYTECODE": "",
    }
    d = floor(mirror, blobs)
    cold = cold_process(mirror, environment)
    opened = open_source(str(mirror), cache_dir=work / "mirrors")
    head = opened.head()
    parents = git(mirror, "rev-list", "--first-parent", "-n", "2", head).split()
    cache_file = work / f"{mirror.parent.name}.sqlite3"
    kept = SqliteCache(cache_file)
    cache = Remembering(kept)

    def judge(commit: str) -> None:
        with closing(RepoTree.open(opened.path, commit)) as tree:
            scan(tree, ruleset, cache=cache)

    first = best(lambda: judge(head), 1)
    again = best(lambda: judge(head))
    before = best(lambda: judge(parents[1].decode()), 1) if len(parents) > 1 else None
    kept.close()
    return {
        "repository": mirror.parent.name if mirror.name == "repo" else mirror.stem,
        "blobs": len(blobs),
        "d_ms": round(d * 1000, 1),
        "cold_ms": round(cold * 1000),
        "cold_limit_ms": round(4 * d * 1000 + 250),
        "warm_first_ms": round(first * 1000),
        "warm_again_ms": round(again * 1000),
        "one_commit_ms": None if before is None else round(before * 1000),
        "cold_over_d": round(cold / d, 2),
        "again_over_d": round(again / d, 2),
        "cache_kib": round(cache_file.stat().st_size / 1024),
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("mirrors", nargs="+", type=Path)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    ruleset = load_ruleset()
    rows = []
    print(
        f"{'repository':<46} {'blobs':>6} {'d':>7} {'cold':>7} {'limit':>7} {'again':>7} {'commit':>7}  cold/d"
    )
    with tempfile.TemporaryDirectory() as work:
        for mirror in arguments.mirrors:
            row = measure(mirror.absolute(), ruleset, Path(work))
            rows.append(row)
            print(
                f"{row['repository']:<46} {row['blobs']:>6} {row['d_ms']:>7} {row['cold_ms']:>7} {row['cold_limit_ms']:>7} "
                f"{row['warm_again_ms']:>7} {row['one_commit_ms']!s:>7}  {row['cold_over_d']}",
                flush=True,
            )
    total_d, total_cold = sum(r["d_ms"] for r in rows), sum(r["cold_ms"] for r in rows)
    print(
        f"all: cold {total_cold} ms, d {total_d:.0f} ms, {total_cold / total_d:.2f} times (milliseconds, best of {REPEATS})"
    )
    if arguments.json:
        arguments.json.write_text(json.dumps(rows, indent=1))


if __name__ == "__main__":
    main()
