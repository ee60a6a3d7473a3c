"""Work on the past: backfill, closer looks and the commits behind flips, on real repositories."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from assessments.choices import Cause, Origin, PastWork, WorkState
from assessments.models import (
    Assessment,
    AuditEvent,
    HistoryRequest,
    Notification,
    Repository,
    TeamDay,
    VerdictChange,
)
from assessments.services import backfill as backfills
from assessments.services import past
from assessments.services.assess import input_digest, record_assessment
from assessments.services.backfill import cancel_backfill, request_backfill
from assessments.services.comparing import inputs_of, request_closer_look, state_of
from assessments.services.origins import request_origins, request_team_origins
from assessments.services.rulesets import from_text, to_text
from assessments.tasks import work_on_the_past
from scanners.errors import LimitError, ScanError
from scanners.scan import scan
from scanners.tree import RepoTree
from tests import factories
from tests.trees import git, loose_object
from tests.trees import repository as working_copy

pytestmark = pytest.mark.django_db
README = """# Orders

Orders takes what customers want to buy, keeps it, and tells the warehouse about it. It serves an interface over HTTP
and keeps its data in PostgreSQL, so that no order is ever lost, whatever happens to the machine that took it.

## Getting started

Install it and run the server on your own machine:

```sh
pip install -r requirements.txt
python app.py
```

Then open http://localhost:8000 in a browser.

## Configuration

- `DATABASE_URL` names the database.
- `WAREHOUSE_URL` names the warehouse that is told of orders.
- `LOG_LEVEL` says how much is written to the log.

## Tests

Run them all with pytest. They need a database, and nothing else.
"""


@pytest.fixture(autouse=True)
def queued(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Work that would go before the workers, by its number."""
    asked: list[int] = []
    monkeypatch.setattr(past, "enqueue", lambda work, **_: asked.append(work.pk))
    return asked


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Path]:
    yield working_copy(tmp_path / "orders")


def commit_on(path: Path, day: datetime, files: dict[str, str], message: str = "Change") -> str:
    for name, content in files.items():
        file = path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content)
    git(path, "add", "--all")
    stamp = f"@{int(day.timestamp())} +0000"
    old = os.environ.get("GIT_COMMITTER_DATE")
    from tests import trees

    before = dict(trees._ENV)
    trees._ENV.update(GIT_COMMITTER_DATE=stamp, GIT_AUTHOR_DATE=stamp)
    try:
        git(path, "commit", "--quiet", "--allow-empty", f"--message={message}")
    finally:
        trees._ENV.clear()
        trees._ENV.update(before)
    assert old == os.environ.get("GIT_COMMITTER_DATE")
    return git(path, "rev-parse", "HEAD")


