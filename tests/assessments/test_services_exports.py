"""Exports: made by a job, complete or not there."""

import json
from collections.abc import Callable
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


def test_one_that_nobody_makes_any_more_is_given_up() -> None:
    lost, fresh, done = asked(), asked(), asked()
    early = timezone.now() - exports.ABANDONED - timedelta(seconds=1)
    Export.objects.filter(pk=lost.pk).update(state=ExportState.RUNNING, requested_at=early)
    Export.objects.filter(pk=done.pk).update(state=ExportState.DONE, requested_at=early)
    assert exports.give_up_abandoned() == 1
    for export in (lost, fresh, done):
        export.refresh_from_db()
    assert (lost.state, lost.error_id) == (ExportState.FAILED, "export.abandoned")
    assert (fresh.state, done.state) == (ExportState.QUEUED, ExportState.DONE)


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
