"""Rulesets: loading the document, and building signals, conditions and rules from it.

A ruleset is one document: ``ruleset_from_document`` builds it from a mapping, wherever that came from (the shipped
YAML files, or the database). ``load_document`` merges the YAML files of a shipped ruleset's folder; ``load_ruleset`` can
keep what that gave (``scanners.kept``).
"""

import json
import re
from collections.abc import Mapping
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import Any

from scanners.conditions import Condition
from scanners.detectors import DETECTORS
from scanners.detectors.base import Detector
from scanners.digests import sha256
from scanners.errors import RulesetError
from scanners.globs import GlobSet
from scanners.kept import kept_document, kept_of
from scanners.matchers.code import CodeMatcher
from scanners.matchers.paths import PathMatcher
from scanners.matchers.settings import SettingMatcher
from scanners.matchers.text import TextMatcher
from scanners.redact import HINTS, use_literals
from scanners.signals import Signal, build_matchers
from scanners.values import dataclass, field, replace

RULESETS = Path(__file__).parent / "rulesets"
SHIPPED = {"industry-standards": "standard", "supply-chain": "supply-chain"}
"""Ids of the rulesets that ship, and the folder of each."""

_MERGED = ("signals", "conditions", "rules")


@dataclass(frozen=True, slots=True)
class Rule:
    """One expectation. ``knows`` lists the languages whose ways it knows; empty means any.

    ``missing`` is a sentence for a fail, ``reason`` one for "does not apply".
    """

    item: str
    applies: Condition | None
    passes: Condition
    fails: Condition | None
    knows: tuple[str, ...]
    missing: str
    reason: str


@dataclass(frozen=True, eq=False)
class Ruleset:
    """A built ruleset: immutable, safe to share between scans."""

    id: str
    version: str
    digest: str
    document: Mapping[str, Any]
    signals: Mapping[str, Signal]
    conditions: Mapping[str, Condition]
    rules: tuple[Rule, ...]
    detectors: Mapping[str, Detector]
    literals: Mapping[str, str] = field(default_factory=dict)
    """Of every pattern, what it cannot match without (``scanners.gate``); empty where nobody worked it out."""
    glob_table: Any = None
    """The table of ``globs``, where somebody worked it out before."""

    @cached_property
    def matchers(self) -> tuple[TextMatcher | CodeMatcher, ...]:
        """Every matcher that is asked of blobs."""
        found = (m for s in self.signals.values() for m in s.matchers)
        return tuple(m for m in found if isinstance(m, (TextMatcher, CodeMatcher)))

    @cached_property
    def globs(self) -> GlobSet:
        """Every glob of every matcher, as one set."""
        if self.glob_table is not None:
            return GlobSet((), table=self.glob_table)
        globs: list[str] = []
        for signal in self.signals.values():
            for matcher in signal.matchers:
                if isinstance(matcher, PathMatcher):
                    globs += [*matcher.globs, *matcher.unless]
                elif isinstance(matcher, (SettingMatcher, TextMatcher)):
                    globs += matcher.files
        return GlobSet(globs)


def load_ruleset(name: str = "industry-standards", *, cache_dir: Path | None = None) -> Ruleset:
    """The shipped ruleset called ``name``, or the one in a YAML file or folder of that path.

    Raises RulesetError (ruleset.unknown, ruleset.unreadable, ruleset.invalid).
    """
    place = RULESETS / SHIPPED[name] if name in SHIPPED else Path(name)
    if not place.exists():
        known = ", ".join(sorted(SHIPPED))
        raise RulesetError(
            "ruleset.unknown", f"There is no ruleset called {name!r}.", hint=f"Shipped: {known}."
        )
    kept = _kept(place, cache_dir)
    use_literals(kept["literals"])
    return ruleset_from_document(
        kept["document"], digest=kept["digest"], literals=kept["literals"], glob_table=kept["globs"]
    )


def worked_out(ruleset: Ruleset, cache_dir: Path) -> Ruleset:
    """The same ruleset with all that judging goes faster by; what takes a second or two to work out is kept."""
    kept = kept_of(cache_dir, ruleset.digest, lambda: _worked_out(ruleset))
    use_literals(kept["literals"])
    return replace(ruleset, literals=kept["literals"], glob_table=kept["globs"])


def load_document(place: Path, *, cache_dir: Path | None = None) -> dict[str, Any]:
    """The merged document of one YAML file or of all YAML files of a folder (guidance left out).

    A file may take in others: ``extends: ../standard/profile.yaml``, one path or several, relative to itself.
    """
    document: dict[str, Any] = _kept(place, cache_dir)["document"]
    return document


def _kept(place: Path, cache_dir: Path | None) -> dict[str, Any]:
    def make() -> tuple[dict[str, Any], list[Path]]:
        files = _with_extended(sorted(place.glob("*.yaml")) if place.is_dir() else [place])
        document = _merge(files)
        made = {"document": document, "digest": digest_of(document), "literals": {}, "globs": None}
        if cache_dir is not None:
            with suppress(RulesetError):  # of which building it tells
                made |= _worked_out(ruleset_from_document(document))
        return made, files

    kept: dict[str, Any] = kept_document(cache_dir, place, make)
    return kept


