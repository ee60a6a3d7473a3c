import marshal
import zlib
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from scanners.kept import kept_document, kept_of
from scanners.rules import RULESETS, load_document, ruleset_from_document, worked_out
from scanners.scan import scan
from scanners.tree import RepoTree


@pytest.fixture
def place(tmp_path: Path) -> Path:
    folder = tmp_path / "rules"
    folder.mkdir()
    (folder / "a.yaml").write_text("one")
    return folder


@pytest.fixture
def read(tmp_path: Path, place: Path) -> Callable[[], tuple[Any, int]]:
    """Asks for the document and says also how often it was made so far."""
    made = 0

    def make() -> tuple[dict[str, str], list[Path]]:
        nonlocal made
        made += 1
        files = sorted(place.glob("*.yaml"))
        return {file.stem: file.read_text() for file in files}, files

    def ask() -> tuple[Any, int]:
        return kept_document(tmp_path / "cache", place, make), made

    return ask


def test_an_unchanged_folder_is_read_once(read: Callable[[], tuple[Any, int]]) -> None:
    assert read() == read() == ({"a": "one"}, 1)


@pytest.mark.parametrize("name", ["a", "b"])
def test_a_changed_or_a_new_file_is_seen(read: Callable[[], tuple[Any, int]], place: Path, name: str) -> None:
    read()
    (place / f"{name}.yaml").write_text("two words")
    assert read() == ({"a": "one", name: "two words"}, 2)


def test_a_removed_file_is_seen(read: Callable[[], tuple[Any, int]], place: Path) -> None:
    (place / "b.yaml").write_text("two")
    read()
    (place / "b.yaml").unlink()
    assert read() == ({"a": "one"}, 2)


def whole(value: object) -> bytes:
    raw = marshal.dumps(value)
    return zlib.crc32(raw).to_bytes(4, "big") + raw


@pytest.mark.parametrize(
    "content", [b"", b"abc", b"{}{}{}", whole([]), whole({"format": 0}), whole("x")[:-1]]
)
def test_a_damaged_file_is_made_anew(
    read: Callable[[], tuple[Any, int]], tmp_path: Path, content: bytes
) -> None:
    read()
    (kept,) = (tmp_path / "cache" / "rulesets").iterdir()
    kept.write_bytes(content)
    assert read() == ({"a": "one"}, 2)
    assert read() == ({"a": "one"}, 2)


def test_what_cannot_be_kept_is_made_each_time(place: Path, tmp_path: Path) -> None:
    for _ in range(2):
        made = kept_document(tmp_path / "cache", place, lambda: (date(2024, 1, 1), [place / "a.yaml"]))
        assert made == date(2024, 1, 1)


def test_where_nothing_can_be_written_the_answer_is_the_same(place: Path, tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("in the way")
    assert kept_document(tmp_path / "cache", place, lambda: ("x", [place / "a.yaml"])) == "x"
    assert kept_document(None, place, lambda: ("y", [])) == "y"


def test_what_belongs_to_a_document_is_made_once_and_anew_where_the_file_is_damaged(tmp_path: Path) -> None:
    made: list[str] = []

    def make() -> dict[str, str]:
        made.append("once more")
        return {"a": "b"}

    assert kept_of(tmp_path, "ab" * 32, make) == {"a": "b"} == kept_of(tmp_path, "ab" * 32, make)
    assert len(made) == 1
    kept_of(tmp_path, "cd" * 32, make)
    assert len(made) == 2
    for file in (tmp_path / "rulesets").iterdir():
        file.write_bytes(b"\0" * 10)
    assert kept_of(tmp_path, "ab" * 32, make) == {"a": "b"}
    assert len(made) == 3


def test_a_ruleset_that_is_worked_out_judges_as_before(tmp_path: Path) -> None:
    plain = ruleset_from_document(load_document(RULESETS / "supply-chain"))
    faster = worked_out(plain, tmp_path)
    assert faster.literals and faster.glob_table and not plain.literals
    tree = RepoTree.from_files(
        {"package.json": '{"name": "a"}', "SECURITY.md": "# Security\n\nWrite to us.\n"}
    )
    assert [v.outcome for v in scan(tree, faster).verdicts] == [v.outcome for v in scan(tree, plain).verdicts]
    assert worked_out(plain, tmp_path).literals == faster.literals
