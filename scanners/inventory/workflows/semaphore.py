"""Semaphore: blocks of jobs with a shared prologue."""

from collections.abc import Iterator

from scanners.facts import Pipeline, Step
from scanners.inventory.formats.tree import Map, as_map, as_seq, as_text
from scanners.inventory.workflows import base
from scanners.inventory.workflows.base import ReadText
from scanners.lazy import lazy_re

PROVIDER = "semaphore"
NAME = lazy_re(r"^\.semaphore/[^/]+\.ya?ml$")


def parse(path: str, text: str, read: ReadText) -> tuple[Pipeline, ...]:
    root = base.load(path, text)
    # A pipeline that another one promotes to is started by hand unless it says otherwise.
    reach = base.scope(
        ["push", "pull_request"] if path.rpartition("/")[2].startswith("semaphore.") else ["manual"]
    )
    return base.assemble(path, PROVIDER, ((step, reach) for step in _steps(root, path)), default=reach)


def _steps(root: Map, path: str) -> Iterator[Step]:
    shared = as_map(root.get("global_job_config"))
    yield from base.script(as_map(shared.get("prologue")), "commands", path=path, job="prologue")
    for item in [*as_seq(root.get("blocks")), as_map(root.get("after_pipeline"))]:
        block = as_map(item)
        task = as_map(block.get("task"))
        name = as_text(block.get("name"))
        for part in [task.get("prologue"), *as_seq(task.get("jobs")), task.get("epilogue")]:
            job = as_map(part)
            yield from base.script(job, "commands", path=path, job=name, name=as_text(job.get("name")))
