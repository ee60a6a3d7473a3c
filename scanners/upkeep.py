"""Care for a folder of mirrors: what the dead left behind, tidying, and staying within a budget of disk.

Everything here works on mirrors that nobody holds; one that is locked is left for the next time.
"""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from scanners.errors import LimitError
from scanners.git import Config, GitFailed, environment, run_git
from scanners.values import dataclass

TIDY_SECONDS = 7 * 24 * 3600.0
"""How often a mirror is collected and packed."""
_TIDIED = "plumbline-tidied"
_PRUNE = "90.days.ago"
"""Commits that no branch names any more, after a force-push, stay this long: their assessments link to them."""
_BOUNDED = (("pack.threads", "1"), ("pack.windowMemory", "256m"), ("gc.packRefs", "true"))
_OLD_SECONDS = 600.0
_ORPHAN_SECONDS = 24 * 3600.0
_SPARE = 0.1
"""The share of the disk that stays free where no budget is set."""


@dataclass(frozen=True, slots=True)
class Disk:
    """``mirrors`` and ``bytes`` that they take, ``budget`` that they may take, ``free`` bytes on their disk."""

    mirrors: int
    bytes: int
    budget: int
    free: int


def lock_file(path: Path) -> Path:
    """The file whose lock is held while the mirror at ``path`` changes."""
    return path.with_suffix(".lock")


def use_file(path: Path) -> Path:
    """The file whose shared lock is held while the mirror is read; its age says when that was last."""
    return path.with_suffix(".use.lock")


@contextmanager
def in_use(path: Path) -> Iterator[None]:
    """Keeps the mirror from being removed while the block reads it."""
    place = use_file(path)
    with open(place, "a") as file:
        fcntl.flock(file, fcntl.LOCK_SH)
        os.utime(place)
        yield


