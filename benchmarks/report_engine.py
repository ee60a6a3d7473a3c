"""What docs/performance.md says of judging repositories; each function makes one section of one benchmark's result."""

from typing import Any

from benchmarks.report_text import number, repository, table


def of_scan(result: dict[str, Any]) -> list[str]:
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
        f"- A look at what has not moved: {processes} git process{'es' if processes > 1 else ''}, `ls-remote` among them, and "
        f"{queries} queries to the database, each built anew by Django: claiming the scan, its end, and when the next one is "
        "due. Asking for it is not among them, since the schedule asks for thousands at once (`benchmarks/due.py`)."
    ]


def of_compare(result: dict[str, Any]) -> list[str]:
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


def of_clone(result: dict[str, Any]) -> list[str]:
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


def of_past(result: dict[str, Any]) -> list[str]:
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


def of_guard(result: dict[str, Any]) -> list[str]:
    figures = result["figures"]
    return [
        "## What CI holds",
        "",
        f"A made-up repository of {figures['files']} files, always the same, takes {figures['ratio']} times its floor in "
        "processors' time. Its floor is a few milliseconds, so starting the process weighs in that. `.ci/run` fails where it "
        "takes more than a third more than that, measured again up to three times.",
        "",
    ]
