"""Verdicts to score, grade and stars. Exact arithmetic: a bound is never missed by a binary fraction.

Verdicts come as a mapping of item id to pass, fail, not_applicable, unknown or waived; an item that the
mapping leaves out is unknown. Only pass and fail count; waived and not_applicable leave the denominator.
"""

from collections.abc import Iterable, Mapping
from fractions import Fraction
from math import floor

from assessments.standard import TIERS, Item, Standard, Tier
from scanners.values import dataclass

Verdicts = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Grade:
    """A score from 0 to 100 with its letter, both None where too little is known for a grade.

    ``foundations`` and ``production`` are the tiers' pass rates in percent, None for a tier in which nothing
    is known. ``known`` of ``applicable`` items were decided.
    """

    letter: str | None
    label: str
    score: Fraction | None
    foundations: Fraction | None
    production: Fraction | None
    known: int
    applicable: int


@dataclass(frozen=True, slots=True)
class AreaStars:
    """``stars`` from 1 to 5, None where nothing of the area is known."""

    id: str
    title: str
    stars: int | None
    rating: str
    passed: int
    failed: int
    unknown: int
    not_applicable: int
    waived: int


def grade(standard: Standard, verdicts: Verdicts) -> Grade:
    """The grade of these verdicts by the standard's split and scale."""
    counted = [item for item in standard.items if item.weight > 0]
    outcomes = [verdicts.get(item.id, "unknown") for item in counted]
    known = sum(outcome in ("pass", "fail") for outcome in outcomes)
    applicable = known + outcomes.count("unknown")
    rates = {tier: _tier_rate(standard, verdicts, tier) for tier in TIERS}
    score = _score(standard, rates)
    if score is None or known < standard.minimum_known * applicable:
        letter, label, score = None, standard.no_grade, None
    else:
        letter, label = band(standard, score)
    percent = {tier: None if rate is None else rate * 100 for tier, rate in rates.items()}
    return Grade(letter, label, score, percent["foundation"], percent["production"], known, applicable)


def band(standard: Standard, score: Fraction) -> tuple[str, str]:
    """Letter and label of an unrounded score."""
    found = next((one for one in standard.scale if score >= one.lower), standard.scale[-1])
    return found.letter, found.label


def pass_rate(items: Iterable[Item], verdicts: Verdicts) -> Fraction | None:
    """Weighted share of passes among what is known, None where nothing of weight is known."""
    passed = failed = Fraction(0)
    for item in items:
        outcome = verdicts.get(item.id, "unknown")
        if outcome == "pass":
            passed += item.weight
        elif outcome == "fail":
            failed += item.weight
    return passed / (passed + failed) if passed + failed else None


def area_stars(standard: Standard, verdicts: Verdicts) -> tuple[AreaStars, ...]:
    """Stars and rating of every area, in the standard's order."""
    found = []
    for area in standard.areas:
        items = standard.items_of(area.id)
        outcomes = [verdicts.get(item.id, "unknown") for item in items]
        stars = stars_of(pass_rate(items, verdicts))
        found.append(
            AreaStars(
                area.id,
                area.title,
                stars,
                standard.not_measured if stars is None else standard.ratings[stars - 1],
                *(outcomes.count(word) for word in ("pass", "fail", "unknown", "not_applicable", "waived")),
            )
        )
    return tuple(found)


def stars_of(rate: Fraction | None) -> int | None:
    """One to five stars: 1 + floor(4 × rate + ½)."""
    return None if rate is None else 1 + floor(4 * rate + Fraction(1, 2))


def points_of(standard: Standard, verdicts: Verdicts) -> Mapping[str, Fraction]:
    """Points of the score that each item which passes or fails is worth, by item id.

    Turning a fail into a pass changes no denominator, so the points of several fails simply add up.
    """
    known = [item for item in standard.items if verdicts.get(item.id) in ("pass", "fail") and item.weight > 0]
    total = {tier: sum((i.weight for i in known if i.tier == tier), Fraction(0)) for tier in TIERS}
    measured = [tier for tier in TIERS if total[tier]]
    alone = len(measured) == 1
    share = {tier: Fraction(100) if alone else standard.split[tier] for tier in measured}
    return {item.id: share[item.tier] * item.weight / total[item.tier] for item in known}


def tenths(number: Fraction) -> str:
    """The number cut, not rounded, to one decimal: 79.99 shows as 79.9, below the bound it missed."""
    whole, rest = divmod(abs(number.numerator) * 10 // number.denominator, 10)
    return f"{'-' if number < 0 and (whole or rest) else ''}{whole}.{rest}"


def _tier_rate(standard: Standard, verdicts: Verdicts, tier: Tier) -> Fraction | None:
    return pass_rate((item for item in standard.items if item.tier == tier), verdicts)


def _score(standard: Standard, rates: Mapping[Tier, Fraction | None]) -> Fraction | None:
    """Both tiers by their split; the other one alone where a tier is empty."""
    known = {tier: rate for tier, rate in rates.items() if rate is not None}
    if not known:
        return None
    if len(known) == 1:
        return next(iter(known.values())) * 100
    return sum((standard.split[tier] * rate for tier, rate in known.items()), Fraction(0))
