"""Python's task runners: tox, nox, invoke, and the script tables of hatch, poe, pdm, rye, pixi and pipenv."""

import re
from typing import Any

from scanners.inventory.formats import linetext
from scanners.inventory.formats.tree import SettingsError
from scanners.inventory.taskfiles import data
from scanners.lazy import lazy_re

_FUNCTION = lazy_re(r"^(?:async\s+)?def\s+(\w+)\s*\(", re.MULTILINE)
_CALL = lazy_re(r"\b(?:session|s|c|ctx|context)\.run(?:_always|_install)?\(")
_LITERAL = lazy_re(r"\"((?:[^\"\\\n]|\\.)*)\"|'((?:[^'\\\n]|\\.)*)'")
_OPTION = lazy_re(r"^\s*\w+\s*=")


def tox_tasks(path: str, text: str) -> dict[str, str]:
    """Commands by tox environment from any file that configures tox; the base environment under ``""``."""
    if not path.endswith(".toml"):
        return _ini_tox_tasks(path, text)
    table: Any = data.toml_table(path, text)
    if path.endswith("pyproject.toml"):
        for key in ("tool", "tox"):
            table = table.get(key) if isinstance(table, dict) else None
    if not isinstance(table, dict):
        return {}
    legacy = table.get("legacy_tox_ini")
    return _ini_tox_tasks(path, legacy) if isinstance(legacy, str) else _toml_tox_tasks(table)


def _ini_tox_tasks(path: str, text: str) -> dict[str, str]:
    """Commands by tox environment; the base environment under an empty name."""
    try:
        leaves = linetext.ini_leaves(path, text)
    except SettingsError:
        return {}
    out: dict[str, list[str]] = {}
    for key, value, _ in leaves:
        section, _, name = key.rpartition(".")
        kind, _, environment = section.partition(":")
        if kind == "testenv" and name in ("commands_pre", "commands", "commands_post"):
            for label in environment.split(",") if environment else [""]:
                out.setdefault(label.strip(), []).append(value.replace("\\\n", " "))
    return {name: "\n".join(parts) for name, parts in out.items()}


def _toml_tox_tasks(table: dict[str, Any]) -> dict[str, str]:
    """The same from tox's TOML form."""
    out = {}
    if base := _command_lines(_at(table, "env_run_base", "commands")):
        out[""] = base
    environments = _at(table, "env")
    for name, body in environments.items() if isinstance(environments, dict) else ():
        if isinstance(body, dict) and (lines := _command_lines(body.get("commands"))):
            out[name] = lines
    return out


def _command_lines(node: Any) -> str:
    rows = node if isinstance(node, list) else []
    return "\n".join(
        " ".join(word for word in row if isinstance(word, str)) if isinstance(row, list) else str(row)
        for row in rows
    )


def _at(table: Any, *keys: str) -> Any:
    for key in keys:
        table = table.get(key) if isinstance(table, dict) else None
    return table


def session_tasks(text: str) -> dict[str, str]:
    """What nox sessions or invoke tasks run, by name: the literal words of each call; all under ``""``."""
    found = list(_FUNCTION.finditer(text))
    out: dict[str, str] = {}
    for index, match in enumerate(found):
        end = found[index + 1].start() if index + 1 < len(found) else len(text)
        body = text[match.end() : end]
        lines = [" ".join(_words(body, call.end())) for call in _CALL.finditer(body)]
        decorators = text[max(0, match.start() - 500) : match.start()].rpartition("\n\n")[2]
        named = re.search(r"name\s*=\s*[\"']([^\"']+)", decorators)
        name = named[1] if named else match[1]
        if text_of_task := "\n".join(line for line in lines if line):
            out[name] = text_of_task
    everything = "\n".join(out.values())
    return {"": everything, **out} if everything else {}


def _words(body: str, start: int) -> list[str]:
    """The string literals of a call's positional arguments, from its opening bracket on."""
    depth, position, words = 1, start, []
    limit = min(len(body), start + 2000)
    argument = start
    while position < limit and depth:
        literal = _LITERAL.match(body, position)
        if literal:
            if not _OPTION.match(body[argument:position]):
                words.append(literal[1] if literal[1] is not None else literal[2])
            position = literal.end()
            continue
        char = body[position]
        depth += (char in "([{") - (char in ")]}")
        position += 1
        if char == "," and depth == 1:
            argument = position
    return words


def script_tables(pyproject: dict[str, Any]) -> dict[str, dict[str, str]]:
    """Script tables of a pyproject.toml by runner; hatch's also as ``environment:script``."""
    tool = _at(pyproject, "tool") or {}
    hatch: dict[str, str] = {}
    environments = _at(tool, "hatch", "envs")
    for name, body in environments.items() if isinstance(environments, dict) else ():
        for script, line in _script_lines(_at(body, "scripts"), "hatch run ").items():
            hatch[f"{name}:{script}"] = line
            hatch.setdefault(script, line)
    return {
        "hatch": hatch,
        "poe": _script_lines(_at(tool, "poe", "tasks"), "poe "),
        "pdm": _script_lines(_at(tool, "pdm", "scripts"), "pdm run "),
        "rye": _script_lines(_at(tool, "rye", "scripts"), "rye run "),
        "task": _script_lines(_at(tool, "taskipy", "tasks"), "task "),
        "pixi": _script_lines(_at(tool, "pixi", "tasks"), "pixi run "),
    }


def _script_lines(table: Any, call: str) -> dict[str, str]:
    if not isinstance(table, dict):
        return {}
    names = {name.strip("_") for name in table}
    return {name: _script(body, call, names) for name, body in table.items()}


def _script(body: Any, call: str, names: set[str]) -> str:
    if isinstance(body, str):
        # A script that starts with the name of another one runs that one.
        return call + body if body.split(" ")[0] in names else body
    if isinstance(body, list):
        return "\n".join(_script(item, call, names) for item in body)
    if not isinstance(body, dict):
        return ""
    lines = [
        f"{call}{name}" for key in ("deps", "depends-on", "depends_on") for name in _names(body.get(key))
    ]
    for key in ("cmd", "shell", "call", "chain"):
        value = body.get(key)
        if isinstance(value, list) and key != "chain":
            value = " ".join(map(str, value))
        if value:
            lines.append(_script(value, call, names))
    lines += [f"{call}{name}" for name in _names(body.get("ref"))]
    composite = body.get("sequence") or body.get("composite") or []
    for item in composite if isinstance(composite, list) else []:
        lines.append(f"{call}{item}" if isinstance(item, str) else _script(item, call, names))
    return "\n".join(lines)


def _names(node: Any) -> list[str]:
    return (
        [node]
        if isinstance(node, str)
        else [n for n in node if isinstance(n, str)]
        if isinstance(node, list)
        else []
    )
