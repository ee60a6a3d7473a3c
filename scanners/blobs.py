"""Reads file contents out of a mirror, many by one ``git cat-file``. Neighbour of ``scanners.tree``."""

import contextlib
import fcntl
import io
import os
import select
import subprocess
from collections.abc import Generator, Iterable
from pathlib import Path
from typing import IO, Any, Protocol

from scanners.errors import ObjectError
from scanners.git import kill_group, start_git, timed_out

STALL_SECONDS = 60.0
MAX_OBJECT_BYTES = 64 << 20
"""Larger objects are passed over unread, so that one of them cannot fill the memory."""

_CHUNK = 1 << 20
_MAX_RESTARTS = 50
_FEW = 400
"""So many questions fit into a pipe, and are asked of a process that runs anyway sooner than one is started for them."""


_OF_PARENTS: list["_Process"] = []
"""Processes of parents, kept so that nobody ends them here."""


class Blobs(Protocol):
    """Where a tree gets the contents of its files."""

    def read_many(self, ids: Iterable[str]) -> Generator[tuple[str, bytes | None], None, None]: ...

    def read(self, blob: str) -> bytes | None: ...

    def close(self) -> None: ...


class BlobReader:
    """Contents by blob id out of the bare repository ``repo``. Not for use by several threads at once."""

    def __init__(self, repo: Path, *, stall_seconds: float = STALL_SECONDS) -> None:
        self._repo = repo
        self._stall = stall_seconds
        self._single: _Process | None = None
        self._owner = os.getpid()

    def read_many(self, ids: Iterable[str]) -> Generator[tuple[str, bytes | None], None, None]:
        """(id, content) in the order asked for; None where it is missing, broken, too large or no blob.

        Raises LimitError (git.timeout) when git stalls, ObjectError (git.corrupt) when it keeps failing.
        """
        self._leave_to_parent()
        left = list(ids)
        restarts = 0
        if self._single is not None and len(left) <= _FEW:
            answered = 0
            for answer in self._few(left):
                answered += 1
                yield answer
            left = left[answered:]
        while left:
            answered = 0
            with contextlib.closing(_Process(self._repo, self._stall, left)) as process:
                for answered, blob in enumerate(left):  # noqa: B007 - used after the loop
                    try:
                        content = process.next(blob)
                    except EOFError:
                        break
                    yield blob, content
                else:
                    return
            # git gives up at an object that it cannot inflate; the rest is asked for anew.
            restarts += 1
            if restarts > _MAX_RESTARTS:
                raise ObjectError(
                    "git.corrupt",
                    "The repository's object store is damaged: git cannot read it.",
                    hint="Run git fsck in the source repository.",
                    fault="repository",
                )
            yield left[answered], None
            left = left[answered + 1 :]

    def _few(self, ids: list[str]) -> Generator[tuple[str, bytes | None], None, None]:
        """As ``read_many``, of the process that ``read`` keeps; ends early, with that process, where that gives up.

        Until the last answer the process is nobody else's: a ``read`` in between would take the answers of these.
        """
        process, self._single = self._single, None
        assert process is not None
        owner, done = os.getpid(), 0
        try:
            process.ask(*ids)
            for blob in ids:
                content = process.next(blob)
                done += 1
                yield blob, content
        except (EOFError, BrokenPipeError):
            return
        finally:
            if owner != os.getpid():
                _OF_PARENTS.append(process)
            elif done < len(ids) or self._single is not None:  # answers nobody will take, or another is kept
                process.close()
            else:
                self._single = process

    def expect_commit(self, commit: str) -> None:
        """Asks for a commit, for ``expected_commit`` to give, so that git looks for it meanwhile."""
        self._leave_to_parent()
        self.close()
        self._single = _Process(self._repo, self._stall)
        with contextlib.suppress(BrokenPipeError):
            self._single.ask(f"{commit}^{{commit}}")

    def expected_commit(self) -> bytes | None:
        """The commit that ``expect_commit`` asked for, None where there is none. Raises LimitError (git.timeout)."""
        assert self._single is not None
        try:
            return self._single.next("", "commit")
        except EOFError:
            self.close()
            return None
        except BaseException:
            self.close()
            raise

    def read(self, blob: str) -> bytes | None:
        """The content of one blob, None as in ``read_many``. Cheap to call again: its process stays."""
        self._leave_to_parent()
        for _ in range(2):
            fresh = self._single is None
            if self._single is None:
                self._single = _Process(self._repo, self._stall)
            try:
                self._single.ask(blob)
                return self._single.next(blob)
            except (EOFError, BrokenPipeError):
                self.close()
                if fresh:
                    return None
            except BaseException:
                self.close()
                raise
        return None

    def _leave_to_parent(self) -> None:
        """In a process forked since: the one that ``read`` keeps is the parent's, and so are its answers."""
        if self._owner != os.getpid():
            self._owner = os.getpid()
            if self._single is not None:
                _OF_PARENTS.append(self._single)
                self._single = None

    def close(self) -> None:
        """End the process kept by ``read``; reading again starts a new one."""
        self._leave_to_parent()
        if self._single is not None:
            self._single.close()
            self._single = None

    def __enter__(self) -> "BlobReader":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __del__(self) -> None:
        self.close()


