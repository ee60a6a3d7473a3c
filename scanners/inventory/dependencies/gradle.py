"""Gradle: build.gradle, settings.gradle and their Kotlin forms."""

import re
from collections.abc import Iterator

from scanners.facts import Dependency
from scanners.inventory.dependencies.gradle_text import Statement, Token, statements
from scanners.inventory.dependencies.manifest import Manifest, refuse_conflicts
from scanners.inventory.dependencies.reading import Scope, check_size
from scanners.lazy import lazy_re

_COORDINATE = lazy_re(r"([\w.${}-]+):([\w.${}-]+)(?::([^:@\s]*))?(?:[:@].*)?")
_CONFIGURATION_WORD = lazy_re(r"[A-Z]?[a-z0-9]+|[A-Z]+(?![a-z])")
_VARIABLE = lazy_re(r"\$\{?([A-Za-z_][\w.]*)\}?")
_TRANSPARENT = frozenset(["if", "else", "for", "each", "forEach", "try", "with", "apply", "run"])
_NOT_CONFIGURATIONS = frozenset(
    ["exclude", "because", "force", "println", "if", "else", "def", "val", "var", "return", "for", "import"]
)
_BUILD_WORDS = frozenset(
    ["processor", "kapt", "ksp", "classpath", "plugins", "checkstyle", "pmd", "errorprone"]
)
_BUILD_WORDS |= {"ktlint", "detekt", "codegen", "jacoco", "agent", "spotbugs", "rewrite"}
_PUBLISHED_CATALOGS = {"ktorLibs": "io.ktor:ktor-"}
_PLATFORMS = frozenset(["platform", "enforcedPlatform"])


def parse_gradle(path: str, text: str) -> Manifest:
    """Dependencies, plugins (``plugin:ID``) and modules of one script.

    Facts: ``aliases`` (lists of alias, scope, line: catalog entries without the leading ``libs.``, so
    ``bundles.x`` and ``plugins.x`` too), ``managed`` (constraints: name -> version), ``modules`` and
    ``builds`` (folders a settings file includes), ``variables`` (those holding plain text), ``group``.
    """
    check_size(text)
    refuse_conflicts(text)
    script = _Script(path, statements(text.removeprefix("\ufeff")))
    script.read()
    return script.manifest()


