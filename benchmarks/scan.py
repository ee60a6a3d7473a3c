"""How fast repositories are judged, against the floor: reading the same blobs with one ``git cat-file``.

    uv run python benchmarks/scan.py MIRROR [MIRROR ...] [--json [FILE]] [--repeats N] [--cold]

For each bare mirror, in one run: d, the floor (``git cat-file --batch --buffer`` of all blobs under 1 MiB at HEAD, each
once); the whole ``plumbline assess`` process without a cache, in turns with the floor; the most memory that it and its
parts hold; and what a warm worker takes for it (``benchmarks.warm``): looking where nothing moved, one commit, twelve
monthly points, the cache. Then the whole fleet, two ``plumbline assess`` at a time.

Times are the best of the repeats. Only ratios mean something across machines; those of processors' time, which are
told beside those of the clock, are the steadier ones where a machine has other things to do as well. ``--cold`` leaves
out the warm worker, which needs a minute to begin with.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks import synthetic  # noqa: E402
from benchmarks.floor import (  # noqa: E402
    assess_command,
    assess_environment,
    blobs_at_head,
    floor,
    least,
    peak_memory,
    spent,
)
from benchmarks.machine import Run, load, result_file  # noqa: E402

REPEATS = 5
CORES = 2


def name_of(mirror: Path) -> str:
    return mirror.parent.name if mirror.name == "repo" else mirror.stem


def folder_bytes(folder: Path) -> int:
    return sum(one.stat().st_size for one in folder.rglob("*") if one.is_file())


def cold(mirror: Path, work: Path, repeats: int) -> dict[str, Any]:
    """The floor, the cold process and its memory."""
    blobs = blobs_at_head(mirror)
    environment = assess_environment(work)
    command = assess_command(mirror)
    # Not counted: it writes the bytecode, keeps the parsed ruleset, and brings the mirror into memory for both.
    spent(command, environment)
    before = load()
    floors, judged = [], []
    for _ in range(repeats):
        floors.append(floor(mirror, blobs))
        judged.append(spent(command, environment))
    d, whole = least(floors), least(judged)
    memory = peak_memory(command, environment)
    return {
        "repository": name_of(mirror),
        "load": before,
        "blobs": len(blobs),
        "d_ms": round(d.wall * 1000, 1),
        "d_cpu_ms": round(d.cpu * 1000, 1),
        "cold_ms": round(whole.wall * 1000, 1),
        "cold_cpu_ms": round(whole.cpu * 1000, 1),
        "limit_ms": round(4 * d.wall * 1000 + 250, 1),
        "memory_mb": memory.held,
        "memory_own_mb": memory.own,
        "mirror_bytes": folder_bytes(mirror),
    }


def start(work: Path, repeats: int) -> dict[str, float]:
    """What the process takes for a repository of one file: starting, the ruleset, the report."""
    environment = assess_environment(work)
    command = assess_command(synthetic.make(work / "one.git", [("README.md", "# One\n")]))
    spent(command, environment)
    least_of_all = least([spent(command, environment) for _ in range(max(3, repeats))])
    return {
        "start_ms": round(least_of_all.wall * 1000, 1),
        "start_cpu_ms": round(least_of_all.cpu * 1000, 1),
    }


def fleet(mirrors: list[Path], work: Path, repeats: int) -> float:
    """Seconds for judging all mirrors, two at a time; the best of the repeats."""
    environment = assess_environment(work)
    times = []
    for _ in range(repeats):
        began = time.perf_counter()
        with ThreadPoolExecutor(CORES) as pool:
            list(pool.map(lambda one: spent(assess_command(one), environment), mirrors))
        times.append(time.perf_counter() - began)
    return min(times)


def warm(mirrors: list[Path]) -> list[dict[str, Any]]:
    """What one warm worker takes for all of them, in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.warm", *map(str, mirrors)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        check=True,
        text=True,
    )
    return [json.loads(line) for line in done.stdout.splitlines()]


