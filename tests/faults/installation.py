"""An installation as production runs it, small: database, broker, git server and workers of a test's own."""

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from tests import trees
from tests.faults.leftovers import held_locks, processes_of, unknown_files, unowned
from tests.faults.servers import Broker, Postgres, Process, RabbitMQ, SmallDisk
from tests.git_http import GitServer

ROOT = Path(__file__).parents[2]
ITEMS = 100
LEASE_SECONDS = 15


class Installation:
    """Everything on free ports and below one folder, begun with a ``prepared`` database where one is given.

    Use as a context manager. With ``amqp``, scans go by that broker. ``empty`` leaves the setting up to the test.
    """

    def __init__(
        self,
        folder: Path,
        prepared: Path | None = None,
        amqp: RabbitMQ | None = None,
        empty: bool = False,
        **environment: str,
    ) -> None:
        self.folder = folder
        self.data = folder / "data"
        self.data.mkdir()
        self.sources = folder / "sources"
        self.sources.mkdir()
        self.temporary = folder / "tmp"
        self.temporary.mkdir()
        self.processes: list[Process] = []
        self._prepared = prepared
        self._empty = empty
        if amqp:
            environment["PLUMBLINE_BROKER_URL"] = amqp.url
        self._environment = environment

    def __enter__(self) -> "Installation":
        with ExitStack() as stack:
            self._start(stack)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def _start(self, stack: ExitStack) -> None:
        self.database = Postgres(None if self._empty else self._prepared)
        stack.callback(self.database.stop)
        self.broker = Broker()
        stack.callback(lambda: self.broker.stop())
        self.git = GitServer(self.sources)
        stack.enter_context(self.git)
        threading.Thread(target=self.git.serve_forever, daemon=True).start()
        stack.callback(self.git.shutdown)
        stack.callback(self.git.stopping.set)
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("PLUMBLINE_")},
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "DATABASE_URL": self.database.url,
            "PLUMBLINE_REDIS_URL": self.broker.url,
            "PLUMBLINE_DATA_DIR": str(self.data),
            "PLUMBLINE_ALLOW_PRIVATE_ADDRESSES": "true",
            "PLUMBLINE_ROLE": "worker",
            "PLUMBLINE_SCAN_SECONDS": "60",
            "LEASE_SECONDS": str(LEASE_SECONDS),
            "TMPDIR": str(self.temporary),
            "PYTHONPATH": str(ROOT),
            **self._environment,
        }
        errors = stack.enter_context((self.folder / "control.log").open("w"))
        self._control = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.control"],
            cwd=ROOT, env=self.environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            stderr=errors,
        )  # fmt: skip
        stack.enter_context(self._control)
        stack.callback(self._control.kill)
        stack.callback(lambda: [process.kill() for process in self.processes])
        if self._prepared is None and not self._empty:
            self.do("set_up")

    def do(self, command: str, **values: Any) -> Any:
        """What a command of ``control`` gives. Raises AssertionError with its traceback."""
        assert self._control.stdin and self._control.stdout
        self._control.stdin.write(json.dumps({"do": command, **values}) + "\n")
        self._control.stdin.flush()
        while not (line := self._control.stdout.readline()).startswith("ANSWER "):
            assert line, (self.folder / "control.log").read_text()[-3000:]
        answer = json.loads(line.removeprefix("ANSWER "))
        assert "error" not in answer, answer["error"]
        return answer["is"]

    def start(self, *command: str, **environment: str) -> Process:
        """One more process of the product, by a Python module and its arguments."""
        return self.run([sys.executable, "-m", *command], {**self.environment, **environment})

    def run(self, command: list[str], environment: dict[str, str]) -> Process:
        """One more process, which knows nothing but ``environment``."""
        log = self.folder / f"process-{len(self.processes)}.log"
        self.processes.append(Process(command, environment, log, ROOT))
        return self.processes[-1]

    def worker(self, **environment: str) -> Process:
        """One more scan worker, with a single child."""
        return self.start(*self._worker(), **environment)

    def worker_on(self, disk: SmallDisk) -> Process:
        """One more scan worker, for which the small disk is where mirrors are kept."""
        return self.run(disk.holding([sys.executable, "-m", *self._worker()]), self.environment)

    def _worker(self) -> list[str]:
        return [
            "celery", "-A", "tests.worker", "worker", "--concurrency", "1",
            "--loglevel", "WARNING", "--without-gossip", "--without-mingle", "--without-heartbeat",
            "--hostname", f"worker-{len(self.processes)}@%h",
        ]  # fmt: skip

    def beat(self, **environment: str) -> Process:
        return self.start("celery", "-A", "config", "beat", "--loglevel", "WARNING", **environment)

    def source(self, name: str, files: dict[str, str] | None = None) -> str:
        """The address of a new repository that the git server serves."""
        trees.repository(
            self.folder / "work" / name, files or {"README.md": f"# {name}\n", "app.py": "a = 1\n" * 9}
        )
        trees.bare_copy(self.folder / "work" / name, self.sources / f"{name}.git")
        return self.git.url(f"{name}.git")

    def commit(self, name: str, text: str) -> str:
        """The id of a new commit of a repository, pushed to where the git server serves it."""
        work = self.folder / "work" / name
        commit = trees.commit(work, {"notes.md": text})
        trees.git(work, "push", "--quiet", str(self.sources / f"{name}.git"), "HEAD:refs/heads/main")
        return commit

    def heads(self) -> dict[str, str]:
        """The newest commit of every source, by address."""
        found = {}
        for place in self.sources.glob("*.git"):
            loose = (
                place / "refs/heads/main"
            )  # as long as nothing has packed it, which takes a process to read
            found[self.git.url(place.name)] = (
                loose.read_text().strip()
                if loose.exists()
                else trees.git(place, "rev-parse", "refs/heads/main")
            )
        return found

    def eventually(self, holds: Callable[[], bool], seconds: float = 120, nudge: bool = True) -> bool:
        """Whether ``holds`` came true in time. Meanwhile what beat does every minute is done every few seconds, as
        if leases ended by then."""
        deadline = time.monotonic() + seconds
        last = time.monotonic()
        while time.monotonic() < deadline:
            if holds():
                return True
            if nudge and time.monotonic() - last > 8:
                last = time.monotonic()
                self.do("recover", ahead=0)
            time.sleep(0.3)
        return holds()

    def settled(self) -> bool:
        return bool(self.do("active") == 0)

    def logs(self) -> str:
        return "\n".join(f"== {one.log.name}\n{one.log.read_text()[-1500:]}" for one in self.processes)

    def left_over(self) -> list[str]:
        """What lies in the data folder where it should not."""
        return unknown_files(self.data)

    def leaks(self) -> dict[str, Any]:
        """What should not be there once no scan is active, by kind; workers that live may hold what is theirs."""
        alive = [one for one in self.processes if one.alive()]
        known = {self._control.pid, *(pid for one in alive for pid in (one.process.pid, *one.children()))}
        found = {
            "processes": processes_of(self.data, but=known),
            "locks": held_locks(self.data / "mirrors"),
            "files": self.left_over(),
            "temporary": unowned(self.temporary),
        }
        return {kind: things for kind, things in found.items() if things}

    def assert_right(self, *, failing: dict[str, str] | None = None) -> dict[str, Any]:
        """Every repository stands at its newest commit by exactly one assessment with every item once; those of
        ``failing`` (address to error id) say why they do not."""
        assert self.eventually(self.settled, 400), f"{self.do('state')}\n{self.logs()}"
        state = self.do("state")
        for url, head in self.heads().items():
            known = state["repositories"].get(url)
            if known is None:
                continue
            if failing and url in failing:
                assert known["error"] == failing[url], (url, known)
            else:
                assert (known["commit"], known["error"]) == (head, ""), (url, known, head, self.logs())
                assert known["letter"]
        assert state["doubled"] == 0
        assert state["items"] in ([ITEMS], []), state["items"]
        assert state["quarantined"] == 0, state
        assert self.eventually(lambda: not self.leaks(), 60, nudge=False), (self.leaks(), self.logs())
        assert self.eventually(lambda: self.do("state")["places"] == 0, LEASE_SECONDS + 30, nudge=False)
        assert self.do("state")["transactions"] == 0
        return state
