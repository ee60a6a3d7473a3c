"""GitHub Actions, and the forges that read the same files."""

from collections.abc import Iterator

from scanners.facts import Pipeline, Step
from scanners.inventory.formats.tree import Map, as_map, as_seq, as_text, as_texts
from scanners.inventory.workflows import base
from scanners.inventory.workflows.base import WORKING_DIRECTORY, ReadText, Scope
from scanners.lazy import lazy_re
from scanners.values import replace

PROVIDER = "github"
NAME = lazy_re(r"^\.(github|gitea|forgejo)/workflows/[^/]+\.ya?ml$")

_EVENTS = {
    "push": "push", "pull_request": "pull_request", "pull_request_target": "pull_request",
    "merge_group": "pull_request", "schedule": "schedule", "workflow_dispatch": "manual",
    "repository_dispatch": "manual", "release": "release", "workflow_call": "call", "create": "tag",
    # A run that follows another workflow was set off by what set off that one, which is mostly a push.
    "workflow_run": "push",
}  # fmt: skip
_RUNNER = lazy_re(r"(?i)(^|[/_-])(xvfb|xvfb-action|retry|docker-run-action|ci)@")
"""Actions that run a script they are given: under a virtual display, again after a failure, in a container."""
_NEVER = lazy_re(r"^(\$\{\{\s*)?false(\s*\}\})?$")


def parse(path: str, text: str, read: ReadText) -> tuple[Pipeline, ...]:
    root = base.load(path, text)
    jobs = as_map(root.get("jobs"))
    if not jobs and "on" not in root:
        raise base.WorkflowError(f"{path} cannot be parsed: it has neither jobs nor triggers")
    reach = _scope(root)
    steps: list[Step] = []
    services: list[str] = []
    top = _directory(root, "")
    for name, body in jobs.items():
        job = as_map(body)
        if _NEVER.match(as_text(job.get("if"))):
            continue
        services += [base.image_of(service) for service in as_map(job.get("services")).values()]
        services.append(base.image_of(job.get("container")))
        if uses := as_text(job.get("uses")):
            title = as_text(job.get("name"))
            arguments = base.arguments_of(job.get("with"))
            steps.append(Step(path, job.lines["uses"], name, title, "", uses, arguments))
        steps += _steps(job, name, _directory(job, top))
    return base.assemble(path, PROVIDER, ((step, reach) for step in steps), services, reach)


def resolve(pipelines: tuple[Pipeline, ...], read: ReadText) -> tuple[Pipeline, ...]:
    """Callers lend their triggers to the workflows they call; local actions are written out in place."""
    reached = {p.path: p for p in pipelines}
    for _ in range(len(reached)):
        before = dict(reached)
        for caller in before.values():
            for step in caller.steps:
                called = step.uses[2:].split("@")[0] if step.uses.startswith("./") else ""
                if called != caller.path and (callee := reached.get(called)):
                    reached[called] = _started_by(callee, caller)
        if reached == before:
            break
    return tuple(
        replace(p, steps=tuple(s for step in p.steps for s in _inline(step, read, ())))
        for p in reached.values()
    )


def _started_by(callee: Pipeline, caller: Pipeline) -> Pipeline:
    branches = callee.branches
    if "push" in caller.triggers:
        if "push" not in callee.triggers:
            branches = caller.branches
        elif branches:
            branches = tuple(dict.fromkeys([*branches, *caller.branches])) if caller.branches else ()
    return replace(callee, triggers=callee.triggers | caller.triggers, branches=branches)


def _scope(root: Map) -> Scope:
    on = root.get("on")
    events = as_map(on) if isinstance(on, Map) else dict.fromkeys(as_texts(on), "")
    triggers: set[str] = set()
    branches: tuple[str, ...] = ()
    for event, options in events.items():
        kind = _EVENTS.get(event)
        if kind is None:
            continue
        table = as_map(options)
        if event == "push":
            only, ignored = as_texts(table.get("branches")), as_texts(table.get("branches-ignore"))
            tags = "tags" in table or "tags-ignore" in table
            if tags:
                triggers.add("tag")
            if tags and not only and not ignored:
                continue
            branches = only or base.except_branches(ignored)
        elif event == "workflow_run" and "push" not in events:
            branches = as_texts(table.get("branches"))
        triggers.add(kind)
    return base.scope(triggers, branches)


def _directory(node: Map, above: str) -> str:
    run = as_map(as_map(node.get("defaults")).get("run"))
    return base.join("", as_text(run.get(WORKING_DIRECTORY))) if WORKING_DIRECTORY in run else above


def _steps(holder: Map, job: str, directory: str) -> Iterator[Step]:
    for item in as_seq(holder.get("steps")):
        step = as_map(item)
        if _NEVER.match(as_text(step.get("if"))):
            continue
        name = as_text(step.get("name"))
        if "run" in step:
            own = step.get(WORKING_DIRECTORY)
            place = directory if own is None else base.join("", as_text(own))
            arguments = ((WORKING_DIRECTORY, place),) if place else ()
            yield Step(step.path, step.lines["run"], job, name, as_text(step["run"]).strip(), "", arguments)
        elif uses := as_text(step.get("uses")):
            given = as_map(step.get("with"))
            yield Step(step.path, step.lines["uses"], job, name, "", uses, base.arguments_of(given))
            for key in ("run", "command", "runCmd") if _RUNNER.search(uses) else ():
                if text := as_text(given.get(key)).strip():
                    yield Step(step.path, given.lines[key], job, name, text)


def _inline(step: Step, read: ReadText, above: tuple[str, ...]) -> Iterator[Step]:
    yield step
    if not step.uses.startswith("./") or step.uses.endswith((".yml", ".yaml")):
        return
    folder = base.join("", step.uses)
    if folder in above or len(above) >= base.MAX_DEPTH:
        return
    for name in ("action.yml", "action.yaml"):
        action = base.load_local(f"{folder}/{name}" if folder else name, read)
        if action is not None:
            for inner in _steps(as_map(action.get("runs")), step.job, ""):
                yield from _inline(inner, read, (*above, folder))
            return
