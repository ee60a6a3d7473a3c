"""Two assessed states in, one Comparison out: what flipped and why, which areas, stars and points moved.

Causes are derived, never guessed. Two neighbouring states differ in some factors (commit, ruleset, profile,
measurement, overlays); what flips between them can have no other cause. Where several factors differ at once, states
in between (the old commit judged by the new rules) tell them apart; without one, all that are possible are named.
Points are exact fractions, and those of the items add up to the difference of the scores.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from fractions import Fraction
from itertools import pairwise
from typing import Literal

from assessments.grading import Grade, area_stars, grade
from assessments.overlays import Overlay, effective_verdicts, holding_overlays
from assessments.standard import TIERS, Standard
from scanners.history import Between

Factor = Literal["code", "ruleset", "profile", "measurement", "engine", "override", "attestation", "waiver"]
FACTORS: Mapping[Factor, str] = {
    "code": "code",
    "ruleset": "a new ruleset version",
    "profile": "a profile override",
    "measurement": "a measurement that failed",
    "engine": "a new version of Plumbline",
    "override": "an override",
    "attestation": "an attestation",
    "waiver": "a waiver",
}
_LAID_OVER: tuple[Factor, ...] = ("override", "attestation", "waiver")


@dataclass(frozen=True, slots=True)
class State:
    """What one assessment found. ``verdicts`` are the raw ones; ``overlays`` count as they hold on ``day``.

    ``inputs`` stands for what besides commit and ruleset went in (the profile's overrides): equal where that was
    equal, None where it is not known. ``complete`` is False where files could not be read.
    """

    standard: Standard
    commit: str
    committed_at: datetime | None
    verdicts: Mapping[str, str]
    day: date
    judged_at: datetime | None = None
    overlays: tuple[Overlay, ...] = ()
    inputs: str | None = ""
    complete: bool = True

    @property
    def effective(self) -> dict[str, str]:
        """The verdicts that count, with what people laid over them."""
        return effective_verdicts(self.verdicts, self.overlays, self.day)


@dataclass(frozen=True, slots=True)
class Cause:
    """Why something flipped: one factor, or several of which it was one or more. ``certain`` tells which."""

    factors: tuple[Factor, ...]
    certain: bool

    @property
    def words(self) -> str:
        """As a person says it: "code", "code or a new ruleset version", "code and a waiver"."""
        return (" and " if self.certain else " or ").join(FACTORS[factor] for factor in self.factors)


@dataclass(frozen=True, slots=True)
class Flip:
    """An item whose verdict, raw or effective, is another one now; "" where one of the rulesets lacks the item.

    ``points`` is what this item alone moved the effective score, ``raw_points`` the raw one; None without a grade.
    """

    item: str
    title: str
    area: str
    before: str
    after: str
    raw_before: str
    raw_after: str
    cause: Cause
    points: Fraction | None
    raw_points: Fraction | None


@dataclass(frozen=True, slots=True)
class AreaMove:
    """An area whose stars or points moved; ``better`` and ``worse`` count its items that now pass or fail."""

    id: str
    title: str
    stars_before: int | None
    stars_after: int | None
    points: Fraction | None
    better: int
    worse: int


@dataclass(frozen=True, slots=True)
class CauseMove:
    """How many items flipped for one cause, and how many points of the effective score that moved."""

    cause: Cause
    items: int
    points: Fraction | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """``difference`` of the effective scores is the sum of ``points``, over all items, flipped or not: an item's
    share also moves with its weight and with the split of the tiers. ``shifted`` is what those that did not flip moved.
    """

    before: State
    after: State
    raw_before: Grade
    raw_after: Grade
    effective_before: Grade
    effective_after: Grade
    flips: tuple[Flip, ...]
    areas: tuple[AreaMove, ...]
    causes: tuple[CauseMove, ...]
    points: Mapping[str, Fraction] | None
    raw_points: Mapping[str, Fraction] | None
    history: Between | None = None

    @property
    def difference(self) -> Fraction | None:
        """Points that the effective score gained or lost, None without a grade on either side."""
        return _difference(self.effective_before, self.effective_after)

    @property
    def raw_difference(self) -> Fraction | None:
        """Points that the raw score gained or lost."""
        return _difference(self.raw_before, self.raw_after)

    @property
    def shifted(self) -> Fraction | None:
        """Points moved by items whose verdict stayed: weights or the split of the tiers were changed."""
        if self.points is None:
            return None
        flipped = {flip.item for flip in self.flips}
        return sum((p for item, p in self.points.items() if item not in flipped), Fraction(0))

    @property
    def same_rules(self) -> bool:
        return _rules(self.before) == _rules(self.after)

    @property
    def settled(self) -> bool:
        """True where the cause of every flip is certain."""
        return all(flip.cause.certain for flip in self.flips)


def compare(
    before: State, after: State, *, between: Iterable[State] = (), history: Between | None = None
) -> Comparison:
    """What changed from one state to the other. ``between`` are states on the way, in order: each is the one before
    it with some of the factors moved on, such as the old commit judged by the new ruleset."""
    chain = _chain(before, between, after)
    points = _moves(chain, effective=True)
    raw_points = _moves(chain, effective=False)
    steps = [(_step(old, new), old, new) for old, new in pairwise(chain)]
    flips = tuple(_flips(chain, steps, points, raw_points))
    return Comparison(
        before,
        after,
        grade(before.standard, before.verdicts),
        grade(after.standard, after.verdicts),
        grade(before.standard, before.effective),
        grade(after.standard, after.effective),
        flips,
        tuple(_areas(chain, flips, points)),
        tuple(_causes(flips)),
        points,
        raw_points,
        history,
    )


def _difference(before: Grade, after: Grade) -> Fraction | None:
    return None if before.score is None or after.score is None else after.score - before.score


def _rules(state: State) -> tuple[str, str]:
    return state.standard.id, state.standard.version


def _chain(before: State, between: Iterable[State], after: State) -> list[State]:
    """All states in order, overlays moved on last, so that what people laid over is told apart from what was found."""
    chain = [before, *(replace(one, overlays=before.overlays, day=before.day) for one in between)]
    bare = replace(after, overlays=before.overlays, day=before.day)
    if bare.effective != after.effective:
        chain.append(bare)
    return [*chain, after]


def _step(old: State, new: State) -> tuple[Factor, ...]:
    """The factors that differ between two neighbours, apart from overlays and failed measurements."""
    factors: list[Factor] = []
    if old.commit != new.commit:
        factors.append("code")
    if _rules(old) != _rules(new):
        factors.append("ruleset")
    if old.inputs != new.inputs or old.inputs is None:
        factors.append("profile")
    return tuple(factors)


_Steps = Sequence[tuple[tuple[Factor, ...], State, State]]


def _flips(
    chain: Sequence[State],
    steps: _Steps,
    points: Mapping[str, Fraction] | None,
    raw_points: Mapping[str, Fraction] | None,
) -> Iterable[Flip]:
    first, last = chain[0], chain[-1]
    effective = [state.effective for state in chain]
    for item, title, area in _items(last.standard, first.standard):
        shown = [_verdict(state, seen, item) for state, seen in zip(chain, effective, strict=True)]
        raw = [_verdict(state, state.verdicts, item) for state in chain]
        if shown[0] == shown[-1] and raw[0] == raw[-1]:
            continue
        found: list[Factor] = []
        certain = True
        for number, (factors, old, new) in enumerate(steps):
            if shown[number] == shown[number + 1] and raw[number] == raw[number + 1]:
                continue
            possible = _possible(item, factors, old, new, raw[number], raw[number + 1])
            certain = certain and len(possible) == 1
            found += [factor for factor in possible if factor not in found]
        yield Flip(
            item=item,
            title=title,
            area=area,
            before=shown[0],
            after=shown[-1],
            raw_before=raw[0],
            raw_after=raw[-1],
            cause=Cause(tuple(found), certain),
            points=None if points is None else points.get(item, Fraction(0)),
            raw_points=None if raw_points is None else raw_points.get(item, Fraction(0)),
        )


def _possible(
    item: str, factors: tuple[Factor, ...], old: State, new: State, before: str, after: str
) -> list[Factor]:
    """What can have made the item flip between two neighbours."""
    if before == after:
        return _overlays_that_differ(item, old, new)
    if not before or not after:
        return ["ruleset"]  # one of the two has no such item
    lost = after == "unknown" and not new.complete
    found_again = before == "unknown" and not old.complete
    possible = list(factors)
    if lost or found_again:
        possible.append("measurement")
    return possible or ["engine"]


def _overlays_that_differ(item: str, old: State, new: State) -> list[Factor]:
    def laid(state: State) -> dict[Factor, tuple[str, ...]]:
        holding = [one for one in holding_overlays(state.overlays, state.day) if one.item == item]
        return {kind: tuple(one.verdict for one in holding if one.kind == kind) for kind in _LAID_OVER}

    before, after = laid(old), laid(new)
    return [kind for kind in _LAID_OVER if before[kind] != after[kind]]


def _items(*standards: Standard) -> Iterable[tuple[str, str, str]]:
    """(id, title, area) of every item of the standards, each once, in the first one's order."""
    seen: set[str] = set()
    for standard in standards:
        for item in standard.items:
            if item.id not in seen:
                seen.add(item.id)
                yield item.id, item.title, item.area


def _verdict(state: State, verdicts: Mapping[str, str], item: str) -> str:
    return verdicts.get(item, "unknown") if item in state.standard.by_item else ""


def _areas(
    chain: Sequence[State], flips: Sequence[Flip], points: Mapping[str, Fraction] | None
) -> Iterable[AreaMove]:
    before, after = chain[0], chain[-1]
    old = {area.id: area.stars for area in area_stars(before.standard, before.effective)}
    now = {area.id: area.stars for area in area_stars(after.standard, after.effective)}
    titles = {area.id: area.title for one in chain for area in one.standard.areas}
    of_item = {item: area for item, _, area in _items(after.standard, *(one.standard for one in chain))}
    moved: dict[str, Fraction] = {}
    for item, amount in (points or {}).items():
        moved[of_item[item]] = moved.get(of_item[item], Fraction(0)) + amount
    for area, title in titles.items():
        here = [flip for flip in flips if flip.area == area]
        if here or old.get(area) != now.get(area) or moved.get(area):
            yield AreaMove(
                area,
                title,
                old.get(area),
                now.get(area),
                None if points is None else moved.get(area, Fraction(0)),
                sum(flip.after == "pass" for flip in here if flip.before != "pass"),
                sum(flip.after == "fail" for flip in here if flip.before != "fail"),
            )


def _causes(flips: Sequence[Flip]) -> Iterable[CauseMove]:
    for cause in dict.fromkeys(flip.cause for flip in flips):
        chosen = [flip for flip in flips if flip.cause == cause]
        known = [flip.points for flip in chosen if flip.points is not None]
        yield CauseMove(cause, len(chosen), sum(known, Fraction(0)) if len(known) == len(chosen) else None)


def _moves(chain: Sequence[State], *, effective: bool) -> Mapping[str, Fraction] | None:
    """Points that each item moved the score, over all steps; None without a score at both ends."""
    seen = [(state.standard, state.effective if effective else state.verdicts) for state in chain]
    graded = [grade(*one).score is not None for one in seen]
    if not graded[0] or not graded[-1]:
        return None
    kept = [one for one, has_score in zip(seen, graded, strict=True) if has_score]
    total: dict[str, Fraction] = {}
    for (old_standard, old), (new_standard, new) in pairwise(kept):
        for item, amount in moves_of(old_standard, old, new_standard, new).items():
            total[item] = total.get(item, Fraction(0)) + amount
    return {item: amount for item, amount in total.items() if amount}


@dataclass(frozen=True, slots=True)
class _Counted:
    """One tier of one state: weights that pass and that are known, by item, their sums, and the tier's share."""

    passing: Mapping[str, Fraction]
    known: Mapping[str, Fraction]
    share: Fraction
    passed: Fraction
    total: Fraction


def moves_of(
    old_standard: Standard, old: Mapping[str, str], new_standard: Standard, new: Mapping[str, str]
) -> dict[str, Fraction]:
    """Points by which each item moved the score from one state to the other; they add up to the difference exactly.

    A tier counts share × passed ÷ known. The difference of such a product is split evenly between its factors (each
    change is taken at the mean of the other factors), so that no order of the changes has to be made up and an item
    that newly applies and fails is charged with what it lowers the others.
    """
    found: dict[str, Fraction] = {}
    before, after = _counted(old_standard, old), _counted(new_standard, new)
    half = Fraction(1, 2)
    for tier in TIERS:
        a, b = before[tier], after[tier]
        for item in a.known.keys() | b.known.keys():
            p0, p1 = a.passing.get(item, Fraction(0)), b.passing.get(item, Fraction(0))
            k0, k1 = a.known.get(item, Fraction(0)), b.known.get(item, Fraction(0))
            if not a.total or not b.total:
                # Nothing of the tier is known on one side: there is nothing but each item's own points.
                amount = b.share * p1 / (b.total or 1) - a.share * p0 / (a.total or 1)
            else:
                rate = (p1 - p0) * half * (1 / a.total + 1 / b.total) - half * (a.passed + b.passed) * (
                    k1 - k0
                ) / (a.total * b.total)
                mean = half * (p0 / a.total + p1 / b.total)
                amount = half * (a.share + b.share) * rate + (b.share - a.share) * mean
            if amount:
                found[item] = found.get(item, Fraction(0)) + amount
    return found


def _counted(standard: Standard, verdicts: Mapping[str, str]) -> dict[str, _Counted]:
    passing: dict[str, dict[str, Fraction]] = {tier: {} for tier in TIERS}
    known: dict[str, dict[str, Fraction]] = {tier: {} for tier in TIERS}
    for item in standard.items:
        outcome = verdicts.get(item.id)
        if outcome in ("pass", "fail") and item.weight > 0:
            known[item.tier][item.id] = item.weight
            if outcome == "pass":
                passing[item.tier][item.id] = item.weight
    measured = [tier for tier in TIERS if known[tier]]
    return {
        tier: _Counted(
            passing=passing[tier],
            known=known[tier],
            share=Fraction(0)
            if tier not in measured
            else Fraction(100)
            if len(measured) == 1
            else standard.split[tier],
            passed=sum(passing[tier].values(), Fraction(0)),
            total=sum(known[tier].values(), Fraction(0)),
        )
        for tier in TIERS
    }
