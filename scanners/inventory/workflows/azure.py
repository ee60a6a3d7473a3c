"""Azure Pipelines: stages, jobs, steps and local templates; usual tasks also as the command they run."""

import posixpath
import re
from collections.abc import Iterator
from typing import Any

from scanners.facts import Pipeline, Step
from scanners.inventory.formats.tree import Map, Seq, as_map, as_seq, as_text, as_texts
from scanners.inventory.workflows import base
from scanners.inventory.workflows.base import ReadText, Scope
from scanners.lazy import lazy_re

PROVIDER = "azure"
NAME = lazy_re(
    r"^((.*/)?\.?(azure-?pipelines?|vsts-ci)([._-][\w.-]+)?\.ya?ml|(.*/)?\.?(azure-?pipelines?|azuredevops)/.+\.ya?ml)$",
    re.IGNORECASE,
)
_SCRIPTS = ("script", "bash", "pwsh", "powershell")
_SECTIONS = ("stages", "jobs", "steps")


def parse(path: str, text: str, read: ReadText) -> tuple[Pipeline, ...]:
    root = base.load(path, text)
    reach = _scope(root)
    walker = _Walker(read)
    steps = list(walker.sections(root, path, "", 0))
    if "extends" in root:
        steps += walker.template(as_map(root["extends"]), path, "", 0)
    services = [base.image_of(item) or as_text(as_map(item).get("container")) for item in
                as_seq(as_map(root.get("resources")).get("containers"))]  # fmt: skip
    return base.assemble(path, PROVIDER, ((step, reach) for step in steps), services, reach)


def resolve(pipelines: tuple[Pipeline, ...]) -> tuple[Pipeline, ...]:
    """Files whose steps another pipeline took in are templates, not pipelines of their own."""
    taken = {step.path for p in pipelines for step in p.steps if step.path != p.path}
    return tuple(p for p in pipelines if p.path not in taken)


def _scope(root: Map) -> Scope:
    """Without a word on it, every push and every pull request starts a pipeline."""
    triggers: set[str] = set()
    branches: tuple[str, ...] = ()
    trigger = root.get("trigger", Map())
    if as_text(trigger) != "none":
        triggers.add("push")
        table = as_map(trigger)
        listed = as_map(table.get("branches"))
        branches = as_texts(listed.get("include")) or as_texts(table.get("branches") if not listed else None)
        branches = branches or (as_texts(trigger) if not isinstance(trigger, Map) else ())
        branches = branches or base.except_branches(as_texts(listed.get("exclude")))
        branches = tuple(re.sub(r"^refs/heads/", "", name) for name in branches)
        if "tags" in table:
            triggers.add("tag")
    if as_text(root.get("pr", Map())) != "none":
        triggers.add("pull_request")
    if as_seq(root.get("schedules")):
        triggers.add("schedule")
    return base.scope(triggers or {"manual"}, branches)


class _Walker:
    """Walks the sections of a pipeline and of the templates it takes in."""

    def __init__(self, read: ReadText) -> None:
        self._read = read
        self._left = 200  # templates may take in each other often without a loop

    def sections(self, node: Map, path: str, job: str, depth: int) -> Iterator[Step]:
        if depth > base.MAX_DEPTH * 3:
            return
        for key in _SECTIONS:
            if key in node:
                yield from self._items(node[key], path, job, depth)
        for strategy in as_map(as_map(node.get("strategy"))).values():
            for phase in as_map(strategy).values():
                yield from self.sections(as_map(phase), path, job, depth + 1)

    def _items(self, node: Any, path: str, job: str, depth: int) -> Iterator[Step]:
        for item in as_seq(node):
            table = as_map(item)
            first = next(iter(table), "")
            if first.startswith("${{"):  # a condition or loop over further items
                for inner in table.values():
                    yield from self._items(
                        inner if isinstance(inner, Seq) else as_seq(inner), path, job, depth + 1
                    )
            elif "template" in table:
                yield from self.template(table, path, job, depth)
            elif "stage" in table or "job" in table or "deployment" in table or "jobs" in table:
                name = (
                    as_text(table.get("job"))
                    or as_text(table.get("deployment"))
                    or as_text(table.get("stage"))
                )
                yield from self.sections(table, path, name or job, depth + 1)
            else:
                yield from _step(table, path, job)

    def template(self, node: Map, path: str, job: str, depth: int) -> Iterator[Step]:
        name = as_text(node.get("template"))
        target, _, repository = name.partition("@")
        local = base.join("", target.lstrip("/")) if target.startswith("/") else \
            base.join(posixpath.dirname(path), target)  # fmt: skip
        yield Step(path, node.lines["template"], job, "", "", name, base.arguments_of(node.get("parameters")))
        if repository not in ("", "self") or not local or self._left <= 0 or depth > base.MAX_DEPTH:
            return
        self._left -= 1
        inner = base.load_local(local, self._read)
        if inner is not None:
            yield from self.sections(inner, local, job, depth + 1)


def _step(table: Map, path: str, job: str) -> Iterator[Step]:
    name = as_text(table.get("displayName"))
    for key in _SCRIPTS:
        if key in table:
            place = _directory(as_text(table.get("workingDirectory")))
            arguments = ((base.WORKING_DIRECTORY, place),) if place else ()
            yield Step(path, table.lines[key], job, name, as_text(table[key]).strip(), "", arguments)
            return
    for key in ("task", "download", "publish", "checkout"):
        if uses := as_text(table.get(key)):
            inputs = as_map(table.get("inputs"))
            run = _command(uses, inputs) if key == "task" else ""
            given = base.arguments_of(inputs)
            place = _directory(as_text(inputs.get("workingDirectory")) or as_text(inputs.get("workingDir")))
            if run and place:
                given = (*given, (base.WORKING_DIRECTORY, place))
            yield Step(path, table.lines[key], job, name, run, uses if key == "task" else key, given)
            return


def _directory(written: str) -> str:
    plain = re.sub(r"^\$\((System\.DefaultWorkingDirectory|Build\.SourcesDirectory)\)/?", "", written)
    return base.join("", plain) if plain else ""


def _command(task: str, inputs: Map) -> str:
    """The command line that a usual task stands for, or an empty string."""
    name = task.partition("@")[0].lower()
    lower = {key.lower(): as_text(value) for key, value in inputs.items()}
    if inline := lower.get("script") or lower.get("inline") or lower.get("inlinescript"):
        return inline.strip()
    if name in ("bash", "shellscript", "powershell", "batchscript"):
        return lower.get("filepath") or lower.get("scriptpath") or lower.get("filename") or ""
    command = lower.get("command", "")
    if name == "dotnetcorecli":
        command = lower.get("custom", "") if command == "custom" else command or "build"
        return " ".join(
            part for part in ("dotnet", command, lower.get("projects"), lower.get("arguments")) if part
        )
    if name == "npm":
        return (
            f"npm {lower.get('customcommand', '') if command == 'custom' else command or 'install'}".strip()
        )
    if name == "maven":
        return f"mvn {lower.get('goals') or 'package'} {lower.get('options', '')}".strip()
    if name == "gradle":
        return f"./gradlew {lower.get('tasks') or 'build'} {lower.get('options', '')}".strip()
    if name == "docker":
        return f"docker {command or 'buildAndPush'}"
    if name in ("vstest", "visualstudiotest"):
        return "vstest.console"
    if name in ("go", "npmauthenticate"):
        return f"go {command} {lower.get('arguments', '')}".strip() if name == "go" else ""
    return ""
