"""Whether judging a repository takes less time than cloning it, measured in one run.

    uv run python benchmarks/clone.py MIRROR [MIRROR ...] [--repeats N] [--json [FILE]]

For each bare mirror, turn by turn: the whole ``plumbline assess`` process without a cache, and ``git clone --no-local``
of the same mirror into a working copy that is thrown away. Figures are medians. Exit code 1 when a clone was faster
anywhere, 2 when something could not be measured.
"""

import argparse
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.floor import assess_command, assess_environment, spent  # noqa: E402
from benchmarks.machine import Run, result_file  # noqa: E402

REPEATS = 3


def measure(mirror: Path, work: Path, repeats: int) -> dict[str, Any]:
    """Medians in milliseconds of judging and of cloning ``mirror``, and what was judged."""
    environment = assess_environment(work / "cache")
    copy = work / "copy"
    report = work / "report.json"
    judge = assess_command(mirror)
    clone = ["git", "clone", "--quiet", "--no-local", str(mirror), str(copy)]
    # Not counted: it writes the bytecode, keeps the parsed ruleset, and brings the mirror into memory for both.
    spent([*judge, "--output", str(report)], environment)
    judged, cloned = [], []
    for _ in range(repeats):
        judged.append(spent(judge, environment).wall)
        cloned.append(spent(clone, environment).wall)
        shutil.rmtree(copy)
    page = json.loads(report.read_text())
    assess_ms, clone_ms = (round(statistics.median(times) * 1000) for times in (judged, cloned))
    listing = subprocess.run(
        ["git", "-C", str(mirror), "ls-tree", "-r", "--name-only", "HEAD"], capture_output=True, check=True
    )
    return {
        "repository": mirror.parent.name if mirror.name == "repo" else mirror.stem,
        "stack": " ".join(page["stack"][:2]) or page["profile"]["kind"],
        "files": listing.stdout.count(b"\n"),
        "assess_ms": assess_ms,
        "clone_ms": clone_ms,
        "faster": assess_ms < clone_ms,
    }


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("mirrors", nargs="+", type=Path)
    parser.add_argument("--repeats", type=int, default=REPEATS)
    parser.add_argument("--json", type=Path, nargs="?", const=result_file("clone"))
    arguments = parser.parse_args()
    run = Run("clone")
    rows, failed = [], False
    print(f"{'repository':<46} {'stack':<24} {'files':>6} {'assess':>8} {'clone':>8}  assess/clone")
    with tempfile.TemporaryDirectory() as work:
        for mirror in arguments.mirrors:
            try:
                row = measure(mirror.absolute(), Path(work), arguments.repeats)
            except subprocess.CalledProcessError as error:
                failed = True
                said = (error.stderr or b"").decode("utf-8", "replace").strip().splitlines()
                print(
                    f"{mirror}: {error.cmd[0]} failed: {said[-1] if said else error.returncode}",
                    file=sys.stderr,
                )
                shutil.rmtree(Path(work) / "copy", ignore_errors=True)
                continue
            rows.append(row)
            print(
                f"{row['repository']:<46} {row['stack'][:24]:<24} {row['files']:>6} {row['assess_ms']:>8} "
                f"{row['clone_ms']:>8}  {row['assess_ms'] / row['clone_ms']:.2f}"
                f"{'' if row['faster'] else '  slower than a clone'}",
                flush=True,
            )
    slower = [row["repository"] for row in rows if not row["faster"]]
    print(
        f"{len(rows) - len(slower)} of {len(rows)} are judged in less time than they are cloned in"
        f" (milliseconds, median of {arguments.repeats})"
    )
    if arguments.json:
        run.keep(arguments.json, rows, repeats=arguments.repeats)
    return 2 if failed else 1 if slower else 0


if __name__ == "__main__":
    sys.exit(main())
