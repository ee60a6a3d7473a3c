"""GitLab CI: jobs with what they extend and include, each under the rules that start it."""

import re
from collections.abc import Iterator
from typing import Any

from scanners.facts import Pipeline, Step
from scanners.inventory.formats.tree import Map, Seq, as_map, as_seq, as_text, as_texts
from scanners.inventory.workflows import base
from scanners.inventory.workflows.base import DEFAULT_BRANCH, ReadText, Scope
from scanners.lazy import lazy_re

PROVIDER = "gitlab"
NAME = lazy_re(r"^\.gitlab-ci\.ya?ml$")

_RESERVED = frozenset(
    ["default", "include", "stages", "variables", "workflow", "image", "services", "cache", "before_script",
     "after_script", "spec", "types"]
)  # fmt: skip
_REFS = {
    "merge_requests": "pull_request", "external_pull_requests": "pull_request", "schedules": "schedule",
    "tags": "tag", "web": "manual", "api": "manual", "triggers": "manual", "pipelines": "call", "branches":
    "push", "pushes": "push",
}  # fmt: skip
_ALL = frozenset(["push", "pull_request", "tag", "schedule", "manual"])
_BRANCHES_AND_TAGS = frozenset(["push", "tag"])
_EQUALS = lazy_re(
    r"\$(?:CI_COMMIT_BRANCH|CI_COMMIT_REF_NAME|CI_COMMIT_REF_SLUG)\s*(==|=~)\s*(\"[^\"]*\"|'[^']*'|/[^/]*/\w*|\$\w+)"
)
_SOURCE = lazy_re(r"\$CI_PIPELINE_SOURCE\s*(==|=~|!=)\s*(\"[^\"]*\"|'[^']*'|/[^/]*/)")
_SOURCES = {
    "merge_request": "pull_request", "external_pull": "pull_request", "schedule": "schedule", "push": "push",
    "web": "manual", "api": "manual", "trigger": "manual", "pipeline": "call", "parent": "call", "tag": "tag",
}  # fmt: skip


def parse(path: str, text: str, read: ReadText) -> tuple[Pipeline, ...]:
    root = Map(path)
    _include(base.load(path, text), root, read, {path})
    workflow = as_map(root.get("workflow"))
    whole = _rules(workflow["rules"]) if "rules" in workflow else None
    defaults = as_map(root.get("default"))
    scoped: list[base.Scoped] = []
    services: list[str] = []
    for name, body in root.items():
        if name in _RESERVED or name.startswith(".") or not isinstance(body, Map):
            continue
        job = _extended(body, root, 0)
        if not {"script", "trigger", "run"} & job.keys():
            continue
        for reach in _job_scopes(job, whole):
            scoped += [(step, reach) for step in _steps(root, defaults, job, name)]
        for source in (job, defaults, root):
            if "services" in source:
                services += [base.image_of(service) for service in as_seq(source["services"])]
                break
    return base.assemble(path, PROVIDER, scoped, services, base.scope(_BRANCHES_AND_TAGS))


def _include(document: Map, root: Map, read: ReadText, seen: set[str]) -> None:
    """Lay ``document`` over what it includes; a file is included once, whoever asks."""
    include = document.get("include")
    for item in as_seq(include):
        local = as_text(as_map(item).get("local")) or as_text(item)
        name = base.join("", local.lstrip("/")) if "://" not in local else ""
        if name and name not in seen and len(seen) < 100:
            seen.add(name)
            inner = base.load_local(name, read)
            if inner is not None:
                _include(inner, root, read, seen)
    for key, value in document.items():
        known = root.get(key)
        if isinstance(known, Map) and isinstance(value, Map):
            value = _laid_over(known, value)
        root.put(key, value, document.lines[key])
    root.repeated.clear()


def _laid_over(below: Map, above: Map) -> Map:
    """``below`` with what ``above`` says instead; lines and paths follow the value."""
    out = Map(above.path, above.line)
    for part in (below, above):
        for key, value in part.items():
            out.put(key, value, part.lines[key])
    out.repeated.clear()
    return out


def _extended(job: Map, root: Map, depth: int) -> Map:
    result: Map | None = None
    if depth < 10:
        for name in as_texts(job.get("extends")):
            parent = root.get(name)
            if isinstance(parent, Map) and parent is not job:
                inherited = _extended(parent, root, depth + 1)
                result = inherited if result is None else _laid_over(result, inherited)
    return job if result is None else _laid_over(result, job)


