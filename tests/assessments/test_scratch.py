"""Temporary folders of workers: gone with them, also where they were killed, and never taken from the living."""

import logging
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from assessments import scratch

ROOT = Path(__file__).parents[2]


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    return tmp_path


@pytest.fixture
def worker(temporary: Path) -> Iterator["subprocess.Popen[str]"]:
    """Another process that has a folder with a file in it, and says where."""
    script = (
        "from multiprocessing.util import get_temp_dir; from assessments import scratch; p = scratch.enter();"
        "(p / 'left').touch(); get_temp_dir(); print(p, flush=True); input()"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", script],
        cwd=ROOT, env={**os.environ, "TMPDIR": str(temporary)}, text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    with process:
        yield process
        process.kill()


def folder_of(worker: "subprocess.Popen[str]") -> Path:
    assert worker.stdout
    return Path(worker.stdout.readline().strip())


def test_it_is_gone_when_its_worker_ends(worker: "subprocess.Popen[str]") -> None:
    folder = folder_of(worker)
    assert (folder / "left").exists() and folder.stat().st_mode & 0o777 == 0o700
    assert worker.communicate("\n") == ("", "")
    assert not folder.exists()


def test_that_of_a_killed_worker_is_swept_and_that_of_a_living_one_is_not(
    worker: "subprocess.Popen[str]",
) -> None:
    folder = folder_of(worker)
    assert scratch.sweep() == 0 and folder.exists()
    worker.send_signal(signal.SIGKILL)
    worker.wait()
    assert folder.exists()
    assert scratch.sweep() == 1 and not folder.exists()


def test_nothing_else_is_swept(temporary: Path) -> None:
    (temporary / "pymp-other").mkdir()
    (temporary / "plumbline-worker-file").touch()
    elsewhere = temporary / "elsewhere"
    elsewhere.mkdir()
    (temporary / "plumbline-worker-link").symlink_to(elsewhere)
    assert scratch.sweep() == 0
    assert len(list(temporary.iterdir())) == 4


def test_it_is_emptied_and_nothing_beside_it(temporary: Path) -> None:
    (temporary / "kept").touch()
    folder = temporary / "own"
    (folder / "deep" / "deeper").mkdir(parents=True)
    (folder / "deep" / "deeper" / "left").touch()
    (folder / "file").touch()
    (folder / "link").symlink_to(temporary)
    scratch.clear(folder)
    assert list(folder.iterdir()) == [] and (temporary / "kept").exists()
    scratch.clear(temporary / "never-there")


def test_a_worker_without_a_place_for_it_works_on_and_says_so(
    temporary: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(temporary / "gone"))
    caplog.set_level(logging.WARNING)
    assert scratch.take() is None
    assert "cannot be used" in caplog.text
