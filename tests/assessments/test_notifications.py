"""Who is told of what, once a day and cause; how it is sent, and what happens where it cannot be."""

import hashlib
import hmac
import json
import smtplib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import patch

import django_rq
import pytest
import redis
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rq import SimpleWorker

from assessments.choices import Channel, Event, MessageState, Origin, Role, ScanReason
from assessments.messages import Message
from assessments.models import Membership, Notification, NotificationTarget, Repository
from assessments.services import delivery, digests, notifications, scans
from assessments.services.assess import record_assessment
from assessments.vault import unseal
from scanners.errors import ScanError, SourceError
from tests import factories
from tests.factories import NOW
from tests.http_sink import Sink, sink

pytestmark = pytest.mark.django_db
Capture = Callable[..., AbstractContextManager[list[Any]]]
MESSAGE = Message("Shop dropped", "From B to C.", (), "https://plumbline.example/r", "See")
REAL_ENQUEUE = notifications.enqueue


@pytest.fixture(autouse=True)
def sent(settings: Any) -> Iterator[list[int]]:
    """The ids that were put before the job worker."""
    settings.MAIL_IS_SENT = True
    settings.PUBLIC_ADDRESS = "https://plumbline.example"
    ids: list[int] = []
    with (
        patch.object(notifications, "enqueue", ids.extend),
        patch.object(delivery, "enqueue", ids.extend),
        patch.object(scans, "enqueue"),
    ):
        yield ids


@pytest.fixture
def shop() -> Repository:
    return factories.repository(name="acme/shop", team=factories.team(name="Shop"))


def fails(count: int) -> dict[str, str]:
    """Verdicts of the shipped standard with its first ``count`` items failing."""
    from assessments.services.rulesets import built

    _, standard = built(factories.ruleset())
    return {item.id: "fail" for item in standard.items[:count]}


def judged(
    shop: Repository, capture: Capture, number: int, failing: int, origin: Origin = Origin.SCAN
) -> None:
    result = factories.result(fails(failing), commit=f"{number:040x}")
    with capture(execute=True):
        record_assessment(repository=shop, version=factories.ruleset(), result=result, origin=origin, now=NOW)


def told(event: Event) -> list[Notification]:
    return list(Notification.objects.filter(event=event))


