import os
from collections.abc import Iterable, Iterator

import pytest

from scanners import blobwork
from scanners.blobscan import Plan
from scanners.blobwork import Found, Meanwhile, divide, observe_blobs, observe_in_two
from scanners.matchers.base import Scope
from scanners.matchers.text import TextMatcher

TEXTS = {f"{number:040x}": b"needle\n" * (number % 7) + b"hay\n" * 3 for number in range(60)}
SIZES = {blob: len(text) for blob, text in TEXTS.items()}
WHOLE = {f"{number:040x}" for number in (3, 50)}


def matcher(key: int, pattern: str) -> TextMatcher:
    scope = Scope(frozenset(["source"]), "strong", frozenset(), "")
    return TextMatcher(key, pattern, frozenset(["python"]), (), scope, "", "", "", False)


def read_many(ids: Iterable[str]) -> Iterator[tuple[str, bytes | None]]:
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
    ours, theirs = divide(work, sizes)
    assert ours and theirs
    alone, together = observe_blobs(work, WHOLE, read_many), observe_in_two(work, sizes, WHOLE, read_many)
    assert together.observations == alone.observations
    assert together.texts == alone.texts and set(alone.texts) == WHOLE
    assert together.unread == alone.unread == ["f" * 40]


def test_every_question_is_put_in_one_share(work: dict[str, list[Plan]], sizes: dict[str, int]) -> None:
    shares = [
        {(blob, plan) for blob, plans in share.items() for plan in plans} for share in divide(work, sizes)
    ]
    assert shares[0] | shares[1] == {(blob, plan) for blob, plans in work.items() for plan in plans}
    assert not shares[0] & shares[1]


def test_one_language_is_divided_too(work: dict[str, list[Plan]], sizes: dict[str, int]) -> None:
    single = {blob: plans[:1] for blob, plans in work.items()}
    ours, theirs = divide(single, sizes)
    total = sum(sizes.values())
    assert sum(sizes[blob] for blob in theirs) == pytest.approx(total / 2, rel=0.2)
    assert ours.keys() | theirs.keys() == single.keys()


def test_little_work_is_not_divided(work: dict[str, list[Plan]]) -> None:
    assert divide(work, {**SIZES, "f" * 40: 0}) == (work, {})
    assert divide({}, {}) == ({}, {})


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


def test_the_first_share_is_smaller_by_what_else_is_done_there(
    work: dict[str, list[Plan]], sizes: dict[str, int]
) -> None:
    single = {blob: plans[:1] for blob, plans in work.items()}
    shares = [sum(sizes[blob] for blob in divide(single, sizes, (), more)[0]) for more in (0.0, 30.0, 60.0)]
    assert shares == sorted(shares, reverse=True)
    assert shares[0] > shares[-1]
    first = set(list(single)[-3:])
    assert first <= divide(single, sizes, first, 30.0)[0].keys()


def test_the_share_of_a_child_that_dies_is_done_again(
    work: dict[str, list[Plan]], sizes: dict[str, int]
) -> None:
    parent = os.getpid()

    def deadly(ids: Iterable[str]) -> Iterator[tuple[str, bytes | None]]:
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

    def failing(ids: Iterable[str]) -> Iterator[tuple[str, bytes | None]]:
        if os.getpid() == parent:
            raise OSError("the disk is gone")
        yield from read_many(ids)

    with pytest.raises(OSError, match="disk"):
        observe_in_two(work, sizes, WHOLE, failing)
    assert len(children) == 1
    with pytest.raises(ChildProcessError):  # it has been waited for, so it is no child any more
        os.waitpid(children[0], os.WNOHANG)
