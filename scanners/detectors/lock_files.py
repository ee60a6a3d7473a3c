"""Whether what a manifest resolves to is committed, in the ecosystems that resolve anew without a lock file.

Maven, NuGet and Go are left out: they take the versions that are written down. Go's sums are asked for, since they
are what makes a version stand for one content.
"""

import posixpath
import re
from typing import TYPE_CHECKING, Any

from scanners.classify import role_of
from scanners.detectors.base import Facts
from scanners.facts import Answer, Evidence
from scanners.inventory.dependencies import Manifest
from scanners.lazy import lazy_re

if TYPE_CHECKING:
    from scanners.view import TreeView

_LOCKS = {
    "pypi": frozenset(["poetry.lock", "uv.lock", "pdm.lock", "pipfile.lock", "pylock.toml", "pixi.lock", "conda-lock.yml"]),
    "npm": frozenset(["package-lock.json", "npm-shrinkwrap.json", "yarn.lock", "pnpm-lock.yaml", "bun.lock", "bun.lockb", "deno.lock"]),
    "go": frozenset(["go.sum"]),
    "rubygems": frozenset(["gemfile.lock", "gems.locked"]),
    "packagist": frozenset(["composer.lock"]),
    "crates": frozenset(["cargo.lock"]),
    "hex": frozenset(["mix.lock"]),
}  # fmt: skip
_REQUIREMENTS = lazy_re(r"(^|/)(requirements|constraints)([^/]*|/[^/]+)\.(txt|lock)$", re.IGNORECASE)


class LockFiles:
    """Lock files that serve a manifest (``locked``), or the manifests that have none."""

    version = 1
    languages: frozenset[str] = frozenset()
    roles = frozenset(["source"])
    gate = ""

    def __init__(self, *, locked: bool) -> None:
        self.name = "lock-files" if locked else "unlocked-manifests"
        self._locked = locked

    def observe(self, data: bytes, language: str) -> Any | None:
        return None

    def decide(self, facts: Facts, view: "TreeView") -> Answer:
        locks = _locks(view)
        found: dict[str, Evidence] = {}
        for manifest in view.inventory.manifests:
            if not _needs_lock(manifest):
                continue
            lock = _lock_of(manifest, locks)
            if self._locked and lock:
                found.setdefault(lock, Evidence(lock, 1))
            elif not self._locked and not lock:
                found.setdefault(manifest.path, Evidence(manifest.path, manifest.dependencies[0].line))
        evidence = sorted(found.values(), key=lambda e: (e.path.count("/"), e.path))
        return Answer(tuple(evidence[:5]), len(evidence), len(evidence))


class DeclaredDependencies:
    """Found where a manifest of the product declares a dependency."""

    name = "declared-dependencies"
    version = 1
    languages: frozenset[str] = frozenset()
    roles = frozenset(["source"])
    gate = ""

    def observe(self, data: bytes, language: str) -> Any | None:
        return None

    def decide(self, facts: Facts, view: "TreeView") -> Answer:
        found = [
            Evidence(manifest.path, manifest.dependencies[0].line)
            for manifest in view.inventory.manifests
            if manifest.dependencies and not manifest.locked and role_of(manifest.path) == "source"
        ]
        return Answer(tuple(found[:5]), len(found), len(found))


def _locks(view: "TreeView") -> dict[tuple[str, str], str]:
    """Path by ecosystem and folder, of lock files and of requirements in which every version is exact."""
    found: dict[tuple[str, str], str] = {}
    for entry in view.all_entries:
        folder, _, name = entry.path.rpartition("/")
        for ecosystem, names in _LOCKS.items():
            if name.lower() in names and entry.size:
                found[ecosystem, folder] = entry.path
    for manifest in view.inventory.manifests:
        if manifest.ecosystem == "pypi" and _REQUIREMENTS.search(manifest.path) and _is_exact(manifest):
            folder = posixpath.dirname(manifest.path)
            if posixpath.basename(folder).lower() == "requirements":
                folder = posixpath.dirname(folder)
            found.setdefault(("pypi", folder), manifest.path)
    return found


def _is_exact(manifest: Manifest) -> bool:
    versions = [d.version.strip() for d in manifest.dependencies]
    return bool(versions) and all(v.startswith("==") and "*" not in v for v in versions)


def _needs_lock(manifest: Manifest) -> bool:
    if manifest.locked or manifest.ecosystem not in _LOCKS or role_of(manifest.path) != "source":
        return False
    kinds = {d.scope for d in manifest.dependencies if d.direct}
    return bool(kinds & {"runtime", "optional"} if manifest.ecosystem == "pypi" else kinds)


def _lock_of(manifest: Manifest, locks: dict[tuple[str, str], str]) -> str:
    """The lock file beside the manifest or above it, where a workspace keeps one for all its members."""
    folder = posixpath.dirname(manifest.path)
    while True:
        if lock := locks.get((manifest.ecosystem, folder)):
            return lock
        if not folder:
            return ""
        folder = posixpath.dirname(folder)


def lock_files() -> tuple[LockFiles, LockFiles]:
    """Lock files that serve a manifest, and manifests without one."""
    return LockFiles(locked=True), LockFiles(locked=False)
