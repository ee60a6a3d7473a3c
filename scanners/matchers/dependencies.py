"""Dependency matchers: names declared in parsed manifests, by ecosystem."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from scanners.matchers.base import Hit, Scope, listed, scope_of
from scanners.values import dataclass

if TYPE_CHECKING:
    from scanners.view import TreeView

ECOSYSTEMS = ("pypi", "npm", "go", "maven", "rubygems", "packagist", "nuget", "crates", "hex")


@dataclass(frozen=True, slots=True)
class DependencyMatcher:
    """Dependencies of one of the named ones; ``kinds`` are the scopes that count, locked-only ones never do."""

    names: tuple[tuple[str, str], ...]
    kinds: frozenset[str]
    scope: Scope

    def hits(self, view: "TreeView") -> Iterable[Hit]:
        for ecosystem, name in self.names:
            for found in view.inventory.dependencies.find(ecosystem, name):
                if (
                    found.direct
                    and found.scope in self.kinds
                    and view.manifest_counts(found.path, self.scope.roles)
                ):
                    yield Hit(found.path, (found.line,), 1)


def from_spec(spec: Mapping[str, Any]) -> DependencyMatcher:
    """The matcher for ``{dependency: {pypi: [...], npm: [...]}, scope: runtime|any|dev}``."""
    wanted = spec.get("scope", "runtime")
    kinds = {
        "runtime": frozenset(["runtime", "optional", "build"]),
        "dev": frozenset(["dev", "test", "build"]),
        "any": frozenset(["runtime", "optional", "build", "dev", "test"]),
    }[wanted]
    names = tuple((eco, name) for eco, names in spec["dependency"].items() for name in listed(names))
    return DependencyMatcher(names, kinds, scope_of(spec, "moderate"))
