"""Resolution across manifests: what one file leaves to another. Each parser's docstring names its facts."""

import posixpath
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from scanners.facts import Dependency
from scanners.inventory.dependencies.manifest import Manifest
from scanners.lazy import lazy_re
from scanners.values import replace

MAX_PARENTS = 12
MAX_EXPANDED = 1000

_PROPERTY = lazy_re(r"\$\{([^${}]{1,200})\}")
_ALIAS_SEPARATORS = lazy_re(r"[-_]")


def resolve(manifests: tuple[Manifest, ...]) -> Iterator[tuple[Manifest, Iterable[Dependency]]]:
    """Each manifest with its dependencies, names and versions filled in from the others."""
    holders: dict[str, list[Manifest]] = {}
    for manifest in manifests:
        for fact in manifest.facts:
            holders.setdefault(fact, []).append(manifest)
    maven = _Maven(holders.get("packaging", []))
    gradle = _Gradle(holders.get("catalog", []))
    for manifest in manifests:
        if manifest.locked:
            yield manifest, manifest.dependencies
        elif "packaging" in manifest.facts:
            yield manifest, maven.resolved(manifest)
        elif "aliases" in manifest.facts:
            yield manifest, gradle.resolved(manifest)
        elif manifest.facts.get("inherited"):
            yield manifest, _cargo(manifest, holders.get("workspace_dependencies", []))
        elif manifest.ecosystem == "nuget":
            yield manifest, _nuget(manifest, holders.get("central", []))
        elif manifest.ecosystem == "npm":
            yield manifest, _npm(manifest, holders.get("catalogs", []))
        else:
            yield manifest, manifest.dependencies


def _mapping(manifest: Manifest | None, fact: str) -> Mapping[str, Any]:
    value = manifest.facts.get(fact) if manifest else None
    return value if isinstance(value, dict) else {}


def _above(manifest: Manifest, candidates: Iterable[Manifest]) -> list[Manifest]:
    """The candidates in the folder of ``manifest`` or in one that holds it, the farthest first."""
    here = posixpath.dirname(manifest.path) + "/"
    found = [one for one in candidates if not (folder := _folder(one)) or here.startswith(f"{folder}/")]
    return sorted(found, key=lambda one: len(_folder(one)))


def _folder(manifest: Manifest) -> str:
    """The folder that a file speaks for: a catalog in ``gradle`` for the one above."""
    folder = posixpath.dirname(manifest.path)
    return posixpath.dirname(folder) if posixpath.basename(folder) == "gradle" else folder


def _cargo(manifest: Manifest, workspaces: list[Manifest]) -> Iterator[Dependency]:
    shared: dict[str, Any] = {}
    for holder in _above(manifest, workspaces):
        shared = dict(_mapping(holder, "workspace_dependencies")) or shared
    inherited = manifest.facts.get("inherited")
    for one in manifest.dependencies:
        entry = shared.get(one.name) if isinstance(inherited, list) and one.name in inherited else None
        yield replace(one, name=entry["name"], version=entry["version"]) if entry else one


def _nuget(manifest: Manifest, central: list[Manifest]) -> Iterator[Dependency]:
    versions: dict[str, str] = {}
    if central and not all(one.version for one in manifest.dependencies):
        for holder in _above(manifest, central):
            versions |= {name.lower(): str(v) for name, v in _mapping(holder, "central").items()}
    for one in manifest.dependencies:
        version = one.version or versions.get(one.name.lower(), "")
        yield replace(one, version=version) if version != one.version else one


def _npm(manifest: Manifest, workspaces: list[Manifest]) -> Iterator[Dependency]:
    """Versions that name a catalog, of pnpm or Bun, come from the nearest workspace above."""
    catalogs: dict[str, Any] = {}
    if any(one.version.startswith("catalog:") for one in manifest.dependencies):
        for holder in _above(manifest, workspaces):
            catalogs |= _mapping(holder, "catalogs")
    for one in manifest.dependencies:
        if one.version.startswith("catalog:"):
            catalog = catalogs.get(one.version.removeprefix("catalog:") or "default", {})
            yield replace(one, version=str(catalog.get(one.name, one.version)))
        else:
            yield one


