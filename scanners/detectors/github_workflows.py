"""GitHub workflows and composite actions as facts for the detectors that judge them: one parse per file.

``observe`` says what a workflow grants its token, which actions it uses, where it checks out code of a pull request
with the rights of the target branch, and where text that anyone may write becomes part of a script. What is
untrusted follows GitHub's guide to secure use: https://docs.github.com/en/actions/reference/security/secure-use
"""

from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING, Any

from scanners.detectors.base import Facts
from scanners.facts import Answer, Evidence
from scanners.inventory.formats.tree import Map, SettingsError, as_map, as_seq, as_text, as_texts
from scanners.inventory.formats.yamltree import documents
from scanners.lazy import lazy_re, lazy_re2
from scanners.matchers.base import ALL_ROLES
from scanners.tree import decode_text

if TYPE_CHECKING:
    from scanners.view import TreeView

_WORKFLOW = lazy_re(r"^\.(github|gitea|forgejo)/workflows/[^/]+\.ya?ml$")
_ACTION = lazy_re(r"^(\.github/.+/)?action\.ya?ml$")
_NEVER = lazy_re(r"^(\$\{\{\s*)?false(\s*\}\})?$")

SENSITIVE = frozenset(
    ["actions", "checks", "contents", "deployments", "packages", "security-events", "statuses"]
)
"""Scopes with which a stolen token changes code, releases or the outcome of a review (Scorecard, Token-Permissions)."""

_PRIVILEGED = frozenset(["pull_request_target", "workflow_run"])
_FOREIGN_REF = lazy_re2(
    r"github\.event\.pull_request\.(head\b|merge_commit_sha|number)|github\.event\.workflow_run\.(head_|pull_requests)|"
    r"github\.head_ref|refs/pull/|github\.event\.number"
)
_FOREIGN_FETCH = lazy_re2(
    r"\bgh\s+pr\s+checkout\b|\bgit\s+(?:fetch|pull|checkout|switch|merge)\b[^\n]*(?:pull/|head_ref|HEAD_REF|pull_request\.head|workflow_run\.head_)"
)
_OWN_ONLY = lazy_re2(
    r"head\.repo\.full_name\s*==\s*github\.repository\b|github\.repository\s*==\s*github\.event\.pull_request\.head\.repo\.full_name|"
    r"head_repository\.full_name\s*==\s*github\.repository\b|head\.repo\.fork\s*==\s*false|!\s*github\.event\.pull_request\.head\.repo\.fork|"
    r"workflow_run\.event\s*==\s*'(?:push|schedule|release|workflow_dispatch)'|event_name\s*==\s*'(?:push|schedule|release|workflow_dispatch|pull_request)'"
)
"""Conditions under which no code of a stranger is meant: a branch of the repository itself, or no pull request."""

_UNTRUSTED = lazy_re2(
    r"github\.head_ref|github\.event\.(?:(?:issue|pull_request|discussion)\.(?:title|body)\b|(?:comment|review|review_comment)\.body\b|"
    r"pages\S*\.page_name|(?:workflow_run\.)?head_commit\.(?:message|author\.(?:email|name))|commits\S*\.(?:message|author\.(?:email|name))|"
    r"pull_request\.head\.(?:ref|label|repo\.default_branch)\b|workflow_run\.(?:head_branch|display_title)\b|workflow_run\.pull_requests\S*\.head\.ref\b)|"
    r"(?i:tojson)\(\s*github(?:\.event)?\s*\)"
)
_TESTED = lazy_re2(r"(?i)\b(?:contains|startsWith|endsWith|hashFiles)\s*\([^()]*\)")
_COMPARED = lazy_re2(r"[\w.\[\]*]+\s*[!=]=\s*'[^']*'")

MAX_INJECTIONS = 20
"""Per job; a file that has more is not told more by them."""


def is_workflow_path(path: str) -> bool:
    """Whether GitHub, or a forge that reads the same files, runs the file at ``path``."""
    return bool(_WORKFLOW.match(path))


class GithubWorkflows:
    """Facts per file: see ``_facts``. Found where there is a workflow."""

    name = "github-workflows"
    version = 1
    languages = frozenset(["yaml"])
    roles = ALL_ROLES
    gate = r"(?m)^[\"']?(jobs|runs)[\"']?\s*:"

    def observe(self, data: bytes, language: str) -> Any | None:
        return _facts(decode_text(data))

    def decide(self, facts: Facts, view: "TreeView") -> Answer:
        paths = [path for path, _ in workflows(view)]
        return Answer(tuple(Evidence(path, 1) for path in paths[:5]), count=len(paths), files=len(paths))


