"""docs/performance.md, from what the benchmarks found last: ``python -m benchmarks.report``.

Reads benchmarks/results/*.json; a benchmark that was not run is said to be missing. Nothing is measured here, and every
figure of the page comes from those files.
"""

import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.machine import RESULTS  # noqa: E402
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
        "1 MiB at HEAD, each once). Ratios of processors' time stand beside those of the clock: they hardly depend on what",
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


def table(head: Iterable[str], rows: Iterable[Iterable[Any]], text: int = 1) -> list[str]:
    """A Markdown table whose first ``text`` columns are words and the others figures."""
    names = list(head)
    marks = ["---"] * text + ["---:"] * (len(names) - text)
    return [
        f"| {' | '.join(names)} |",
        f"| {' | '.join(marks)} |",
        *(f"| {' | '.join(str(cell) for cell in row)} |" for row in rows),
        "",
    ]


def number(value: float | None, digits: int = 0, unit: str = "") -> str:
    """A figure for a table, with commas; a dash where there is none."""
    return "–" if value is None else f"{value:,.{digits}f}{unit}"


def repository(name: str) -> str:
    return name.replace("+", "/", 1)


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


def _scan(result: dict[str, Any]) -> list[str]:
    rows, fleet = result["figures"]["repositories"], result["figures"]["fleet"]
    cold = [
        (
            repository(row["repository"]),
            number(row["blobs"]),
            number(row["d_ms"], 1),
            number(row["cold_ms"]),
            number(row["limit_ms"]),
            number(row["cold_over_d"], 1),
            number(row["cold_over_d_cpu"], 1),
            number((row["cold_cpu_ms"] - fleet["start_cpu_ms"]) / row["d_cpu_ms"], 1),
            number(row["memory_mb"]),
        )
        for row in rows
    ]
    warm = [
        (
            repository(row["repository"]),
            number(row["ask_ms"], 1),
            number(row["unchanged_beyond_ms"], 1),
            number(row["commit_judge_ms"]),
            number(row["commit_judge_cpu_ms"]),
            number(row["commit_over_d"], 2),
            number(row["commit_fetch_ms"]),
            number(row["points"]),
            number(row["points_over_cold"], 2),
            number(row["points_over_cold_cpu"], 2),
            number(row["cache_bytes"] / 1024),
            number(row["cache_percent"], 1, " %"),
        )
        for row in rows
        if "points" in row
    ]
    return [
        "## Judging a repository",
        "",
        f"The whole `plumbline assess` process with all 100 items, nothing cached, evidence included; milliseconds, best of "
        f"{result['repeats']}, in turns with the floor. The last ratio leaves out what the process takes for a repository "
        f"of one file ({number(fleet['start_ms'])} ms, {number(fleet['start_cpu_ms'])} of processors' time): starting, the "
        "ruleset, the report.",
        "",
        *table(
            (
                "repository",
                "blobs",
                "d",
                "cold",
                "limit",
                "cold/d",
                "cold/d (cpu)",
                "without start (cpu)",
                "MB of memory",
            ),
            cold,
        ),
        f"The fleet: d is {number(fleet['d_ms'])} ms. One after the other, each with both cores, the repositories take "
        f"{fleet['one_by_one_over_d']} × d; two at a time {fleet['two_cores_over_d']} × d; processors' time is "
        f"{fleet['cpu_over_d']} × that of the floor.",
        "",
        "### In a worker that is warm",
        "",
        "The product's own code against a git server on the loopback, database and cache of answers included; milliseconds. "
        "“Asking” is `git ls-remote`; “beyond” what a look at a repository that has not moved takes besides; “commit” is "
        "judging the next commit in a child process, after fetching it. Points are months of the past that have commits, "
        "the newest twelve, as a backfill judges and records them, over the repository's own cold scan. A mirror that "
        "lacks old objects cannot be sent, so there is no figure for fetching from it; one that lacks files of HEAD is judged "
        "anew at each look. The cache holds what one repository leaves in it.",
        "",
        *table(
            (
                "repository",
                "asking",
                "beyond",
                "commit",
                "(cpu)",
                "/d",
                "fetching it",
                "points",
                "/cold",
                "/cold (cpu)",
                "cache, KiB",
                "of the mirror",
            ),
            warm,
        ),
        "### What limits",
        "",
        *_limits(rows, fleet),
    ]


