"""docs/performance.md, from what the benchmarks found last: ``python -m benchmarks.report``.

Reads benchmarks/results/*.json; a benchmark that was not run is said to be missing. Nothing is measured here, and every
figure of the page comes from those files.
"""

import json
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks import report_engine, report_fleet  # noqa: E402
from benchmarks.machine import RESULTS  # noqa: E402
from benchmarks.report_text import repository, table  # noqa: E402
from benchmarks.targets import Target, targets_of  # noqa: E402

PAGE = ROOT / "docs" / "performance.md"
NAMES = ("scan", "compare", "clone", "past", "pages", "pdf", "workers", "guard")
HOW = {
    "scan": "uv run python benchmarks/scan.py MIRROR … --json",
    "compare": "uv run python benchmarks/compare.py MIRROR … --tools FOLDER --json",
    "clone": "uv run python benchmarks/clone.py MIRROR … --json",
    "past": "uv run python -m benchmarks.past MIRROR … --json",
    "pages": "uv run python benchmarks/pages.py DATABASE_URL … --json",
    "pdf": "uv run python benchmarks/pdf.py --json",
    "workers": "uv run python benchmarks/workers.py simulate costs.json --json",
    "guard": "uv run python -m benchmarks.guard --record",
}
Results = dict[str, dict[str, Any]]


def read(folder: Path = RESULTS) -> Results:
    """What each benchmark found last, by its name."""
    return {
        name: json.loads((folder / f"{name}.json").read_text())
        for name in NAMES
        if (folder / f"{name}.json").exists()
    }


def page(results: Results) -> str:
    """The whole document."""
    lines = [
        "# Performance",
        "",
        "Written by `python -m benchmarks.report` from the results in `benchmarks/results/`; change the code, measure",
        "again, and write it anew. Times mean little on another machine, so what is told are ratios of figures of one run:",
        "above all to **d**, the time of reading the same files with one `git cat-file --batch --buffer` (all blobs under",
        "1 MiB at HEAD, each once). Ratios of processors' time (cpu) stand beside those of the clock: they depend less on what",
        "else a machine does.",
        "",
        *_machine(results),
        *_targets(targets_of(results)),
    ]
    for name, section in SECTIONS.items():
        if name in results:
            lines += section(results[name])
    lines += _reproduce(results)
    return "\n".join(lines).rstrip() + "\n"


def _machine(results: Results) -> list[str]:
    described = {
        json.dumps(
            {k: v for k, v in one["machine"].items() if k not in ("revision", "priority")}, sort_keys=True
        )
        for one in results.values()
    }
    lines = ["## The machine", ""]
    for one in sorted(described):
        machine = json.loads(one)
        lines += [
            f"{machine['processor']}, {machine['cores']} cores, {machine['memory_gb']} GB of memory, {machine['system']}, "
            f"Python {machine['python']}, git {machine['git']}.",
            "",
        ]
    if any(one["load"]["before"] > one["machine"]["cores"] for one in results.values()):
        lines += [
            "It was shared and busy while this was measured: the load average is how many processes wanted its cores. Times of",
            "the clock are the shortest of several and still longer than on a quiet machine, of what uses both cores above",
            "all. A priority below 0 means that the measured processes went before others.",
            "",
        ]
    rows = [
        (
            f"`{name}`",
            one["measured_on"],
            one["machine"]["revision"],
            one["load"]["before"],
            one["load"]["after"],
            one["machine"].get("priority", 0),
        )
        for name, one in results.items()
    ]
    head = ("benchmark", "day", "revision", "load before", "after", "priority")
    missing = [name for name in NAMES if name not in results]
    said = [f"Not measured: {', '.join(missing)}.", ""] if missing else []
    return lines + table(head, rows, 3) + said


def _targets(targets: list[Target]) -> list[str]:
    head = ("target", "limit", "reached on the clock", "in processors' time", "met")
    rows = [
        (one.name, one.limit, one.clock, one.cpu or "–", "yes" if one.met else "**no**") for one in targets
    ]
    met = sum(one.met for one in targets)
    return [
        "## Targets",
        "",
        f"{met} of {len(targets)} are met, by the clock of this machine as it was.",
        "",
        *table(head, rows, 5),
    ]


SECTIONS = {
    "scan": report_engine.of_scan,
    "past": report_engine.of_past,
    "compare": report_engine.of_compare,
    "clone": report_engine.of_clone,
    "pages": report_fleet.of_pages,
    "pdf": report_fleet.of_pdf,
    "workers": report_fleet.of_workers,
    "guard": report_engine.of_guard,
}


def _reproduce(results: Results) -> list[str]:
    repositories = [
        repository(row["repository"])
        for row in results.get("scan", {}).get("figures", {}).get("repositories", ())
    ]
    return [
        "## Measuring it again",
        "",
        "MIRROR is a bare clone (`git clone --mirror URL FOLDER`)"
        + (f"; measured were {', '.join(repositories)}." if repositories else "."),
        "",
        "```sh",
        *(HOW[name] for name in NAMES),
        "uv run python -m benchmarks.report",
        "```",
        "",
        "For `pages`, fill each empty database first: `DATABASE_URL=… uv run manage.py migrate`, then",
        "`uv run manage.py seed_fleet --repositories 10000 --teams 500 --days 365`. For `workers`, `measure MIRROR …` writes",
        "`costs.json`.",
        "",
    ]


def main() -> None:
    PAGE.write_text(page(read()))
    print(f"{PAGE.relative_to(ROOT)} is written")


if __name__ == "__main__":
    main()
