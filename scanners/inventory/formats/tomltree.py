"""TOML leaves: values by the standard library, lines by a locator of our own."""

import re
from collections.abc import Iterator
from typing import Any

from scanners.inventory.formats.tree import MAX_DEPTH, MAX_NODES, bomb, check_text, unparsable
from scanners.lazy import lazy_re

_TOKEN = lazy_re(
    r'(?P<long>"""[\s\S]*?(?:(?<!\\)"{3,5}|\Z)|\'\'\'[\s\S]*?(?:\'{3,5}|\Z))'
    r"|(?P<string>\"[^\"\\\n]*(?:\\.[^\"\\\n]*)*\"|'[^'\n]*')"
    r"|(?P<comment>#[^\n]*)|(?P<newline>\n)|(?P<open>[\[{])|(?P<close>[\]}])|(?P<equals>=)"
    r"|(?P<dot>\.)|(?P<space>[ \t\r]+)"
    r"|(?P<bare>[^\s\"'#\[\]{}=.]+)"
)
Path = tuple[str | int, ...]


def load(path: str, text: str) -> dict[str, Any]:
    """The plain values of ``text``; raises SettingsError."""
    import tomllib  # here, because a tree without TOML should not pay for it

    check_text(path, text)
    opened = text.count("[") + text.count("{")
    if opened > MAX_DEPTH and _nesting(text) > MAX_DEPTH:
        raise bomb(path, "it is nested too deeply")
    try:
        return tomllib.loads(text.replace("\r\n", "\n"))
    except (tomllib.TOMLDecodeError, RecursionError, ValueError) as error:
        raise unparsable(path, str(error)) from error


def leaves(path: str, text: str) -> list[tuple[str, str, int]]:
    """Dotted key, text and line of every leaf; raises SettingsError."""
    values = load(path, text)
    lines = locate(text)
    source = text.splitlines()
    out: list[tuple[str, str, int]] = []
    for trail, value in _walk(values, ()):
        if len(out) >= MAX_NODES:
            raise bomb(path, "it holds too many values")
        line, exact = _line(lines, trail)
        shown = _shown(value)
        if not exact and isinstance(trail[-1], int):
            line = _seek(source, line, shown)
            lines[trail[:-1]] = line  # the next item of this array is not above this one
        out.append((".".join(map(str, trail)), shown, line))
    return out


def _nesting(text: str) -> int:
    depth = deepest = 0
    for match in re.finditer(r"[\[\]{}]", text):
        depth += 1 if match[0] in "[{" else -1
        deepest = max(deepest, depth)
    return deepest


def _walk(node: Any, trail: Path) -> Iterator[tuple[Path, Any]]:
    if isinstance(node, dict) and node:
        for key, value in node.items():
            yield from _walk(value, (*trail, key))
    elif isinstance(node, list) and node:
        for index, value in enumerate(node):
            yield from _walk(value, (*trail, index))
    elif trail:
        yield trail, node


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict | list):
        return "{}" if isinstance(value, dict) else "[]"
    return str(value)


def _line(lines: dict[Path, int], trail: Path) -> tuple[int, bool]:
    for length in range(len(trail), 0, -1):
        if trail[:length] in lines:
            return lines[trail[:length]], length == len(trail)
    return 1, False


def _seek(source: list[str], line: int, value: str) -> int:
    first = value.split("\n", 1)[0][:80]
    for number in range(line, min(line + 200, len(source)) + 1):
        if first and first in source[number - 1]:
            return number
        if number > line and re.match(r"\s*(\]|\[|[\w.-]+\s*=)", source[number - 1]):
            break
    return line


def locate(text: str) -> dict[Path, int]:
    """The line of every table header and key, inline tables included, by key path."""
    lines: dict[Path, int] = {}
    counts: dict[Path, int] = {}
    table: Path = ()
    number, depth, position = 1, 0, 0
    keys: list[str] = []
    header, at_start = 0, True
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            position += 1
            continue
        kind, token, position = match.lastgroup, match[0], match.end()
        if kind == "newline":
            if header and keys:
                table = _open_table(tuple(keys), header, counts)
                lines.setdefault(table, number)
            if depth == 0 or header:
                keys, header, at_start, depth = [], 0, True, 0
        elif kind == "open":
            if at_start and token == "[":
                header += 1
            depth += 1
        elif kind == "close":
            depth -= 1
        elif kind in ("bare", "string") and (header or (at_start and depth == 0)):
            keys.append(token[1:-1] if kind == "string" else token)
        elif kind == "equals" and at_start and depth == 0 and not header:
            trail: Path = table
            for key in keys:
                trail = (*trail, key)
                lines.setdefault(trail, number)
            at_start = False
        if kind in ("comment", "space", "newline", "dot", "open", "equals", "bare", "string", "close"):
            number += kind == "newline"
        else:
            number += token.count("\n")
    if header and keys:
        lines.setdefault(_open_table(tuple(keys), header, counts), number)
    return lines


def _open_table(keys: tuple[str, ...], brackets: int, counts: dict[Path, int]) -> Path:
    """The path of a table as values are walked: arrays of tables carry the index of their latest item."""
    trail: Path = ()
    for position, key in enumerate(keys):
        trail = (*trail, key)
        last = position == len(keys) - 1
        if last and brackets > 1:
            counts[trail] = counts.get(trail, -1) + 1
        if trail in counts:
            trail = (*trail, counts[trail])
    return trail