def _limits(rows: list[dict[str, Any]], fleet: dict[str, Any]) -> list[str]:
    small = [row for row in rows if row["cold_cpu_ms"] < 2 * fleet["start_cpu_ms"]]
    share = fleet["start_cpu_ms"] / min(row["cold_cpu_ms"] for row in rows)
    slopes = sorted((row["cold_cpu_ms"] - fleet["start_cpu_ms"]) / row["d_cpu_ms"] for row in rows)
    middle = slopes[len(slopes) // 2]
    return [
        f"- Starting: the interpreter, its imports and the ruleset are {share:.0%} of the smallest repository's time, and "
        f"more than half of that of {len(small)} of {len(rows)}. A worker pays it once.",
        f"- Looking at the files: {slopes[0]:.1f} to {slopes[-1]:.1f} times the floor, {middle:.1f} in the middle. The floor "
        "itself is one of these: the same `git cat-file` hands the files over. The rest is finding literals, the RE2 sets, "
        "the syntax trees that literals let through, and manifests and settings, which are parsed always.",
        "- One commit: what is left when nothing is read is forking a child, the list of files, one question to the cache, "
        "deciding 100 rules and handing the result over.",
        *_limits_of_looking(rows),
        "",
    ]


def _limits_of_looking(rows: list[dict[str, Any]]) -> list[str]:
    looked = [row for row in rows if row.get("unchanged_git_processes") is not None]
    if not looked:
        return []
    processes = max(row["unchanged_git_processes"] for row in looked)
    queries = max(row["unchanged_queries"] for row in looked)
    return [
        f"- A look at what has not moved: up to {processes} git processes, `ls-remote` among them, and {queries} queries to the "
        "database; each process is some milliseconds of a fork."
    ]


def _compare(result: dict[str, Any]) -> list[str]:
    figures = result["figures"]
    names = ["Plumbline", *figures["versions"]]
    rows = []
    for row in figures["repositories"]:
        known = {one["tool"]: one for one in row["tools"]}
        cells = [repository(row["repository"]), number(row["files"])]
        for name in names:
            one = known.get(name, {})
            cells.append(f"{one['ms'] / row['d_ms']:.1f}" if "ms" in one else "failed" if one else "–")
        rows.append(cells)
    lines = [
        "## Other tools",
        "",
        "On the same repositories in the same run, as multiples of d. They read a working copy, which is laid out for them "
        "beforehand and not counted; Plumbline reads the mirror. None may use the network.",
        "",
        *table(("repository", "files", *names), rows),
    ]
    summed = []
    for name in names:
        ran = [
            (row, one)
            for row in figures["repositories"]
            for one in row["tools"]
            if one["tool"] == name and "ms" in one
        ]
        if not ran:
            continue
        ours = [next(one for one in row["tools"] if one["tool"] == "Plumbline") for row, _ in ran]
        summed.append(
            (
                name,
                figures["versions"].get(name, ""),
                f"{len(ran)} of {len(figures['repositories'])}",
                number(sum(one["ms"] for _, one in ran) / sum(row["d_ms"] for row, _ in ran), 1),
                number(sum(one["ms"] for _, one in ran) / sum(one["ms"] for one in ours), 2),
                number(sum(one["cpu_ms"] for _, one in ran) / sum(one["cpu_ms"] for one in ours), 2),
                f"{min(one['checks'] for _, one in ran)}–{max(one['checks'] for _, one in ran)}",
            )
        )
    lines += [
        "Summed over the repositories that each could be run on. Checks are those that were made of a repository: rules of "
        "repolinter that need other programs are left out by itself, checkov's are those that found something to look at.",
        "",
        *table(("tool", "version", "ran on", "× d", "× Plumbline", "× Plumbline (cpu)", "checks"), summed, 2),
    ]
    for name, reason in figures["left_out"].items():
        lines.append(f"- {name} could not be installed: {reason}")
    failed = {
        (one["tool"], repository(row["repository"]), one["failed"])
        for row in figures["repositories"]
        for one in row["tools"]
        if "failed" in one
    }
    lines += [f"- {tool} failed on {where}: {why}" for tool, where, why in sorted(failed)]
    return [*lines, ""] if lines[-1] else lines


def _clone(result: dict[str, Any]) -> list[str]:
    rows = [
        (
            repository(row["repository"]),
            row["stack"],
            number(row["files"]),
            number(row["assess_ms"]),
            number(row["clone_ms"]),
            number(row["assess_ms"] / row["clone_ms"], 2),
        )
        for row in result["figures"]
    ]
    faster = sum(row["faster"] for row in result["figures"])
    return [
        "## Judging against cloning",
        "",
        f"Milliseconds of `plumbline assess` and of `git clone --no-local` of the same mirror into a working copy, median of "
        f"{result['repeats']}. {faster} of {len(rows)} are judged in less time than they are cloned in. A mirror that lacks "
        "objects cannot be cloned and is left out.",
        "",
        *table(("repository", "stack", "files", "judging", "cloning", "ratio"), rows, 2),
    ]


def _past(result: dict[str, Any]) -> list[str]:
    rows = [
        (
            repository(row["repository"]),
            number(row["cold_ms"]),
            number(row["points"]),
            number(row["past_ms"]),
            number(row["past_ms"] / row["cold_ms"], 2),
        )
        for row in result["figures"]
    ]
    return [
        "## Twelve months of the past, as processes of their own",
        "",
        "The first process judges HEAD and fills the cache, the second starts anew and judges twelve months with it: a "
        "worker that is warm, above, saves the second start. Milliseconds. Without a cache the ratio would be about twelve.",
        "",
        *table(("repository", "cold", "points", "past", "ratio"), rows),
    ]


def _pages(result: dict[str, Any]) -> list[str]:
    fleets = result["figures"]
    sizes = [fleet["repositories"] for fleet in fleets]
    lines = [
        "## Pages and API",
        "",
        f"On PostgreSQL, fleets of {', '.join(number(size) for size in sizes)} repositories with a year of history made by "
        f"`manage.py seed_fleet`; the whole request inside the process, without the network, up to {result['rounds']} times "
        "each. Milliseconds; growth is the shortest time at the largest fleet over that at the smallest, so 1 is flat, and a "
        f"page that grew with the fleet would have {number(sizes[-1] / sizes[0])}.",
        "",
    ]
    for who, words in (
        ("admin", "An administrator, who sees every repository:"),
        ("lead", "A lead, who sees one team; the ten slowest at the largest fleet:"),
    ):
        known = [{row["page"]: row for row in fleet["pages"] if row["who"] == who} for fleet in fleets]
        names = sorted(known[-1], key=lambda name: -known[-1][name]["p50"])
        names = sorted(names[:10]) if who == "lead" else sorted(names)
        rows = []
        for name in names:
            all_sizes = [one.get(name) for one in known]
            last, first = known[-1][name], all_sizes[0]
            queries = [str(one["queries"]) for one in all_sizes if one]
            rows.append(
                (
                    f"`{name}`",
                    queries[0] if len(set(queries)) == 1 else " / ".join(queries),
                    " / ".join(number(one["p50"]) if one else "–" for one in all_sizes),
                    number(last["p95"]),
                    number(last["bytes"] / 1024),
                    number(last["best"] / first["best"], 1) if first else "–",
                )
            )
        head = (
            "page",
            "queries",
            f"p50 at {' / '.join(number(size) for size in sizes)}",
            "p95",
            "KB",
            "growth",
        )
        lines += [words, "", *table(head, rows)]
    return lines + _storage(fleets)


def _storage(fleets: list[dict[str, Any]]) -> list[str]:
    rows = []
    for fleet in fleets:
        data = fleet["database"]
        if not data:
            continue
        a_year = data["bytes"] / fleet["repositories"] * 365 / data["days"]
        rows.append(
            (
                number(fleet["repositories"]),
                number(data["assessments"]),
                number(data["days"]),
                number(data["bytes"] / 1e6),
                number(a_year / 1024),
                number(fleet["roll_up"]["day"], 2),
                number(fleet["roll_up"]["month"], 2),
            )
        )
    if not rows:
        return []
    largest = fleets[-1]["database"]["tables"]
    return [
        "### Storage and roll-ups",
        "",
        "The database with its indexes; KB are per repository and year of history. Roll-ups are seconds for the figures of "
        "today, which is what a day costs, and of the last thirty days together.",
        "",
        *table(
            (
                "repositories",
                "assessments",
                "days",
                "MB",
                "KB per repository and year",
                "a day, s",
                "a month, s",
            ),
            rows,
            0,
        ),
        "Largest tables at the last size: "
        + ", ".join(f"`{one['table']}` {number(one['bytes'] / 1e6)} MB" for one in largest[:5])
        + ".",
        "",
    ]


def _pdf(result: dict[str, Any]) -> list[str]:
    rows = [
        (row["document"], number(row["seconds"], 2), number(row["peak_mb"]), number(row["bytes"] / 1e6, 1))
        for row in result["figures"]
    ]
    return [
        "## PDFs",
        "",
        "Each document in a process of its own, from made-up verdicts with evidence and a year of daily scores.",
        "",
        *table(("document", "seconds", "peak MB", "MB"), rows),
    ]


def _workers(result: dict[str, Any]) -> list[str]:
    rows = [
        (
            number(row["repositories"]),
            "a day" if row["days"] == 1 else f"{number(row['days'])} days",
            number(row["workers"]),
            number(row["scans_per_worker_hour"]),
            number(row["first_cycle_hours"]),
            number(row["mirrors_tb"], 1),
        )
        for row in result["figures"]["rows"]
    ]
    return [
        "## Workers",
        "",
        f"A simulated queue fed with what {len(result['figures']['costs'])} repositories were measured to cost; "
        "docs/scale.md says what is assumed.",
        "",
        *table(
            (
                "repositories",
                "cycle",
                "workers",
                "scans per worker and hour",
                "first cycle, hours",
                "mirrors, TB",
            ),
            rows,
            2,
        ),
    ]


def _guard(result: dict[str, Any]) -> list[str]:
    figures = result["figures"]
    return [
        "## What CI holds",
        "",
        f"A made-up repository of {figures['files']} files, always the same, takes {figures['ratio']} times its floor in "
        "processors' time; that is mostly starting, since its floor is a few milliseconds. `.ci/run` fails where it takes "
        "more than a third more than that, measured again up to three times.",
        "",
    ]


SECTIONS = {
    "scan": _scan,
    "past": _past,
    "compare": _compare,
    "clone": _clone,
    "pages": _pages,
    "pdf": _pdf,
    "workers": _workers,
    "guard": _guard,
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