class TestCauses:
    def test_a_drop_is_told_to_the_team_by_mail(
        self, shop: Repository, django_capture_on_commit_callbacks: Capture, sent: list[int]
    ) -> None:
        member = factories.member(shop.team, Role.VIEWER)
        factories.member(factories.team())
        judged(shop, django_capture_on_commit_callbacks, 1, 0)
        assert told(Event.GRADE_DROP) == []
        judged(shop, django_capture_on_commit_callbacks, 2, 60)
        [one] = told(Event.GRADE_DROP)
        assert (one.user, one.channel, one.cause) == (member, "mail", f"repository:{shop.pk}")
        assert one.content["subject"].startswith("acme/shop dropped from A+ to ")
        assert one.content["url"] == f"https://plumbline.example/repositories/{shop.slug}/"
        assert one.content["sections"][0]["title"] == "Fails now"
        assert one.pk in sent

    def test_a_rise_and_the_first_grade_are_no_news(
        self, shop: Repository, django_capture_on_commit_callbacks: Capture
    ) -> None:
        factories.member(shop.team)
        judged(shop, django_capture_on_commit_callbacks, 1, 60)
        judged(shop, django_capture_on_commit_callbacks, 2, 0)
        assert not Notification.objects.exists()

    def test_a_new_critical_gap_is_told_by_its_name(
        self, shop: Repository, django_capture_on_commit_callbacks: Capture
    ) -> None:
        factories.member(shop.team)
        judged(shop, django_capture_on_commit_callbacks, 1, 0)
        judged(shop, django_capture_on_commit_callbacks, 2, 100)
        [one] = told(Event.CRITICAL_GAP)
        assert one.content["sections"][0]["title"] == "Critical now"
        assert one.content["sections"][0]["lines"]
        Notification.objects.all().delete()
        judged(shop, django_capture_on_commit_callbacks, 3, 100)
        assert told(Event.CRITICAL_GAP) == []

    def test_the_past_is_no_news(self, shop: Repository, django_capture_on_commit_callbacks: Capture) -> None:
        factories.member(shop.team)
        judged(shop, django_capture_on_commit_callbacks, 1, 0)
        judged(shop, django_capture_on_commit_callbacks, 2, 100, Origin.BACKFILL)
        judged(shop, django_capture_on_commit_callbacks, 3, 50, Origin.REGRADE)
        assert not Notification.objects.exists()

    def test_a_broken_message_costs_no_assessment(
        self, shop: Repository, django_capture_on_commit_callbacks: Capture, caplog: Any
    ) -> None:
        judged(shop, django_capture_on_commit_callbacks, 1, 0)
        with patch.object(notifications, "assessment_recorded", side_effect=RuntimeError("boom")):
            judged(shop, django_capture_on_commit_callbacks, 2, 60)
        assert shop.assessments.count() == 2

    def failed(self, shop: Repository, capture: Capture, error: ScanError, user: Any = None) -> None:
        reason = ScanReason.REQUEST if user else ScanReason.SCHEDULE
        with capture(execute=True):
            scan = scans.request_scan(repository=shop, reason=reason, requested_by=user)
        claimed = scans.claim_scan(scan_id=scan.pk)
        assert claimed is not None
        with capture(execute=True):
            scans.fail(claimed, error)

    def test_a_repository_that_cannot_be_read_is_told_once(
        self, shop: Repository, django_capture_on_commit_callbacks: Capture
    ) -> None:
        factories.member(shop.team)
        error = SourceError(
            "source.auth-failed", "Refused: password=hunter2hunter2", hint="Ask.", fault="credential"
        )
        for _ in range(3):
            self.failed(shop, django_capture_on_commit_callbacks, error)
        [one] = told(Event.UNREADABLE)
        assert "source.auth-failed" in one.content["sections"][0]["title"]
        assert "hunter2" not in json.dumps(one.content)

    def test_the_networks_faults_are_told_after_three_and_ours_never(
        self, shop: Repository, django_capture_on_commit_callbacks: Capture
    ) -> None:
        factories.member(shop.team)
        network = SourceError("source.unreachable", "Away.", fault="network", retry=True)
        for expected in (0, 0, 1, 1):
            self.failed(shop, django_capture_on_commit_callbacks, network)
            assert len(told(Event.UNREADABLE)) == expected
        other = factories.repository(team=shop.team)
        self.failed(other, django_capture_on_commit_callbacks, ScanError("scan.internal", "x", fault="ours"))
        assert len(told(Event.UNREADABLE)) == 1

    def test_who_asked_learns_that_it_is_done(
        self, shop: Repository, django_capture_on_commit_callbacks: Capture
    ) -> None:
        asker, other = factories.member(shop.team), factories.member(shop.team)
        for user in (asker, other):
            notifications.choose(user=user, wanted=[(Event.FINISHED.value, Channel.MAIL.value)])
        scan = scans.request_scan(repository=shop, reason=ScanReason.REQUEST, requested_by=asker)
        claimed = scans.claim_scan(scan_id=scan.pk)
        assert claimed is not None
        with django_capture_on_commit_callbacks(execute=True):
            scans.finish(claimed, summary="done")
        [one] = told(Event.FINISHED)
        assert one.user == asker
        self.failed(shop, django_capture_on_commit_callbacks, ScanError("git.corrupt", "Bad."), asker)
        assert "failed" in told(Event.FINISHED)[0].content["subject"]


