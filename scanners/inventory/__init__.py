"""What a tree declares about itself: dependencies, pipelines, settings, task runners, containers.

Everything is parsed at most once per tree and only when a matcher asks. What cannot be parsed becomes a
``Problem`` and the rest goes on.
"""

from collections.abc import Callable, Iterable
from functools import cached_property
from typing import Any, TypeVar

from scanners.bounded import Bounded
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
_Parsed = TypeVar("_Parsed")


_PARSED: "Bounded[tuple[str, str, str], Any]" = Bounded(8 << 20)
"""What files held that were parsed before, by kind, path and blob id; weighed by the length of their text."""


class Inventory:
    """Parsed views of the files at ``paths``; ``read`` gives a file's text, or None where it cannot be read.

    Where ``blob_of`` gives a file's blob id, what was parsed once in this process is not parsed again.
    """

    def __init__(
        self, paths: Iterable[str], read: ReadText, blob_of: Callable[[str], str] = lambda path: ""
    ) -> None:
        self._paths = tuple(paths)
        self._read = read
        self._blob_of = blob_of
        self._settings: dict[str, tuple[Setting, ...]] = {}
        self.problems: list[Problem] = []

    @cached_property
    def manifests(self) -> tuple[Manifest, ...]:
        return tuple(self._all("manifest", is_manifest, parse))

    @cached_property
    def dependencies(self) -> Dependencies:
        return collect(self.manifests)

    @cached_property
    def pipelines(self) -> tuple[Pipeline, ...]:
        return resolve(self._all("workflow", is_workflow, parse_workflow), self._read, self._paths)

    @cached_property
    def dockerfiles(self) -> tuple[Dockerfile, ...]:
        return tuple(self._all("dockerfile", is_dockerfile, parse_dockerfile))

    @cached_property
    def composes(self) -> tuple[Compose, ...]:
        return tuple(self._all("compose", is_compose, parse_compose))

    def settings(self, path: str) -> tuple[Setting, ...]:
        """The leaves of one structured file; () where it cannot be read or parsed."""
        known = self._settings.get(path)
        if known is None:
            known = self._settings[path] = self._parse("settings", path, parse_settings) or ()
        return known

    def _all(
        self, kind: str, wanted: Callable[[str], bool], parse: Callable[[str, str], _Parsed]
    ) -> list[_Parsed]:
        found = (self._parse(kind, path, parse) for path in self._paths if wanted(path))
        return [parsed for parsed in found if parsed is not None]

    def prepare(self) -> None:
        """Parses manifests and workflows now, for a process that has the time; what is wrong with one is noted later."""
        for path in self._paths:
            if is_manifest(path):
                self._known("manifest", path, parse)
            if is_workflow(path):
                self._known("workflow", path, parse_workflow)

    def _parse(self, kind: str, path: str, parse: Callable[[str, str], _Parsed]) -> _Parsed | None:
        """The parsed file; None where it cannot be read or parsed, and the latter is noted."""
        known = self._known(kind, path, parse)
        if isinstance(known, Problem):
            self.problems.append(known)
            return None
        return known

    def _known(self, kind: str, path: str, parse: Callable[[str, str], _Parsed]) -> _Parsed | Problem | None:
        blob = self._blob_of(path)
        known: _Parsed | Problem | None = _PARSED.get((kind, path, blob)) if blob else None
        if known is None:
            text = self._read(path)
            if text is None:
                return None
            try:
                known = parse(path, text)
            except (ManifestError, WorkflowError, SettingsError) as error:
                known = Problem(path, error.id, error.message)
            if blob:
                _PARSED.put((kind, path, blob), known, len(text) + 1000)
        return known
