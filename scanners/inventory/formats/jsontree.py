"""JSON into the neutral tree, with comments, trailing commas and JSON5's bare keys and quotes tolerated."""

import json
from typing import Any

from scanners.inventory.formats.tree import MAX_DEPTH, MAX_NODES, Map, Seq, bomb, check_text, unparsable
from scanners.lazy import lazy_re

_TOKEN = lazy_re(
    r"""(?P<skip>\s+|//[^\n]*|/\*[\s\S]*?\*/)"""
    r"""|(?P<string>"[^"\\\n]*(?:\\[\s\S][^"\\\n]*)*"|'[^'\\\n]*(?:\\[\s\S][^'\\\n]*)*')"""
    r"""|(?P<mark>[{}\[\],:])"""
    r"""|(?P<bare>[^\s,:{}\[\]"'/]+)"""
)


def document(path: str, text: str) -> Any:
    """The Map, Seq or str that ``text`` holds; raises SettingsError."""
    check_text(path, text)
    position, line, nodes = (1 if text.startswith("\ufeff") else 0), 1, 0
    root: list[Any] = []
    stack: list[tuple[Map | Seq, str, int]] = []
    key: tuple[str, int] | None = None
    after_value, colon = False, False
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise unparsable(path, f"unexpected character in line {line}")
        token, kind = match[0], match.lastgroup
        at = line
        line += token.count("\n")
        position = match.end()
        if kind == "skip":
            continue
        top = stack[-1][0] if stack else None
        if token in ("{", "["):
            if after_value or (isinstance(top, Map) and not colon) or len(stack) >= MAX_DEPTH:
                raise _refusal(path, at, len(stack))
            stack.append((Map(path, at) if token == "{" else Seq(path, at), *(key or ("", at))))
            key, colon = None, False
            continue
        if token == ":" and kind == "mark":
            if key is None or colon:
                raise unparsable(path, f"unexpected colon in line {at}")
            colon = True
            continue
        if token == "," and kind == "mark":
            if not after_value:
                raise unparsable(path, f"unexpected comma in line {at}")
            after_value = False
            continue
        if kind == "mark":
            if top is None or isinstance(top, Map) != (token == "}") or colon or key:
                raise unparsable(path, f"unexpected {token} in line {at}")
            node, name, start = stack.pop()
            value: Any = node
            key, at = (name, start), start
        else:
            if after_value:
                raise unparsable(path, f"missing comma in line {at}")
            value = _string(token) if kind == "string" else token
            if isinstance(top, Map) and not colon:
                if key is not None:
                    raise unparsable(path, f"missing colon in line {at}")
                key = (value, at)
                continue
        nodes += 1
        if nodes > MAX_NODES:
            raise bomb(path, "it holds too many values")
        parent = stack[-1][0] if stack else None
        if isinstance(parent, Map):
            assert key is not None
            parent.put(key[0], value, key[1])
        elif isinstance(parent, Seq):
            parent.put(value, at)
        else:
            root.append(value)
        key, colon, after_value = None, False, True
    if stack or len(root) != 1:
        raise unparsable(path, "it ends too early" if stack else "it does not hold one value")
    return root[0]


def _refusal(path: str, line: int, depth: int) -> Exception:
    if depth >= MAX_DEPTH:
        return bomb(path, "it is nested too deeply")
    return unparsable(path, f"unexpected bracket in line {line}")


def _string(token: str) -> str:
    body = token[1:-1]
    if "\\" not in body:
        return body
    if token[0] == "'":
        body = body.replace("\\'", "'").replace('"', '\\"')
    try:
        value = json.loads(f'"{body}"', strict=False)
    except ValueError:
        return body
    return value if isinstance(value, str) else body
