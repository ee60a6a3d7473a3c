"""Answers kept by blob: what a plan said of a blob once, it says for ever.

One SQLite file serves every repository and every process of a machine. Only line numbers and facts are kept,
never text of a repository, so the cache holds no secret. Losing it costs time and nothing else. Each answer knows the
week in which it was last of use, by which ``scanners.cachecare`` keeps the file within its budget of disk.
"""

import json
import time
import zlib
from collections.abc import Iterable, Mapping
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import sqlite3


class BlobCache(Protocol):
    """Where observations are kept between scans."""

    def get_many(self, plan: str, blobs: Iterable[str]) -> dict[str, Any]: ...

    def put_many(self, plan: str, observations: Mapping[str, Any]) -> None: ...


class NoCache:
    """Remembers nothing: every scan is a first scan."""

    def get_many(self, plan: str, blobs: Iterable[str]) -> dict[str, Any]:
        return {}

    def put_many(self, plan: str, observations: Mapping[str, Any]) -> None:
        return None


class Remembering:
    """A cache that holds the latest ``limit`` answers in memory, for a process that judges again and again."""

    def __init__(self, behind: BlobCache, *, limit: int = 20_000) -> None:
        self._behind = behind
        self._limit = limit
        self._count = 0
        self._seen: dict[str, dict[str, Any]] = {}

    def get_many(self, plan: str, blobs: Iterable[str]) -> dict[str, Any]:
        """Observations by blob id, of those blobs that are known."""
        wanted = list(blobs)
        seen = self._seen.get(plan, {})
        found = {blob: seen[blob] for blob in wanted if blob in seen}
        if len(found) < len(wanted):
            rest = self._behind.get_many(plan, [blob for blob in wanted if blob not in found])
            self._remember(plan, rest)
            found.update(rest)
        return found

    def put_many(self, plan: str, observations: Mapping[str, Any]) -> None:
        """Keep observations by blob id, here and behind."""
        self._remember(plan, observations)
        self._behind.put_many(plan, observations)

    def _remember(self, plan: str, observations: Mapping[str, Any]) -> None:
        seen = self._seen.setdefault(plan, {})
        before = len(seen)
        seen.update(observations)
        self._count += len(seen) - before
        while self._count > self._limit:
            largest = max(self._seen.values(), key=len)
            oldest = list(islice(largest, len(largest) // 4 + 1))
            for blob in oldest:
                del largest[blob]
            self._count -= len(oldest)


class Counting:
    """A cache that counts how many blobs it knew and how many it did not."""

    def __init__(self, behind: BlobCache) -> None:
        self._behind = behind
        self.hits = 0
        self.misses = 0

    def get_many(self, plan: str, blobs: Iterable[str]) -> dict[str, Any]:
        """Observations by blob id, of those blobs that are known."""
        wanted = list(blobs)
        found = self._behind.get_many(plan, wanted)
        self.hits += len(found)
        self.misses += len(wanted) - len(found)
        return found

    def put_many(self, plan: str, observations: Mapping[str, Any]) -> None:
        """Keep observations by blob id."""
        self._behind.put_many(plan, observations)


def week() -> int:
    """The number of this week since 1970: how closely an answer's last use is known, so that reading writes seldom."""
    return int(time.time()) // (7 * 24 * 3600)


class SqliteCache:
    """The cache in one SQLite file; safe for several processes, a damaged file is replaced by an empty one."""

    def __init__(self, path: Path) -> None:
        import sqlite3  # here, because a scan without a cache has no need of it

        path.parent.mkdir(parents=True, exist_ok=True)
        self._path = path
        try:
            self._connection = self._open()
        except sqlite3.DatabaseError:
            path.unlink(missing_ok=True)
            self._connection = self._open()

    def _open(self) -> "sqlite3.Connection":
        import sqlite3

        connection = sqlite3.connect(self._path, timeout=10, isolation_level=None, check_same_thread=False)
        connection.execute("PRAGMA auto_vacuum=INCREMENTAL")  # counts for a new file only
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=OFF")
        connection.execute(
            "CREATE TABLE IF NOT EXISTS answer (plan TEXT NOT NULL, blob BLOB NOT NULL, data BLOB,"
            " used INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (plan, blob)) WITHOUT ROWID"
        )
        if not any(column[1] == "used" for column in connection.execute("PRAGMA table_info(answer)")):
            with suppress(sqlite3.OperationalError):  # another process was faster
                connection.execute("ALTER TABLE answer ADD COLUMN used INTEGER NOT NULL DEFAULT 0")
        return connection

    def get_many(self, plan: str, blobs: Iterable[str]) -> dict[str, Any]:
        """Observations by blob id, of those blobs that are known."""
        wanted = [bytes.fromhex(blob) for blob in blobs]
        found: dict[str, Any] = {}
        old: list[bytes] = []
        now = week()
        for start in range(0, len(wanted), 900):
            part = wanted[start : start + 900]
            marks = ",".join("?" * len(part))
            rows = self._connection.execute(
                f"SELECT blob, data, used FROM answer WHERE plan = ? AND blob IN ({marks})", (plan, *part)
            )
            for blob, data, used in rows:
                found[blob.hex()] = json.loads(zlib.decompress(data)) if data else {}
                if used < now:
                    old.append(blob)
        if old:
            self._write(
                "UPDATE answer SET used = ? WHERE plan = ? AND blob = ?", [(now, plan, b) for b in old]
            )
        return found

    def put_many(self, plan: str, observations: Mapping[str, Any]) -> None:
        """Keep observations by blob id; a full disk or a locked file is no reason to fail a scan."""
        now = week()
        rows = [
            (
                plan,
                bytes.fromhex(blob),
                zlib.compress(json.dumps(seen, separators=(",", ":")).encode(), 1) if seen else None,
                now,
            )
            for blob, seen in observations.items()
        ]
        self._write("INSERT OR REPLACE INTO answer (plan, blob, data, used) VALUES (?, ?, ?, ?)", rows)

    def _write(self, statement: str, rows: list[tuple[Any, ...]]) -> None:
        import sqlite3

        try:
            self._connection.execute("BEGIN IMMEDIATE")
            self._connection.executemany(statement, rows)
            self._connection.execute("COMMIT")
        except sqlite3.Error:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")

    def close(self) -> None:
        self._connection.close()
