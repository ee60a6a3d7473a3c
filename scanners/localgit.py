"""Reads a local repository's references as plain files, into a bare repository of ours with its objects.

git never runs on somebody's own git directory: its configuration could name commands (core.sshCommand,
core.fsmonitor, filters, hooks) that run as soon as an object is missing or a file is looked at. Our
repository has no configuration but its format, and ``objects/info/alternates`` points at their objects.
"""

import contextlib
import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path

from scanners.errors import SourceError
from scanners.values import dataclass

MAX_REFS = 100_000
MAX_PACKED_BYTES = 32 << 20
_MAX_SMALL_FILE_BYTES = 64 << 10
_MAX_ALTERNATES = 16

_ID = re.compile(rb"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_REF = re.compile(rb"refs/[^\x00-\x20\x7f~^:?*\[\\]+")
_USUAL_REF = re.compile(
    rb"([0-9a-f]{40}) (refs/(?:heads|tags|pull)/[A-Za-z0-9_-]{1,250}(?:/[A-Za-z0-9_-]{1,250}){0,2})"
)
"""A line of packed-refs whose name has nothing in it that has to be looked at closely."""


@dataclass(frozen=True, slots=True)
class LocalRepository:
    """Where a local repository keeps its parts; in a linked worktree these are two places."""

    git_dir: Path
    common_dir: Path

    @property
    def objects(self) -> Path:
        return self.common_dir / "objects"


def find_local(path: Path) -> LocalRepository:
    """The repository whose working copy, git directory or bare directory ``path`` is.

    Raises SourceError (source.not-a-repository), with a hint where ``path`` lies inside a working copy.
    """
    for candidate in _candidates(path):
        common = _common_dir(candidate)
        if read_plain(candidate / "HEAD", 4096, follow=False) is not None and (common / "objects").is_dir():
            return LocalRepository(candidate, common)
    hint = "Name the top folder of a working copy, or a bare repository."
    for parent in path.parents:
        if (parent / ".git").exists():
            hint = (
                f"Name {parent} and give the part to judge as its path (--path {path.relative_to(parent)})."
            )
            break
    raise SourceError("source.not-a-repository", f"{path} is not a git repository.", hint=hint)


def borrow(repository: LocalRepository, ours: Path) -> None:
    """Make or renew the bare repository ``ours`` with the references of ``repository``, not its settings."""
    refs = refs_of(repository.common_dir)
    head = _head(repository.git_dir)
    sample = head if _ID.fullmatch(head) else next(iter(refs.values()), b"")
    for folder in ("objects/info", "objects/pack", "refs/heads", "refs/tags"):
        (ours / folder).mkdir(parents=True, exist_ok=True)
    alternates = b"".join(_quoted(path) + b"\n" for path in _object_dirs(repository.objects))
    write_plain(ours / "objects/info/alternates", alternates)
    write_plain(ours / "config", _config(len(sample) == 64))
    write_plain(
        ours / "packed-refs", b"".join(b"%s %s\n" % (value, name) for name, value in sorted(refs.items()))
    )
    write_plain(ours / "HEAD", head + b"\n")


def refs_of(common_dir: Path) -> dict[bytes, bytes]:
    """The id that each reference names, read without git, which takes longer to start than to answer.

    As many as ``MAX_REFS`` of each kind, none where they are kept as a reftable or in a file beyond ``MAX_PACKED_BYTES``.
    """
    refs = dict(_packed_refs(common_dir))
    refs.update(_loose_refs(common_dir / "refs"))
    return refs


def read_plain(path: Path, limit: int, *, follow: bool = True) -> bytes | None:
    """The content of a regular file, None where it is none or beyond ``limit`` bytes. Never blocks."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | (0 if follow else os.O_NOFOLLOW))
    except OSError:
        return None
    with os.fdopen(fd, "rb") as file:
        if not stat.S_ISREG(os.fstat(fd).st_mode):
            return None
        content = file.read(limit + 1)
    return content if len(content) <= limit else None


def write_plain(path: Path, content: bytes) -> None:
    """Put ``content`` at ``path`` in one step, so that a reader sees the old file or the new one."""
    fd, aside = _new_file(path.parent)
    try:
        with os.fdopen(fd, "wb") as file:
            file.write(content)
        os.replace(aside, path)
    except BaseException:
        Path(aside).unlink(missing_ok=True)
        raise


def _new_file(folder: Path) -> tuple[int, str]:
    """A new file of ours beside others: open for writing, and its name."""
    while True:
        name = f"{folder}/.new-{os.getpid()}-{os.urandom(6).hex()}"
        with contextlib.suppress(FileExistsError):
            return os.open(
                name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600
            ), name


def _candidates(path: Path) -> Iterator[Path]:
    dot = path / ".git"
    if dot.is_dir():
        yield dot
    pointer = read_plain(dot, 4096)
    if pointer is not None and pointer.startswith(b"gitdir:"):
        yield Path(os.path.normpath(path / os.fsdecode(pointer[7:].strip())))
    yield path


def _common_dir(git_dir: Path) -> Path:
    pointer = read_plain(git_dir / "commondir", 4096)
    return Path(os.path.normpath(git_dir / os.fsdecode(pointer.strip()))) if pointer else git_dir


def _head(git_dir: Path) -> bytes:
    content = (read_plain(git_dir / "HEAD", 4096, follow=False) or b"").strip()
    name = content.removeprefix(b"ref:").strip()
    if _ID.fullmatch(content):
        return content
    if not content.startswith(b"ref:") or not _is_ref(name):
        raise SourceError(
            "source.not-a-repository", "The repository's HEAD does not name a branch.", fault="repository"
        )
    if name == b"refs/heads/.invalid":
        raise SourceError(
            "source.not-a-repository",
            "The repository keeps its references as a reftable, which is not supported.",
            hint="Name a clone of it, or convert it with: git refs migrate --ref-format=files",
            fault="repository",
        )
    return b"ref: " + name


def _packed_refs(common_dir: Path) -> Iterator[tuple[bytes, bytes]]:
    content = read_plain(common_dir / "packed-refs", MAX_PACKED_BYTES) or b""
    for line in content.split(b"\n")[:MAX_REFS]:
        usual = _USUAL_REF.fullmatch(line)
        if usual:
            yield usual[2], usual[1]
            continue
        value, _, name = line.strip().partition(b" ")
        if _ID.fullmatch(value) and _is_ref(name):
            yield name, value


def _loose_refs(refs: Path) -> Iterator[tuple[bytes, bytes]]:
    """References kept as files of their own, and those of them that point at another one of these."""
    seen = 0
    top = os.fsencode(refs.parent) + b"/"
    for folder, _, files in os.walk(os.fsencode(refs), followlinks=False):
        for file in files:
            seen += 1
            if seen > MAX_REFS:
                return
            path = folder + b"/" + file
            value = (read_plain(Path(os.fsdecode(path)), 4096, follow=False) or b"").strip()
            name = path.removeprefix(top)
            if _ID.fullmatch(value) and _is_ref(name):
                yield name, value


def _is_ref(name: bytes) -> bool:
    parts = name.split(b"/")
    return (
        len(name) < 1000
        and bool(_REF.fullmatch(name))
        and b".." not in name
        and b"@{" not in name
        and not any(
            p == b"" or p.endswith((b".", b".lock")) or (p.startswith(b".") and p != b".invalid")
            for p in parts
        )
        and not name.startswith(b"refs/replace/")
    )


def _object_dirs(objects: Path) -> list[Path]:
    """``objects`` and every directory that its alternates name, each once, so that a ring of them ends."""
    found: dict[str, Path] = {}
    waiting = [objects]
    while waiting and len(found) < _MAX_ALTERNATES:
        current = waiting.pop(0)
        real = os.path.realpath(current)
        if real in found or not os.path.isdir(real):
            continue
        found[real] = Path(real)
        content = read_plain(Path(real) / "info/alternates", _MAX_SMALL_FILE_BYTES) or b""
        for line in content.split(b"\n"):
            if line and not line.startswith((b"#", b'"')) and b"\0" not in line:
                waiting.append(Path(os.path.join(real, os.fsdecode(line))))
    return list(found.values())


def _quoted(path: Path) -> bytes:
    """A path as the alternates file wants it: in C quotes, so that no byte in it can end the line."""
    raw = os.fsencode(path)
    plain = (b"%c" % b if 32 <= b < 127 and b not in b'"\\' else b"\\%03o" % b for b in raw)
    return b'"' + b"".join(plain) + b'"'


def _config(sha256: bool) -> bytes:
    if sha256:
        return (
            b"[core]\n\trepositoryformatversion = 1\n\tbare = true\n[extensions]\n\tobjectformat = sha256\n"
        )
    return b"[core]\n\trepositoryformatversion = 0\n\tbare = true\n"
