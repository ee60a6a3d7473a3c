"""A soak: many repositories through three cycles while something breaks every few seconds; the counts agree."""

import os
import random
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.faults.installation import Installation

pytestmark = [pytest.mark.slow, pytest.mark.services]
REPOSITORIES = int(os.environ.get("PLUMBLINE_SOAK_REPOSITORIES", "60"))
CYCLES, WORKERS = 3, 4
FAULT_EVERY = (3.0, 7.0)
"""Seconds between two faults, drawn anew each time."""
STACKS: dict[str, dict[str, str]] = {
    "python": {
        "pyproject.toml": '[project]\nname = "NAME"\ndependencies = ["fastapi", "structlog"]\n',
        "NAME/main.py": "from fastapi import FastAPI\n\napp = FastAPI()\n\n\n@app.get('/health')\ndef health():\n    return {}\n",
        "tests/test_main.py": "def test_health():\n    assert True\n",
        ".github/workflows/ci.yml": "on: [push]\njobs:\n  test:\n    runs-on: ubuntu-latest\n    steps:\n      - run: pytest\n",
    },
    "javascript": {
        "package.json": '{"name": "NAME", "dependencies": {"express": "4", "helmet": "7"}, "scripts": {"test": "jest"}}\n',
        "src/index.js": "const app = require('express')()\napp.use(require('helmet')())\napp.listen(3000)\n",
    },
    "go": {
        "go.mod": "module example.org/NAME\n\ngo 1.22\n",
        "main.go": 'package main\n\nimport "net/http"\n\nfunc main() { http.ListenAndServe(":80", nil) }\n',
        "main_test.go": 'package main\n\nimport "testing"\n\nfunc TestMain(t *testing.T) {}\n',
    },
    "documents": {"README.md": "# NAME\n\nHow we work.\n", "docs/guide.md": "# Guide\n\nOnly words.\n"},
}


def history(name: str, chance: random.Random) -> bytes:
    """A stream for ``git fast-import``: a few commits of a small repository of one of the stacks."""
    files = {
        path.replace("NAME", name): text.replace("NAME", name)
        for path, text in STACKS[chance.choice(sorted(STACKS))].items()
    }
    files.setdefault("README.md", f"# {name}\n\nWhat it is for.\n")
    stream = []
    for number in range(chance.randrange(1, 5)):
        stream.append(b"commit refs/heads/main\n")
        stream.append(b"committer Ann Author <ann@example.org> %d +0000\n" % (1700000000 + number * 86400))
        message = f"Change {number}".encode()
        stream.append(b"data %d\n%s\n" % (len(message), message))
        for path, text in files.items() if number == 0 else [("CHANGELOG.md", f"## {number}\n" * number)]:
            content = text.encode()
            stream.append(b"M 100644 inline %s\ndata %d\n%s\n" % (path.encode(), len(content), content))
    return b"".join(stream)


def make_sources(installation: Installation, chance: random.Random) -> list[str]:
    addresses = []
    for number in range(REPOSITORIES):
        name = f"service{number}"
        place = installation.sources / f"{name}.git"
        subprocess.run(["git", "init", "--quiet", "--bare", "--initial-branch=main", str(place)], check=True)
        stream = history(name, chance)
        subprocess.run(["git", "-C", str(place), "fast-import", "--quiet"], input=stream, check=True)
        addresses.append(installation.git.url(place.name))
    return addresses


def push_changes(installation: Installation, chance: random.Random, share: float) -> int:
    """How many sources got a commit more."""
    chosen = [place for place in sorted(installation.sources.glob("*.git")) if chance.random() < share]
    for place in chosen:
        text = f"note {chance.random()}\n".encode()
        stream = (
            b"commit refs/heads/main\ncommitter Ann Author <ann@example.org> %d +0000\ndata 4\nMore\n"
            b"from refs/heads/main^0\nM 100644 inline notes.md\ndata %d\n%s\n"
            % (time.time(), len(text), text)
        )
        subprocess.run(["git", "-C", str(place), "fast-import", "--quiet"], input=stream, check=True)
    return len(chosen)


