"""Static files that stay in the packages they come from: Plotly's bundle is served from its wheel."""

from collections.abc import Iterable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from django.contrib.staticfiles.finders import BaseFinder
from django.contrib.staticfiles.utils import matches_patterns
from django.core.checks import CheckMessage, Error
from django.core.files.storage import FileSystemStorage

BUNDLE = "plotly.min.js"
PREFIX = "plotly"


class PlotlyFinder(BaseFinder):
    """Finds ``plotly/plotly.min.js``, and nothing else of the package's data."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        # Not imported: that would cost every process a second for the place of one file.
        spec = find_spec(PREFIX)
        package = Path(next(iter(spec.submodule_search_locations or ("",)))) if spec else Path()
        self.storage = FileSystemStorage(location=package / "package_data")
        self.storage.prefix = PREFIX  # type: ignore[attr-defined]  # read by collectstatic

    def check(self, **kwargs: object) -> list[CheckMessage]:
        if self.storage.exists(BUNDLE):
            return []
        return [
            Error(
                "Plotly's bundle is not in the installed package.",
                hint="Install plotly.",
                id="plumbline.E010",
            )
        ]

    def find(self, path: str, find_all: bool = False, **kwargs: Any) -> str | list[str]:  # type: ignore[override]
        found = self.storage.path(BUNDLE) if path == f"{PREFIX}/{BUNDLE}" else ""
        return ([found] if found else []) if find_all or not found else found

    def list(self, ignore_patterns: Iterable[str] | None) -> Iterator[tuple[str, FileSystemStorage]]:  # type: ignore[override]
        if not matches_patterns(BUNDLE, tuple(ignore_patterns or ())):
            yield BUNDLE, self.storage
