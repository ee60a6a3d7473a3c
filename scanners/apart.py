"""Work in a child process that can be ended: a limit on its memory and time, and a way to call it off.

A hostile or merely huge repository then costs its own scan and nothing else. What the child found comes back as
JSON, never as a pickle: it has read other people's files, so its word must not be able to run code here.
"""

import contextlib
import ctypes
import gc
import json
import os
import resource
import select
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from scanners.errors import LimitError, ObjectError, ScanError, SourceError

POLL_SECONDS = 0.1
_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None
_NEAR = 0.8
"""A child that died by itself with this share of its memory limit in use is taken to have died of it."""
_MAX_ANSWER = 256 << 20


class WorkFailed(Exception):
    """The work raised something that is no ScanError; the message is the child's traceback."""


def run_apart(
    work: Callable[[], Any],
    *,
    seconds: float,
    memory_bytes: int,
    check: Callable[[], None] = lambda: None,
    forking: AbstractContextManager[object] | None = None,
) -> Any:
    """What ``work()`` returns, a JSON value, worked out in a forked child. Its temporary files go with it.

    ``memory_bytes`` is what the work may take beyond what this process holds at the fork.
    ``forking`` is entered for the moment of the fork, to keep other threads from what may not be cut in two.
    ``check`` is called about ten times a second in this process; what it raises ends the child. Raises what ``work``
    raised where that is a ScanError, else WorkFailed; LimitError (scan.time-limit, scan.memory-limit); ScanError
    (scan.killed) where the child was ended from outside.
    """
    with _folder() as folder:
        return _run(work, seconds, memory_bytes, check, forking or contextlib.nullcontext(), folder)


def _run(
    work: Callable[[], Any],
    seconds: float,
    memory_bytes: int,
    check: Callable[[], None],
    forking: AbstractContextManager[object],
    folder: str | None,
) -> Any:
    reading, writing = os.pipe()
    parent = os.getpid()
    # What the child shares with its parent is not the work's: only what it adds counts towards its limit.
    shared = _resident(parent)
    with forking:
        child = os.fork()
    if not child:
        os.close(reading)
        _work_and_exit(work, writing, memory_bytes, parent, folder)
    os.close(writing)
    ended = False
    peak = 0
    parts: list[bytes] = []
    deadline = time.monotonic() + seconds
    try:
        while True:
            ready, _, _ = select.select([reading], [], [], POLL_SECONDS)
            if ready:
                part = os.read(reading, 1 << 20)
                if not part:
                    break
                parts.append(part)
                if sum(map(len, parts)) > _MAX_ANSWER:
                    raise out_of("memory")
            check()
            if time.monotonic() > deadline:
                raise out_of("time")
            peak = max(peak, _resident(child) - shared)
            if peak > memory_bytes:
                raise out_of("memory")
        _, status, usage = os.wait4(child, 0)
        ended = True
        peak = max(peak, (usage.ru_maxrss << 10) - shared)
    finally:
        os.close(reading)
        if not ended:
            with contextlib.suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
            with contextlib.suppress(ChildProcessError):
                os.waitpid(child, 0)
    return _answer(b"".join(parts), status, peak > memory_bytes * _NEAR)


@contextlib.contextmanager
def _folder() -> Iterator[str | None]:
    """A place for a child's temporary files, which is gone afterwards however the child ended; None without any."""
    with contextlib.ExitStack() as stack:
        folder = None
        with contextlib.suppress(OSError):
            folder = stack.enter_context(
                tempfile.TemporaryDirectory(prefix="plumbline-apart-", ignore_cleanup_errors=True)
            )
        yield folder


def out_of(what: str) -> LimitError:
    """The error to raise for a scan that ran into its limit of ``time`` or ``memory``."""
    if what == "memory":
        return LimitError(
            "scan.memory-limit",
            "The scan took more memory than it may.",
            hint="Judge one part of the repository by its path, or raise the limit.",
            fault="repository",
        )
    return LimitError(
        "scan.time-limit",
        "The scan took more time than it may.",
        hint="Judge one part of the repository by its path, or raise the limit.",
        fault="repository",
    )


def _answer(raw: bytes, status: int, full: bool) -> Any:
    try:
        kind, value = json.loads(raw)
    except ValueError:
        if full:
            raise out_of("memory") from None
        number = -os.waitstatus_to_exitcode(status)
        name = signal.Signals(number).name if number > 0 else f"exit code {-number}"
        raise ScanError(
            "scan.killed",
            f"The process that read the repository ended before it was done ({name}).",
            hint="The repository may need more memory or time than a worker has.",
            fault="repository",
        ) from None
    if kind == "error":
        raise _error(value)
    if kind == "memory":
        raise out_of("memory")
    if kind == "failed":
        raise WorkFailed(value)
    return value


def _error(value: dict[str, Any]) -> ScanError:
    classes: dict[str, type[ScanError]] = {
        one.__name__: one for one in (LimitError, ObjectError, SourceError)
    }
    return classes.get(value.pop("class"), ScanError)(**value)


def _work_and_exit(
    work: Callable[[], Any], writing: int, memory_bytes: int, parent: int, folder: str | None
) -> None:
    """The whole life of the child; nothing of the parent's is its to finish: no buffers, no exit handlers."""
    try:
        _settle(memory_bytes, parent)
        if folder is not None:
            tempfile.tempdir = os.environ["TMPDIR"] = folder
        gc.freeze()  # looking for garbage would touch, and so copy, all that is the parent's
        said = _outcome(work)
        with open(writing, "wb") as answers:
            answers.write(json.dumps(said).encode())
    finally:
        os._exit(0)


def _outcome(work: Callable[[], Any]) -> tuple[str, Any]:
    try:
        return "done", work()
    except ScanError as error:
        said = {"id": error.id, "message": error.message, "hint": error.hint}
        return "error", {"class": type(error).__name__, "fault": error.fault, "retry": error.retry, **said}
    except MemoryError:
        return "memory", None
    except BaseException:
        return "failed", traceback.format_exc(limit=30)[-20_000:]


def _settle(memory_bytes: int, parent: int) -> None:
    """Ends with its parent, answers to no signal of its parent's, and may not grow without bound.

    Only private memory is limited: files that git maps cost no memory that somebody else needs.
    """
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGUSR1, signal.SIGALRM, signal.SIGCHLD):
        signal.signal(number, signal.SIG_DFL)
    die_with_parent()
    if os.getppid() != parent:
        os._exit(1)
    used = _private()
    if used:
        hard = resource.getrlimit(resource.RLIMIT_DATA)[1]
        wanted = used + memory_bytes
        limit = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_DATA, (limit, hard))


def die_with_parent() -> None:
    """Has this process killed when the thread that started it ends, on systems that can."""
    if _LIBC is not None:
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _resident(pid: int) -> int:
    """Bytes of memory that a process occupies, 0 where the system does not tell."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * resource.getpagesize()
    except (OSError, IndexError, ValueError):
        return 0


def _private() -> int:
    """Bytes of this process's own memory, 0 where the system does not tell."""
    try:
        return int(Path("/proc/self/statm").read_text().split()[5]) * resource.getpagesize()
    except (OSError, IndexError, ValueError):
        return 0
