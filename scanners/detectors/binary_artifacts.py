"""Executables that lie in the tree as binaries, which nobody can review.

The kinds of file are those that OpenSSF Scorecard's Binary-Artifacts names, and the packages that hold the same.
Test data and examples are left out, vendored and generated folders are not: what lies there is run as well.
"""

from typing import TYPE_CHECKING, Any

from scanners.classify import role_of
from scanners.detectors.base import Facts
from scanners.detectors.github_workflows import workflows
from scanners.facts import Answer, Entry, Evidence

if TYPE_CHECKING:
    from scanners.view import TreeView

_SUFFIXES = frozenset(
    ["crx", "deb", "dex", "dey", "elf", "o", "a", "so", "macho", "iso", "class", "jar", "bundle", "dylib", "lib",
     "msi", "dll", "drv", "efi", "exe", "ocx", "pyc", "pyo", "par", "rpm", "wasm", "whl",
     "apk", "aar", "war", "ear", "phar", "egg", "nupkg"]
)  # fmt: skip
_MAGIC = ("\x7fELF", "MZ")
_EXECUTABLE = 0o100755
_WRAPPER = "gradle-wrapper.jar"
_VALIDATORS = (
    "gradle/wrapper-validation-action@", "gradle/actions/wrapper-validation@",
    "gradle/actions/setup-gradle@", "gradle/gradle-build-action@",
)  # fmt: skip
"""Actions that compare the wrapper with those that Gradle published; the set-up action does so since version 4."""
MAX_READ = 60
"""Files whose content is looked at; beyond them the suffix alone decides."""


class BinaryArtifacts:
    """Found where there is one; evidence stands for the file as a whole."""

    name = "binary-artifacts"
    version = 1
    languages: frozenset[str] = frozenset()
    roles = frozenset(["source"])
    gate = ""

    def observe(self, data: bytes, language: str) -> Any | None:
        return None

    def decide(self, facts: Facts, view: "TreeView") -> Answer:
        suspects = [
            e
            for e in view.all_entries
            if e.size != 0 and _suspect(e) and role_of(e.path) not in ("test", "example")
        ]
        if any(_name(e) == _WRAPPER for e in suspects) and _wrapper_is_validated(view):
            suspects = [e for e in suspects if _name(e) != _WRAPPER]
        found = [e.path for n, e in enumerate(suspects) if _is_binary(e, view, read=n < MAX_READ)]
        return Answer(tuple(Evidence(path, 0) for path in found[:5]), len(found), len(found))


def _name(entry: Entry) -> str:
    return entry.path.rpartition("/")[2].lower()


def _suspect(entry: Entry) -> bool:
    stem, dot, suffix = _name(entry).rpartition(".")
    return suffix in _SUFFIXES if dot and stem else entry.mode == _EXECUTABLE and not dot


def _is_binary(entry: Entry, view: "TreeView", *, read: bool) -> bool:
    by_suffix = "." in _name(entry)
    text = view.text(entry.path) if read and entry.size >= 0 else None
    if text is None:
        return by_suffix
    head = text[:1024]
    return any(c < " " and c not in "\n\t\r\f\x1b" for c in head) if by_suffix else head.startswith(_MAGIC)


def _wrapper_is_validated(view: "TreeView") -> bool:
    return any(
        used.startswith(_VALIDATORS) for _, facts in workflows(view) for _, used in facts.get("uses", ())
    )
