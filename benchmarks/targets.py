"""What was aimed at, and whether the benchmarks found it reached; pure, from their results."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Rows = list[dict[str, Any]]


@dataclass(frozen=True)
class Target:
    """``clock`` and ``cpu`` say in words what was reached, ``cpu`` in processors' time where that means something."""

    name: str
    limit: str
    clock: str
    cpu: str
    met: bool


def targets_of(results: dict[str, dict[str, Any]]) -> list[Target]:
    """The targets about which something was measured."""
    found: list[Target] = []
    if "scan" in results:
        figures = results["scan"]["figures"]
        found += _of_scan(figures["repositories"], figures["fleet"])
    if "compare" in results:
        found += _of_compare(results["compare"]["figures"])
    if "pages" in results:
        found += _of_pages(results["pages"]["figures"])
    if "pdf" in results:
        found += _of_pdf(results["pdf"]["figures"])
    return found


def _within(rows: Rows, ok: Callable[[dict[str, Any]], bool]) -> tuple[str, bool]:
    good = sum(1 for row in rows if ok(row))
    return f"{good} of {len(rows)}", good == len(rows)


def _of_scan(rows: Rows, fleet: dict[str, Any]) -> list[Target]:
    cold, met = _within(rows, lambda row: row["cold_ms"] <= row["limit_ms"])
    cold_cpu, _ = _within(rows, lambda row: row["cold_cpu_ms"] <= 4 * row["d_cpu_ms"] + 250)
    worst = max(row["cold_ms"] / row["limit_ms"] for row in rows)
    worst_cpu = max(row["cold_cpu_ms"] / (4 * row["d_cpu_ms"] + 250) for row in rows)
    largest = max(rows, key=lambda row: row["blobs"])
    found = [
        Target(
            "cold, each repository",
            "4 × d + 250 ms",
            f"{cold}, worst {worst:.2f} × the limit",
            f"{cold_cpu}, worst {worst_cpu:.2f} ×",
            met,
        ),
        Target(
            "cold, the fleet on two cores",
            "3.5 × d",
            f"{fleet['two_cores_over_d']:.2f} ×",
            f"{fleet['cpu_over_d'] / 2:.2f} × on each of two cores",
            fleet["two_cores_ms"] <= 3.5 * fleet["d_ms"],
        ),
        Target(
            "peak memory on the largest",
            "250 MB",
            f"{largest['memory_mb']:.0f} MB; most of all {max(row['memory_mb'] for row in rows):.0f} MB",
            "",
            max(row["memory_mb"] for row in rows) <= 250,
        ),
    ]
    warm = [row for row in rows if "points" in row]
    return found + (_of_worker(warm) if warm else [])


def commit_limit(row: dict[str, Any]) -> float:
    """Milliseconds that judging one commit may take: 60, or 0.3 × d where d is 200 ms or more."""
    return 0.3 * row["d_ms"] if row["d_ms"] >= 200 else 60.0


def _of_worker(rows: Rows) -> list[Target]:
    quiet = [row for row in rows if row["unchanged_beyond_ms"] is not None]
    moved = [row for row in rows if row["commit_judge_ms"] is not None]
    found = []
    if quiet:
        said, met = _within(quiet, lambda row: row["unchanged_beyond_ms"] <= 5)
        times = sorted(row["unchanged_beyond_ms"] for row in quiet)
        found.append(
            Target(
                "unchanged, beyond ls-remote",
                "5 ms",
                f"{said}, {times[0]:.0f} to {times[-1]:.0f} ms",
                "",
                met,
            )
        )
    if moved:
        said, met = _within(moved, lambda row: row["commit_judge_ms"] <= commit_limit(row))
        said_cpu, _ = _within(moved, lambda row: row["commit_judge_cpu_ms"] <= commit_limit(row))
        times = sorted(row["commit_judge_ms"] for row in moved)
        found.append(
            Target(
                "after one commit",
                "60 ms, 0.3 × d where d ≥ 200 ms",
                f"{said}, {times[0]:.0f} to {times[-1]:.0f} ms",
                said_cpu,
                met,
            )
        )
    said, met = _within(rows, lambda row: row["points_ms"] <= 3.5 * row["cold_ms"])
    said_cpu, _ = _within(rows, lambda row: row["points_cpu_ms"] <= 3.5 * row["cold_cpu_ms"])
    found.append(
        Target(
            "twelve monthly points",
            "3.5 × the cold scan",
            f"{said}, worst {max(row['points_over_cold'] for row in rows):.2f} ×",
            f"{said_cpu}, worst {max(row['points_over_cold_cpu'] for row in rows):.2f} ×",
            met,
        )
    )
    said, met = _within(rows, lambda row: row["cache_bytes"] <= max(1 << 20, row["mirror_bytes"] / 20))
    found.append(Target("the cache", "5 % of the mirror or 1 MiB", said, "", met))
    return found


