"""setup.cfg and setup.py: read as text and as syntax, never executed."""

import ast
import warnings
from collections.abc import Iterable, Iterator

from scanners.facts import Dependency
from scanners.inventory.dependencies.manifest import Manifest
from scanners.inventory.dependencies.reading import Scope
from scanners.inventory.dependencies.requirements import scope_of, specifier
from scanners.lazy import lazy_re

MAX_SETUP_CHARACTERS = 200_000
MAX_LITERALS = 20_000
MAX_LITERAL_DEPTH = 60
_REQUIRES: dict[str, Scope] = {
    "install_requires": "runtime",
    "tests_require": "test",
    "setup_requires": "build",
}
_SECTION = lazy_re(r"\[([^\]]+)\]")
_PAIR = lazy_re(r"([\w.-]+)\s*[=:]\s*(.*)$")
_ARRAY = lazy_re(r"\b(install_requires|tests_require|setup_requires)\s*=\s*[\[(]([^\])]*)")
_STRING = lazy_re(r"\"([^\"\n]*)\"|'([^'\n]*)'")
_SCALAR = lazy_re(r"\b(name|version)\s*=\s*[\"']([^\"'\n]+)[\"']")
Text = tuple[str, int]


def parse_setup_cfg(path: str, text: str) -> Manifest:
    """What the ``options`` and ``metadata`` sections of a setup.cfg declare; empty where it has none."""
    found: list[Dependency] = []
    points: list[str] = []
    metadata: dict[str, str] = {}
    for section, key, value, line in _cfg_values(text):
        if section == "metadata" and key in ("name", "version"):
            metadata.setdefault(key, value)
        elif section == "options" and key in _REQUIRES:
            found += _dependencies(path, [(value, line)], _REQUIRES[key])
        elif section == "options.extras_require":
            found += _dependencies(path, [(value, line)], scope_of(key, "optional"))
        elif section == "options.entry_points" and key in ("console_scripts", "gui_scripts"):
            points.append(value.partition("=")[0].strip())
    return Manifest(
        path,
        "pypi",
        tuple(found),
        name=metadata.get("name", ""),
        version=metadata.get("version", ""),
        entry_points=tuple(points),
        facts={"project": bool(metadata)},
    )


def _cfg_values(text: str) -> Iterator[tuple[str, str, str, int]]:
    """Section, key, and each line of its value."""
    section = key = ""
    for number, raw in enumerate(text.split("\n"), 1):
        line = raw.strip()
        if not line or line[0] in "#;":
            continue
        if raw[0] in " \t" and key:
            yield section, key, line, number
        elif header := _SECTION.match(line):
            section, key = header[1].strip(), ""
        elif pair := _PAIR.match(line):
            key = pair[1]
            for part in pair[2].split(";" if key.endswith("require") else "\n") if pair[2] else ():
                yield section, key, part.strip(), number


def _dependencies(path: str, texts: Iterable[Text], scope: Scope) -> list[Dependency]:
    out = []
    for text, line in texts:
        if parsed := specifier(text):
            out.append(Dependency("pypi", parsed[0], parsed[1], scope, path, line))
    return out


def parse_setup_py(path: str, text: str) -> Manifest:
    """The literal arguments of the call of ``setup``; by text where the file's syntax is not today's."""
    if "setup" not in text or len(text) > MAX_SETUP_CHARACTERS:
        return Manifest(path, "pypi")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return _by_text(path, text)
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and _is_setup(node.func)]
    literals = _Literals(tree)
    found: list[Dependency] = []
    points: list[str] = []
    scalars: dict[str, str] = {}
    for call in calls[:5]:
        for key, value in literals.arguments(call):
            if key in _REQUIRES:
                found += _dependencies(path, literals.texts(value), _REQUIRES[key])
            elif key == "extras_require":
                for extra, items in literals.entries(value):
                    found += _dependencies(path, literals.texts(items), scope_of(extra, "optional"))
            elif key == "entry_points":
                for kind, items in literals.entries(value):
                    if kind in ("console_scripts", "gui_scripts"):
                        points += [entry.partition("=")[0].strip() for entry, _ in literals.texts(items)]
            elif (
                key in ("name", "version")
                and isinstance(value, ast.Constant)
                and isinstance(value.value, str)
            ):
                scalars[key] = value.value
    return Manifest(
        path,
        "pypi",
        tuple(found),
        name=scalars.get("name", ""),
        version=scalars.get("version", ""),
        entry_points=tuple(points),
        facts={"project": bool(calls)},
    )


def _is_setup(node: ast.expr) -> bool:
    name = node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""
    return name == "setup"


class _Literals:
    """Reads expressions that are written out; names only where the top of the file gives their value.

    The budget keeps names that multiply each other from growing without end.
    """

    def __init__(self, tree: ast.Module) -> None:
        self._budget = MAX_LITERALS
        self._names = {
            target.id: node.value
            for node in tree.body
            if isinstance(node, ast.Assign)
            for target in node.targets
            if isinstance(target, ast.Name)
        }

    def arguments(self, call: ast.Call) -> Iterator[tuple[str, ast.expr]]:
        for keyword in call.keywords:
            if keyword.arg:
                yield keyword.arg, keyword.value
            else:
                yield from self.entries(keyword.value)

    def entries(self, node: ast.expr) -> Iterator[tuple[str, ast.expr]]:
        """Keys and values of a dictionary."""
        if isinstance(node, ast.Name):
            node = self._names.get(node.id, node)
        if isinstance(node, ast.Dict):
            for key, value in zip(node.keys, node.values, strict=True):
                if isinstance(key, ast.Constant) and isinstance(key.value, str):
                    yield key.value, value
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "dict":
            yield from ((keyword.arg, keyword.value) for keyword in node.keywords if keyword.arg)

    def texts(self, node: ast.expr, depth: int = 0) -> Iterator[Text]:
        """The strings of a list, a tuple or a sum of those, each with its line."""
        self._budget -= 1
        if depth > MAX_LITERAL_DEPTH or self._budget < 0:
            return
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            for index, row in enumerate(node.value.split("\n")):
                if row.strip():
                    yield row.strip(), node.lineno + index
            return
        parts: list[ast.expr] = []
        if isinstance(node, ast.Name) and node.id in self._names:
            parts = [self._names[node.id]]
        elif isinstance(node, ast.List | ast.Tuple | ast.Set):
            parts = node.elts
        elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
            parts = [node.left, node.right]
        elif isinstance(node, ast.Starred):
            parts = [node.value]
        for part in parts:
            yield from self.texts(part, depth + 1)


def _by_text(path: str, text: str) -> Manifest:
    found: list[Dependency] = []
    line, counted = 1, 0
    for array in _ARRAY.finditer(text):
        for string in _STRING.finditer(text, array.start(2), array.end(2)):
            line += text.count("\n", counted, string.start())
            counted = string.start()
            found += _dependencies(path, [(string[1] or string[2] or "", line)], _REQUIRES[array[1]])
    scalars = {match[1]: match[2] for match in _SCALAR.finditer(text)}
    return Manifest(
        path, "pypi", tuple(found), name=scalars.get("name", ""), version=scalars.get("version", "")
    )
