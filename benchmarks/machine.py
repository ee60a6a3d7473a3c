"""On what was measured, and how busy it was: every result that is kept says so."""

import json
import os
import platform
import subprocess
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
RESULTS = ROOT / "benchmarks" / "results"


def described() -> dict[str, Any]:
    """Processor, cores that may be used, memory in GB, the versions that times hang on, and how urgent this process is
    to the system: 0 is usual, less is more urgent."""
    return {
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0)),
        "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / (1 << 30)),
        "system": f"{platform.system()} {platform.release().split('-')[0]}",
        "python": platform.python_version(),
        "git": _printed("git", "--version").removeprefix("git version "),
        "priority": os.getpriority(os.PRIO_PROCESS, 0),
        "revision": _printed("git", "-C", str(ROOT), "rev-parse", "--short", "HEAD"),
    }


def load() -> float:
    """How many processes wanted a processor over the last minute."""
    return round(os.getloadavg()[0], 2)


@dataclass
class Run:
    """One run of a benchmark, from its start on; ``keep`` writes what it found with the circumstances."""

    name: str
    machine: dict[str, Any] = field(default_factory=described)
    load_before: float = field(default_factory=load)

    def document(self, figures: Any, **more: Any) -> dict[str, Any]:
        """The figures with day, machine and load average; a plain value."""
        return {
            "benchmark": self.name,
            "measured_on": datetime.now(UTC).date().isoformat(),
            "machine": self.machine,
            "load": {"before": self.load_before, "after": load()},
            **more,
            "figures": figures,
        }

    def keep(self, place: Path, figures: Any, **more: Any) -> None:
        """Writes the document to ``place``."""
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(json.dumps(self.document(figures, **more), indent=1) + "\n")


def result_file(name: str) -> Path:
    """Where the report looks for what the benchmark ``name`` found."""
    return RESULTS / f"{name}.json"


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def _printed(*command: str) -> str:
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return ""
