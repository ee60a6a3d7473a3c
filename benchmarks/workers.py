"""How many workers a fleet needs, and what gives out first: a simulation fed with measured costs.

    uv run python benchmarks/workers.py measure MIRROR … > costs.json
    uv run python benchmarks/workers.py simulate costs.json [--repositories 10000 100000 1000000]

``measure`` takes from each bare mirror: its size, on how many days of the last year before its newest commit the
main line moved, and, in one warm process, what a worker does: clone (local transport), ask for the head, fetch a
commit, judge it anew, judge it with the commit before it cached. ``simulate`` draws repositories from those
mirrors, lets each fall due once a cycle with the product's own jitter, and plays a queue of equal workers.

What is not measured is an option with its default below: the network (round trip and bandwidth), and the share
of attempts that fail and what one costs.
"""

import argparse
import heapq
import json
import random
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.machine import Run, result_file  # noqa: E402

DAY = 86400.0
JITTER = (0.95, 1.05)
"""As ``services.intervals.next_scan_at`` spreads the repositories."""
TARGET_WAIT = 0.05
"""Workers are enough when 95 % of the scans start within this share of the cycle after falling due."""


@dataclass(frozen=True)
class Cost:
    """What one repository costs a worker, in seconds; ``moving_days`` is the share of days with a commit."""

    name: str
    megabytes: float
    files: int
    moving_days: float
    clone: float
    ask: float
    fetch: float
    judge_anew: float
    judge_next: float


def git(mirror: Path, *arguments: str) -> str:
    done = subprocess.run(["git", "-C", str(mirror), *arguments], capture_output=True, check=True)
    return done.stdout.decode("utf-8", "replace")


def timed(command: list[str]) -> float:
    began = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.perf_counter() - began


def measure(mirror: Path) -> Cost:
    from scanners.cache import Remembering, SqliteCache
    from scanners.mirror import open_source
    from scanners.rules import load_ruleset
    from scanners.scan import scan
    from scanners.tree import RepoTree

    days = {
        int(stamp) // int(DAY)
        for stamp in git(mirror, "log", "--first-parent", "-n", "20000", "--format=%ct", "HEAD").split()
    }
    recent = [day for day in days if day > max(days) - 365]
    ruleset = load_ruleset()
    with tempfile.TemporaryDirectory() as work:
        copy = Path(work) / "copy.git"
        clone = timed(["git", "clone", "--quiet", "--bare", "--no-local", str(mirror), str(copy)])
        ask = timed(["git", "ls-remote", str(mirror), "HEAD"])
        fetch = timed(["git", "-C", str(copy), "fetch", "--quiet", str(mirror), "HEAD"])
        opened = open_source(str(mirror), cache_dir=Path(work) / "mirrors")
        commits = git(mirror, "rev-list", "--first-parent", "-n", "2", "HEAD").split()
        cache = Remembering(SqliteCache(Path(work) / "answers.sqlite3"))

        def judge(commit: str) -> tuple[float, int]:
            began = time.perf_counter()
            with closing(RepoTree.open(opened.path, commit)) as tree:
                result = scan(tree, ruleset, cache=cache)
            return time.perf_counter() - began, result.files

        judge_anew, files = judge(commits[-1])
        judge_next, _ = judge(commits[0])
        size = sum(one.stat().st_size for one in mirror.rglob("*") if one.is_file())
    return Cost(
        name=mirror.parent.name if mirror.name == "repo" else mirror.stem,
        megabytes=round(size / 1e6, 1),
        files=files,
        moving_days=round(len(recent) / 365, 3),
        clone=round(clone, 3),
        ask=round(ask, 4),
        fetch=round(fetch, 4),
        judge_anew=round(judge_anew, 3),
        judge_next=round(judge_next, 3),
    )


@dataclass(frozen=True)
class Network:
    round_trip: float
    megabytes_per_second: float
    failing: float
    failure_seconds: float


def duration(cost: Cost, days: float, network: Network, chance: random.Random) -> tuple[float, bool]:
    """(seconds of a worker, whether the repository had moved) of one due scan in a cycle of ``days``."""
    if chance.random() < network.failing:
        return network.failure_seconds, False
    seconds = cost.ask + 2 * network.round_trip
    moved = chance.random() < 1 - (1 - cost.moving_days) ** days
    if moved:
        seconds += cost.fetch + 3 * network.round_trip + cost.judge_next
    return seconds, moved


def play(services: list[tuple[float, float]], workers: int) -> float:
    """How long 95 % of the scans wait at most, in seconds; ``services`` are (due, seconds), by due."""
    free = [0.0] * workers
    heapq.heapify(free)
    waits = []
    for due, seconds in services:
        start = max(due, heapq.heappop(free))
        waits.append(start - due)
        heapq.heappush(free, start + seconds)
    waits.sort()
    return waits[min(len(waits) - 1, int(0.95 * len(waits)))]


