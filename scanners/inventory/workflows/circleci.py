"""CircleCI: jobs under the filters of the workflows that name them, reusable commands written out."""

import re
from collections.abc import Iterator
from typing import Any

from scanners.facts import Pipeline, Step
from scanners.inventory.formats.tree import Map, as_map, as_seq, as_text, as_texts
from scanners.inventory.workflows import base
from scanners.inventory.workflows.base import ReadText, Scope
from scanners.lazy import lazy_re

PROVIDER = "circleci"
NAME = lazy_re(r"^(\.circleci/[^/]+|circle)\.ya?ml$")

_PARAMETER = lazy_re(r"<<\s*parameters\.([\w-]+)\s*>>")


def parse(path: str, text: str, read: ReadText) -> tuple[Pipeline, ...]:
    root = base.load(path, text)
    jobs = as_map(root.get("jobs"))
    scoped: list[base.Scoped] = []
    named: set[str] = set()
    for workflow in as_map(root.get("workflows")).values():
        whole = _workflow_scope(as_map(workflow))
        entries = as_seq(as_map(workflow).get("jobs"))
        for index, entry in enumerate(entries):
            name = as_text(entry) or next(iter(as_map(entry)), "")
            options = as_map(as_map(entry).get(name))
            reach = _filtered(as_map(options.get("filters")), whole)
            named.add(name)
            if name in jobs:
                scoped += [(step, reach) for step in _job(root, as_map(jobs[name]), name, options)]
            elif name:
                step = Step(
                    path, entries.lines[index], name, "", "", _orb(root, name), base.arguments_of(options)
                )
                scoped.append((step, reach))
    if not named:
        scoped += [
            (step, base.EVERY_PUSH)
            for name, job in jobs.items()
            for step in _job(root, as_map(job), name, Map())
        ]
    for phase in ("dependencies", "database", "test", "deployment"):  # the first format, circle.yml
        for key in ("pre", "override", "post"):
            scoped += [
                (s, base.EVERY_PUSH) for s in base.script(as_map(root.get(phase)), key, path=path, job=phase)
            ]
    services = [
        image for job in [*jobs.values(), *as_map(root.get("executors")).values()] for image in _services(job)
    ]
    return base.assemble(path, PROVIDER, dict.fromkeys(scoped), services)


def _services(job: Any) -> list[str]:
    return [base.image_of(image) for image in as_seq(as_map(job).get("docker"))[1:]]


def _workflow_scope(workflow: Map) -> Scope:
    scheduled: list[str] = []
    for trigger in as_seq(workflow.get("triggers")):
        schedule = as_map(as_map(trigger).get("schedule"))
        if schedule:
            scheduled += as_texts(as_map(as_map(schedule.get("filters")).get("branches")).get("only"))
            return base.scope(["schedule"], scheduled)
    return base.EVERY_PUSH


def _filtered(filters: Map, whole: Scope) -> Scope:
    """Branch builds are the builds of pull requests too, unless only chosen branches are built."""
    branches, tags = as_map(filters.get("branches")), as_map(filters.get("tags"))
    triggers = set(whole.triggers)
    if "only" in tags or as_text(filters.get("tags")):
        triggers.add("tag")
    only = as_texts(branches.get("only"))
    ignored = as_texts(branches.get("ignore"))
    if any(pattern.strip("/^$") == ".*" for pattern in ignored):
        return base.scope(triggers - {"push", "pull_request"})
    if only and "push" in triggers:
        if not any(".*" in pattern or "*" in pattern for pattern in only):
            triggers.discard("pull_request")
        return base.scope(triggers, only)
    return base.scope(triggers, base.except_branches(ignored) or whole.branches)


def _job(root: Map, job: Map, name: str, options: Map) -> Iterator[Step]:
    directory = as_text(job.get("working_directory"))
    directory = base.join("", re.sub(r"^~/(project|repo|\w+)/?", "", directory)) if "/" in directory else ""
    values = _defaults(job) | {key: str(value) for key, value in options.items() if isinstance(value, str)}
    for holder, key in ((options, "pre-steps"), (job, "steps"), (options, "post-steps")):
        yield from _steps(root, holder, key, name, directory, values, 0)


def _defaults(node: Map) -> dict[str, str]:
    declared = as_map(node.get("parameters"))
    return {key: as_text(as_map(value).get("default")) for key, value in declared.items()}


def _steps(
    root: Map, holder: Map, key: str, job: str, directory: str, values: dict[str, str], depth: int
) -> Iterator[Step]:
    if depth > base.MAX_DEPTH:
        return
    seq = as_seq(holder.get(key), holder.lines.get(key, 0))
    for index, item in enumerate(seq):
        table = as_map(item)
        kind = as_text(item) or next(iter(table), "")
        body = table.get(kind)
        line = table.lines.get(kind, seq.lines[index])
        if kind == "run":
            inner = as_map(body)
            command = _filled(as_text(body) or as_text(inner.get("command")), values).strip()
            place = base.join(directory, as_text(inner.get("working_directory")) or ".")
            arguments = ((base.WORKING_DIRECTORY, place),) if place else ()
            line = inner.lines.get("command", line)
            yield Step(holder.path, line, job, as_text(inner.get("name")), command, "", arguments)
        elif kind in ("when", "unless"):
            yield from _steps(root, as_map(body), "steps", job, directory, values, depth + 1)
        elif kind in (commands := as_map(root.get("commands"))):
            command_map = as_map(commands[kind])
            given = {k: _filled(str(v), values) for k, v in as_map(body).items() if isinstance(v, str)}
            yield from _steps(
                root, command_map, "steps", job, directory, _defaults(command_map) | given, depth + 1
            )
        elif kind:
            yield Step(holder.path, line, job, "", "", _orb(root, kind), base.arguments_of(body))


def _orb(root: Map, name: str) -> str:
    """``orb/command`` with the orb's address and version; built-in steps keep their name."""
    prefix, _, command = name.partition("/")
    source = as_text(as_map(root.get("orbs")).get(prefix))
    return f"{source}/{command}" if source and command else name


def _filled(text: str, values: dict[str, str]) -> str:
    return _PARAMETER.sub(lambda match: values.get(match[1], match[0]), text)
