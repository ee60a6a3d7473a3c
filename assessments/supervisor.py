"""Several processes under one parent: started together, restarted on death, stopped together. Free of Django.

Every child asks the kernel to be told when its parent dies, so nothing outlives a parent that was killed.
"""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

STOP_SECONDS = 20.0
"""How long a child may take to finish what it holds before it is killed."""

_PR_SET_PDEATHSIG = 1
_SETTLED_SECONDS = 30.0
_LOOK_SECONDS = 0.05
_MAX_BACKOFF = 30.0


@dataclass(slots=True)
class Child:
    """A process to keep running. ``log`` receives what it prints."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    log: Path
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    backoff: float = 0.5
    retry_at: float = 0.0
    restarts: int = field(default=0)


def _die_with_parent() -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


class Supervisor:
    """Keeps children running until ``stop``. ``say`` gets a sentence when one has died."""

    def __init__(self, children: Sequence[Child], say: Callable[[str], None] = print) -> None:
        self.children = list(children)
        self._say = say
        self._stopping = False

    def start(self, *names: str) -> None:
        """Starts the named children, or all that do not run."""
        for child in self.children:
            if (not names or child.name in names) and child.process is None:
                self._spawn(child)

    def tend(self) -> None:
        """Restarts what has died, each a little later than the time before while it keeps dying."""
        now = time.monotonic()
        for child in self.children:
            if child.process is not None and _ended(child.process):
                code = _sweep(child.process)
                child.process = None
                if now - child.started > _SETTLED_SECONDS:
                    child.backoff = 0.5
                child.retry_at = now + child.backoff
                child.backoff = min(child.backoff * 2, _MAX_BACKOFF)
                child.restarts += 1
                self._say(f"{child.name} ended ({_cause(code)}) and is started again; see {child.log}")
            if child.process is None and child.started and now >= child.retry_at and not self._stopping:
                self._spawn(child)

    def run(self, until: Callable[[], bool] | None = None, pause: float = 0.3) -> None:
        """Tends the children until ``until`` holds or a signal asks to stop."""
        while not self._stopping and not (until and until()):
            self.tend()
            time.sleep(pause)

    def stop(self) -> None:
        """Ends all children, the last started first; those that do not end in time are killed."""
        self._stopping = True
        running = [child for child in reversed(self.children) if child.process is not None]
        for child in running:
            assert child.process is not None
            if not _ended(child.process):
                child.process.terminate()
        deadline = time.monotonic() + STOP_SECONDS
        for child in running:
            assert child.process is not None
            while not _ended(child.process) and time.monotonic() < deadline:
                time.sleep(_LOOK_SECONDS)
            _sweep(child.process)
            child.process = None

    def stop_on_signals(self) -> None:
        """Lets Ctrl-C and SIGTERM end ``run``."""

        def asked(_signal: int, _frame: object) -> None:
            self._stopping = True

        signal.signal(signal.SIGINT, asked)
        signal.signal(signal.SIGTERM, asked)

    @property
    def stopping(self) -> bool:
        return self._stopping

    def _spawn(self, child: Child) -> None:
        child.log.parent.mkdir(parents=True, exist_ok=True)
        with child.log.open("ab") as log:
            child.process = subprocess.Popen(
                child.command,
                env=dict(child.environment),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C is for the parent, which then stops the children in order
                preexec_fn=_die_with_parent,
            )
        child.started = time.monotonic()


def _ended(process: subprocess.Popen[bytes]) -> bool:
    """Whether the child has ended. It is left for ``_sweep`` to reap: until then its number is nobody else's."""
    if process.returncode is not None:
        return True
    if not hasattr(os, "waitid"):  # macOS before Python 3.13; what such a child leaves is not swept
        return process.poll() is not None
    try:
        return os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None
    except ChildProcessError:  # somebody else has reaped it
        return process.poll() is not None


def _sweep(process: subprocess.Popen[bytes]) -> int:
    """The child's exit code. What is left of its group is killed, itself too where it still runs: a killed server
    does not take its workers along. Never done for a child that is reaped, whose number may be another's by now."""
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    return process.wait(timeout=5)


def _cause(code: int) -> str:
    return f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
