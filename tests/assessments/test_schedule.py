"""The schedule as people set it, on the services and on the pages."""

from collections.abc import Callable, Iterator
from datetime import time, timedelta
from typing import Any
from unittest.mock import patch

import pytest
from django.contrib.auth.models import AbstractUser
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from assessments import tasks
from assessments.choices import Role, ScanReason, ScanState
from assessments.models import AuditEvent, Repository, RulesetVersion, ScanPolicy, ScanRequest
from assessments.selectors.scans import progress_of, seconds_left
from assessments.services import due as due_now
from assessments.services import intervals, many, scans, schedule
from scanners.errors import ScanError
from tests import factories
from tests.factories import NOW

pytestmark = pytest.mark.django_db
SignedIn = Callable[[AbstractUser], Client]


@pytest.fixture(autouse=True)
def sent() -> Iterator[Any]:
    with patch.object(scans, "enqueue"), patch.object(tasks.send_scans, "apply_async") as sent:
        yield sent


def policy(**changes: Any) -> ScanPolicy:
    values = {
        "interval_hours": None,
        "paused": False,
        "window_start": None,
        "window_end": None,
        "window_zone": "UTC",
    }
    return schedule.set_policy(actor=factories.admin(), **{**values, **changes})


def hours_until_due(repository: Repository) -> float:
    repository.refresh_from_db()
    assert repository.next_scan_at is not None and repository.judged_at is not None
    return (repository.next_scan_at - repository.judged_at).total_seconds() / 3600


class TestIntervals:
    def test_the_nearest_interval_counts(self) -> None:
        repository = factories.repository(judged_at=timezone.now())
        policy(interval_hours=48)
        assert 45 < hours_until_due(repository) < 51
        lead = factories.admin()
        schedule.set_team_schedule(team=repository.team, actor=lead, interval_hours=12, paused=False)
        assert 11 < hours_until_due(repository) < 13
        schedule.set_repository_schedule(repository=repository, actor=lead, interval_hours=100, paused=False)
        assert 94 < hours_until_due(repository) < 106
        policy(interval_hours=6)
        schedule.set_team_schedule(team=repository.team, actor=lead, interval_hours=None, paused=False)
        assert 94 < hours_until_due(repository) < 106
        assert intervals.interval_of(repository) == 100

    def test_what_fails_keeps_its_time_and_what_is_late_falls_due_now(self) -> None:
        later = timezone.now() + timedelta(days=5)
        failing = factories.repository(judged_at=timezone.now(), failures=3, next_scan_at=later)
        late = factories.repository(judged_at=timezone.now() - timedelta(days=3), next_scan_at=later)
        policy(interval_hours=24)
        failing.refresh_from_db()
        late.refresh_from_db()
        assert failing.next_scan_at == later
        assert late.next_scan_at is not None and late.next_scan_at <= timezone.now()

    @pytest.mark.parametrize("hours", [0, -1, 24 * 90 + 1])
    def test_an_interval_out_of_range_is_refused(self, hours: int) -> None:
        with pytest.raises(ScanError) as caught:
            policy(interval_hours=hours)
        assert caught.value.id == "schedule.refused"

    def test_a_change_is_in_the_audit_log(self) -> None:
        policy(interval_hours=48, paused=True)
        event = AuditEvent.objects.get(action="schedule.changed")
        assert event.details["interval_hours"] == 48 and event.details["paused"] is True


class TestWhatIsDue:
    def test_pauses_of_repository_team_and_quarantine_hold_it_back_and_one_query_finds_it(
        self, django_assert_num_queries: Any
    ) -> None:
        late = NOW - timedelta(minutes=1)
        due = factories.repository(next_scan_at=late)
        factories.repository(next_scan_at=late, paused=True)
        factories.repository(next_scan_at=late, team=factories.team(paused=True))
        factories.repository(next_scan_at=late, quarantined_at=NOW)
        with django_assert_num_queries(1):
            assert list(due_now.due_repositories(NOW)) == [due]

    def test_a_paused_fleet_asks_for_nothing(self) -> None:
        factories.repository(next_scan_at=NOW - timedelta(minutes=1))
        policy(paused=True)
        assert due_now.request_due(now=NOW) == 0
        policy(paused=False)
        assert due_now.request_due(now=NOW) == 1

    def test_maintenance_holds_the_schedule_back_but_no_person(self) -> None:
        repository = factories.repository(next_scan_at=NOW - timedelta(minutes=1))
        policy(window_start=time(8, 30), window_end=time(10), window_zone="UTC")
        assert due_now.request_due(now=NOW) == 0
        assert scans.request_scan(repository=repository, reason=ScanReason.REQUEST)
        ScanRequest.objects.all().delete()
        assert due_now.request_due(now=NOW + timedelta(hours=2)) == 1

    def test_half_a_window_and_an_unknown_zone_are_refused(self) -> None:
        with pytest.raises(ScanError):
            policy(window_start=time(8))
        with pytest.raises(ScanError):
            policy(window_zone="Mars/Olympus")


