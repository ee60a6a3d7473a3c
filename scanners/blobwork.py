"""Observing blobs: by this process alone, or by two where both have enough to do.

The expressions of a language cost more to compile than most repositories cost to read, so the blobs are put in order of
their plans, the costliest first; this process takes them from the front and a child from the back, one after the other,
until they meet. Neither waits for the other then, however wrong a guess at the costs is. What else has to be done before
the end, such as parsing manifests, is this process's, and the blobs which that needs come first. A child that fails costs
the time of what it had taken and nothing else. Only for a process of one thread; a worker has other repositories for its
cores.
"""

import contextlib
import marshal
import os
from collections import defaultdict
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from itertools import islice
from typing import NamedTuple

from scanners.blobscan import Observation, Plan
from scanners.values import dataclass, field

Work = Mapping[str, list[Plan]]
"""By blob id: the plans that ask something of it."""

ReadMany = Callable[[Iterable[str]], Generator[tuple[str, bytes | None], None, None]]

_PATTERN_MS = 0.1
"""What an expression costs before and at its first use; this and the next two are measured."""
_BYTE_MS = 13e-6
_BYTE_AND_PATTERN_MS = 0.3e-6
_WORTH_MS = 60.0
"""A share smaller than this is done as soon alone: a second process costs some 50 ms of its own, measured on repositories
of 78 to 773 files."""
_MAX_CLAIMS = 4000
"""How many shares the blobs are cut into at most, so that one byte for each fits into the smallest of pipes."""


@dataclass(slots=True)
class Found:
    """``texts`` are contents that are needed whole later on; ``unread`` are blobs that could not be read."""

    observations: dict[Plan, dict[str, Observation]] = field(default_factory=lambda: defaultdict(dict))
    unread: list[str] = field(default_factory=list)
    texts: dict[str, bytes] = field(default_factory=dict)


class Meanwhile(NamedTuple):
    """Something to be done with what was found so far, which takes about ``cost`` milliseconds and may be left out."""

    act: Callable[[Found], object]
    cost: float


def observe_blobs(work: Work, whole: frozenset[str], read_many: ReadMany) -> Found:
    """What the plans say of the blobs; the contents of ``whole`` are given too."""
    found = Found()
    if work:
        _observe(found, work, whole, read_many(list(work)))
    return found


def observe_in_two(
    work: Work,
    sizes: Mapping[str, int],
    whole: frozenset[str],
    read_many: ReadMany,
    meanwhile: Meanwhile | None = None,
) -> Found:
    """As ``observe_blobs``, with a child process taking a share where that pays.

    ``meanwhile`` is done in this process while the child is at work, as soon as the blobs of ``whole`` are read; not at
    all where there is no child, or where it was the one that read them.
    """
    costs = _costs(work, sizes)
    total = sum(costs.values())
    if min(total, (total + (meanwhile.cost if meanwhile else 0.0)) / 2) < _WORTH_MS:
        return observe_blobs(work, whole, read_many)
    batches = _batches(work, costs, whole)
    plans = list(costs)
    with _unclaimed(len(batches)) as claims:
        child, pipe = _start(work, plans, batches[::-1], whole, read_many, claims)
        try:
            # Closed before the child is waited for, which may be waiting to write.
            with open(pipe, "rb") as answers:
                found = _observe_claimed(work, batches, whole, read_many, claims, meanwhile)
                raw = answers.read()
        finally:
            with contextlib.suppress(ChildProcessError):
                os.waitpid(child, 0)
    theirs = _unpacked(raw, plans)
    if theirs is None:
        read = {blob for observations in found.observations.values() for blob in observations}
        read.update(found.unread)
        theirs = observe_blobs(
            {blob: asked for blob, asked in work.items() if blob not in read}, whole, read_many
        )
    _merge(found, theirs)
    return found


def _costs(work: Work, sizes: Mapping[str, int]) -> dict[Plan, float]:
    """About how many milliseconds each plan takes for its blobs."""
    size: dict[Plan, int] = defaultdict(int)
    for blob, plans in work.items():
        for plan in plans:
            size[plan] += sizes[blob]
    return {
        plan: _PATTERN_MS * plan.patterns + (_BYTE_MS + _BYTE_AND_PATTERN_MS * plan.patterns) * total
        for plan, total in size.items()
    }


def _batches(work: Work, costs: Mapping[Plan, float], first: frozenset[str]) -> list[Sequence[str]]:
    """The blobs in the order in which they are taken: those of ``first``, then by plan, the costliest plan's foremost."""
    rank = {plan: place for place, plan in enumerate(sorted(costs, key=lambda p: costs[p], reverse=True))}
    ordered = sorted(work, key=lambda blob: (blob not in first, min(rank[plan] for plan in work[blob])))
    step = 1 + len(ordered) // _MAX_CLAIMS
    return [ordered[start : start + step] for start in range(0, len(ordered), step)]


@contextlib.contextmanager
def _unclaimed(batches: int) -> Generator[int, None, None]:
    """A pipe of as many bytes as there are batches: whoever reads one may take the next batch from its own end."""
    claims, writing = os.pipe()
    os.write(writing, bytes(batches))
    os.close(writing)
    try:
        yield claims
    finally:
        os.close(claims)


def _observe_claimed(
    work: Work,
    batches: Sequence[Sequence[str]],
    whole: frozenset[str],
    read_many: ReadMany,
    claims: int,
    meanwhile: Meanwhile | None = None,
) -> Found:
    """Observes one batch after the other for as long as there are unclaimed ones."""
    found = Found()
    with contextlib.closing(read_many([blob for batch in batches for blob in batch])) as answers:
        for batch in batches:
            if meanwhile and whole.isdisjoint(
                batch
            ):  # those of ``whole`` come first, and all of them are read
                meanwhile.act(found)
                meanwhile = None
            if not os.read(claims, 1):
                break
            _observe(found, work, whole, islice(answers, len(batch)))
    return found


def _observe(
    found: Found, work: Work, whole: frozenset[str], answers: Iterable[tuple[str, bytes | None]]
) -> None:
    for blob, data in answers:
        if data is None:
            found.unread.append(blob)
            continue
        for plan in work[blob]:
            found.observations[plan][blob] = plan.observe(data)
        if blob in whole:
            found.texts[blob] = data


def _start(
    work: Work,
    plans: list[Plan],
    batches: Sequence[Sequence[str]],
    whole: frozenset[str],
    read_many: ReadMany,
    claims: int,
) -> tuple[int, int]:
    """The process that takes its share of ``batches``, and the end of the pipe on which it answers."""
    reading, writing = os.pipe()
    child = os.fork()
    if child:
        os.close(writing)
        return child, reading
    try:
        os.close(reading)
        found = _observe_claimed(work, batches, whole, read_many, claims)
        observations = [found.observations.get(plan, {}) for plan in plans]
        with open(writing, "wb") as answers:
            answers.write(marshal.dumps((observations, found.unread, found.texts)))
    finally:
        os._exit(0)  # nothing of the parent's is ours to finish: no buffers, no exit handlers


def _unpacked(raw: bytes, plans: list[Plan]) -> Found | None:
    """What the child found, None where it did not come to an end."""
    try:
        observations, unread, texts = marshal.loads(raw)
    except (EOFError, ValueError, TypeError):
        return None
    found = Found(unread=unread, texts=texts)
    found.observations.update(zip(plans, observations, strict=True))
    return found


def _merge(found: Found, more: Found) -> None:
    for plan, observations in more.observations.items():
        found.observations[plan].update(observations)
    found.unread += more.unread
    found.texts.update(more.texts)
