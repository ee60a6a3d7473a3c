"""Documents that are made of files and kept beside the answers until one of the files changes.

Parsing a ruleset's YAML costs more than judging a small repository; what it gave is read back in a few milliseconds.
"""

import marshal
import os
import sys
import time
import zlib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from scanners.digests import blake2b

FORMAT = 5
"""Grows when what is kept changes its meaning."""

Make = Callable[[], tuple[Any, Iterable[Path]]]
"""Makes the document and says which files it was made of."""


def kept_document(cache_dir: Path | None, place: Path, make: Make) -> Any:
    """What ``make`` made of the file or folder ``place``, made again where a file changed, came or went.

    Plain values; such as cannot be kept, a date among them, are made each time. Without ``cache_dir`` nothing is kept.
    """
    if cache_dir is None:
        return make()[0]
    key = blake2b(os.fsencode(place.resolve()), digest_size=12).hexdigest()
    file = cache_dir / "rulesets" / f"{key}.{sys.implementation.cache_tag}"
    known = _read(file)
    if known is not None and known["listing"] == _listing(place) and _unchanged(known["stamps"]):
        return known["document"]
    started, listing = time.time_ns(), _listing(place)
    document, files = make()
    stamps = [_stamp(str(path)) for path in files]
    if all(stamp[1] < started for stamp in stamps):  # else one may have changed while it was read
        _write(file, {"format": FORMAT, "listing": listing, "stamps": stamps, "document": document})
    return document


def kept_of(cache_dir: Path, digest: str, make: Callable[[], Any]) -> Any:
    """What ``make`` made of the document with that digest: plain values, made again only where they were not kept."""
    file = cache_dir / "rulesets" / f"{digest[:32]}.{sys.implementation.cache_tag}"
    known = _read(file)
    if known is not None:
        return known["document"]
    document = make()
    _write(file, {"format": FORMAT, "document": document})
    return document


def _read(file: Path) -> dict[str, Any] | None:
    try:
        with open(file, "rb") as opened:
            kept_by = os.fstat(opened.fileno())
            # What others may have written could make rules look away.
            if kept_by.st_uid != os.geteuid() or kept_by.st_mode & 0o022:
                return None
            check, content = opened.read(4), opened.read()
            if check != _check(content):
                return None
            known = marshal.loads(content)
    except (OSError, ValueError, EOFError, TypeError):
        return None
    return known if isinstance(known, dict) and known.get("format") == FORMAT else None


def _write(file: Path, content: dict[str, Any]) -> None:
    aside = file.with_name(f".{file.name}.{os.getpid()}.tmp")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        raw = marshal.dumps(content)
        aside.write_bytes(_check(raw) + raw)
        aside.chmod(0o600)
        aside.replace(file)
    except (OSError, ValueError):  # a full disk or a date in the YAML costs time, not the answer
        return


def _check(content: bytes) -> bytes:
    """What tells a whole file from a damaged one, of which marshal might make anything."""
    return zlib.crc32(content).to_bytes(4, "big")


def _listing(place: Path) -> list[str]:
    return sorted(name for name in os.listdir(place) if name.endswith(".yaml")) if place.is_dir() else []


def _unchanged(stamps: list[list[Any]]) -> bool:
    try:
        return all(_stamp(stamp[0]) == stamp for stamp in stamps)
    except OSError:
        return False


def _stamp(file: str) -> list[Any]:
    found = os.stat(file)
    return [file, found.st_mtime_ns, found.st_size]
