"""A mapping with room for so much and no more: the oldest entries make way for new ones."""

from threading import Lock
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Bounded(Generic[K, V]):
    """Holds entries up to a total weight of ``room``; what is heavier than a quarter of it is not kept at all.

    May be shared by threads.
    """

    def __init__(self, room: int) -> None:
        self._room = room
        self._used = 0
        self._entries: dict[K, tuple[V, int]] = {}
        self._lock = Lock()

    def get(self, key: K) -> V | None:
        entry = self._entries.get(key)
        return None if entry is None else entry[0]

    def put(self, key: K, value: V, weight: int = 1) -> None:
        if weight * 4 > self._room:
            return
        with self._lock:
            self._used += weight - self._entries.pop(key, (None, 0))[1]
            self._entries[key] = (value, weight)
            while self._used > self._room:
                self._used -= self._entries.pop(next(iter(self._entries)))[1]

    def __len__(self) -> int:
        return len(self._entries)
