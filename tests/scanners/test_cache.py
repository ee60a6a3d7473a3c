import sqlite3
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from scanners.cache import NoCache, Remembering, SqliteCache

ONE, TWO = "a" * 40, "b" * 40


def test_what_was_put_comes_back_and_empty_answers_are_answers(tmp_path: Path) -> None:
    cache = SqliteCache(tmp_path / "answers.sqlite3")
    cache.put_many("plan", {ONE: {"m": {"0": [1, 2]}}, TWO: {}})
    assert cache.get_many("plan", [ONE, TWO, "c" * 40]) == {ONE: {"m": {"0": [1, 2]}}, TWO: {}}
    assert cache.get_many("other", [ONE]) == {}


def test_answers_outlive_the_process_that_kept_them(tmp_path: Path) -> None:
    SqliteCache(tmp_path / "answers.sqlite3").put_many("plan", {ONE: {"g": 1}})
    assert SqliteCache(tmp_path / "answers.sqlite3").get_many("plan", [ONE]) == {ONE: {"g": 1}}


def test_a_damaged_file_is_replaced(tmp_path: Path) -> None:
    place = tmp_path / "answers.sqlite3"
    place.write_bytes(b"this is no database" * 100)
    cache = SqliteCache(place)
    cache.put_many("plan", {ONE: {}})
    assert cache.get_many("plan", [ONE]) == {ONE: {}}


def test_a_locked_cache_does_not_fail_the_scan(tmp_path: Path) -> None:
    place = tmp_path / "answers.sqlite3"
    cache = SqliteCache(place)
    cache._connection.execute("PRAGMA busy_timeout=10")  # noqa: SLF001 - do not wait ten seconds here
    other = sqlite3.connect(place, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    cache.put_many("plan", {ONE: {}})
    other.execute("ROLLBACK")
    assert cache.get_many("plan", [ONE]) == {}


def test_no_cache_remembers_nothing() -> None:
    cache = NoCache()
    cache.put_many("plan", {ONE: {}})
    assert cache.get_many("plan", [ONE]) == {}


class Counting(NoCache):
    """Knows nothing, and counts what it is asked for."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def get_many(self, plan: str, blobs: Iterable[str]) -> dict[str, Any]:
        self.asked += blobs
        return {}


def test_what_is_remembered_is_not_looked_up_again() -> None:
    behind = Counting()
    cache = Remembering(behind)
    cache.put_many("plan", {ONE: {"g": 1}, TWO: {}})
    assert cache.get_many("plan", [ONE, TWO]) == {ONE: {"g": 1}, TWO: {}}
    assert behind.asked == []
    assert cache.get_many("other", [ONE]) == {}
    assert behind.asked == [ONE]


def test_what_was_looked_up_once_is_remembered(tmp_path: Path) -> None:
    place = tmp_path / "answers.sqlite3"
    SqliteCache(place).put_many("plan", {ONE: {"g": 1}})
    behind = SqliteCache(place)
    cache = Remembering(behind)
    assert cache.get_many("plan", [ONE, TWO]) == {ONE: {"g": 1}}
    behind.close()
    assert cache.get_many("plan", [ONE]) == {ONE: {"g": 1}}


def test_no_more_is_remembered_than_the_limit() -> None:
    behind = Counting()
    cache = Remembering(behind, limit=10)
    blobs = [f"{number:040x}" for number in range(30)]
    for start in range(0, 30, 3):
        cache.put_many(f"plan{start % 2}", dict.fromkeys(blobs[start : start + 3], {}))
    known = [blob for blob in blobs for plan in ("plan0", "plan1") if cache.get_many(plan, [blob])]
    assert 0 < len(known) <= 10
    assert blobs[-1] in known
