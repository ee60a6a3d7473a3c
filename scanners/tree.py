"""The files of one commit, read from git objects only. Nothing is checked out, no link followed."""

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path

from scanners.blobs import BlobReader, Blobs, MemoryBlobs
from scanners.errors import LimitError, ObjectError
from scanners.facts import Entry
from scanners.git import GitFailed, run_git

MAX_FILES = 200_000
MAX_TEXT_BYTES = 1 << 20
_MAX_LISTING_BYTES = 256 << 20
_UNKNOWN = b" BAD\t"
_SYMLINK, _SUBMODULE = 0o120000, 0o160000
_BOMS = (
    (b"\xef\xbb\xbf", "utf-8"),
    (b"\xff\xfe\0\0", "utf-32-le"),
    (b"\xff\xfe", "utf-16-le"),
    (b"\xfe\xff", "utf-16-be"),
)


class RepoTree:
    """Regular files of one commit below ``root``, in git's order; every path is relative to ``root``.

    Odd bytes in a path are surrogate escapes. ``symlinks`` and ``submodules`` are listed and never followed.
    ``oversized`` holds the paths that ``read`` declines.
    """

    def __init__(
        self,
        commit: str,
        committed_at: datetime,
        entries: tuple[Entry, ...],
        blobs: Blobs,
        root: str = "",
        *,
        symlinks: tuple[Entry, ...] = (),
        submodules: tuple[Entry, ...] = (),
        max_text: int = MAX_TEXT_BYTES,
    ) -> None:
        self.commit = commit
        self.committed_at = committed_at
        self.entries = entries
        self.blobs = blobs
        self.root = root
        self.symlinks = symlinks
        self.submodules = submodules
        self.oversized = tuple(entry.path for entry in entries if entry.size > max_text)
        self._max_text = max_text

    @classmethod
    def open(
        cls,
        mirror: Path,
        commit: str,
        root: str = "",
        *,
        max_files: int = MAX_FILES,
        max_text: int = MAX_TEXT_BYTES,
        timeout: float = 120.0,
    ) -> "RepoTree":
        """The tree of ``commit``, a full commit id that ``Mirror.resolve`` gave.

        Raises ObjectError (commit.not-found, path.not-found, git.corrupt),
        LimitError (source.too-many-files).
        """
        place = clean_root(root)
        blobs = BlobReader(mirror)
        try:
            blobs.expect_commit(commit)
            listing = _listing(mirror, commit, place, timeout, blobs)
            header = blobs.expected_commit()
            if header is None:
                raise commit_not_found(commit)
            if listing.count(b"\0") > max_files:
                raise LimitError(
                    "source.too-many-files",
                    f"The commit holds more than {max_files} files.",
                    hint="Judge one part of it by its path.",
                    fault="repository",
                )
            entries, symlinks, submodules = _parse(listing, _left_out(mirror, listing))
        except BaseException:
            blobs.close()
            raise
        return cls(
            commit,
            _committed_at(header),
            entries,
            blobs,
            place,
            symlinks=symlinks,
            submodules=submodules,
            max_text=max_text,
        )

    @classmethod
    def from_files(
        cls,
        files: Mapping[str, str | bytes],
        *,
        commit: str = "0" * 40,
        committed_at: datetime = datetime(2024, 1, 1, tzinfo=UTC),
        symlinks: Mapping[str, str] | None = None,
        max_text: int = MAX_TEXT_BYTES,
    ) -> "RepoTree":
        """A tree in memory that behaves as one from a repository, in git's order and with git's blob ids."""
        import hashlib

        contents: dict[str, bytes] = {}

        def entry(path: str, content: str | bytes, mode: int = 0o100644) -> Entry:
            data = content.encode() if isinstance(content, str) else content
            blob = hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()
            contents[blob] = data
            return Entry(path, blob, len(data), mode)

        def in_order(path: str) -> bytes:
            return path.encode("utf-8", "surrogateescape")

        return cls(
            commit,
            committed_at,
            tuple(entry(path, files[path]) for path in sorted(files, key=in_order)),
            MemoryBlobs(contents),
            symlinks=tuple(entry(p, target, _SYMLINK) for p, target in sorted((symlinks or {}).items())),
            max_text=max_text,
        )

    @cached_property
    def paths(self) -> tuple[str, ...]:
        """The paths of all regular files."""
        return tuple(entry.path for entry in self.entries)

    @cached_property
    def _by_path(self) -> dict[str, Entry]:
        return {entry.path: entry for entry in self.entries}

    def entry(self, path: str) -> Entry | None:
        """The regular file at ``path``, None where there is none."""
        return self._by_path.get(path)

    def read(self, path: str) -> bytes | None:
        """The content of a regular file; None where it is absent, oversized, or its object is missing."""
        entry = self._by_path.get(path)
        if entry is None or entry.size < 0 or entry.size > self._max_text:
            return None
        return self.blobs.read(entry.blob)

    def text(self, path: str) -> str | None:
        """The content as text, byte order marks minded, undecodable bytes replaced; None as in ``read``."""
        data = self.read(path)
        return None if data is None else decode_text(data)

    def close(self) -> None:
        """End the process that reads contents."""
        self.blobs.close()


