"""Imports point one way: config to assessments to scanners; the engine and the command line know no Django."""

import subprocess
import sys

import pytest

DJANGO_FREE = [
    "scanners.scan",
    "scanners.mirror",
    "scanners.validation",
    "assessments.cli",
    "assessments.cli_past",
    "assessments.comparison",
    "assessments.accuracy",
    "assessments.failures",
    "assessments.grading",
    "assessments.matrix",
    "assessments.planning",
    "assessments.optimise",
    "assessments.report",
    "assessments.staleness",
    "assessments.team_report",
    "assessments.tokens",
    "assessments.charts",
    "assessments.reports.json",
    "assessments.reports.markdown",
    "assessments.reports.pdf",
    "assessments.reports.sarif",
    "assessments.reports.text",
]


@pytest.mark.parametrize("module", DJANGO_FREE)
def test_importing_it_brings_in_no_django(module: str) -> None:
    script = f"import sys, {module}; print(sorted(m for m in sys.modules if m.split('.')[0] in ('django', 'celery', 'rq')))"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.strip() == "[]"


def test_the_command_line_starts_without_what_only_clones_or_prints_need() -> None:
    script = "import sys, assessments.cli, scanners.scan; print([m for m in ('git', 'typst', 'yaml', 'jsonschema', 'highspy', 'numpy') if m in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.strip() == "[]"


def test_import_contracts_hold() -> None:
    from importlinter.cli import lint_imports

    assert lint_imports(no_cache=True) == 0
