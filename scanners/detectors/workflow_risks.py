"""What GitHub workflows risk, each a detector over the facts of ``github-workflows``.

A workflow that cannot be parsed leaves the answer open where nothing was found in the others.
"""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from scanners.detectors.base import Facts
from scanners.detectors.github_workflows import workflows
from scanners.facts import Answer, Evidence

if TYPE_CHECKING:
    from scanners.view import TreeView

Places = Callable[[dict[str, Any]], Iterable[tuple[int, str]]]
"""Line and note of each finding in one workflow's facts."""

MAX_PLACES = 5


class InWorkflows:
    """Found where ``places`` names a line of some workflow; with ``actions`` of some composite action, too."""

    version = 1
    languages: frozenset[str] = frozenset()
    roles = frozenset(["source"])
    gate = ""

    def __init__(self, name: str, places: Places, *, actions: bool = False) -> None:
        self.name = name
        self._places = places
        self._actions = actions

    def observe(self, data: bytes, language: str) -> Any | None:
        return None

    def decide(self, facts: Facts, view: "TreeView") -> Answer:
        found: list[Evidence] = []
        broken = False
        for path, of_file in workflows(view, actions=self._actions):
            if "broken" in of_file:
                broken = True
                continue
            found += [Evidence(path, line, note=note) for line, note in self._places(of_file)]
        return Answer(
            tuple(_spread(found)), len(found), len({e.path for e in found}), known=bool(found) or not broken
        )


def _spread(found: list[Evidence]) -> list[Evidence]:
    """One place of each file before the second of any."""
    seen: dict[str, int] = {}
    ranked = []
    for evidence in found:
        seen[evidence.path] = seen.get(evidence.path, 0) + 1
        ranked.append((seen[evidence.path], evidence))
    return [evidence for _, evidence in sorted(ranked, key=lambda pair: pair[0])[:MAX_PLACES]]


def _wide(facts: dict[str, Any]) -> Iterable[tuple[int, str]]:
    top = facts["top"]
    if top is not None and top[1]:
        yield top[0], "every job may write"
    elif top is None and facts["bare"] and not facts["called"]:
        yield facts["bare"][0], "no permissions are declared"
    for line in facts["wide"]:
        yield line, "this job may write everything"


def _limited(facts: dict[str, Any]) -> Iterable[tuple[int, str]]:
    top = facts["top"]
    if top is not None and not top[1]:
        yield top[0], ""


def token_permissions() -> tuple[InWorkflows, InWorkflows]:
    """Workflows whose token may write more than one job asked for, and those that limit it at the top."""
    return InWorkflows("token-permissions-wide", _wide), InWorkflows("token-permissions-limited", _limited)


def untrusted_checkout() -> InWorkflows:
    """Code of a pull request checked out in a workflow that holds the target's rights and secrets."""
    return InWorkflows("untrusted-checkout", lambda facts: [(line, "") for line in facts["checkout"]])


def script_injection() -> InWorkflows:
    """Text that anyone may write, put into a script before the shell sees it."""
    return InWorkflows(
        "script-injection", lambda facts: [(line, "") for line in facts["inject"]], actions=True
    )
