"""Bundler and RubyGems: Gemfile, Gemfile.lock and gem specifications."""

import re

from scanners.facts import Dependency
from scanners.inventory.dependencies.manifest import Manifest, ManifestError, refuse_conflicts
from scanners.inventory.dependencies.reading import Scope, check_size
from scanners.lazy import lazy_re
from scanners.values import replace

_GEMFILES = frozenset(["gemfile", "gems.rb"])
_LOCKS = frozenset(["gemfile.lock", "gems.locked"])
_STRING = lazy_re(r"""%[qQ]?[<({\[]([^>)}\]\n]*)[>)}\]]|"((?:[^"\\\n]|\\.)*)"|'((?:[^'\\\n]|\\.)*)'""")
_COMMENT = lazy_re(
    r"""("(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|%[qwQWiI][<({\[][^>)}\]\n]{0,300}[>)}\]])|(#[^\n]*)"""
)
_BLOCK_COMMENT = lazy_re(r"^=begin\b.*?(?:^=end\b[^\n]*|\Z)", re.MULTILINE | re.DOTALL)
_GEM = lazy_re(r"gem[\s(]+(?=[\"'])")
_OPENER = lazy_re(
    r"(?:[\w@.\[\]:]+\s*(?:\|\|)?=\s*)?(?:if|unless|case|begin|def|while|until|for|class|module)\b"
    r"|.*\bdo\s*(?:\|[^|]*\|)?$"
)
_GROUP = lazy_re(r"groups?[\s(]+(.*?)\)?\s*do\b")
_INLINE_GROUP = lazy_re(r"""(?::groups?\s*=>|\bgroups?:)\s*(\[[^\]]*\]|%i[\[(][^\])]*[\])]|:?["']?\w+)""")
_OPTION = lazy_re(r""":?(\b[a-z_]+)(?::|\s*=>)\s*(?:["']([^"'\n]*)["']|(\S+))""")
_WORD = lazy_re(r"\w+")
_DEVELOPMENT = frozenset(
    ["development", "dev", "lint", "linting", "rubocop", "debug", "debugging", "console", "guard", "ci"]
    + ["docs", "doc", "documentation", "tools", "tooling"]
)
_TEST = frozenset(["test", "tests", "testing", "cucumber", "spec", "rspec", "system_test", "integration"])
_MAX_LINE = 2000
"""Longer lines are data or an attack; no declaration needs them."""

_LOCK_HEADING = lazy_re(r"[A-Z][A-Z ]+$")
_SPEC = lazy_re(r" {4}([\w.-]+) \(([^)]*)\)$")
_DIRECT = lazy_re(r" {2}([\w.-]+)(?: \(([^)]*)\))?!?$")

_ADD = lazy_re(r"\.add_(runtime_|development_)?dependency[\s(]+")
_SPEC_FIELD = lazy_re(r"""^\s*\w+\.(name|version)\s*=\s*["']([^"'\n]+)["']""", re.MULTILINE)
_EXECUTABLES = lazy_re(
    r"\.executables?\s*(?:=|<<|\+=)\s*(\[[^\]]{0,2000}\]|%w[\[({][^\])}]{0,2000}[\])}]|[\"'][^\"'\n]{1,200}[\"'])"
)


def handles(basename: str) -> bool:
    return basename in _GEMFILES or basename in _LOCKS or basename.endswith((".gemspec", ".gemfile"))


def parse_ruby(path: str, text: str) -> Manifest:
    """What Bundler or RubyGems is told, or the gems that Bundler locked.

    Facts of a Gemfile: ``gemspec`` (it belongs to a gem, so that what it lists itself serves development),
    ``ruby`` (constraint) and ``local`` (gem -> "path", or the git repository it comes from).
    """
    check_size(text)
    refuse_conflicts(text)
    basename = path.rpartition("/")[2].lower()
    if basename in _LOCKS:
        return _lock(path, text)
    text = _without_comments(text)
    return _gemspec(path, text) if basename.endswith(".gemspec") else _gemfile(path, text)


def _without_comments(text: str) -> str:
    if "=begin" in text:
        text = _BLOCK_COMMENT.sub(lambda match: "\n" * match[0].count("\n"), text)
    return _COMMENT.sub(lambda match: match[1] or "", text)


def _gemfile(path: str, text: str) -> Manifest:
    found: list[Dependency] = []
    local: dict[str, str] = {}
    facts: dict[str, object] = {"gemspec": False, "local": local}
    blocks: list[tuple[str, ...]] = []
    opened: list[int] = []
    for number, statement in _statements(text):
        if statement == "end" or statement.startswith(("end ", "end.")):
            if not blocks:
                raise ManifestError("An end closes nothing.", line=number)
            blocks.pop()
            opened.pop()
            continue
        if _GEM.match(statement):
            groups = (*(name for block in blocks for name in block), *_inline_groups(statement))
            if gem := _gem(path, number, statement, _scope(groups)):
                found.append(gem)
                for key, quoted, bare in _OPTION.findall(statement):
                    if key in ("path", "git", "github"):
                        local[gem.name] = "path" if key == "path" else quoted or bare
        elif statement.startswith("gemspec"):
            facts["gemspec"] = True
        elif statement.startswith("ruby ") and (version := _STRING.search(statement)):
            facts["ruby"] = _text(version)
        if _OPENER.match(statement) and not re.search(r"\bend$", statement):
            group = _GROUP.match(statement)
            names = group[1].partition("optional")[0] if group else ""
            blocks.append(tuple(_WORD.findall(names)))
            opened.append(number)
    if blocks:
        raise ManifestError("A block is never closed.", line=opened[-1])
    if facts["gemspec"]:
        found = [replace(gem, scope="dev") if gem.scope == "runtime" else gem for gem in found]
    return Manifest(path, "rubygems", tuple(found), facts=facts)


