"""Whether a ruleset document may be used: its shape by JSON schema, then its meaning.

Used by the loader of an admin's document and by the tests of the shipped one. Every problem is found at once, each
with its place, so that an editor can show them beside the text.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import re2

from scanners.detectors import DETECTORS
from scanners.errors import RulesetError
from scanners.globs import glob_to_regex
from scanners.languages import GROUPS, all_languages
from scanners.matchers.base import listed
from scanners.matchers.code import CodeMatcher, problem_with
from scanners.matchers.dependencies import ECOSYSTEMS
from scanners.matchers.text import IMPORT_LANGUAGES
from scanners.rules import Ruleset, ruleset_from_document

SCHEMA = Path(__file__).parent / "rulesets" / "ruleset.schema.json"

MAX_PATTERN = 4000
"""Longer patterns are a list that belongs into several matchers; RE2 stays linear, but its automaton grows."""


def validate_document(document: Any) -> Ruleset:
    """The built ruleset, when the document is valid. Raises RulesetError with every problem found."""
    problems = tuple(problems_of(document))
    if problems:
        count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
        raise RulesetError("ruleset.invalid", f"The ruleset has {count}: {problems[0]}", problems=problems)
    return ruleset_from_document(document)


def problems_of(document: Any) -> list[str]:
    """What is wrong with a document, each as ``place: sentence``; shape first, and meaning only if the shape is right."""
    shape = list(_shape_problems(document))
    return shape or list(_meaning_problems(document))


def _shape_problems(document: Any) -> Iterator[str]:
    from jsonschema import Draft202012Validator

    validator = Draft202012Validator(json.loads(SCHEMA.read_text()))
    for error in sorted(
        validator.iter_errors(document), key=lambda e: [str(part) for part in e.absolute_path]
    ):
        place = ".".join(str(part) for part in error.absolute_path) or "document"
        yield f"{place}: {error.message[:300]}"


def _meaning_problems(document: Mapping[str, Any]) -> Iterator[str]:
    signals, conditions = document["signals"], document.get("conditions", {})
    for clash in sorted(signals.keys() & conditions.keys()):
        yield f"conditions.{clash}: a signal has the same name"
    for signal_id, signal in signals.items():
        for index, spec in enumerate(signal["any"]):
            for problem in _matcher_problems(spec):
                yield f"signals.{signal_id}.any.{index}: {problem}"
    items = [item["id"] for item in document.get("items", ())]
    rules = document["rules"]
    for item in items:
        if item not in rules:
            yield f"rules: the item {item} has no rule"
    for item, rule in rules.items():
        if items and item not in items:
            yield f"rules.{item}: there is no such item"
        earlier = set(items[: items.index(item)]) if item in items else set(items)
        for part in ("applies", "pass", "fail"):
            if part in rule:
                for problem in _condition_problems(rule[part], signals, conditions, earlier):
                    yield f"rules.{item}.{part}: {problem}"
    for name, condition in conditions.items():
        for problem in _condition_problems(condition, signals, conditions, set(items)):
            yield f"conditions.{name}: {problem}"
    yield from _cycles(conditions)


def _matcher_problems(spec: Mapping[str, Any]) -> Iterator[str]:
    known = all_languages() | GROUPS.keys()
    for language in listed(spec.get("in", ())):
        if language not in known:
            yield f"unknown language {language!r}"
    for name in ("text", "also", "unless", "unless_line", "literal"):
        if isinstance(spec.get(name), str) and not ("path" in spec and name == "unless"):
            yield from _pattern_problems(spec[name])
    for glob in (*listed(spec.get("files", ())), *listed(spec.get("path", ()))):
        yield from _pattern_problems(glob_to_regex(glob))
    for ecosystem in spec.get("dependency", ()):
        if ecosystem not in ECOSYSTEMS:
            yield f"unknown ecosystem {ecosystem!r}"
    for language in spec.get("import", ()):
        if language not in IMPORT_LANGUAGES:
            yield f"imports are not known for {language!r}"
    for part in ("key", "value"):
        yield from _pattern_problems((spec.get("setting") or {}).get(part, ""))
    for part in ("run", "uses", "unless"):
        yield from _pattern_problems((spec.get("workflow") or {}).get(part, ""))
    for name in listed(spec.get("detector", ())):
        if name not in DETECTORS:
            yield f"unknown detector {name!r}"
    if "code" in spec and not any(True for _ in _pattern_problems(spec["literal"])):
        from scanners.matchers.code import from_spec

        matcher: CodeMatcher = from_spec(0, spec)
        problem = problem_with(matcher)
        if problem:
            yield f"code: {problem}"


def _pattern_problems(pattern: str) -> Iterator[str]:
    if len(pattern) > MAX_PATTERN:
        yield f"a pattern has {len(pattern)} characters, at most {MAX_PATTERN} are allowed"
        return
    options = re2.Options()
    options.log_errors = False
    try:
        re2.compile(pattern, options)
    except re2.error as error:
        reason = error.args[0] if error.args else "invalid"
        text = reason.decode("utf-8", "replace") if isinstance(reason, bytes) else str(reason)
        yield f"pattern {pattern[:60]!r}: {text}"


def _condition_problems(
    condition: Any, signals: Mapping[str, Any], conditions: Mapping[str, Any], earlier: set[str]
) -> Iterator[str]:
    if isinstance(condition, str):
        if condition not in signals and condition not in conditions:
            yield f"there is no signal or condition {condition!r}"
        return
    for inner in _parts(condition):
        yield from _condition_problems(inner, signals, conditions, earlier)
    ratio = condition.get("ratio") or {}
    for name in (
        *listed(condition.get("of", ())),
        *listed(ratio.get("of", ())),
        *listed(ratio.get("to", ())),
    ):
        if name not in signals:
            yield f"there is no signal {name!r}"
    if "measure" in condition and condition["measure"] not in signals:
        yield f"there is no signal {condition['measure']!r}"
    if "verdict" in condition and condition["verdict"] not in earlier:
        yield f"{condition['verdict']} is not judged before this item"


def _parts(condition: Mapping[str, Any]) -> tuple[Any, ...]:
    """The conditions that ``condition`` combines."""
    negated = (condition["not"],) if "not" in condition else ()
    return (*condition.get("any", ()), *condition.get("all", ()), *negated)


def _cycles(conditions: Mapping[str, Any]) -> Iterator[str]:
    def names(condition: Any) -> Iterator[str]:
        if isinstance(condition, str):
            yield condition
        elif isinstance(condition, Mapping):
            for inner in _parts(condition):
                yield from names(inner)

    for start in conditions:
        seen: set[str] = set()
        queue = [start]
        while queue:
            for name in names(conditions.get(queue.pop())):
                if name == start:
                    yield f"conditions.{start}: it depends on itself"
                    queue.clear()
                    break
                if name in conditions and name not in seen:
                    seen.add(name)
                    queue.append(name)
