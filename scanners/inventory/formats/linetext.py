"""Formats of one key a line: INI and its kin, Java properties, dot-env. As tolerant as their own readers."""

import re

from scanners.inventory.formats.tree import check_text
from scanners.lazy import lazy_re

Leaf = tuple[str, str, int]

_SECTION = lazy_re(r"^\[([^\]\n]+)\]\s*(?:[#;].*)?$")
_DELIMITER = lazy_re(r"[=:]")
_PROPERTY = lazy_re(r"((?:[^\s=:\\]|\\.)+)(?:\s*[=:]\s*|\s+|$)(.*)$", re.DOTALL)
_ENV = lazy_re(r"^\s*(?:export\s+)?([A-Za-z_][\w.-]*)\s*=(.*)$")
_INDEX = lazy_re(r"\[(\d+)\]")


def ini_leaves(path: str, text: str) -> list[Leaf]:
    """``section.key``; an indented line continues the value above it."""
    check_text(path, text)
    out: list[Leaf] = []
    section = ""
    open_indent: int | None = None
    for number, raw in enumerate(text.splitlines(), 1):
        line = raw.strip()
        if not line or line[0] in "#;":
            continue
        indent = len(raw) - len(raw.lstrip())
        if open_indent is not None and indent > open_indent and out and not _SECTION.match(line):
            key, value, at = out[-1]
            out[-1] = (key, f"{value}\n{line}" if value else line, at)
            continue
        if header := _SECTION.match(line):
            section, open_indent = header[1].strip(), None
            continue
        found = _DELIMITER.search(line)
        key, value = (line[: found.start()].rstrip(), line[found.end() :].lstrip()) if found else (line, "")
        out.append((f"{section}.{key}" if section else key, value, number))
        open_indent = indent
    return out


def properties_leaves(path: str, text: str) -> list[Leaf]:
    """Java properties; ``list[0].name`` becomes ``list.0.name``, as the same list written in YAML."""
    check_text(path, text)
    out: list[Leaf] = []
    pending, start = "", 0
    for number, raw in enumerate(text.splitlines(), 1):
        line = raw.strip() if not pending else raw.lstrip()
        if not pending and (not line or line[0] in "#!"):
            continue
        start = start or number
        if (len(line) - len(line.rstrip("\\"))) % 2:
            pending += line[:-1]
            continue
        if match := _PROPERTY.match(pending + line):
            out.append((_INDEX.sub(r".\1", _unescape(match[1])), _unescape(match[2].strip()), start))
        pending, start = "", 0
    return out


def env_leaves(path: str, text: str) -> list[Leaf]:
    """Names and values of a dot-env file, quotes and trailing comments removed."""
    check_text(path, text)
    out: list[Leaf] = []
    for number, raw in enumerate(text.splitlines(), 1):
        match = _ENV.match(raw)
        if match is None:
            continue
        value = match[2].strip()
        if value[:1] in ("'", '"'):
            end = value.find(value[0], 1)
            value = value[1:end] if end > 0 else value[1:]
        else:
            value = value.split(" #", 1)[0].rstrip()
        out.append((match[1], value, number))
    return out


def _unescape(text: str) -> str:
    return re.sub(r"\\(u[0-9a-fA-F]{4}|.)", _escaped, text) if "\\" in text else text


def _escaped(match: re.Match[str]) -> str:
    code = match[1]
    if len(code) == 5:
        return chr(int(code[1:], 16))
    return {"n": "\n", "t": "\t", "r": "\r"}.get(code, code)
