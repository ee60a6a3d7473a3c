"""The sentences of a report, each one following from the figures beside it."""

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction

from assessments.grading import AreaStars, Grade, Verdicts, tenths
from assessments.matrix import MatrixGroup, Need
from assessments.planning import Plan
from assessments.standard import TIERS, Item, Standard
from scanners.values import dataclass

STRONG_STARS = 4
"""An area from this many stars on is named among what is good."""
WEAK_STARS = 2
"""An area up to this many stars needs attention."""
NAMED = 4
"""How many areas or initiatives a sentence or list names."""

_FOUNDATIONS = (
    (90, "The codebase stands on solid fundamentals"),
    (70, "The codebase stands on good fundamentals with some gaps"),
    (40, "The fundamentals of the codebase are patchy"),
    (0, "Most fundamentals are missing from the codebase"),
)
_PRODUCTION = (
    (90, "it meets nearly all of what production asks for"),
    (60, "it meets most of what production asks for"),
    (30, "it meets part of what production asks for"),
    (0, "it meets little of what production asks for"),
)


@dataclass(frozen=True, slots=True)
class Conclusion:
    """``good`` names strong areas, ``focus`` the first initiatives of the matrix, both possibly empty."""

    verdict: str
    good: tuple[str, ...]
    focus: tuple[str, ...]
    outlook: str


def overridden(profile: Mapping[str, str | bool], fields: Iterable[str], reason: str) -> tuple[str, ...]:
    """A sentence on what of the profile a person set, nothing where it is as it was found."""
    said = [
        f"of the kind {profile[field]}"
        if field == "kind"
        else f"{'with' if profile[field] else 'without'} {_HAS.get(field, field)}"
        for field in fields
        if field in profile
    ]
    if not said:
        return ()
    return (f"The profile is overridden: it is judged as {_listed(said)}. Reason: {reason or 'none given'}",)


_HAS = {
    "has_http_api": "an HTTP API",
    "has_database": "a database",
    "has_users": "people who sign in",
    "has_docs_ui": "pages of API documentation",
}


def executive_summary(
    standard: Standard,
    verdicts: Verdicts,
    grade: Grade,
    areas: Sequence[AreaStars],
    matrix: Iterable[MatrixGroup],
    plan: Plan,
) -> tuple[str, ...]:
    """Up to five sentences: the two tiers, weak areas, what comes first, the plan, what is not measured."""
    if not grade.applicable:
        return ("Nothing of the standard applies to this repository, so there is no grade.",)
    sentences = [_tiers(standard, verdicts, grade)]
    weak = [area for area in areas if area.stars is not None and area.stars <= WEAK_STARS]
    measured = [area for area in areas if area.stars is not None]
    first = _first(matrix)
    if weak:
        sentences.append(
            f"{len(weak)} of {len(measured)} measured areas need{'s' if len(weak) == 1 else ''} attention "
            "to reach production-grade industry standards."
        )
    if first:
        sentences.append("To be done first: " + _listed(need.initiative.title for need in first) + ".")
    if plan.phases:
        sentences.append(_outlook(plan))
    if grade.known < grade.applicable:
        unknown = grade.applicable - grade.known
        sentences.append(
            f"{_count(unknown, 'item')} could not be measured and count{'s' if unknown == 1 else ''} "
            "neither for nor against the grade."
        )
    return tuple(sentences)


def current_state(area: AreaStars, passing: Sequence[Item]) -> str:
    """What is in place of an area, in words."""
    known = area.passed + area.failed
    if not passing:
        state = f"None of the {known} items is in place" if known > 1 else "Not in place"
    else:
        state = f"{len(passing)} of {known} items in place: " + _listed(
            (i.title for i in passing), limit=len(passing)
        )
    return state + (f"; {_count(area.unknown, 'item')} could not be measured" if area.unknown else "")


def conclude(
    grade: Grade, areas: Sequence[AreaStars], matrix: Iterable[MatrixGroup], plan: Plan
) -> Conclusion:
    """The closing words. Strong areas come by stars, then in the standard's order."""
    strong = [(area.stars, area) for area in areas if area.stars is not None and area.stars >= STRONG_STARS]
    good = [area for _, area in sorted(strong, key=lambda pair: -pair[0])]
    if grade.score is None:
        verdict = "Too little could be measured to grade this codebase."
    else:
        verdict = f"{_word(_FOUNDATIONS, grade.foundations)}, and {_word(_PRODUCTION, grade.production)}."
        if grade.foundations is None or grade.production is None:
            known = grade.foundations if grade.foundations is not None else grade.production
            verdict = f"The codebase meets {tenths(known or Fraction(0))} % of what applies to it."
    return Conclusion(
        verdict=verdict,
        good=tuple(area.title for area in good[:NAMED]),
        focus=tuple(need.initiative.title for need in _first(matrix)),
        outlook=_outlook(plan) if plan.phases else "Nothing that could be measured is missing.",
    )


def days(effort: Fraction) -> str:
    """An effort in words, to a tenth of a day."""
    shown = tenths(effort + Fraction(1, 20)).removesuffix(".0")
    return f"{shown} person-day{'' if shown == '1' else 's'}"


def grade_words(grade: Grade) -> str:
    """Letter and shown score, or that there is none."""
    return "no grade" if grade.score is None else f"{grade.letter} ({tenths(grade.score)})"


def _tiers(standard: Standard, verdicts: Verdicts, grade: Grade) -> str:
    counts = []
    for tier, noun in zip(TIERS, ("foundation item", "production item"), strict=True):
        outcomes = [verdicts.get(item.id, "unknown") for item in standard.items if item.tier == tier]
        passed, known = outcomes.count("pass"), outcomes.count("pass") + outcomes.count("fail")
        if known:
            counts.append(f"{passed} of {_count(known, noun)}")
    if not counts:
        return "Nothing of the standard could be measured, so there is no grade."
    found = " and ".join(counts) + (" is" if counts == ["1 of 1 foundation item"] else " are") + " in place"
    if grade.score is None:
        return f"There is no grade, since too little could be measured; of what is known, {found}."
    if grade.foundations is None or grade.production is None:
        return f"Of what applies and could be measured, {found}."
    return f"{_word(_FOUNDATIONS, grade.foundations)}, and {_word(_PRODUCTION, grade.production)}: {found}."


def _outlook(plan: Plan) -> str:
    effort = (
        f"{_count(len(plan.steps), 'step')} in {_count(len(plan.phases), 'phase')}, about {days(plan.effort)}"
    )
    if plan.starts_at.score is None:
        return f"The action plan has {effort}."
    return (
        f"The action plan leads from {grade_words(plan.starts_at)} to {grade_words(plan.leads_to)}: {effort}."
    )


def _first(matrix: Iterable[MatrixGroup]) -> tuple[Need, ...]:
    return tuple(need for group in matrix for need in group.needs)[:NAMED]


def _word(words: tuple[tuple[int, str], ...], percent: Fraction | None) -> str:
    return next(text for bound, text in words if (percent or 0) >= bound)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _listed(names: Iterable[str], limit: int = NAMED) -> str:
    shown = list(names)[:limit]
    return shown[0] if len(shown) == 1 else ", ".join(shown[:-1]) + " and " + shown[-1]
