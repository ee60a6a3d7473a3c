"""XML leaves: element path without namespace prefixes, attributes as ``@name``, text as value."""

from typing import Any
from xml.parsers import expat

from scanners.inventory.formats.tree import MAX_DEPTH, MAX_NODES, SettingsError, bomb, check_text, unparsable


def leaves(path: str, text: str) -> list[tuple[str, str, int]]:
    """Dotted key, text and line of every attribute and text; raises SettingsError, on entities too."""
    check_text(path, text)
    reader = _Reader(path)
    parser = expat.ParserCreate()
    parser.buffer_text = True
    reader.parser = parser
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.text
    parser.EntityDeclHandler = reader.entity
    try:
        parser.Parse(_without_encoding(text).encode("utf-8"), True)
    except SettingsError:
        raise
    except (expat.ExpatError, ValueError) as error:
        raise unparsable(path, str(error)) from error
    return reader.leaves


def _without_encoding(text: str) -> str:
    """The text was decoded already, so what the declaration says of bytes no longer holds."""
    text = text.lstrip("\ufeff \t\r\n") if text[:200].lstrip("\ufeff \t\r\n").startswith("<?xml") else text
    if text.startswith("<?xml"):
        end = text.find("?>")
        if 0 < end < 200:
            return "\n" * text[:end].count("\n") + text[end + 2 :]
    return text


class _Reader:
    def __init__(self, path: str) -> None:
        self.path = path
        self.leaves: list[tuple[str, str, int]] = []
        self.parser: Any = None
        self._names: list[str] = []
        self._texts: list[tuple[list[str], int, bool]] = []

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if len(self._names) >= MAX_DEPTH or len(self.leaves) >= MAX_NODES:
            raise bomb(self.path, "it is nested too deeply or holds too many values")
        line = self.parser.CurrentLineNumber
        if self._texts:
            parts, at, _ = self._texts[-1]
            self._texts[-1] = (parts, at, True)
        self._names.append(name.rpartition(":")[2])
        self._texts.append(([], line, bool(attributes)))
        key = ".".join(self._names)
        for attribute, value in attributes.items():
            self.leaves.append((f"{key}.@{attribute}", value, line))

    def end(self, name: str) -> None:
        parts, line, has_more = self._texts.pop()
        value = "".join(parts).strip()
        if value or not has_more:
            self.leaves.append((".".join(self._names), value, line))
        self._names.pop()

    def text(self, data: str) -> None:
        if self._texts:
            self._texts[-1][0].append(data)

    def entity(self, *declaration: Any) -> None:
        raise bomb(self.path, "it declares XML entities")
