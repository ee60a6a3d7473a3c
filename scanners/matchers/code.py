"""Code matchers: syntax-tree patterns per language (ast-grep), on files that a literal selected first.

Parsing costs an order of magnitude more than reading, so ``literal`` (RE2 text that must occur in the file) is
compulsory. A node kind that a grammar lacks raises in the library; the loader therefore tries every rule once.
"""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from scanners.languages import expand
from scanners.matchers.base import Hit, Scope, listed, scope_of
from scanners.values import dataclass

if TYPE_CHECKING:
    from scanners.view import TreeView

GRAMMARS = {
    "python": "python", "javascript": "javascript", "typescript": "typescript", "tsx": "tsx", "go": "go", "java": "java",
    "kotlin": "kotlin", "ruby": "ruby", "php": "php", "csharp": "csharp", "rust": "rust", "elixir": "elixir", "hcl": "hcl",
    "scala": "scala",
}  # fmt: skip
"""Our language names to the grammar names that ship in the ast-grep wheel."""


@dataclass(frozen=True, slots=True)
class CodeMatcher:
    """One ast-grep rule (a mapping as ast-grep's YAML writes it) and the literal that selects files for it."""

    key: int
    rule: Mapping[str, Any]
    constraints: Mapping[str, Any]
    literal: str
    languages: frozenset[str]
    scope: Scope

    def hits(self, view: "TreeView") -> Iterable[Hit]:
        return view.observed(self.key)


def from_spec(key: int, spec: Mapping[str, Any]) -> CodeMatcher:
    """The matcher for ``{code: pattern or rule, in: [...], literal: ..., constraints: {...}}``."""
    rule = spec["code"]
    return CodeMatcher(
        key=key,
        rule={"pattern": rule} if isinstance(rule, str) else rule,
        constraints=spec.get("constraints", {}),
        literal=spec["literal"],
        languages=expand(listed(spec["in"])) & frozenset(GRAMMARS),
        scope=scope_of(spec, "strong"),
    )


def find_lines(source: str, language: str, matchers: list[CodeMatcher]) -> dict[int, list[int]]:
    """Line numbers (from 1, ascending) per matcher key; matchers without a match are left out."""
    from ast_grep_py import SgRoot

    root = SgRoot(source, GRAMMARS[language]).root()
    found: dict[int, list[int]] = {}
    for matcher in matchers:
        config: Any = {"rule": dict(matcher.rule)}
        if matcher.constraints:
            config["constraints"] = dict(matcher.constraints)
        nodes = root.find_all(config)
        if nodes:
            found[matcher.key] = sorted({node.range().start.line + 1 for node in nodes})
    return found


def problem_with(matcher: CodeMatcher) -> str | None:
    """Why ast-grep refuses the rule for one of its languages, or None."""
    for language in sorted(matcher.languages):
        try:
            find_lines("", language, [matcher])
        except (RuntimeError, ValueError, TypeError) as error:
            return f"{language}: {error}"
    return None if matcher.languages else "no language with a grammar in `in`"
