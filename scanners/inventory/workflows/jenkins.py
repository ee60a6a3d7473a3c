"""Jenkinsfiles, declarative and scripted, read as text: Groovy is a program, so only literals are taken."""

import re
from bisect import bisect_right

from scanners.facts import Pipeline, Step
from scanners.inventory.formats.tree import SettingsError, check_text
from scanners.inventory.workflows import base
from scanners.inventory.workflows.base import ReadText
from scanners.lazy import lazy_re

PROVIDER = "jenkins"
NAME = lazy_re(r"(^|/)(jenkinsfile([._-][\w.-]+)?|[\w.-]+\.jenkinsfile)$", re.IGNORECASE)

# What is never closed runs to the end of the text, so that nothing is searched twice.
_STRING = (
    r"(?:'''(?P<{0}a>[\s\S]*?)(?:'''|\Z)|\"\"\"(?P<{0}b>[\s\S]*?)(?:\"\"\"|\Z)"
    r"|'(?P<{0}c>(?:[^'\\\n]|\\.)*)'|\"(?P<{0}d>(?:[^\"\\\n]|\\.)*)\")"
)
_TOKEN = lazy_re(
    r"(?P<comment>//[^\n]*|/\*[\s\S]*?(?:\*/|\Z))"
    rf"|\b(?P<shell>sh|bat|pwsh|powershell)\b[ \t]*+\(?\s*+"
    rf"(?:\w++:[ \t]*+(?:true|false|'[^'\n]*'|\"[^\"\n]*\")\s*+,\s*+){{0,4}}"
    rf"(?:script:\s*+)?{_STRING.format('s')}"
    rf"|\b(?:docker\.)?(?P<block>stage|dir|image|inside)\b\s*+\(\s*+(?:name:\s*+)?{_STRING.format('n')}"
    r"|(?P<library>@Library\s*\(\s*['\"](?P<lib>[^'\"\n]+)['\"])"
    r"|\$class:\s*['\"](?P<class>\w+)['\"]"
    r"|(?<![\w.$])(?P<call>[a-z]\w*+(?:\.\w++)?)[ \t]*+(?=\(|['\"\[]|\w++:|\{)"
    rf"|{_STRING.format('x')}"
    r"|(?P<open>\{)|(?P<close>\})",
)
_SYNTAX = frozenset(
    ["pipeline", "agent", "stages", "steps", "stage", "post", "environment", "options", "parameters",
     "triggers", "tools", "when", "script", "node", "if", "else", "for", "while", "try", "catch", "finally",
     "return", "def", "switch", "always", "success", "failure", "unstable", "changed", "cleanup",
     "unsuccessful", "aborted", "fixed", "branch", "echo", "error", "parallel", "matrix", "axes", "axis",
     "expression", "not", "any_of", "string", "choice", "docker", "dockerfile", "label", "image", "args",
     "dir", "throw", "new", "assert", "import", "print", "println", "sleep", "properties", "params", "env",
     "each", "ws", "input", "name", "values", "kubernetes", "yaml"]
)  # fmt: skip


def parse(path: str, text: str, read: ReadText) -> tuple[Pipeline, ...]:
    try:
        check_text(path, text)
    except SettingsError as error:
        raise base.WorkflowError(error.message) from error
    starts = [0, *(match.end() for match in re.finditer("\n", text))]
    blocks: list[tuple[int, str, str]] = []
    pending: tuple[str, str] | None = None
    depth = 0
    steps: list[Step] = []
    services: list[str] = []
    for match in _TOKEN.finditer(text):
        line = bisect_right(starts, match.start())
        stage = next((name for _, kind, name in reversed(blocks) if kind == "stage"), "")
        if match["open"]:
            depth += 1
            if pending:
                blocks.append((depth, *pending))
                pending = None
        elif match["close"]:
            while blocks and blocks[-1][0] >= depth:
                blocks.pop()
            depth -= 1
        elif match["shell"]:
            run = _text(match, "s").strip()
            place = ""
            for _, kind, name in blocks:
                place = base.join(place, name) if kind == "dir" else place
            arguments = ((base.WORKING_DIRECTORY, place),) if place else ()
            steps.append(Step(path, line, stage, "", run, "", arguments))
        elif match["block"]:
            if match["block"] == "image":
                services.append(_text(match, "n"))
            else:
                pending = (match["block"], _text(match, "n"))
        elif match["lib"]:
            steps.append(Step(path, line, uses=f"library:{match['lib']}"))
        elif used := match["class"] or _statement(match, starts[line - 1]):
            steps.append(Step(path, line, stage, "", "", used))
    triggers = {"push"}
    if re.search(r"\bchangeRequest\b|\bCHANGE_ID\b|\bghprb|githubPullRequest", text):
        triggers.add("pull_request")
    if re.search(r"\b(cron|pollSCM)\s*\(?\s*['\"]", text):
        triggers.add("schedule")
    if re.search(r"\bbuildingTag\s*\(|\btag\s+['\"]", text):
        triggers.add("tag")
    reach = base.scope(triggers)
    return base.assemble(path, PROVIDER, ((step, reach) for step in steps), services, reach)


def _statement(match: re.Match[str], line_start: int) -> str:
    """The step that a call is: it opens a line or a block, and is no syntax of the pipeline's own."""
    name = match["call"] or ""
    if not name or name in _SYNTAX or match.start() - line_start > 200:
        return ""
    before = match.string[line_start : match.start()].rstrip()
    return name if not before or before[-1] in "{};" else ""


def _text(match: re.Match[str], prefix: str) -> str:
    for suffix in "abcd":
        if (value := match[prefix + suffix]) is not None:
            return value if suffix in "ab" else re.sub(r"\\(['\"\\$])", r"\1", value).replace("\\n", "\n")
    return ""
