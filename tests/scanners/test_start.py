"""What a process that judges one repository does not load."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
UNUSED = {
    "dataclasses": "its classes cost a compiler's run each",
    "inspect": "dataclasses brings it",
    "hashlib": "it starts OpenSSL",
    "tempfile": "it brings random and shutil",
    "shutil": "it brings every compressor",
    "socket": "a local source has no need of the network",
    "sqlite3": "a run without a cache has no need of it",
    "jsonschema": "a ruleset is validated when it is edited",
    "tomllib": "no file of this repository is TOML",
    "yaml": "no file of this repository is YAML",
    "ast_grep_py": "no file of this repository holds what is parsed",
    "django": "the command knows none",
}


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    place = tmp_path / "repository"
    place.mkdir()
    (place / "README.md").write_text("# A repository\n")
    (place / "main.go").write_text("package main\n\nfunc main() {}\n")
    for arguments in (
        ["init", "-q"],
        ["add", "."],
        ["-c", "user.name=n", "-c", "user.email=e@example.org", "commit", "-qm", "m"],
    ):
        subprocess.run(["git", "-C", str(place), *arguments], check=True)
    return place


def test_a_small_repository_is_judged_without_what_it_does_not_need(repository: Path, tmp_path: Path) -> None:
    program = (
        "import sys\nfrom assessments.cli import main\n"
        f"assert main(['assess', {str(repository)!r}, '--no-cache', '--format', 'json', '--output', 'out.json']) == 0\n"
        "print(*sys.modules)"
    )
    for _ in range(2):  # the first run parses the ruleset and keeps it
        done = subprocess.run(
            [sys.executable, "-c", program],
            cwd=tmp_path,
            env={
                "PATH": "/usr/bin:/bin",
                "PYTHONPATH": str(ROOT),
                "PLUMBLINE_CACHE_DIR": str(tmp_path / "cache"),
            },
            capture_output=True,
            text=True,
            check=True,
        )
    loaded = set(done.stdout.split())
    assert {name: why for name, why in UNUSED.items() if name in loaded} == {}
