"""Clones and fetches through GitPython, under our environment and a watch on time and size.

Imported only where a remote repository is cloned or fetched: importing GitPython alone takes longer than a
whole local scan of a small repository.
"""

import os
import tempfile
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, cast

import git
from git.cmd import handle_process_output
from git.exc import GitCommandError
from git.util import finalize_process

from scanners.apart import die_with_parent
from scanners.errors import LimitError
from scanners.git import NOWHERE, GitFailed, kill_process_group, safe_stderr, timed_out
from scanners.remote import Progress
from scanners.upkeep import folder_bytes

_STAGES = {
    git.RemoteProgress.COUNTING: "counting",
    git.RemoteProgress.COMPRESSING: "compressing",
    git.RemoteProgress.RECEIVING: "receiving",
    git.RemoteProgress.RESOLVING: "resolving",
}
_POLL_SECONDS = 0.2
_UNFILTERED = "filtering not recognized by server"
_KEPT_FROM_GIT = ("GIT_", "PLUMBLINE_", "DATABASE_URL", "SSH_AUTH_SOCK")


class Watch:
    """Kills the git processes given to it once a folder is too large, time is up or ``stopped()``; ``verdict`` tells why."""

    def __init__(
        self,
        folder: Path,
        *,
        max_bytes: int,
        seconds: float,
        command: str,
        stopped: Callable[[], bool] = lambda: False,
    ) -> None:
        self._folder = folder
        self._max_bytes = max_bytes
        self._seconds = seconds
        self.command = command
        self._stopped = stopped
        self._processes: list[Any] = []
        self._done = threading.Event()
        self.verdict: LimitError | None = None

    def add(self, process: Any) -> None:
        self._processes.append(process)

    @contextmanager
    def running(self) -> Iterator[None]:
        deadline = time.monotonic() + self._seconds
        thread = threading.Thread(target=self._look, args=(deadline,), daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._done.set()
            thread.join()
            self._kill()

    def _look(self, deadline: float) -> None:
        while not self._done.wait(_POLL_SECONDS):
            if time.monotonic() > deadline:
                self.verdict = timed_out(self.command, self._seconds)
            elif folder_bytes(self._folder) > self._max_bytes:
                self.verdict = too_large(self._max_bytes)
            elif self._stopped():
                self.verdict = called_off()
            if self.verdict is not None:
                self._kill()
                return

    def _kill(self) -> None:
        for process in self._processes:
            if process.poll() is None:
                kill_process_group(process.pid)


def clone(
    url: str,
    to: Path,
    *,
    env: dict[str, str],
    watch: Watch,
    progress: Progress | None = None,
    filter: str = "",
) -> bool:
    """Clone ``url`` into the new bare repository ``to``, without the objects that git's ``filter`` names.

    True where the host left them out. Raises GitFailed, or LimitError by the watch.
    """
    reporter = _Reporter(progress)
    filtered: dict[str, Any] = {"filter": filter} if filter else {}
    with _watched(watch, reporter) as repo_type:
        repo_type.clone_from(
            url, str(to), progress=cast(Any, reporter), env=env, bare=True, no_local=True, **filtered
        ).close()
    return bool(filter) and not reporter.unfiltered


def fetch(
    url: str,
    repo: Path,
    refspecs: list[str],
    *,
    env: dict[str, str],
    watch: Watch,
    progress: Progress | None = None,
    remote: str = "",
) -> None:
    """Bring ``repo`` up to date with ``url``; what is gone there goes here. Raises as ``clone`` does.

    ``remote`` is the name that ``env`` gives the address.
    """
    options = ("--prune", "--no-tags", "--force", "--no-write-fetch-head", "--progress")
    _fetch(url, repo, (*options, "--", remote or url, *refspecs), env, watch, progress)


def fetch_objects(
    url: str,
    repo: Path,
    ids: Iterable[str],
    *,
    env: dict[str, str],
    watch: Watch,
    remote: str,
    anew: bool = False,
    progress: Progress | None = None,
) -> None:
    """Fetch the objects ``ids`` in one request, with what a folder among them holds where they are fetched ``anew``.

    Raises as ``clone`` does.
    """
    with tempfile.TemporaryFile() as questions:
        questions.write("".join(f"{one}\n" for one in ids).encode("ascii"))
        questions.seek(0)
        again = ("--refetch", "--no-auto-maintenance") if anew else ()
        options = (*again, "--no-tags", "--no-write-fetch-head", "--progress", "--stdin", "--", remote)
        _fetch(url, repo, options, env, watch, progress, stdin=questions)


def _fetch(
    url: str,
    repo: Path,
    arguments: tuple[str, ...],
    env: dict[str, str],
    watch: Watch,
    progress: Progress | None,
    stdin: IO[bytes] | None = None,
) -> None:
    reporter = _Reporter(progress)
    with _watched(watch, reporter) as repo_type, repo_type(str(repo)) as opened:
        # Named outright, so that git cannot look for a repository in the folders above a damaged mirror.
        opened.git.update_environment(**env, GIT_DIR=str(repo))
        git.Git.check_unsafe_protocols(url)
        process = opened.git.fetch(*arguments, as_process=True, istream=stdin)
        handle_process_output(process, None, reporter.new_message_handler(), finalize_process)


def too_large(max_bytes: int) -> LimitError:
    """The error to raise for a repository beyond the size limit."""
    return LimitError(
        "source.too-large",
        f"The repository is larger than the limit of {max_bytes >> 20} MiB.",
        hint="Raise the limit for mirrors, or judge a smaller repository.",
        fault="repository",
    )


def called_off() -> LimitError:
    """The error to raise where whoever asked does not want the repository any more."""
    return LimitError("scan.stopped", "The repository is not wanted any more.", fault="ours", retry=True)


@contextmanager
def _watched(watch: Watch, reporter: "_Reporter") -> Iterator[type[git.Repo]]:
    """A Repo class whose git processes are given to ``watch``; its errors come out as ours."""

    class WatchedGit(git.Git):
        def __init__(self, working_dir: Any = None) -> None:
            # GitPython would clone with the configuration of a repository around the current folder.
            super().__init__(NOWHERE if working_dir is None or working_dir == os.getcwd() else working_dir)

        def execute(self, command: Any, *args: Any, **kwargs: Any) -> Any:
            # GitPython passes our environment on; what a calling hook left there must not reach git, nor
            # what only Plumbline may know.
            ours = self.environment()
            unset = [
                part
                for name in os.environ
                if name.startswith(_KEPT_FROM_GIT) and name not in ours
                for part in ("-u", name)
            ]
            if unset:
                command = ["env", *unset, *command]
            process = super().execute(
                command, *args, start_new_session=True, preexec_fn=die_with_parent, **kwargs
            )
            if kwargs.get("as_process"):
                watch.add(process.proc)
            return process

    class WatchedRepo(git.Repo):
        GitCommandWrapperType = WatchedGit

    try:
        with watch.running():
            yield WatchedRepo
    except GitCommandError as error:
        if watch.verdict is not None:
            raise watch.verdict from None
        # The original quotes the whole command line; only git's redacted complaint travels on.
        raise GitFailed(
            watch.command, error.status if isinstance(error.status, int) else 1, safe_stderr(reporter.tail())
        ) from None
    if watch.verdict is not None:
        raise watch.verdict


class _Reporter(git.RemoteProgress):
    """Passes progress on and keeps the last lines of what git said, a bounded number of them."""

    def __init__(self, progress: Progress | None) -> None:
        super().__init__()
        self._progress = progress
        self._lines: deque[str] = deque(maxlen=60)
        self.unfiltered = False

    def new_message_handler(self) -> Any:
        def handle(line: bytes | str) -> None:
            text = line.decode("utf-8", "replace") if isinstance(line, bytes) else line
            self._parse_progress_line(text.rstrip())
            self.unfiltered = self.unfiltered or _UNFILTERED in text
            self.error_lines.clear()
            self.other_lines.clear()
            self._lines.append(text.rstrip()[:1000])

        return handle

    def tail(self) -> bytes:
        """What git said last, one message a line."""
        return "\n".join(self._lines).encode("utf-8", "replace")

    def update(self, op_code: int, cur_count: Any, max_count: Any = None, message: str | None = "") -> None:
        stage = _STAGES.get(op_code & self.OP_MASK)
        if stage and self._progress is not None:
            self._progress(stage, int(cur_count or 0), int(max_count or 0))