def workflows(view: "TreeView", *, actions: bool = False) -> list[tuple[str, dict[str, Any]]]:
    """The facts of every workflow by path, and with ``actions`` those of the tree's own composite actions.

    A workflow that calls itself generated runs like any other, so it is read here although evidence elsewhere
    leaves such files out.
    """

    def wanted(path: str) -> bool:
        return is_workflow_path(path) or (actions and bool(_ACTION.match(path)))

    found = {path: facts for path, facts in view.facts(GithubWorkflows.name) if wanted(path)}
    for path in view.unwritten:
        if wanted(path) and path not in found and (text := view.text(path)) is not None:
            found[path] = _facts(text)
    return sorted(found.items())


def _facts(text: str) -> dict[str, Any]:
    """JSON values: ``top`` [line, too wide] or None, ``bare`` [line] of jobs without permissions, ``wide`` [line] of
    jobs that grant everything, ``called`` where only other workflows start it, ``uses`` [line, action],
    ``checkout`` and ``inject`` [line]; or ``broken`` alone for what is no readable workflow.
    """
    try:
        root = next((as_map(d) for d in documents("workflow", text) if isinstance(d, Map)), Map())
    except SettingsError:
        return {"broken": True}
    jobs = {name: as_map(job) for name, job in as_map(root.get("jobs")).items()}
    jobs = {name: job for name, job in jobs.items() if not _NEVER.match(as_text(job.get("if")))}
    events = _events(root)
    lines = text.split("\n")
    holders = [*jobs.values(), as_map(root.get("runs"))]
    at = as_map(root.get("jobs")).lines
    return {
        "top": _grant(root),
        "bare": [at[name] for name, job in jobs.items() if "permissions" not in job],
        "wide": [
            job.lines["permissions"]
            for job in jobs.values()
            if as_text(job.get("permissions")) == "write-all"
        ],
        "called": events == {"workflow_call"},
        "uses": [use for holder in holders for use in _uses(holder)],
        "checkout": [line for job in jobs.values() for line in _checkouts(job)]
        if events & _PRIVILEGED
        else [],
        "inject": sorted(
            {line for holder in holders for line in islice(_injections(holder, lines), MAX_INJECTIONS)}
        ),
    }


def _events(root: Map) -> set[str]:
    on = root.get("on")
    return set(on) if isinstance(on, Map) else set(as_texts(on))


def _grant(root: Map) -> list[Any] | None:
    """[line, whether a sensitive scope may be written] of the top-level permissions, None where there are none."""
    if "permissions" not in root:
        return None
    given = root["permissions"]
    scopes = as_map(given)
    wide = as_text(given) == "write-all" or any(scopes[s] == "write" for s in scopes.keys() & SENSITIVE)
    return [root.lines["permissions"], wide]


def _steps(holder: Map) -> Iterator[Map]:
    for item in as_seq(holder.get("steps")):
        step = as_map(item)
        if not _NEVER.match(as_text(step.get("if"))):
            yield step


def _uses(holder: Map) -> Iterator[list[Any]]:
    for node in (holder, *_steps(holder)):
        if used := as_text(node.get("uses")):
            yield [node.lines["uses"], used]


def _checkouts(job: Map) -> Iterator[int]:
    if _OWN_ONLY.search(as_text(job.get("if"))):
        return
    for step in _steps(job):
        if _OWN_ONLY.search(as_text(step.get("if"))):
            continue
        given = as_map(step.get("with"))
        wanted = f"{as_text(given.get('ref'))} {as_text(given.get('repository'))}"
        if "actions/checkout@" in as_text(step.get("uses")) and _FOREIGN_REF.search(wanted):
            yield given.lines.get("ref") or given.lines["repository"]
        elif _FOREIGN_FETCH.search(as_text(step.get("run"))):
            yield step.lines["run"]


def _injections(holder: Map, lines: list[str]) -> Iterator[int]:
    for step in _steps(holder):
        scripts = [(step.lines.get("run", 1), as_text(step.get("run")))]
        if as_text(step.get("uses")).startswith("actions/github-script@"):
            given = as_map(step.get("with"))
            scripts.append((given.lines.get("script", 1), as_text(given.get("script"))))
        for start, script in scripts:
            for expression in _expressions(script):
                if _becomes_code(expression):
                    yield _line_of("${{" + expression.split("\n")[0], lines, start)


def _expressions(script: str) -> Iterator[str]:
    start = script.find("${{")
    while start != -1 and (end := script.find("}}", start)) != -1:
        yield script[start + 3 : end]
        start = script.find("${{", end)


def _becomes_code(expression: str) -> bool:
    """Whether untrusted text itself is the outcome; a comparison gives only true or false."""
    return bool(_UNTRUSTED.search(_COMPARED.sub("", _TESTED.sub("", expression))))


def _line_of(wanted: str, lines: list[str], start: int) -> int:
    return next((n for n in range(start, len(lines) + 1) if wanted in lines[n - 1]), start)
