"""What READMEs say beyond a pattern: whether they have substance, and whether a section gives rules."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import re2

from scanners.detectors.base import Facts
from scanners.facts import Answer, Evidence
from scanners.lazy import lazy_re2

if TYPE_CHECKING:
    from scanners.view import TreeView

_HEADING = lazy_re2(rb"^\s{0,3}(#{1,6})\s*(.+?)\s*#*\s*$")
_UNDERLINE = lazy_re2(rb"^(={3,}|-{3,}|~{3,}|\^{3,})\s*$")
_NOISE = lazy_re2(rb"^\s*(\[?!\[|\[!\[|<img|<a |</a|<p|</p|<div|</div|<br|<h\d|---|\.\. |:\w+:)")
_README = lazy_re2(r"(?i)(^|/)(readme)(\.[\w-]+)*$")


def sections(data: bytes) -> Iterator[tuple[int, int, bytes, list[bytes]]]:
    """(line, level, heading, body lines) of each section of a Markdown or reStructuredText file, in order."""
    lines = data.split(b"\n")
    start, level, title = 1, 0, b""
    body: list[bytes] = []
    fenced = False
    for number, line in enumerate(lines, 1):
        if line.lstrip().startswith((b"```", b"~~~")):
            fenced = not fenced
        match = None if fenced else _HEADING.match(line)
        under = not fenced and number < len(lines) and line.strip() and _UNDERLINE.match(lines[number])
        if match or under:
            yield start, level, title, body
            start, body = number, []
            level, title = (len(match.group(1)), match.group(2)) if match else (2, line.strip())
        else:
            body.append(line)
    yield start, level, title, body


class Readme:
    """Facts: [lines that hold text, first such line] of a README. Found where the nearest one has more than ten.

    The threshold is the standard's: documentation.readme asks for more than 10 lines.
    """

    name = "readme"
    version = 2
    languages = frozenset(["markdown", "text", "html"])
    roles = frozenset(["docs"])
    gate = ""

    def observe(self, data: bytes, language: str) -> Any | None:
        lines = data[:200_000].split(b"\n")
        text = [n for n, line in enumerate(lines, 1) if line.strip() and not _NOISE.match(line)]
        return [len(text), text[0]] if text else None

    def decide(self, facts: Facts, view: "TreeView") -> Answer:
        readmes = [(path, fact) for path, fact in facts if _README.search(path)]
        near = sorted(readmes, key=lambda pair: (pair[0].count("/"), -pair[1][0]))
        shallow = [
            (p, f) for p, f in near if p.count("/") == 0 or p.lower().startswith((".github/", "docs/"))
        ]
        for path, (count, first) in shallow or near[:1]:
            if count > 10:
                return Answer((Evidence(path, first),), count=1, files=1)
        return Answer()


_CONTRIBUTE = lazy_re2(rb"(?i)\b(contribut|pull requests?\b|submitting (changes|patches))")
_RULE = lazy_re2(
    rb"(?i)\b(fork|branch|commit|test|lint|style|format|issue|guideline|convention|sign|review|changelog|follow|"
    rb"before (you|submitting|opening)|please|must|should|create|open a|rebase|checklist|editor)"
)


class ContributingSection:
    """Facts: line of a heading about contributions whose section gives rules (two sentences or list items that do)."""

    name = "contributing-section"
    version = 1
    languages = frozenset(["markdown", "text"])
    roles = frozenset(["docs"])
    gate = r"(?i)contribut|pull request"

    def observe(self, data: bytes, language: str) -> Any | None:
        for line, _level, title, body in sections(data[:300_000]):
            if _CONTRIBUTE.search(title) and not re2.search(rb"(?i)contributors|thanks|license", title):
                text = [row for row in body if row.strip() and not _NOISE.match(row)]
                rules = sum(bool(_RULE.search(row)) for row in text)
                linked = any(
                    re2.search(rb"(?i)\]\([^)]*(contribut|develop|hacking)|contribut\w*\.(md|rst)", row)
                    for row in text
                )
                if linked or (rules >= 2 and len(b" ".join(text)) > 200):
                    return line
        return None

    def decide(self, facts: Facts, view: "TreeView") -> Answer:
        found = sorted(
            (p.count("/"), p, line) for p, line in facts if _README.search(p) or p.lower().startswith("docs/")
        )
        evidence = tuple(Evidence(path, line) for _, path, line in found[:3])
        return Answer(evidence, count=len(found), files=len(found))
