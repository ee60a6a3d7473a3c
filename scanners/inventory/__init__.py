"""What a tree declares about itself: dependencies, pipelines, settings, task runners, containers.

Everything is parsed at most once per tree and only when a matcher asks. What cannot be parsed becomes a
``Problem`` and the rest goes on.
"""

from collections.abc import Callable, Iterable
from functools import cached_property

from scanners.facts import Pipeline, Problem, Setting
from scanners.inventory.containers import (
    Compose,
    Dockerfile,
    is_compose,
    is_dockerfile,
    parse_compose,
    parse_dockerfile,
)
from scanners.inventory.dependencies import Dependencies, Manifest, ManifestError, collect, is_manifest, parse
from scanners.inventory.structured import SettingsError, parse_settings
from scanners.inventory.workflows import WorkflowError, is_workflow, parse_workflow, resolve

ReadText = Callable[[str], str | None]


class Inventory:
    """Parsed views of the files at ``paths``; ``read`` gives a file's text, or None where it cannot be read."""

    def __init__(self, paths: Iterable[str], read: ReadText) -> None:
        self._paths = tuple(paths)
        self._read = read
        self._settings: dict[str, tuple[Setting, ...]] = {}
        self.problems: list[Problem] = []

    @cached_property
    def manifests(self) -> tuple[Manifest, ...]:
        out = []
        for path in self._paths:
            if is_manifest(path) and (text := self._read(path)) is not None:
                try:
                    out.append(parse(path, text))
                except ManifestError as error:
                    self._note(path, error)
        return tuple(out)

    @cached_property
    def dependencies(self) -> Dependencies:
        return collect(self.manifests)

    @cached_property
    def pipelines(self) -> tuple[Pipeline, ...]:
        out = []
        for path in self._paths:
            if is_workflow(path) and (text := self._read(path)) is not None:
                try:
                    out.append(parse_workflow(path, text))
                except WorkflowError as error:
                    self._note(path, error)
        return resolve(out, self._read, self._paths)

    @cached_property
    def dockerfiles(self) -> tuple[Dockerfile, ...]:
        texts = ((path, self._read(path)) for path in self._paths if is_dockerfile(path))
        return tuple(parse_dockerfile(path, text) for path, text in texts if text is not None)

    @cached_property
    def composes(self) -> tuple[Compose, ...]:
        out = []
        for path in self._paths:
            if is_compose(path) and (text := self._read(path)) is not None:
                try:
                    out.append(parse_compose(path, text))
                except SettingsError as error:
                    self._note(path, error)
        return tuple(out)

    def settings(self, path: str) -> tuple[Setting, ...]:
        """The leaves of one structured file; () where it cannot be read or parsed."""
        known = self._settings.get(path)
        if known is None:
            known = ()
            text = self._read(path)
            if text is not None:
                try:
                    known = parse_settings(path, text)
                except SettingsError as error:
                    self._note(path, error)
            self._settings[path] = known
        return known

    def _note(self, path: str, error: ManifestError | WorkflowError | SettingsError) -> None:
        self.problems.append(Problem(path, error.id, error.message))
