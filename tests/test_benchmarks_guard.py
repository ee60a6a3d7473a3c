"""The benchmark that fails a change: what it takes for too slow, and that it measures the same every time."""

import json
from collections.abc import Iterator
from pathlib import Path

from benchmarks import synthetic
from benchmarks.guard import TOLERANCE, Decision, Sample, decide, ratio
from benchmarks.machine import result_file
from tests.trees import git


def judged(*attempts: list[Sample], recorded: float = 100.0, **options: object) -> Decision:
    given: Iterator[list[Sample]] = iter(attempts)
    return decide(recorded, lambda: next(given), tries=len(attempts), **options)  # type: ignore[arg-type]


def slow(times: float) -> list[Sample]:
    return [Sample(0.004, 0.004 * times), Sample(0.005, 0.005 * times)]


def test_a_ratio_within_a_third_passes_at_once() -> None:
    assert judged(slow(100)) == Decision(True, 100.0, 100 * TOLERANCE, 1)
    assert judged(slow(133)).passed
    assert judged(slow(50)).passed


def test_more_than_a_third_fails_only_after_all_tries() -> None:
    found = judged(slow(134), slow(140), slow(150))
    assert (found.passed, found.tries) == (False, 3)
    assert round(found.ratio) == 134


def test_one_noisy_try_is_measured_again() -> None:
    found = judged(slow(300), slow(110))
    assert (found.passed, found.tries) == (True, 2)


def test_noise_in_the_floor_hides_nothing() -> None:
    # One reading of the floor took thrice as long; a quieter one of the same try counts.
    noisy = [Sample(0.012, 0.8), Sample(0.004, 0.8)]
    assert ratio(noisy) == 200
    assert not judged(noisy, noisy, noisy).passed


def test_no_try_is_begun_when_time_is_up_but_the_first() -> None:
    found = judged(slow(300), more=lambda: False)
    assert (found.passed, found.tries) == (False, 1)


def test_the_made_up_repository_is_the_recorded_one(tmp_path: Path) -> None:
    made = synthetic.make(tmp_path / "made.git")
    recorded = json.loads(result_file("guard").read_text())["figures"]
    assert git(made, "rev-parse", "HEAD^{tree}") == recorded["tree"]
    assert synthetic.FILES == recorded["files"] >= 300
    assert recorded["ratio"] > 1
    names = {path.rpartition(".")[2] for path, _ in synthetic.files()}
    assert {"py", "ts", "go", "java", "tf", "md", "yml"} <= names