def summed(rows: list[dict[str, Any]], two_at_a_time: float) -> dict[str, Any]:
    """The figures of the fleet."""
    d, one_by_one = sum(row["d_ms"] for row in rows), sum(row["cold_ms"] for row in rows)
    return {
        "d_ms": round(d, 1),
        "one_by_one_ms": round(one_by_one, 1),
        "one_by_one_over_d": round(one_by_one / d, 2),
        "cpu_over_d": round(
            sum(row["cold_cpu_ms"] for row in rows) / sum(row["d_cpu_ms"] for row in rows), 2
        ),
        "two_cores_ms": round(two_at_a_time * 1000, 1),
        "two_cores_over_d": round(two_at_a_time * 1000 / d, 2),
    }


def ratios(row: dict[str, Any]) -> dict[str, Any]:
    """What the targets are about, from the figures of one repository."""
    return {
        "cold_over_d": round(row["cold_ms"] / row["d_ms"], 2),
        "cold_over_d_cpu": round(row["cold_cpu_ms"] / row["d_cpu_ms"], 2),
        "cold_over_limit": round(row["cold_ms"] / row["limit_ms"], 2),
    }


def warm_ratios(row: dict[str, Any]) -> dict[str, Any]:
    """The same of what only a warm worker does."""
    judged = row["commit_judge_ms"]
    return {
        "commit_over_d": None if judged is None else round(judged / row["d_ms"], 2),
        "points_over_cold": round(row["points_ms"] / row["cold_ms"], 2),
        "points_over_cold_cpu": round(row["points_cpu_ms"] / row["cold_cpu_ms"], 2),
        "cache_kib": round(row["cache_bytes"] / 1024, 1),
        "cache_percent": round(100 * row["cache_bytes"] / row["mirror_bytes"], 2),
    }


def shown(row: dict[str, Any]) -> str:
    def number(name: str, digits: int = 0) -> str:
        return "-" if row.get(name) is None else f"{row[name]:.{digits}f}"

    return (
        f"{row['repository']:<40} {row['blobs']:>6} {number('d_ms'):>6} {number('cold_ms'):>7} "
        f"{number('limit_ms'):>7} {number('cold_over_d', 1):>7} {number('cold_over_d_cpu', 1):>6} "
        f"{number('memory_mb'):>6} "
        f"{number('unchanged_beyond_ms'):>7} {number('commit_judge_ms'):>7} {number('commit_over_d', 2):>8} "
        f"{number('points'):>6} {number('points_over_cold', 2):>7} "
        f"{number('cache_kib'):>7} {number('cache_percent', 1):>7}"
    )


HEAD = (
    f"{'repository':<40} {'blobs':>6} {'d':>6} {'cold':>7} {'limit':>7} {'cold/d':>7} {'(cpu)':>6} {'MB':>6} "
    f"{'quiet':>7} {'commit':>7} {'commit/d':>8} {'points':>6} {'/cold':>7} {'cache K':>7} {'% of it':>7}"
)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("mirrors", nargs="+", type=Path)
    parser.add_argument("--repeats", type=int, default=REPEATS)
    parser.add_argument("--cold", action="store_true", help="only the floor and whole processes")
    parser.add_argument("--json", type=Path, nargs="?", const=result_file("scan"))
    arguments = parser.parse_args()
    mirrors = [one.absolute() for one in arguments.mirrors]
    run = Run("scan")
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        begun = start(work, arguments.repeats)
        rows = [cold(one, work, arguments.repeats) for one in mirrors]
        together = fleet(mirrors, work, max(2, arguments.repeats // 2))
    print(HEAD)
    for row, more in zip(rows, [{}] * len(rows) if arguments.cold else warm(mirrors), strict=True):
        row |= ratios(row)
        if more:
            row |= more
            row |= warm_ratios(row)
        print(shown(row), flush=True)
    whole = summed(rows, together) | begun
    print(
        f"all: d {whole['d_ms']:.0f} ms; one by one {whole['one_by_one_ms']:.0f} ms, "
        f"{whole['one_by_one_over_d']} times d; two at a time {whole['two_cores_ms']:.0f} ms, "
        f"{whole['two_cores_over_d']} times; processors' time {whole['cpu_over_d']} times.\n"
        f"A repository of one file: {whole['start_ms']:.0f} ms. Best of {arguments.repeats}, load {load()}."
    )
    if arguments.json:
        run.keep(arguments.json, {"repositories": rows, "fleet": whole}, repeats=arguments.repeats)


if __name__ == "__main__":
    main()