class TestOnce:
    def test_the_same_cause_tells_once_a_day(self, shop: Repository, sent: list[int]) -> None:
        factories.member(shop.team)
        people = notifications.members_of(shop.team)
        again = [
            notifications.tell(
                people, Event.GRADE_DROP, "repository:1", MESSAGE, now=NOW + timedelta(hours=h)
            )
            for h in (0, 0, 5, 24)
        ]
        assert again == [1, 0, 0, 1]

    def test_the_database_holds_to_it(self, shop: Repository) -> None:
        from django.db import IntegrityError, transaction

        user = factories.member(shop.team)
        row = {
            "user": user, "event": Event.GRADE_DROP, "channel": Channel.MAIL, "cause": "x", "day": NOW.date(),
            "due_at": NOW, "created_at": NOW,
        }  # fmt: skip
        Notification.objects.create(**row)
        with pytest.raises(IntegrityError), transaction.atomic():
            Notification.objects.create(**row)

    def test_a_message_is_sent_once_however_often_it_is_queued(self, shop: Repository) -> None:
        factories.member(shop.team)
        notifications.tell(notifications.members_of(shop.team), Event.GRADE_DROP, "x", MESSAGE, now=NOW)
        one = Notification.objects.get()
        for _ in range(3):
            delivery.send_notification(one.pk, now=NOW)
        assert len(mail.outbox) == 1

    def test_people_cost_no_queries(self, shop: Repository) -> None:
        people = notifications.members_of(shop.team)

        def queries(cause: str) -> int:
            with CaptureQueriesContext(connection) as captured:
                notifications.tell(people, Event.GRADE_DROP, cause, MESSAGE, now=NOW)
            return len(captured)

        factories.member(shop.team)
        one = queries("a")
        for _ in range(9):
            factories.member(shop.team)
        assert queries("b") == one
        assert Notification.objects.filter(cause="b").count() == 10


class TestChoices:
    def test_each_person_chooses(self, shop: Repository) -> None:
        quiet, loud = factories.member(shop.team), factories.member(shop.team)
        notifications.choose(user=quiet, wanted=[])
        notifications.choose(user=loud, wanted=[("grade-drop", "mail"), ("grade-drop", "webhook")])
        people = notifications.members_of(shop.team)
        assert notifications.tell(people, Event.GRADE_DROP, "x", MESSAGE) == 1
        delivery.set_target(user=loud, address="https://chat.example/x")
        assert notifications.tell(people, Event.GRADE_DROP, "y", MESSAGE) == 2
        assert notifications.choices_of(quiet)["grade-drop", "mail"] is False

    def test_nobody_is_mailed_who_has_left_or_has_no_address_or_without_a_server(
        self, shop: Repository, settings: Any
    ) -> None:
        gone, silent, here = (factories.member(shop.team) for _ in range(3))
        type(gone).objects.filter(pk=gone.pk).update(is_active=False)
        type(gone).objects.filter(pk=silent.pk).update(email="")
        people = notifications.members_of(shop.team)
        notifications.tell(people, Event.GRADE_DROP, "x", MESSAGE)
        assert [one.user for one in Notification.objects.all()] == [here]
        settings.MAIL_IS_SENT = False
        assert notifications.tell(people, Event.GRADE_DROP, "y", MESSAGE) == 0


