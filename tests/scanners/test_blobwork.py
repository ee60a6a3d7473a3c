import os
import time
from collections.abc import Generator, Iterable

import pytest

from scanners import blobwork
from scanners.blobscan import Plan
from scanners.blobwork import Found, Meanwhile, observe_blobs, observe_in_two
from scanners.matchers.base import Scope
from scanners.matchers.text import TextMatcher

TEXTS = {f"{number:040x}": b"needle\n" * (number % 7) + b"hay\n" * 3 for number in range(60)}
SIZES = {blob: len(text) for blob, text in TEXTS.items()}
WHOLE = frozenset(f"{number:040x}" for number in (3, 50))


def matcher(key: int, pattern: str) -> TextMatcher:
    scope = Scope(frozenset(["source"]), "strong", frozenset(), "")
    return TextMatcher(key, pattern, frozenset(["python"]), (), scope, "", "", "", False)


def read_many(ids: Iterable[str]) -> Generator[tuple[str, bytes | None], None, None]:
    for blob in ids:
        yield blob, TEXTS.get(blob)


@pytest.fixture
def work() -> dict[str, list[Plan]]:
    """Two plans over all blobs, one of which cannot be read."""
    first, second = Plan("python", [matcher(1, "needle")]), Plan("go", [matcher(2, "hay")])
    return {blob: [first, second] for blob in (*TEXTS, "f" * 40)}


@pytest.fixture
def sizes(monkeypatch: pytest.MonkeyPatch) -> dict[str, int]:
    """Sizes, with costs for which dividing pays."""
    monkeypatch.setattr(blobwork, "_BYTE_MS", 1.0)
    return {**SIZES, "f" * 40: 0}


def test_two_processes_find_what_one_finds(work: dict[str, list[Plan]], sizes: dict[str, int]) -> None:
    alone, together = observe_blobs(work, WHOLE, read_many), observe_in_two(work, sizes, WHOLE, read_many)
    assert together.observations == alone.observations
    assert together.texts == alone.texts and set(alone.texts) == WHOLE
    assert together.unread == alone.unread == ["f" * 40]


class Takers:
    """A way to read blobs that is slow in one of the two processes and tells which process read which."""

    def __init__(self, slow_child: bool) -> None:
        self.parent, self.slow_child = os.getpid(), slow_child
        self.reading, self.writing = os.pipe()

    def read_many(self, ids: Iterable[str]) -> Generator[tuple[str, bytes | None], None, None]:
        ours = os.getpid() == self.parent
        for blob, data in read_many(ids):
            time.sleep(0.01 if ours != self.slow_child else 0.0002)
            os.write(self.writing, f"{int(ours)} {blob}\n".encode())
            yield blob, data

    def shares(self) -> tuple[set[str], set[str]]:
        """The blobs that the parent read, and those that the child did; the last of each it may have read in vain."""
        os.close(self.writing)
        with open(self.reading) as lines:
            taken = [line.split() for line in lines]
        ours = {blob for whose, blob in taken if whose == "1"}
        return ours, {blob for whose, blob in taken if whose == "0"}


@pytest.mark.parametrize("slow_child", [True, False])
def test_who_is_faster_takes_more_and_nobody_the_others(
    work: dict[str, list[Plan]], sizes: dict[str, int], slow_child: bool
) -> None:
    takers = Takers(slow_child)
    found = observe_in_two(work, sizes, frozenset(), takers.read_many)
    assert found.observations == observe_blobs(work, frozenset(), read_many).observations
    ours, theirs = takers.shares()
    assert ours | theirs == work.keys()
    assert len(ours & theirs) <= 2
    assert (len(ours) > len(theirs)) == slow_child


def test_more_blobs_than_a_pipe_holds_bytes_are_taken_in_batches(
    work: dict[str, list[Plan]], sizes: dict[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(blobwork, "_MAX_CLAIMS", 7)
    found = observe_in_two(work, sizes, WHOLE, read_many)
    assert found.observations == observe_blobs(work, WHOLE, read_many).observations


def test_little_work_is_not_divided(work: dict[str, list[Plan]], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "fork", lambda: pytest.fail("forked"))
    found = observe_in_two(work, {**SIZES, "f" * 40: 0}, WHOLE, read_many)
    assert found.observations == observe_blobs(work, WHOLE, read_many).observations
    assert observe_in_two({}, {}, frozenset(), read_many) == Found()


def test_what_is_done_meanwhile_is_the_parents_and_has_its_blobs(
    work: dict[str, list[Plan]], sizes: dict[str, int]
) -> None:
    done: list[tuple[int, set[str]]] = []

    def act(found: Found) -> None:
        done.append((os.getpid(), set(found.texts)))

    found = observe_in_two(work, sizes, WHOLE, read_many, Meanwhile(act, 1.0))
    assert done == [(os.getpid(), set(WHOLE))]
    assert found.observations == observe_blobs(work, WHOLE, read_many).observations
    done.clear()
    observe_in_two(work, dict.fromkeys(sizes, 0), WHOLE, read_many, Meanwhile(act, 0.0))
    assert done == []


def test_the_share_of_a_child_that_dies_is_done_again(
    work: dict[str, list[Plan]], sizes: dict[str, int]
) -> None:
    parent = os.getpid()

    def deadly(ids: Iterable[str]) -> Generator[tuple[str, bytes | None], None, None]:
        for number, answer in enumerate(read_many(ids)):
            if number == 5 and os.getpid() != parent:
                os._exit(1)
            yield answer

    assert (
        observe_in_two(work, sizes, WHOLE, deadly).observations
        == observe_blobs(work, WHOLE, read_many).observations
    )


def test_an_error_of_the_parents_ends_the_child(
    work: dict[str, list[Plan]], sizes: dict[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    parent, fork = os.getpid(), os.fork
    children: list[int] = []

    def counted_fork() -> int:
        children.append(fork())
        return children[-1]

    monkeypatch.setattr(os, "fork", counted_fork)

    def failing(ids: Iterable[str]) -> Generator[tuple[str, bytes | None], None, None]:
        if os.getpid() == parent:
            raise OSError("the disk is gone")
        yield from read_many(ids)

    with pytest.raises(OSError, match="disk"):
        observe_in_two(work, sizes, WHOLE, failing)
    assert len(children) == 1
    with pytest.raises(ChildProcessError):  # it has been waited for, so it is no child any more
        os.waitpid(children[0], os.WNOHANG)