def _steps(root: Map, defaults: Map, job: Map, name: str) -> Iterator[Step]:
    for key in ("before_script", "script", "after_script"):
        holder = next((h for h in (job, defaults, root) if key in h), None)
        if holder is not None and (key != "script" or holder is job):
            seq = _referenced(holder[key], root, 0)
            yield from base.script(seq, path=holder.path, job=name, name=as_text(job.get("stage")),
                                   line=holder.lines[key])  # fmt: skip
    for item in as_seq(job.get("run")):
        step = as_map(item)
        yield from base.script(step, "script", path=job.path, job=name, name=as_text(step.get("name")))
    if "trigger" in job:
        trigger = as_map(job["trigger"])
        uses = as_text(job["trigger"]) or as_text(trigger.get("include")) or as_text(trigger.get("project"))
        yield Step(job.path, job.lines["trigger"], name, as_text(job.get("stage")), "", uses)


def _referenced(node: Any, root: Map, depth: int) -> Any:
    """Scripts with ``!reference [job, key]`` replaced by what it names."""
    if not isinstance(node, Seq) or depth > base.MAX_DEPTH:
        return node
    if node.tag == "!reference":
        found: Any = root
        for key in as_texts(node):
            found = as_map(found).get(key)
        return _referenced(found, root, depth + 1) if found is not None else Seq()
    if not any(isinstance(item, Seq) for item in node):
        return node
    out = Seq(node.path, node.line)
    for index, item in enumerate(node):
        out.put(_referenced(item, root, depth + 1), node.lines[index])
    return out


def _job_scopes(job: Map, whole: Scope | None) -> tuple[Scope, ...]:
    """Normally one scope; none for a job that never runs."""
    if "rules" in job:
        reach = _rules(job["rules"])
        if whole is not None:
            reach = Scope(reach.triggers & whole.triggers or reach.triggers, reach.branches or whole.branches)
        return (reach,) if reach.triggers else ()
    if as_text(job.get("when")) in ("manual", "never"):
        return (base.scope(["manual"]),) if as_text(job.get("when")) == "manual" else ()
    if "only" in job or "except" in job:
        return (_only(job.get("only"), job.get("except")),)
    return (whole or base.scope(_BRANCHES_AND_TAGS),)


def _refs(node: Any) -> tuple[str, ...] | None:
    return as_texts(node["refs"]) if isinstance(node, Map) and "refs" in node else as_texts(node) or None


def _only(only: Any, barred: Any) -> Scope:
    triggers, branches = set(_BRANCHES_AND_TAGS), []
    if (
        only is not None
        and (refs := _refs(only)) is not None
        and not (isinstance(only, Map) and "refs" not in only)
    ):
        triggers = {_REFS.get(ref, "push") for ref in refs}
        if not {"branches", "pushes"} & set(refs):
            branches = [ref for ref in refs if ref not in _REFS]
    refs = _refs(barred) if not (isinstance(barred, Map) and "refs" not in barred) else None
    for ref in refs or ():
        if ref in _REFS:
            triggers.discard(_REFS[ref])
        elif not branches:
            branches += base.except_branches([ref])
    return base.scope(triggers, branches)


def _rules(node: Any) -> Scope:
    """The union of the rules that let a job in, less what earlier plain rules bar."""
    triggers: set[str] = set()
    branches: list[str] = []
    barred: set[str] = set()
    everywhere = False
    for item in as_seq(node):
        rule = as_map(item)
        condition = as_text(rule.get("if"))
        when = as_text(rule.get("when"))
        kinds, names = _condition(condition)
        if when == "never":
            if "&&" not in condition and not names:
                barred |= kinds if condition else set(_ALL)
            continue
        if when == "manual":
            triggers.add("manual")
            continue
        triggers |= kinds - barred
        if "push" in kinds - barred:
            everywhere = everywhere or not names
            branches += names
    return base.scope(triggers, () if everywhere else dict.fromkeys(branches))


def _condition(text: str) -> tuple[set[str], list[str]]:
    """What starts a pipeline that satisfies a rule's condition, and on which branches."""
    if not text:
        return set(_ALL), []
    kinds: set[str] = set()
    names: list[str] = []
    for operator, value in _SOURCE.findall(text):
        found = {kind for word, kind in _SOURCES.items() if word in value}
        kinds |= set(_ALL) - found if operator == "!=" else found
    for _, value in _EQUALS.findall(text):
        name = value.strip("\"'")
        names.append(DEFAULT_BRANCH if "DEFAULT_BRANCH" in name else name)
    if not kinds or "||" in text:
        if "CI_MERGE_REQUEST" in text or "CI_OPEN_MERGE_REQUESTS" in text:
            kinds.add("pull_request")
        if re.search(r"\$CI_COMMIT_TAG\b(?!\s*==\s*null)", text) and not re.search(
            r"!\s*\$CI_COMMIT_TAG", text
        ):
            kinds.add("tag")
        if names or re.search(r"\$CI_COMMIT_BRANCH\b(?!\s*(==|=~|!=))", text):
            kinds.add("push")
    if names and "push" not in kinds and "pull_request" not in kinds:
        kinds.add("push")
    return kinds or set(_ALL), names
