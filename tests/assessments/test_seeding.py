"""A made-up fleet is graded as a real one would be, the same for the same seed, and never mixed with real rows."""

from fractions import Fraction

import pytest
from django.core.management import CommandError, call_command

from assessments.grading import area_stars, grade
from assessments.models import Assessment, ChecklistItem, Mirror, Repository, Team, TeamDay, VerdictChange
from assessments.services.assess import verdicts_of
from assessments.services.rulesets import built
from assessments.services.seeding import seed_fleet
from tests import factories

pytestmark = pytest.mark.django_db


def seeded(seed: int = 1) -> None:
    seed_fleet(
        version=factories.ruleset(),
        repositories=12,
        teams=3,
        days=20,
        activity=0.4,
        seed=seed,
        now=factories.NOW,
    )


def test_scores_letters_and_stars_are_those_of_the_formulas() -> None:
    seeded()
    _, standard = built(factories.ruleset())
    assert Repository.objects.count() == 12 and Team.objects.count() == 3
    for repository in Repository.objects.select_related("current"):
        current = repository.current
        assert current is not None and repository.letter == current.letter
        verdicts = verdicts_of(current, standard)
        graded = grade(standard, verdicts)
        assert graded.letter == current.letter and graded.score is not None
        assert 0 <= graded.score - Fraction(current.score or 0) < Fraction(1, 10**6)  # cut to six places
        assert current.stars == {area.id: area.stars for area in area_stars(standard, verdicts)}
        kept = {row.item: row.outcome for row in ChecklistItem.objects.filter(repository=repository)}
        assert kept == verdicts


def test_flips_explain_the_vectors() -> None:
    seeded()
    _, standard = built(factories.ruleset())
    for repository in Repository.objects.all():
        history = list(repository.assessments.order_by("judged_at"))
        state = verdicts_of(history[0], standard)
        for assessment in history[1:]:
            for change in VerdictChange.objects.filter(assessment=assessment).order_by("pk"):
                assert state[change.item] == change.before
                state[change.item] = change.after
            assert state == verdicts_of(assessment, standard)


def test_days_are_rolled_up_and_rows_can_follow() -> None:
    seeded()
    assert TeamDay.objects.filter(team=None).count() == 21
    assert TeamDay.objects.filter(team=None).latest("day").repositories == 12
    factories.assessment(factories.repository())
    assert Repository.objects.count() == 13


def test_the_same_seed_gives_the_same_fleet() -> None:
    seeded()
    first = list(Assessment.objects.order_by("pk").values_list("verdicts", "score"))
    Repository.objects.update(current=None)
    Repository.objects.all().delete()
    Mirror.objects.all().delete()
    Team.objects.all().delete()
    TeamDay.objects.all().delete()
    seeded()
    assert list(Assessment.objects.order_by("pk").values_list("verdicts", "score")) == first


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"teams": 0}, "seed.teams"),
        ({"teams": 9, "repositories": 3}, "seed.teams"),
        ({"days": -1}, "seed.range"),
        ({"activity": 1.5}, "seed.range"),
    ],
)
def test_figures_that_make_no_fleet_are_refused(options: dict[str, float], error: str) -> None:
    with pytest.raises(CommandError, match=error):
        call_command("seed_fleet", **options)
    assert not Repository.objects.exists()


def test_real_repositories_are_never_mixed_with_made_up_ones() -> None:
    factories.ruleset()
    factories.repository()
    with pytest.raises(CommandError, match="seed.not-empty"):
        call_command("seed_fleet", repositories=3, teams=1, days=1)
    assert Repository.objects.count() == 1
