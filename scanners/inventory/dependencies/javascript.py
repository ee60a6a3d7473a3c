"""JavaScript and TypeScript: package.json, deno.json and the catalogs of a pnpm workspace."""

from collections.abc import Iterator
from typing import Any

from scanners.facts import Dependency
from scanners.inventory.dependencies.manifest import Manifest, ManifestError, refuse_conflicts
from scanners.inventory.dependencies.reading import Scope, json_map
from scanners.inventory.formats import yamltree
from scanners.inventory.formats.tree import Map, Seq, SettingsError, as_map, as_text

_NAMES = frozenset(["package.json", "deno.json", "deno.jsonc", "pnpm-workspace.yaml"])
_GROUPS: tuple[tuple[str, Scope], ...] = (
    ("dependencies", "runtime"),
    ("devDependencies", "dev"),
    ("peerDependencies", "runtime"),
    ("optionalDependencies", "optional"),
)
_FACTS: tuple[str, ...] = (
    *("type", "main", "module", "types", "private", "workspaces", "engines", "files", "exports"),
    *("packageManager", "license", "browserslist"),
)


def handles(basename: str) -> bool:
    return basename in _NAMES


def parse_javascript(path: str, text: str) -> Manifest:
    """What one of the three files declares; raises ManifestError."""
    basename = path.rpartition("/")[2].lower()
    if basename == "package.json":
        return _package(path, json_map(path, text))
    if basename == "pnpm-workspace.yaml":
        return _workspace(path, text)
    return _deno(path, json_map(path, text))


def _package(path: str, root: Map) -> Manifest:
    """Facts: the fields of ``_FACTS`` that are present, ``private`` as a truth, and Bun's ``catalogs``."""
    facts = {key: _plain(root[key]) for key in _FACTS if key in root}
    if "private" in facts:
        facts["private"] = facts["private"] == "true"
    workspaces = as_map(root.get("workspaces"))
    if catalogs := _catalogs(workspaces) | _catalogs(root):
        facts["catalogs"] = catalogs
    name = as_text(root.get("name"))
    binaries = root.get("bin")
    points = tuple(binaries) if isinstance(binaries, Map) else (name.rpartition("/")[2],) if binaries else ()
    return Manifest(
        path,
        "npm",
        tuple(_dependencies(path, root)),
        name=name,
        version=as_text(root.get("version")),
        scripts={key: as_text(body) for key, body in as_map(root.get("scripts")).items() if as_text(body)},
        entry_points=points,
        facts=facts,
    )


def _dependencies(path: str, root: Map) -> Iterator[Dependency]:
    meta = as_map(root.get("peerDependenciesMeta"))
    for group, scope in _GROUPS:
        entries = as_map(root.get(group))
        for key, value in entries.items():
            name, version = _target(key, as_text(value))
            spare = group == "peerDependencies" and as_map(meta.get(key)).get("optional") == "true"
            yield Dependency("npm", name, version, "optional" if spare else scope, path, entries.lines[key])


def _target(key: str, value: str) -> tuple[str, str]:
    """The package that ``key`` stands for: ``npm:NAME@VERSION`` gives another one a name of its own."""
    if not value.startswith("npm:"):
        return key, value
    target = value[4:].lstrip("/")
    name, _, version = target[1:].partition("@")
    name = target[:1] + name
    version = version.partition("/")[0]  # what follows is a file inside the package
    return (name, version) if name[:1].isalpha() or name[:1] in ("@", "_") else (key, target)


def _plain(node: Any) -> Any:
    if isinstance(node, Map):
        return {key: _plain(value) for key, value in node.items()}
    return [_plain(item) for item in node] if isinstance(node, Seq) else node


def _catalogs(root: Map) -> dict[str, dict[str, str]]:
    named = {key: as_map(value) for key, value in as_map(root.get("catalogs")).items()}
    if default := as_map(root.get("catalog")):
        named["default"] = default
    return {key: {name: as_text(v) for name, v in entries.items()} for key, entries in named.items()}


def _workspace(path: str, text: str) -> Manifest:
    """Facts: ``catalogs``, read only where the text names one."""
    refuse_conflicts(text)
    if "catalog" not in text:
        return Manifest(path, "npm")
    try:
        root = as_map(next(iter(yamltree.documents(path, text)), None))
    except SettingsError as error:
        raise ManifestError(error.message) from error
    return Manifest(path, "npm", facts={"catalogs": _catalogs(root)})


def _deno(path: str, root: Map) -> Manifest:
    imports = as_map(root.get("imports"))
    found = []
    for key, value in imports.items():
        if as_text(value).startswith("npm:"):
            name, version = _target(key.rstrip("/"), as_text(value))
            found.append(Dependency("npm", name, version, "runtime", path, imports.lines[key]))
    tasks = as_map(root.get("tasks"))
    scripts = {key: as_text(body) or as_text(as_map(body).get("command")) for key, body in tasks.items()}
    return Manifest(
        path,
        "npm",
        tuple(dict.fromkeys(found)),
        name=as_text(root.get("name")),
        version=as_text(root.get("version")),
        scripts={key: body for key, body in scripts.items() if body},
        facts={"deno": True, "exports": _plain(root.get("exports"))},
    )