class _Script:
    def __init__(self, path: str, parts: list[Statement]) -> None:
        self.path = path
        self.parts = parts
        self.found: list[Dependency] = []
        self.aliases: list[list[object]] = []
        self.managed: dict[str, str] = {}
        self.modules: list[str] = []
        self.builds: list[str] = []
        self.fields: dict[str, str] = {}
        self.variables = dict(_variables(parts))
        self.is_settings = path.rpartition("/")[2].lower().startswith("settings.")

    def manifest(self) -> Manifest:
        return Manifest(
            self.path,
            "maven",
            tuple(self.found),
            name=self.fields.get("rootProject.name", ""),
            version=self.fields.get("version", ""),
            facts={
                "aliases": self.aliases,
                "managed": self.managed,
                "modules": self.modules,
                "builds": self.builds,
                "variables": self.variables,
                "group": self.fields.get("group", ""),
            },
        )

    def read(self) -> None:
        for part in self.parts:
            level = _level(part)
            if part.inside("dependencies", level):
                if part.inside("dependencyManagement", level - 1):
                    self._manage(part)
                else:
                    self._declare(part)
            elif part.inside("constraints", level) or part.inside("dependencySet", level):
                self._manage(part)
            elif part.inside("imports", level):
                self._platform(part)
            elif part.inside("plugins", level):
                if not part.inside("pluginManagement", level - 1):
                    self._plugin(part)
            elif part.head == "apply" or part.inside("apply"):
                self._apply(part)
            elif self.is_settings and part.head in ("include", "includeBuild"):
                folders = [token.text.strip(":").replace(":", "/") for token in _strings(part)]
                (self.modules if part.head == "include" else self.builds).extend(folders)
            elif not part.blocks or part.inside("allprojects"):
                self._field(part)

    def _field(self, part: Statement) -> None:
        if part.head in ("rootProject.name", "version", "group") and part.tokens[-1].kind == "string":
            self.fields.setdefault(part.head, self._fill(part.tokens[-1].text))

    def _declare(self, part: Statement) -> None:
        tokens = part.tokens
        name = tokens[0].text
        if name == "add" and (strings := _strings(part)):
            name, tokens = strings[0].text, tokens[tokens.index(strings[0]) + 1 :]
        else:
            tokens = tokens[1:]
        if name in _NOT_CONFIGURATIONS or not tokens or tokens[0].text in (".", "="):
            return
        words = {token.text for token in tokens if token.kind == "word"}
        scope: Scope = (
            "build" if {word.rpartition(".")[2] for word in words} & _PLATFORMS else _scope(name, part.blocks)
        )
        self._use(tokens, scope)
        for group, artifact, version, line in self._coordinates(tokens):
            self.found.append(Dependency("maven", f"{group}:{artifact}", version, scope, self.path, line))

    def _use(self, tokens: tuple[Token, ...], scope: Scope) -> None:
        """Note what is taken from version catalogs; the published ones follow a known scheme of names."""
        for token in tokens:
            alias = _alias(token.text) if token.kind == "word" else ""
            prefix = _PUBLISHED_CATALOGS.get(token.text.partition(".")[0])
            if alias and prefix and not alias.startswith(("plugins.", "bundles.")):
                name = prefix + re.sub(r"(?<=[a-z0-9])[A-Z]", lambda m: "-" + m[0].lower(), alias).replace(
                    ".", "-"
                )
                self.found.append(Dependency("maven", name, "", scope, self.path, token.line))
            elif alias:
                self.aliases.append([alias, scope, token.line])

    def _coordinates(self, tokens: tuple[Token, ...]) -> Iterator[tuple[str, str, str, int]]:
        """String, map and ``kotlin("x")`` notations in order; a map may stand more than once in one call."""
        named: dict[str, Token] = {}
        for index, token in enumerate(tokens):
            if token.kind != "string":
                continue
            before = tokens[max(0, index - 2) : index]
            is_pair = len(before) == 2 and before[0].kind == "word" and before[1].text in (":", "=", "(")
            key = before[0].text if is_pair else ""
            if key == "kotlin" and before[1].text == "(":
                following = [later.text for later in tokens[index + 1 : index + 3] if later.kind == "string"]
                artifact, version = f"kotlin-{self._fill(token.text)}", self._fill("".join(following))
                yield "org.jetbrains.kotlin", artifact, version, token.line
            elif key in ("group", "name", "version", "module") and before[1].text != "(":
                if key == "group" and "name" in named:
                    yield from self._named(named)
                    named = {}
                named[key] = token
            elif match := _COORDINATE.fullmatch(self._fill(token.text).rstrip(":")):
                yield match[1], match[2], match[3] or "", token.line
        yield from self._named(named)

    def _named(self, named: dict[str, Token]) -> Iterator[tuple[str, str, str, int]]:
        if "group" in named and "name" in named:
            version = self._fill(named["version"].text) if "version" in named else ""
            yield self._fill(named["group"].text), self._fill(named["name"].text), version, named["name"].line

    def _manage(self, part: Statement) -> None:
        for group, artifact, version, _ in self._coordinates(part.tokens):
            self.managed[f"{group}:{artifact}"] = version

    def _platform(self, part: Statement) -> None:
        if part.head == "mavenBom":
            for group, artifact, version, line in self._coordinates(part.tokens):
                found = Dependency("maven", f"{group}:{artifact}", version, "build", self.path, line)
                self.found.append(found)

    def _plugin(self, part: Statement) -> None:
        strings = _strings(part)
        if part.head == "alias":
            self._use(part.tokens, "build")
        elif part.head in ("id", "kotlin") and strings:
            name = strings[0].text if part.head == "id" else f"org.jetbrains.kotlin.{strings[0].text}"
            self._add_plugin(name, self._fill(strings[1].text) if len(strings) > 1 else "", strings[0].line)
        elif part.head and len(part.tokens) == 1:
            self._add_plugin(part.head, "", part.line)

    def _apply(self, part: Statement) -> None:
        words = [token.text for token in part.tokens if token.kind == "word"]
        if "plugin" in words:
            for token in _strings(part):
                self._add_plugin(token.text, "", token.line)

    def _add_plugin(self, name: str, version: str, line: int) -> None:
        self.found.append(Dependency("maven", f"plugin:{name}", version, "build", self.path, line))

    def _fill(self, text: str) -> str:
        if "$" not in text:
            return text
        return _VARIABLE.sub(lambda match: self.variables.get(match[1], match[0])[:200], text)[:500]


def _level(part: Statement) -> int:
    """The innermost block that is not a mere condition or loop."""
    level = -1
    while len(part.blocks) >= -level and (words := part.blocks[level]) and level > -10:
        if _TRANSPARENT.isdisjoint(words) and not words[-1].endswith((".each", ".forEach")):
            break
        level -= 1
    return level


def _strings(part: Statement) -> list[Token]:
    return [token for token in part.tokens if token.kind == "string"]


def _alias(word: str) -> str:
    """The entry of a version catalog that ``word`` names, or nothing."""
    catalog, _, entry = word.partition(".")
    if not catalog.lower().endswith("libs") or not entry or entry.startswith("versions."):
        return ""
    return re.sub(r"(?:\.get|\.asProvider|\.orNull)+$", "", entry)


def _scope(configuration: str, blocks: tuple[tuple[str, ...], ...]) -> Scope:
    words = {word.lower() for word in _CONFIGURATION_WORD.findall(configuration)}
    around = {
        word.lower() for block in blocks for name in block for word in _CONFIGURATION_WORD.findall(name)
    }
    if words & {"test", "tests"} or around & {"test", "tests", "testing"}:
        return "test"
    if words & _BUILD_WORDS or "buildscript" in around:
        return "build"
    return "dev" if words & {"development", "debug"} else "runtime"


def _variables(parts: list[Statement]) -> Iterator[tuple[str, str]]:
    """Variables that are given a plain string, under every name a template may call them by."""
    for part in parts:
        tokens = part.tokens
        if len(tokens) < 3 or tokens[-1].kind != "string":
            strings = _strings(part)
            if part.head in ("set", "extra.set", "ext.set") and len(strings) == 2:
                yield strings[0].text, strings[1].text
            continue
        if tokens[-2].text == "=" and tokens[-3].kind == "word":
            name = tokens[-3].text
            yield name.removeprefix("ext.").removeprefix("project.ext."), tokens[-1].text
        elif tokens[-2].text == "=" and tokens[-3].text == "]" and (strings := _strings(part)):
            yield strings[0].text, tokens[-1].text
