"""Documents that are made of files and kept beside the answers until one of the files changes.

Parsing a ruleset's YAML costs more than judging a small repository; its JSON is read in a few milliseconds.
"""

import hashlib
import json
import os
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

FORMAT = 3
"""Grows when what is kept changes its meaning."""

Make = Callable[[], tuple[Any, Iterable[Path]]]
"""Makes the document and says which files it was made of."""


def kept_document(cache_dir: Path | None, place: Path, make: Make) -> Any:
    """What ``make`` made of the file or folder ``place``, made again where a file changed, came or went.

    Plain JSON values. Without ``cache_dir`` nothing is kept.
    """
    if cache_dir is None:
        return make()[0]
    key = hashlib.blake2b(os.fsencode(place.resolve()), digest_size=12).hexdigest()
    file = cache_dir / "rulesets" / f"{key}.json"
    known = _read(file)
    if known is not None and known["listing"] == _listing(place) and _unchanged(known["stamps"]):
        return known["document"]
    started, listing = time.time_ns(), _listing(place)
    document, files = make()
    stamps = [_stamp(str(path)) for path in files]
    if all(stamp[1] < started for stamp in stamps):  # else one may have changed while it was read
        _write(file, {"format": FORMAT, "listing": listing, "stamps": stamps, "document": document})
    return document


def _read(file: Path) -> dict[str, Any] | None:
    try:
        with open(file, "rb") as opened:
            kept_by = os.fstat(opened.fileno())
            # What others may have written could make rules look away.
            if kept_by.st_uid != os.geteuid() or kept_by.st_mode & 0o022:
                return None
            known = json.loads(opened.read())
    except (OSError, ValueError):
        return None
    return known if isinstance(known, dict) and known.get("format") == FORMAT else None


def _write(file: Path, content: dict[str, Any]) -> None:
    aside = file.with_name(f".{file.name}.{os.getpid()}.tmp")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        aside.write_text(json.dumps(content, separators=(",", ":")))
        aside.chmod(0o600)
        aside.replace(file)
    except OSError:  # a full or read-only disk costs time, not the answer
        return


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
