"""What the providers share: scopes, the steps of a script, pipelines grouped by what starts them."""

import posixpath
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from scanners.errors import ScanError
from scanners.facts import Pipeline, Step
from scanners.inventory.formats.tree import Map, Seq, SettingsError, as_map, as_text
from scanners.inventory.formats.yamltree import documents
from scanners.lazy import lazy_re
from scanners.values import dataclass

ReadText = Callable[[str], str | None]

DEFAULT_BRANCH = "$default"
"""Stands in ``Pipeline.branches`` for the repository's default branch, whatever its name."""
USUAL_BRANCHES = ("main", "master", "trunk", "develop", "dev")
WORKING_DIRECTORY = "working-directory"
"""The name of the argument of a script step that tells where it runs, relative to the repository's root."""
MAX_DEPTH = 4
"""Of templates, reusable commands and includes that call each other."""

_CD = lazy_re(r"^[ \t]*(?:cd|pushd)[ \t]+([^\s;&|]+)[ \t]*(?:$|[;&#])", re.MULTILINE)
_TRIGGERS = frozenset(["push", "pull_request", "schedule", "tag", "manual", "release", "call"])


class WorkflowError(ScanError):
    """A CI configuration cannot be parsed, or is refused: ``workflow.unparsable``."""

    def __init__(self, message: str) -> None:
        super().__init__("workflow.unparsable", message, fault="repository")


@dataclass(frozen=True, slots=True)
class Scope:
    """What starts a step: events, and the branches of push (empty means every branch)."""

    triggers: frozenset[str]
    branches: tuple[str, ...] = ()


Scoped = tuple[Step, Scope]
EVERY_PUSH = Scope(frozenset(["push", "pull_request"]))


def load(path: str, text: str) -> Map:
    """The first document, which must be a mapping; raises WorkflowError."""
    for document in load_all(path, text):
        if isinstance(document, Map):
            return document
    raise WorkflowError(f"{path} cannot be parsed: it does not hold a mapping")


def load_all(path: str, text: str) -> list[Any]:
    try:
        return documents(path, text)
    except SettingsError as error:
        raise WorkflowError(error.message) from error


def load_local(path: str, read: ReadText) -> Map | None:
    """A file that another one includes; None where it is missing or broken."""
    text = read(path)
    if text is None:
        return None
    try:
        return load(path, text)
    except WorkflowError:
        return None


def scope(triggers: Iterable[str], branches: Iterable[str] = ()) -> Scope:
    return Scope(frozenset(triggers) & _TRIGGERS, tuple(branches))


def except_branches(patterns: Iterable[str]) -> tuple[str, ...]:
    """Branch patterns for "every branch but these": none, unless a usual default branch is among them."""
    listed = tuple(patterns)
    if any(name.strip("/^$") in (*USUAL_BRANCHES, "*", "**", ".*") for name in listed):
        return tuple(f"!{name.replace('*', '')}" for name in listed)
    return ()


def join(directory: str, name: str) -> str:
    """A path inside the repository; what leads out of it comes back as an empty string."""
    if "$" in name or name.startswith(("~", "/")):
        return ""
    joined = posixpath.normpath(posixpath.join(directory, name))
    return "" if joined == "." or joined.startswith("..") else joined


def script(
    node: Any,
    key: str | None = None,
    *,
    path: str,
    job: str = "",
    name: str = "",
    directory: str = "",
    line: int = 0,
) -> Iterator[Step]:
    """One step for each command of a script, so that evidence names the command's own line.

    ``node`` is the mapping that holds ``key``, or the script itself where there is no key. A ``cd`` of its
    own line moves the commands after it.
    """
    if key is not None:
        holder = as_map(node)
        if key not in holder:
            return
        path = holder.path or path
        line = holder.lines[key]
        node = holder[key]
    for text, at, source in _commands(node, line):
        arguments = ((WORKING_DIRECTORY, directory),) if directory else ()
        yield Step(source or path, at, job, name, text, "", arguments)
        for moved in _CD.findall(text) if "\n" not in text.strip() else ():
            directory = join(directory, moved.strip("\"'"))


def _commands(node: Any, line: int) -> Iterator[tuple[str, int, str]]:
    if isinstance(node, Seq):
        for index, item in enumerate(node):
            for text, at, source in _commands(item, node.lines[index]):
                yield text, at, source or node.path
    elif isinstance(node, Map):
        for key in ("command", "cmd", "ps", "pwsh", "sh", "script", "run"):
            if key in node:
                yield from _commands(node[key], node.lines[key])
    elif text := as_text(node).strip():
        yield text, line, ""


def arguments_of(node: Any) -> tuple[tuple[str, str], ...]:
    """Inputs of an action as name and text; lists become lines."""
    return tuple((key, _flat(value)) for key, value in as_map(node).items())


def _flat(value: Any) -> str:
    if isinstance(value, Map):
        return "\n".join(f"{key}: {_flat(item)}" for key, item in value.items())
    if isinstance(value, Seq):
        return "\n".join(_flat(item) for item in value)
    return str(value)


def image_of(node: Any) -> str:
    """The image of a service, written as text or as a mapping with a name."""
    table = as_map(node)
    return as_text(node) or as_text(table.get("image")) or as_text(table.get("name"))


def assemble(
    path: str,
    provider: str,
    scoped: Iterable[Scoped],
    services: Iterable[str] = (),
    default: Scope = EVERY_PUSH,
) -> tuple[Pipeline, ...]:
    """One pipeline for each distinct scope, in order of appearance; an empty one where there is no step."""
    groups: dict[Scope, list[Step]] = {}
    for step, reach in scoped:
        groups.setdefault(reach, []).append(step)
    used = tuple(dict.fromkeys(name for name in services if name))
    if not groups:
        groups[default] = []
    return tuple(
        Pipeline(path, provider, reach.triggers, reach.branches, tuple(steps), used)
        for reach, steps in groups.items()
    )


def merge(pipelines: tuple[Pipeline, ...]) -> Pipeline:
    """One pipeline for a whole file: whatever starts one of its parts starts it."""
    if len(pipelines) == 1:
        return pipelines[0]
    first = pipelines[0]
    pushed = [p.branches for p in pipelines if "push" in p.triggers]
    branches = () if not all(pushed) else tuple(dict.fromkeys(name for part in pushed for name in part))
    return Pipeline(
        first.path,
        first.provider,
        frozenset().union(*(p.triggers for p in pipelines)),
        branches,
        tuple(step for p in pipelines for step in p.steps),
        first.services,
    )
