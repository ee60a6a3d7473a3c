"""Cirrus CI: tasks of named scripts; several tasks may bear the same key."""

import re
from collections.abc import Iterator
from typing import Any

from scanners.facts import Pipeline, Step
from scanners.inventory.formats.tree import Map, as_map, as_seq, as_text
from scanners.inventory.workflows import base
from scanners.inventory.workflows.base import DEFAULT_BRANCH, ReadText, Scope
from scanners.lazy import lazy_re

PROVIDER = "cirrus"
NAME = lazy_re(r"^\.cirrus\.ya?ml$")


def parse(path: str, text: str, read: ReadText) -> tuple[Pipeline, ...]:
    root = base.load(path, text)
    scoped: list[base.Scoped] = []
    services: list[str] = []
    tasks = [(key, value, line) for key, value, line in root.repeated]
    tasks += [(key, value, root.lines[key]) for key, value in root.items()]
    for key, value, _ in sorted(tasks, key=lambda task: task[2]):
        if key.endswith("task"):
            for item in as_seq(value):
                task = as_map(item)
                reach = _scope(as_text(task.get("only_if")))
                job = as_text(task.get("name")) or key
                scoped += [(step, reach) for step in _steps(task, path, job)]
                extra = as_seq(as_map(task.get("container")).get("additional_containers"))
                services += [base.image_of(container) for container in extra]
    return base.assemble(path, PROVIDER, scoped, services)


def _steps(task: Map, path: str, job: str) -> Iterator[Step]:
    entries: list[tuple[str, Any, int]] = [(key, value, task.lines[key]) for key, value in task.items()]
    for key, value, line in sorted([*entries, *task.repeated], key=lambda entry: entry[2]):
        if key.endswith("script"):
            yield from base.script(value, path=path, job=job, name=key, line=line)
        elif key == "always":
            yield from _steps(as_map(value), path, job)


def _scope(condition: str) -> Scope:
    names = re.findall(r"\$CIRRUS_BRANCH\s*==\s*(['\"][^'\"]+['\"]|\$CIRRUS_DEFAULT_BRANCH)", condition)
    branches = [DEFAULT_BRANCH if name.startswith("$") else name.strip("'\"") for name in names]
    if re.search(r"\$CIRRUS_TAG\s*(!=\s*['\"]{2}|=~)", condition) and not branches:
        return base.scope(["tag"])
    if re.search(r"\$CIRRUS_CRON\s*(!=\s*['\"]{2}|==)", condition) and not branches:
        return base.scope(["schedule"])
    asks_pull_request = re.search(r"\$CIRRUS_PR\s*!=\s*['\"]{2}", condition)
    if asks_pull_request and not branches:
        return base.scope(["pull_request"])
    if branches:
        return base.scope(["push", "pull_request"] if asks_pull_request else ["push"], branches)
    return base.EVERY_PUSH