def _of_compare(figures: dict[str, Any]) -> list[Target]:
    found = []
    for tool in figures["versions"]:
        pairs = []
        for row in figures["repositories"]:
            known = {one["tool"]: one for one in row["tools"] if "ms" in one}
            if tool in known:
                pairs.append((known[tool], known["Plumbline"]))
        if not pairs:
            continue
        faster = sum(1 for theirs, ours in pairs if ours["ms"] < theirs["ms"])
        faster_cpu = sum(1 for theirs, ours in pairs if ours["cpu_ms"] < theirs["cpu_ms"])
        found.append(
            Target(
                f"faster than {tool}",
                "everywhere",
                f"{faster} of {len(pairs)}",
                f"{faster_cpu} of {len(pairs)}",
                faster == len(pairs),
            )
        )
    return found


def _of_pages(fleets: list[dict[str, Any]]) -> list[Target]:
    known = [{(row["who"], row["page"]): row for row in fleet["pages"]} for fleet in fleets]
    shared = [key for key in known[-1] if key in known[0]]
    same = sum(1 for key in shared if known[-1][key]["queries"] <= known[0][key]["queries"] + 2)
    size = fleets[-1]["repositories"] / fleets[0]["repositories"]
    read = [key for key in shared if "export" not in key[1]]  # what takes data away may grow with it
    with_cpu = all("cpu_best" in row for rows in known for row in rows.values())
    best = "cpu_best" if with_cpu else "best"  # a busy machine stretches the clock alone
    grown = [key for key in read if known[-1][key][best] > max(3 * known[0][key][best], 50)]
    said = f"{len(read) - len(grown)} of {len(read)}"
    if grown:
        said += ": not " + ", ".join(f"`{page}`" for page in sorted({page for _, page in grown}))
    return [
        *(_of_slow_pages(fleets[-1]) if with_cpu else ()),
        Target(
            "queries of a page, whatever the fleet",
            "as many as for the smallest",
            f"{same} of {len(shared)}",
            "",
            same == len(shared),
        ),
        Target(
            f"{'processor ' if with_cpu else ''}time of a page on {size:.0f} times the fleet",
            "3 ×, or 50 ms",
            said,
            "",
            not grown,
        ),
        Target(
            "the day's roll-up at the largest fleet",
            "seconds",
            f"{fleets[-1]['roll_up']['day']:.1f} s",
            "",
            fleets[-1]["roll_up"]["day"] < 10,
        ),
    ]


SLOW_MS = 150


def _of_slow_pages(fleet: dict[str, Any]) -> list[Target]:
    """How many pages answer in time; those that take data away have to be as long as it is."""
    rows = [row for row in fleet["pages"] if "export" not in row["page"]]
    slow = sorted({row["page"] for row in rows if row["cpu_p95"] >= SLOW_MS})
    in_time = sum(row["cpu_p95"] < SLOW_MS for row in rows)
    by_clock = sum(row["p95"] < SLOW_MS for row in rows)
    said = f"{in_time} of {len(rows)}, by the clock {by_clock}"
    if slow:
        said += ": not " + ", ".join(f"`{page}`" for page in slow)
    return [
        Target(
            f"p95 of a page at {fleet['repositories']:,} repositories, processor time",
            f"{SLOW_MS} ms",
            said,
            "",
            not slow,
        )
    ]


def _of_pdf(rows: Rows) -> list[Target]:
    largest = next((row for row in rows if row["document"] == "team of 100"), None)
    if largest is None:
        return []
    return [
        Target(
            "PDF of a team of 100",
            "10 s, 300 MB",
            f"{largest['seconds']:.1f} s, {largest['peak_mb']} MB",
            "",
            largest["seconds"] <= 10 and largest["peak_mb"] <= 300,
        )
    ]
