"""Drone, and what Woodpecker kept of it: steps that run commands in an image or a plugin with settings."""

from typing import Any

from scanners.facts import Pipeline, Step
from scanners.inventory.formats.tree import Map, Seq, as_map, as_seq, as_text, as_texts
from scanners.inventory.workflows import base
from scanners.inventory.workflows.base import ReadText, Scope
from scanners.lazy import lazy_re

PROVIDER = "drone"
NAME = lazy_re(r"^\.drone\.ya?ml$")

_EVENTS = {
    "push": "push", "pull_request": "pull_request", "pull-request": "pull_request", "tag": "tag", "cron":
    "schedule", "promote": "manual", "rollback": "manual", "custom": "manual", "manual": "manual", "release":
    "release", "deployment": "manual",
}  # fmt: skip
_EVERYTHING = base.scope(["push", "pull_request", "tag"])


def parse(path: str, text: str, read: ReadText) -> tuple[Pipeline, ...]:
    roots = [as_map(node) for node in base.load_all(path, text)]
    if not any(roots):
        raise base.WorkflowError(f"{path} cannot be parsed: it does not hold a mapping")
    scoped: list[base.Scoped] = []
    services: list[str] = []
    for root in roots:
        if as_text(root.get("kind")) not in ("", "pipeline"):
            continue
        reach = narrowed(root.get("trigger", root.get("branches")), _EVERYTHING)
        scoped += steps(root, as_text(root.get("name")), path, reach)
        services += images(root.get("services"))
    return base.assemble(path, PROVIDER, scoped, services, _EVERYTHING)


def steps(root: Map, job: str, path: str, reach: Scope) -> list[base.Scoped]:
    """The steps of one pipeline, listed or named; what the first versions called ``pipeline`` too."""
    out: list[base.Scoped] = []
    for name, step, line in _named(root.get("steps", root.get("pipeline"))):
        own = narrowed(step.get("when"), reach)
        place = base.join("", as_text(step.get("directory"))) if "directory" in step else ""
        commands = list(base.script(step, "commands", path=path, job=job or name, name=name, directory=place))
        out += [(command, own) for command in commands]
        image = as_text(step.get("image"))
        if not commands and image:
            at = step.lines.get("image", line)
            out.append(
                (Step(path, at, job or name, name, "", image, base.arguments_of(step.get("settings"))), own)
            )
    return out


def images(node: Any) -> list[str]:
    return [as_text(service.get("image")) for _, service, _ in _named(node)]


def _named(node: Any) -> list[tuple[str, Map, int]]:
    if isinstance(node, Map):
        return [(name, as_map(body), node.lines[name]) for name, body in node.items()]
    return [(as_text(as_map(i).get("name")), as_map(i), getattr(i, "line", 0)) for i in as_seq(node)]


def narrowed(when: Any, reach: Scope) -> Scope:
    """``reach`` under the conditions of ``when``: one mapping, or several of which one must hold."""
    if isinstance(when, Seq) and any(isinstance(item, Map) for item in when):
        parts = [narrowed(item, reach) for item in when]
        triggers = frozenset[str]().union(*(part.triggers for part in parts))
        pushed = [part.branches for part in parts if "push" in part.triggers]
        branches = dict.fromkeys(name for part in pushed for name in part) if all(pushed) else {}
        return base.scope(triggers, branches)
    table = as_map(when)
    events, barred = _listed(table.get("event"))
    only, skipped = _listed(table.get("branch") if isinstance(when, Map) else when)
    triggers = frozenset(_EVENTS.get(event, "") for event in events) if events else reach.triggers
    triggers -= {_EVENTS.get(event, "") for event in barred}
    if "refs/tags" in " ".join(
        as_texts(as_map(table.get("ref")).get("include")) or as_texts(table.get("ref"))
    ):
        triggers = frozenset(["tag"])
    return base.scope(triggers, only or base.except_branches(skipped) or reach.branches)


def _listed(node: Any) -> tuple[tuple[str, ...], tuple[str, ...]]:
    table = as_map(node)
    return (as_texts(table.get("include")), as_texts(table.get("exclude"))) if table else (as_texts(node), ())