def workers_needed(services: list[tuple[float, float]], cycle: float) -> int:
    """The fewest workers with which the waits stay within the target, by doubling and halving."""
    enough = max(1, int(sum(seconds for _, seconds in services) / cycle))
    while play(services, enough) > TARGET_WAIT * cycle:
        enough *= 2
    low = enough // 2
    while enough - low > 1:
        middle = (enough + low) // 2
        if middle and play(services, middle) <= TARGET_WAIT * cycle:
            enough = middle
        else:
            low = middle
    return enough


def simulate(
    costs: list[Cost], repositories: int, days: float, network: Network, seed: int
) -> dict[str, float]:
    """One cycle in steady state, and the first one, in which everything is cloned and judged anew."""
    chance = random.Random(seed)
    cycle = days * DAY
    fleet = [chance.choice(costs) for _ in range(repositories)]
    services, moved_count = [], 0
    for cost in fleet:
        seconds, moved = duration(cost, days, network, chance)
        moved_count += moved
        services.append((chance.random() * cycle * chance.uniform(*JITTER), seconds))
    services.sort()
    work = sum(seconds for _, seconds in services)
    first = sum(
        cost.clone + cost.megabytes / network.megabytes_per_second + cost.judge_anew for cost in fleet
    )
    workers = workers_needed(services, cycle)
    return {
        "repositories": repositories,
        "days": days,
        "worker_hours": work / 3600,
        "scans_per_worker_hour": 3600 * len(services) / work,
        "workers": workers,
        "p95_wait_s": play(services, workers),
        "first_cycle_hours": first / 3600 / workers,
        "scans_per_second": len(services) / cycle,
        "judged_per_second": moved_count / cycle,
        "mirrors_tb": sum(cost.megabytes for cost in fleet) / 1e6,
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="command", required=True)
    measuring = commands.add_parser("measure")
    measuring.add_argument("mirrors", nargs="+", type=Path)
    simulating = commands.add_parser("simulate")
    simulating.add_argument("costs", type=Path)
    simulating.add_argument("--repositories", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    simulating.add_argument("--days", type=float, nargs="+", default=[1, 7])
    simulating.add_argument("--round-trip", type=float, default=0.05, help="seconds (default 0.05)")
    simulating.add_argument("--bandwidth", type=float, default=20.0, help="MB/s of a clone (default 20)")
    simulating.add_argument("--failing", type=float, default=0.01, help="share of attempts (default 0.01)")
    simulating.add_argument(
        "--failure-seconds", type=float, default=30.0, help="a worker is held (default 30)"
    )
    simulating.add_argument("--seed", type=int, default=1)
    simulating.add_argument("--json", type=Path, nargs="?", const=result_file("workers"))
    options = parser.parse_args()
    if options.command == "measure":
        measured = []
        for mirror in options.mirrors:
            try:
                measured.append(asdict(measure(mirror.absolute())))
            except (
                subprocess.CalledProcessError
            ) as error:  # a mirror without some of its objects has no clone
                print(f"{mirror} is left out: git {error.cmd[1]} failed", file=sys.stderr)
        print(json.dumps(measured, indent=1))
        return
    costs = [Cost(**one) for one in json.loads(options.costs.read_text())]
    run = Run("workers")
    rows = []
    network = Network(options.round_trip, options.bandwidth, options.failing, options.failure_seconds)
    print(f"{len(costs)} measured repositories, {network}")
    print(
        f"{'repositories':>12}{'cycle':>7}{'workers':>9}{'scans/worker-h':>16}{'p95 wait':>10}{'first cycle':>13}"
        f"{'scans/s':>9}{'judged/s':>10}{'mirrors':>10}"
    )
    for days in options.days:
        for repositories in options.repositories:
            row = simulate(costs, repositories, days, network, options.seed)
            rows.append(row)
            print(
                f"{repositories:>12}{days:>5.0f} d{row['workers']:>9.0f}{row['scans_per_worker_hour']:>16.0f}"
                f"{row['p95_wait_s']:>8.0f} s{row['first_cycle_hours']:>11.1f} h{row['scans_per_second']:>9.2f}"
                f"{row['judged_per_second']:>10.2f}{row['mirrors_tb']:>7.2f} TB",
                flush=True,
            )
    if options.json:
        run.keep(
            options.json,
            {"rows": rows, "costs": json.loads(options.costs.read_text()), "network": asdict(network)},
        )


if __name__ == "__main__":
    main()
