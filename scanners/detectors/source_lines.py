"""How many lines a file has that are neither blank nor comment, and how many comment lines."""

from typing import TYPE_CHECKING, Any

from scanners.comments import is_commented_out
from scanners.detectors.base import Facts
from scanners.facts import Answer, Evidence
from scanners.languages import CODE

if TYPE_CHECKING:
    from scanners.view import TreeView

_HASH = frozenset(["python", "ruby", "elixir", "perl", "r"])
_OPENS = b"/#"
"""How a line starts that may be code put aside; few do, and asking of each line is a call."""


class SourceLines:
    """Facts per file: [code lines, comment lines]; docstring lines count as comment lines, old code as neither.

    ``decide`` answers with the share of comment lines among non-blank lines of first-party source.
    """

    name = "source-lines"
    version = 2
    languages = CODE | {"hcl", "sql", "shell"}
    roles = frozenset(["source"])
    gate = ""

    def observe(self, data: bytes, language: str) -> Any | None:
        stripped = [
            line
            for line in map(bytes.strip, data.split(b"\n"))
            if line and (line[0] not in _OPENS or not is_commented_out(line))
        ]
        if language in _HASH:
            comments = sum(line[0] == 35 for line in stripped)
            comments += _fenced(stripped) if language in ("python", "elixir") else 0
        else:
            comments = sum(
                line[0] in b"/*" and (line[:2] in (b"//", b"/*", b"*/") or line[0] == 42) for line in stripped
            )
            if language in ("php", "hcl", "shell"):
                comments += sum(line[0] == 35 and line[:2] != b"#[" for line in stripped)
        return [len(stripped) - comments, comments]

    def decide(self, facts: Facts, view: "TreeView") -> Answer:
        code = sum(fact[0] for _, fact in facts)
        comments = sum(fact[1] for _, fact in facts)
        best = sorted(facts, key=lambda pair: -pair[1][1])[:3]
        evidence = tuple(Evidence(path, 1, note=f"{fact[1]} comment lines") for path, fact in best if fact[1])
        value = comments / (code + comments) if code + comments else None
        return Answer(evidence, count=comments, files=len(facts), value=value)


def _fenced(lines: list[bytes]) -> int:
    """Lines of docstrings: blocks fenced by triple quotes that start a line of their own."""
    count = 0
    fence = b""
    for line in lines:
        if fence:
            count += 1
            if fence in line:
                fence = b""
        elif line.startswith((b'"""', b"'''", b'r"""', b'@moduledoc """', b'@doc """')):
            quote = b"'''" if line.startswith(b"'''") else b'"""'
            count += 1
            if line.count(quote) == 1:
                fence = quote
    return count
