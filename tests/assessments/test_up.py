"""``manage.py up`` as a new user runs it: real processes on an empty folder, from nothing to a served dashboard."""

import os
import re
import signal
import sqlite3
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests import trees

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.slow


class Up:
    """The running command and what it has said so far."""

    def __init__(self, data: Path, *arguments: str) -> None:
        clean = {
            n: v for n, v in os.environ.items() if not n.startswith(("PLUMBLINE_", "DJANGO_", "DATABASE_"))
        }
        self.process = subprocess.Popen(
            [sys.executable, "manage.py", "up", *arguments],
            cwd=ROOT,
            env={**clean, "PLUMBLINE_DATA_DIR": str(data), "PYTHONUNBUFFERED": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.said = ""
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.said += line

    def wait_for(self, pattern: str, seconds: float = 90) -> re.Match[str]:
        found: list[re.Match[str]] = []

        def seen() -> bool:
            match = re.search(pattern, self.said)
            found.extend([match] if match else [])
            return bool(match) or self.process.poll() is not None

        eventually(seen, seconds)
        assert found, self.said
        return found[0]

    def children(self) -> list[int]:
        """The ids of all processes below this one."""
        parents = {}
        for stat in Path("/proc").glob("[0-9]*/stat"):
            try:
                fields = stat.read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if fields[0] != "Z":
                parents[int(stat.parent.name)] = int(fields[1])
        below, frontier = [], [self.process.pid]
        while frontier:
            found = [pid for pid, parent in parents.items() if parent in frontier]
            below += found
            frontier = found
        return below

    def end(self, asked: signal.Signals = signal.SIGINT) -> int:
        self.process.send_signal(asked)
        code = self.process.wait(40)
        self._reader.join(5)
        return code


def eventually(holds: Callable[[], bool], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not holds() and time.monotonic() < deadline:
        time.sleep(0.1)


def alive(pids: list[int]) -> list[int]:
    return [pid for pid in pids if Path(f"/proc/{pid}").exists()]


def answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(f"{address}accounts/login/", timeout=5) as response:
            return b"password" in response.read()
    except OSError:
        return False


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Up]]:
    running: list[Up] = []

    def one(*arguments: str) -> Up:
        running.append(Up(tmp_path / "data", *arguments))
        return running[-1]

    yield one
    for up in running:
        if up.process.poll() is None:
            up.process.kill()
        up.process.wait()
        if up.process.stdout:
            up.process.stdout.close()


@pytest.fixture
def source(tmp_path: Path) -> str:
    return str(
        trees.repository(tmp_path / "src" / "orders", {"README.md": "# Orders\n", "a.py": "a = 1\n" * 50})
    )


def test_from_nothing_to_a_dashboard_and_back(start: Callable[..., Up], source: str, tmp_path: Path) -> None:
    first = start(source, str(tmp_path / "nowhere"), "--port", "8420")
    password = first.wait_for(r"one-time password (\S+)")[1]
    first.wait_for(r"src/orders: (?:[A-F][+-]?,|no grade)")
    address = first.wait_for(r"Plumbline is at (\S+)")[1]
    assert "source.not-a-repository" in first.said  # told, and the other went on
    eventually(lambda: answers(address))
    assert answers(address)
    processes = first.children()
    assert len(processes) >= 5

    # A second one on the same folder steps back; one elsewhere takes the next port.
    second = start(source, "--port", "8420")
    assert second.process.wait(30) == 1
    eventually(lambda: "up.running" in second.said, 5)
    assert "up.running" in second.said and "8420 is taken" in second.said

    # A child that is killed comes back.
    web = next(p for p in processes if b"granian" in Path(f"/proc/{p}/cmdline").read_bytes())
    os.kill(web, signal.SIGKILL)
    first.wait_for(r"web ended \(signal SIGKILL\)")
    eventually(lambda: answers(address))
    assert answers(address)

    assert first.end() == 0
    eventually(lambda: not alive(processes), 5)
    assert alive(processes) == []
    assert password not in "".join(p.read_text(errors="replace") for p in (tmp_path / "data/logs").iterdir())

    # The second start knows what there is, gives out no password, and finds nothing changed.
    again = start(source, "--port", "8420", "--exit")
    assert again.process.wait(60) == 0
    assert password not in again.said and "shown at the first start" in again.said
    assert re.search(r"src/orders: ", again.said)


def test_nothing_outlives_it_when_it_is_killed(start: Callable[..., Up], source: str) -> None:
    up = start(source, "--port", "8440")
    up.wait_for(r"Plumbline is at")
    processes = up.children()
    up.process.kill()
    up.process.wait()
    eventually(lambda: not alive(processes))
    assert alive(processes) == []


def test_the_next_start_goes_on_with_what_a_killed_one_was_at(
    start: Callable[..., Up], source: str, tmp_path: Path
) -> None:
    first = start(source, "--port", "8460", "--exit")
    assert first.process.wait(90) == 0
    with closing(sqlite3.connect(tmp_path / "data" / "plumbline.sqlite3")) as database, database:
        # As a machine that lost its power leaves it: claimed by nobody who lives, for a long time to come.
        database.execute(
            "UPDATE assessments_scanrequest SET state = 'scanning', claim = 'gone', lease_until = '2999-01-01'"
        )
    again = start(source, "--port", "8460", "--exit")
    assert again.process.wait(90) == 0, again.said
    assert "Going on with 1 scan of an earlier run" in again.said
    assert re.search(r"src/orders: (?:[A-F][+-]?,|no grade)", again.said)
