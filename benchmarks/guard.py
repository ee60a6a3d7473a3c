"""Fails where judging a made-up repository has become slower, measured against its own floor in the same run.

    python -m benchmarks.guard            # exit code 1 where the ratio is worse by more than a third
    python -m benchmarks.guard --record   # keeps the ratio that is measured now

The repository is always the same (``benchmarks.synthetic``). Told is processors' time of the whole ``plumbline assess``
process over that of reading the same blobs with ``git cat-file``: a ratio of two figures of one run, taken in turns,
the least of each. A machine that is busy or slow changes both alike. What looks too slow is measured again before it
fails.
"""

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks import synthetic  # noqa: E402
from benchmarks.floor import assess_command, assess_environment, blobs_at_head, floor, git, spent  # noqa: E402
from benchmarks.machine import Run, result_file  # noqa: E402

TOLERANCE = 4 / 3
TRIES = 8
ROUNDS = 4
FLOORS = 10
"""Readings of the floor per round: one of them takes a few milliseconds, too little to be told apart from noise."""
SECONDS = 45.0
"""After so long no further try is begun."""


@dataclass(frozen=True)
class Sample:
    """Processors' time of one round in seconds: of one reading of the blobs, and of the whole judging."""

    floor: float
    judging: float


def ratio(samples: list[Sample]) -> float:
    """How many times its floor judging takes: the least of each, since noise only ever adds."""
    return min(one.judging for one in samples) / min(one.floor for one in samples)


@dataclass(frozen=True)
class Decision:
    """``passed`` is whether ``ratio`` is within the limit; ``tries`` is after how many."""

    passed: bool
    ratio: float
    limit: float
    tries: int


def decide(
    recorded: float,
    measure: Callable[[], list[Sample]],
    *,
    tries: int = TRIES,
    more: Callable[[], bool] = lambda: True,
) -> Decision:
    """Measures until the ratio of all samples is within a third of ``recorded``, ``tries`` times at most.

    Tries after the first are made only while ``more()``.
    """
    limit = recorded * TOLERANCE
    samples: list[Sample] = []
    done = 0
    while done == 0 or (done < tries and more()):
        samples += measure()
        done += 1
        if ratio(samples) <= limit:
            return Decision(True, ratio(samples), limit, done)
    return Decision(False, ratio(samples), limit, done)


def rounds(mirror: Path, work: Path, count: int = ROUNDS) -> list[Sample]:
    """Floor and judging in turns."""
    blobs, command, environment = blobs_at_head(mirror), assess_command(mirror), assess_environment(work)
    found = []
    for _ in range(count):
        reading = sum(floor(mirror, blobs).cpu for _ in range(FLOORS)) / FLOORS
        found.append(Sample(reading, spent(command, environment).cpu))
    return found


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--record", action="store_true")
    arguments = parser.parse_args()
    run, place = Run("guard"), result_file("guard")
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        mirror = synthetic.make(work / "synthetic.git")
        tree = git(mirror, "rev-parse", "HEAD^{tree}").decode().strip()
        spent(assess_command(mirror), assess_environment(work))  # bytecode and the parsed ruleset
        if arguments.record:
            found = ratio([one for _ in range(TRIES) for one in rounds(mirror, work)])
            run.keep(place, {"ratio": round(found, 1), "tree": tree, "files": synthetic.FILES})
            print(f"recorded: {found:.1f} times the floor")
            return 0
        known = json.loads(place.read_text())["figures"]
        if known["tree"] != tree:
            print("The made-up repository is another one: record its ratio anew.", file=sys.stderr)
            return 2
        decision = decide(
            known["ratio"],
            lambda: rounds(mirror, work),
            more=lambda: time.monotonic() - began < SECONDS,
        )
    print(
        f"judging {synthetic.FILES} files takes {decision.ratio:.1f} times their floor, recorded is {known['ratio']}, "
        f"at most {decision.limit:.1f} ({decision.tries} of {TRIES} tries, {time.monotonic() - began:.0f} s)"
    )
    if not decision.passed:
        print("Judging has become slower by more than a third.", file=sys.stderr)
    elif decision.ratio < known["ratio"] / TOLERANCE:
        print("It is much faster than recorded: keep that with python -m benchmarks.guard --record")
    return 0 if decision.passed else 1


if __name__ == "__main__":
    sys.exit(main())