@contextmanager
def _free(path: Path) -> Iterator[bool]:
    """True while the block runs where nobody changes or reads the mirror, which is then ours alone."""
    with open(lock_file(path), "a") as changing, open(use_file(path), "a") as reading:
        try:
            fcntl.flock(changing, fcntl.LOCK_EX | fcntl.LOCK_NB)
            fcntl.flock(reading, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        yield True


def mirrors_in(folder: Path) -> list[Path]:
    """The mirrors below ``folder``."""
    return sorted(place for place in folder.glob("*.git") if place.is_dir()) if folder.is_dir() else []


def folder_bytes(folder: Path) -> int:
    """Bytes of all files below ``folder``, as far as they can be seen while git moves them about."""
    total = 0
    waiting = [str(folder)]
    while waiting:
        try:
            with os.scandir(waiting.pop()) as found:
                for item in found:
                    if item.is_dir(follow_symlinks=False):
                        waiting.append(item.path)
                    else:
                        total += item.stat(follow_symlinks=False).st_size
        except OSError:
            continue
    return total


def _remove_folder(folder: Path, *, quietly: bool = True) -> None:
    import shutil  # here, because a run that removes nothing has no need of it

    shutil.rmtree(folder, ignore_errors=quietly)


def _free_bytes(folder: Path) -> int:
    import shutil

    return shutil.disk_usage(folder).free


def disk_of(folder: Path, budget: int = 0) -> Disk:
    """What the mirrors take; without a ``budget`` in bytes, they may fill nine tenths of what is free for them."""
    found = mirrors_in(folder)
    used = sum(folder_bytes(path) for path in found)
    try:
        free = _free_bytes(folder)
    except OSError:
        free = 0
    return Disk(len(found), used, budget or int((used + free) * (1 - _SPARE)), free)


def keep_within(folder: Path, budget: int = 0, *, keep: Path | None = None) -> list[str]:
    """The names of mirrors that were removed, the least recently used first, until the rest fits ``budget`` bytes.

    What somebody works on stays, and so does ``keep``: then the folder may stay above its budget.
    """
    disk = disk_of(folder, budget)
    over = disk.bytes - disk.budget
    removed = []
    for path in sorted(mirrors_in(folder), key=last_used):
        if over <= 0:
            break
        if path == keep:
            continue
        size = folder_bytes(path)
        if _remove(path):
            removed.append(path.name)
            over -= size
    return removed


def remove_unused(folder: Path, days: float) -> list[str]:
    """The names of mirrors that were removed because nobody read them for so many days."""
    oldest = time.time() - days * 24 * 3600
    return [path.name for path in mirrors_in(folder) if last_used(path) < oldest and _remove(path)]


def last_used(path: Path) -> float:
    """When the mirror was last read, in seconds since the epoch."""
    for place in (use_file(path), path / "HEAD", path):
        with suppress(OSError):
            return place.stat().st_mtime
    return 0.0


def _remove(path: Path) -> bool:
    with _free(path) as ours:
        if not ours:
            return False
        aside = path.with_name(f".gone-{path.name}")
        _remove_folder(aside)
        with suppress(OSError):
            os.rename(path, aside)  # whole or not at all, should we be killed meanwhile
            _remove_folder(aside)
            return True
    return False


def sweep(folder: Path) -> int:
    """How many leftovers of dead processes were removed: half-made clones, temporary files, git's own locks.

    For the start of a worker; what a living process holds is left alone.
    """
    if not folder.is_dir():
        return 0
    swept = 0
    for place in folder.iterdir():
        name = place.name
        if name.startswith(".clone-"):
            swept += _sweep_clone(place)
        elif name.startswith(".gone-") or (name.startswith(".look-") and _age(place) > _OLD_SECONDS):
            _remove_folder(place)
            swept += 1
        elif place.suffix == ".lock":
            swept += _sweep_lock(place)
    for path in mirrors_in(folder):
        with _free(path) as ours:
            swept += clear_leftovers(path, older=0.0) if ours else 0
    return swept


def clear_leftovers(path: Path, *, older: float = _OLD_SECONDS) -> int:
    """How many temporary and lock files of git, older than so many seconds, were removed from a mirror that is ours.

    git leaves them where it was killed, and then refuses to write.
    """
    places = [path / "gc.pid", *path.glob("*.lock"), *(path / "refs").rglob("*.lock")]
    places += [*(path / "objects/pack").glob("tmp_*"), *(path / "objects").glob("??/tmp_obj_*")]
    places += [*(path / "objects").glob("tmp_objdir-*"), *(path / "objects/info").glob("*.lock")]
    removed = 0
    for place in places:
        if _age(place) >= older:
            with suppress(OSError):
                _remove_folder(place, quietly=False) if place.is_dir() else place.unlink()
                removed += 1
    return removed


def _sweep_clone(place: Path) -> int:
    mirror = place.parent / place.name.removeprefix(".clone-").rpartition("-")[0]
    with _free(mirror) as ours:
        if not ours:
            return 0
        _remove_folder(place)
    return 1


def _sweep_lock(place: Path) -> int:
    """Removes a lock file whose mirror went long ago."""
    mirror = place.with_name(place.name.removesuffix(".lock").removesuffix(".use") + ".git")
    if mirror.exists() or _age(place) < _ORPHAN_SECONDS:
        return 0
    with suppress(OSError), open(place, "a") as file:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        place.unlink()
        return 1
    return 0


def _age(place: Path) -> float:
    """Seconds since the file was last written, -1 where it is gone."""
    try:
        return time.time() - place.stat().st_mtime
    except OSError:
        return -1.0


def repack(path: Path, *, seconds: float) -> None:
    """Gathers all packs into one, with commits that no branch names any more: they may be judged. Raises GitFailed,
    LimitError."""
    run_git(
        ["repack", "-a", "-d", "-k", "-q"],
        repo=path,
        timeout=seconds,
        env=environment(config=_promising(path)),
    )


def _promising(path: Path) -> Config:
    from scanners.partial import promising  # here, because a look at a mirror has no need of it

    return promising(path)


def tidy(path: Path, *, seconds: float, every: float = TIDY_SECONDS) -> bool:
    """Collects and packs the mirror, which must be ours, where that was not done lately; True where it was done now.

    Bounded in time and memory; one that takes too long is left as it is and tried again after ``every`` seconds.
    """
    mark = path / _TIDIED
    age = _age(mark)
    if 0 <= age < every:
        return False
    mark.touch()
    if age < 0:  # a mirror made only now is packed already
        return False
    try:
        run_git(
            ["gc", "--quiet", f"--prune={_PRUNE}"],
            repo=path,
            timeout=seconds,
            env=environment(config=(*_BOUNDED, *_promising(path))),
        )
    except (GitFailed, LimitError):
        clear_leftovers(path, older=0.0)
        return False
    return True


def is_whole(path: Path, *, seconds: float = 120.0) -> bool:
    """False where objects that branches need are missing or damaged. What cannot be told in time counts as whole."""
    try:
        run_git(
            ["fsck", "--connectivity-only", "--no-dangling", "--no-progress", "--no-reflogs"],
            repo=path,
            timeout=seconds,
            env=environment(config=_promising(path)),
        )
    except GitFailed:
        return False
    except LimitError:
        return True
    return True
