"""Sets a template with its data as a PDF that is both archival (PDF/A-2a) and accessible (PDF/UA-1)."""

import json
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typst

from assessments.reports.pdf_text import beyond_ascii, mapped, missing_glyphs, printable, replaced

if TYPE_CHECKING:
    from typst import PDFStandard

TEMPLATES = Path(__file__).parent / "typst"
"""Beside this module, so that an installed package has them."""
STANDARDS: "list[PDFStandard]" = ["a-2a", "ua-1"]
ATTEMPTS = 4
"""Each attempt names every glyph that it misses, and what replaces it is in every font: the probe leaves only
clusters, in which a font has each character but not the sequence; one attempt more mends those."""


def typeset(template: str, data: dict[str, Any], made_at: datetime) -> bytes:
    """The PDF of one of our templates. Same data, same fonts: same bytes.

    ``data`` are plain values; every text in it is made printable here, and what no font has is replaced by its
    code. Raises ``typst.TypstError`` where the template itself is wrong.
    """
    data = mapped(data, printable)
    chars = beyond_ascii(data)
    fonts = _fonts(system=False)
    missing = _not_shown(chars, fonts)
    if missing:
        # The embedded fonts are enough for nearly every report; the machine's may know other scripts.
        fonts = _fonts(system=True)
        data = replaced(data, _not_shown(chars, fonts))
    for _ in range(ATTEMPTS):
        try:
            return _compile(template, data, fonts, made_at)
        except typst.TypstError as error:
            missing = missing_glyphs(error.diagnostic)
            if not missing:
                raise
            data = replaced(data, missing)
    return _compile(template, replaced(data, beyond_ascii(data) - {"⟨", "⟩"}), fonts, made_at)


@lru_cache(maxsize=2)
def _fonts(*, system: bool) -> typst.Fonts:
    return typst.Fonts(include_system_fonts=system)


def _not_shown(chars: frozenset[str], fonts: typst.Fonts) -> frozenset[str]:
    """Those of the characters that none of the fonts can show, found by a page that holds nothing else."""
    try:
        _compile("probe.typ", sorted(chars), fonts, datetime(2000, 1, 1, tzinfo=UTC))
    except typst.TypstError as error:
        return missing_glyphs(error.diagnostic)
    return frozenset()


def _compile(template: str, data: object, fonts: typst.Fonts, made_at: datetime) -> bytes:
    compiler = typst.Compiler(
        str(TEMPLATES / template),
        root=str(TEMPLATES),
        font_paths=fonts,
        sys_inputs={"report": json.dumps(data)},
    )
    # Typst refuses a time finer than a second, or of a zone that changes its offset.
    moment = made_at.astimezone(UTC).replace(microsecond=0)
    made = compiler.compile(format="pdf", pdf_standards=STANDARDS, timestamp=moment)
    assert isinstance(made, bytes)
    return made
