"""Text for spreadsheet cells: what a repository wrote never starts a formula and never hides.

Spreadsheets take a cell for a formula by its first character (OWASP, "CSV Injection"): = + - @, a tab or a line
break, and in some locales their full-width forms. An apostrophe before it makes plain text of it.
"""

from assessments.reports.plain import shortened, visible

MAX_CELL = 32_767
"""The most characters that a cell of a workbook holds (ECMA-376, as Excel applies it)."""
_STARTS = frozenset("=+-@\t\r\n|%＝＋－＠")


def safe_cell(text: str) -> str:
    """The text as a cell: controls made visible, line breaks kept, cut at what a cell holds."""
    shown = "\n".join(visible(line) for line in text.splitlines()) if "\n" in text else visible(text)
    if text[:1] in _STARTS or shown.lstrip()[:1] in _STARTS:
        shown = f"'{shown}"
    return shortened(shown, MAX_CELL)
