"""pyproject.toml and Pipfile: every table in which a Python project declares what it needs."""

from collections.abc import Iterator
from typing import Any

from scanners.facts import Dependency
from scanners.inventory.dependencies.manifest import Manifest
from scanners.inventory.dependencies.reading import Scope, TomlPath, toml_values
from scanners.inventory.dependencies.requirements import normalised, scope_of, specifier
from scanners.lazy import lazy_re

MAX_ITEM_LINES = 400
MAX_SOUGHT_LINES = 200_000
"""In one file; arrays beyond that give the line of their key."""

_NAME = lazy_re(r"[\w.-]")
_NAME_END = lazy_re(r"[^\w.-]")
_TASK_KEYS = ("cmd", "shell", "script", "call", "composite", "sequence", "expr", "chain")
_RUN_GROUPS = frozenset(["main", "default", "prod", "production", "app", "runtime"])
"""Dependency groups (PEP 735) of what the program itself needs, in projects that are not packaged."""
_PIPFILE_TABLES = frozenset(["source", "requires", "scripts", "pipenv"])


class _Toml:
    """The values of one file and where they stand."""

    def __init__(self, path: str, text: str) -> None:
        self.path = path
        self.root, self._lines = toml_values(path, text)
        self._source = text.split("\n")
        self._sought = 0

    def table(self, *trail: str) -> dict[str, Any]:
        node: Any = self.root
        for key in trail:
            node = node.get(key) if isinstance(node, dict) else None
        return node if isinstance(node, dict) else {}

    def line(self, trail: TomlPath) -> int:
        while trail:
            if trail in self._lines:
                return self._lines[trail]
            trail = trail[:-1]
        return 1

    def listed(self, trail: tuple[str, ...], scope: Scope) -> Iterator[Dependency]:
        """The PEP 508 specifiers of the array at ``trail``, each with the line of its own."""
        items = self.table(*trail[:-1]).get(trail[-1])
        line, seeking = self.line(trail), True
        for item in items if isinstance(items, list) else ():
            parsed = specifier(item) if isinstance(item, str) else None
            if parsed is None:
                continue
            if seeking:
                found = self._seek(line, item)
                line, seeking = found or line, bool(found)
            yield Dependency("pypi", parsed[0], parsed[1], scope, self.path, line)

    def _seek(self, line: int, item: str) -> int:
        """The next line that holds ``item`` as written, else one with its name; 0 where there is neither."""
        name = item[: end.start()] if (end := _NAME_END.search(item)) else item
        by_name = 0
        for number in range(line, min(line + MAX_ITEM_LINES, len(self._source)) + 1):
            text = self._source[number - 1]
            self._sought += 1
            if self._sought > MAX_SOUGHT_LINES:
                break
            if f'"{item}"' in text or f"'{item}'" in text:
                return number
            if number > line and text.startswith(("[", "]")):
                break
            at = text.find(name)
            if not by_name and at > 0 and text[at - 1] in "\"'" and not _NAME.match(text, at + len(name)):
                by_name = number
        return by_name

    def keyed(self, trail: tuple[str, ...], scope: Scope) -> Iterator[Dependency]:
        """The entries of a table of name and constraint, as Poetry and Pipenv write them."""
        for name, value in self.table(*trail).items():
            if name == "python":
                continue
            optional = scope == "runtime" and isinstance(value, dict) and value.get("optional") is True
            kind: Scope = "optional" if optional else scope
            line = self.line((*trail, name))
            yield Dependency("pypi", normalised(name), _constraint(value), kind, self.path, line)


