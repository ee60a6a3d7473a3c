"""Python lock files by line, since they are long and written by programs; and Conda environments."""

import json
import posixpath

from scanners.facts import Dependency
from scanners.inventory.dependencies.manifest import Manifest, ManifestError
from scanners.inventory.dependencies.reading import Scope
from scanners.inventory.dependencies.requirements import file_scope, normalised, specifier
from scanners.inventory.formats import yamltree
from scanners.inventory.formats.tree import Map, SettingsError, as_seq
from scanners.lazy import lazy_re

_FIELD = lazy_re(r'(name|version|category) = "([^"]*)"')
_OWN = lazy_re(r'source = \{ (?:virtual|editable) = "')
_LOCK_ENTRY = lazy_re(r'^(\s+)"([^"]+)": \{')
_CONDA = lazy_re(r"(?:[\w./-]+::)?([A-Za-z0-9][\w.-]*)\s*(.*)$")


def parse_toml_lock(path: str, text: str) -> Manifest:
    """uv.lock, poetry.lock, pdm.lock or pylock.toml: what is locked, without the project itself."""
    found: list[Dependency] = []
    fields: dict[str, str] = {}
    line = 0
    for number, raw in enumerate(text.split("\n"), 1):
        if raw.startswith("["):
            found += _locked(path, fields, line)
            is_package = raw.startswith(("[[package]]", "[[packages]]"))
            fields, line = {}, number if is_package else 0
        elif line and (match := _FIELD.match(raw)):
            if match[1] == "name":
                line = number
            fields.setdefault(match[1], match[2])
        elif line and _OWN.match(raw):
            line = 0
    found += _locked(path, fields, line)
    if not found and "name = " in text and "[[package" not in text:
        raise ManifestError("The lock file holds no package table.", line=1)
    return Manifest(path, "pypi", tuple(found), locked=True)


def _locked(path: str, fields: dict[str, str], line: int) -> list[Dependency]:
    if not line or "name" not in fields:
        return []
    scope: Scope = "dev" if fields.get("category") == "dev" else "runtime"
    name, version = normalised(fields["name"]), fields.get("version", "")
    return [Dependency("pypi", name, version, scope, path, line, direct=False)]


def parse_pipfile_lock(path: str, text: str) -> Manifest:
    """The ``default`` and ``develop`` sections of a Pipfile.lock."""
    try:
        root = json.loads(text)
    except ValueError as error:
        line = error.lineno if isinstance(error, json.JSONDecodeError) else 0
        raise ManifestError("The lock file is not valid JSON.", line=line) from error
    sections = {key: value for key, value in root.items() if isinstance(value, dict) and key != "_meta"}
    lines = _entry_lines(text)
    found = []
    for section, packages in sections.items():
        scope: Scope = "dev" if section == "develop" else "runtime"
        for name, body in packages.items():
            version = str(body.get("version", "")) if isinstance(body, dict) else ""
            line = lines.get((section, name), 1)
            found.append(Dependency("pypi", normalised(name), version, scope, path, line, direct=False))
    return Manifest(path, "pypi", tuple(found), locked=True)


def _entry_lines(text: str) -> dict[tuple[str, str], int]:
    """The line of each package by section, by indentation; empty for a file that is not indented."""
    lines: dict[tuple[str, str], int] = {}
    section, outer = "", -1
    for number, raw in enumerate(text.split("\n"), 1):
        match = _LOCK_ENTRY.match(raw)
        if match is None:
            continue
        indent = len(match[1])
        if outer < 0 or indent <= outer:
            section, outer = match[2], indent
        else:
            lines.setdefault((section, match[2]), number)
    return lines


def parse_conda(path: str, text: str) -> Manifest:
    """A Conda environment: its packages and those it leaves to pip."""
    found: list[Dependency] = []
    root: object = None
    if "dependencies:" in text:
        try:
            root = next(iter(yamltree.documents(path, text)), None)
        except SettingsError as error:
            raise ManifestError(error.message) from error
    if not isinstance(root, Map):
        return Manifest(path, "pypi")
    scope = file_scope(posixpath.basename(path))
    items = as_seq(root.get("dependencies"))
    for item, line in zip(items, items.lines, strict=True):
        if isinstance(item, Map):
            pip = as_seq(item.get("pip"))
            for requirement, at in zip(pip, pip.lines, strict=True):
                parsed = specifier(requirement) if isinstance(requirement, str) else None
                if parsed and not requirement.startswith(("-", ".")):
                    found.append(Dependency("pypi", parsed[0], parsed[1], scope, path, at))
        elif isinstance(item, str) and (match := _CONDA.match(item)) and match[1] not in ("python", "pip"):
            found.append(Dependency("pypi", normalised(match[1]), match[2].strip(), scope, path, line))
    return Manifest(path, "pypi", tuple(found), name=str(root.get("name") or ""))