class _Maven:
    """Projects by path and by name, so that each finds its parents."""

    def __init__(self, poms: list[Manifest]) -> None:
        self._by_path = {pom.path: pom for pom in poms}
        self._by_name = {pom.name: pom for pom in poms}

    def resolved(self, pom: Manifest) -> Iterator[Dependency]:
        properties: dict[str, str] = {}
        managed: dict[str, str] = {}
        for holder in self._ancestors(pom):
            properties = {**_mapping(holder, "properties"), **properties}
            managed = {**_mapping(holder, "managed_plugins"), **_mapping(holder, "managed"), **managed}
        managed = {_expanded(name, properties): version for name, version in managed.items()}
        for one in pom.dependencies:
            name = _expanded(one.name, properties)
            version = _expanded(one.version or managed.get(name, ""), properties)
            same = name == one.name and version == one.version
            yield one if same else replace(one, name=name, version=version)

    def _ancestors(self, pom: Manifest) -> Iterator[Manifest]:
        current: Manifest | None = pom
        for _ in range(MAX_PARENTS):
            if current is None:
                return
            yield current
            current = self._parent(current)

    def _parent(self, pom: Manifest) -> Manifest | None:
        parent = _mapping(pom, "parent")
        if not parent:
            return None
        near = posixpath.join(posixpath.dirname(pom.path), str(parent.get("path") or "-"))
        for path in (near, f"{near}/pom.xml"):
            found = self._by_path.get(posixpath.normpath(path))
            if found and found.name.rpartition(":")[2] == parent.get("artifact"):
                return found
        return self._by_name.get(f"{parent.get('group')}:{parent.get('artifact')}")


def _expanded(text: str, properties: Mapping[str, str]) -> str:
    """``text`` with its properties, a few levels deep; what is unknown stays as written."""
    for _ in range(5):
        if "${" not in text or len(text) > MAX_EXPANDED:
            break
        text = _PROPERTY.sub(lambda match: properties.get(match[1], match[0]), text)
    return text[:MAX_EXPANDED]


class _Gradle:
    """Version catalogs; where there are several, the nearest above a script has the last word."""

    def __init__(self, catalogs: list[Manifest]) -> None:
        self._catalogs = catalogs
        self._entries: dict[tuple[str, ...], dict[str, list[tuple[str, str]]]] = {}

    def resolved(self, script: Manifest) -> Iterator[Dependency]:
        managed = _mapping(script, "managed")
        for one in script.dependencies:
            version = one.version or managed.get(one.name, "")
            yield replace(one, version=version) if version != one.version else one
        aliases = script.facts.get("aliases")
        entries = self._known_to(script) if aliases else {}
        for alias, scope, line in aliases if isinstance(aliases, list) else ():
            for name, version in entries.get(_dotted(str(alias)), ()):
                yield Dependency("maven", name, version, scope, script.path, line)

    def _known_to(self, script: Manifest) -> dict[str, list[tuple[str, str]]]:
        above = _above(script, self._catalogs)
        order = [*(one for one in self._catalogs if one not in above), *above]
        key = tuple(one.path for one in order)
        if key not in self._entries:
            self._entries[key] = {}
            for catalog in order:
                self._entries[key] |= _catalog_entries(catalog)
        return self._entries[key]


def _catalog_entries(catalog: Manifest) -> dict[str, list[tuple[str, str]]]:
    """Name and version of what each alias stands for."""
    versions, plugin_versions = _mapping(catalog, "catalog_versions"), _mapping(catalog, "plugin_versions")
    libraries = {
        _dotted(alias): [(str(name), str(versions.get(alias, "")))]
        for alias, name in _mapping(catalog, "catalog").items()
    }
    bundles = {
        f"bundles.{_dotted(alias)}": [one for member in members for one in libraries.get(_dotted(member), ())]
        for alias, members in _mapping(catalog, "bundles").items()
    }
    plugins = {
        f"plugins.{_dotted(alias)}": [(f"plugin:{name}", str(plugin_versions.get(alias, "")))]
        for alias, name in _mapping(catalog, "plugins").items()
    }
    return libraries | bundles | plugins


def _dotted(alias: str) -> str:
    return _ALIAS_SEPARATORS.sub(".", alias).lower()
