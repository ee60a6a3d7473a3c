"""What docs/performance.md says of pages, storage, documents and workers; each function makes one section."""

from typing import Any

from benchmarks.report_text import number, table


def of_pages(result: dict[str, Any]) -> list[str]:
    fleets = result["figures"]
    sizes = [fleet["repositories"] for fleet in fleets]
    with_cpu = all("cpu_p50" in row for fleet in fleets for row in fleet["pages"])
    best = "cpu_best" if with_cpu else "best"
    cpu = (
        "cpu is processor time of the request and of its session at the database, which depends less on what else the "
        "machine does; "
    )
    lines = [
        "## Pages and API",
        "",
        f"On PostgreSQL, fleets of {', '.join(number(size) for size in sizes)} repositories with a year of history made by "
        f"`manage.py seed_fleet`; the whole request inside the process, without the network, up to {result['rounds']} times "
        f"each. Milliseconds; {cpu if with_cpu else ''}growth is the shortest {'processor ' if with_cpu else ''}time at the "
        "largest fleet over that at the smallest, so 1 is flat, and a "
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
        head = ("page", "queries", _timed_head("p50", sizes), "p95")
        head += (_timed_head("cpu p50", sizes), "cpu p95") if with_cpu else ()
        rows = []
        for name in names:
            all_sizes = [one.get(name) for one in known]
            last, first = known[-1][name], all_sizes[0]
            queries = [str(one["queries"]) for one in all_sizes if one]
            rows.append(
                (
                    f"`{name}`",
                    queries[0] if len(set(queries)) == 1 else " / ".join(queries),
                    _at_all_sizes(all_sizes, "p50"),
                    number(last["p95"]),
                    *((_at_all_sizes(all_sizes, "cpu_p50"), number(last["cpu_p95"])) if with_cpu else ()),
                    number(last["bytes"] / 1024),
                    number(last[best] / first[best], 1) if first else "–",
                )
            )
        lines += [words, "", *table((*head, "KB", "growth"), rows)]
    return lines + _storage(fleets)


def _timed_head(what: str, sizes: list[int]) -> str:
    return f"{what} at {' / '.join(number(size) for size in sizes)}"


def _at_all_sizes(rows: list[dict[str, Any] | None], figure: str) -> str:
    return " / ".join(number(row[figure]) if row else "–" for row in rows)


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


def of_pdf(result: dict[str, Any]) -> list[str]:
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


def of_workers(result: dict[str, Any]) -> list[str]:
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
