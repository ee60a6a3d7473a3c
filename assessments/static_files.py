"""Static files made ready once: named by their content, so that browsers keep them for good, and packed beforehand.

``prepare`` lays them out at each start of an installation where anything has changed. Until then, and in a
checkout where nothing was laid out, WhiteNoise serves them from where they lie, unpacked and for an hour.
"""

import shutil
from pathlib import Path
from typing import Any

import brotli
from django.contrib.staticfiles.finders import get_finders
from whitenoise.compress import Compressor
from whitenoise.storage import CompressedManifestStaticFilesStorage

from assessments.static_stamp import STAMP, is_laid_out, stamp

_LARGE = 1_000_000


class _Packer(Compressor):  # type: ignore[misc]
    @staticmethod
    def compress_brotli(data: bytes) -> bytes:
        """Near the smallest: with full effort, Plotly's bundle alone holds the first start up for ten seconds."""
        return brotli.compress(data, quality=5 if len(data) > _LARGE else 9)


class PackedStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]
    """Names files by their content and leaves a packed copy beside each; what it does not know keeps its name."""

    manifest_strict = False
    keep_only_hashed_files = True  # WhiteNoise serves the others from where they lie

    def create_compressor(self, **kwargs: Any) -> Compressor:
        return _Packer(**kwargs)


def lay_out(sources: Path, root: Path) -> int:
    """How many files were laid out in ``root``; 0 where they were there already.

    Files of earlier versions stay: a page that was opened before the change may still ask for them.
    """
    if is_laid_out(sources, root):
        return 0
    storage = PackedStorage(location=str(root), base_url="/static/")
    found: dict[str, tuple[Any, str]] = {}
    for finder in get_finders():
        for path, source in finder.list([]):
            prefix = getattr(source, "prefix", None)
            found.setdefault(f"{prefix}/{path}" if prefix else path, (source, path))
    for name, (source, path) in found.items():
        target = root / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source.path(path), target)
    laid = {name: (storage, name) for name in found}
    for _, _, processed in storage.post_process(laid):
        if isinstance(processed, Exception):
            raise processed
    (root / STAMP).write_text(stamp(sources), encoding="utf-8")
    return len(found)
