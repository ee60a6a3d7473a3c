"""Work in a child that can be ended: what comes back, and every way it may not."""

import os
import signal
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from scanners.apart import WorkFailed, run_apart
from scanners.errors import LimitError, ObjectError, ScanError
from scanners.facts import Evidence, Problem
from scanners.plain import from_plain, to_plain
from scanners.rules import load_ruleset
from scanners.scan import scan
from scanners.tree import RepoTree
from scanners.warm import warm

MEMORY = 600 << 20


def apart(work: Any, **changes: Any) -> Any:
    return run_apart(work, **{"seconds": 30.0, "memory_bytes": MEMORY, **changes})


def children() -> set[str]:
    return set(Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children").read_text().split())


@pytest.fixture(autouse=True)
def nobody_left() -> Iterator[None]:
    """No test leaves a child behind; servers that other tests share may run."""
    before = children()
    yield
    assert children() <= before


def test_what_the_work_returns_comes_back_and_odd_bytes_with_it() -> None:
    assert apart(lambda: {"paths": ["src/\udcff.py"], "n": 1.5}) == {"paths": ["src/\udcff.py"], "n": 1.5}


def test_an_error_comes_back_as_itself() -> None:
    def work() -> None:
        raise ObjectError("git.corrupt", "Damaged.", hint="fsck", fault="repository")

    with pytest.raises(ObjectError) as caught:
        apart(work)
    assert (caught.value.id, caught.value.hint, caught.value.fault) == ("git.corrupt", "fsck", "repository")


def test_a_mistake_of_ours_comes_back_with_its_place() -> None:
    def work() -> None:
        raise ZeroDivisionError("told")

    with pytest.raises(WorkFailed, match="ZeroDivisionError: told"):
        apart(work)


def test_a_childs_temporary_files_go_with_it_however_it_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))

    def work() -> str:
        _, left = tempfile.mkstemp()
        (tmp_path / "seen").write_text(left)
        os.kill(os.getpid(), signal.SIGKILL)
        return left

    with pytest.raises(ScanError) as caught:
        apart(work)
    assert caught.value.id == "scan.killed"
    assert Path((tmp_path / "seen").read_text()).parent.parent == tmp_path
    assert [place.name for place in tmp_path.iterdir()] == ["seen"]
    assert tempfile.gettempdir() == str(tmp_path)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "gone"))
    assert apart(lambda: 7) == 7


def test_work_that_takes_too_long_is_ended() -> None:
    started = time.monotonic()
    with pytest.raises(LimitError) as caught:
        apart(lambda: time.sleep(60), seconds=0.3)
    assert caught.value.id == "scan.time-limit"
    assert time.monotonic() - started < 5


def test_work_that_grows_without_bound_is_ended_and_not_its_parent() -> None:
    def work() -> int:
        held = []
        while True:
            held.append(b"x" * (16 << 20))

    with pytest.raises(LimitError) as caught:
        apart(work)
    assert caught.value.id == "scan.memory-limit"


def test_memory_of_its_parent_does_not_count_as_the_works() -> None:
    held = bytearray(os.urandom(1 << 20)) * 700

    assert len(held) > MEMORY
    assert apart(lambda: 1) == 1
    with pytest.raises(LimitError) as caught:
        apart(lambda: len(b"x" * (700 << 20)))
    assert caught.value.id == "scan.memory-limit"


def test_one_request_for_more_memory_than_there_may_be_is_refused_at_once() -> None:
    with pytest.raises(LimitError) as caught:
        apart(lambda: len(bytearray(8 << 30)))
    assert caught.value.id == "scan.memory-limit"


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_work_that_is_killed_says_so(number: signal.Signals) -> None:
    with pytest.raises(ScanError) as caught:
        apart(lambda: os.kill(os.getpid(), number))
    assert caught.value.id == "scan.killed" and number.name in caught.value.message


def test_work_that_is_not_wanted_any_more_is_ended() -> None:
    class Enough(Exception):
        pass

    asked = []

    def check() -> None:
        asked.append(1)
        if len(asked) > 2:
            raise Enough

    with pytest.raises(Enough):
        apart(lambda: time.sleep(60), check=check)


def test_a_whole_result_survives_the_way() -> None:
    tree = RepoTree.from_files(
        {"README.md": "# Orders\n", "app.py": "import flask\napp = flask.Flask(__name__)\n"}
    )
    result = scan(tree, load_ruleset("industry-standards"))
    odd = replace(
        result,
        problems=(Problem("a/\udcff", "object.missing", "gone"),),
        profile=replace(result.profile, evidence={"kind": (Evidence("app.py", 2, "x"),)}),
    )

    assert from_plain(apart(lambda: to_plain(odd))) == odd


def test_a_process_that_is_warm_judges_as_one_that_is_not() -> None:
    ruleset = load_ruleset("industry-standards")
    tree = RepoTree.from_files(
        {"README.md": "# Orders\n", "app.py": "import flask\napp = flask.Flask(__name__)\n"}
    )
    before = apart(lambda: to_plain(scan(tree, ruleset)))
    warm(ruleset)
    assert apart(lambda: to_plain(scan(tree, ruleset))) == before
