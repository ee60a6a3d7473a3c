"""All dependencies of one tree, resolved across its manifests and indexed by name."""

from collections.abc import Iterable

from scanners.facts import Dependency
from scanners.inventory.dependencies.manifest import Manifest
from scanners.inventory.dependencies.resolve import resolve
from scanners.lazy import lazy_re

_SEPARATORS = lazy_re(r"[-_.]+")
_GO_MAJOR = lazy_re(r"(?:/v[0-9]+|\.v[0-9]+)$")
_CASELESS = frozenset(["npm", "packagist", "nuget"])


class Dependencies:
    """Declared dependencies in the order of their manifests; locked ones only where nothing declares them."""

    def __init__(self, manifests: tuple[Manifest, ...], dependencies: Iterable[Dependency]) -> None:
        self.manifests = manifests
        self.all = tuple(dependencies)
        self._index: dict[str, dict[str, list[Dependency]]] = {}
        self._globbed: dict[tuple[str, str], list[Dependency]] = {}
        for dependency in self.all:
            key = _folded(dependency.ecosystem, dependency.name)
            self._index.setdefault(dependency.ecosystem, {}).setdefault(key, []).append(dependency)

    def names(self, ecosystem: str) -> frozenset[str]:
        """The names in one ecosystem, as the dependencies spell them."""
        found = self._index.get(ecosystem, {}).values()
        return frozenset(dependency.name for group in found for dependency in group)

    def find(self, ecosystem: str, name: str) -> list[Dependency]:
        """The dependencies of that name; ``*`` stands for any characters.

        Compared as the ecosystem compares names. A Go module matches its later major versions too:
        ``example.org/cli`` finds ``example.org/cli/v2``.
        """
        index = self._index.get(ecosystem)
        if not index:
            return []
        if "*" not in name:
            return list(index.get(_folded(ecosystem, name), ()))
        found = self._globbed.get((ecosystem, name))
        if found is None:
            parts = [_folded_part(ecosystem, part) for part in name.split("*")]
            found = []
            for key, group in index.items():
                short = _matches(key, parts)
                found += [d for d in group if short or (ecosystem == "go" and _matches(d.name, parts))]
            self._globbed[ecosystem, name] = found
        return list(found)


def collect(manifests: Iterable[Manifest]) -> Dependencies:
    """The dependencies of all ``manifests``, references between them resolved."""
    known = tuple(manifests)
    declared: list[Dependency] = []
    locked: list[Dependency] = []
    for manifest, dependencies in resolve(known):
        (locked if manifest.locked else declared).extend(dependencies)
    names = {(d.ecosystem, _folded(d.ecosystem, d.name)) for d in declared}
    rest = (d for d in locked if (d.ecosystem, _folded(d.ecosystem, d.name)) not in names)
    return Dependencies(known, dict.fromkeys([*declared, *(_indirect(d) for d in rest)]))


def _indirect(dependency: Dependency) -> Dependency:
    if not dependency.direct:
        return dependency
    return Dependency(
        dependency.ecosystem,
        dependency.name,
        dependency.version,
        dependency.scope,
        dependency.path,
        dependency.line,
        direct=False,
    )


def _folded(ecosystem: str, name: str) -> str:
    """``name`` as the ecosystem compares it, without a Go module's major version."""
    if ecosystem == "go":
        return _GO_MAJOR.sub("", name)
    return _folded_part(ecosystem, name)


def _folded_part(ecosystem: str, part: str) -> str:
    if ecosystem == "pypi":
        return _SEPARATORS.sub("-", part).lower()
    if ecosystem == "crates":
        return part.replace("_", "-").lower()
    return part.lower() if ecosystem in _CASELESS else part


def _matches(name: str, parts: list[str]) -> bool:
    """Whether ``parts`` occur in order, the first at the start and the last at the end; linear time."""
    first, *middle, last = parts
    if not name.startswith(first):
        return False
    position = len(first)
    for part in middle:
        found = name.find(part, position)
        if found < 0:
            return False
        position = found + len(part)
    return len(name) - len(last) >= position and name.endswith(last)
