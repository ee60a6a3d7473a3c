"""How many public definitions carry a docstring or a comment of their own."""

from typing import TYPE_CHECKING, Any

from scanners.comments import is_commented_out
from scanners.detectors.base import Facts
from scanners.facts import Answer, Evidence
from scanners.languages import language_of
from scanners.lazy import lazy_re2

if TYPE_CHECKING:
    from scanners.view import TreeView

_DEFINITION = {
    "python": lazy_re2(rb"(?m)^[ \t]*(?:async[ ]+)?(?:def|class)[ ]+[A-Za-z]\w*"),
    "javascript": lazy_re2(rb"(?m)^(?:exports\.\w+[ ]*=|module\.exports\.\w+[ ]*=|(?:async[ ]+)?function[ ]+\w|class[ ]+\w|const[ ]+\w+[ ]*=[ ]*(?:async[ ]*)?(?:function|\([^)\n]*\)[ ]*=>|catchAsync)|router\.(?:get|post|put|patch|delete)\()"),
    "module": lazy_re2(rb"(?m)^export[ ]+(?:default[ ]+)?(?:async[ ]+)?(?:function|class|const|interface|type|enum|abstract)\b"),
    "go": lazy_re2(rb"(?m)^(?:func[ ]+(?:\([^)\n]*\)[ ]*)?[A-Z]\w*|type[ ]+[A-Z]\w*)"),
    "java": lazy_re2(rb"(?m)^[ \t]*public[ ]+(?:(?:static|final|abstract|sealed|default|synchronized)[ ]+)*[\w<>\[\], ?.]+[({]?"),
    "kotlin": lazy_re2(rb"(?m)^[ \t]*(?:(?:open|abstract|data|sealed|suspend|inline|override|operator|public)[ ]+)*(?:fun|class|interface|object)[ ]+\w"),
    "ruby": lazy_re2(rb"(?m)^[ \t]*(?:def|class|module)[ ]+[\w.:]+"),
    "php": lazy_re2(rb"(?m)^[ \t]*(?:(?:abstract|final|readonly)[ ]+)*(?:public[ ]+(?:static[ ]+)?function|function|class|interface|trait|enum)[ ]+\w+"),
    "csharp": lazy_re2(rb"(?m)^[ \t]*public[ ]+(?:(?:static|async|override|virtual|abstract|sealed|partial|readonly|required)[ ]+)*[\w<>\[\], ?.]+"),
    "rust": lazy_re2(rb"(?m)^[ \t]*pub(?:\([^)\n]*\))?[ ]+(?:async[ ]+)?(?:fn|struct|enum|trait|mod|type|const)[ ]+\w+"),
    "elixir": lazy_re2(rb"(?m)^[ \t]*(?:def|defmodule|defmacro)[ ]+\w"),
}  # fmt: skip
_SAME = {"typescript": "javascript", "tsx": "javascript"}
_WITHOUT_DEFINITIONS = frozenset([*_DEFINITION, *_SAME, "hcl", "shell", "sql"])
"""Languages in which a tree without any public definition has none that is documented."""
_ATTRIBUTE = lazy_re2(rb"^(?:@[\w.]|\[\w|#\[)")
_PRAGMA = lazy_re2(
    rb"(?i)eslint|@ts-|noqa|type:|pylint|nolint|prettier|go:|istanbul|rubocop|phpcs|!|TODO|FIXME|-{5,}|={5,}"
)


class DocumentedDefinitions:
    """Facts: [public definitions, documented ones, line of the first documented]. ``value`` is the share documented."""

    name = "documented-definitions"
    version = 3
    languages = frozenset([*_DEFINITION, *_SAME]) - {"module"}
    roles = frozenset(["source"])
    gate = ""

    def observe(self, data: bytes, language: str) -> Any | None:
        family = _SAME.get(language, language)
        if family == "javascript" and b"\nexport " in data:
            family = "module"  # what a module does not export is not public
        pattern = _DEFINITION[family]
        total = documented = first = 0
        for match in pattern.finditer(data):
            total += 1
            has = _docstring_after(data, match.end(), language) if language in ("python", "elixir") else False
            if has or (language not in ("python",) and _comment_before(data, match.start(), language)):
                documented += 1
                first = first or data.count(b"\n", 0, match.start() + 1) + 1
        return [total, documented, first] if total else None

    def decide(self, facts: Facts, view: "TreeView") -> Answer:
        total = sum(fact[0] for _, fact in facts)
        if not total and any(
            language_of(path) in _WITHOUT_DEFINITIONS for path, _ in view.facts("source-lines")
        ):
            return Answer(value=0.0)
        documented = sum(fact[1] for _, fact in facts)
        best = sorted((f for f in facts if f[1][1]), key=lambda pair: -pair[1][1])[:3]
        evidence = tuple(
            Evidence(path, fact[2], note=f"{fact[1]} of {fact[0]} documented") for path, fact in best
        )
        return Answer(
            evidence, count=documented, files=len(best), value=documented / total if total else None
        )


def _docstring_after(data: bytes, position: int, language: str) -> bool:
    """Whether the first line below the signature that starts at ``position`` opens a docstring."""
    end = min(len(data), position + 3000)
    depth = 0
    index = position
    while index < end:
        char = data[index]
        if char in b"([{":
            depth += 1
        elif char in b")]}":
            depth -= 1
        elif char == 58 and depth == 0:
            rest = data[index + 1 : index + 400] if language == "python" else b""
            if rest.lstrip(b" ").startswith(b"#"):  # a remark behind the signature
                rest = rest[rest.find(b"\n") :] if b"\n" in rest else b""
            return rest.lstrip().startswith((b'"""', b"'''", b'r"""', b'"')) and rest[:1] in b"\r\n "
        elif char == 10 and depth == 0:
            return language == "elixir" and data[index : index + 80].lstrip().startswith(
                (b"@moduledoc", b"@doc")
            )
        index += 1
    return False


def _comment_before(data: bytes, start: int, language: str) -> bool:
    """Whether the nearest line above that is no attribute ends or is a comment that says something."""
    end = start
    for _ in range(8):
        end = data.rfind(b"\n", 0, end)
        if end <= 0:
            return False
        line = data[data.rfind(b"\n", 0, end) + 1 : end].strip()
        if not line:
            return False
        if line.endswith((b"*/", b'"""')):
            return True
        if line.startswith((b"//", b"#")) and not line.startswith(b"#["):
            return not _PRAGMA.search(line[:60]) and not is_commented_out(line)
        if not _ATTRIBUTE.match(line) and not line.endswith((b")", b",", b"]")):
            return False
    return False
