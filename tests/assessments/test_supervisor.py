"""Real processes under one parent: restarted on death, stopped in order, never outliving a killed parent."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from assessments.supervisor import Child, Supervisor

ROOT = Path(__file__).parents[2]
FOREVER = "import time\nwhile True: time.sleep(0.05)"


def wait_until(holds: Callable[[], bool], seconds: float = 10.0) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if holds():
            return True
        time.sleep(0.02)
    return holds()


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def child(folder: Path, name: str = "one", script: str = FOREVER) -> Child:
    return Child(name, [sys.executable, "-c", script], dict(os.environ), folder / f"{name}.log")


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def supervise(said: list[str]) -> Iterator[Callable[..., Supervisor]]:
    made: list[Supervisor] = []

    def make(*children: Child) -> Supervisor:
        made.append(Supervisor(children, said.append))
        made[-1].start()
        return made[-1]

    yield make
    for one in made:
        one.stop()


def pid_of(one: Child) -> int:
    assert one.process is not None
    return one.process.pid


def test_a_child_that_is_killed_is_started_again(
    tmp_path: Path, supervise: Callable[..., Supervisor], said: list[str]
) -> None:
    one = child(tmp_path)
    supervisor = supervise(one)
    first = pid_of(one)
    os.kill(first, signal.SIGKILL)

    def back() -> bool:
        supervisor.tend()
        return one.process is not None and one.process.pid != first

    assert wait_until(back)
    assert alive(pid_of(one))
    assert said and "SIGKILL" in said[0] and str(one.log) in said[0]


def test_what_a_killed_child_had_started_goes_with_it(
    tmp_path: Path, supervise: Callable[..., Supervisor]
) -> None:
    note = tmp_path / "grandchild"
    script = (
        f"import subprocess, sys; from pathlib import Path\n"
        f"p = subprocess.Popen([sys.executable, '-c', {FOREVER!r}])\n"
        f"Path({str(note)!r}).write_text(str(p.pid))\n{FOREVER}"
    )
    one = child(tmp_path, script=script)
    supervisor = supervise(one)
    assert wait_until(lambda: note.exists() and bool(note.read_text()))
    grandchild = int(note.read_text())
    os.kill(pid_of(one), signal.SIGKILL)

    def gone() -> bool:
        supervisor.tend()
        return not alive(grandchild)

    assert wait_until(gone)


def test_its_number_is_still_its_own_when_its_group_is_killed(
    tmp_path: Path, supervise: Callable[..., Supervisor], monkeypatch: pytest.MonkeyPatch
) -> None:
    killed: list[tuple[int, str]] = []

    def killpg(pid: int, _signal: int) -> None:
        killed.append((pid, Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]))

    monkeypatch.setattr("assessments.supervisor.os.killpg", killpg)
    one, two = child(tmp_path), child(tmp_path, "two")
    supervisor = supervise(one, two)
    first, second = pid_of(one), pid_of(two)
    os.kill(first, signal.SIGKILL)

    def back() -> bool:
        supervisor.tend()
        return one.process is not None and one.process.pid != first

    assert wait_until(back)
    assert two.process is not None
    os.kill(second, signal.SIGKILL)
    two.process.wait()  # somebody reaps it: whose its number is by now is not known
    assert not wait_until(lambda: supervisor.tend() or second in dict(killed), seconds=0.1)
    assert killed == [(first, "Z")]


def test_one_that_keeps_dying_is_tried_less_and_less_often(
    tmp_path: Path, supervise: Callable[..., Supervisor]
) -> None:
    one = child(tmp_path, script="print('cannot start'); raise SystemExit(3)")
    supervisor = supervise(one)

    def twice() -> bool:
        supervisor.tend()
        return one.restarts >= 2

    assert wait_until(twice)
    assert one.backoff == 2.0
    assert "cannot start" in one.log.read_text()


def test_stopping_ends_all_even_one_that_ignores_the_signal(
    tmp_path: Path, supervise: Callable[..., Supervisor], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("assessments.supervisor.STOP_SECONDS", 0.5)
    ready = tmp_path / "ready"
    stubborn = child(
        tmp_path,
        "stubborn",
        f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); open({str(ready)!r}, 'w')\n{FOREVER}",
    )
    polite = child(tmp_path, "polite")
    supervisor = supervise(polite, stubborn)
    assert wait_until(ready.exists)
    pids = [pid_of(polite), pid_of(stubborn)]
    supervisor.stop()
    assert not any(alive(pid) for pid in pids)
    supervisor.tend()
    assert polite.process is None


PARENT = """
import sys, time
from pathlib import Path
from assessments.supervisor import Child, Supervisor
one = Child("one", [sys.executable, "-c", {forever!r}], {{}}, Path({log!r}))
supervisor = Supervisor([one], print)
supervisor.stop_on_signals()
supervisor.start()
print(one.process.pid, flush=True)
supervisor.run()
supervisor.stop()
"""


@pytest.fixture
def parent(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """A supervising process of its own and the id of its child."""
    script = PARENT.format(forever=FOREVER, log=str(tmp_path / "one.log"))
    process = subprocess.Popen(
        [sys.executable, "-c", script], cwd=ROOT, stdout=subprocess.PIPE, text=True, env=dict(os.environ)
    )
    assert process.stdout is not None
    yield process, int(process.stdout.readline())
    process.kill()
    process.wait()
    process.stdout.close()


@pytest.mark.skipif(sys.platform != "linux", reason="The kernel's notice of a parent's death is Linux's.")
def test_nothing_outlives_a_parent_that_was_killed(parent: tuple[subprocess.Popen[str], int]) -> None:
    process, pid = parent
    assert alive(pid)
    process.kill()
    process.wait()
    assert wait_until(lambda: not alive(pid))


@pytest.mark.parametrize("asked", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_and_sigterm_end_it_cleanly(
    parent: tuple[subprocess.Popen[str], int], asked: signal.Signals
) -> None:
    process, pid = parent
    process.send_signal(asked)
    assert process.wait(10) == 0
    assert not alive(pid)
