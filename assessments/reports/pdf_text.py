"""Untrusted text for paper: every character is shown, one that cannot be is shown by its code.

PDF/A refuses a document with a glyph that no font has, a private or an unassigned character, so these are
replaced before; what is invisible or reorders its neighbours is replaced too, so that nothing hides.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable
from typing import Any

from assessments.reports.plain import shortened

UNBROKEN = 48
"""Characters without a place to break a line, after which one is offered."""
STACKED = 3
"""Combining marks shown on one letter; further ones would climb over the lines above."""

_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Unicode categories that move, reorder or hide text, cannot be encoded, or are forbidden in PDF/A."""
_BLANK = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180d\u180f\u3164\uffa0\ufe00-\ufe0d\U000e0100-\U000e01ef]"
)
"""Letters and marks that show nothing (default ignorable code points of Unicode), so that they could hide
something. The two last variation selectors stay: they only choose between a picture and a sign."""
_BREAKABLE = re.compile(rf"[^\s/\-]{{{UNBROKEN}}}(?=[^\s/\-])")
_MISSING = re.compile(
    r'the text `"((?:[^"\\]|\\.)+)"` could not be displayed|contains the codepoint `"([^"]+)"`'
)
_ESCAPE = re.compile(r"\\u\{([0-9a-f]+)\}")


def prose(text: str) -> str:
    """What a person or a ruleset wrote, on one line: line breaks and indents of its source are blanks."""
    return " ".join(text.split())


def headline(text: str, width: int) -> str:
    """The text made printable and cut, the cut marked, for a line that must not wrap."""
    return shortened(printable(text).replace("\N{ZERO WIDTH SPACE}", ""), width)


def printable(text: str) -> str:
    """The text on one line with everything visible, and places to break a line offered in long words."""
    if text.isascii() and text.isprintable():
        return _with_breaks(text)
    shown, stacked = [], 0
    for char in text:
        category = unicodedata.category(char)
        stacked = stacked + 1 if category == "Mn" else 0
        if char == "\t":
            shown.append(" ")
        elif category in _HIDDEN or stacked > STACKED or _BLANK.match(char):
            shown.append(code_of(char))
        else:
            shown.append(char)
    return _with_breaks("".join(shown))


def code_of(char: str) -> str:
    """How a character that cannot be shown is named, for instance ⟨U+1F600⟩; an undecodable byte is ⟨0x80⟩."""
    code = ord(char)
    return f"⟨0x{code - 0xDC00:02X}⟩" if 0xDC80 <= code <= 0xDCFF else f"⟨U+{code:04X}⟩"


def mapped(value: Any, change: Callable[[str], str]) -> Any:
    """The same structure with every text of it changed except the addresses that links lead to."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, dict):
        return {key: entry if key == "url" else mapped(entry, change) for key, entry in value.items()}
    if isinstance(value, list):
        return [mapped(entry, change) for entry in value]
    return value


def replaced(value: Any, gone: Iterable[str]) -> Any:
    """The structure with each of these characters named by its code, except in addresses."""
    table = {ord(char): code_of(char) for char in gone}
    return mapped(value, lambda text: text.translate(table))


def beyond_ascii(value: Any) -> frozenset[str]:
    """Every character of the structure's texts, addresses aside, that not every font is sure to have."""
    found: set[str] = set()

    def gather(text: str) -> str:
        if not text.isascii():
            found.update(char for char in text if not char.isascii())
        return text

    mapped(value, gather)
    return frozenset(found)


def missing_glyphs(diagnostic: str) -> frozenset[str]:
    """The characters that no font could show, or that PDF/A forbids, as Typst's message names them."""
    named = (text or other for text, other in _MISSING.findall(diagnostic))
    found = "".join(_ESCAPE.sub(lambda escape: chr(int(escape.group(1), 16)), text) for text in named)
    return frozenset(char for char in found if not char.isascii())


def _with_breaks(text: str) -> str:
    if len(text) <= UNBROKEN:
        return text
    return _BREAKABLE.sub(lambda run: _broken(run.group(), text, run.end()), text)


def _broken(run: str, text: str, end: int) -> str:
    """The run with a zero-width space behind it, unless that would part a letter from its marks."""
    return run if unicodedata.category(text[end]).startswith("M") else run + "\N{ZERO WIDTH SPACE}"
