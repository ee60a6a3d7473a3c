"""Builders of trees and repositories: a dict of paths becomes a RepoTree or a working copy."""

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

from scanners.tree import RepoTree

_ENV = {
    "PATH": os.environ.get("PATH", os.defpath),
    "HOME": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_AUTHOR_NAME": "Ann Author",
    "GIT_AUTHOR_EMAIL": "ann@example.org",
    "GIT_COMMITTER_NAME": "Ann Author",
    "GIT_COMMITTER_EMAIL": "ann@example.org",
    "GIT_AUTHOR_DATE": "2024-03-01T12:00:00+0200",
    "GIT_COMMITTER_DATE": "2024-03-01T12:00:00+0200",
}


def tree(files: Mapping[str, str | bytes]) -> RepoTree:
    """A tree in memory holding ``files``."""
    return RepoTree.from_files(files)


def git(repo: Path, *args: str, stdin: bytes = b"") -> str:
    """What git prints in ``repo``, run with none of this machine's configuration."""
    done = subprocess.run(
        ["git", "-C", os.fspath(repo), *args],
        env=_ENV,
        input=stdin,
        capture_output=True,
        check=True,
        timeout=60,
    )
    return done.stdout.decode("utf-8", "surrogateescape").strip()


def repository(path: Path, files: Mapping[str, str | bytes] | None = None, *, branch: str = "main") -> Path:
    """A new working copy at ``path``, with ``files`` committed where any are given."""
    path.mkdir(parents=True)
    git(path, "init", "--quiet", f"--initial-branch={branch}")
    if files:
        commit(path, files)
    return path


def commit(path: Path, files: Mapping[str, str | bytes], message: str = "Change") -> str:
    """The id of a new commit in the working copy ``path`` that adds or changes ``files``."""
    for name, content in files.items():
        file = path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content.encode() if isinstance(content, str) else content)
    git(path, "add", "--all")
    git(path, "commit", "--quiet", "--allow-empty", f"--message={message}")
    return git(path, "rev-parse", "HEAD")


def bare_copy(source: Path, to: Path) -> Path:
    """A bare clone of ``source`` at ``to``, as a forge would serve it."""
    git(source, "clone", "--quiet", "--bare", "--no-local", ".", os.fspath(to))
    return to


def loose_object(repo: Path, id: str) -> Path:
    """Where the working copy ``repo`` keeps the object ``id``, if it is not packed."""
    return repo / ".git/objects" / id[:2] / id[2:]
