"""Failing items as SARIF 2.1.0, so that code hosts and editors show them at file and line.

A gap that has no line of its own points to the README, or to the root of what was judged.
"""

import hashlib
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, urlsplit

from assessments.guidance import Guidance
from assessments.report import EvidenceLine, ItemRow, ReportPage
from assessments.reports.markup import code_block, escape, link
from assessments.reports.plain import json_text, shortened, visible
from assessments.standard import Item, Standard

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_LEVELS = ("error", "warning", "note")
"""Level by the priority of the initiative that mends an item, the most urgent first."""


MAX_RESULTS = 5_000
"""The most results of a run that GitHub keeps (docs.github.com, "SARIF results exceed limits": it takes 25,000)."""
MAX_MESSAGE = 1_000
"""Characters of a message: enough for what is expected and what was found, whatever a reason brings along."""


def installed_version() -> str:
    """The version of Plumbline that runs, empty where it runs from a folder that was never installed."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("plumbline")
    except PackageNotFoundError:
        return ""


def render_sarif(page: ReportPage, *, tool_version: str = "") -> str:
    """A SARIF log with one run: a rule per item, a result per place of a failing item.

    Beyond ``MAX_RESULTS`` the most urgent stay, and the run's ``resultsLeftOut`` says how many do not.
    """
    order = {item.id: n for n, item in enumerate(page.standard.items)}
    driver: dict[str, Any] = {"name": "Plumbline", "rules": [_rule(page.standard, row) for row in page.items]}
    if tool_version:
        driver["version"] = tool_version
    results = list(_results(page, order))
    left_out = len(results) - MAX_RESULTS
    if left_out > 0:
        results = sorted(results, key=lambda one: _LEVELS.index(one["level"]))[:MAX_RESULTS]
    run: dict[str, Any] = {
        "tool": {"driver": driver},
        "automationDetails": {"id": f"plumbline/{page.standard.id}/{page.subject.root}"},
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {"SRCROOT": {"description": {"text": "The root of the repository."}}},
        "results": results,
        "properties": {
            "ruleset": f"{page.standard.id} {page.standard.version}",
            "grade": page.effective_grade.letter,
        },
    }
    if left_out > 0:
        run["properties"]["resultsLeftOut"] = left_out
    if urlsplit(page.subject.url).scheme in ("http", "https"):
        run["versionControlProvenance"] = [
            {"repositoryUri": page.subject.url, "revisionId": page.subject.commit}
        ]
    log = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
    return json_text(log)


def _rule(standard: Standard, row: ItemRow) -> dict[str, Any]:
    item, guidance = row.item, row.guidance
    rule: dict[str, Any] = {
        "id": item.id,
        "name": "".join(part.capitalize() for part in item.id.replace(".", "-").split("-")),
        "shortDescription": {"text": item.title},
        "fullDescription": {"text": item.passes},
        "defaultConfiguration": {"level": _level(standard, item)},
        "properties": {"tags": [item.category, item.area, item.tier]},
    }
    if guidance and (guidance.why or guidance.fix):
        rule["help"] = {
            "text": " ".join(f"{guidance.why} {guidance.fix}".split()),
            "markdown": _help(row, guidance),
        }
    if guidance and guidance.links:
        rule["helpUri"] = guidance.links[0].url
    return rule


def _help(row: ItemRow, guidance: Guidance) -> str:
    """The guidance as Markdown, which code hosts show in place of the text."""
    parts = [escape(" ".join(text.split())) for text in (guidance.why, guidance.fix) if text.strip()]
    if row.snippet:
        parts.append(code_block(row.snippet.code, row.snippet.language))
    if guidance.links:
        parts.append("\n".join(f"- {link(escape(one.title), one.url)}" for one in guidance.links))
    return "\n\n".join(parts)


def _results(page: ReportPage, order: dict[str, int]) -> Iterator[dict[str, Any]]:
    for row in page.items:
        if row.verdict != "fail" and not (row.verdict == "waived" and row.raw == "fail"):
            continue
        for place in row.evidence or (None,):
            result: dict[str, Any] = {
                "ruleId": row.item.id,
                "ruleIndex": order[row.item.id],
                "level": _level(page.standard, row.item),
                "message": {"text": _message(row)},
                "locations": [{"physicalLocation": _location(page, place)}],
                "partialFingerprints": {"plumblineItem/v1": _fingerprint(row.item, place)},
            }
            waivers = [one for one in row.overlays if one.kind == "waiver"]
            if row.verdict == "waived":
                result["suppressions"] = [
                    {"kind": "external", "status": "accepted", "justification": one.reason} for one in waivers
                ]
            yield result


def _level(standard: Standard, item: Item) -> str:
    ids = [priority.id for priority in standard.priorities]
    mended_by = standard.initiative_of.get(item.id)
    place = ids.index(mended_by.priority) if mended_by else len(ids)
    return _LEVELS[min(place, len(_LEVELS) - 1)]


def _message(row: ItemRow) -> str:
    found = row.reason or row.item.issue or f"Not found: {row.item.title}"
    text = f"{found.rstrip('.')}. Expected: {row.item.passes}"
    told = text + (f" Looked for: {'; '.join(row.looked_for)}." if row.looked_for else "")
    return shortened(visible(told), MAX_MESSAGE)


def _location(page: ReportPage, place: EvidenceLine | None) -> dict[str, Any]:
    path = place.path if place else page.subject.readme or page.subject.root or "."
    location: dict[str, Any] = {"artifactLocation": {"uri": _uri(path), "uriBaseId": "SRCROOT"}}
    if place is None:
        location["region"] = {"startLine": 1}
    elif place.line > 0:
        location["region"] = {"startLine": place.line}
        if place.excerpt:
            location["region"]["snippet"] = {"text": visible(place.excerpt)}
    return location


def _uri(path: str) -> str:
    """A relative reference: every character that could end the path or start a scheme is escaped."""
    return quote(path.encode("utf-8", "surrogateescape"), safe="/")


def _fingerprint(item: Item, place: EvidenceLine | None) -> str:
    """Stable while the code moves: item, path and excerpt, not the line."""
    told = "\0".join((item.id, place.path, place.excerpt) if place else (item.id,))
    return hashlib.sha256(told.encode("utf-8", "surrogatepass")).hexdigest()[:32]
