"""Security policies: the file, and whether it tells how to report a vulnerability.

What a policy must hold follows Scorecard's Security-Policy: an address to write to, words beyond the address, and
words on vulnerabilities, their disclosure or how long an answer takes.
"""

from typing import TYPE_CHECKING, Any

from scanners.detectors.base import Facts
from scanners.facts import Answer, Evidence
from scanners.lazy import lazy_re, lazy_re2

if TYPE_CHECKING:
    from scanners.view import TreeView

_FILE = lazy_re(
    r"(?i)^(?:\.github/|\.gitlab/|docs?/)?security(?:[._-]policy)?(?:\.(?:md|mdx|markdown|adoc|rst|txt|org))?$"
)
_ADDRESS = lazy_re2(
    r"https?://[^\s)>\]]+|[\w.+-]+(?:@|\s?(?:\[at\]|\(at\)|\sat\s)\s?)[\w-]+(?:\.|\s?(?:\[dot\]|\(dot\))\s?)[\w.-]+"
)
_PROCESS = lazy_re2(r"(?i)vuln|disclos|\b\d+\s*(?:business |working )?(?:days?|hours?|weeks?)\b")
_PRIVATE_FORM = lazy_re2(
    r"(?i)security/advisories/new|report a vulnerability|private(?:ly)? (?:vulnerability )?report"
)
_REPORT = lazy_re2(r"(?i)report|e-?mail|contact|vuln|disclos")
_LONGEST = 100_000
_WORDS = 60
"""Characters that are left of the shortest sentence on how to report, once addresses are taken out."""


class SecurityPolicy:
    """Found where there is a policy file; with ``useful`` only where it tells how to report."""

    version = 1
    languages: frozenset[str] = frozenset()
    roles = frozenset(["docs"])
    gate = ""

    def __init__(self, *, useful: bool) -> None:
        self.name = "security-policy-useful" if useful else "security-policy-file"
        self._useful = useful

    def observe(self, data: bytes, language: str) -> Any | None:
        return None

    def decide(self, facts: Facts, view: "TreeView") -> Answer:
        paths = sorted((e.path for e in view.entries if e.size and _FILE.match(e.path)), key=len)
        if not self._useful:
            return Answer(tuple(Evidence(path, 1) for path in paths[:3]), len(paths), len(paths))
        lines = {path: line for path in paths if (line := _line_of_process(view.text(path) or ""))}
        return Answer(tuple(Evidence(path, line) for path, line in lines.items()), len(lines), len(lines))


def _line_of_process(text: str) -> int:
    """The line that names the address, 0 where the text does not tell how to report."""
    text = text[:_LONGEST]
    words = " ".join(_ADDRESS.sub("", text).split())
    if len(words) < _WORDS or not _PROCESS.search(words):
        return 0
    lines = text.split("\n")
    named = [n for n, line in enumerate(lines, 1) if _ADDRESS.search(line) or _PRIVATE_FORM.search(line)]
    return next((n for n in named if _REPORT.search(lines[n - 1])), named[0] if named else 0)


def security_policy() -> tuple[SecurityPolicy, SecurityPolicy]:
    """The policy file, and one that tells how to report."""
    return SecurityPolicy(useful=False), SecurityPolicy(useful=True)
