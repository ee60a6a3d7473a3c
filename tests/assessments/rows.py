"""The shipped standard, the reference verdicts and small reports, for the tests of the pure modules."""

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from assessments.report import ReportPage, Subject, build_report
from assessments.standard import Standard, load_standard
from scanners.facts import Evidence

GOLDEN = Path(__file__).parent / "golden"
RULESET = Path(__file__).parents[2] / "scanners" / "rulesets" / "standard"
NOW = datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Row:
    item: str
    outcome: str
    evidence: tuple[Evidence, ...] = ()
    looked_for: tuple[str, ...] = ()
    reason: str = ""
    confidence: str = "strong"


@cache
def shipped_document() -> dict[str, Any]:
    return {
        key: value
        for name in ("standard.yaml", "initiatives.yaml")
        for key, value in yaml.safe_load((RULESET / name).read_text(encoding="utf-8")).items()
    }


@cache
def shipped_standard() -> Standard:
    return load_standard(shipped_document())


@cache
def reference() -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load(
        (GOLDEN / "reference-verdicts.yaml").read_text(encoding="utf-8")
    )
    return document


def small_standard(items: dict[str, Any], **changes: Any) -> Standard:
    """A standard with the shipped scale whose items are given as id -> tier, or id -> (tier, weight)."""
    entries = []
    for id, given in items.items():
        tier, weight = given if isinstance(given, tuple) else (given, 1)
        entries.append(
            {
                "id": id, "title": id, "area": "testing", "category": "Testing",
                "tier": tier, "weight": weight, "passes": "It is there.",
            }
        )  # fmt: skip
    return load_standard({**shipped_document(), "items": entries, "initiatives": [], **changes})


def subject(**changes: Any) -> Subject:
    given = reference()
    values: dict[str, Any] = {
        "repository": given["repository"],
        "commit": "0123456789abcdef0123456789abcdef01234567",
        "committed_at": NOW,
        "judged_at": NOW,
        "profile": given["profile"],
        "stack": tuple(given["stack"]),
    }
    return Subject(**{**values, **changes})


def reference_page(**changes: Any) -> ReportPage:
    rows = [Row(item, outcome) for item, outcome in reference()["verdicts"].items()]
    return build_report(shipped_standard(), subject(), rows, **changes)
