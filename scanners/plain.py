"""A scan's result as a JSON value and back, to pass between processes."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from scanners.facts import Evidence, Problem
from scanners.profile import Profile
from scanners.scan import ScanResult
from scanners.values import asdict
from scanners.verdicts import Verdict


def to_plain(result: ScanResult) -> dict[str, Any]:
    """The result in strings, numbers, lists and dictionaries."""
    return {**asdict(result), "committed_at": result.committed_at.isoformat()}


def from_plain(value: Mapping[str, Any]) -> ScanResult:
    """The result that ``to_plain`` gave ``value`` for, also after a way through JSON."""
    profile = value["profile"]
    return ScanResult(
        **{
            **value,
            "committed_at": datetime.fromisoformat(value["committed_at"]),
            "profile": Profile(
                **{
                    **profile,
                    "stack": tuple(profile["stack"]),
                    "evidence": {name: _evidence(found) for name, found in profile["evidence"].items()},
                }
            ),
            "verdicts": tuple(
                Verdict(
                    **{
                        **one,
                        "evidence": _evidence(one["evidence"]),
                        "looked_for": tuple(one["looked_for"]),
                    }
                )
                for one in value["verdicts"]
            ),
            "problems": tuple(Problem(**one) for one in value["problems"]),
        }
    )


def _evidence(found: Iterable[Mapping[str, Any]]) -> tuple[Evidence, ...]:
    return tuple(Evidence(**one) for one in found)