def _statements(text: str) -> list[tuple[int, str]]:
    """Logical lines: a line that ends in a comma, an operator or a backslash goes on in the next."""
    statements: list[tuple[int, str]] = []
    parts: list[str] = []
    start = 0
    for number, raw in enumerate(text.splitlines(), 1):
        line = raw.strip()
        if not line or len(line) > _MAX_LINE:
            continue
        start = start if parts else number
        parts.append(line.rstrip("\\"))
        if line.endswith((",", "\\", "(", "[", "=>")) and len(parts) < 50:
            continue
        joined, parts = " ".join(parts), []
        statements.extend((start, piece.strip()) for piece in _split(joined) if piece.strip())
    return statements


def _split(line: str) -> list[str]:
    return [line] if ";" not in line or "'" in line or '"' in line else line.split(";")


def _gem(path: str, line: int, statement: str, scope: Scope) -> Dependency | None:
    """The gem of one call: its first string is the name, the strings that follow at once are constraints."""
    name, constraints = _arguments(statement)
    if not name or "#{" in name:
        return None
    return Dependency("rubygems", name, ", ".join(constraints), scope, path, line)


def _arguments(call: str) -> tuple[str, list[str]]:
    values: list[str] = []
    position = 0
    for match in _STRING.finditer(call):
        between = call[position : match.start()]
        if values and not re.fullmatch(r"(?:\.freeze)?\s*,?\s*\[?\s*", between):
            break
        values.append(_text(match))
        position = match.end()
        if re.match(r"\s*=>", call[position:]):
            values.pop()
            break
    return (values[0], values[1:]) if values else ("", [])


def _text(match: re.Match[str]) -> str:
    return match[1] or match[2] or match[3] or ""


def _inline_groups(statement: str) -> tuple[str, ...]:
    match = _INLINE_GROUP.search(statement)
    return tuple(_WORD.findall(match[1].removeprefix("%i"))) if match else ()


def _scope(groups: tuple[str, ...]) -> Scope:
    """A gem in any group that production installs is a runtime one."""
    if not groups or not all(group in _DEVELOPMENT or group in _TEST for group in groups):
        return "runtime"
    return "test" if all(group in _TEST for group in groups) else "dev"


def _lock(path: str, text: str) -> Manifest:
    locked: dict[str, tuple[str, int]] = {}
    direct: dict[str, tuple[str, int]] = {}
    facts: dict[str, object] = {}
    heading = ""
    for number, line in enumerate(text.splitlines(), 1):
        if not line.startswith(" "):
            heading = line.strip()
            if heading and not _LOCK_HEADING.match(heading):
                raise ManifestError("The lock file is broken.", line=number)
        elif heading in ("GEM", "GIT", "PATH", "PLUGIN SOURCE"):
            if spec := _SPEC.match(line):
                # Gems built for several platforms stand once for each; the first version is the plain one.
                locked.setdefault(spec[1], (spec[2], number))
        elif heading == "DEPENDENCIES":
            if entry := _DIRECT.match(line):
                direct[entry[1]] = (entry[2] or "", number)
        elif heading == "BUNDLED WITH":
            facts["bundler"] = line.strip()
        elif heading == "RUBY VERSION":
            facts["ruby"] = line.strip().removeprefix("ruby ")
    found = [
        Dependency("rubygems", name, version, "runtime", path, line, direct=name in direct)
        for name, (version, line) in locked.items()
    ]
    found += [
        Dependency("rubygems", name, version, "runtime", path, line)
        for name, (version, line) in direct.items()
        if name not in locked
    ]
    return Manifest(path, "rubygems", tuple(found), facts=facts, locked=True)


def _gemspec(path: str, text: str) -> Manifest:
    found: list[Dependency] = []
    for number, statement in _statements(text):
        if call := _ADD.search(statement):
            scope: Scope = "dev" if call[1] == "development_" else "runtime"
            if gem := _gem(path, number, statement[call.end() :], scope):
                found.append(gem)
    # Built specifications repeat their dependencies for old versions of RubyGems.
    unique = {(gem.name, gem.scope): gem for gem in reversed(found)}
    fields = dict(_SPEC_FIELD.findall(text))
    programs = [name for match in _EXECUTABLES.finditer(text) for name in _listed(match[1])]
    return Manifest(
        path,
        "rubygems",
        tuple(reversed(unique.values())),
        name=fields.get("name", ""),
        version=fields.get("version", ""),
        entry_points=tuple(dict.fromkeys(programs)),
        facts={"executables": ".executables" in text or ".executable " in text},
    )


def _listed(text: str) -> list[str]:
    if text.startswith("%w"):
        return text[3:-1].split()
    return [_text(match) for match in _STRING.finditer(text)]
