"""Text matchers: RE2 patterns over the files of some languages, or of some paths.

``text`` is a pattern, ``import`` a list of module names per language from which the pattern is made.
"""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import re2

from scanners.languages import all_languages, expand
from scanners.matchers.base import ALL_ROLES, DEFAULT_ROLES, Hit, Scope, listed, scope_of
from scanners.values import dataclass

if TYPE_CHECKING:
    from scanners.view import TreeView


_PROSE = frozenset(["markdown", "text"])
_PROSE_ROLES = frozenset(["docs", "source"])


@dataclass(frozen=True, slots=True)
class TextMatcher:
    """One pattern; ``also`` must and ``unless`` must not occur in the same file, ``unless_line`` on the same line."""

    key: int
    pattern: str
    languages: frozenset[str]
    files: tuple[str, ...]
    scope: Scope
    also: str
    unless: str
    unless_line: str
    in_comments: bool

    def hits(self, view: "TreeView") -> Iterable[Hit]:
        return view.observed(self.key)


def from_spec(key: int, spec: Mapping[str, Any]) -> TextMatcher:
    """The matcher for ``{text: pattern, in: [...], files: [...], ...}``."""
    files = listed(spec.get("files", ()))
    languages = frozenset() if files else (expand(listed(spec["in"])) if "in" in spec else all_languages())
    return TextMatcher(
        key=key,
        pattern=spec["text"],
        languages=languages,
        files=files,
        scope=scope_of(spec, "strong", _default_roles(languages, files)),
        also=spec.get("also", ""),
        unless=spec.get("unless", ""),
        unless_line=spec.get("unless_line", ""),
        in_comments=bool(spec.get("comments", False)) or bool(languages) and languages <= _PROSE,
    )


def _default_roles(languages: frozenset[str], files: tuple[str, ...]) -> frozenset[str]:
    return _PROSE_ROLES if languages and languages <= _PROSE else DEFAULT_ROLES


def from_import(key: int, spec: Mapping[str, Any]) -> list[tuple[int, TextMatcher]]:
    """One matcher per language for ``{import: {python: [...], js: [...], ...}}``; keys count up from ``key``."""
    out = []
    for offset, (language, names) in enumerate(spec["import"].items()):
        pattern = _IMPORTS[language].replace("NAMES", "|".join(_module(language, n) for n in listed(names)))
        rest = {k: v for k, v in spec.items() if k != "import"}
        out.append((key + offset, from_spec(key + offset, {**rest, "text": pattern, "in": [language]})))
    return out


def _module(language: str, name: str) -> str:
    """A module name as RE2 text; ``*`` stands for any run of name characters."""
    escaped: str = re2.escape(name)
    return escaped.replace(r"\*", r"[\w.@/-]*")


_IMPORTS = {
    "python": r"(?m)^[ \t]*(?:from|import)[ \t]+(?:NAMES)(?:[.\s,;]|$)",
    "js": r"""(?:from|require\(|import\(|import)\s*['"](?:NAMES)(?:/[^'"\n]*)?['"]""",
    "go": r'(?m)^\s*(?:import\s+)?(?:[\w.]+\s+)?"(?:NAMES)(?:/[^"\n]*)?"',
    "java": r"(?m)^\s*import\s+(?:static\s+)?(?:NAMES)(?:[.;]|$)",
    "kotlin": r"(?m)^\s*import\s+(?:NAMES)(?:[.;\s]|$)",
    "jvm": r"(?m)^\s*import\s+(?:static\s+)?(?:NAMES)(?:[.;\s]|$)",
    "csharp": r"(?m)^\s*(?:global\s+)?using\s+(?:static\s+)?(?:NAMES)(?:[.;]|$)",
    "rust": r"\b(?:NAMES)::",
    "php": r"(?m)^\s*use\s+\\?(?:NAMES)(?:[\\; ]|$)",
    "ruby": r"""(?m)^\s*require\s*\(?\s*['"](?:NAMES)(?:/[^'"\n]*)?['"]""",
    "elixir": r"\b(?:alias|use|import|require)\s+(?:NAMES)\b",
}

IMPORT_LANGUAGES = frozenset(_IMPORTS)

__all__ = ["ALL_ROLES", "IMPORT_LANGUAGES", "TextMatcher", "from_import", "from_spec"]
