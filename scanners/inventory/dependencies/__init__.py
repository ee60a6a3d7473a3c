"""What a tree depends on, read from its manifests and lock files without running any of them."""

import posixpath
from collections.abc import Callable
from functools import lru_cache
from importlib import import_module

from scanners.inventory.dependencies.collect import Dependencies, collect
from scanners.inventory.dependencies.manifest import (
    MAX_MANIFEST_BYTES,
    Manifest,
    ManifestError,
    refuse_conflicts,
)

__all__ = ["Dependencies", "Manifest", "ManifestError", "collect", "is_manifest", "parse"]

_ECOSYSTEMS = ("python", "javascript", "go", "jvm", "ruby", "php", "dotnet", "rust", "elixir")
_PARENTS = frozenset(["requirements"])
"""Folders whose name tells what the files inside are: ``requirements/base.txt``."""

Parser = Callable[[str, str], Manifest]


def is_manifest(path: str) -> bool:
    """Whether ``path`` names a file that ``parse`` understands."""
    return _parser(*_key(path)) is not None


def parse(path: str, text: str) -> Manifest:
    """The manifest at ``path``; raises ManifestError, for a path that is no manifest too."""
    parser = _parser(*_key(path))
    if parser is None:
        raise ManifestError("The file is not a manifest of any known ecosystem.")
    if len(text) > MAX_MANIFEST_BYTES:
        raise ManifestError("The file is longer than 2 MiB.")
    refuse_conflicts(text)
    try:
        return parser(path, text.removeprefix("\ufeff"))
    except (RecursionError, ValueError, TypeError, KeyError, IndexError, AttributeError) as error:
        raise ManifestError(f"The file has an unexpected shape: {error}"[:200]) from error


def _key(path: str) -> tuple[str, str]:
    folder, name = posixpath.split(path.lower())
    parent = posixpath.basename(folder)
    return name, parent if parent in _PARENTS else ""


@lru_cache(maxsize=1 << 16)
def _parser(basename: str, parent: str) -> Parser | None:
    for name in _ECOSYSTEMS:
        try:
            module = import_module(f"{__name__}.{name}")
        except ModuleNotFoundError:
            continue
        if module.handles(f"{parent}/{basename}" if parent and name == "python" else basename):
            parser: Parser = getattr(module, f"parse_{name}")
            return parser
    return None
