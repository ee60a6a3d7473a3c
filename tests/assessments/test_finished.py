"""Whoever asked for something long hears once that it is over: exports, backfills, previews; rescans are in test_rescans."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any
from unittest.mock import patch

import pytest
from django.contrib.auth.models import AbstractUser

from assessments.choices import Channel, Event, ExportFormat, PastWork, WorkState
from assessments.models import Export, Notification, NotificationChoice, RulesetPreview
from assessments.services import exports, finished, notifications, past, previews, rulesets
from scanners.errors import ScanError
from tests import factories

pytestmark = pytest.mark.django_db
Capture = Callable[..., AbstractContextManager[list[Any]]]


@pytest.fixture(autouse=True)
def nothing_is_sent(settings: Any) -> Iterator[None]:
    settings.MAIL_IS_SENT = True
    settings.PUBLIC_ADDRESS = "https://plumbline.example"
    with (
        patch.object(notifications, "enqueue"),
        patch.object(exports, "_enqueue"),
        patch.object(past, "enqueue"),
    ):
        yield


@pytest.fixture
def asker() -> AbstractUser:
    person = factories.admin()
    NotificationChoice.objects.create(user=person, event=Event.FINISHED, channel=Channel.MAIL, wanted=True)
    return person


def asked(asker: AbstractUser) -> Export:
    assessment = factories.assessment()
    return exports.request_export(
        repository=assessment.repository,
        assessment=assessment,
        format=ExportFormat.JSON,
        requested_by=asker,
    )


def told() -> list[Notification]:
    return list(Notification.objects.filter(event=Event.FINISHED).order_by("pk"))


class TestExports:
    def test_a_file_that_is_ready_is_told_with_the_time_until_which_it_is_kept(
        self, asker: AbstractUser, django_capture_on_commit_callbacks: Capture
    ) -> None:
        export = asked(asker)
        with django_capture_on_commit_callbacks(execute=True):
            exports.make_export(export.pk)
        [message] = told()
        assert (message.user, message.cause) == (asker, f"export:{export.pk}")
        assert message.content["subject"] == f"JSON of {export.repository} is ready"
        assert "kept until" in message.content["lead"]
        assert message.content["url"] == "https://plumbline.example/exports/"

    def test_one_that_fails_and_is_tried_again_on_the_same_day_gives_one_message(
        self, asker: AbstractUser, django_capture_on_commit_callbacks: Capture
    ) -> None:
        export = asked(asker)
        broken = ScanError("export.nothing", "There is nothing to export.")
        for _ in range(2):
            with (
                patch.object(exports, "write", side_effect=broken),
                django_capture_on_commit_callbacks(execute=True),
            ):
                exports.make_export(export.pk)
            exports.retry_export(export=export)
        [message] = told()
        assert "could not be made" in message.content["subject"]
        assert "export.nothing" in str(message.content["sections"])

    def test_one_that_was_cancelled_and_one_of_somebody_who_wants_none_are_not_told(
        self, asker: AbstractUser, django_capture_on_commit_callbacks: Capture
    ) -> None:
        with django_capture_on_commit_callbacks(execute=True):
            exports.cancel_export(export=asked(asker))
            exports.make_export(asked(factories.admin()).pk)
        assert told() == []
        assert finished.export_ended(asked(asker).pk) == 0  # it has not ended


class TestBackfills:
    def work(self, asker: AbstractUser | None, kind: PastWork = PastWork.BACKFILL) -> Any:
        repository = factories.assessment().repository
        made = past.request_work(repository=repository, kind=kind, params={}, requested_by=asker)
        return past.claim_work(work_id=made.pk)

    def test_points_that_are_new_and_those_that_could_not_be_judged_are_counted(
        self, asker: AbstractUser, django_capture_on_commit_callbacks: Capture
    ) -> None:
        work = self.work(asker)
        with django_capture_on_commit_callbacks(execute=True):
            past.finish_work(work, result={"recorded": 11, "skipped": [{"commit": "a"}]})
        [message] = told()
        assert "11 points of its past are new, 1 could not be judged" in message.content["lead"]
        assert message.content["url"].endswith(f"/repositories/{work.repository.slug}/history/")
        assert message.cause == f"past:{work.pk}"

    def test_a_failed_one_says_why(
        self, asker: AbstractUser, django_capture_on_commit_callbacks: Capture
    ) -> None:
        work = self.work(asker)
        with django_capture_on_commit_callbacks(execute=True):
            past.fail_work(work, ScanError("source.unreachable", "The host is away.", fault="network"))
        [message] = told()
        assert "source.unreachable" in str(message.content["sections"])

    def test_what_is_waited_for_on_a_page_and_what_nobody_asked_for_is_not_told(
        self, asker: AbstractUser, django_capture_on_commit_callbacks: Capture
    ) -> None:
        with django_capture_on_commit_callbacks(execute=True):
            past.finish_work(self.work(asker, PastWork.COMPARISON))
            past.finish_work(self.work(None))
            cancelled = self.work(asker)
            past.cancel_work(work=cancelled)
        cancelled.refresh_from_db()
        assert cancelled.state == WorkState.CANCELLED and told() == []


class TestPreviews:
    @pytest.fixture
    def preview(self, asker: AbstractUser) -> RulesetPreview:
        draft = rulesets.open_draft(ruleset=factories.ruleset().ruleset, actor=asker)
        with patch.object(previews, "_enqueue"):
            return previews.request_preview(draft=draft, requested_by=asker)

    def test_whom_a_draft_would_move_is_counted(self, asker: AbstractUser, preview: RulesetPreview) -> None:
        rows = [{"scores": scores} for scores in (["60", "70"], ["60", "50"], ["60", "60"], [None, "60"])]
        RulesetPreview.objects.filter(pk=preview.pk).update(
            state=WorkState.DONE, result={"rows": rows}, skipped=2
        )
        assert finished.preview_ended(preview.pk) == 1
        [message] = told()
        assert message.user == asker and message.content["url"].endswith(f"/previews/{preview.key}/")
        assert "of 4 repositories 1 would stand better and 1 worse; 2 could not be" in message.content["lead"]

    def test_one_that_fails_says_why_once_and_one_that_was_called_off_says_nothing(
        self, preview: RulesetPreview, django_capture_on_commit_callbacks: Capture
    ) -> None:
        with django_capture_on_commit_callbacks(execute=True):
            previews.make_preview(preview.pk)  # nothing has been judged
        assert finished.preview_ended(preview.pk) == 0  # told before
        [message] = told()
        assert "preview.nothing" in str(message.content["sections"])
        RulesetPreview.objects.filter(pk=preview.pk).update(state=WorkState.CANCELLED)
        assert finished.preview_ended(preview.pk) == 0
