"""Reads a mirror's past: its line of first parents, what lies between two commits, which releases there are.

git objects only, nothing is fetched or changed. Every answer is bounded and says where it is not whole: history may
have been rewritten, end early in a shallow copy, or lack objects. Words of a commit are another's: they are made
printable, cut and passed through the secret detector before they leave this module.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from scanners.errors import LimitError, ScanError
from scanners.git import GitFailed, run_git
from scanners.redact import redact
from scanners.tree import commit_not_found, read_committed_at

MAX_LINE = 250_000
"""Commits of a line of first parents that are looked at; the longest public histories have about a million."""
MAX_COMMITS = 50
MAX_FILES = 200
_SECONDS = 20.0
_MAX_BYTES = 64 << 20
_ID = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")

Relation = Literal["same", "ahead", "behind", "diverged", "unknown"]
End = Literal["root", "limit", "missing"]


@dataclass(frozen=True, slots=True)
class Commit:
    """One commit for a person: ``subject`` is its first line, ``parents`` how many there are (more than one: a merge)."""

    id: str
    committed_at: datetime
    author: str
    subject: str
    parents: int = 1


@dataclass(frozen=True, slots=True)
class Line:
    """Commits along first parents, newest first, with the seconds that each claims to be from.

    ``end`` says why it ends: at a ``root``, at the ``limit`` of what is looked at, or because the next commit is
    ``missing`` from the mirror (a shallow copy, a damaged one).
    """

    ids: tuple[str, ...]
    seconds: tuple[int, ...]
    end: End


@dataclass(frozen=True, slots=True)
class FileChange:
    """``status`` is added, changed or removed; a renamed file is one of each."""

    status: str
    path: str


@dataclass(frozen=True, slots=True)
class Between:
    """What lies between two commits. ``commits`` lead along first parents to the newer one, newest first;
    ``dropped`` are those that only the old one has, after history was rewritten or the branch went back.

    The lists are cut, the counts are not; a count is None where it could not be found out, and ``notes`` say why.
    """

    relation: Relation
    commits: tuple[Commit, ...] = ()
    commit_count: int | None = 0
    dropped: tuple[Commit, ...] = ()
    dropped_count: int | None = 0
    files: tuple[FileChange, ...] = ()
    file_count: int | None = 0
    notes: tuple[str, ...] = ()


def ensure_history(mirror: Path) -> bool:
    """Whether the mirror holds its whole past. Mirrors are cloned whole; what a local source lacks, they lack.

    False means a shallow copy: what is there can be judged, and the line of first parents ends early.
    """
    if (mirror / "shallow").exists():
        return False
    from scanners.localgit import read_plain

    sources = (read_plain(mirror / "objects/info/alternates", 64 << 10) or b"").splitlines()
    return not any(
        b"\\" not in line and (Path(line.strip(b'"').decode("utf-8", "replace")).parent / "shallow").exists()
        for line in sources
    )


def has_commit(mirror: Path, commit: str) -> bool:
    """True where the mirror holds the commit of that full id; its files are not looked at."""
    if not _ID.fullmatch(commit):
        return False
    try:
        run_git(["cat-file", "-e", f"{commit}^{{commit}}"], repo=mirror, timeout=_SECONDS)
    except GitFailed:
        return False
    return True


def first_parents(
    mirror: Path, head: str, *, stop: str = "", limit: int = MAX_LINE, timeout: float = 60.0
) -> Line:
    """The line of first parents from ``head`` back, without ``stop`` and what that one can reach.

    Raises ObjectError (commit.not-found) where ``head`` is missing, LimitError (git.timeout).
    """
    args = ["rev-list", "--first-parent", "--timestamp", f"--max-count={limit + 1}", head]
    ended: End = "root"
    try:
        raw = run_git([*args, *([f"^{stop}"] if stop else []), "--"], repo=mirror, timeout=timeout)
    except GitFailed as error:
        if not has_commit(mirror, head):
            raise commit_not_found(head) from error
        raw, ended = error.printed, "missing"
    ids, seconds = [], []
    for line in raw.decode("ascii", "replace").splitlines():
        stamp, _, commit = line.partition(" ")
        if _ID.fullmatch(commit) and stamp.isdigit():
            ids.append(commit)
            seconds.append(int(stamp))
    if ended == "missing":
        # git stops at the commit whose parent is missing without a word about the commit itself.
        last = _first_parent(mirror, ids[-1]) if ids else head
        if last and has_commit(mirror, last):
            ids.append(last)
            seconds.append(int(read_committed_at(mirror, last).timestamp()))
    if len(ids) > limit:
        return Line(tuple(ids[:limit]), tuple(seconds[:limit]), "limit")
    return Line(tuple(ids), tuple(seconds), ended)


def _first_parent(mirror: Path, commit: str) -> str:
    """The first parent that a commit names, whether the mirror holds it or not; "" for a root."""
    raw = run_git(["cat-file", "commit", commit], repo=mirror, timeout=_SECONDS, max_output=16 << 20)
    for line in raw.split(b"\n\n", 1)[0].split(b"\n"):
        if line.startswith(b"parent "):
            return line[7:].decode("ascii", "replace")
    return ""


def describe(mirror: Path, commits: Sequence[str]) -> dict[str, Commit]:
    """Author, date and subject of those commits that the mirror holds, by id."""
    found: dict[str, Commit] = {}
    wanted = [commit for commit in dict.fromkeys(commits) if _ID.fullmatch(commit)]
    for start in range(0, len(wanted), 200):
        part = wanted[start : start + 200]
        for one in _log(mirror, ["--no-walk=unsorted", "--ignore-missing", *part, "--"]):
            found[one.id] = one
    return found


def between(mirror: Path, old: str, new: str, root: str = "") -> Between:
    """What lies between two commits, below the folder ``root``. Never raises for what a mirror lacks: it says so."""
    if old == new:
        return Between("same")
    absent = [commit for commit in (old, new) if not has_commit(mirror, commit)]
    if absent:
        names = " and ".join(commit[:8] for commit in absent)
        note = f"The mirror does not hold {names}; history was rewritten, or the copy is a shallow one."
        return Between("unknown", commit_count=None, dropped_count=None, file_count=None, notes=(note,))
    relation, notes = _relation(mirror, old, new)
    commits, commit_count = _range(mirror, old, new, notes)
    dropped: tuple[Commit, ...] = ()
    dropped_count: int | None = 0
    if relation != "ahead":
        dropped, dropped_count = _range(mirror, new, old, notes)
    files, file_count = _files(mirror, old, new, root, notes)
    return Between(
        relation,
        commits,
        commit_count,
        dropped,
        dropped_count,
        files,
        file_count,
        tuple(dict.fromkeys(notes)),
    )


def tags_of(mirror: Path, *, limit: int = 20_000) -> dict[str, str]:
    """The commit of every tag, by the tag's name; tags of trees and blobs are left out."""
    form = "%(refname:strip=2)%00%(objecttype)%00%(objectname)%00%(*objecttype)%00%(*objectname)"
    raw = run_git(
        ["for-each-ref", f"--count={limit}", f"--format={form}", "refs/tags"], repo=mirror, timeout=_SECONDS
    )
    found = {}
    for line in raw.decode("utf-8", "surrogateescape").splitlines():
        name, kind, commit, peeled_kind, peeled = line.split("\0")
        if kind == "commit":
            found[name] = commit
        elif peeled_kind == "commit":
            found[name] = peeled
    return found


