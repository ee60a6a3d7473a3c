"""Structured text for manifest parsers: XML, TOML and JSON with lines; refusals are ManifestErrors."""

import re
from collections.abc import Iterator
from typing import Any, Literal
from xml.parsers import expat

from scanners.inventory.dependencies.manifest import MAX_MANIFEST_BYTES, ManifestError, refuse_conflicts
from scanners.inventory.formats import jsontree, tomltree
from scanners.inventory.formats.tree import Map, SettingsError, as_map
from scanners.values import dataclass, field

MAX_XML_DEPTH = 100
MAX_XML_ELEMENTS = 100_000
TomlPath = tuple[str | int, ...]
Scope = Literal["runtime", "dev", "test", "build", "optional"]


@dataclass(slots=True)
class Element:
    """One XML element; names are without namespace prefix."""

    tag: str
    line: int
    attributes: dict[str, str]
    children: list["Element"] = field(default_factory=list)
    text: str = ""

    def all(self, *trail: str) -> Iterator["Element"]:
        """Every element reached by following ``trail`` downwards."""
        for child in self.children:
            if child.tag == trail[0]:
                if len(trail) == 1:
                    yield child
                else:
                    yield from child.all(*trail[1:])

    def first(self, *trail: str) -> "Element | None":
        return next(self.all(*trail), None)

    def value(self, *trail: str) -> str:
        """The text of the first such element, or nothing."""
        found = self.first(*trail)
        return found.text if found else ""


def check_size(text: str) -> None:
    if len(text) > MAX_MANIFEST_BYTES:
        raise ManifestError("The file is too large for a manifest.")


def xml_root(text: str) -> Element:
    """The root element; raises ManifestError, on entity declarations and excessive depth too."""
    check_size(text)
    refuse_conflicts(text)
    reader = _XmlReader()
    try:
        reader.parser.Parse(text.removeprefix("\ufeff").encode("utf-8"), True)
    except expat.ExpatError as error:
        why = expat.ErrorString(error.code)
        raise ManifestError(f"The XML is broken: {why}.", line=error.lineno) from error
    except ValueError as error:
        raise ManifestError("The XML holds characters that cannot be encoded.") from error
    return reader.top.children[0]


class _XmlReader:
    def __init__(self) -> None:
        # Naming the encoding overrules the declaration: the text was decoded before it came here.
        self.parser = expat.ParserCreate("utf-8")
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._data
        self.parser.EntityDeclHandler = self._entity
        self.top = Element("", 0, {})
        self._stack = [self.top]
        self._parts: list[list[str]] = [[]]
        self._count = 0

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        line = self.parser.CurrentLineNumber
        self._count += 1
        if len(self._stack) > MAX_XML_DEPTH or self._count > MAX_XML_ELEMENTS:
            raise ManifestError("The XML is nested too deeply or holds too many elements.", line=line)
        element = Element(name.rpartition(":")[2], line, attributes)
        self._stack[-1].children.append(element)
        self._stack.append(element)
        self._parts.append([])

    def _end(self, name: str) -> None:
        self._stack.pop().text = "".join(self._parts.pop()).strip()

    def _data(self, data: str) -> None:
        self._parts[-1].append(data)

    def _entity(self, *declaration: object) -> None:
        raise ManifestError("The XML declares entities.", line=self.parser.CurrentLineNumber)


def toml_values(path: str, text: str) -> tuple[dict[str, Any], dict[TomlPath, int]]:
    """The values of a TOML file and the line of each table and key; raises ManifestError."""
    refuse_conflicts(text)
    try:
        return tomltree.load(path, text), tomltree.locate(text)
    except SettingsError as error:
        raise _refusal(error) from error


def json_map(path: str, text: str) -> Map:
    """The top object of a JSON file, scalars as text; raises ManifestError."""
    refuse_conflicts(text)
    try:
        document = jsontree.document(path, text)
    except SettingsError as error:
        raise _refusal(error) from error
    if not isinstance(document, Map):
        raise ManifestError("The file does not hold an object.", line=1)
    return as_map(document)


def _refusal(error: SettingsError) -> ManifestError:
    place = re.search(r"\bline (\d+)", error.message)
    return ManifestError(error.message, line=int(place[1]) if place else 0)
