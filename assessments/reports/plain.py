"""Untrusted text made visible: names, paths and excerpts of a repository, safe for a terminal or a file."""

import json
import re
import unicodedata
from collections.abc import Mapping

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
    return _without_halves(json.dumps(payload, indent=2, ensure_ascii=False)) + "\n"


def json_lines(payload: Mapping[str, object]) -> str:
    """The payload as JSON in readable characters: a line for each member, and for each entry of a list among them.

    Tools that compare lines tell entries apart, and it is written in a quarter of the time: the library indents in Python.
    """
    members = []
    for name, value in payload.items():
        if isinstance(value, list | tuple) and value and not isinstance(value[0], str):
            text = "[\n" + ",\n".join(f"    {json.dumps(one, ensure_ascii=False)}" for one in value) + "\n  ]"
        else:
            text = json.dumps(value, ensure_ascii=False)
        members.append(f"  {json.dumps(name, ensure_ascii=False)}: {text}")
    return _without_halves("{\n" + ",\n".join(members) + "\n}\n")


def _without_halves(text: str) -> str:
    return _HALVES.sub(lambda match: _shown(match[0]).replace("\\", "\\\\"), text)


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
