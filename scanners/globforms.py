"""What a glob demands of a folder and of a file name, so that most globs need no regular expression.

Works on globs without braces, in lower case. Most of a ruleset's globs name a file in any folder, a file below a
named folder, or an ending; these are decided by comparing strings, which costs a hundredth of an automaton's pass.
"""

from typing import Literal, NamedTuple

FolderRule = Literal["any", "is", "ends", "below", "within", "regex"]

MAX_ALTERNATIVES = 256
"""A glob whose braces stand for more is left to the regular expression."""

_WILD = frozenset("*?")


class GlobForm(NamedTuple):
    """``folder`` is the literal, between slashes, that ``rule`` asks about; for "regex" any literal that the path must
    hold. ``name`` holds the pieces of the file
    name between its stars: one piece is the whole name, ("", "") any name; () leaves the name to the expression."""

    rule: FolderRule
    folder: str
    name: tuple[str, ...]


def alternatives(glob: str) -> list[str]:
    """The globs without braces that ``glob`` stands for; [] where its braces do not pair or stand for too many."""
    opened = glob.find("{")
    if opened < 0:
        return [glob]
    depth, start = 0, opened + 1
    parts: list[str] = []
    for index in range(opened, len(glob)):
        char = glob[index]
        if char == "{":
            depth += 1
        elif char == "}":
            depth -= 1
            if not depth:
                parts.append(glob[start:index])
                rest = alternatives(glob[index + 1 :])
                middles = [m for part in parts for m in alternatives(part)]
                if len(middles) * len(rest) > MAX_ALTERNATIVES:
                    return []
                return [f"{glob[:opened]}{middle}{end}" for middle in middles for end in rest]
        elif char == "," and depth == 1:
            parts.append(glob[start:index])
            start = index + 1
    return []


def form_of(glob: str) -> GlobForm:
    """The form of one glob; one without a slash names a file at the root. One with braces needs the expression, and
    so does one with a folder without a name, which braces with an empty choice leave: it names nothing."""
    if "{" in glob or "}" in glob or glob.startswith("/") or "//" in glob:
        return GlobForm("regex", "", ())
    if glob.endswith("/**"):
        glob += "/*"
    folder, _, name = glob.rpartition("/")
    pieces = tuple(name.split("*")) if "**" not in name and "?" not in name else ()
    rule, literal = _folder(folder) if pieces else ("regex", _longest_literal(glob))
    return GlobForm(rule, literal, pieces)


def _folder(folder: str) -> tuple[FolderRule, str]:
    if folder == "**":
        return "any", ""
    if not folder:
        return "is", "/"
    literal, rule = folder, "is"
    if literal.startswith("**/"):
        literal, rule = literal[3:], "ends"
    if literal.endswith("/**"):
        literal, rule = literal[:-3], "below" if rule == "is" else "within"
    if not literal or _WILD & set(literal):
        return "regex", _longest_literal(folder)
    return rule, f"/{literal}/"  # type: ignore[return-value]


def _longest_literal(glob: str) -> str:
    return max((part.strip("/") for part in glob.replace("?", "*").split("*")), key=len)


def names(pieces: tuple[str, ...], name: str) -> bool:
    """Whether ``name`` consists of ``pieces`` with anything between them."""
    if len(pieces) == 1:
        return name == pieces[0]
    first, last = pieces[0], pieces[-1]
    end = len(name) - len(last)
    position = len(first)
    if end < position or not name.startswith(first) or not name.endswith(last):
        return False
    for piece in pieces[1:-1]:
        found = name.find(piece, position, end)
        if found < 0:
            return False
        position = found + len(piece)
    return True
