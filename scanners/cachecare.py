"""Keeps the cache of answers within a budget of disk while other processes read and write it.

What has not been of use for longest goes first. Every step is a transaction of its own and short: readers of SQLite's
write-ahead log are never held up, and a writer waits some milliseconds for its turn, of the ten seconds that it has. A
process that is killed on the way leaves a whole file, and the next run goes on.
"""

import fcntl
import shutil
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

STEP = 2000
"""Rows that are looked at, or pages that are given back, in one transaction."""
ROOM = 0.8
"""The share of the budget that is left in use, so that the next run has not to follow soon."""
MOST_ROUNDS = 5
_ROW_BYTES = 90
"""About what a row takes besides its data: plan, id of the blob, week, and its share of the pages."""
_PAUSE = 0.005
"""Between two steps, so that a writer who waits gets in."""


def size_of(path: Path) -> int:
    """Bytes on disk, the write-ahead log with them; 0 where there is no cache."""
    total = 0
    for place in (path, path.with_name(path.name + "-wal")):
        try:
            total += place.stat().st_size
        except OSError:
            continue
    return total


def keep_within(path: Path, budget: int) -> int:
    """How many answers were removed so that the file fits ``budget`` bytes; 0 where somebody else is at it.

    Raises OSError where the lock beside the file cannot be made. A file that SQLite cannot use is left as it is: the
    next scan replaces it.
    """
    if size_of(path) <= budget:
        return 0
    with _alone(path) as free:
        if not free:
            return 0
        try:
            with closing(sqlite3.connect(path, timeout=10, isolation_level=None)) as connection:
                connection.execute("PRAGMA synchronous=OFF")
                removed = 0
                for _ in range(MOST_ROUNDS):  # pages become free only when all around a row is gone
                    if _in_use(connection) <= budget:
                        break
                    removed += _remove(connection, _in_use(connection) - int(budget * ROOM))
                _give_back(connection, path)
                return removed
        except sqlite3.DatabaseError:
            return 0


@contextmanager
def _alone(path: Path) -> Iterator[bool]:
    with open(path.with_name(path.name + ".lock"), "a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        yield True


def _in_use(connection: sqlite3.Connection) -> int:
    """Bytes of the file that hold something."""
    return (_pragma(connection, "page_count") - _pragma(connection, "freelist_count")) * _pragma(
        connection, "page_size"
    )


def _pragma(connection: sqlite3.Connection, name: str) -> int:
    return int(connection.execute(f"PRAGMA {name}").fetchone()[0])


def _remove(connection: sqlite3.Connection, over: int) -> int:
    """Deletes about ``over`` bytes of answers, the oldest weeks first, walking once over the table in order of its key."""
    last, left_over = _last_week(connection, over)
    removed = 0
    key: tuple[str, bytes] = ("", b"")
    while True:
        rows = connection.execute(
            "SELECT plan, blob, used, length(data) FROM answer WHERE (plan, blob) > (?, ?)"
            " ORDER BY plan, blob LIMIT ?",
            (*key, STEP),
        ).fetchall()
        if not rows:
            return removed
        key = rows[-1][:2]
        gone = []
        for plan, blob, used, length in rows:
            if used < last:
                gone.append((plan, blob, used))
            elif used == last and left_over > 0:
                gone.append((plan, blob, used))
                left_over -= (length or 0) + _ROW_BYTES
        if gone:
            # Unless it has been of use since it was looked at.
            connection.execute("BEGIN IMMEDIATE")
            cursor = connection.executemany(
                "DELETE FROM answer WHERE plan = ? AND blob = ? AND used = ?", gone
            )
            removed += cursor.rowcount
            connection.execute("COMMIT")
            time.sleep(_PAUSE)


def _last_week(connection: sqlite3.Connection, over: int) -> tuple[int, int]:
    """(week, bytes): all answers last used before that week have to go, and so many bytes of that week's."""
    weeks = connection.execute(
        "SELECT used, total(coalesce(length(data), 0) + ?) FROM answer GROUP BY used ORDER BY used",
        (_ROW_BYTES,),
    ).fetchall()
    for week, size in weeks:
        if size >= over:
            return week, over
        over -= int(size)
    return (weeks[-1][0] + 1, 0) if weeks else (0, 0)


def _give_back(connection: sqlite3.Connection, path: Path) -> None:
    """Returns free pages to the file system, and the write-ahead log with them."""
    if _pragma(connection, "auto_vacuum") != 2:
        # A file from before has to be written anew once, beside itself; writers lose answers meanwhile, no more.
        if shutil.disk_usage(path.parent).free > 2 * size_of(path):
            connection.execute("PRAGMA auto_vacuum=INCREMENTAL")
            connection.execute("VACUUM")
    else:
        while before := _pragma(connection, "freelist_count"):
            connection.execute(f"PRAGMA incremental_vacuum({STEP})").fetchall()
            if _pragma(connection, "freelist_count") >= before:
                break
            time.sleep(_PAUSE)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