class TestDue:
    def make_due(self, number: int) -> list[int]:
        """Three of them fall due at the same moment each."""
        return [
            factories.repository(next_scan_at=NOW - timedelta(minutes=1 + n // 3)).pk for n in range(number)
        ]

    def test_all_that_is_due_is_asked_for_batch_by_batch_and_once(
        self, sent: Any, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
    ) -> None:
        monkeypatch.setattr(many, "BATCH", 4)
        keys = self.make_due(10)
        with django_capture_on_commit_callbacks(execute=True):
            assert due_now.request_due(now=NOW) == 10
        asked = ScanRequest.objects.values_list("repository_id", flat=True)
        assert sorted(asked) == sorted(keys)
        batches = [call.kwargs["args"][0] for call in sent.call_args_list]
        assert [len(part) for part in batches] == [4, 4, 2]
        assert sum(map(many.send, batches)) == 10
        assert due_now.request_due(now=NOW) == 0

    def test_the_number_of_queries_is_that_of_batches_not_of_rows(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def queries(number: int) -> int:
            self.make_due(number)
            with CaptureQueriesContext(connection) as captured:
                assert due_now.request_due(now=NOW) == number
            return len(captured)

        assert queries(40) == queries(1)
        monkeypatch.setattr(many, "BATCH", 20)
        per_batch = queries(40) - queries(20)
        assert per_batch <= 6

    def test_one_look_asks_for_so_many_at_most_the_longest_due_first(self) -> None:
        keys = self.make_due(9)
        assert due_now.request_due(now=NOW, limit=4) == 4
        asked = set(ScanRequest.objects.values_list("repository_id", flat=True))
        assert {keys[-1], keys[-2], keys[-3]} <= asked
        assert due_now.request_due(now=NOW, seconds=0) == 0
        assert due_now.request_due(now=NOW) == 5

    def test_a_million_a_day_fit_into_what_beat_asks_for(self) -> None:
        looks_a_day = 24 * 60 // 5
        assert looks_a_day * due_now.DUE_AT_ONCE > 10 * 1_000_000

    def test_two_looks_at_the_same_time_ask_once(self, monkeypatch: pytest.MonkeyPatch) -> None:
        keys = self.make_due(3)
        first = many.ask_for(keys[:2], reason=ScanReason.SCHEDULE, now=NOW)
        second = many.ask_for(keys, reason=ScanReason.SCHEDULE, now=NOW + timedelta(seconds=1))
        assert (len(first), len(second)) == (2, 1)
        assert ScanRequest.objects.count() == 3


class TestMany:
    def test_each_is_asked_for_once_in_one_message(
        self, sent: Any, django_capture_on_commit_callbacks: Any, django_assert_max_num_queries: Any
    ) -> None:
        for _ in range(12):
            factories.repository()
        active = factories.repository()
        factories.scan(active)
        factories.repository(quarantined_at=NOW)
        with django_capture_on_commit_callbacks(execute=True), django_assert_max_num_queries(14):
            count = schedule.request_many(repositories=Repository.objects.all(), requested_by=None)
        assert count == 12
        (keys,) = sent.call_args.kwargs["args"]
        assert len(keys) == 12 and sent.call_count == 1
        assert schedule.request_many(repositories=Repository.objects.all(), requested_by=None) == 0
        assert many.send(keys) == 12

    def test_only_what_fails_the_item_is_asked_for(self) -> None:
        bad = factories.assessment(verdicts={"testing.unit": "fail"}).repository
        factories.assessment()
        wanted = schedule.failing(Repository.objects.all(), "testing.unit")
        assert list(wanted) == [bad]

    def test_many_at_once_go_behind_a_single_request(self) -> None:
        assert (
            scans.PRIORITY[ScanReason.REQUEST]
            < scans.PRIORITY[ScanReason.BULK]
            < scans.PRIORITY[ScanReason.SCHEDULE]
        )


class TestEstimates:
    def test_the_middle_of_earlier_scans_is_expected(self) -> None:
        repository = factories.repository()
        for seconds in (10, 20, 300):
            factories.scan(
                repository, state=ScanState.DONE, started_at=NOW, finished_at=NOW + timedelta(seconds=seconds)
            )
        running = factories.scan(repository, state=ScanState.SCANNING, started_at=NOW)
        assert seconds_left(running, NOW + timedelta(seconds=5)) == 15
        assert seconds_left(running, NOW + timedelta(seconds=500)) == 1

    def test_one_that_waits_has_those_before_it_done_first(self) -> None:
        factories.scan(state=ScanState.DONE, started_at=NOW, finished_at=NOW + timedelta(seconds=10))
        for _ in range(3):
            factories.scan(requested_at=NOW - timedelta(minutes=1), reason=ScanReason.REQUEST)
        factories.scan(requested_at=NOW - timedelta(minutes=1), reason=ScanReason.SCHEDULE)
        waiting = factories.scan(requested_at=NOW, reason=ScanReason.REQUEST)
        assert seconds_left(waiting, NOW) == 40

    def test_where_nothing_was_scanned_nothing_is_guessed(self) -> None:
        assert seconds_left(factories.scan(), NOW) is None
        assert progress_of(factories.scan(), NOW).left is None


class TestPages:
    def test_an_admin_sets_the_organisations_schedule(self, signed_in: SignedIn, admin: AbstractUser) -> None:
        client = signed_in(admin)
        assert "Time zone" in client.get(reverse("schedule")).content.decode()
        data = {
            "interval_hours": "12",
            "paused": "on",
            "window_start": "22:00",
            "window_end": "04:00",
            "window_zone": "Europe/Berlin",
        }
        assert client.post(reverse("schedule"), data).status_code == 302
        saved = ScanPolicy.objects.get()
        assert (saved.interval_hours, saved.paused, saved.window_start) == (12, True, time(22))

    @pytest.mark.parametrize(
        "wrong",
        [{"window_end": "04:00"}, {"window_zone": "Mars"}, {"interval_hours": "0"}, {"window_start": "x"}],
    )
    def test_what_cannot_be_used_is_said_beside_its_field(
        self, signed_in: SignedIn, admin: AbstractUser, wrong: dict[str, str]
    ) -> None:
        response = signed_in(admin).post(reverse("schedule"), {"window_zone": "UTC", **wrong})
        assert response.status_code == 422 and b'class="error"' in response.content
        assert not ScanPolicy.objects.exists()

    def test_a_lead_sets_what_a_member_may_not(self, signed_in: SignedIn) -> None:
        repository = factories.repository()
        lead = signed_in(factories.member(repository.team, Role.LEAD))
        member = signed_in(factories.member(repository.team))
        for name, slug in (("repository-schedule", repository.slug), ("team-schedule", repository.team.slug)):
            address = reverse(name, args=[slug])
            assert member.post(address, {"interval_hours": "5"}).status_code == 403
            assert lead.get(address).status_code == 200
            assert lead.post(address, {"interval_hours": "5", "paused": "on"}).status_code == 302
        repository.refresh_from_db()
        assert (repository.interval_hours, repository.paused, repository.team.paused) == (5, True, True)
        assert lead.get(reverse("schedule")).status_code == 403

    def test_a_quarantined_repository_says_why_and_a_lead_releases_it(self, signed_in: SignedIn) -> None:
        repository = factories.repository(
            quarantined_at=NOW, quarantine_reason="It took more memory than it may.", kills=3
        )
        page = reverse("repository-detail", args=[repository.slug])
        member = signed_in(factories.member(repository.team))
        shown = member.get(page).content.decode()
        assert "more memory than it may" in shown and "scan.quarantined" in shown and "Release" not in shown
        address = reverse("repository-release", args=[repository.slug])
        assert member.post(address).status_code == 403
        assert member.post(reverse("repository-scan", args=[repository.slug])).status_code == 302
        assert not ScanRequest.objects.exists()
        lead = signed_in(factories.member(repository.team, Role.LEAD))
        assert "Release and rescan" in lead.get(page).content.decode()
        assert lead.post(address).status_code == 302
        repository.refresh_from_db()
        assert (repository.quarantined_at, repository.kills) == (None, 0)
        assert ScanRequest.objects.get().state == ScanState.QUEUED
        assert AuditEvent.objects.filter(action="repository.released").exists()

    def test_an_unreachable_and_a_moved_repository_say_so(
        self, signed_in: SignedIn, admin: AbstractUser
    ) -> None:
        repository = factories.assessment().repository
        Repository.objects.filter(pk=repository.pk).update(
            unreachable_at=NOW,
            failures=6,
            last_error_id="source.not-a-repository",
            last_error="Nothing there.",
        )
        repository.mirror.moved_to = "https://github.com/example/elsewhere"
        repository.mirror.save()
        shown = signed_in(admin).get(reverse("repository-detail", args=[repository.slug])).content.decode()
        assert "Not reachable since 02 March 2026, after 6 tries." in shown
        assert "repository.unreachable" in shown and "https://github.com/example/elsewhere" in shown

    def test_a_failure_says_whose_it_is_and_when_it_is_tried_again(
        self, signed_in: SignedIn, admin: AbstractUser
    ) -> None:
        repository = factories.repository()
        scan = scans.claim_scan(scan_id=factories.scan(repository).pk)
        assert scan is not None
        scans.fail(scan, ScanError("source.auth-failed", "Not let in.", fault="credential"))
        client = signed_in(admin)
        for page in (reverse("repository-detail", args=[repository.slug]), reverse("activity")):
            shown = client.get(page).content.decode()
            assert (
                "The repository or its address" in shown
                and "Next try" in shown
                and "source.auth-failed" in shown
            )

    def test_a_scan_is_cancelled_from_both_pages(self, signed_in: SignedIn) -> None:
        repository = factories.repository()
        member = signed_in(factories.member(repository.team))
        viewer = signed_in(factories.member(repository.team, Role.VIEWER))
        stranger = signed_in(factories.person())
        for data, back in (
            ({"back": "activity"}, reverse("activity")),
            ({}, reverse("repository-detail", args=[repository.slug])),
        ):
            scan = factories.scan(repository)
            address = reverse("scan-cancel", args=[scan.pk])
            assert address in member.get(reverse("activity")).content.decode()
            assert (
                address in member.get(reverse("repository-progress", args=[repository.slug])).content.decode()
            )
            assert address not in viewer.get(reverse("activity")).content.decode()
            assert viewer.post(address).status_code == 403
            assert stranger.post(address).status_code == 404
            assert member.post(address, data)["Location"] == back
            scan.refresh_from_db()
            assert scan.state == ScanState.CANCELLED

    def test_what_fails_an_item_is_rescanned_where_the_person_may(self, signed_in: SignedIn) -> None:
        mine = factories.assessment(verdicts={"testing.unit": "fail"}).repository
        factories.assessment(verdicts={"testing.unit": "fail"})
        member = signed_in(factories.member(mine.team))
        page = reverse("standard-item", args=["testing.unit"])
        assert "Rescan what fails it" in member.get(page).content.decode()
        assert member.post(reverse("item-scan", args=["testing.unit"])).status_code == 302
        assert list(ScanRequest.objects.values_list("repository_id", "reason")) == [
            (mine.pk, ScanReason.BULK)
        ]
        assert member.post(reverse("item-scan", args=["no.such"])).status_code == 404

    def test_the_fleet_is_rescanned_by_admins_only(self, signed_in: SignedIn, admin: AbstractUser) -> None:
        repository = factories.repository()
        assert (
            signed_in(factories.member(repository.team, Role.LEAD)).post(reverse("fleet-scan")).status_code
            == 403
        )
        assert "Rescan all" in signed_in(admin).get(reverse("activity")).content.decode()
        assert signed_in(admin).post(reverse("fleet-scan")).status_code == 302
        assert ScanRequest.objects.count() == 1


class TestCommand:
    def test_the_command_line_asks_for_what_is_named(self, capsys: pytest.CaptureFixture[str]) -> None:
        bad = factories.assessment(verdicts={"testing.unit": "fail"}).repository
        good = factories.assessment().repository
        call_command("rescan", "--failing", "testing.unit")
        assert list(ScanRequest.objects.values_list("repository_id", flat=True)) == [bad.pk]
        call_command("rescan", good.slug, "--team", good.team.slug)
        assert ScanRequest.objects.count() == 2
        call_command("rescan", "--all")
        assert capsys.readouterr().out.splitlines() == [
            "1 scan asked for.",
            "1 scan asked for.",
            "0 scans asked for.",
        ]

    @pytest.mark.parametrize(
        ("given", "id"),
        [
            ([], "rescan.nothing-named"),
            (["no-such"], "rescan.unknown"),
            (["--team", "no-such"], "rescan.unknown"),
            (["--failing", "no.such"], "rescan.unknown"),
        ],
    )
    def test_what_it_cannot_find_it_says(self, given: list[str], id: str, ruleset: RulesetVersion) -> None:
        with pytest.raises(CommandError, match=id):
            call_command("rescan", *given)