def months_ago(number: int) -> datetime:
    """The middle of the month that was so many months ago."""
    now = timezone.now()
    month = now.year * 12 + now.month - 1 - number
    return datetime(month // 12, month % 12 + 1, 15, 12, tzinfo=UTC)


def registered(path: Path, **changes: Any) -> Repository:
    return factories.repository(mirror=factories.mirror(str(path)), **changes)


def judged_now(of: Repository, path: Path, commit: str, when: datetime | None = None) -> Assessment:
    """The commit as a scan records it."""
    version = factories.ruleset()
    from assessments.services.rulesets import built

    tree = RepoTree.open(path / ".git", commit, root=of.root)
    try:
        result = scan(tree, built(version)[0])
    finally:
        tree.close()
    made = record_assessment(
        repository=of, version=version, result=result, origin=Origin.SCAN, now=when or timezone.now()
    )
    of.refresh_from_db()
    return made


@pytest.fixture
def orders(place: Path) -> Repository:
    """A repository of five months with a README from the third on, judged today."""
    for number in (5, 4, 3):
        commit_on(place, months_ago(number), {"app.py": f"x = {number}\n"})
    commit_on(place, months_ago(2), {"README.md": README}, "Write a README")
    head = commit_on(place, months_ago(1), {"app.py": "x = 1\n"})
    made = registered(place)
    judged_now(made, place, head)
    return made


def carried_out(work: HistoryRequest) -> HistoryRequest:
    work_on_the_past(work.pk)
    work.refresh_from_db()
    return work


def points(of: Repository) -> list[Assessment]:
    return list(of.assessments.filter(origin=Origin.BACKFILL).order_by("-as_of"))


def test_a_backfill_judges_the_months_before_and_leaves_today_alone(orders: Repository) -> None:
    current, change = orders.current, VerdictChange.objects.count()
    checklist = list(orders.checklist.order_by("pk").values_list("item", "outcome", "measured_at"))
    work = carried_out(request_backfill(repository=orders, requested_by=None))
    assert (work.state, work.done, work.total, work.result["recorded"]) == (WorkState.DONE, 4, 4, 4)
    found = points(orders)
    assert [one.as_of for one in found] == [months_ago(number) for number in (2, 3, 4, 5)]
    assert [one.pk for one in found] == sorted(one.pk for one in found)  # the newest was judged first
    orders.refresh_from_db()
    assert (orders.current, VerdictChange.objects.count(), Notification.objects.count()) == (
        current,
        change,
        0,
    )
    assert list(orders.checklist.order_by("pk").values_list("item", "outcome", "measured_at")) == checklist
    assert len(orders.sparkline) == 5
    assert TeamDay.objects.filter(team=orders.team, day=months_ago(4).date(), graded=1).exists()
    assert current is not None and found[0].score == current.score != found[1].score


def test_a_second_backfill_finds_nothing_left_to_judge(orders: Repository) -> None:
    carried_out(request_backfill(repository=orders, requested_by=None))
    again = carried_out(request_backfill(repository=orders, requested_by=None))
    assert (again.state, again.done, again.result["recorded"]) == (WorkState.DONE, 4, 0)
    assert len(points(orders)) == 4


def test_the_budget_keeps_the_newest_points(orders: Repository) -> None:
    work = carried_out(request_backfill(repository=orders, requested_by=None, max_commits=2))
    assert [one.as_of for one in points(orders)] == [months_ago(2), months_ago(3)]
    assert "2 older points were left out" in work.result["notes"][0]


def test_time_that_is_used_up_ends_it_with_what_is_there(
    orders: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backfills, "BATCH_SECONDS", 0.0)
    work = request_backfill(repository=orders, requested_by=None)
    HistoryRequest.objects.filter(pk=work.pk).update(seconds=10**6)
    work = carried_out(work)
    assert (work.state, points(orders)) == (WorkState.DONE, [])
    assert "was used up: 4 older points" in work.result["notes"][0]


def test_it_gives_others_their_turn_and_goes_on(
    orders: Repository, monkeypatch: pytest.MonkeyPatch, queued: list[int]
) -> None:
    monkeypatch.setattr(backfills, "BATCH_SECONDS", 0.0)
    monkeypatch.setattr(backfills, "SLICE_SECONDS", 0.0)
    work = request_backfill(repository=orders, requested_by=None)
    work = carried_out(work)
    assert work.state == WorkState.QUEUED and queued[-1] == work.pk
    monkeypatch.setattr(backfills, "SLICE_SECONDS", 60.0)
    assert carried_out(work).state == WorkState.DONE
    assert len(points(orders)) == 4


def test_a_killed_worker_costs_one_point_twice_and_then_leaves_it_out(
    orders: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    deadly = git(Path(orders.mirror.url), "rev-parse", "HEAD~2")
    real = backfills.apart

    def dying(work: HistoryRequest, do: Any) -> Any:
        if HistoryRequest.objects.get(pk=work.pk).result.get("at") == deadly:
            raise KeyboardInterrupt  # as good as SIGKILL: nothing more is written
        return real(work, do)

    monkeypatch.setattr(backfills, "BATCH_SECONDS", 0.0)
    monkeypatch.setattr(backfills, "apart", dying)
    work = request_backfill(repository=orders, requested_by=None)
    for _ in range(2):
        HistoryRequest.objects.filter(pk=work.pk, attempts=0).update(attempts=0)
        with pytest.raises(KeyboardInterrupt):
            work_on_the_past(work.pk)
        assert past.recover_work(now=timezone.now() + past.LEASE * 2) == 1
    work = carried_out(work)
    assert work.state == WorkState.DONE
    assert [one["commit"] for one in work.result["skipped"]] == [deadly]
    assert len(points(orders)) == 3


def test_work_that_is_killed_again_and_again_is_given_up(orders: Repository) -> None:
    work = request_backfill(repository=orders, requested_by=None)
    for _ in range(past.MAX_ATTEMPTS):
        assert past.claim_work(work_id=work.pk)
        past.recover_work(now=timezone.now() + timedelta(hours=2))
    work.refresh_from_db()
    assert (work.state, work.error_id) == (WorkState.FAILED, "past.killed")


def test_leases_of_work_do_not_go_by_the_clock_of_a_host(orders: Repository) -> None:
    real = timezone.now()
    work = request_backfill(repository=orders, requested_by=None)
    with patch("django.utils.timezone.now", return_value=real - timedelta(days=1)):
        mine = past.claim_work(work_id=work.pk)
        assert mine is not None and mine.lease_until is not None and mine.lease_until > real
        past.progress(mine, done=1)
    mine.refresh_from_db()
    assert mine.lease_until is not None and mine.lease_until > real


def test_a_lease_of_work_by_a_clock_that_was_ahead_ends_all_the_same(
    orders: Repository, queued: list[int]
) -> None:
    work = request_backfill(repository=orders, requested_by=None)
    now = timezone.now()
    assert past.claim_work(work_id=work.pk, now=now + timedelta(days=1))
    assert past.recover_work(now=now) == 0
    assert past.recover_work(now=now + past.LEASE + timedelta(seconds=1)) == 1
    assert queued == [work.pk]


def test_work_that_was_asked_for_at_a_time_that_never_came_is_sent_again(
    orders: Repository, queued: list[int]
) -> None:
    work = request_backfill(repository=orders, requested_by=None)
    HistoryRequest.objects.filter(pk=work.pk).update(requested_at=timezone.now() + timedelta(days=1))
    assert past.recover_work() == 0
    assert queued == [work.pk]


def test_at_start_nobody_waits_for_a_lease(orders: Repository, queued: list[int]) -> None:
    work = request_backfill(repository=orders, requested_by=None)
    assert past.claim_work(work_id=work.pk) and past.claim_work(work_id=work.pk) is None
    assert past.recover_work(at_start=True) == 1
    assert queued == [work.pk]


def test_a_commit_that_cannot_be_judged_is_left_out_with_its_reason(
    orders: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = Path(orders.mirror.url)
    tree = git(place, "rev-parse", "HEAD~3^{tree}")
    loose_object(place, tree).unlink()
    work = carried_out(request_backfill(repository=orders, requested_by=None))
    (skipped,) = work.result["skipped"]
    assert (skipped["commit"], skipped["id"]) == (git(place, "rev-parse", "HEAD~3"), "git.corrupt")
    assert work.state == WorkState.DONE and len(points(orders)) == 3


def test_missing_files_are_judged_with_what_is_there(orders: Repository) -> None:
    place = Path(orders.mirror.url)
    loose_object(place, git(place, "rev-parse", "HEAD~2:app.py")).unlink()
    carried_out(request_backfill(repository=orders, requested_by=None))
    assert [one.complete for one in points(orders)].count(False) >= 1
    assert len(points(orders)) == 4


def test_a_child_that_takes_too_much_is_tried_commit_by_commit(
    orders: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, tried = backfills.apart, []

    def limited(work: HistoryRequest, do: Any) -> Any:
        commits = do.args[1]
        tried.append(len(commits))
        if git(Path(orders.mirror.url), "rev-parse", "HEAD~2") in commits:
            raise LimitError(
                "scan.memory-limit", "The scan took more memory than it may.", fault="repository"
            )
        return real(work, do)

    monkeypatch.setattr(backfills, "apart", limited)
    work = carried_out(request_backfill(repository=orders, requested_by=None))
    assert tried == [4, 1, 1, 1, 1]
    assert [one["id"] for one in work.result["skipped"]] == ["scan.memory-limit"]
    assert len(points(orders)) == 3


def test_cancelling_stops_it_and_keeps_what_was_judged(
    orders: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = backfills.apart

    def cancelled(work: HistoryRequest, do: Any) -> Any:
        said = real(work, do)
        if points(orders):
            assert cancel_backfill(repository=orders)
        return said

    monkeypatch.setattr(backfills, "BATCH_SECONDS", 0.0)
    monkeypatch.setattr(backfills, "apart", cancelled)
    work = carried_out(request_backfill(repository=orders, requested_by=None))
    assert work.state == WorkState.CANCELLED
    assert list(AuditEvent.objects.order_by("pk").values_list("action", flat=True)) == [
        "backfill.asked",
        "backfill.cancelled",
    ]
    orders.refresh_from_db()
    assert len(orders.sparkline) > 1
    assert 1 <= len(points(orders)) <= 2
    assert not cancel_backfill(repository=orders)


def test_dates_of_1970_and_of_the_future_take_a_place_in_between(place: Path) -> None:
    commit_on(place, months_ago(4), {"app.py": "x = 4\n"})
    commit_on(place, datetime(1970, 1, 1, tzinfo=UTC), {"app.py": "x = 3\n"})
    commit_on(place, datetime(2090, 1, 1, tzinfo=UTC), {"app.py": "x = 2\n"})
    head = commit_on(place, months_ago(1), {"app.py": "x = 1\n"})
    repository = registered(place)
    judged_now(repository, place, head)
    carried_out(request_backfill(repository=repository, requested_by=None))
    (point,) = points(repository)
    assert (point.commit, point.as_of) == (git(place, "rev-parse", "HEAD~1"), months_ago(4))


def test_a_rewritten_history_is_judged_as_it_is_now(orders: Repository) -> None:
    place = Path(orders.mirror.url)
    assert orders.current is not None
    Assessment.objects.filter(pk=orders.current_id).update(commit="e" * 40)
    orders.refresh_from_db()
    work = carried_out(request_backfill(repository=orders, requested_by=None))
    assert "history was rewritten" in work.result["notes"][0]
    assert len(points(orders)) == 4
    assert place.exists()


def test_a_shallow_copy_says_which_months_it_lacks(orders: Repository, tmp_path: Path) -> None:
    shallow = tmp_path / "shallow"
    git(tmp_path, "clone", "--quiet", "--bare", "--depth=2", Path(orders.mirror.url).as_uri(), str(shallow))
    repository = registered(shallow)
    assert orders.current is not None
    factories.assessment(repository, commit=orders.current.commit, now=timezone.now())
    repository.refresh_from_db()
    work = carried_out(request_backfill(repository=repository, requested_by=None))
    assert "shallow" in work.result["notes"][0]
    assert len(points(repository)) == 1
    assert {one["reason"] for one in work.result["skipped"]} == {
        "The mirror does not hold the history of that time."
    }


def test_a_folder_that_did_not_exist_then_is_no_point(place: Path) -> None:
    commit_on(place, months_ago(3), {"app.py": "x = 3\n"})
    git(place, "mv", "app.py", "main.py")
    commit_on(place, months_ago(2), {"Api/app.py": "x = 2\n"})
    git(place, "mv", "Api", "other")
    git(place, "mv", "other", "api")
    head = commit_on(place, months_ago(1), {"api/app.py": "x = 1\n"})
    repository = registered(place, root="api")
    judged_now(repository, place, head)
    work = carried_out(request_backfill(repository=repository, requested_by=None))
    assert {one["id"] for one in work.result["skipped"]} == {"path.not-found"}
    assert len(work.result["skipped"]) == 2 and points(repository) == []


def test_months_that_scans_cover_are_not_judged_again(orders: Repository) -> None:
    Assessment.objects.filter(repository=orders).update(judged_at=months_ago(3) + timedelta(days=1))
    carried_out(request_backfill(repository=orders, requested_by=None))
    assert [one.as_of for one in points(orders)] == [months_ago(3), months_ago(4), months_ago(5)]


def test_what_older_rules_judged_is_judged_again_on_request(orders: Repository) -> None:
    from copy import copy

    from assessments.models import RulesetVersion

    newer = copy(factories.ruleset())
    RulesetVersion.objects.update(current=False)
    newer.pk, newer.version, newer.current = None, "next", True
    newer.save(force_insert=True)
    assert orders.current is not None
    work = carried_out(request_backfill(repository=orders, requested_by=None, rejudge=True))
    assert work.state == WorkState.DONE
    (point,) = points(orders)
    assert (point.commit, point.ruleset.version, point.as_of) == (
        orders.current.commit,
        "next",
        orders.current.as_of,
    )


def test_a_point_that_a_scan_finds_again_stands_from_then(orders: Repository) -> None:
    carried_out(request_backfill(repository=orders, requested_by=None))
    old = points(orders)[0]
    stands = judged_now(orders, Path(orders.mirror.url), old.commit)
    assert (stands.pk, stands.origin) == (old.pk, Origin.SCAN)
    assert orders.current == stands and stands.judged_at > old.judged_at


@pytest.mark.parametrize(
    ("asked", "id"),
    [
        ({"interval": "day"}, "backfill.interval-unknown"),
        ({"months": 0}, "backfill.months"),
        ({"months": 999}, "backfill.months"),
    ],
)
def test_what_is_no_backfill_is_refused(orders: Repository, asked: dict[str, Any], id: str) -> None:
    with pytest.raises(ScanError) as caught:
        request_backfill(repository=orders, requested_by=None, **asked)
    assert caught.value.id == id


def test_a_repository_without_an_assessment_has_no_past_yet() -> None:
    with pytest.raises(ScanError) as caught:
        request_backfill(repository=factories.repository(), requested_by=None)
    assert caught.value.id == "backfill.not-judged"


def test_the_command_does_it_here_or_queues_it(
    orders: Repository,
    queued: list[int],
    capsys: pytest.CaptureFixture[str],
    django_capture_on_commit_callbacks: Any,
) -> None:
    call_command("backfill", orders.slug, "--months", "3", "--here")
    said = capsys.readouterr().out
    assert said.startswith(f"{orders.slug}: 2 of 2 points in ")
    assert not queued
    with django_capture_on_commit_callbacks(execute=True):
        call_command("backfill", "--all")
    assert len(queued) == 1
    for wrong in (["nobody"], [], [orders.slug, "--all"]):
        with pytest.raises(CommandError):
            call_command("backfill", *wrong)


@pytest.fixture
def flipped(place: Path) -> tuple[Repository, str]:
    """Two scans with five commits in between, one of which brought the README; and that commit."""
    first = commit_on(place, months_ago(3), {"app.py": "x = 0\n"})
    repository = registered(place)
    judged_now(repository, place, first, timezone.now() - timedelta(days=9))
    commit_on(place, months_ago(3), {"app.py": "x = 1\n"})
    made = commit_on(place, months_ago(2), {"README.md": README}, "Write a README")
    for number in range(3):
        head = commit_on(place, months_ago(1), {"app.py": f"x = 1{number}\n"})
    judged_now(repository, place, head, timezone.now() - timedelta(days=1))
    return repository, made


def test_the_commit_behind_a_flip_is_found_and_kept(flipped: tuple[Repository, str]) -> None:
    repository, made = flipped
    change = VerdictChange.objects.get(repository=repository, item="documentation.readme")
    assert (change.before, change.after, change.cause) == ("fail", "pass", Cause.CODE)
    work = carried_out(request_origins(repository=repository, requested_by=None, change=change.pk))
    assert (work.state, work.done) == (WorkState.DONE, 1)
    change.refresh_from_db()
    assert change.origin == {
        "commit": made,
        "at": months_ago(2).isoformat(),
        "author": "Ann Author",
        "subject": "Write a README",
        "note": "",
    }


def test_a_teams_month_is_searched_at_once(flipped: tuple[Repository, str]) -> None:
    repository, made = flipped
    quiet = factories.repository(team=repository.team)
    person = factories.member(repository.team)
    assert request_team_origins(repositories=[repository, quiet], requested_by=person) == 1
    work = carried_out(HistoryRequest.objects.get(kind=PastWork.ORIGIN))
    assert work.state == WorkState.DONE and work.done == work.total >= 1
    assert not VerdictChange.objects.filter(origin={}).exists()
    assert request_team_origins(repositories=[repository], requested_by=person) == 0


def test_a_history_rewritten_in_between_is_said_and_not_guessed(flipped: tuple[Repository, str]) -> None:
    repository, _ = flipped
    Assessment.objects.exclude(pk=repository.current_id).update(commit="e" * 40)
    carried_out(request_origins(repository=repository, requested_by=None))
    notes = {change.origin["note"] for change in VerdictChange.objects.all()}
    assert notes == {"The mirror does not hold eeeeeeee: history was rewritten."}


def test_a_closer_look_tells_evidence_and_causes(flipped: tuple[Repository, str]) -> None:
    repository, _ = flipped
    before, after = repository.assessments.order_by("judged_at")
    work = carried_out(
        request_closer_look(repository=repository, before=before, after=after, requested_by=None)
    )
    assert work.state == WorkState.DONE
    assert work.result["evidence"]["documentation.readme"]["gained"][0]["path"] == "README.md"
    assert work.result["between"] == [] and work.result["differs"] == []


def test_a_closer_look_judges_the_old_commit_by_the_new_rules(flipped: tuple[Repository, str]) -> None:
    from assessments.comparison import compare
    from assessments.models import RulesetVersion
    from assessments.services.comparing import between_of
    from assessments.services.rulesets import _BUILT

    repository, _ = flipped
    newer = RulesetVersion.objects.get()
    newer.pk, newer.version = None, "next"
    newer.document = to_text({**from_text(newer.document), "version": "next"})
    newer.digest, newer.current = "next", False
    newer.save(force_insert=True)
    before, after = repository.assessments.order_by("judged_at")
    Assessment.objects.filter(pk=after.pk).update(ruleset=newer)
    after = Assessment.objects.select_related("ruleset").get(pk=after.pk)
    old, new = state_of(repository, before), state_of(repository, after)
    assert not compare(old, new).settled
    work = carried_out(
        request_closer_look(repository=repository, before=before, after=after, requested_by=None)
    )
    assert work.state == WorkState.DONE, work.error
    found = compare(old, new, between=between_of(old, new, work.result))
    causes = {flip.item: flip.cause.factors for flip in found.flips}
    assert found.settled and causes["documentation.readme"] == ("code",)
    _BUILT.pop("next", None)


def test_overrides_are_told_apart_by_their_digests(flipped: tuple[Repository, str]) -> None:
    repository, _ = flipped
    made = repository.assessments.order_by("judged_at").first()
    assert made is not None
    assert inputs_of(repository, made) == "{}"
    repository.profile_override = {"kind": "library"}
    assert inputs_of(repository, made) == "{}"
    made.input_digest = input_digest({"kind": "library"}, True)
    assert inputs_of(repository, made) == '{"kind": "library"}'
    made.input_digest = "somebody else's"
    assert inputs_of(repository, made) == "digest somebody else's"
    made.complete = False
    assert inputs_of(repository, made) is None
