"""How long a PDF takes and how much memory its process needs, for one report and for teams of several sizes.

    uv run python benchmarks/pdf.py [REPOSITORIES ...] [--json [FILE]]

Each document is set in a process of its own, from made-up verdicts with evidence and a year of daily scores. Told are the
seconds that setting it takes (page models aside), the peak memory of the whole process (page models included), the
pages and the size. The aim is a team of 100 repositories in 10 s and 300 MB.
"""

import argparse
import json
import random
import resource
import subprocess
import sys
import time
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from assessments.charts import TrendPoint  # noqa: E402
from assessments.guidance import read_guidance  # noqa: E402
from assessments.report import ReportPage, Subject, build_report  # noqa: E402
from assessments.reports.pdf import Trend, render_pdf, render_team_pdf  # noqa: E402
from assessments.standard import Standard, load_standard  # noqa: E402
from assessments.team_report import build_team_report  # noqa: E402
from benchmarks.machine import Run, result_file  # noqa: E402
from scanners.facts import Evidence  # noqa: E402
from scanners.rules import RULESETS, SHIPPED, load_ruleset  # noqa: E402
from scanners.verdicts import Verdict  # noqa: E402

RULESET = "industry-standards"
SIZES = (0, 1, 12, 100)
"""Repositories of a team; 0 stands for the report of a single one."""
NOW = datetime(2026, 1, 5, 9, tzinfo=UTC)


def repository(standard: Standard, number: int) -> ReportPage:
    """A repository whose items pass or fail by chance, each with three places."""
    chance = random.Random(number)
    rows = [
        Verdict(
            item=item.id,
            outcome="pass" if chance.random() < 0.3 + number % 7 / 10 else "fail",
            evidence=tuple(Evidence(f"services/api/{n}/main.py", n, "app = FastAPI()") for n in range(1, 4)),
            looked_for=("a folder of tests", "a runner among the dependencies"),
            reason="Nothing of it was found.",
            confidence="strong",
        )
        for item in standard.items
    ]
    subject = Subject(f"payments/service-{number}", f"{number:040x}", NOW, NOW, {}, ("python", "fastapi"))
    return build_report(
        standard,
        subject,
        rows,
        guidance=read_guidance(RULESETS / SHIPPED[RULESET] / "guidance") if number == 0 else None,
        starts_on=date(2026, 1, 5),
        evidence_url=lambda path, line: f"https://example.org/{path}#L{line}",
    )


def year(number: int) -> Trend:
    chance = random.Random(number)
    return Trend(
        tuple(
            TrendPoint(NOW - timedelta(days=n), Fraction(chance.randint(300, 800), 10), backfilled=n > 200)
            for n in range(365)
        )
    )


def measure(size: int) -> dict[str, Any]:
    standard = load_standard(load_ruleset(RULESET).document)
    pages = [repository(standard, number) for number in range(max(1, size))]
    team = build_team_report("Payments", standard, pages, capacity=Fraction(10), starts_on=date(2026, 1, 5))
    trends = {page.subject.repository: year(n) for n, page in enumerate(pages)}
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    started = time.perf_counter()
    made = (
        render_team_pdf(team, trend=year(0), trends=trends) if size else render_pdf(pages[0], trend=year(0))
    )
    return {
        "document": f"team of {size}" if size else "one report",
        "seconds": round(time.perf_counter() - started, 2),
        "before_mb": before,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        "bytes": len(made),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description="Time and memory of PDFs.")
    parser.add_argument("sizes", nargs="*", type=int, default=SIZES, metavar="REPOSITORIES")
    parser.add_argument(
        "--json", type=Path, nargs="?", const=result_file("pdf"), help="write the figures to this file"
    )
    parser.add_argument("--here", action="store_true", help="measure in this process, print JSON")
    arguments = parser.parse_args()
    if arguments.here:
        print(json.dumps(measure(arguments.sizes[0])))
        return
    run = Run("pdf")
    found = []
    for size in arguments.sizes:
        done = subprocess.run(
            [sys.executable, __file__, str(size), "--here"], capture_output=True, text=True, check=True
        )
        one = json.loads(done.stdout)
        found.append(one)
        print(
            f"{one['document']:12} {one['seconds']:6.2f} s  peak {one['peak_mb']} MB "
            f"({one['before_mb']} MB before)  {one['bytes'] / 1e6:.1f} MB"
        )
    if arguments.json:
        run.keep(arguments.json, found)


if __name__ == "__main__":
    main()
