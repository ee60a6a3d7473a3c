"""Resolution across manifests: what one file leaves to another.

Facts that parsers provide, all optional:

- ``properties`` {name: value}, ``parent`` "group:artifact[:version]", ``managed`` {"group:artifact": version}:
  Maven. Names and versions may hold ``${name}``.
- ``catalog`` {alias: "group:artifact[:version]"}, ``bundles`` {alias: [alias, ...]}, ``plugins``
  {alias: "plugin:id[:version]"}: a Gradle version catalog. ``aliases`` [[alias, scope, line], ...]: references
  of a build file to it, as ``bundles.x`` and ``plugins.x`` for those kinds.
- ``workspace`` {name: version}: versions for members of a Cargo workspace.
- ``central`` {name: version}: versions of a Directory.Packages.props.
- ``catalogs`` {catalog: {name: version}}: pnpm, the default one under ``default``.
"""

import posixpath
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any, cast

from scanners.facts import Dependency
from scanners.inventory.dependencies.manifest import Manifest

Resolved = tuple[Manifest, tuple[Dependency, ...]]
Resolver = Callable[[Manifest], tuple[Dependency, ...]]

MAX_PARENTS = 12
_PROPERTY = re.compile(r"\$\{([^${}]{1,200})\}")
_ALIAS = re.compile(r"[-_.]+")


def resolve(manifests: tuple[Manifest, ...]) -> Iterator[Resolved]:
    """Each manifest with its dependencies, names and versions filled in from the others."""
    by_fact: dict[str, list[Manifest]] = {}
    for manifest in manifests:
        for fact in manifest.facts:
            by_fact.setdefault(fact, []).append(manifest)
    poms = {pom.name: pom for pom in manifests if pom.ecosystem == "maven" and _is_pom(pom)}
    for manifest in manifests:
        if manifest.locked:
            yield manifest, manifest.dependencies
        elif manifest.ecosystem == "maven":
            yield manifest, _maven(manifest, poms) if _is_pom(manifest) else _gradle(manifest, by_fact)
        elif manifest.ecosystem == "crates":
            yield manifest, _filled(manifest, _nearest(manifest, by_fact.get("workspace", ()), "workspace"))
        elif manifest.ecosystem == "nuget":
            yield manifest, _filled(manifest, _nearest(manifest, by_fact.get("central", ()), "central"))
        elif manifest.ecosystem == "npm":
            yield manifest, _pnpm(manifest, by_fact.get("catalogs", ()))
        else:
            yield manifest, manifest.dependencies


def _is_pom(manifest: Manifest) -> bool:
    return bool({"properties", "parent", "managed"} & manifest.facts.keys())


def _mapping(manifest: Manifest | None, fact: str) -> Mapping[str, Any]:
    value = manifest.facts.get(fact) if manifest else None
    return cast(Mapping[str, Any], value) if isinstance(value, dict) else {}


def _nearest(manifest: Manifest, candidates: Any, fact: str) -> Mapping[str, Any]:
    """The fact of the candidate in the closest folder at or above ``manifest``."""
    here = posixpath.dirname(manifest.path) + "/"
    best: Manifest | None = None
    for candidate in candidates:
        folder = posixpath.dirname(candidate.path)
        if (not folder or here.startswith(folder + "/")) and (
            best is None or len(folder) > len(posixpath.dirname(best.path))
        ):
            best = candidate
    return _mapping(best, fact)


def _filled(manifest: Manifest, versions: Mapping[str, Any]) -> tuple[Dependency, ...]:
    if not versions:
        return manifest.dependencies
    folded = {name.lower(): str(version) for name, version in versions.items()}
    return tuple(
        replace(d, version=folded[d.name.lower()]) if not d.version and d.name.lower() in folded else d
        for d in manifest.dependencies
    )


def _pnpm(manifest: Manifest, holders: Any) -> tuple[Dependency, ...]:
    if not any(d.version.startswith("catalog:") for d in manifest.dependencies):
        return manifest.dependencies
    catalogs = _nearest(manifest, holders, "catalogs")
    out = []
    for dependency in manifest.dependencies:
        if dependency.version.startswith("catalog:"):
            catalog = catalogs.get(dependency.version[8:] or "default", {})
            dependency = replace(dependency, version=str(catalog.get(dependency.name, dependency.version)))
        out.append(dependency)
    return tuple(out)


def _maven(pom: Manifest, poms: Mapping[str, Manifest]) -> tuple[Dependency, ...]:
    properties: dict[str, str] = {}
    managed: dict[str, str] = {}
    current: Manifest | None = pom
    for _ in range(MAX_PARENTS):
        if current is None:
            break
        properties = {**_mapping(current, "properties"), **properties}
        managed = {**_mapping(current, "managed"), **managed}
        parent = str(current.facts.get("parent") or "")
        current = poms.get(":".join(parent.split(":")[:2]))
    managed = {_expanded(name, properties): version for name, version in managed.items()}
    out = []
    for dependency in pom.dependencies:
        name = _expanded(dependency.name, properties)
        version = _expanded(dependency.version or managed.get(name, ""), properties)
        same = name == dependency.name and version == dependency.version
        out.append(dependency if same else replace(dependency, name=name, version=version))
    return tuple(out)


def _expanded(text: str, properties: Mapping[str, str]) -> str:
    """``text`` with its properties, a few levels deep; what is unknown stays as written."""
    for _ in range(5):
        if "${" not in text or len(text) > 1000:
            break
        text = _PROPERTY.sub(lambda match: str(properties.get(match[1], match[0])), text)
    return text


def _gradle(manifest: Manifest, by_fact: Mapping[str, list[Manifest]]) -> tuple[Dependency, ...]:
    aliases = manifest.facts.get("aliases")
    if not isinstance(aliases, list):
        return manifest.dependencies
    catalog: dict[str, list[str]] = {}
    for holder in by_fact.get("catalog", ()):
        libraries = {_alias(a): str(coordinate) for a, coordinate in _mapping(holder, "catalog").items()}
        catalog |= {alias: [coordinate] for alias, coordinate in libraries.items()}
        for alias, members in _mapping(holder, "bundles").items():
            known = [libraries[_alias(str(m))] for m in members if _alias(str(m)) in libraries]
            catalog[f"bundles.{_alias(alias)}"] = known
        for alias, plugin in _mapping(holder, "plugins").items():
            catalog[f"plugins.{_alias(alias)}"] = [str(plugin)]
    out = list(manifest.dependencies)
    for alias, scope, line in aliases:
        for coordinate in catalog.get(_alias(str(alias)).removeprefix("libs."), ()):
            kind, _, rest = coordinate.rpartition("plugin:")
            parts = rest.split(":")
            width = 1 if kind or coordinate.startswith("plugin:") else 2
            name = ("plugin:" if width == 1 else "") + ":".join(parts[:width])
            out.append(Dependency("maven", name, ":".join(parts[width:]), scope, manifest.path, int(line)))
    return tuple(out)


def _alias(text: str) -> str:
    return _ALIAS.sub(".", text).lower()
