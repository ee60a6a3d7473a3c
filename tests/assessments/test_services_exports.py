"""Exports: made by a job, complete or not there."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

import django_rq
import pytest
from django.conf import settings
from django.utils import timezone
from redis.exceptions import ConnectionError as RedisConnectionError

from assessments.choices import ExportFormat, ExportState
from assessments.models import Export
from assessments.services import exports
from tests import factories

pytestmark = pytest.mark.django_db


def asked(format: ExportFormat = ExportFormat.MARKDOWN) -> Export:
    assessment = factories.assessment(verdicts={"testing.unit": "fail"})
    return exports.request_export(
        repository=assessment.repository,
        assessment=assessment,
        format=format,
        requested_by=factories.admin(),
    )


def content(export: Export) -> bytes:
    return (Path(settings.EXPORTS_DIR) / export.file).read_bytes()


@pytest.mark.parametrize(
    ("format", "start"),
    [
        (ExportFormat.PDF, b"%PDF-"),
        (ExportFormat.MARKDOWN, b"#"),
        (ExportFormat.JSON, b"{"),
        (ExportFormat.SARIF, b"{"),
        (ExportFormat.CSV, b"\xef\xbb\xbfRepository,"),
        (ExportFormat.XLSX, b"PK"),
    ],
)
def test_every_format_is_made_of_the_stored_assessment(format: ExportFormat, start: bytes) -> None:
    export = asked(format)
    exports.make_export(export.pk)
    export.refresh_from_db()
    assert export.state == ExportState.DONE
    assert content(export).startswith(start)
    assert len(content(export)) == export.size
    assert exports.file_name(export).startswith(f"{export.repository.slug}-aaaaaaa.")


def test_the_json_of_an_export_is_that_of_the_command_line() -> None:
    export = asked(ExportFormat.JSON)
    exports.make_export(export.pk)
    export.refresh_from_db()
    document = json.loads(content(export))
    assert document["schema"] == "plumbline.assessment/1"
    failing = [item["id"] for item in document["items"] if item["verdict"] == "fail"]
    assert failing == ["testing.unit"]


def test_a_second_delivery_does_nothing() -> None:
    export = asked()
    exports.make_export(export.pk)
    with patch.object(exports, "write") as write:
        exports.make_export(export.pk)
    write.assert_not_called()


def test_a_failed_one_leaves_no_file_and_says_so() -> None:
    export = asked()
    with (
        patch.object(exports, "write", side_effect=RuntimeError("broken")),
        pytest.raises(RuntimeError, match="broken"),
    ):
        exports.make_export(export.pk)
    export.refresh_from_db()
    assert (export.state, export.error_id, export.file) == (ExportState.FAILED, "export.failed", "")
    folder = Path(settings.EXPORTS_DIR)
    assert not folder.exists() or not [f for f in folder.iterdir() if str(export.key) in f.name]


def test_a_write_that_breaks_off_leaves_nothing_behind() -> None:
    export = asked()
    with (
        patch.object(Path, "replace", side_effect=OSError("disk full")),
        pytest.raises(OSError, match="disk full"),
    ):
        exports.make_export(export.pk)
    assert not [f for f in Path(settings.EXPORTS_DIR).iterdir() if str(export.key) in f.name]


def test_exports_past_their_time_are_removed_with_their_files() -> None:
    old, new = asked(), asked()
    for export in (old, new):
        exports.make_export(export.pk)
    old.refresh_from_db()
    place = Path(settings.EXPORTS_DIR) / old.file
    Export.objects.filter(pk=old.pk).update(expires_at=timezone.now() - timedelta(minutes=1))
    early = timezone.now() - timedelta(days=settings.ENVIRONMENT.export_days, minutes=1)
    Export.objects.filter(pk=new.pk).update(
        requested_at=early
    )  # asked for early, made late: its page says until when
    assert exports.purge_exports() == 1
    assert not place.exists()
    assert list(Export.objects.all()) == [new]


@pytest.fixture
def sent() -> Iterator[Any]:
    with patch.object(exports, "_enqueue") as sent:
        yield sent


def test_one_whose_worker_died_waits_again_and_leaves_nothing_aside(sent: Any) -> None:
    export = asked()
    claimed = exports._claimed(export.pk)
    assert claimed is not None and exports._claimed(export.pk) is None
    folder = Path(settings.EXPORTS_DIR)
    folder.mkdir(parents=True, exist_ok=True)
    left = folder / f".{export.key}.md.{claimed.claim[:12]}.tmp"
    left.write_bytes(b"half of it")
    assert exports.recover_abandoned() == 0  # its lease holds
    later = timezone.now() + exports.LEASE + timedelta(seconds=1)
    assert exports.recover_abandoned(now=later) == 1
    assert [call.args[0].pk for call in sent.call_args_list] == [export.pk]
    exports.make_export(export.pk)
    export.refresh_from_db()
    assert (export.state, export.attempts, export.error_id) == (ExportState.DONE, 1, "")
    assert not left.exists() and content(export)


def test_leases_of_exports_do_not_go_by_the_clock_of_a_host(sent: Any) -> None:
    real = timezone.now()
    export = asked()
    with patch("django.utils.timezone.now", return_value=real - timedelta(days=1)):
        assert exports._claimed(export.pk)
    export.refresh_from_db()
    assert export.lease_until is not None and export.lease_until > real


@pytest.mark.parametrize("claimed", [True, False])
def test_a_lease_of_an_export_by_a_clock_that_was_ahead_ends_all_the_same(sent: Any, claimed: bool) -> None:
    export = asked()
    assert not claimed or exports._claimed(export.pk)
    now = timezone.now()
    Export.objects.filter(pk=export.pk).update(lease_until=now + timedelta(days=1))
    assert exports.recover_abandoned(now=now) == 0
    longest = exports.LEASE if claimed else exports.RESEND
    assert exports.recover_abandoned(now=now + longest + timedelta(seconds=1)) == 1


def test_whoever_lost_an_export_writes_nothing_to_it(sent: Any) -> None:
    export = asked()
    slow = exports._claimed(export.pk)
    assert slow is not None
    exports.recover_abandoned(now=timezone.now() + exports.LEASE + timedelta(seconds=1))
    quick = exports._claimed(export.pk)
    assert quick is not None
    with pytest.raises(exports.Cancelled):
        exports._Teller(slow, threading.Event())(1)
    exports._failed(slow, "export.failed", "Too late.")
    export.refresh_from_db()
    assert (export.state, export.claim) == (ExportState.RUNNING, quick.claim)


def test_one_that_costs_too_many_workers_is_given_up(sent: Any) -> None:
    export = asked()
    for attempt in range(1, exports.MAX_ATTEMPTS + 1):
        assert exports._claimed(export.pk)
        exports.recover_abandoned(now=timezone.now() + exports.LEASE + timedelta(seconds=1))
        export.refresh_from_db()
        assert export.attempts == min(attempt, exports.MAX_ATTEMPTS - 1)
    assert (export.state, export.error_id) == (ExportState.FAILED, "export.abandoned")
    assert "3 times" in export.error
    assert exports.retry_export(export=export) and export.attempts == 0


def test_one_that_waits_is_sent_again_and_given_up_in_the_end(sent: Any) -> None:
    export = asked()
    now = timezone.now()
    assert exports.recover_abandoned(now=now) == 0
    assert exports.recover_abandoned(now=now + exports.RESEND + timedelta(seconds=1)) == 1
    assert exports.recover_abandoned(now=now + exports.RESEND + timedelta(seconds=2)) == 0
    exports.recover_abandoned(now=now + exports.ABANDONED + timedelta(minutes=1))
    export.refresh_from_db()
    assert (export.state, export.error_id) == (ExportState.FAILED, "export.abandoned")


def test_a_lease_is_renewed_while_the_file_is_made(
    transactional_db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exports, "RENEW_SECONDS", 0.02)
    factories.ruleset()
    export = asked()
    claimed = exports._claimed(export.pk)
    assert claimed is not None
    Export.objects.filter(pk=export.pk).update(lease_until=factories.NOW)
    with exports._held(claimed) as lost:
        for _ in range(250):
            export.refresh_from_db()
            if export.lease_until > timezone.now() and not lost.is_set():
                break
            time.sleep(0.02)
        else:
            pytest.fail("The lease was not renewed.")
        assert exports.cancel_export(export=export)
        assert lost.wait(5)


def test_without_its_queue_an_export_fails_at_once_with_words(
    django_capture_on_commit_callbacks: Callable[..., Any],
) -> None:
    gone = patch("django_rq.get_queue", side_effect=RedisConnectionError("unix:///gone"))
    with gone, django_capture_on_commit_callbacks(execute=True):
        export = asked()
    export.refresh_from_db()
    assert (export.state, export.error_id) == (ExportState.FAILED, "export.not-queued")
    assert "gone" not in export.error


def test_the_job_carries_json_and_is_run_by_a_real_worker(
    queues: str, django_capture_on_commit_callbacks: Callable[..., Any]
) -> None:
    import redis
    from rq import SimpleWorker
    from rq.serializers import JSONSerializer

    with django_capture_on_commit_callbacks(execute=True):
        export = asked()
    queue = django_rq.get_queue("exports")
    [job_id] = queue.job_ids
    with redis.Redis.from_url(queues) as server:
        raw = server.hget(f"rq:job:{job_id}", "data")
    import zlib

    assert json.loads(zlib.decompress(raw))[0] == "assessments.jobs.make_export"
    worker = SimpleWorker([queue], connection=queue.connection, serializer=JSONSerializer)
    worker.work(burst=True, logging_level="ERROR")
    export.refresh_from_db()
    assert export.state == ExportState.DONE
