"""The neutral tree that YAML and JSON are read into: text leaves, containers that know their lines.

Scalars stay as written (``on`` is not true, ``3.10`` is not 3.1), so no reader has to guess what was meant.
"""

import re
from collections.abc import Iterator
from typing import Any

from scanners.errors import ScanError
from scanners.lazy import lazy_re

MAX_CHARACTERS = 1 << 20
MAX_NODES = 200_000
"""Counted after alias expansion; a megabyte of honest YAML or JSON stays well below."""
MAX_DEPTH = 100

_CONFLICT_MARKS = lazy_re(r"^(?:(<){7} |(=){7}\r?$|(>){7} )", re.MULTILINE)


class SettingsError(ScanError):
    """A file is not read: ``settings.unparsable``, or ``settings.bomb`` where a bound was passed."""

    def __init__(self, id: str, message: str) -> None:
        super().__init__(id, message, fault="repository")


def unparsable(path: str, why: str) -> SettingsError:
    return SettingsError("settings.unparsable", f"{path} cannot be parsed: {' '.join(why.split())[:200]}")


def bomb(path: str, why: str) -> SettingsError:
    return SettingsError("settings.bomb", f"{path} is refused: {why}")


class Map(dict[str, Any]):
    """A mapping; ``lines`` holds the line of each key. ``repeated`` keeps what a repeated key hid."""

    __slots__ = ("line", "lines", "path", "repeated", "size")

    def __init__(self, path: str = "", line: int = 0) -> None:
        super().__init__()
        self.path = path
        self.line = line
        self.lines: dict[str, int] = {}
        self.repeated: list[tuple[str, Any, int]] = []
        self.size = 1

    def put(self, key: str, value: Any, line: int) -> None:
        if key in self:
            self.repeated.append((key, self[key], self.lines[key]))
        self[key] = value
        self.lines[key] = line


class Seq(list[Any]):
    """A sequence; ``lines`` runs parallel to the items. ``tag`` is the YAML tag where one was written."""

    __slots__ = ("line", "lines", "path", "size", "tag")

    def __init__(self, path: str = "", line: int = 0) -> None:
        super().__init__()
        self.path = path
        self.line = line
        self.lines: list[int] = []
        self.tag = ""
        self.size = 1

    def put(self, value: Any, line: int) -> None:
        self.append(value)
        self.lines.append(line)


def check_text(path: str, text: str) -> None:
    """Refuse text that is too long or holds an unresolved merge conflict."""
    if len(text) > MAX_CHARACTERS:
        raise bomb(path, "it is longer than 1 MiB")
    if "<<<<<<< " in text and "<=>" in _conflict_marks(text):
        raise unparsable(path, "it holds an unresolved merge conflict")


def _conflict_marks(text: str) -> str:
    """The marks of a merge in order, ``<=>`` for each whole conflict."""
    return "".join(match[1] or match[2] or match[3] for match in _CONFLICT_MARKS.finditer(text))


def leaves(node: Any, line: int = 1, prefix: str = "") -> Iterator[tuple[str, str, int]]:
    """Dotted key, text and line of every leaf; an empty container is a leaf of its own, ``{}`` or ``[]``."""
    if isinstance(node, Map):
        if not node:
            yield prefix, "{}", line
        for key, value in node.items():
            yield from leaves(value, node.lines.get(key, line), f"{prefix}.{key}" if prefix else key)
        for key, value, at in node.repeated:
            yield from leaves(value, at, f"{prefix}.{key}" if prefix else key)
    elif isinstance(node, Seq):
        if not node:
            yield prefix, "[]", line
        for index, value in enumerate(node):
            yield from leaves(value, node.lines[index], f"{prefix}.{index}" if prefix else str(index))
    else:
        yield prefix, node, line


def as_map(node: Any) -> Map:
    """``node`` where it is a mapping, else an empty one."""
    return node if isinstance(node, Map) else Map()


def as_seq(node: Any, line: int = 0) -> Seq:
    """``node`` as a sequence: a scalar or mapping becomes its only item, nothing an empty one."""
    if isinstance(node, Seq):
        return node
    seq = Seq(getattr(node, "path", ""), line)
    if node is not None and node != "":
        seq.put(node, line or getattr(node, "line", 0))
    return seq


def as_text(node: Any) -> str:
    """``node`` where it is a scalar other than null, else nothing."""
    return node if isinstance(node, str) and node not in ("~", "null") else ""


def as_texts(node: Any) -> tuple[str, ...]:
    """The scalars of a sequence, or the only one."""
    return tuple(text for item in as_seq(node) if (text := as_text(item)))
