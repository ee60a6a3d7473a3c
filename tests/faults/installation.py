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
from tests.faults.servers import Broker, Postgres, Process
from tests.git_http import GitServer

ROOT = Path(__file__).parents[2]
ITEMS = 100


class Installation:
    """Everything on free ports and below one folder. Use as a context manager."""

    def __init__(self, folder: Path, **environment: str) -> None:
        self.folder = folder
        self.data = folder / "data"
        self.data.mkdir()
        self.sources = folder / "sources"
        self.sources.mkdir()
        self.processes: list[Process] = []
        self._environment = environment

    def __enter__(self) -> "Installation":
        with ExitStack() as stack:
            self._start(stack)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def _start(self, stack: ExitStack) -> None:
        self.database = Postgres()
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
            "DATABASE_URL": self.database.url,
            "PLUMBLINE_REDIS_URL": self.broker.url,
            "PLUMBLINE_DATA_DIR": str(self.data),
            "PLUMBLINE_ALLOW_PRIVATE_ADDRESSES": "true",
            "PLUMBLINE_ROLE": "worker",
            "PLUMBLINE_SCAN_SECONDS": "60",
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

    def worker(self, **environment: str) -> Process:
        """One more scan worker, with a single child."""
        process = Process(
            ["-m", "celery", "-A", "tests.worker", "worker", "--queues", "scans", "--concurrency", "1",
             "--loglevel", "WARNING", "--without-gossip", "--without-mingle", "--without-heartbeat",
             "--hostname", f"worker-{len(self.processes)}@%h"],
            {**self.environment, **environment}, self.folder / f"process-{len(self.processes)}.log", ROOT,
        )  # fmt: skip
        self.processes.append(process)
        return process

    def beat(self) -> Process:
        process = Process(
            ["-m", "celery", "-A", "config", "beat", "--loglevel", "WARNING"],
            self.environment, self.folder / f"process-{len(self.processes)}.log", ROOT,
        )  # fmt: skip
        self.processes.append(process)
        return process

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
        return {
            self.git.url(place.name): trees.git(place, "rev-parse", "refs/heads/main")
            for place in self.sources.glob("*.git")
        }

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
        return self.do("state")["active"] == 0

    def logs(self) -> str:
        return "\n".join(f"== {one.log.name}\n{one.log.read_text()[-1500:]}" for one in self.processes)

    def left_over(self) -> list[str]:
        """What lies among the mirrors besides mirrors and their locks."""
        folder = self.data / "mirrors"
        places = folder.iterdir() if folder.exists() else ()
        return sorted(one.name for one in places if one.suffix not in (".git", ".lock"))

    def assert_right(self, *, failing: dict[str, str] | None = None) -> dict[str, Any]:
        """Every repository stands at its newest commit by exactly one assessment with every item once; those of
        ``failing`` (address to error id) say why they do not."""
        assert self.eventually(self.settled, 180), f"{self.do('state')}\n{self.logs()}"
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
        assert self.left_over() == []
        return state
