"""The whole product as one command starts it, a repository of the test's own, and a browser to look with."""

import os
import queue
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.pages.browser.chromium import chromium, executable
from tests.pages.browser.shop import FILES
from tests.trees import repository

ROOT = Path(__file__).parents[3]
START_SECONDS = 120


@dataclass(frozen=True)
class Installation:
    """A running product: where it is and how its first administrator signs in."""

    address: str
    email: str
    one_time_password: str


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if executable() is None:
        if os.environ.get("PLUMBLINE_REQUIRE_BROWSER") == "1":
            pytest.fail("A Chromium is required by PLUMBLINE_REQUIRE_BROWSER=1 and none is there.")
        pytest.skip("No Chromium on this machine; PLUMBLINE_CHROMIUM may name one.")
    with chromium() as running:
        yield running


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small service in a local repository."""
    folder = tmp_path_factory.mktemp("src") / "shop"
    return repository(folder, FILES)


@pytest.fixture(scope="module")
def installation(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """``manage.py up`` with nothing judged yet but one tiny repository, stopped as Ctrl-C would."""
    first = repository(tmp_path_factory.mktemp("src") / "first", {"README.md": "# First\n"})
    environment = {
        **{
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("PLUMBLINE_", "DATABASE_", "DJANGO_"))
        },
        "PLUMBLINE_DATA_DIR": str(tmp_path_factory.mktemp("data")),
        "PYTHONUNBUFFERED": "1",
    }
    process = subprocess.Popen(
        [
            sys.executable,
            "manage.py",
            "up",
            str(first),
            "--port",
            "8310",
            "--scan-workers",
            "1",
        ],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        yield _greeting(process)
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if process.stdout:
            process.stdout.close()


def _greeting(process: subprocess.Popen[str]) -> Installation:
    """What the command says once everything runs; its output goes on being read, so that it never blocks."""
    lines: queue.Queue[str] = queue.Queue()

    def read() -> None:
        assert process.stdout
        for line in process.stdout:
            lines.put(line)

    threading.Thread(target=read, daemon=True).start()
    seen, deadline = "", time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        try:
            seen += lines.get(timeout=1)
        except queue.Empty:
            if process.poll() is not None:
                break
            continue
        address = re.search(r"Plumbline is at (\S+)", seen)
        person = re.search(r"Sign in as (\S+) with the one-time password (\S+)", seen)
        if address and person:
            return Installation(address[1].rstrip("/"), person[1], person[2])
    pytest.fail(f"manage.py up did not start:\n{seen}")
