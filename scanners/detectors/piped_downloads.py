"""Downloads that are run unseen: piped into an interpreter, or handed to one by substitution.

Looked for in workflows and other pipelines, Dockerfiles, makefiles and shell scripts. Left out: comments, text that a
script prints (a usage message in a here-document, an echo), and addresses that hold a full commit hash, which
always give the same content.
"""

from itertools import islice
from typing import TYPE_CHECKING, Any

from scanners.detectors.base import Facts
from scanners.facts import Answer, Evidence
from scanners.lazy import lazy_re, lazy_re2
from scanners.tree import decode_text

if TYPE_CHECKING:
    from scanners.view import TreeView

_INTERPRETER = r"(?:(?:ba|z|da|k|a)?sh\b|(?:python3?|perl|ruby|node|php)(?:\s+-)?\s*(?:\n|$|[;&)\"']))"
_PIPED = lazy_re2(
    r"\b(?:curl|wget)\b(?:[^\n|;&]|\\\n)*\|\s*(?:\\\n\s*)?(?:sudo\s+(?:-\w+\s+)*)?(?:env\s+)?(?:\w+=\S*\s+)*(?:/\S*/)?" + _INTERPRETER
    + r"|\b(?:bash|sh|zsh|eval|source)\s+(?:-\w+\s+)?(?:<\(|\"?\$\()\s*(?:curl|wget)\b"
    r"|(?i)\b(?:iwr|irm|invoke-webrequest|invoke-restmethod)\b[^\n|]*\|\s*(?:iex|invoke-expression)\b"
    r"|(?i)\b(?:iex|invoke-expression)\s*\(+\s*(?:new-object\s+(?:system\.)?net\.webclient|iwr|irm|invoke-)"
)  # fmt: skip
_HARMLESS = lazy_re(r"/[0-9a-f]{40}/|\b(?:echo|printf)\s+[\"']|^\s*(?:#|//|REM\b)")
_HEREDOC = lazy_re(r"<<[-~]?\s*([\"']?)([A-Za-z_]\w*)\1")
_PRINTS = lazy_re(r"^\s*(?:-\s*|run:\s*)?(?:cat|tee|echo|printf|read|usage)\b|=\$\(cat\b")
_PIPELINE = lazy_re(
    r"^(\.(github|gitea|forgejo)/(workflows|actions)/.+|\.gitlab-ci|\.gitlab/.+|\.circleci/.+|\.travis|azure-pipelines|appveyor|\.drone|\.woodpecker/.+|bitbucket-pipelines|.*cloudbuild).*\.ya?ml$"
)

MAX_PLACES = 100
"""Per file."""


class PipedDownloads:
    """Facts: the lines of one file on which a download is run unseen."""

    name = "piped-downloads"
    version = 1
    languages = frozenset(["shell", "dockerfile", "makefile", "yaml"])
    roles = frozenset(["source"])
    gate = r"(?i)\b(curl|wget|iwr|irm|invoke-webrequest|invoke-restmethod|net\.webclient)\b"

    def observe(self, data: bytes, language: str) -> Any | None:
        lines = _without_printed(decode_text(data).split("\n"))
        text = "\n".join(lines)
        found: list[int] = []
        line, last = 1, 0
        for match in islice(_PIPED.finditer(text), MAX_PLACES):
            line += text.count("\n", last, match.start())
            last = match.start()
            if not _HARMLESS.search(lines[line - 1]) and line not in found[-1:]:
                found.append(line)
        return found or None

    def decide(self, facts: Facts, view: "TreeView") -> Answer:
        found = [
            Evidence(path, line)
            for path, lines in facts
            for line in lines
            if not path.endswith((".yml", ".yaml")) or _PIPELINE.match(path)
        ]
        return Answer(tuple(found[:5]), len(found), len({e.path for e in found}))


def _without_printed(lines: list[str]) -> list[str]:
    """The lines, with the bodies of here-documents that are only printed made empty."""
    kept: list[str] = []
    until = ""
    for line in lines:
        if until:
            until = "" if line.strip() == until else until
            kept.append("")
            continue
        kept.append(line)
        if _PRINTS.search(line) and (match := _HEREDOC.search(line)):
            until = match[2]
    return kept