def _worked_out(ruleset: Ruleset) -> dict[str, Any]:
    """Worth its while only where it is kept: it takes as long as judging a repository with RE2's filter."""
    from scanners.gate import clue_of

    patterns = [m.pattern if isinstance(m, TextMatcher) else m.literal for m in ruleset.matchers]
    patterns += [detector.gate for detector in ruleset.detectors.values() if detector.gate]
    literals = {pattern: clue_of(pattern) for pattern in dict.fromkeys([*patterns, *HINTS])}
    return {"literals": literals, "globs": ruleset.globs.table}


_EXTENDS = re.compile(r"^extends:[ \t]*\[?([^\]\n#]+)", re.MULTILINE)


def _with_extended(files: list[Path]) -> list[Path]:
    """``files`` and all that they extend, each once."""
    found: dict[Path, None] = dict.fromkeys(file.resolve() for file in files)
    queue = list(found)
    while queue:
        file = queue.pop()
        match = _EXTENDS.search(file.read_text()) if file.is_file() else None
        for name in match[1].split(",") if match else ():
            wanted = (file.parent / name.strip().strip("\"'")).resolve()
            if not wanted.is_file():
                raise RulesetError(
                    "ruleset.unreadable", f"{file.name} extends {name.strip()}, which is no file."
                )
            if wanted not in found:
                found[wanted] = None
                queue.append(wanted)
    return list(found)


def _merge(files: list[Path]) -> dict[str, Any]:
    import yaml

    loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    document: dict[str, Any] = {name: {} for name in _MERGED}
    for file in files:
        try:
            part = yaml.load(file.read_text(), Loader=loader) or {}
        except yaml.YAMLError as error:
            raise RulesetError("ruleset.unreadable", f"{file.name} is no valid YAML: {error}") from error
        for name, value in part.items():
            if name in _MERGED:
                twice = document[name].keys() & (value or {}).keys()
                if twice:
                    raise RulesetError("ruleset.invalid", f"{file.name} declares {min(twice)} a second time.")
                document[name].update(value or {})
            elif name in ("area", "extends"):
                continue
            elif name in document and document[name] != value:
                raise RulesetError("ruleset.invalid", f"{file.name} says {name!r} a second time.")
            else:
                document[name] = value
    return document


def digest_of(document: Mapping[str, Any]) -> str:
    """A digest of the document's meaning: the same whatever the order of keys or the layout of the YAML."""
    raw = json.dumps(document, sort_keys=True, separators=(",", ":"), default=str)
    return sha256(raw.encode()).hexdigest()


def ruleset_from_document(
    document: Mapping[str, Any],
    *,
    digest: str = "",
    literals: Mapping[str, str] | None = None,
    glob_table: Any = None,
) -> Ruleset:
    """The built ruleset. Cheap: nothing is compiled before a scan needs it. Raises RulesetError (ruleset.invalid).

    ``digest`` is that of ``digest_of`` where it is known already, and so are ``literals`` and ``glob_table``.
    """
    try:
        signals: dict[str, Signal] = {}
        key = 0
        for signal_id, spec in document["signals"].items():
            matchers, detectors, key = build_matchers(key, spec["any"])
            signals[signal_id] = Signal(signal_id, spec["question"], tuple(matchers), tuple(detectors))
        rules = tuple(_rule(item, spec) for item, spec in _ordered(document).items())
        used = {ref.name for s in signals.values() for ref in s.detectors}
        return Ruleset(
            id=document["id"],
            version=str(document["version"]),
            digest=digest or digest_of(document),
            document=document,
            signals=signals,
            conditions=document.get("conditions", {}),
            rules=rules,
            detectors={name: DETECTORS[name] for name in sorted(used)},
            literals=literals or {},
            glob_table=glob_table,
        )
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        message = f"The ruleset cannot be built: {type(error).__name__}: {error}."
        raise RulesetError(
            "ruleset.invalid", message, hint="Validate it against ruleset.schema.json."
        ) from error


def _ordered(document: Mapping[str, Any]) -> dict[str, Any]:
    """Rules in the catalogue's order, so that a condition may ask for an earlier item's verdict."""
    rules = document["rules"]
    order = [item["id"] for item in document.get("items", ())] or list(rules)
    return {item: rules[item] for item in order if item in rules}


def _rule(item: str, spec: Mapping[str, Any]) -> Rule:
    knows = spec.get("knows", ())
    return Rule(
        item=item,
        applies=spec.get("applies"),
        passes=spec["pass"],
        fails=spec.get("fail"),
        knows=() if knows == "any" else tuple(knows) or KNOWN_LANGUAGES,
        missing=spec.get("missing", ""),
        reason=spec.get("reason", ""),
    )


KNOWN_LANGUAGES = (
    "python", "javascript", "typescript", "tsx", "vue", "svelte", "astro", "go", "java", "kotlin", "groovy", "ruby", "php",
    "csharp", "rust", "elixir",
)  # fmt: skip
"""The languages whose frameworks the shipped rules know, unless a rule says otherwise."""
