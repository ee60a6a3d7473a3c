"""Licence files where Scorecard's License check looks for them, and whether their terms are approved ones."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from scanners.detectors.base import Facts
from scanners.detectors.license_forms import Licence, recognise
from scanners.facts import Answer, Evidence
from scanners.lazy import lazy_re

if TYPE_CHECKING:
    from scanners.view import TreeView

_FILE = lazy_re(
    r"(?i)^(?:LICENSES/[^/]+|(?:[\w.+-]*[._-])?(?:un)?(?:licen[cs]e|copying|copyright)s?(?:[._-][\w.+-]*)?)$"
)
_OTHER = lazy_re(
    r"(?i)(3rd|third|depend|bundled|header|template|check|(^|[._-])(cla|dco)[._-])|\.(py|js|ts|go|rb|java|php|rs|cs|sh|json|ya?ml|toml|csv|xml|png|svg|erb|tmpl)$"
)
MAX_FILES = 12


class LicenseFiles:
    """Found where a file's licence is ``wanted``; open where a text tells nothing and no other one was found."""

    version = 1
    languages: frozenset[str] = frozenset()
    roles = frozenset(["docs"])
    gate = ""

    def __init__(self, name: str, wanted: Callable[[Licence | None], bool], *, needs_text: bool) -> None:
        self.name = name
        self._wanted = wanted
        self._needs_text = needs_text

    def observe(self, data: bytes, language: str) -> Any | None:
        return None

    def decide(self, facts: Facts, view: "TreeView") -> Answer:
        paths = [
            e.path for e in view.all_entries if e.size and _FILE.match(e.path) and not _OTHER.search(e.path)
        ][:MAX_FILES]
        licences = {path: recognise(view.text(path) or "") for path in paths}
        found = tuple(
            Evidence(path, _first_line(view.text(path)), note=licence.id if licence else "")
            for path, licence in licences.items()
            if self._wanted(licence)
        )
        told = any(licence is not None for licence in licences.values())
        return Answer(
            found[:5], len(found), len(found), known=bool(found) or not paths or told or not self._needs_text
        )


def _first_line(text: str | None) -> int:
    lines = (text or "").split("\n")
    return next((number for number, line in enumerate(lines, 1) if line.strip()), 1)


def license_files() -> tuple[LicenseFiles, ...]:
    """Any licence file; one with approved terms; one with terms that are not."""
    return (
        LicenseFiles("license-file", lambda licence: True, needs_text=False),
        LicenseFiles(
            "license-approved", lambda licence: licence is not None and licence.approved, needs_text=True
        ),
        LicenseFiles(
            "license-restricted",
            lambda licence: licence is not None and not licence.approved,
            needs_text=False,
        ),
    )
