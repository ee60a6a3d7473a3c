"""A report drawn again from its JSON: the page model that every other format is rendered from.

The document holds what was found and the standard it was graded by; grade, matrix, plan and words are computed
again, so a document that somebody changed by hand contradicts itself nowhere.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction
from typing import Any

from assessments.guidance import Guidance, load_guidance
from assessments.overlays import Kind, Overlay
from assessments.report import ReportPage, Subject, build_report
from assessments.reports.json import SCHEMA
from assessments.standard import load_standard
from scanners.errors import RulesetError, ScanError
from scanners.facts import Evidence, Problem

MAX_CHARACTERS = 64 << 20
OUTCOMES = frozenset({"pass", "fail", "not_applicable", "unknown"})


@dataclass(frozen=True, slots=True)
class _Verdict:
    item: str
    outcome: str
    evidence: tuple[Evidence, ...]
    looked_for: tuple[str, ...]
    reason: str
    confidence: str


def page_from_json(text: str) -> ReportPage:
    """The report of a ``plumbline.assessment/1`` document.

    Raises ScanError (``report.unreadable``) for text that is no such document, naming what is wrong.
    """
    if len(text) > MAX_CHARACTERS:
        raise _unreadable(f"it has more than {MAX_CHARACTERS} characters")
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise _unreadable(f"it is no JSON: {error}") from None
    if not isinstance(document, dict) or document.get("schema") != SCHEMA:
        raise _unreadable(f"its schema is not {SCHEMA}")
    if "standard" not in document:
        raise _unreadable("it was written by a version that did not keep the standard in it")
    try:
        return _page(document)
    except RulesetError as error:
        raise _unreadable(error.message) from error
    except (KeyError, TypeError, ValueError, AttributeError, ZeroDivisionError) as error:
        what = f"lacks {error}" if isinstance(error, KeyError) else f"is misshapen: {error}"
        raise _unreadable(f"it {what}") from error


def _unreadable(what: str) -> ScanError:
    return ScanError(
        "report.unreadable",
        f"This is no report of an assessment: {what[:200]}.",
        hint="Give the output of plumbline assess --format json.",
    )


def _page(document: Mapping[str, Any]) -> ReportPage:
    standard = load_standard(document["standard"])
    items = document["items"]
    urls = {
        (place["path"], place["line"]): place.get("url", "") for item in items for place in item["evidence"]
    }
    capacity = document.get("plan_capacity_exact")
    page = build_report(
        standard,
        _subject(document),
        [_verdict(item) for item in items],
        guidance=_guidance(items),
        overlays=[_overlay(item["id"], one) for item in items for one in item.get("overlays", ())],
        day=date.min,  # the document names only those that held
        stale={item["id"] for item in items if item["stale"]},
        capacity=Fraction(capacity) if capacity else None,
        starts_on=_day(document.get("plan_starts_on")),
        done=[step["initiative"] for phase in document["plan"] for step in phase["steps"] if step["done"]],
        evidence_url=lambda path, line: urls.get((path, line), ""),
    )
    return page


def _subject(document: Mapping[str, Any]) -> Subject:
    return Subject(
        repository=str(document["repository"]),
        commit=str(document["commit"]),
        committed_at=_moment(document["committed_at"]),
        judged_at=_moment(document["judged_at"]),
        profile=dict(document["profile"]),
        stack=tuple(map(str, document["stack"])),
        root=str(document.get("root", "")),
        url=str(document.get("url", "")),
        readme=str(document.get("readme", "")),
        problems=tuple(Problem(**one) for one in document.get("problems", ())),
        set_by_hand=tuple(map(str, document.get("set_by_hand", ()))),
        set_because=str(document.get("set_because", "")),
    )


def _verdict(item: Mapping[str, Any]) -> _Verdict:
    if item["verdict"] not in OUTCOMES:
        raise ValueError(f"{item['verdict']!r} is no verdict")
    return _Verdict(
        item=str(item["id"]),
        outcome=item["verdict"],
        evidence=tuple(_evidence(place) for place in item["evidence"]),
        looked_for=tuple(map(str, item["looked_for"])),
        reason=str(item["reason"]),
        confidence=str(item["confidence"]),
    )


def _evidence(place: Mapping[str, Any]) -> Evidence:
    return Evidence(
        str(place["path"]),
        int(place["line"]),
        str(place["excerpt"]),
        strength=place["strength"],
        note=str(place.get("note", "")),
    )


def _overlay(item: str, one: Mapping[str, Any]) -> Overlay:
    kind: Kind = one["kind"]
    if kind not in ("override", "attestation", "waiver"):
        raise ValueError(f"{kind!r} is no kind of overlay")
    return Overlay(
        kind, item, str(one["author"]), str(one["reason"]), one["verdict"] or "", _day(one["expires_on"])
    )


def _guidance(items: list[Mapping[str, Any]]) -> dict[str, Guidance]:
    """Guidance as the document gives it; of its snippets only the one in the repository's stack is there."""
    entries = {}
    for item in items:
        if "guidance" in item:
            snippet = item.get("snippet")
            entry = {name: value for name, value in item["guidance"].items() if value is not None}
            entries[item["id"]] = entry | ({"snippets": {"any": snippet}} if snippet else {})
    return load_guidance([{"items": entries}])


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
