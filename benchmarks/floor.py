"""The floor d of a repository, and whole processes held against it: times, and the memory of all their parts."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent
MAX_BLOB = 1 << 20
STARTED_BY = "import sys; from assessments.cli import main; sys.exit(main())"
"""What the installed ``plumbline`` command runs."""


def git(mirror: Path, *arguments: str, stdin: bytes = b"") -> bytes:
    """What git prints. Raises CalledProcessError."""
    return subprocess.run(
        ["git", "-C", str(mirror), *arguments], input=stdin, capture_output=True, check=True
    ).stdout


def blobs_at_head(mirror: Path) -> list[bytes]:
    """Ids of all blobs under 1 MiB at HEAD, each once, in git's order; those that the mirror lacks are none."""
    found = {}
    for line in git(mirror, "ls-tree", "-r", "-l", "HEAD").splitlines():
        kind, blob, size = line.split(b"\t", 1)[0].split()[1:4]
        if kind == b"blob" and size.isdigit() and int(size) < MAX_BLOB:
            found[blob] = True
    return list(found)


@dataclass(frozen=True)
class Spent:
    """Seconds on the clock, and of processors: the second hardly depends on what else a machine does."""

    wall: float
    cpu: float


def least(times: Sequence[Spent]) -> Spent:
    """The shortest time on the clock and the least of processors, which may be of different runs."""
    return Spent(min(one.wall for one in times), min(one.cpu for one in times))


def spent(
    command: Sequence[str],
    environment: Mapping[str, str] | None = None,
    *,
    stdin: bytes = b"",
    output: Path | None = None,
    good: Sequence[int] = (0,),
    folder: Path = ROOT,
) -> Spent:
    """What ``command`` and all that it waits for take. Raises CalledProcessError where its exit code is none of ``good``.

    What it prints goes to ``output``, or nowhere.
    """
    with (
        tempfile.TemporaryFile() as given,
        tempfile.TemporaryFile() as errors,
        open(output or os.devnull, "wb") as printed,
    ):
        given.write(stdin)
        given.seek(0)
        began = time.perf_counter()
        process = subprocess.Popen(
            command, cwd=folder, env=environment, stdin=given, stdout=printed, stderr=errors
        )
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode not in good:
            errors.seek(0)
            raise subprocess.CalledProcessError(process.returncode, list(command), stderr=errors.read())
    return Spent(wall, usage.ru_utime + usage.ru_stime)


def floor(mirror: Path, blobs: Sequence[bytes]) -> Spent:
    """d, once: reading the blobs and throwing them away."""
    command = ["git", "-C", str(mirror), "cat-file", "--batch", "--buffer"]
    return spent(command, stdin=b"\n".join(blobs) + b"\n")


def assess_command(mirror: Path) -> list[str]:
    """The whole product for one repository, nothing remembered of it."""
    return [sys.executable, "-c", STARTED_BY, "assess", str(mirror), "--no-cache", "--format", "json"]


def assess_environment(work: Path) -> dict[str, str]:
    """What the command runs in; its mirrors and the parsed ruleset lie in ``work``."""
    return {
        **os.environ,
        "PLUMBLINE_CACHE_DIR": str(work),
        "PYTHONPATH": str(ROOT),
        # An installed command has its bytecode beside it, whatever the shell of whoever measures says.
        "PYTHONPYCACHEPREFIX": str(work / "bytecode"),
        "PYTHONDONTWRITEBYTECODE": "",
        "GIT_TERMINAL_PROMPT": "0",
    }


@dataclass(frozen=True)
class Memory:
    """The most that a process and all that it started held at one moment, in MB of 10^6 bytes.

    ``held`` counts memory that is shared once (proportional set size); ``own`` is the part of it that is no file:
    what git maps of its packs is in ``held`` alone.
    """

    held: float
    own: float


def peak_memory(command: Sequence[str], environment: Mapping[str, str]) -> Memory:
    """Runs ``command`` in a session of its own and samples what its processes hold. Raises CalledProcessError."""
    with subprocess.Popen(
        command,
        cwd=ROOT,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as process:
        held = own = 0
        while process.poll() is None:
            one, of_it = _held_by_session(process.pid)
            held, own = max(held, one), max(own, of_it)
            time.sleep(0.004)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    return Memory(round(held / 1e6, 1), round(own / 1e6, 1))


def _held_by_session(session: int) -> tuple[int, int]:
    held = own = 0
    for entry in os.scandir("/proc"):
        if not entry.name.isdigit() or int(entry.name) < session:
            continue
        try:
            stat = Path(entry.path, "stat").read_text()
            if int(stat.rpartition(")")[2].split()[3]) != session:
                continue
            rollup = Path(entry.path, "smaps_rollup").read_text()
        except (OSError, ValueError, IndexError):  # it ended meanwhile
            continue
        for line in rollup.splitlines():
            name, _, rest = line.partition(":")
            if name == "Pss":
                held += int(rest.split()[0]) << 10
            elif name == "Pss_Anon":
                own += int(rest.split()[0]) << 10
    return held, own
