"""Observing blobs: by this process alone, or by two where both have enough to do.

The expressions of a language cost more to compile than most repositories cost to read, so work is divided by plan,
and one plan's blobs only where that is worth compiling its expressions twice. What else has to be done before the end,
such as parsing manifests, belongs to the parent's share, and so do the blobs that it needs. A child that fails costs its share of
the time again and nothing else. Only for a process of one thread; a worker has other repositories for its cores.
"""

import contextlib
import marshal
import os
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import NamedTuple

from scanners.blobscan import Observation, Plan
from scanners.values import dataclass, field

Work = Mapping[str, list[Plan]]
"""By blob id: the plans that ask something of it."""

ReadMany = Callable[[Iterable[str]], Iterable[tuple[str, bytes | None]]]

_PATTERN_MS = 0.1
"""What an expression costs before and at its first use; this and the next two are measured."""
_BYTE_MS = 13e-6
_BYTE_AND_PATTERN_MS = 0.3e-6
_WORTH_MS = 20.0
"""A share smaller than this is done sooner than handed over."""


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


def observe_blobs(work: Work, whole: Collection[str], read_many: ReadMany) -> Found:
    """What the plans say of the blobs; the contents of ``whole`` are given too."""
    found = Found()
    for blob, data in read_many(list(work)) if work else ():
        if data is None:
            found.unread.append(blob)
            continue
        for plan in work[blob]:
            found.observations[plan][blob] = plan.observe(data)
        if blob in whole:
            found.texts[blob] = data
    return found


def observe_in_two(
    work: Work,
    sizes: Mapping[str, int],
    whole: Collection[str],
    read_many: ReadMany,
    meanwhile: Meanwhile | None = None,
) -> Found:
    """As ``observe_blobs``, with a child process taking a share where that pays.

    ``meanwhile`` is done in this process while the child is at work, and not at all where there is none.
    """
    ours, theirs = divide(work, sizes, whole, meanwhile.cost if meanwhile else 0.0)
    if not theirs:
        return observe_blobs(work, whole, read_many)
    plans = list({plan: None for asked in theirs.values() for plan in asked})
    child, pipe = _start(theirs, plans, whole, read_many)
    try:
        with open(
            pipe, "rb"
        ) as answers:  # closed before the child is waited for, which may be waiting to write
            found = observe_blobs(ours, whole, read_many)
            if meanwhile:
                meanwhile.act(found)
            raw = answers.read()
    finally:
        with contextlib.suppress(ChildProcessError):
            os.waitpid(child, 0)
    _merge(found, _unpacked(raw, plans) or observe_blobs(theirs, whole, read_many))
    return found


def divide(
    work: Work, sizes: Mapping[str, int], first: Collection[str] = (), more: float = 0.0
) -> tuple[Work, Work]:
    """Two shares of about the same cost, the second empty where dividing is not worth it.

    The blobs of ``first`` are in the first share, to which so many milliseconds are added by what else is done there.
    """
    blobs: dict[Plan, list[str]] = defaultdict(list)
    for blob, plans in work.items():
        for plan in plans:
            blobs[plan].append(blob)
    costs = {p: _PATTERN_MS * p.patterns + _per_byte(p) * sum(sizes[b] for b in blobs[p]) for p in blobs}
    shares: tuple[list[Plan], list[Plan]] = ([], [])
    totals = [more, 0.0]
    for plan in sorted(costs, key=lambda p: costs[p], reverse=True):
        side = int(totals[1] < totals[0])
        shares[side].append(plan)
        totals[side] += costs[plan]
    moved: set[str] = set()
    largest = shares[0][0] if shares[0] else None
    if largest is not None:
        spare = (totals[0] - totals[1] - _PATTERN_MS * largest.patterns) / 2
        for blob in blobs[largest] if spare > _WORTH_MS else ():
            if spare <= 0:
                break
            if blob in first:
                continue
            spare -= _per_byte(largest) * sizes[blob]
            totals[1] += _per_byte(largest) * sizes[blob]
            moved.add(blob)
    if totals[1] < _WORTH_MS:
        return work, {}
    kept = set(shares[0])
    ours: dict[str, list[Plan]] = {}
    theirs: dict[str, list[Plan]] = {}
    for blob, plans in work.items():
        for plan in plans:
            mine = blob in first or (plan in kept and not (plan is largest and blob in moved))
            (ours if mine else theirs).setdefault(blob, []).append(plan)
    return ours, theirs


def _per_byte(plan: Plan) -> float:
    return _BYTE_MS + _BYTE_AND_PATTERN_MS * plan.patterns


def _start(work: Work, plans: list[Plan], whole: Collection[str], read_many: ReadMany) -> tuple[int, int]:
    """The process that does ``work``, and the end of the pipe on which it answers."""
    reading, writing = os.pipe()
    child = os.fork()
    if child:
        os.close(writing)
        return child, reading
    try:
        os.close(reading)
        found = observe_blobs(work, whole, read_many)
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
    found.unread += [blob for blob in more.unread if blob not in found.unread]
    found.texts.update(more.texts)
