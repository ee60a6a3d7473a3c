"""Error types that a repository declares for itself, and what ties them together."""

from collections import defaultdict
from itertools import islice
from typing import TYPE_CHECKING, Any

import re2

from scanners.comments import in_comment
from scanners.detectors.base import Facts
from scanners.facts import Answer, Evidence
from scanners.lazy import lazy_re2

if TYPE_CHECKING:
    from scanners.view import TreeView

_JS = rb"class[ ]+(?P<name>\w+)(?:<[^>{]*>)?[ ]+extends[ ]+(?:\w+\.)?(?P<base>\w*(?:Error|Exception)(?:Base)?)\b"
_TYPES = {
    "python": rb"(?m)^[ \t]*class[ ]+(?P<name>\w+)\([^)]*?\b(?P<base>\w*(?:Exception|Error|Warning|Failure|Abort|HTTPException|Problem))\b[^)]*\)[ ]*:",
    "javascript": _JS,
    "typescript": _JS,
    "tsx": _JS,
    "vue": _JS,
    "go": (
        rb"(?m)^func[ ]+\((?:\w+[ ]+)?\*?(?P<name>\w+)(?:\[\w+\])?\)[ ]+Error\(\)[ ]+string"
        rb"|^(?:var[ ]+|[ \t]+)(?P<sentinel>[eE]rr[A-Z]\w*)(?:[ ]+error)?[ ]*=[ ]*(?:\w+\.)?(?:New|Errorf|Sentinel|\w*Err\w*|Wrap|Const)\w*[({]"
    ),
    "java": rb"class[ ]+(?P<name>\w+)(?:<[^>{]*>)?[ ]+extends[ ]+(?:\w+\.)*(?P<base>\w*(?:Exception|Error|Problem|Throwable))\b",
    "kotlin": (
        rb"(?:class|object)[ ]+(?P<name>\w+)[^\n:{]*(?:\([^)]*\))?[ ]*:[ ]*(?P<base>\w*(?:Exception|Error|Failure|Throwable))\b"
    ),
    "ruby": (
        rb"class[ ]+(?P<name>[\w:]+)[ ]*<[ ]*(?:\w*::)*(?P<base>\w*(?:Error|Exception|Unauthorized|NotFound))\b"
        rb"|(?P<made>[A-Z]\w*)[ ]*=[ ]*Class\.new\([ ]*(?:\w*::)*\w*(?:Error|Exception)\b"
    ),
    "php": rb"class[ ]+(?P<name>\w+)[ ]+extends[ ]+\\?(?:\w+\\)*(?P<base>\w*(?:Exception|Error))\b",
    "csharp": (
        rb"class[ ]+(?P<name>\w+)(?:<[^>{]*>)?[ ]*(?:\([^)]*\))?[ ]*:[ ]*(?:\w+\.)*(?P<base>\w*Exception)\b"
        rb"|(?:record|class)[ ]+(?P<made>\w+Error)\b[^\n{;]*:[ ]*\w*Error\b"
        rb"|static[ ]+(?:readonly[ ]+)?Error[ ]+(?P<sentinel>\w+)[ ]*(?:=|\()"
    ),
    "elixir": rb"(?P<name>defexception)\b",
    "rust": rb"#\[error\((?P<variant>)|#\[snafu\(display(?P<display>)|impl(?:<[^>]*>)?[ ]+(?:std::error::|core::error::|error::)?Error[ ]+for[ ]+(?P<name>\w+)|impl(?:<[^>]*>)?[ ]+(?:\w+::)*(?:ResponseError|IntoResponse)[ ]+for[ ]+(?P<made>\w*(?:Error|Err|Failure)\w*)",
}
_COMPILED = {language: lazy_re2(pattern) for language, pattern in _TYPES.items()}
_ENUM = lazy_re2(rb"enum[ ]+(\w*(?:Error|Err|Failure)\w*)[^{]*\{([^}]*)")
_MAX_TYPES = 100
"""More in one file say nothing more, and hostile files hold more."""
_NO_ERROR = lazy_re2(r"Warning$|ErrorBoundary$")


class OwnErrors:
    """Found where at least two own error types share a file, a folder, or a base that the repository declares.

    Facts per file: [[name, base, line], ...]. A Rust enum counts once per variant. ``count`` is all of them.
    """

    name = "own-errors"
    version = 3
    languages = frozenset(_TYPES)
    roles = frozenset(["source"])
    gate = r"Exception|Error|Err[A-Z]|defexception|Failure|#\[error|Problem|err[A-Z]"

    def observe(self, data: bytes, language: str) -> Any | None:
        found: list[list[Any]] = []
        for match in islice(_COMPILED[language].finditer(data), _MAX_TYPES):
            if in_comment(data, match.start(), language):
                continue
            # A bytes pattern's groups are named in bytes.
            groups = {
                k.decode(): v.decode("utf-8", "replace")
                for k, v in match.groupdict().items()
                if v is not None
            }
            name = groups.get("name") or groups.get("made") or groups.get("sentinel") or "variant"
            start = match.start() + len(match[0]) - len(match[0].lstrip())
            if not _NO_ERROR.search(name):
                found.append([name, groups.get("base", ""), data.count(b"\n", 0, start) + 1])
        if language == "rust" and found:
            found = _with_variants(data, found)
        return found or None

    def decide(self, facts: Facts, view: "TreeView") -> Answer:
        own = {name for _, types in facts for name, _, _ in types}
        groups: dict[str, list[Evidence]] = defaultdict(list)
        total = 0
        for path, types in facts:
            for name, base, line in types:
                total += 1
                place = Evidence(path, line)
                groups[f"/{path.rpartition('/')[0]}"].append(place)
                if base in own and base != name:
                    groups[base].append(place)
        best = max(groups.values(), key=len, default=[])
        if len(best) < 2:
            return Answer()
        return Answer(tuple(best[:3]), count=total, files=len({e.path for e in best}))


def _with_variants(data: bytes, found: list[list[Any]]) -> list[list[Any]]:
    """Enums named like errors give one entry per variant, when the file implements an error at all."""
    variants: list[list[Any]] = []
    for enum in islice(_ENUM.finditer(data), _MAX_TYPES):
        name = enum[1].decode("utf-8", "replace")
        line = data.count(b"\n", 0, enum.start()) + 1
        count = len(re2.findall(rb"(?m)^[ \t]*[A-Z]\w*[ ]*(?:[({,]|$)", enum[2]))
        variants += [[name, "", line]] * min(count, 20)
    # A brace in an attribute's text cuts an enum short, and its attributes then count for more.
    return variants if len(variants) >= len(found) else found