class Faults:
    """What may break, and how often it did."""

    def __init__(self, installation: Installation, chance: random.Random) -> None:
        self.installation = installation
        self.chance = chance
        self.counts: dict[str, int] = {}
        self.ids: list[int] = []
        self.next_at = time.monotonic() + 2
        self.resend_at = 0.0

    def maybe(self) -> None:
        if time.monotonic() < self.next_at:
            return
        fault: Callable[[], None] = self.chance.choice(
            [self.kill_worker, self.kill_child, self.wipe_broker, self.crash_database, self.break_forge,
             self.spoil_mirror, self.ask_again]
        )  # fmt: skip
        fault()
        self.counts[fault.__name__] = self.counts.get(fault.__name__, 0) + 1
        self.next_at = time.monotonic() + self.chance.uniform(*FAULT_EVERY)

    def kill_worker(self) -> None:
        alive = [one for one in self.installation.processes if one.process.poll() is None]
        if alive:
            self.chance.choice(alive).kill()
        self.installation.worker()

    def kill_child(self) -> None:
        for one in self.installation.processes:
            for child in one.children()[-1:]:
                with open(os.devnull, "w") as nothing:
                    subprocess.run(["kill", "-9", str(child)], stderr=nothing)
                return

    def wipe_broker(self) -> None:
        self.installation.broker.wipe()
        self.resend_at = 0.0

    def recover(self) -> None:
        """What beat does every minute, but sooner: from the dead every time, and sending again where that is due."""
        resend = time.monotonic() >= self.resend_at
        self.installation.do("recover", resend=resend)
        if resend:
            self.resend_at = time.monotonic() + 60

    def crash_database(self) -> None:
        self.installation.database.crash()
        self.installation.database.start()

    def break_forge(self) -> None:
        self.installation.git.mode = self.chance.choice(["busy", "broken", "login-page"])  # type: ignore[assignment]
        time.sleep(1)
        self.installation.git.mode = "serve"

    def spoil_mirror(self) -> None:
        packs = sorted(Path(self.installation.data / "mirrors").glob("*.git/objects/pack/*.pack"))
        if packs:
            pack = self.chance.choice(packs)
            pack.chmod(0o644)
            pack.write_bytes(pack.read_bytes()[:64] + os.urandom(200))

    def ask_again(self) -> None:
        chosen = self.chance.sample(self.ids, min(20, len(self.ids)))
        self.installation.do("request", ids=chosen)


def test_three_cycles_with_a_fault_every_few_seconds_end_with_counts_that_agree(
    installation: Installation,
) -> None:
    chance = random.Random(20261125)
    addresses = make_sources(installation, chance)
    installation.git.retry_after = "3"
    for _ in range(WORKERS):
        installation.worker()
    faults = Faults(installation, chance)
    expected = 0
    for cycle in range(CYCLES):
        if cycle == 0:
            faults.ids = installation.do("add", urls=addresses)
            id_of = dict(zip(addresses, faults.ids, strict=True))
            expected += REPOSITORIES
        else:
            expected += push_changes(installation, chance, 0.5)
            installation.do("request")
        deadline = time.monotonic() + max(1800, 10 * REPOSITORIES)
        nudged = time.monotonic()
        while not installation.settled():
            assert time.monotonic() < deadline, f"{installation.do('state')}\n{installation.logs()}"
            faults.maybe()
            if time.monotonic() - nudged > 5:
                nudged = time.monotonic()
                faults.recover()
            time.sleep(0.5)
        # What a forge refused for a moment is asked for once more when it serves again, as the next day would.
        for _ in range(6):
            state = installation.do("state")
            heads = installation.heads()
            behind = [
                id_of[url]
                for url, one in state["repositories"].items()
                if one["commit"] != heads[url] or one["error"]
            ]
            if not behind:
                break
            installation.do("request", ids=behind)
            assert installation.eventually(installation.settled, 300), installation.logs()
        state = installation.assert_right()
        assert len(state["repositories"]) == REPOSITORIES
        assert state["assessments"] == expected, (cycle, faults.counts)
    assert sum(faults.counts.values()) >= 3, faults.counts
    print(f"\n{REPOSITORIES} repositories, {CYCLES} cycles, {expected} assessments, faults: {faults.counts}")
