"""Cargo: Cargo.toml and Cargo.lock."""

from collections.abc import Iterator
from typing import Any

from scanners.facts import Dependency
from scanners.inventory.dependencies.manifest import Manifest, ManifestError, refuse_conflicts
from scanners.inventory.dependencies.reading import Scope, TomlPath, check_size, toml_values
from scanners.lazy import lazy_re

_NAMES = frozenset(["cargo.toml", "cargo.lock"])
_TABLES: tuple[tuple[str, Scope], ...] = (
    ("dependencies", "runtime"),
    ("dev-dependencies", "test"),
    ("dev_dependencies", "test"),
    ("build-dependencies", "build"),
    ("build_dependencies", "build"),
)
_LOCK_LINE = lazy_re(r'\s*(?:#.*|\[\[?[\w."-]+\]\]?|[\w."-][\w." -]*=.*|"[^"]*",?|\]|)\s*$')
_LOCK_FIELD = lazy_re(r'(name|version)\s*=\s*"([^"]*)"')

_MAX_LOCK_LINE = 2000


def handles(basename: str) -> bool:
    return basename in _NAMES


def parse_rust(path: str, text: str) -> Manifest:
    """What Cargo is told, or the crates it locked.

    Facts: ``lib`` and ``bins`` as declared (files that Cargo finds by itself are not known here); at the root
    of a workspace ``members``, ``workspace`` (true) and ``workspace_dependencies`` (key -> name, version,
    line); ``inherited`` (keys that another file's workspace defines; name and version stand there).
    """
    if path.rpartition("/")[2].lower() == "cargo.lock":
        return _lock(path, text)
    root, lines = toml_values(path, text)
    package, workspace = _table(root.get("package")), _table(root.get("workspace"))
    shared = {
        key: {
            "name": _crate(key, value),
            "version": _version(value),
            "line": lines.get(("workspace", "dependencies", key), 1),
        }
        for key, value in _table(workspace.get("dependencies")).items()
    }
    found: list[Dependency] = []
    inherited: list[str] = []
    for trail, scope, entries in _groups(root):
        for key, value in entries.items():
            name, version = _crate(key, value), _version(value)
            if _table(value).get("workspace") is True:
                known = shared.get(key)
                name, version = (str(known["name"]), str(known["version"])) if known else (name, "")
                if not known:
                    inherited.append(key)
            optional = scope == "runtime" and _table(value).get("optional") is True
            line = lines.get((*trail, key), lines.get(trail, 1))
            found.append(Dependency("crates", name, version, "optional" if optional else scope, path, line))
    bins = [str(entry["name"]) for entry in _tables(root.get("bin")) if "name" in entry]
    package_version = package.get("version")
    facts: dict[str, object] = {
        "lib": "lib" in root,
        "bins": bins,
        "inherited": inherited,
        "publish": package.get("publish") not in (False, []),
    }
    if "workspace" in root:
        members = workspace.get("members")
        facts["members"] = [str(member) for member in members] if isinstance(members, list) else []
        facts["workspace"] = True
        facts["workspace_dependencies"] = shared
    for key in ("edition", "rust-version", "default-run"):
        if isinstance(package.get(key), str):
            facts[key] = package[key]
    return Manifest(
        path,
        "crates",
        tuple(found),
        name=str(package.get("name", "")),
        version=package_version if isinstance(package_version, str) else "",
        entry_points=tuple(bins),
        facts=facts,
    )


def _groups(root: dict[str, Any]) -> Iterator[tuple[TomlPath, Scope, dict[str, Any]]]:
    for key, scope in _TABLES:
        yield (key,), scope, _table(root.get(key))
        for target, tables in _table(root.get("target")).items():
            yield ("target", target, key), scope, _table(_table(tables).get(key))


def _table(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _tables(value: Any) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _crate(key: str, value: Any) -> str:
    return str(_table(value).get("package") or key)


def _version(value: Any) -> str:
    return value if isinstance(value, str) else str(_table(value).get("version", ""))


def _lock(path: str, text: str) -> Manifest:
    check_size(text)
    refuse_conflicts(text)
    found: list[Dependency] = []
    name, name_line, open_package = "", 0, False
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith("["):
            name, open_package = "", line.startswith("[[package]]")
        if len(line) > _MAX_LOCK_LINE or not _LOCK_LINE.match(line):
            raise ManifestError("The lock file is broken.", line=number)
        field = _LOCK_FIELD.match(line) if open_package else None
        if field and field[1] == "name":
            name, name_line = field[2], number
        elif field and name:
            found.append(Dependency("crates", name, field[2], "runtime", path, name_line, direct=False))
    return Manifest(path, "crates", tuple(found), locked=True)
