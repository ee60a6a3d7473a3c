"""What a partial clone saves: time and bytes until a repository's HEAD can be judged, measured in one run.

    uv run python benchmarks/partial.py MIRROR [MIRROR ...] [--repeats N] [--json [FILE]]

Each bare MIRROR is copied and served by ``git http-backend`` on the loopback, so the network costs nothing: what a line
of so many megabytes a second adds is the bytes over that. Whole: a clone with all contents. Partial: a clone without,
then what HEAD needs in one batch. Both are judged once afterwards, and must come to the same verdicts. Figures are
medians. Exit code 1 where verdicts differ, 2 where something could not be measured: a mirror that lacks objects cannot
be cloned whole.
"""

import argparse
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.machine import Run, result_file  # noqa: E402
from scanners.errors import ScanError  # noqa: E402
from scanners.mirror import Limits, open_source  # noqa: E402
from scanners.rules import Ruleset, load_ruleset  # noqa: E402
from scanners.scan import ScanResult, scan  # noqa: E402
from scanners.tree import RepoTree  # noqa: E402
from scanners.upkeep import folder_bytes  # noqa: E402
from tests.git_http import GitServer, serving  # noqa: E402

REPEATS = 3


def fetched(
    server: GitServer, work: Path, ruleset: Ruleset, partial: bool, repeats: int
) -> tuple[dict[str, Any], ScanResult]:
    """Milliseconds to clone and to fill, bytes on disk afterwards, and the verdicts."""
    cloned, filled, judged = [], [], []
    for _ in range(repeats):
        shutil.rmtree(work / "cache", ignore_errors=True)
        began = time.perf_counter()
        mirror = open_source(
            server.url("served.git"),
            cache_dir=work / "cache",
            allow_private=True,
            limits=Limits(partial=partial),
        )
        middle = time.perf_counter()
        commit = mirror.head()
        mirror.fill([commit])
        end = time.perf_counter()
        with closing(RepoTree.open(mirror.path, commit)) as tree:
            result = scan(tree, ruleset)
        judged.append(time.perf_counter() - end)
        cloned.append(middle - began)
        filled.append(end - middle)
    times = (round(statistics.median(one) * 1000) for one in (cloned, filled, judged))
    clone_ms, fill_ms, judge_ms = times
    return {
        "clone_ms": clone_ms,
        "fill_ms": fill_ms,
        "judge_ms": judge_ms,
        "bytes": folder_bytes(mirror.path),
    }, result


def measure(mirror: Path, work: Path, ruleset: Ruleset, repeats: int) -> dict[str, Any]:
    """The figures of one mirror. Raises ScanError, CalledProcessError."""
    served = work / "root/served.git"
    shutil.rmtree(served, ignore_errors=True)
    shutil.copytree(mirror, served)
    subprocess.run(
        ["git", "--git-dir", str(served), "config", "uploadpack.allowFilter", "true"],
        check=True,
        capture_output=True,
    )
    with serving(work / "root") as server:
        whole, expected = fetched(server, work, ruleset, False, repeats)
        partial, found = fetched(server, work, ruleset, True, repeats)
    return {
        "repository": mirror.parent.name if mirror.name == "repo" else mirror.stem,
        "files": expected.files,
        "whole": whole,
        "partial": partial,
        "same": found == expected,
    }


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("mirrors", nargs="+", type=Path)
    parser.add_argument("--repeats", type=int, default=REPEATS)
    parser.add_argument("--json", type=Path, nargs="?", const=result_file("partial"))
    arguments = parser.parse_args()
    run = Run("partial")
    ruleset = load_ruleset()
    rows, failed = [], False
    print(f"{'repository':<40} {'files':>6} {'whole':>14} {'partial':>14} {'share of bytes':>15}")
    with tempfile.TemporaryDirectory() as work:
        for mirror in arguments.mirrors:
            try:
                row = measure(mirror.absolute(), Path(work), ruleset, arguments.repeats)
            except (ScanError, subprocess.CalledProcessError) as error:
                failed = True
                print(f"{mirror}: {error}", file=sys.stderr)
                continue
            rows.append(row)
            sides = [row[side] for side in ("whole", "partial")]
            shown = [
                f"{one['clone_ms'] + one['fill_ms']} ms {one['bytes'] / 1e6:.1f} MB".rjust(18)
                for one in sides
            ]
            print(
                f"{row['repository']:<40} {row['files']:>6} {' '.join(shown)} "
                f"{sides[1]['bytes'] / sides[0]['bytes']:.2f}{'' if row['same'] else '  VERDICTS DIFFER'}",
                flush=True,
            )
    if arguments.json:
        run.keep(arguments.json, rows, repeats=arguments.repeats)
    return 2 if failed else 0 if all(row["same"] for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
