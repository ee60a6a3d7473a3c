"""Rescans of many: what belongs to them, how far they are, who may call them off, and who hears that they are over."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any
from unittest.mock import patch

import pytest
from django.contrib.auth.models import AbstractUser
from django.core.management import call_command
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from assessments import tasks
from assessments.choices import Channel, Event, RescanScope, Role, ScanReason, ScanState
from assessments.models import (
    AuditEvent,
    Notification,
    NotificationChoice,
    Repository,
    Rescan,
    RulesetVersion,
    ScanRequest,
    Team,
)
from assessments.selectors.rescans import get_rescan, recent_rescans
from assessments.services import due, rescans, scans
from scanners.errors import ScanError
from tests import factories

pytestmark = pytest.mark.django_db
SignedIn = Callable[[AbstractUser], Client]


@pytest.fixture(autouse=True)
def sent(queues: str) -> Iterator[Any]:
    with (
        patch.object(tasks.scan_repository, "apply_async"),
        patch.object(tasks.send_scans, "apply_async") as sent,
    ):
        yield sent


@pytest.fixture
def team(ruleset: RulesetVersion) -> Team:
    return factories.team(name="Payments", slug="payments")


def asked(team: Team, by: AbstractUser | None, number: int = 4) -> Rescan:
    for _ in range(number):
        factories.repository(team=team)
    rescan = rescans.request_rescan(
        repositories=team.repositories.all(), requested_by=by, scope=RescanScope.TEAM, team=team
    )
    assert rescan is not None
    return rescan


def end(scan: ScanRequest, error: ScanError | None = None) -> None:
    """Has a worker carry the scan out, or fail at it."""
    claimed = scans.claim_scan(scan_id=scan.pk)
    assert claimed is not None
    if error:
        scans.fail(claimed, error)
    else:
        scans.finish(claimed, summary="Judged")


GONE = ScanError("source.not-a-repository", "There is nothing.", fault="repository")


class TestAsking:
    def test_what_waits_for_the_schedule_joins_and_goes_ahead(self, team: Team, sent: Any) -> None:
        waiting, running, own = (factories.repository(team=team) for _ in range(3))
        scheduled = factories.scan(waiting, reason=ScanReason.SCHEDULE)
        factories.scan(running, state=ScanState.SCANNING, reason=ScanReason.SCHEDULE)
        factories.scan(own, reason=ScanReason.REQUEST, requested_by=factories.admin())
        lead = factories.member(team, Role.LEAD)
        rescan = asked(team, lead, number=2)
        assert rescan.total == 3
        scheduled.refresh_from_db()
        assert (scheduled.rescan, scheduled.reason, scheduled.requested_by) == (rescan, "bulk", lead)

    def test_nothing_new_to_scan_makes_no_rescan(self, team: Team) -> None:
        asked(team, None)
        again = rescans.request_rescan(repositories=team.repositories.all(), requested_by=None)
        assert again is None and Rescan.objects.count() == 1

    def test_a_person_who_asks_for_one_of_them_goes_ahead_and_it_still_counts(self, team: Team) -> None:
        rescan = asked(team, None)
        scan = rescan.scans.first()
        assert scan is not None
        person = factories.member(team)
        same = scans.request_scan(repository=scan.repository, reason=ScanReason.REQUEST, requested_by=person)
        assert same == scan
        scan.refresh_from_db()
        assert (scan.reason, scan.requested_by, scan.rescan) == (ScanReason.REQUEST, person, rescan)

    def test_the_number_of_queries_is_that_of_one(
        self, team: Team, django_assert_max_num_queries: Any, django_assert_num_queries: Any
    ) -> None:
        with CaptureQueriesContext(scans.connection) as one:
            asked_of_one = rescans.request_rescan(
                repositories=Repository.objects.filter(pk=factories.repository(team=team).pk),
                requested_by=None,
            )
        assert asked_of_one
        rows = [factories.repository(team=team).pk for _ in range(40)]
        with CaptureQueriesContext(scans.connection) as many:
            rescans.request_rescan(repositories=Repository.objects.filter(pk__in=rows), requested_by=None)
        assert len(many) <= len(one) + 5  # the factory's own rows were counted with the first

    def test_the_command_line_says_what_it_is_of(self, team: Team) -> None:
        factories.repository(team=team)
        call_command("rescan", team=team.slug, verbosity=0)
        assert Rescan.objects.get().team == team


class TestProgress:
    def test_it_tells_stages_and_the_pace_so_far(self, team: Team) -> None:
        lead = factories.member(team, Role.LEAD)
        rescan = asked(team, lead, number=10)
        kept = list(rescan.scans.order_by("pk"))
        began = timezone.now() - timedelta(seconds=100)
        for scan in kept[:3]:
            end(scan)
        end(kept[3], GONE)
        ScanRequest.objects.filter(pk=kept[4].pk).update(state=ScanState.CLONING)
        rescan.scans.filter(started_at__isnull=False).update(started_at=began)
        shown = get_rescan(lead, rescan.pk)
        assert shown is not None
        assert (shown.done, shown.total, shown.failed) == (4, 10, 1)
        assert shown.stages == ((1, "fetching"), (5, "waiting"))
        assert shown.left == pytest.approx(100 / 4 * 6, rel=0.1)
        assert shown.title == "the repositories of Payments" and shown.cancel_url

    def test_before_any_has_ended_it_goes_by_what_scans_take(self, team: Team) -> None:
        ended = factories.scan(state=ScanState.DONE)
        ScanRequest.objects.filter(pk=ended.pk).update(
            started_at=factories.NOW, finished_at=factories.NOW + timedelta(seconds=8)
        )
        rescan = asked(team, factories.admin(), number=5)
        shown = get_rescan(factories.admin(), rescan.pk)
        assert shown is not None and shown.left == 40

    def test_as_many_queries_for_five_as_for_one(self, team: Team) -> None:
        admin = factories.admin()

        def of_item(number: int) -> None:
            keys = [factories.repository(team=team).pk for _ in range(number)]
            rescans.request_rescan(
                repositories=Repository.objects.filter(pk__in=keys),
                requested_by=admin,
                scope=RescanScope.ITEM,
                item="testing.unit",
            )

        of_item(1)
        with CaptureQueriesContext(scans.connection) as one:
            assert "Unit" in recent_rescans(admin)[0].title
        for number in range(2, 5):
            asked(factories.team(), admin, number=number)
            of_item(number)
        with CaptureQueriesContext(scans.connection) as five:
            assert len(recent_rescans(admin)) == 5
        assert len(five) <= len(one)


class TestPages:
    def test_it_is_shown_where_it_was_asked_for_and_on_the_activity_page(
        self, team: Team, signed_in: SignedIn
    ) -> None:
        lead = factories.member(team, Role.LEAD)
        client = signed_in(lead)
        for _ in range(3):
            factories.repository(team=team)
        client.post(f"/teams/{team.slug}/scan/")
        rescan = Rescan.objects.get()
        for page in (f"/teams/{team.slug}/", "/activity/"):
            text = client.get(page).content.decode()
            assert "0 of 3 done" in text and f"/activity/rescans/{rescan.pk}/cancel/" in text, page
        # One that is fetched again with all around it needs not ask by itself.
        assert f'hx-get="/activity/rescans/{rescan.pk}/"' not in text
        part = client.get(f"/activity/rescans/{rescan.pk}/", headers={"HX-Request": "true"})
        assert "3 waiting" in part.content.decode() and "HX-Refresh" not in part.headers
        assert client.get(f"/activity/rescans/{rescan.pk}/").url == f"/teams/{team.slug}/"  # type: ignore[attr-defined]

    def test_what_fails_an_item_is_shown_on_its_page_to_whoever_asked(
        self, team: Team, signed_in: SignedIn
    ) -> None:
        repository = factories.assessment(
            factories.repository(team=team), verdicts={"testing.unit": "fail"}
        ).repository
        member, other = factories.member(team), factories.member(team)
        client = signed_in(member)
        client.post("/standard/testing.unit/scan/")
        rescan = Rescan.objects.get()
        assert (rescan.item, rescan.total) == ("testing.unit", 1)
        assert "0 of 1 done" in client.get("/standard/testing.unit/").content.decode()
        assert "0 of 1 done" not in signed_in(other).get("/standard/testing.unit/").content.decode()
        end(ScanRequest.objects.get(repository=repository))

    def test_all_of_it_is_cancelled_at_once(
        self, team: Team, signed_in: SignedIn, django_capture_on_commit_callbacks: Any
    ) -> None:
        lead = factories.member(team, Role.LEAD)
        rescan = asked(team, lead)
        first = rescan.scans.order_by("pk").first()
        assert first is not None
        end(first)
        running = rescan.scans.order_by("-pk").first()
        assert running is not None and scans.claim_scan(scan_id=running.pk)
        Repository.objects.update(next_scan_at=timezone.now() - timedelta(hours=1))
        with django_capture_on_commit_callbacks(execute=True):
            response = signed_in(lead).post(f"/activity/rescans/{rescan.pk}/cancel/")
        assert response["Location"] == f"/teams/{team.slug}/"
        rescan.refresh_from_db()
        assert (rescan.cancelled, rescan.cancelled_by) == (3, lead)
        assert rescan.finished_at is not None
        assert set(rescan.scans.values_list("state", flat=True)) == {"done", "cancelled"}
        # Or the schedule would ask for all of it again at once.
        assert due.request_due() == 1  # the one that was not cancelled
        assert AuditEvent.objects.filter(action="rescan.cancelled").exists()
        assert not Notification.objects.exists()

    def test_strangers_find_nothing_and_viewers_cancel_nothing(self, team: Team, signed_in: SignedIn) -> None:
        rescan = asked(team, factories.member(team, Role.LEAD))
        progress, cancel = f"/activity/rescans/{rescan.pk}/", f"/activity/rescans/{rescan.pk}/cancel/"
        stranger = signed_in(factories.member(factories.team(), Role.LEAD))
        assert stranger.get(progress).status_code == 404
        assert stranger.post(cancel).status_code == 404
        viewer = signed_in(factories.member(team, Role.VIEWER))
        page = viewer.get(progress, headers={"HX-Request": "true"})
        assert page.status_code == 200 and "cancel" not in page.content.decode().lower()
        assert viewer.post(cancel).status_code == 403
        assert rescan.scans.filter(state=ScanState.QUEUED).count() == 4


class TestItsEnd:
    def choose(self, person: AbstractUser) -> None:
        NotificationChoice.objects.create(
            user=person, event=Event.FINISHED, channel=Channel.MAIL, wanted=True
        )

    @pytest.fixture(autouse=True)
    def mails(self, settings: Any) -> None:
        settings.MAIL_IS_SENT = True

    def test_one_message_for_all_of_it_says_what_failed(
        self, team: Team, django_capture_on_commit_callbacks: Any
    ) -> None:
        lead = factories.member(team, Role.LEAD)
        self.choose(lead)
        rescan = asked(team, lead, number=3)
        kept = list(rescan.scans.order_by("pk"))
        with django_capture_on_commit_callbacks(execute=True):
            end(kept[0])
            end(kept[1], GONE)
        assert not Notification.objects.filter(event=Event.FINISHED).exists()
        with django_capture_on_commit_callbacks(execute=True):
            end(kept[2])
        [message] = Notification.objects.filter(event=Event.FINISHED)
        assert (message.user, message.cause) == (lead, f"rescan:{rescan.pk}")
        assert "2 of 3" in message.content["subject"]
        assert "source.not-a-repository" in str(message.content["sections"])
        rescan.refresh_from_db()
        assert (rescan.failed, rescan.cancelled) == (1, 0)
        shown = get_rescan(lead, rescan.pk)
        assert shown is not None and not shown.running and shown.done == 3
        # Whoever looks again finds it over.
        assert not rescans.settle(rescan.pk) and rescans.settle_all() == 0

    def test_an_end_that_nobody_noticed_is_found_by_the_sweep(
        self, team: Team, django_capture_on_commit_callbacks: Any
    ) -> None:
        lead = factories.member(team, Role.LEAD)
        self.choose(lead)
        rescan = asked(team, lead, number=1)
        end(rescan.scans.get())  # and the worker is killed right after
        with (
            django_capture_on_commit_callbacks(execute=True),
            patch.object(scans, "enqueue"),
        ):
            tasks.recover_abandoned()
        assert Notification.objects.filter(cause=f"rescan:{rescan.pk}").count() == 1
        rescan.refresh_from_db()
        assert rescan.finished_at is not None