class TestMail:
    @pytest.fixture
    def one(self, shop: Repository) -> Notification:
        factories.member(shop.team)
        content = Message(
            "acme/<shop>\nBcc: x",
            "From B to C.",
            notifications._flips(factories.assessment(shop)),
            "https://plumbline.example/r",
            "See what changed",
        )
        notifications.tell(notifications.members_of(shop.team), Event.GRADE_DROP, "x", content, now=NOW)
        return Notification.objects.get()

    def test_it_reads_well_as_text_and_as_html(self, one: Notification) -> None:
        delivery.send_notification(one.pk, now=NOW)
        [message] = mail.outbox
        assert message.subject == "acme/<shop> Bcc: x"
        assert message.to == [one.user.email]
        assert "See what changed: https://plumbline.example/r" in message.body
        assert "&lt;" not in message.body
        html = message.alternatives[0][0]
        assert "<h1>acme/&lt;shop&gt;" in html
        assert "https://plumbline.example/account/notifications/" in html
        assert message.extra_headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        stop = message.extra_headers["List-Unsubscribe"].strip("<>")
        assert stop in message.body
        token = stop.removeprefix("https://plumbline.example/notifications/stop/").rstrip("/")
        assert delivery.read_stop(token) == (one.user_id, Event.GRADE_DROP)
        one.refresh_from_db()
        assert (one.state, one.sent_at) == (MessageState.SENT, NOW)

    def test_a_server_that_is_away_is_tried_again_later_and_later(self, one: Notification) -> None:
        moment = NOW
        waits = []
        with patch("django.core.mail.EmailMessage.send", side_effect=ConnectionRefusedError):
            for _ in range(len(delivery.BACKOFF) + 1):
                delivery.send_notification(one.pk, now=moment)
                one.refresh_from_db()
                waits.append(one.due_at - moment)
                moment = one.due_at
        assert waits[:-1] == list(delivery.BACKOFF)
        assert (one.state, one.error_id) == (MessageState.FAILED, "notification.mail-failed")

    def test_before_its_time_nobody_sends_it(self, one: Notification) -> None:
        with patch("django.core.mail.EmailMessage.send", side_effect=smtplib.SMTPServerDisconnected):
            delivery.send_notification(one.pk, now=NOW)
        delivery.send_notification(one.pk, now=NOW + timedelta(seconds=30))
        assert mail.outbox == []
        delivery.send_notification(one.pk, now=NOW + timedelta(seconds=61))
        assert len(mail.outbox) == 1

    def test_an_address_that_is_refused_is_given_up(self, one: Notification) -> None:
        with patch("django.core.mail.EmailMessage.send", side_effect=smtplib.SMTPRecipientsRefused({})):
            delivery.send_notification(one.pk, now=NOW)
        one.refresh_from_db()
        assert (one.state, one.error_id) == (MessageState.FAILED, "notification.mail-refused")

    def test_the_sweep_sends_what_waits_and_gives_up_what_was_interrupted(
        self, one: Notification, sent: list[int]
    ) -> None:
        sent.clear()
        assert notifications.send_due(now=NOW) == 1
        assert sent == [one.pk]
        assert notifications.claim(one.pk, now=NOW) is not None
        assert notifications.send_due(now=NOW + timedelta(minutes=5)) == 0
        notifications.send_due(now=NOW + timedelta(minutes=11))
        one.refresh_from_db()
        assert (one.state, one.error_id) == (MessageState.FAILED, "notification.interrupted")
        notifications.send_due(now=NOW + timedelta(days=notifications.KEPT_DAYS + 1))
        assert not Notification.objects.exists()

    def test_stopping_ends_what_waits_too(self, one: Notification) -> None:
        delivery_token = delivery.stop_url(one.user, Event.GRADE_DROP).split("/")[-2]
        assert delivery.read_stop(delivery_token) is not None
        assert delivery.read_stop(delivery_token + "x") is None
        notifications.stop_mail(user=one.user, event=Event.GRADE_DROP)
        delivery.send_notification(one.pk, now=NOW)
        assert mail.outbox == []


