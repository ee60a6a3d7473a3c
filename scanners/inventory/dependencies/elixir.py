"""Mix: mix.exs and mix.lock."""

import re
from collections.abc import Iterator

from scanners.facts import Dependency
from scanners.inventory.dependencies.manifest import Manifest, ManifestError, refuse_conflicts
from scanners.inventory.dependencies.reading import Scope, check_size
from scanners.lazy import lazy_re

_NAMES = frozenset(["mix.exs", "mix.lock"])
_LEXEME = lazy_re(
    r'(\'\'\'|""")[\s\S]*?\1|"(?:[^"\\]|\\[\s\S])*"|~[sSwW][(\[{|/<][^)\]}|/>\n]{0,2000}[)\]}|/>]|#[^\n]*'
)
_FUNCTION = lazy_re(r"^[ \t]*defp?[ \t]+(\w+[?!]?)", re.MULTILINE)
_TUPLE = lazy_re(r'\{\s*:(?:"([^"\n]+)"|([a-z_]\w*))\s*,\s*([^{}]*(?:\{[^{}]*\}[^{}]*)*)\}')
_REQUIREMENT = lazy_re(r'\s*"([^"\n]*)"')
_OPTION_START = lazy_re(r'\s*(?:"[^"\n]*"|\[?\s*[a-z_]+:\s)')
_ONLY = lazy_re(r"\bonly:\s*(\[[^\]]*\]|:\w+|~w[\[(][^\])]*[\])]a?)")
_LOCKED = lazy_re(r'^\s*"?([\w-]+)"?:\s*\{:(hex|git|path),\s*:?"?([^",]+)"?,\s*"([^"]*)"')
_CONSUMED = lazy_re(r"\bdeps:\s*\[")
_APP = lazy_re(r"\bapp:\s*:(\w+)")
_VERSION = lazy_re(r'\bversion:\s*"([^"\n]*)"')
_ATTRIBUTE = lazy_re(r'^\s*@version\s+"([^"\n]*)"', re.MULTILINE)
_TEST_ENVIRONMENTS = frozenset(["test", "ci"])
_LOCAL_ENVIRONMENTS = frozenset(["dev", "test", "ci", "docs", "lint", "bench"])


def handles(basename: str) -> bool:
    return basename in _NAMES


def parse_elixir(path: str, text: str) -> Manifest:
    """What Mix is told, or the packages it locked.

    Facts: ``escript`` and ``package`` (whether the project configures one), ``umbrella``, ``local`` (names
    that come from a path, the umbrella or git).
    """
    check_size(text)
    refuse_conflicts(text)
    if path.rpartition("/")[2].lower() == "mix.lock":
        return _lock(path, text)
    text = _LEXEME.sub(_without_comment, text)
    if "defmodule" not in text:
        raise ManifestError("The file defines no project.", line=1)
    found: list[Dependency] = []
    local: list[str] = []
    line, position = 1, 0
    for match in _tuples(text):
        options = match[3]
        # The line of the name, not of a brace that stands alone above it.
        at = match.start(1) if match[1] else match.start(2)
        line += text.count("\n", position, at)
        position = at
        name = match[1] or match[2]
        requirement = _REQUIREMENT.match(options)
        found.append(
            Dependency("hex", name, requirement[1] if requirement else "", _scope(options), path, line)
        )
        if re.search(r"\b(?:path|git|github|in_umbrella):", options):
            local.append(name)
    app, version = _APP.search(text), _VERSION.search(text) or _ATTRIBUTE.search(text)
    escript = bool(re.search(r"\bescript:", text))
    facts: dict[str, object] = {
        "escript": escript,
        "package": bool(re.search(r"\bpackage:", text)),
        "umbrella": bool(re.search(r"\bapps_path:", text)),
        "local": local,
    }
    name = app[1] if app else ""
    return Manifest(
        path,
        "hex",
        tuple(found),
        name=name,
        version=version[1] if version else "",
        entry_points=(name,) if escript and name else (),
        facts=facts,
    )


def _without_comment(match: re.Match[str]) -> str:
    token = match[0]
    if token[0] == "#":
        return ""
    # A heredoc is documentation; only its line breaks matter.
    return "\n" * token.count("\n") if token[:3] in ('"""', "'''") else token


def _tuples(text: str) -> Iterator[re.Match[str]]:
    """Tuples that look like dependencies, in functions named after them or in a list given directly."""
    for start, end in _regions(text):
        for match in _TUPLE.finditer(text, start, end):
            if _OPTION_START.match(match[3]):
                yield match


def _regions(text: str) -> list[tuple[int, int]]:
    functions = list(_FUNCTION.finditer(text))
    ends = [function.start() for function in functions[1:]] + [len(text)]
    regions: list[tuple[int, int]] = []
    for function, end in zip(functions, ends, strict=True):
        if "deps" in function[1] or "dependencies" in function[1]:
            regions.append((function.start(), end))
        elif inline := _CONSUMED.search(text, function.start(), end):
            regions.append((inline.end(), _closing(text, inline.end(), end)))
    return regions


def _closing(text: str, start: int, end: int) -> int:
    depth = 1
    for match in re.compile(r'"(?:[^"\\]|\\.)*"|[\[\]]').finditer(text, start, end):
        depth += {"[": 1, "]": -1}.get(match[0], 0)
        if depth == 0:
            return match.start()
    return end


def _scope(options: str) -> Scope:
    if only := _ONLY.search(options):
        environments = set(re.findall(r"\w+", re.sub(r"^~w|\]a$|\)a$", "", only[1])))
        if environments and environments <= _TEST_ENVIRONMENTS:
            return "test"
        if environments and environments <= _LOCAL_ENVIRONMENTS:
            return "dev"
    if re.search(r"\boptional:\s*true\b", options):
        return "optional"
    return "build" if re.search(r"\bruntime:\s*false\b", options) else "runtime"


def _lock(path: str, text: str) -> Manifest:
    if not text.lstrip().startswith("%{") or not text.rstrip().endswith("}"):
        raise ManifestError("The lock file is broken.", line=1)
    found = [
        Dependency(
            "hex",
            match[3] if match[2] == "hex" else match[1],
            match[4],
            "runtime",
            path,
            number,
            direct=False,
        )
        for number, line in enumerate(text.splitlines(), 1)
        if (match := _LOCKED.match(line))
    ]
    return Manifest(path, "hex", tuple(found), locked=True)
