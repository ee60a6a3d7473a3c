"""CI configurations of every provider as pipelines: what starts them and what they run.

``parse_workflow`` reads one file by itself, so its answer can be kept by blob. ``resolve`` looks across
files: at reusable workflows, includes, local actions, templates and task runners. A file whose jobs start
differently becomes several pipelines there.
"""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from types import ModuleType

from scanners.facts import Pipeline, Step
from scanners.inventory.tasks import TaskRunners
from scanners.inventory.workflows import (
    appveyor,
    azure,
    bitbucket,
    buildkite,
    circleci,
    cirrus,
    drone,
    github,
    gitlab,
    jenkins,
    semaphore,
    sourcehut,
    travis,
    woodpecker,
)
from scanners.inventory.workflows.base import WORKING_DIRECTORY, ReadText, WorkflowError, merge
from scanners.values import replace

__all__ = ["WorkflowError", "is_workflow", "parse_workflow", "resolve"]

_PROVIDERS: tuple[ModuleType, ...] = (
    github, gitlab, circleci, azure, jenkins, travis, drone, woodpecker, buildkite, bitbucket, appveyor,
    cirrus, semaphore, sourcehut,
)  # fmt: skip


def is_workflow(path: str) -> bool:
    """Whether the file configures one of the known CI providers."""
    return _provider(path) is not None


def parse_workflow(path: str, text: str) -> Pipeline:
    """One file by itself; raises WorkflowError."""
    return merge(_parse(path, text, _nothing))


def resolve(
    pipelines: Iterable[Pipeline], files: ReadText | Mapping[str, str], paths: Iterable[str] = ()
) -> tuple[Pipeline, ...]:
    """The pipelines as they run, with what they take from other files; never raises.

    ``files`` gives the text of a path. ``paths`` lists the tree where it is known; the packages of a monorepo
    are found by it.
    """
    read = files.get if isinstance(files, Mapping) else files
    if isinstance(files, Mapping):
        paths = paths or files
    found: list[Pipeline] = []
    alone: list[Pipeline] = []
    for pipeline in pipelines:
        if pipeline.provider == github.PROVIDER:
            alone.append(pipeline)
        else:
            found += _again(pipeline, read)
    found = [*github.resolve(tuple(alone), read), *azure.resolve(tuple(found))]
    runners = TaskRunners(read, paths)
    return tuple(replace(p, steps=tuple(_expanded(step, runners) for step in p.steps)) for p in found)


@lru_cache(maxsize=1 << 16)
def _provider(path: str) -> ModuleType | None:
    return next((module for module in _PROVIDERS if module.NAME.search(path)), None)


def _parse(path: str, text: str, read: ReadText) -> tuple[Pipeline, ...]:
    module = _provider(path)
    if module is None:
        raise WorkflowError(f"{path} is not a CI configuration that is known")
    parsed: tuple[Pipeline, ...] = module.parse(path, text, read)
    return parsed


def _again(pipeline: Pipeline, read: ReadText) -> tuple[Pipeline, ...]:
    """The file read once more, now with the others at hand and its parts kept apart."""
    text = read(pipeline.path)
    if text is None:
        return (pipeline,)
    try:
        return _parse(pipeline.path, text, read)
    except WorkflowError:
        return (pipeline,)


def _nothing(path: str) -> str | None:
    return None


def _expanded(step: Step, runners: TaskRunners) -> Step:
    if not step.run:
        return step
    directory = dict(step.arguments).get(WORKING_DIRECTORY, "")
    run = runners.expand(step.run, directory)
    return step if run == step.run else replace(step, run=run)
