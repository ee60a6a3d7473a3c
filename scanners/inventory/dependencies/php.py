"""Composer: composer.json and composer.lock."""

import json
import re
from typing import Any

from scanners.facts import Dependency
from scanners.inventory.dependencies.manifest import Manifest, ManifestError, refuse_conflicts
from scanners.inventory.dependencies.reading import Scope, check_size, json_map
from scanners.inventory.formats.tree import Map, as_map, as_text, as_texts
from scanners.lazy import lazy_re

_BLOCKS: tuple[tuple[str, Scope], ...] = (("require", "runtime"), ("require-dev", "dev"))
_LOCKED: tuple[tuple[str, Scope], ...] = (("packages", "runtime"), ("packages-dev", "dev"))
_NAMES = frozenset(["composer.json", "composer.lock"])
_LOCKED_NAME = lazy_re(r'^[ \t]*"name"\s*:\s*"([^"\n]+/[^"\n]+)"', re.MULTILINE)


def handles(basename: str) -> bool:
    return basename in _NAMES


def parse_php(path: str, text: str) -> Manifest:
    """What Composer is told, or the packages it locked; ``php`` and ``ext-*`` are kept as dependencies."""
    if path.rpartition("/")[2].lower() == "composer.lock":
        return _lock(path, text)
    root = json_map(path, text)
    found = [
        Dependency("packagist", name.lower(), as_text(version), scope, path, block.lines[name])
        for key, scope in _BLOCKS
        for block in (as_map(root.get(key)),)
        for name, version in block.items()
    ]
    facts: dict[str, object] = {"type": as_text(root.get("type")) or "library"}
    if autoload := _namespaces(root):
        facts["namespaces"] = autoload
    return Manifest(
        path,
        "packagist",
        tuple(found),
        name=as_text(root.get("name")).lower(),
        version=as_text(root.get("version")),
        scripts={name: "\n".join(as_texts(value)) for name, value in as_map(root.get("scripts")).items()},
        entry_points=tuple(name.rpartition("/")[2] for name in as_texts(root.get("bin"))),
        facts=facts,
    )


def _namespaces(root: Map) -> dict[str, list[str]]:
    """PSR-4 prefixes and the folders that hold them."""
    prefixes = as_map(as_map(root.get("autoload")).get("psr-4"))
    return {prefix: list(as_texts(folders)) for prefix, folders in prefixes.items()}


def _lock(path: str, text: str) -> Manifest:
    # Locks reach megabytes: the standard library's reader, and lines from the only keys that matter.
    check_size(text)
    refuse_conflicts(text)
    try:
        root = json.loads(text.removeprefix("\ufeff"))
    except json.JSONDecodeError as error:
        raise ManifestError(f"The JSON is broken: {error.msg}.", line=error.lineno) from error
    except (RecursionError, ValueError) as error:
        raise ManifestError("The JSON is nested too deeply or holds a number that is too long.") from error
    if not isinstance(root, dict):
        raise ManifestError("The file does not hold an object.", line=1)
    lines = _name_lines(text)
    found = [
        Dependency(
            "packagist",
            package["name"].lower(),
            str(package.get("version", "")),
            scope,
            path,
            lines.get(package["name"], 1),
            direct=False,
        )
        for key, scope in _LOCKED
        for package in _packages(root.get(key))
    ]
    return Manifest(path, "packagist", tuple(found), locked=True)


def _packages(value: Any) -> list[dict[str, Any]]:
    items = value if isinstance(value, list) else []
    return [item for item in items if isinstance(item, dict) and isinstance(item.get("name"), str)]


def _name_lines(text: str) -> dict[str, int]:
    lines: dict[str, int] = {}
    line, position = 1, 0
    for match in _LOCKED_NAME.finditer(text):
        line += text.count("\n", position, match.start(1))
        position = match.start(1)
        lines.setdefault(match[1].replace("\\/", "/"), line)
    return lines