class TestWebhook:
    @pytest.fixture
    def server(self, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sink]:
        monkeypatch.setattr(settings.ENVIRONMENT, "allow_private_addresses", True)
        with sink() as running:
            yield running

    def prepared(self, shop: Repository, address: str) -> tuple[Notification, str]:
        user = factories.member(shop.team)
        secret = delivery.set_target(user=user, address=address)
        notifications.choose(user=user, wanted=[("grade-drop", "webhook")])
        notifications.tell(notifications.members_of(shop.team), Event.GRADE_DROP, "x", MESSAGE, now=NOW)
        return Notification.objects.get(), secret

    def test_it_is_signed_and_slack_reads_it(self, shop: Repository, server: Sink) -> None:
        one, secret = self.prepared(shop, server.address)
        delivery.send_notification(one.pk, now=NOW)
        [(path, headers, body)] = server.received
        assert path == "/hook?key=s3cret-chat-key"
        assert json.loads(body)["text"].startswith("Shop dropped")
        stamp = headers["X-Plumbline-Timestamp"]
        assert stamp == str(int(NOW.timestamp()))
        wanted = hmac.new(secret.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
        assert headers["X-Plumbline-Signature"] == f"v1={wanted}"
        assert headers["X-Plumbline-Event"] == "grade-drop"
        one.refresh_from_db()
        assert one.state == MessageState.SENT

    def test_a_failure_is_shown_without_the_address_and_tried_again(
        self, shop: Repository, server: Sink, caplog: Any
    ) -> None:
        one, _ = self.prepared(shop, server.address)
        server.status = 503
        delivery.send_notification(one.pk, now=NOW)
        one.refresh_from_db()
        assert (one.state, one.error_id) == (MessageState.WAITING, "notification.refused")
        assert "s3cret" not in one.error + caplog.text
        server.status = 200
        delivery.send_notification(one.pk, now=one.due_at)
        one.refresh_from_db()
        assert (one.state, one.error, one.attempts) == (MessageState.SENT, "", 2)

    def test_private_addresses_are_refused_unless_allowed(
        self, shop: Repository, server: Sink, settings: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        one, _ = self.prepared(shop, f"https://127.0.0.1:{server.server_port}/x")
        monkeypatch.setattr(settings.ENVIRONMENT, "allow_private_addresses", False)
        delivery.send_notification(one.pk, now=NOW)
        one.refresh_from_db()
        assert (one.state, one.error_id) == (MessageState.FAILED, "notification.private-address")
        assert server.received == []

    def test_the_address_is_kept_sealed(self, shop: Repository, server: Sink) -> None:
        self.prepared(shop, server.address)
        target = NotificationTarget.objects.get()
        assert "s3cret" not in target.address + target.host
        assert unseal(target.address) == server.address

    def test_one_that_was_removed_meanwhile_is_given_up(self, shop: Repository, server: Sink) -> None:
        one, _ = self.prepared(shop, server.address)
        delivery.remove_target(user=one.user)
        delivery.send_notification(one.pk, now=NOW)
        one.refresh_from_db()
        assert (one.state, one.error_id) == (MessageState.FAILED, "notification.no-address")


def test_queues_carry_numbers_alone(
    shop: Repository, queues: str, django_capture_on_commit_callbacks: Capture
) -> None:
    import django_rq

    factories.member(shop.team)
    notifications.tell(notifications.members_of(shop.team), Event.GRADE_DROP, "x", MESSAGE, now=NOW)
    one = Notification.objects.get()
    with django_capture_on_commit_callbacks(execute=True):
        REAL_ENQUEUE([one.pk])
    [job] = django_rq.get_queue("mails").jobs
    assert (job.func_name, list(job.args), job.kwargs) == (
        "assessments.jobs.send_notification",
        [one.pk],
        {},
    )
    assert b"Shop dropped" not in job.data


def waiting() -> list[list[Any]]:
    """The arguments of the digests that are before the job worker."""
    jobs = django_rq.get_queue("mails").jobs
    assert {job.func_name for job in jobs} <= {"assessments.jobs.send_digest"}
    return [list(job.args) for job in jobs]


def work() -> None:
    """Has the job worker do, in this process, what waits."""
    with patch.object(SimpleWorker, "_install_signal_handlers"):
        queue = django_rq.get_queue("mails")
        SimpleWorker([queue], connection=queue.connection, serializer=queue.serializer).work(burst=True)


class TestDigest:
    MONDAY = datetime(2026, 3, 9, 7, 30, tzinfo=UTC)

    def test_monday_morning_tells_each_teams_week_once(self, shop: Repository, queues: str) -> None:
        factories.ruleset()
        one, two = factories.member(shop.team), factories.member(shop.team)
        other = factories.repository().team
        Membership.objects.create(team=other, user=one, role=Role.MEMBER)
        factories.member(factories.team())
        factories.repository(team=factories.team())
        assert digests.send_digests(now=self.MONDAY - timedelta(hours=1)) == 0
        assert digests.send_digests(now=self.MONDAY) == 2
        assert sorted(waiting()) == sorted([[shop.team_id, "2026-03-09"], [other.pk, "2026-03-09"]])
        assert digests.send_digests(now=self.MONDAY + timedelta(hours=1)) == 0, "their jobs still wait"
        work()
        assert sorted(Notification.objects.values_list("cause", "user")) == sorted(
            (f"team:{team.pk}", user.pk) for team, user in ((shop.team, one), (shop.team, two), (other, one))
        )
        with patch.object(digests, "digest_of", side_effect=AssertionError("composed again")):
            assert digests.send_digests(now=self.MONDAY + timedelta(hours=2)) == 0
            assert digests.send_digest(team_id=shop.team_id, on=self.MONDAY.date()) == 0
        assert digests.send_digests(now=self.MONDAY + timedelta(days=1)) == 0
        assert digests.send_digests(now=self.MONDAY + timedelta(days=7)) == 2

    def test_what_the_queue_lost_or_a_job_failed_at_is_asked_for_again(
        self, shop: Repository, queues: str, caplog: pytest.LogCaptureFixture
    ) -> None:
        factories.ruleset()
        factories.member(shop.team)
        with patch("django_rq.get_queue", side_effect=redis.ConnectionError):
            assert digests.send_digests(now=self.MONDAY) == 0
        assert digests.send_digests(now=self.MONDAY + timedelta(hours=1)) == 1
        with redis.Redis.from_url(queues) as server:
            server.flushdb()
        assert digests.send_digests(now=self.MONDAY + timedelta(hours=2)) == 1
        with patch.object(digests, "digest_of", side_effect=RuntimeError):
            work()
        assert told(Event.DIGEST) == []
        [failed] = django_rq.get_queue("mails").failed_job_registry.get_job_ids()
        with redis.Redis.from_url(queues) as server:
            assert 0 < server.ttl(f"rq:job:{failed}") < 3600, "gone before the next hour asks"
            server.delete(f"rq:job:{failed}")
        assert digests.send_digests(now=self.MONDAY + timedelta(hours=3)) == 1
        work()
        assert len(told(Event.DIGEST)) == 1

    def test_nobody_who_wants_it_and_a_team_that_is_gone_cost_no_composing(
        self, shop: Repository, queues: str
    ) -> None:
        member = factories.member(shop.team)
        notifications.choose(user=member, wanted=[])
        assert digests.send_digests(now=self.MONDAY) == 0
        assert digests.send_digest(team_id=shop.team_id + 1000, on=self.MONDAY.date()) == 0

    def test_asking_costs_the_same_for_any_number_of_teams(self, shop: Repository, queues: str) -> None:
        def queries() -> int:
            with CaptureQueriesContext(connection) as captured:
                digests.send_digests(now=self.MONDAY)
            return len(captured)

        factories.member(shop.team)
        one = queries()
        for _ in range(5):
            factories.member(factories.repository(team=factories.team()).team)
        assert queries() == one
        assert len(waiting()) == 6

    def test_it_says_how_the_team_stands_and_what_moved(self, shop: Repository) -> None:
        factories.assessment(shop, fails(60), now=self.MONDAY - timedelta(days=20))
        factories.assessment(shop, {}, commit="b" * 40, now=self.MONDAY - timedelta(days=2))
        away = factories.repository(team=shop.team, name="acme/away", failures=2, last_error_id="source.x")
        message = digests.digest_of(shop.team, now=self.MONDAY)
        assert message.subject == "Shop: A+, the week to 8 March"
        assert message.lead.startswith("Shop has 2 repositories and stands at A+, 100.0 of 100 (+")
        assert "60 items began to pass and 0 to fail this week." in message.lead
        moved, unread = message.sections
        assert moved.lines[0].text.startswith("acme/shop: ")
        assert " to A+, +" in moved.lines[0].text
        assert unread.lines[0].text == f"{away.name} (source.x)"
        assert message.url == f"https://plumbline.example/teams/{shop.team.slug}/"

    def test_repositories_cost_no_queries(self, shop: Repository) -> None:
        def queries() -> int:
            with CaptureQueriesContext(connection) as captured:
                digests.digest_of(shop.team, now=self.MONDAY)
            return len(captured)

        factories.assessment(shop)
        queries()
        one = queries()
        for _ in range(9):
            factories.assessment(factories.repository(team=shop.team))
        assert queries() == one
