"""Recording assessments: once, with flips and their causes, so that pages always show what HEAD is."""

from datetime import timedelta
from decimal import Decimal

import pytest

from assessments.choices import Cause, Origin, Outcome
from assessments.models import Assessment, ChecklistItem, Repository, VerdictChange
from assessments.services.assess import input_digest, record_assessment, verdicts_of
from assessments.services.rulesets import built
from scanners.facts import Evidence, Problem
from tests import factories
from tests.factories import NOW

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(days=1)
NEXT = "b" * 40


@pytest.fixture
def repository() -> Repository:
    return factories.repository()


def test_a_first_assessment_holds_grade_vector_and_checklist(repository: Repository) -> None:
    made = factories.assessment(repository, {"testing.unit": "fail", "testing.e2e": "unknown"})
    _, standard = built(made.ruleset)
    repository.refresh_from_db()
    assert made.letter == repository.letter == "A+"
    assert made.score == repository.score and Decimal(90) < made.score < Decimal(100)
    assert len(made.verdicts) == len(standard.items) == 100
    verdicts = verdicts_of(made, standard)
    assert (verdicts["testing.unit"], verdicts["testing.e2e"]) == ("fail", "unknown")
    row = ChecklistItem.objects.get(repository=repository, item="testing.unit")
    assert row.outcome == Outcome.FAIL
    assert row.evidence == [
        {"path": "app/main.py", "line": 3, "excerpt": "app = FastAPI()", "strength": "strong", "note": ""}
    ]
    assert row.since == row.measured_at == NOW
    assert not VerdictChange.objects.exists()


def test_recording_the_same_twice_gives_the_same_row(repository: Repository) -> None:
    first = factories.assessment(repository)
    assert factories.assessment(repository, now=LATER) == first
    assert Assessment.objects.count() == 1
    assert not VerdictChange.objects.exists()


def test_a_flip_is_recorded_with_its_cause(repository: Repository) -> None:
    factories.assessment(repository)
    made = factories.assessment(repository, {"testing.unit": "fail"}, commit=NEXT, now=LATER)
    change = VerdictChange.objects.get()
    assert (change.item, change.before, change.after, change.cause) == (
        "testing.unit",
        "pass",
        "fail",
        Cause.CODE,
    )
    assert (change.assessment, change.at) == (made, LATER)
    rows = {row.item: row for row in repository.checklist.all()}
    assert rows["testing.unit"].since == LATER
    assert rows["testing.e2e"].since == NOW
    assert rows["testing.e2e"].measured_at == LATER


def test_files_that_could_not_be_read_are_the_cause_of_what_flips_then_and_back(
    repository: Repository,
) -> None:
    factories.assessment(repository)
    factories.assessment(
        repository,
        {"testing.unit": "unknown"},
        complete=False,
        problems=(Problem("a.py", "object.missing", "The file is missing."),),
        now=LATER,
    )
    factories.assessment(repository, {}, commit=NEXT, now=LATER + timedelta(days=1))
    assert list(VerdictChange.objects.order_by("pk").values_list("after", "cause")) == [
        ("unknown", Cause.MEASUREMENT),
        ("pass", Cause.MEASUREMENT),
    ]


def test_an_override_is_the_cause_of_what_it_flips(repository: Repository) -> None:
    factories.assessment(repository)
    repository.profile_override = {"has_users": False}
    repository.save(update_fields=["profile_override"])
    factories.assessment(repository, {"auth.rbac": "not_applicable"}, now=LATER)
    assert [c.cause for c in VerdictChange.objects.all()] == [Cause.OVERRIDE]


def test_a_commit_that_comes_back_brings_its_verdicts_back(repository: Repository) -> None:
    first = factories.assessment(repository)
    factories.assessment(repository, {"testing.unit": "fail"}, commit=NEXT, now=LATER)
    again = factories.assessment(repository, now=LATER + timedelta(days=1))
    assert again == first
    assert Assessment.objects.count() == 2
    assert repository.checklist.get(item="testing.unit").outcome == Outcome.PASS
    assert list(VerdictChange.objects.order_by("pk").values_list("before", "after")) == [
        ("pass", "fail"),
        ("fail", "pass"),
    ]
    repository.refresh_from_db()
    assert repository.score == first.score
    assert repository.current == first


def test_nothing_known_gives_no_grade(repository: Repository) -> None:
    made = factories.assessment(repository, default="unknown")
    repository.refresh_from_db()
    assert (made.letter, made.score) == ("", None)
    assert (repository.letter, repository.score) == ("", None)


def test_a_score_just_below_a_bound_is_not_rounded_up_to_it(repository: Repository) -> None:
    _, standard = built(factories.ruleset())
    production = [item.id for item in standard.items if item.tier == "production"]
    made = factories.assessment(repository, dict.fromkeys(production[:3], "fail"))
    exact = 60 + 40 * (len(production) - 3) / len(production)
    assert made.score is not None
    assert 0 <= exact - float(made.score) < 0.000_002


def test_an_item_without_a_verdict_is_unknown(repository: Repository) -> None:
    result = factories.result()
    short = factories.result(verdicts=None)
    object.__setattr__(short, "verdicts", result.verdicts[1:])
    record_assessment(
        repository=repository, version=factories.ruleset(), result=short, origin=Origin.SCAN, now=NOW
    )
    row = repository.checklist.get(item=result.verdicts[0].item)
    assert (row.outcome, row.evidence) == (Outcome.UNKNOWN, [])


def test_the_input_digest_depends_on_overrides_and_completeness_only() -> None:
    assert input_digest({"a": 1, "b": 2}, True) == input_digest({"b": 2, "a": 1}, True)
    assert (
        len({input_digest({}, True), input_digest({}, False), input_digest({"kind": "library"}, True)}) == 3
    )


def test_odd_bytes_in_paths_reach_the_checklist(repository: Repository) -> None:
    odd = Evidence(b"src/\xff.py".decode("utf-8", "surrogateescape"), 1, "x \x00 y \udcff")
    factories.assessment(repository, evidence=(odd,))
    row = repository.checklist.first()
    assert row is not None
    assert (row.evidence[0]["path"], row.evidence[0]["excerpt"]) == ("src/\\xff.py", "x \\x00 y \\xff")
