"""YAML into the neutral tree, event by event, so that neither depth nor aliases can exhaust anything."""

import re
from collections.abc import Iterator
from typing import Any

from scanners.inventory.formats.tree import (
    MAX_DEPTH,
    MAX_NODES,
    Map,
    Seq,
    bomb,
    check_text,
    unparsable,
)
from scanners.lazy import lazy_re

_TEMPLATE = lazy_re(r"\{\{|\{%|<%")
_PAIR = lazy_re(r"""^(\s*)((?:- +)*)(["']?)([\w.$@/*][\w.$@/* -]{0,200})\3\s*:(?:\s+(.*))?$""")
_ITEM = lazy_re(r"^(\s*)-\s+(.*)$")


def documents(path: str, text: str) -> list[Any]:
    """The documents of ``text``, each a Map, a Seq or a str; raises SettingsError."""
    import yaml  # here, because a tree without YAML should not pay for it

    check_text(path, text)
    builder = _Builder(path)
    try:
        for event in yaml.parse(text, Loader=yaml.CSafeLoader):
            builder.take(event)
    except (yaml.YAMLError, ValueError) as error:
        raise unparsable(path, str(error)) from error
    return builder.documents


def is_template(text: str) -> bool:
    """Whether the text holds marks of a template language."""
    return bool(_TEMPLATE.search(text))


class _Builder:
    """Turns parser events into trees; bounds are checked while events arrive."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.documents: list[Any] = []
        self._stack: list[Map | Seq] = []
        self._keys: list[tuple[str, int] | None] = []
        self._anchors: dict[str, Any] = {}
        self._open: list[str | None] = []
        self._nodes = 0

    def take(self, event: Any) -> None:
        kind = type(event).__name__
        if kind == "ScalarEvent":
            if event.anchor:
                self._anchors[event.anchor] = event.value
            self._add(event.value, event.start_mark.line + 1, 1)
        elif kind in ("MappingStartEvent", "SequenceStartEvent"):
            self._begin(event, kind == "MappingStartEvent")
        elif kind in ("MappingEndEvent", "SequenceEndEvent"):
            node = self._stack.pop()
            self._keys.pop()
            self._open.pop()
            if isinstance(node, Map) and "<<" in node:
                _merge(node)
            self._add(node, node.line, node.size)
        elif kind == "AliasEvent":
            if event.anchor in self._open:
                raise bomb(self.path, "an alias refers to itself")
            if event.anchor not in self._anchors:
                raise unparsable(self.path, f"alias {event.anchor} is not defined")
            node = self._anchors[event.anchor]
            self._add(node, event.start_mark.line + 1, getattr(node, "size", 1))
        elif kind == "DocumentStartEvent":
            self._anchors.clear()

    def _begin(self, event: Any, mapping: bool) -> None:
        if len(self._stack) >= MAX_DEPTH:
            raise bomb(self.path, "it is nested too deeply")
        line = event.start_mark.line + 1
        node: Map | Seq = Map(self.path, line) if mapping else Seq(self.path, line)
        if isinstance(node, Seq) and event.tag:
            node.tag = event.tag
        if event.anchor:
            self._anchors[event.anchor] = node
        self._stack.append(node)
        self._keys.append(None)
        self._open.append(event.anchor)

    def _add(self, value: Any, line: int, size: int) -> None:
        self._nodes += 1
        if size > MAX_NODES or self._nodes > MAX_NODES:
            raise bomb(self.path, "it expands to too many values")
        if not self._stack:
            self.documents.append(value)
            return
        top = self._stack[-1]
        top.size += size
        if top.size > MAX_NODES:
            raise bomb(self.path, "it expands to too many values")
        if isinstance(top, Seq):
            top.put(value, line)
            return
        key = self._keys[-1]
        if key is None:
            self._keys[-1] = (value if isinstance(value, str) else "?", line)
        else:
            top.put(key[0], value, key[1])
            self._keys[-1] = None


def _merge(node: Map) -> None:
    """Resolve the merge key: what the mapping says itself wins, then the earlier of several."""
    sources = [node.pop("<<")]
    node.lines.pop("<<", None)
    sources += [value for key, value, _ in node.repeated if key == "<<"]
    node.repeated = [entry for entry in node.repeated if entry[0] != "<<"]
    for source in sources:
        for part in source if isinstance(source, Seq) else [source]:
            if isinstance(part, Map):
                for key, value in part.items():
                    if key not in node:
                        node.put(key, value, part.lines[key])


def template_leaves(text: str) -> Iterator[tuple[str, str, int]]:
    """Leaves of YAML that a template engine has yet to fill in, by indentation; best effort, never raises."""
    stack: list[tuple[int, str]] = []
    counts: dict[str, int] = {}
    for number, raw in enumerate(text.splitlines(), 1):
        stripped = raw.strip()
        if not stripped or stripped.startswith(("#", "{{", "{%", "<%", "---")) or len(raw) > 2000:
            continue
        match = _PAIR.match(raw)
        item = None if match else _ITEM.match(raw)
        if match is None and item is None:
            continue
        indent = len(match[1]) if match else len(item[1]) if item else 0
        while stack and stack[-1][0] >= indent and not (stack[-1][0] == indent and "- " in raw[: indent + 2]):
            stack.pop()
        if match and match[2]:
            while stack and stack[-1][0] > indent:
                stack.pop()
            parent = ".".join(name for _, name in stack)
            index = counts[parent] = counts.get(parent, -1) + 1
            stack.append((indent + 1, str(index)))
            indent += len(match[2])
        elif item:
            while stack and stack[-1][0] > indent:
                stack.pop()
            parent = ".".join(name for _, name in stack)
            index = counts[parent] = counts.get(parent, -1) + 1
            yield f"{parent}.{index}" if parent else str(index), _plain(item[2]), number
            continue
        assert match is not None
        key = match[4].strip()
        path = ".".join([*(name for _, name in stack), key])
        value = _plain(match[5] or "")
        if value:
            yield path, value, number
        stack.append((indent, key))


def _plain(value: str) -> str:
    value = re.sub(r"\s#[^'\"]*$", "", value).strip()
    if len(value) > 1 and value[0] == value[-1] and value[0] in "'\"":
        value = value[1:-1]
    return value