def decode_text(data: bytes) -> str:
    """``data`` as text: UTF-8, or UTF-16 and UTF-32 where a byte order mark says so; the mark is dropped."""
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            return data[len(mark) :].decode(encoding, "replace")
    return data.decode("utf-8", "replace")


def clean_root(root: str) -> str:
    """``root`` as a path inside a commit, "" for all of it. Raises ObjectError (path.not-found)."""
    parts = [part for part in root.split("/") if part not in ("", ".")]
    if ".." in parts or any(ord(c) < 32 for c in root):
        raise ObjectError("path.not-found", "The path must be one inside the repository, without '..'.")
    return "/".join(parts)


def read_committed_at(mirror: Path, commit: str) -> datetime:
    """When ``commit`` was committed, in UTC. Raises ObjectError (commit.not-found)."""
    try:
        return _committed_at(run_git(["cat-file", "commit", commit], repo=mirror, max_output=16 << 20))
    except GitFailed as error:
        raise commit_not_found(commit) from error


def _committed_at(commit: bytes) -> datetime:
    for line in commit.partition(b"\n\n")[0].split(b"\n"):
        if line.startswith(b"committer "):
            seconds = line.rsplit(b" ", 2)[-2:][0]
            try:
                return datetime.fromtimestamp(int(seconds), UTC)
            except (ValueError, OverflowError, OSError):
                break
    return datetime.fromtimestamp(0, UTC)


def commit_not_found(commit: str) -> ObjectError:
    """The error to raise where ``commit`` is in no part of the mirror."""
    return ObjectError(
        "commit.not-found",
        f"There is no commit {commit[:100]!r} in the repository.",
        hint="Give a full commit id, a branch or a tag; a shallow copy may lack older commits.",
    )


def _listing(mirror: Path, commit: str, place: str, timeout: float, blobs: BlobReader) -> bytes:
    try:
        return run_git(
            ["ls-tree", "-r", "-z", "-l", "--full-tree", f"{commit}:{place}"],
            repo=mirror,
            timeout=timeout,
            max_output=_MAX_LISTING_BYTES,
        )
    except GitFailed as error:
        if blobs.expected_commit() is None:
            raise commit_not_found(commit) from error
        raise _listing_error(error, place) from error


def _listing_error(error: GitFailed, place: str) -> ObjectError:
    absent = "Not a valid object name" in error.stderr or "not a tree object" in error.stderr
    if place and absent:
        return ObjectError("path.not-found", f"There is no folder {place[:200]!r} in the commit.")
    return ObjectError(
        "git.corrupt",
        "The commit's list of files cannot be read: objects are missing or damaged.",
        hint="Run git fsck in the source repository.",
        fault="repository",
    )


def _left_out(mirror: Path, listing: bytes) -> frozenset[str]:
    """Which files without a size are known to be too large to be read."""
    if _UNKNOWN not in listing:
        return frozenset()
    from scanners.leftout import left_out  # here, because only partial mirrors have any

    return left_out(mirror)


def _parse(
    listing: bytes, large: frozenset[str]
) -> tuple[tuple[Entry, ...], tuple[Entry, ...], tuple[Entry, ...]]:
    """(files, symlinks, submodules) of ``ls-tree -z -l``; git prints BAD for the size of a missing object.

    Of those in ``large`` it is known that they are too large to be read, not how large.
    """
    files: list[Entry] = []
    links: list[Entry] = []
    modules: list[Entry] = []
    for line in listing.decode("utf-8", "surrogateescape").split("\0"):
        if not line:
            continue
        meta, _, path = line.partition("\t")
        mode_text, _, blob, size_text = meta.split()
        mode = int(mode_text, 8)
        size = int(size_text) if size_text.isdigit() else MAX_TEXT_BYTES + 1 if blob in large else -1
        entry = Entry(path, blob, size, mode)
        if mode == _SUBMODULE:
            modules.append(entry)
        elif mode == _SYMLINK:
            links.append(entry)
        else:
            files.append(entry)
    return tuple(files), tuple(links), tuple(modules)
