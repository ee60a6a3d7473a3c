"""The cache of answers stays within its budget, what was of use lately stays, and workers notice nothing."""

import hashlib
import os
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import closing
from pathlib import Path
from unittest.mock import patch

import pytest

from scanners import cache, cachecare
from scanners.cache import SqliteCache
from scanners.cachecare import keep_within, size_of

PLAN = "plan"


def blob(number: int) -> str:
    return hashlib.sha1(str(number).encode()).hexdigest()


def filled(place: Path, numbers: range, week: int) -> None:
    """Answers of about 400 bytes each that do not compress."""
    with patch.object(cache, "week", return_value=week):
        SqliteCache(place).put_many(PLAN, {blob(n): {"m": os.urandom(200).hex()} for n in numbers})


def known(place: Path, numbers: range) -> int:
    return len(SqliteCache(place).get_many(PLAN, [blob(n) for n in numbers]))


def settled(place: Path) -> int:
    """Bytes of the file once its write-ahead log has gone into it."""
    with closing(sqlite3.connect(place)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    return size_of(place)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "answers.sqlite3"


def test_what_fits_is_left_alone(place: Path) -> None:
    filled(place, range(100), 5)
    assert keep_within(place, 10 << 20) == 0
    assert known(place, range(100)) == 100
    assert keep_within(place.with_name("none.sqlite3"), 1) == 0


def test_what_was_not_of_use_for_longest_goes_and_the_file_shrinks(place: Path) -> None:
    filled(place, range(0, 3000), 5)
    filled(place, range(3000, 6000), 6)
    filled(place, range(6000, 9000), 7)
    with patch.object(cache, "week", return_value=8):
        assert known(place, range(0, 500)) == 500  # of use again, though the oldest
    budget = settled(place) * 3 // 4
    removed = keep_within(place, budget)
    assert removed > 2500
    assert size_of(place) <= budget
    assert known(place, range(0, 500)) == 500
    assert known(place, range(500, 3000)) == 0
    assert known(place, range(3000, 6000)) < known(place, range(6000, 9000)) == 3000
    assert keep_within(place, budget) == 0


def test_reading_writes_once_a_week_at_most(place: Path) -> None:
    filled(place, range(50), 5)
    with patch.object(cache, "week", return_value=6):
        one = SqliteCache(place)
        with patch.object(one, "_write", wraps=one._write) as write:
            for _ in range(3):
                one.get_many(PLAN, [blob(n) for n in range(50)])
    assert write.call_count == 1


def test_a_file_from_before_is_taken_over_and_bounded(place: Path) -> None:
    with sqlite3.connect(place) as old:
        old.execute(
            "CREATE TABLE answer"
            " (plan TEXT NOT NULL, blob BLOB NOT NULL, data BLOB, PRIMARY KEY (plan, blob)) WITHOUT ROWID"
        )
        old.executemany(
            "INSERT INTO answer VALUES (?, ?, ?)",
            [(PLAN, bytes.fromhex(blob(n)), os.urandom(400)) for n in range(5000)],
        )
    old.close()
    filled(place, range(5000, 6000), cache.week())
    budget = settled(place) // 2
    assert keep_within(place, budget) > 2000
    assert size_of(place) <= budget
    assert known(place, range(5000, 6000)) == 1000
    assert keep_within(place, budget) == 0


def test_only_one_process_at_a_time_is_at_it(place: Path) -> None:
    filled(place, range(2000), 5)
    with cachecare._alone(place) as free:
        assert free
        assert keep_within(place, 1 << 16) == 0
    assert keep_within(place, 1 << 16) > 0


def test_a_damaged_file_is_left_to_the_next_scan(place: Path) -> None:
    place.write_bytes(b"this is no database" * 1000)
    assert keep_within(place, 10) == 0
    filled(place, range(3), 5)
    assert known(place, range(3)) == 3


WORKER = """
import os, sys, time
from pathlib import Path
from scanners.cache import SqliteCache
import hashlib
cache = SqliteCache(Path(sys.argv[1]))
me, until, rounds = int(sys.argv[2]), time.monotonic() + float(sys.argv[3]), 0
slowest = 0.0
while time.monotonic() < until:
    ids = [hashlib.sha1(f"{me}-{rounds}-{n}".encode()).hexdigest() for n in range(50)]
    began = time.monotonic()
    cache.put_many("plan", {one: {"m": one * 5} for one in ids})
    found = cache.get_many("plan", ids)
    slowest = max(slowest, time.monotonic() - began)
    assert all(value == {"m": one * 5} for one, value in found.items())
    assert len(found) == 50, (rounds, len(found))
    rounds += 1
print(rounds, slowest)
"""


def test_workers_go_on_while_it_shrinks(place: Path) -> None:
    """Two processes write and read, all their answers right and there, while a third keeps the file small."""
    filled(place, range(20_000), 5)
    budget = settled(place) // 3
    workers = [
        subprocess.Popen(
            [sys.executable, "-c", WORKER, str(place), str(number), "4"],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2],
        )
        for number in range(2)
    ]  # fmt: skip
    removed = 0
    until = time.monotonic() + 3
    while time.monotonic() < until:
        removed += keep_within(place, budget)
        time.sleep(0.2)
    for one in workers:
        out, errors = one.communicate(timeout=60)
        assert one.returncode == 0, errors
        rounds, slowest = out.split()
        assert int(rounds) > 3 and float(slowest) < 10
    assert removed > 10_000
    check = sqlite3.connect(place)
    assert check.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    check.close()


def test_a_reader_in_the_middle_of_its_work_is_not_disturbed(place: Path) -> None:
    filled(place, range(4000), 5)
    reader = sqlite3.connect(place, check_same_thread=False)
    cursor = reader.execute("SELECT blob, data FROM answer")
    first = cursor.fetchone()
    done = threading.Thread(target=keep_within, args=(place, settled(place) // 2))
    done.start()
    done.join(timeout=30)
    assert not done.is_alive()
    assert len([first, *cursor.fetchall()]) == 4000  # as it was when the reader began
    reader.close()