def _constraint(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(filter(None, (_constraint(item) for item in value[:10])))
    if isinstance(value, dict):
        keys = ("version", "git", "url", "path", "file")
        return next((str(value[key]) for key in keys if key in value), "")
    return value if isinstance(value, str) else ""


def parse_pyproject(path: str, text: str) -> Manifest:
    """What a pyproject.toml declares.

    Facts: ``build_backend``, ``project`` (whether it has a project table, PEP 621 or Poetry's), ``poetry``,
    ``requires_python``, ``dynamic`` (fields left to the backend), ``tools`` (the tool tables present).
    """
    toml = _Toml(path, text)
    project, poetry = toml.table("project"), toml.table("tool", "poetry")
    found = [*_standard(toml), *_poetry(toml), *_other_tools(toml)]
    points: list[str] = []
    for trail in (
        ("project", "scripts"),
        ("project", "gui-scripts"),
        ("tool", "poetry", "scripts"),
        ("tool", "flit", "scripts"),
    ):
        points += toml.table(*trail)
    dynamic = project.get("dynamic")
    python = project.get("requires-python") or _constraint(
        toml.table("tool", "poetry", "dependencies").get("python")
    )
    facts: dict[str, object] = {
        "build_backend": str(toml.table("build-system").get("build-backend", "")),
        "project": bool(project or poetry.get("name")),
        "poetry": bool(poetry),
        "requires_python": str(python),
        "dynamic": [str(field) for field in dynamic] if isinstance(dynamic, list) else [],
        "tools": sorted(toml.table("tool")),
    }
    return Manifest(
        path,
        "pypi",
        tuple(dict.fromkeys(found)),
        name=str(project.get("name") or poetry.get("name") or ""),
        version=str(project.get("version") or poetry.get("version") or ""),
        scripts=_tasks(toml),
        entry_points=tuple(dict.fromkeys(points)),
        facts=facts,
    )


def _standard(toml: _Toml) -> Iterator[Dependency]:
    yield from toml.listed(("project", "dependencies"), "runtime")
    for extra in toml.table("project", "optional-dependencies"):
        yield from toml.listed(("project", "optional-dependencies", extra), scope_of(extra, "optional"))
    for group in toml.table("dependency-groups"):
        scope = "runtime" if normalised(group) in _RUN_GROUPS else scope_of(group, "dev")
        yield from toml.listed(("dependency-groups", group), scope)
    yield from toml.listed(("build-system", "requires"), "build")


def _poetry(toml: _Toml) -> Iterator[Dependency]:
    extras = toml.table("tool", "poetry", "extras")
    wanted: dict[str, Scope] = {}
    for extra, names in extras.items():
        for name in names if isinstance(names, list) else ():
            wanted.setdefault(normalised(str(name)), scope_of(extra, "optional"))
    for one in toml.keyed(("tool", "poetry", "dependencies"), "runtime"):
        scope = wanted.get(one.name, "optional") if one.scope == "optional" else one.scope
        yield Dependency("pypi", one.name, one.version, scope, one.path, one.line)
    yield from toml.keyed(("tool", "poetry", "dev-dependencies"), "dev")
    for group in toml.table("tool", "poetry", "group"):
        scope = "runtime" if group == "main" else scope_of(group, "dev")
        yield from toml.keyed(("tool", "poetry", "group", group, "dependencies"), scope)


def _other_tools(toml: _Toml) -> Iterator[Dependency]:
    yield from toml.listed(("tool", "uv", "dev-dependencies"), "dev")
    yield from toml.listed(("tool", "rye", "dev-dependencies"), "dev")
    for group in toml.table("tool", "pdm", "dev-dependencies"):
        yield from toml.listed(("tool", "pdm", "dev-dependencies", group), scope_of(group, "dev"))
    for name in toml.table("tool", "hatch", "envs"):
        for key in ("dependencies", "extra-dependencies"):
            yield from toml.listed(("tool", "hatch", "envs", name, key), scope_of(name, "dev"))
    yield from toml.listed(("tool", "flit", "metadata", "requires"), "runtime")
    for extra in toml.table("tool", "flit", "metadata", "requires-extra"):
        scope = scope_of(extra, "optional")
        yield from toml.listed(("tool", "flit", "metadata", "requires-extra", extra), scope)


def _tasks(toml: _Toml) -> dict[str, str]:
    """Named commands of poe, PDM, taskipy, Rye and the environments of Hatch; the first of a name counts."""
    trails: list[tuple[str, ...]] = [
        ("tool", "poe", "tasks"),
        ("tool", "pdm", "scripts"),
        ("tool", "taskipy", "tasks"),
        ("tool", "rye", "scripts"),
        ("scripts",),
    ]
    trails += [("tool", "hatch", "envs", name, "scripts") for name in toml.table("tool", "hatch", "envs")]
    out: dict[str, str] = {}
    for trail in trails:
        for name, body in toml.table(*trail).items():
            if command := _command(body):
                out.setdefault(name, command)
    return out


def _command(body: Any) -> str:
    if isinstance(body, list):
        return "\n".join(filter(None, (_command(item) for item in body)))
    if isinstance(body, dict):
        return next((_command(body[key]) for key in _TASK_KEYS if key in body), "")
    return body if isinstance(body, str) else ""


def parse_pipfile(path: str, text: str) -> Manifest:
    """What a Pipfile declares: ``packages``, ``dev-packages`` and categories of any other name."""
    toml = _Toml(path, text)
    found: list[Dependency] = []
    for table in toml.root:
        if table not in _PIPFILE_TABLES:
            scope = "runtime" if table == "packages" else scope_of(table, "optional")
            found += toml.keyed((table,), scope)
    return Manifest(path, "pypi", tuple(found), scripts=_tasks(toml))
