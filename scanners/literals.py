"""Which literals an expression cannot match without, so that most expressions need not even be compiled for a file.

Worked out once per ruleset and kept with it, for ``scanners.gate``. The answer only ever errs towards looking: an
expression that is not understood counts as one that may match anywhere.
"""

import re
import warnings
from collections.abc import Iterable
from typing import Any

Clauses = list[list[str]]
"""Of each of these groups one literal, in lower case, stands in every text that matches; none where nothing is known."""

_MAX_STRINGS = 64
"""Longer lists of ways to write a run of characters are cut into shorter runs."""
_MAX_CLAUSE = 400
_MAX_CLASS = 6
_FEW_LETTERS = 3
_MAX_CLAUSES = 3
_MAX_OTHERS = 4
_MAX_OTHER = 60
_COMMON = frozenset(
    ["import", "from", "return", "function", "const", "class", "require", "export", "public", "self", "name", "type",
     "http", "string", "def", "func", "new", "for", "the", "this", "get", "set", "let", "var", "end", "use", "key",
     "value", "test", "data", "error", "true", "false", "null", "async", "await"]
)  # fmt: skip
"""Words that stand in most files: where another group decides, these are not looked for."""


NAMED_CLASS = re.compile(r"\[:\^?[a-z]+:\]")
INLINE_FLAGS = re.compile(r"(?<!\\)\(\?[imsU]+\)")
"""They may stand anywhere in RE2, and change nothing here: letter case never counts."""


def packed(clauses: Clauses) -> str:
    """The groups as one text, which is read back faster than lists."""
    return "\0\0".join("\0".join(clause) for clause in clauses)


def clues_of(pattern: str) -> tuple[Clauses, Clauses]:
    """The groups of literals of one RE2 expression, the most telling first, and others that say too little to be looked
    for: they count where their literals are looked for anyway."""
    usable = _groups_of(pattern)
    kept = usable[:1] + [c for c in usable[1:_MAX_CLAUSES] if _telling(c)[0]]
    others = [c for c in usable if c not in kept and len(c) <= _MAX_OTHER][:_MAX_OTHERS]
    return [sorted(clause) for clause in kept], [sorted(clause) for clause in others]


def clauses_of(pattern: str) -> Clauses:
    """The groups of literals of one RE2 expression that are looked for, the most telling first."""
    return clues_of(pattern)[0]


def _groups_of(pattern: str) -> list[frozenset[str]]:
    if NAMED_CLASS.search(pattern):  # which the parser takes for something else
        return []
    from re import _parser  # type: ignore[attr-defined]

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            parsed = _parser.parse(INLINE_FLAGS.sub("", pattern))
        exact, clauses = _walk(list(parsed))
    except Exception:  # noqa: BLE001 - an expression of RE2 that this parser does not know
        return []
    if exact is not None:
        clauses = [exact]
    usable = [c for c in clauses if c and min(map(len, c)) >= 2 and len(c) <= _MAX_CLAUSE]
    usable.sort(key=_telling, reverse=True)
    return [clause for clause in usable if not any("\0" in literal for literal in clause)]


def _telling(clause: frozenset[str]) -> tuple[bool, int, int]:
    shortest = min(map(len, clause))
    common = any(word.strip(" \t(.\"'") in _COMMON for word in clause)
    return not common and shortest >= _FEW_LETTERS, min(shortest, 8), -len(clause)


_Strings = frozenset[str]
_EMPTY: _Strings = frozenset([""])


def _walk(items: Iterable[tuple[Any, Any]]) -> tuple[_Strings | None, list[_Strings]]:
    """All strings that a sequence stands for, None where they are too many; and the groups found in it."""
    clauses: list[_Strings] = []
    run = _EMPTY
    whole = True

    def flush() -> None:
        nonlocal run, whole
        if "" not in run:
            clauses.append(run)
        run, whole = _EMPTY, False

    def append(strings: _Strings) -> None:
        nonlocal run
        if len(run) * len(strings) > _MAX_STRINGS:
            flush()
        run = frozenset(left + right for left in run for right in strings)

    for op, value in items:
        name = str(op)
        if name == "AT":
            continue
        if name == "SUBPATTERN":
            strings, inner = _walk(list(value[3]))
        elif name == "BRANCH":
            strings, inner = _branches([_walk(list(branch)) for branch in value[1]])
        elif name in ("MAX_REPEAT", "MIN_REPEAT"):
            strings, inner = _repeated(*value)
        elif name in ("LITERAL", "IN", "NOT_LITERAL", "ANY"):
            strings, inner = _characters(name, value), []
        else:
            raise ValueError(name)
        if strings is not None and len(strings) <= _MAX_CLAUSE:
            append(strings)
        else:
            flush()
            clauses += inner
    if whole:
        return run, []
    if "" not in run:
        clauses.append(run)
    return None, clauses


def _characters(name: str, value: Any) -> _Strings | None:
    codes: set[int] = set()
    if name == "LITERAL":
        codes.add(value)
    elif name == "IN":
        for op, inner in value:
            if str(op) == "LITERAL":
                codes.add(inner)
            elif str(op) == "RANGE" and inner[1] - inner[0] < 2 * _MAX_CLASS:
                codes.update(range(inner[0], inner[1] + 1))
            else:
                return None
    else:
        return None
    characters = frozenset(chr(code).lower() for code in codes)
    return characters if max(codes) < 128 and len(characters) <= _MAX_CLASS else None


def _branches(
    branches: list[tuple[_Strings | None, list[_Strings]]],
) -> tuple[_Strings | None, list[_Strings]]:
    if all(strings is not None for strings, _ in branches):
        union = frozenset(text for strings, _ in branches for text in strings or ())
        return union, [union] if "" not in union else []
    best: set[str] = set()
    for strings, clauses in branches:
        found = [strings] if strings is not None else clauses
        usable = sorted((c for c in found if c and "" not in c), key=_telling)
        if not usable:
            return None, []
        best |= usable[-1]
    return None, [frozenset(best)]


def _repeated(least: int, most: Any, items: Any) -> tuple[_Strings | None, list[_Strings]]:
    strings, clauses = _walk(list(items))
    if least == 0:
        return (strings | _EMPTY, []) if strings is not None and most == 1 else (None, [])
    if strings is None:
        return None, clauses
    if least == most == 1:
        return strings, clauses
    return None, [] if "" in strings else [strings]
