"""Buildkite: command steps and plugins, each under its branch filter."""

import re
from collections.abc import Iterator
from typing import Any

from scanners.facts import Pipeline, Step
from scanners.inventory.formats.tree import Map, as_map, as_seq, as_text
from scanners.inventory.workflows import base
from scanners.inventory.workflows.base import ReadText, Scope
from scanners.lazy import lazy_re

PROVIDER = "buildkite"
NAME = lazy_re(r"^(\.?buildkite/[\w./-]+|buildkite([._-][\w-]+)?)\.ya?ml$")


def parse(path: str, text: str, read: ReadText) -> tuple[Pipeline, ...]:
    documents = base.load_all(path, text)
    root = documents[0] if documents else None
    steps = as_map(root).get("steps") if isinstance(root, Map) else root
    if not isinstance(steps, list) or not any(isinstance(item, Map | str) for item in steps):
        raise base.WorkflowError(f"{path} cannot be parsed: it holds no steps")
    return base.assemble(path, PROVIDER, _steps(steps, path, ""))


def _steps(node: Any, path: str, group: str) -> Iterator[base.Scoped]:
    for item in as_seq(node):
        step = as_map(item)
        name = as_text(step.get("label")) or as_text(step.get("name")) or as_text(step.get("key"))
        if "steps" in step:
            yield from _steps(step["steps"], path, as_text(step.get("group")) or name)
            continue
        reach = _scope(step)
        job = group or name
        for key in ("command", "commands"):
            for command in base.script(step, key, path=path, job=job, name=name):
                yield command, reach
        for plugin in as_seq(step.get("plugins")):
            for uses, options in as_map(plugin).items() or [(as_text(plugin), None)]:
                line = plugin.lines[uses] if isinstance(plugin, Map) else step.lines["plugins"]
                yield Step(path, line, job, name, "", uses, base.arguments_of(options)), reach
        if trigger := as_text(step.get("trigger")):
            yield Step(path, step.lines["trigger"], job, name, "", trigger), reach


def _scope(step: Map) -> Scope:
    """Builds of pull requests are builds of their branch, so a filter for chosen branches leaves them out."""
    words = as_text(step.get("branches")).split()
    only = [word for word in words if not word.startswith("!")]
    condition = as_text(step.get("if"))
    only += re.findall(r"build\.branch\s*==\s*[\"']([^\"']+)", condition)
    if re.search(r"build\.tag\s*(!=|=~)", condition):
        return base.scope(["tag"])
    if only:
        return base.scope(["push"], only)
    return base.scope(["push", "pull_request"], base.except_branches(word[1:] for word in words))
