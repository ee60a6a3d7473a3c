"""The profile of a repository: kind, what it has, its stack; decided from signals, with their evidence."""

from collections.abc import Mapping
from typing import Any

from scanners.conditions import Scene
from scanners.facts import Evidence
from scanners.languages import CODE, FAMILIES
from scanners.values import dataclass, field

FIELDS = ("has_http_api", "has_database", "has_users", "has_docs_ui")
KINDS = ("service", "library", "cli", "frontend", "infrastructure", "documentation")
LANGUAGE_SHARE = 0.1
"""A language is named in the stack when it makes up a tenth of the source lines."""


@dataclass(frozen=True, slots=True)
class Profile:
    """``languages`` are shares of source lines by language, largest first. ``evidence`` is kept per field."""

    kind: str
    has_http_api: bool
    has_database: bool
    has_users: bool
    has_docs_ui: bool
    stack: tuple[str, ...]
    languages: dict[str, float]
    evidence: dict[str, tuple[Evidence, ...]] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """The five fields of the catalogue's profile."""
        return {"kind": self.kind, **{name: getattr(self, name) for name in FIELDS}}


def decide_profile(
    document: Mapping[str, Any],
    scene: Scene,
    lines: Mapping[str, int],
    overrides: Mapping[str, Any] | None = None,
) -> Profile:
    """The profile that the ruleset's ``profile`` section decides; ``overrides`` (an admin's) win field by field.

    ``lines`` are source lines by language. Fields are decided in the order stack, has_*, kind, so that each may use
    what came before; fields that need the kind use signals instead.
    """
    overrides = overrides or {}
    languages = _shares(lines)
    stack = [name for name, share in _by_family(languages).items() if share >= LANGUAGE_SHARE]
    evidence: dict[str, tuple[Evidence, ...]] = {}
    for entry in document["stack"]:
        truth = scene.test(entry["when"])
        if truth.value is True:
            stack.append(entry["name"])
            evidence[f"stack.{entry['name']}"] = truth.evidence[:2]
    scene.stack = frozenset(stack)
    scene.forget()
    values: dict[str, Any] = {"main_language": next(iter(_by_family(languages)), "")}
    scene.profile = values
    for entry in document["kind"]:
        reason = scene.test(entry["when"]) if "when" in entry else None
        if reason is None or reason.value is True:
            values["kind"] = entry["is"]
            evidence["kind"] = reason.evidence[:3] if reason else ()
            break
    values["kind"] = overrides.get("kind", values["kind"])
    for name in FIELDS:
        truth = scene.test(document["fields"][name])
        values[name] = overrides.get(name, truth.value is True)
        evidence[name] = truth.evidence[:3] if values[name] else ()
        scene.forget()
    return Profile(
        kind=values["kind"],
        has_http_api=values["has_http_api"],
        has_database=values["has_database"],
        has_users=values["has_users"],
        has_docs_ui=values["has_docs_ui"],
        stack=tuple(dict.fromkeys(stack)),
        languages=languages,
        evidence=evidence,
    )


def _shares(lines: Mapping[str, int]) -> dict[str, float]:
    counted = {name: count for name, count in lines.items() if name in CODE and count}
    total = sum(counted.values())
    return {name: count / total for name, count in sorted(counted.items(), key=lambda pair: -pair[1])}


def _by_family(languages: Mapping[str, float]) -> dict[str, float]:
    shares: dict[str, float] = {}
    for name, share in languages.items():
        family = FAMILIES.get(name, name)
        shares[family] = shares.get(family, 0) + share
    return dict(sorted(shares.items(), key=lambda pair: -pair[1]))
