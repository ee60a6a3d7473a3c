"""Path matchers: globs over the names of files."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from scanners.matchers.base import Hit, Scope, listed, scope_of
from scanners.values import dataclass

if TYPE_CHECKING:
    from scanners.view import TreeView


@dataclass(frozen=True, slots=True)
class PathMatcher:
    """Files whose path satisfies one of ``globs`` and none of ``unless``; each counts once, empty ones never."""

    globs: tuple[str, ...]
    unless: tuple[str, ...]
    scope: Scope

    def hits(self, view: "TreeView") -> Iterable[Hit]:
        barred = {path for glob in self.unless for path in view.paths_of(glob)}
        seen: set[str] = set()
        for glob in self.globs:
            for path in view.paths_of(glob):
                if path not in seen and path not in barred and view.role(path) in self.scope.roles:
                    seen.add(path)
                    yield Hit(path, (1,), 1)


def from_spec(spec: Mapping[str, Any]) -> PathMatcher:
    """The matcher for ``{path: [globs], unless: [globs]}``."""
    roles = frozenset(["source", "docs"])
    return PathMatcher(
        listed(spec["path"]), listed(spec.get("unless", ())), scope_of(spec, "moderate", roles)
    )
