"""Untrusted text made visible: names, paths and excerpts of a repository, safe for a terminal or a file."""

import json
import re
import unicodedata

_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
"""Unicode categories that move the cursor, reorder or hide text, or cannot be encoded. Joiners inside emoji
are of them, so such an emoji is shown in its parts.
"""


_HALVES = re.compile("[\ud800-\udfff]")
"""What stands for an undecodable byte, and what no encoder takes."""


def visible(text: str) -> str:
    """The text on one line, every control, direction mark and undecodable byte shown, not obeyed."""
    if text.isprintable():
        return text
    return "".join(_shown(char) if unicodedata.category(char) in _HIDDEN else char for char in text)


def encodable(text: str) -> str:
    """The text with undecodable bytes shown, all else kept; for formats that escape controls themselves."""
    return _HALVES.sub(lambda match: _shown(match[0]), text)


def json_text(payload: object) -> str:
    """The payload as indented JSON in readable characters, ending in a line break."""
    text = json.dumps(payload, indent=2, ensure_ascii=False)
    return _HALVES.sub(lambda match: _shown(match[0]).replace("\\", "\\\\"), text) + "\n"


def shortened(text: str, width: int) -> str:
    """The text cut to a number of characters, the cut marked."""
    return text if len(text) <= width else text[: max(0, width - 1)] + "…"


def _shown(char: str) -> str:
    code = ord(char)
    if code == 0x09:
        return " "
    if code < 0x20:
        return chr(0x2400 + code)
    if 0xDC80 <= code <= 0xDCFF:
        return f"\\x{code - 0xDC00:02x}"
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
