"""Verdicts that stand in for a measurement that failed: the pure rule, and what is recorded by it."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assessments.choices import Cause, Outcome
from assessments.models import Assessment, ChecklistItem, Repository, VerdictChange
from assessments.selectors.reports import report_of_assessment
from assessments.services.assess import record_assessment
from assessments.staleness import CARRIED_FOR, Known, carried
from scanners.facts import Problem
from scanners.scan import ScanResult
from scanners.verdicts import UNREAD, Verdict
from tests import factories
from tests.factories import NOW

OUTCOMES = st.sampled_from(["pass", "fail", "not_applicable", "unknown"])
ITEM = "testing.unit"


def test_an_unread_unknown_carries_the_verdict_before_it_for_thirty_days() -> None:
    known = {ITEM: Known("fail", NOW)}
    assert carried({ITEM: "unknown"}, {ITEM}, known, NOW + CARRIED_FOR) == {ITEM: "fail"}
    assert carried({ITEM: "unknown"}, {ITEM}, known, NOW + CARRIED_FOR + timedelta(seconds=1)) == {}


def test_a_considered_unknown_carries_nothing() -> None:
    assert carried({ITEM: "unknown"}, set(), {ITEM: Known("fail", NOW)}, NOW) == {}


@given(
    st.dictionaries(st.sampled_from("abcd"), OUTCOMES),
    st.sets(st.sampled_from("abcd")),
    st.dictionaries(st.sampled_from("abcd"), st.tuples(OUTCOMES, st.integers(0, 60))),
)
def test_only_unread_unknowns_are_stood_in_for_and_never_by_an_unknown(
    outcomes: dict[str, str], unread: set[str], before: dict[str, tuple[str, int]]
) -> None:
    known = {item: Known(outcome, NOW - timedelta(days=days)) for item, (outcome, days) in before.items()}
    found = carried(outcomes, unread, known, NOW)
    assert set(found) <= unread & set(outcomes) & set(before)
    for item, outcome in found.items():
        assert outcomes[item] == "unknown"
        assert outcome == before[item][0] != "unknown"
        assert before[item][1] <= 30


def unread(*items: str, commit: str = "b" * 40, complete: bool = False, **changes: Any) -> ScanResult:
    """A result in which these items could not be decided, since a file could not be read."""
    made = factories.result(
        dict.fromkeys(items, "unknown"),
        commit=commit,
        complete=complete,
        problems=(Problem("a.py", "object.missing", "The file is missing."),),
        **changes,
    )
    verdicts = tuple(
        Verdict(v.item, "unknown", reason=UNREAD, confidence="weak") if v.item in items else v
        for v in made.verdicts
    )
    object.__setattr__(made, "verdicts", verdicts)
    return made


def record(repository: Repository, result: ScanResult, days: float) -> Assessment:
    repository.refresh_from_db()
    moment = NOW + timedelta(days=days)
    version = factories.ruleset()
    return record_assessment(
        repository=repository,
        version=version,
        result=result,
        origin="scan",
        now=moment,  # type: ignore[arg-type]
    )


@pytest.fixture
def repository(db: None) -> Repository:
    repository = factories.repository()
    factories.assessment(repository, {ITEM: "fail"})
    return repository


def row_of(repository: Repository) -> ChecklistItem:
    return repository.checklist.get(item=ITEM)


def test_a_measurement_that_failed_leaves_verdict_grade_and_evidence_standing(repository: Repository) -> None:
    repository.refresh_from_db()
    before, score = row_of(repository), repository.score
    made = record(repository, unread(ITEM), 10)
    row = row_of(repository)
    assert (row.outcome, row.stale, row.measured_at) == (Outcome.FAIL, True, NOW)
    assert row.evidence == before.evidence and row.since == before.since
    repository.refresh_from_db()
    assert (repository.current, repository.score) == (made, score)
    assert not VerdictChange.objects.exists()
    shown = {one.item.id: one for one in report_of_assessment(repository, made).items}
    assert shown[ITEM].stale and not shown["testing.e2e"].stale


def test_after_thirty_days_the_unknown_is_admitted(repository: Repository) -> None:
    first = record(repository, unread(ITEM), 10)
    assert record(repository, unread(ITEM), 30) == first
    last = record(repository, unread(ITEM), 31)
    assert last != first
    row = row_of(repository)
    assert (row.outcome, row.stale) == (Outcome.UNKNOWN, False)
    assert [c.cause for c in VerdictChange.objects.all()] == [Cause.MEASUREMENT]


def test_a_look_that_found_nothing_changed_confirms_the_verdict(repository: Repository) -> None:
    Repository.objects.filter(pk=repository.pk).update(judged_at=NOW + timedelta(days=60))
    record(repository, unread(ITEM), 61)
    row = row_of(repository)
    assert (row.outcome, row.stale, row.measured_at) == (Outcome.FAIL, True, NOW + timedelta(days=60))


def test_a_measurement_that_succeeds_ends_it(repository: Repository) -> None:
    record(repository, unread(ITEM), 1)
    record(repository, factories.result({ITEM: "pass"}, commit="c" * 40), 2)
    row = row_of(repository)
    assert (row.outcome, row.stale) == (Outcome.PASS, False)
    assert [c.cause for c in VerdictChange.objects.all()] == [Cause.CODE]


def test_a_considered_unknown_replaces_the_verdict(repository: Repository) -> None:
    record(repository, unread(ITEM, complete=True), 1)
    assert (row_of(repository).outcome, row_of(repository).stale) == (Outcome.UNKNOWN, False)


def test_the_first_measurement_has_nothing_to_carry(db: None) -> None:
    repository = factories.repository()
    record(repository, unread(ITEM), 0)
    assert (row_of(repository).outcome, row_of(repository).stale) == (Outcome.UNKNOWN, False)
