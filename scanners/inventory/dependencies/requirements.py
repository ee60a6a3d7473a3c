"""Python requirements: specifiers, the files that list them, and the scope that a group's name tells."""

import posixpath
import re

from scanners.facts import Dependency
from scanners.inventory.dependencies.manifest import Manifest, ManifestError
from scanners.inventory.dependencies.reading import Scope
from scanners.lazy import lazy_re
from scanners.values import replace

MAX_LINE = 4000

_SEPARATORS = lazy_re(r"[-_.]+")
_SPECIFIER = lazy_re(r"\s*([A-Za-z0-9][A-Za-z0-9._-]*)\s*(?:\[[^\]]*\])?\s*(.*)$", re.DOTALL)
_TAIL = lazy_re(r"\s+#|\s+--?[a-z]|;")
_OPTION = lazy_re(r"(-r|--requirement|-c|--constraint|-e|--editable)(?:\s*=\s*|\s+|(?<=-[rce]))(.*)$")
_EGG = lazy_re(r"[#&]egg=([A-Za-z0-9._-]+)")
_URL = lazy_re(r"(?:[a-z0-9]+\+)?[a-z]+://|git@", re.IGNORECASE)
_WORD = lazy_re(r"[a-z]+")
_COMPILED = lazy_re(r"#.*\b(?:pip-compile|uv pip compile|pip-compile-multi|via)\b")
_TEST = frozenset(["test", "tests", "testing", "pytest", "tox", "qa", "e2e", "unittest", "coverage", "cov"])
_DEV = frozenset(
    [
        *("ci", "debug", "dev", "devel", "develop", "development", "devs", "doc", "docs", "documentation"),
        *("format", "formatter", "formatting", "lint", "linter", "linters", "linting", "local"),
        *("maintenance", "mypy", "nox", "precommit", "release", "static", "style", "tooling", "tools"),
        *("typecheck", "types", "typing"),
    ]
)


def normalised(name: str) -> str:
    """``name`` as PEP 503 compares it."""
    return _SEPARATORS.sub("-", name).strip("-").lower()


def scope_of(label: str, default: Scope) -> Scope:
    """The scope that the name of an extra, a group, an environment or a file stands for."""
    words = _WORD.findall(label.lower())
    if any(word in _TEST for word in words):
        return "test"
    return "dev" if any(word in _DEV for word in words) else default


def specifier(text: str) -> tuple[str, str] | None:
    """Normalised name and version constraint of a PEP 508 specifier or a URL; None where it is neither."""
    text = " ".join(text[:MAX_LINE].split())
    if _URL.match(text):
        return _from_url(text)
    match = _SPECIFIER.match(text)
    if match is None:
        return None
    name, rest = match[1], match[2]
    if rest.startswith("@"):
        return normalised(name), rest[1:].split(";")[0].strip()
    end = _TAIL.search(f" {rest}")
    version = (f" {rest}"[: end.start()] if end else rest).strip()
    if version and version[0] not in "<>=!~(,":
        return None
    return normalised(name), version.strip("() ")


def _from_url(text: str) -> tuple[str, str] | None:
    """The name in a URL: its ``egg``, the distribution of a wheel or archive, else the repository's."""
    url = text.split(" ", 1)[0]
    if egg := _EGG.search(url):
        return normalised(egg[1]), url
    last = url.split("#")[0].split("?")[0].rstrip("/").rpartition("/")[2]
    if last.endswith((".whl", ".tar.gz", ".zip")):
        name = re.split(r"-\d", last, maxsplit=1)[0]
    else:
        name = last.split("@")[0].removesuffix(".git")
    return (normalised(name), url) if re.fullmatch(r"[A-Za-z0-9][\w.-]*", name) else None


def file_scope(path: str) -> Scope:
    """What the names of a requirements file and of its folder say."""
    folder, name = posixpath.split(path)
    return scope_of(f"{posixpath.basename(folder)} {name.rpartition('.')[0]}", "runtime")


def parse_requirements(path: str, text: str) -> Manifest:
    """One requirements file. Facts: ``includes`` (other files it reads), ``compiled``.

    Where a compiler wrote the file, what only other packages asked for is not direct.
    """
    scope = file_scope(path)
    found: list[Dependency] = []
    includes: list[str] = []
    askers: list[list[str]] = []
    compiled, refused, pending, start = False, 0, "", 0
    for number, raw in enumerate(text.split("\n"), 1):
        line = raw.strip()[:MAX_LINE]
        if line.startswith("#"):
            compiled = compiled or bool(_COMPILED.match(line))
            if askers and raw[:1] in (" ", "\t"):
                askers[-1].append(line)
            continue
        start = start if pending else number
        pending = f"{pending} {line.rstrip(chr(92))}".strip()
        if line.endswith("\\") and len(pending) < MAX_LINE:
            continue
        entry, pending = pending, ""
        if not entry:
            continue
        if option := _OPTION.match(entry):
            kind, value = option[1].lstrip("-")[0], option[2].split(" #")[0].strip()
            if kind != "e":
                includes += [value] if kind == "r" else []
                continue
            entry = value
        parsed = None if entry.startswith(("-", ".", "/")) else specifier(entry)
        if parsed:
            found.append(Dependency("pypi", parsed[0], parsed[1], scope, path, start))
            askers.append([entry[entry.find("#") :]] if " #" in entry else [])
        elif not entry.startswith(("-", ".", "/", "file:")) and "{" not in entry:
            refused = refused or start
    if refused and not found:
        raise ManifestError("The file holds no requirement.", line=refused)
    if compiled:
        found = [
            replace(one, direct=_is_direct(comments)) for one, comments in zip(found, askers, strict=True)
        ]
    return Manifest(path, "pypi", tuple(found), facts={"includes": includes, "compiled": compiled})


def _is_direct(comments: list[str]) -> bool:
    """Whether the comments below a compiled entry name a file, or nothing at all, as what asks for it."""
    asked = " ".join(comments)
    return "via" not in asked or "-r " in asked or ".toml)" in asked or "(setup." in asked or ".in" in asked
