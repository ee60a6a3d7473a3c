"""Workflow matchers: steps of CI pipelines, whatever the provider."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from scanners.facts import Pipeline
from scanners.lazy import kept_re2
from scanners.matchers.base import Hit, Scope, listed, scope_of
from scanners.values import dataclass

if TYPE_CHECKING:
    from scanners.view import TreeView


@dataclass(frozen=True, slots=True)
class WorkflowMatcher:
    """Steps whose script contains ``run`` or whose action contains ``uses`` (RE2), in pipelines started as asked.

    Without either, every step counts. ``unless`` bars a step whose script contains it. ``triggers`` names events of
    which one must start the pipeline; with "push" a branch filter must leave the default branch in.
    """

    run: str
    uses: str
    unless: str
    triggers: frozenset[str]
    providers: frozenset[str]
    scope: Scope

    def hits(self, view: "TreeView") -> Iterable[Hit]:
        run = kept_re2(f"(?m){self.run}") if self.run else None
        uses = kept_re2(f"(?i){self.uses}") if self.uses else None
        unless = kept_re2(f"(?m){self.unless}") if self.unless else None
        for pipeline in view.inventory.pipelines:
            if self.providers and pipeline.provider not in self.providers:
                continue
            if self.triggers and not starts(pipeline, self.triggers, view.default_branch):
                continue
            for step in pipeline.steps:
                if run is None and uses is None:
                    hit = True
                else:
                    hit = bool(run and step.run and run.search(step.run)) or bool(
                        uses and step.uses and uses.search(step.uses)
                    )
                if hit and not (unless and unless.search(step.run)):
                    yield Hit(step.path, (step.line,), 1)


def starts(pipeline: Pipeline, triggers: frozenset[str], default_branch: str) -> bool:
    """True where one of ``triggers`` starts the pipeline and its branch filter can match the default branch."""
    wanted = triggers & pipeline.triggers
    if "push" in wanted and pipeline.branches and not _covers(pipeline.branches, default_branch):
        wanted -= {"push"}
    return bool(wanted)


_USUAL = frozenset(["main", "master", "trunk", "develop", "dev", "default"])


def _covers(patterns: tuple[str, ...], default_branch: str) -> bool:
    names = {default_branch} if default_branch else _USUAL
    for pattern in patterns:
        if pattern == "$default":  # the default branch, whatever its name
            return True
        text = pattern.strip("/^$")
        if "*" in text or "$" in text or "|" in text or text in names:
            return True
    return False


def from_spec(spec: Mapping[str, Any]) -> WorkflowMatcher:
    """The matcher for ``{workflow: {run: ..., uses: ..., triggers: [...]}}``."""
    inner = spec["workflow"] or {}
    return WorkflowMatcher(
        run=inner.get("run", ""),
        uses=inner.get("uses", ""),
        unless=inner.get("unless", ""),
        triggers=frozenset(listed(inner.get("triggers", ()))),
        providers=frozenset(listed(inner.get("providers", ()))),
        scope=scope_of(spec, "strong"),
    )
