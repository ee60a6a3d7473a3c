"""Bitbucket Pipelines: steps under the event and pattern they are listed for."""

from collections.abc import Iterator
from typing import Any

from scanners.facts import Pipeline, Step
from scanners.inventory.formats.tree import Map, as_map, as_seq, as_text, as_texts
from scanners.inventory.workflows import base
from scanners.inventory.workflows.base import ReadText, Scope
from scanners.lazy import lazy_re

PROVIDER = "bitbucket"
NAME = lazy_re(r"^bitbucket-pipelines\.ya?ml$")

_EVENTS = {"pull-requests": "pull_request", "tags": "tag", "custom": "manual"}


def parse(path: str, text: str, read: ReadText) -> tuple[Pipeline, ...]:
    root = base.load(path, text)
    pipelines = as_map(root.get("pipelines"))
    scoped: list[base.Scoped] = []
    services: list[str] = []
    declared = as_map(as_map(root.get("definitions")).get("services"))
    for section, body in pipelines.items():
        if section == "default":
            reach = base.scope(["push"])
            scoped += [(step, reach) for step in _steps(body, path, "default", services)]
            continue
        for pattern, steps in as_map(body).items():
            reach = _scope(section, pattern)
            scoped += [(step, reach) for step in _steps(steps, path, pattern, services)]
    images = [base.image_of(declared[name]) or name if name in declared else name for name in services]
    return base.assemble(path, PROVIDER, scoped, images, base.scope(["push"]))


def _scope(section: str, pattern: str) -> Scope:
    return (
        base.scope(["push"], [pattern]) if section == "branches" else base.scope([_EVENTS.get(section, "")])
    )


def _steps(node: Any, path: str, job: str, services: list[str]) -> Iterator[Step]:
    table = as_map(node)
    for item in as_seq(table.get("steps", node)):
        entry = as_map(item)
        for key in ("parallel", "stage"):
            if key in entry:
                yield from _steps(entry[key], path, job, services)
        step = as_map(entry.get("step"))
        if not step:
            continue
        services += as_texts(step.get("services"))
        name = as_text(step.get("name"))
        for key in ("script", "after-script"):
            yield from base.script(step, key, path=path, job=job, name=name)
            for command in as_seq(step.get(key)):
                if isinstance(command, Map) and "pipe" in command:
                    uses, line = as_text(command["pipe"]), command.lines["pipe"]
                    yield Step(path, line, job, name, "", uses, base.arguments_of(command.get("variables")))