class _Process:
    """One ``git cat-file``: with ``ids`` it answers these and ends, without it answers each ``ask``."""

    def __init__(self, repo: Path, stall: float, ids: list[str] | None = None) -> None:
        if ids is None:
            self._git = start_git(
                ["cat-file", "--batch"], repo=repo, stdin=subprocess.PIPE, stderr=subprocess.DEVNULL
            )
        else:
            # Questions come from a file, not a pipe: git and we can never wait for each other.
            with _unnamed_file() as questions:
                questions.write("".join(f"{blob}\n" for blob in ids).encode("ascii", "replace"))
                questions.seek(0)
                self._git = start_git(
                    ["cat-file", "--batch", "--buffer"],
                    repo=repo,
                    stdin=questions.fileno(),
                    stderr=subprocess.DEVNULL,
                )
        assert self._git.stdout is not None
        self._stream = io.BufferedReader(_Watched(self._git.stdout.fileno(), stall), _CHUNK)

    def ask(self, *objects: str) -> None:
        assert self._git.stdin is not None
        self._git.stdin.write("".join(f"{name}\n" for name in objects).encode("ascii", "replace"))

    def next(self, wanted: str, kind: str = "blob") -> bytes | None:
        """The next answer, None where it is no object of ``kind``, or not ``wanted`` where that is given.

        Raises EOFError when git has ended before giving it.
        """
        header = self._stream.readline(512)
        if not header.endswith(b"\n"):
            raise EOFError
        name, _, rest = header.rstrip(b"\n").rpartition(b" ")
        if not rest.isdigit():
            return None
        size = int(rest)
        if size > MAX_OBJECT_BYTES:
            self._skip(size + 1)
            return None
        content = self._stream.read(size)
        if len(content) < size or len(self._stream.read(1)) != 1:
            raise EOFError
        return content if name.endswith(f"{wanted} {kind}".encode()) else None

    def _skip(self, size: int) -> None:
        while size > 0:
            passed = len(self._stream.read(min(size, _CHUNK)))
            if not passed:
                raise EOFError
            size -= passed

    def close(self) -> None:
        kill_group(self._git)


def _unnamed_file() -> IO[bytes]:
    if hasattr(os, "memfd_create"):
        return open(os.memfd_create("questions"), "w+b")
    import tempfile

    return tempfile.TemporaryFile()


class _Watched(io.RawIOBase):
    """A pipe whose reads give up after ``stall`` seconds without a byte."""

    def __init__(self, fd: int, stall: float) -> None:
        self._fd = fd
        self._stall = stall
        self._poll = select.poll()
        self._poll.register(fd, select.POLLIN | select.POLLHUP)
        with contextlib.suppress(OSError, AttributeError):
            fcntl.fcntl(fd, fcntl.F_SETPIPE_SZ, _CHUNK)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if not self._poll.poll(self._stall * 1000):
            raise timed_out("cat-file", self._stall)
        return os.readv(self._fd, [buffer])


class MemoryBlobs:
    """Contents held in memory, for trees that come from no repository."""

    def __init__(self, contents: dict[str, bytes]) -> None:
        self._contents = contents

    def read_many(self, ids: Iterable[str]) -> Generator[tuple[str, bytes | None], None, None]:
        for blob in ids:
            yield blob, self._contents.get(blob)

    def read(self, blob: str) -> bytes | None:
        return self._contents.get(blob)

    def close(self) -> None:
        return None
