"""Where the repositories of a plan stand, and what steps are worth to them."""

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction

from assessments.grading import band, grade, points_of
from assessments.matrix import find_needs
from assessments.optimise import working_order
from assessments.selectors.plan_models import Standing
from assessments.standard import Standard


class Judged:
    """The verdicts of the subject's repositories, and the grades that steps in them lead to.

    Turning fails into passes changes no denominator, so points add up and no grade is calculated twice.
    """

    def __init__(self, standard: Standard, verdicts: Mapping[str, Mapping[str, str]], is_team: bool) -> None:
        self.standard = standard
        self.verdicts = verdicts
        self.is_team = is_team
        self.points = {slug: points_of(standard, one) for slug, one in verdicts.items()}
        grades = {slug: grade(standard, one).score for slug, one in verdicts.items()}
        self.scores = {slug: score for slug, score in grades.items() if score is not None}
        self.failing = {
            slug: {need.initiative.id: need.failing for need in find_needs(standard, one)}
            for slug, one in verdicts.items()
        }
        self.initiatives = {one.id: one for one in standard.initiatives}
        self.order = working_order(standard)

    def standing(self, done: Mapping[str, set[str]]) -> Standing:
        """The grade once these items pass, by repository."""
        scores = []
        for slug, score in self.scores.items():
            mended = (item for item in done.get(slug, ()) if self.verdicts[slug].get(item) == "fail")
            scores.append(
                score + sum((self.points[slug].get(item, Fraction(0)) for item in mended), Fraction(0))
            )
        if not scores:
            return Standing("", None)
        mean = sum(scores, Fraction(0)) / len(scores)
        lowest = band(self.standard, min(scores))[0] if self.is_team else ""
        return Standing(band(self.standard, mean)[0], mean, lowest)

    def worth(self, slug: str, items: Iterable[str]) -> Fraction:
        """Points that these items are worth: for the repository, or for the mean of the team."""
        if slug not in self.scores:
            return Fraction(0)
        found = sum((self.points[slug].get(item, Fraction(0)) for item in items), Fraction(0))
        return found / len(self.scores) if self.is_team else found

    def effort(self, initiative: str, items: Sequence[str]) -> Fraction:
        one = self.initiatives.get(initiative)
        return one.effort * len(items) / len(one.items) if one else Fraction(0)
