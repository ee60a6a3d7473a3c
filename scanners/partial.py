"""A mirror without the contents that nobody asked for yet: what it lacks, and fetching that in one batch.

Where a host serves partial clones, a mirror holds all commits and folders, and of files only those of commits that were
judged. git fetches what is missing one by one as soon as a repository names a promisor, so ours name none: reading such
a mirror can never reach the network. The promisor is in git's environment only, and only while ``scanners.mirror``
fetches or ``scanners.upkeep`` packs and checks.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from pathlib import Path

from scanners.git import Config, GitFailed, run_git
from scanners.leftout import left_out, note_left_out
from scanners.tree import MAX_TEXT_BYTES
from scanners.values import dataclass

FILTER = "blob:none"
SMALL = f"blob:limit={MAX_TEXT_BYTES + 1}"
"""Leaves out what is too large to be read."""
NAME = "plumbline"
"""The promisor's name in git's environment."""
PER_REQUEST = 20_000
"""So many ids stay below the megabyte from which git sends a body in pieces, which some proxies refuse."""
MAX_MISSING = 20
"""Objects that a host may lack before the rest of a batch is given up."""

_MARK = "plumbline-partial"
_WHOLE = "plumbline-whole"
_SECONDS = 120.0
_MAX_LISTED_BYTES = 256 << 20
_ID = re.compile(r"\b[0-9a-f]{40}(?:[0-9a-f]{24})?\b")
_REFUSED = re.compile(
    r"not our ref|unadvertised object|filter '.*' not supported|corruption on the remote side|unknown option",
    re.I,
)


@dataclass(frozen=True, slots=True)
class Look:
    """``absent`` are the ids of what a mirror lacks and may fetch, ``present`` is how many objects it has."""

    absent: tuple[str, ...] = ()
    present: int = 0


def is_refusal(error: GitFailed) -> bool:
    """True where the host answered, and declined to give what was asked for in this way."""
    return bool(_REFUSED.search(error.stderr))


class RefusedError(Exception):
    """The host does not give single objects; the mirror has to be a whole one."""


def is_partial(mirror: Path) -> bool:
    """True for a mirror that was cloned without the contents of files."""
    return (mirror / _MARK).exists()


def must_be_whole(mirror: Path) -> bool:
    """True where the host was found not to give single objects."""
    return (mirror / _WHOLE).exists()


def promising(mirror: Path, url: str = "", filter: str = FILTER) -> Config:
    """What git has to be told so that it takes what a partial mirror lacks for left out, not lost; () for a whole one."""
    if not is_partial(mirror):
        return ()
    return (
        (f"remote.{NAME}.url", url or "."),
        (f"remote.{NAME}.promisor", "true"),
        (f"remote.{NAME}.partialclonefilter", filter),
    )


def settle(mirror: Path, *, partial: bool, refused: bool = False) -> None:
    """Makes a fresh clone one that names no promisor, and notes how much it holds. Raises GitFailed."""
    for key in ("promisor", "partialclonefilter"):
        with suppress(GitFailed):  # a key that is not there
            run_git(["config", "--file", str(mirror / "config"), "--unset-all", f"remote.origin.{key}"])
    if partial:
        (mirror / _MARK).touch()
        return
    for mark in (mirror / "objects/pack").glob("*.promisor"):
        mark.unlink()
    if refused:
        (mirror / _WHOLE).touch()


def look(mirror: Path, commits: Iterable[str], root: str = "") -> Look:
    """What there is of the folder ``root`` of ``commits`` in the mirror, each object once, by one git process.

    What was left out as too large to be read does not count. Commits and folders that are not there, or damaged, are
    passed over: whoever opens them says so. Raises LimitError.
    """
    import tempfile

    asked = [f"{commit}:{root}\n" for commit in commits]
    if not asked:
        return Look()
    with tempfile.TemporaryFile() as questions:
        questions.write("".join(asked).encode("utf-8", "surrogateescape"))
        questions.seek(0)
        args = [
            "--ignore-missing",
            "--objects",
            "--no-object-names",
            "--missing=print",
            "--no-walk",
            "--stdin",
        ]
        try:
            raw = run_git(
                ["rev-list", *args],
                repo=mirror,
                timeout=_SECONDS,
                max_output=_MAX_LISTED_BYTES,
                stdin=questions.fileno(),
            )
        except GitFailed as error:
            raw = error.printed
    lines = raw.splitlines()
    lost = [line[1:].decode("ascii") for line in lines if line.startswith(b"?")]
    large = left_out(mirror) if lost else frozenset()
    return Look(tuple(one for one in lost if one not in large), len(lines) - len(lost))


def folders(mirror: Path, commits: Iterable[str], root: str = "") -> list[str]:
    """The ids of the folder ``root`` in those of ``commits`` that have it. Raises LimitError."""
    import tempfile

    with tempfile.TemporaryFile() as questions:
        questions.write(
            "".join(f"{commit}:{root}\n" for commit in commits).encode("utf-8", "surrogateescape")
        )
        questions.seek(0)
        args = ["cat-file", "--batch-check=%(objectname) %(objecttype)"]
        raw = run_git(args, repo=mirror, timeout=_SECONDS, stdin=questions.fileno())
    found = (line.split() for line in raw.decode("utf-8", "replace").splitlines())
    return list(
        dict.fromkeys(words[0] for words in found if words[1:] == ["tree"] and _ID.fullmatch(words[0]))
    )


def settle_large(mirror: Path, commits: Iterable[str], root: str = "") -> None:
    """Notes what is still absent, after all that is small enough to be read has come, as too large to be read."""
    note_left_out(mirror, look(mirror, commits, root).absent)


def in_batches(wanted: Sequence[str], fetch: Callable[[Sequence[str]], None]) -> frozenset[str]:
    """The ids that the host lacks, after ``fetch`` took the rest in one request, or in as few as they fit in.

    ``fetch`` raises GitFailed where the host declined. Raises RefusedError where it gives no single objects at all, and
    what else ``fetch`` raises.
    """
    lacking: set[str] = set()
    for start in range(0, len(wanted), PER_REQUEST):
        part = list(wanted[start : start + PER_REQUEST])
        while part:
            try:
                fetch(part)
                break
            except GitFailed as error:
                named = set(_ID.findall(error.stderr)).intersection(part)
                if not named or "unadvertised" in error.stderr:
                    raise RefusedError from error
                lacking |= named
                part = [one for one in part if one not in named]
                if len(lacking) > MAX_MISSING:
                    raise RefusedError from error
    return frozenset(lacking)