def _relation(mirror: Path, old: str, new: str) -> tuple[Relation, list[str]]:
    try:
        if _is_ancestor(mirror, old, new):
            return "ahead", []
        if _is_ancestor(mirror, new, old):
            return "behind", [f"The branch went back: {new[:8]} comes before {old[:8]}."]
    except ScanError:
        return "unknown", [
            "History is incomplete in the mirror, so how the two commits follow each other is not known."
        ]
    return "diverged", [
        f"{old[:8]} is not part of the history of {new[:8]}: it was rewritten, or the branch was changed."
    ]


def _is_ancestor(mirror: Path, old: str, new: str) -> bool:
    try:
        run_git(["merge-base", "--is-ancestor", old, new], repo=mirror, timeout=_SECONDS)
    except GitFailed as error:
        # With a hole in the history git complains and answers no all the same.
        if error.status != 1 or error.stderr.strip():
            raise
        return False
    return True


def _range(mirror: Path, old: str, new: str, notes: list[str]) -> tuple[tuple[Commit, ...], int | None]:
    """Commits that ``new`` has and ``old`` has not, along first parents, and how many there are."""
    try:
        commits = _log(mirror, ["--first-parent", f"--max-count={MAX_COMMITS}", new, f"^{old}", "--"])
        counted = run_git(
            ["rev-list", "--first-parent", "--count", new, f"^{old}", "--"], repo=mirror, timeout=_SECONDS
        )
        return commits, int(counted)
    except LimitError:
        notes.append("The commits between could not be listed in time.")
    except GitFailed:
        notes.append("History is incomplete in the mirror: not all commits between can be read.")
    return (), None


def _files(
    mirror: Path, old: str, new: str, root: str, notes: list[str]
) -> tuple[tuple[FileChange, ...], int | None]:
    args = ["diff-tree", "-r", "-z", "--name-status", "--no-renames", old, new, "--"]
    try:
        raw = run_git(
            [*args, *([f":(top,literal){root}"] if root else [])],
            repo=mirror,
            timeout=_SECONDS,
            max_output=_MAX_BYTES,
        )
    except LimitError:
        notes.append("The changed files could not be listed: there are too many of them.")
        return (), None
    except GitFailed:
        notes.append("The changed files cannot be read: objects are missing from the mirror.")
        return (), None
    parts = raw.decode("utf-8", "surrogateescape").split("\0")
    words = {"A": "added", "D": "removed"}
    pairs = list(zip(parts[::2], parts[1::2], strict=False))
    files = tuple(FileChange(words.get(status[:1], "changed"), path) for status, path in pairs[:MAX_FILES])
    return files, len(pairs)


def _log(mirror: Path, args: Iterable[str]) -> tuple[Commit, ...]:
    raw = run_git(
        ["log", "-z", "--format=%H%x1f%P%x1f%ct%x1f%an%x1f%s", "--encoding=UTF-8", *args],
        repo=mirror,
        timeout=_SECONDS,
        max_output=_MAX_BYTES,
    )
    found = []
    for record in raw.decode("utf-8", "replace").split("\0"):
        parts = record.split("\x1f", 4)
        if len(parts) == 5 and _ID.fullmatch(parts[0]):
            commit, parents, seconds, author, subject = parts
            found.append(
                Commit(commit, moment_of(seconds), words(author, 100), words(subject), len(parents.split()))
            )
    return tuple(found)


def moment_of(seconds: str | int) -> datetime:
    """A commit's own date in UTC; the start of the epoch where it is no date at all."""
    try:
        return datetime.fromtimestamp(int(seconds), UTC)
    except (ValueError, OverflowError, OSError):
        return datetime.fromtimestamp(0, UTC)


def words(text: str, limit: int = 200) -> str:
    """Another's words for a page: printable, on one line, cut, without secrets."""
    text = "".join(c if c.isprintable() else " " for c in text[: limit * 4])
    return redact(" ".join(text.split()))[:limit]
