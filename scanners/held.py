"""What a mirror holds, as its files say it: references, HEAD, and whether it can be read at all."""

import os
from contextlib import suppress
from pathlib import Path

from scanners.digests import sha256
from scanners.git import GitFailed, run_git
from scanners.localgit import MAX_PACKED_BYTES, MAX_REFS, read_plain, refs_of, write_plain

_MAX_REFS_BYTES = 64 << 20
_STAMP = "plumbline-sound"
"""A file of ours in a mirror: how its files were when git last found it sound."""


def is_sound(path: Path) -> bool:
    """True for a mirror whose HEAD can be read down to its tree, and for one without a commit to read.

    git is not asked again while its files are as they were when it last said yes: most looks find nothing new.
    """
    if not (path / "HEAD").is_file() or not (path / "objects").is_dir():
        return False
    stamp = _stamp(path)
    if read_plain(path / _STAMP, 1024) == stamp:
        return True
    sound = _is_sound(path)
    if sound:
        with suppress(OSError):
            write_plain(path / _STAMP, stamp)
    return sound


def _stamp(path: Path) -> bytes:
    """What changes when a mirror's references or packs do, or a loose object comes or goes."""
    seen = [
        read_plain(path / name, _MAX_REFS_BYTES)
        for name in ("HEAD", "packed-refs", "objects/info/alternates")
    ]
    seen.append(b"\n".join(b"%s %s" % pair for pair in sorted(refs_of(path).items())))
    for folder in (path / "objects", path / "objects/pack"):
        with suppress(OSError), os.scandir(folder) as entries:
            for entry in sorted(entries, key=lambda one: one.name):
                found = entry.stat(follow_symlinks=False)
                seen.append(f"{entry.name} {found.st_size} {found.st_mtime_ns}".encode())
    return sha256(b"\0".join(part or b"" for part in seen)).hexdigest().encode()


def _is_sound(path: Path) -> bool:
    try:
        run_git(["cat-file", "-e", "HEAD^{tree}"], repo=path)
    except GitFailed:
        try:
            refs = _refs_by_git(path)
        except GitFailed:
            return False
        branch = head_branch(path)
        return bool(branch) and f"refs/heads/{branch}" not in refs
    return True


def all_refs(path: Path) -> dict[str, str]:
    """The id of each branch and tag, read as files: a mirror that has not moved is looked at every day."""
    packed = path / "packed-refs"
    plain = (path / "HEAD").is_file() and not (path / "reftable").exists()
    if plain and (not packed.exists() or packed.stat().st_size <= MAX_PACKED_BYTES):
        found = refs_of(path)
        if len(found) < MAX_REFS:
            return {
                name.decode("utf-8", "surrogateescape"): value.decode()
                for name, value in found.items()
                if name.startswith((b"refs/heads/", b"refs/tags/"))
            }
    return _refs_by_git(path)


def _refs_by_git(path: Path) -> dict[str, str]:
    """The same by git, which raises GitFailed where it finds no repository of its own."""
    raw = run_git(["for-each-ref", "--format=%(objectname) %(refname)", "refs/heads", "refs/tags"], repo=path)
    pairs = (line.partition(" ") for line in raw.decode("utf-8", "surrogateescape").splitlines())
    return {name: value for value, _, name in pairs}


def borrowed_refs(path: Path) -> tuple[bytes, list[bytes]]:
    """HEAD, and the branches and tags, of a mirror that ``borrow`` made, as it wrote them."""
    refs = (read_plain(path / "packed-refs", _MAX_REFS_BYTES) or b"").split(b"\n")
    ours = [line for line in refs if b" refs/heads/" in line or b" refs/tags/" in line]
    return read_plain(path / "HEAD", 4096) or b"", ours


def head_branch(path: Path) -> str:
    head = read_plain(path / "HEAD", 4096) or b""
    if head.startswith(b"ref: refs/heads/") and not head.endswith(b".invalid\n"):
        return head[16:].decode("utf-8", "surrogateescape").strip()
    try:
        raw = run_git(["symbolic-ref", "--quiet", "HEAD"], repo=path)
    except GitFailed:
        return ""
    return raw.decode("utf-8", "surrogateescape").strip().removeprefix("refs/heads/")


def detached_head(path: Path) -> str:
    try:
        return (
            run_git(["rev-parse", "--verify", "--quiet", "HEAD"], repo=path)
            .decode("ascii", "replace")
            .strip()
        )
    except GitFailed:
        return ""
