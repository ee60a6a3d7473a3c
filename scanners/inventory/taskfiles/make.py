"""Makefiles and justfiles."""

import re
from collections.abc import Callable

from scanners.inventory.taskfiles.commands import within
from scanners.lazy import lazy_re

_RULE = lazy_re(r"^([\w./%@ -][\w./%@ ${}()-]*?)::?(?!=)\s*([^#;\n]*)(?:;\s*(.*))?")
_VARIABLE = lazy_re(r"^(?:export\s+|override\s+)?([A-Za-z_][\w.-]*)\s*[:?+!]?:?=\s*(.*)$")
_USE = lazy_re(r"\$[({]([A-Za-z_][\w.-]*)[)}]")
_INCLUDE = lazy_re(r"^-?s?include\s+(.+)$")
_CONTINUED = lazy_re(r"\\\r?\n[ \t]*")
_NAME = lazy_re(r"@?([A-Za-z_][\w-]*)(?:\s|$)")


def makefile_tasks(
    text: str, directory: str, read: Callable[[str], str | None], depth: int = 0
) -> dict[str, str]:
    """Recipes by target, prerequisites as ``make`` calls before; the default goal under an empty name."""
    tasks: dict[str, list[str]] = {}
    variables: dict[str, str] = {"MAKE": "make"}
    current: list[str] = []
    default = ""
    for line in _CONTINUED.sub(" ", text).splitlines():
        if line.startswith("\t"):
            for name in current:
                tasks[name].append(line.strip().lstrip("@-+ "))
            continue
        stripped = line.strip()
        if not stripped or stripped.startswith("#") or len(line) > 4000:
            continue
        if found := _INCLUDE.match(stripped):
            for name in found[1].split() if depth < 2 else ():
                inner = read(within(directory, name)) if "$" not in name else None
                if inner is not None:
                    for target, body in makefile_tasks(inner, directory, read, depth + 1).items():
                        tasks.setdefault(target, body.splitlines())
            continue
        if found := _VARIABLE.match(stripped):
            variables.setdefault(found[1], found[2])
            if found[1] == ".DEFAULT_GOAL":
                default = found[2]
            current = []
            continue
        if found := _RULE.match(line):
            current = found[1].split()
            if current and current[0].startswith("."):
                current = []
                continue
            for name in current:
                wanted = [
                    f"make {p}" for p in found[2].split() if re.fullmatch(r"[\w./-]+", p) and "=" not in p
                ]
                tasks.setdefault(name, []).extend(wanted)
                if found[3]:
                    tasks[name].append(found[3])
            default = default or (current[0] if current else "")
    out = {name: "\n".join(_filled(line, variables) for line in body) for name, body in tasks.items()}
    if default in out:
        out[""] = out[default]
    return out


def _filled(line: str, variables: dict[str, str]) -> str:
    for _ in range(3):
        if "$" not in line or len(line) > 4000:
            break
        line = _USE.sub(lambda match: variables.get(match[1], match[0])[:500], line)
    return line


def justfile_tasks(text: str) -> dict[str, str]:
    """Recipes by name, dependencies as ``just`` calls; the first one also under an empty name."""
    tasks: dict[str, list[str]] = {}
    current = ""
    for line in text.splitlines():
        if line[:1] in (" ", "\t"):
            if current and line.strip():
                tasks[current].append(line.strip().lstrip("@-"))
            continue
        current = ""
        if line.startswith(("set ", "alias ", "export ", "#", "[")):
            continue
        head, colon, rest = line.partition(":")
        if colon and not rest.startswith("=") and (found := _NAME.match(head)):
            current = found[1]
            wanted = re.findall(
                r"(?<![\w'\"-])[A-Za-z_][\w-]*", re.sub(r"\([^)]*\)|&&|#.*", _first_word, rest)
            )
            tasks[current] = [f"just {name}" for name in wanted]
    out = {name: "\n".join(body) for name, body in tasks.items()}
    if out:
        out[""] = out.get("default", next(iter(out.values())))
    return out


def _first_word(match: re.Match[str]) -> str:
    """A dependency with arguments stands for its name; operators and comments for nothing."""
    words = match[0].strip("()").split() if match[0].startswith("(") else []
    return words[0] if words else " "
