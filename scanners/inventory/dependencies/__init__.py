"""What a tree depends on, read from its manifests and lock files without running any of them."""

from collections.abc import Callable
from functools import lru_cache

from scanners.inventory.dependencies import dotnet, elixir, go, javascript, jvm, php, python, ruby, rust
from scanners.inventory.dependencies.collect import Dependencies, collect
from scanners.inventory.dependencies.manifest import (
    MAX_MANIFEST_BYTES,
    Manifest,
    ManifestError,
    refuse_conflicts,
)

__all__ = ["Dependencies", "Manifest", "ManifestError", "collect", "is_manifest", "parse"]

Parser = Callable[[str, str], Manifest]

_PARSERS: tuple[tuple[Callable[[str], bool], Parser], ...] = (
    (python.handles, python.parse_python),
    (javascript.handles, javascript.parse_javascript),
    (go.handles, go.parse_go),
    (jvm.handles, jvm.parse_jvm),
    (ruby.handles, ruby.parse_ruby),
    (php.handles, php.parse_php),
    (dotnet.handles, dotnet.parse_dotnet),
    (rust.handles, rust.parse_rust),
    (elixir.handles, elixir.parse_elixir),
)


def is_manifest(path: str) -> bool:
    """Whether ``path`` names a file that ``parse`` understands."""
    return _parser(_key(path)) is not None


def parse(path: str, text: str) -> Manifest:
    """The manifest at ``path``; raises ManifestError, for a path that is no manifest too."""
    parser = _parser(_key(path))
    if parser is None:
        raise ManifestError("The file is not a manifest of any known ecosystem.")
    if len(text) > MAX_MANIFEST_BYTES:
        raise ManifestError("The file is longer than 2 MiB.")
    refuse_conflicts(text)
    try:
        return parser(path, text.removeprefix("\ufeff"))
    except (RecursionError, ValueError, TypeError, LookupError, AttributeError) as error:
        # Hostile files have shapes nobody thought of; one of them must not end the scan.
        raise ManifestError(f"The file has an unexpected shape: {error}"[:200]) from error


def _key(path: str) -> str:
    """The lower-cased name, below its folder where that tells what the file is: ``requirements/base.txt``."""
    folder, _, name = path.lower().rpartition("/")
    if folder.endswith(("requirements", "requirement")):
        return f"{folder.rpartition('/')[2]}/{name}"
    return name


@lru_cache(maxsize=1 << 12)
def _parser(name: str) -> Parser | None:
    basename = name.rpartition("/")[2]
    for handles, parser in _PARSERS:
        if handles(name if handles is python.handles else basename):
            return parser
    return None
