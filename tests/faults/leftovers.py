"""What an installation may leave behind where it should not: processes, locks, files."""

import fcntl
import os
from pathlib import Path

from tests.faults.servers import is_running

EXPECTED = {
    "answers.sqlite3",
    "answers.sqlite3-shm",
    "answers.sqlite3-wal",
    "credential-keys",
    "exports",
    "mirrors",
    "rulesets",
    "secret-key",
    "static",
}
"""What lies in the data folder of an installation that has all its servers beside it."""


def processes_of(data: Path, but: set[int]) -> dict[int, str]:
    """The command lines of running processes whose environment or arguments name the data folder, by number."""
    name = os.fsencode(data)
    found = {}
    for place in Path("/proc").iterdir():
        if not place.name.isdecimal() or int(place.name) in but:
            continue
        try:
            command = (place / "cmdline").read_bytes()
            if (name in command or name in (place / "environ").read_bytes()) and is_running(int(place.name)):
                found[int(place.name)] = command.replace(b"\0", b" ").decode(errors="replace")[:300]
        except OSError:  # it has ended meanwhile
            continue
    return found


def held_locks(mirrors: Path) -> list[str]:
    """The lock files that somebody holds, and those of git that nobody will remove."""
    held = [str(place.relative_to(mirrors)) for place in mirrors.glob("*.git/**/*.lock")]
    for place in mirrors.glob("*.lock"):
        with place.open("a") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                held.append(place.name)
    return sorted(held)


def unknown_files(data: Path) -> list[str]:
    """What lies in the data folder besides what belongs there, among the mirrors besides mirrors and their locks,
    and within mirrors of what git leaves where it was killed."""
    mirrors = data / "mirrors"
    found = [place for place in data.iterdir() if place.name not in EXPECTED]
    if mirrors.exists():
        found += [place for place in mirrors.iterdir() if place.suffix not in (".git", ".lock")]
        found += [place for place in mirrors.glob("*.git/objects/**/tmp_*")]
    return sorted(str(place.relative_to(data)) for place in found)


def unowned(temporary: Path) -> list[str]:
    """What lies in the folder for temporary files and belongs to no living process."""
    found = []
    for place in temporary.iterdir():
        descriptor = os.open(place, os.O_RDONLY)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            found.append(place.name)
        except BlockingIOError:
            pass
        finally:
            os.close(descriptor)
    return sorted(found)
