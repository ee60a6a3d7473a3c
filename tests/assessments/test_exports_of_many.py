"""Exports of a team and of the fleet: streamed, cancellable, for those who may see all that is in them."""

import csv
import errno
import hashlib
import io
import json
import os
import time
import zipfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from unittest.mock import patch

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from assessments import policy
from assessments.choices import ExportFormat, ExportState, Role
from assessments.models import Export, Membership, Repository, Team
from assessments.report import ReportPage
from assessments.reports.csv import render_csv
from assessments.reports.reading import page_from_json
from assessments.selectors.reports import report_of_assessment
from assessments.services import export_files, exports
from scanners.errors import ScanError
from tests import factories

pytestmark = pytest.mark.django_db


def judged(team: Team, **changes: object) -> Repository:
    repository = factories.repository(team=team, **changes)
    factories.assessment(repository, {"testing.unit": "fail"})
    repository.refresh_from_db()
    return repository


def made(**values: object) -> Export:
    export = exports.request_export(**values)  # type: ignore[arg-type]
    exports.make_export(export.pk)
    export.refresh_from_db()
    return export


def content(export: Export) -> bytes:
    return (Path(settings.EXPORTS_DIR) / export.file).read_bytes()


def test_a_team_is_exported_in_every_format() -> None:
    team = factories.team()
    names = {judged(team).name for _ in range(3)}
    judged(factories.team(), name="Somebody else's")
    lead = factories.member(team, Role.LEAD)
    for format, start in (
        (ExportFormat.PDF, b"%PDF-"),
        (ExportFormat.XLSX, b"PK"),
        (ExportFormat.CSV, b"\xef\xbb\xbf"),
    ):
        export = made(format=format, requested_by=lead, team=team)
        assert (export.state, export.total, export.teams) == (ExportState.DONE, 3, [team.pk]), export.error
        assert content(export).startswith(start)
        assert exports.file_name(export).startswith(f"{team.slug}-20")
    rows = list(csv.reader(io.StringIO(content(export).decode("utf-8-sig"))))
    assert {row[0] for row in rows[1:]} == names and len(rows) == 301


def test_an_archive_holds_a_folder_per_repository_and_its_manifest_agrees() -> None:
    team = factories.team()
    same = [
        judged(team, name="../../etc/passwd"),
        judged(team, name="../../etc/passwd"),
        judged(team, name="Ω" * 300),
    ]
    export = made(format=ExportFormat.ZIP, requested_by=factories.admin())
    with zipfile.ZipFile(io.BytesIO(content(export))) as archive:
        assert archive.testzip() is None
        names = archive.namelist()
        assert len(names) == len(set(names)) == 3 * 4 + 2
        assert not any(name.startswith("/") or ".." in name for name in names)
        manifest = json.loads(archive.read("manifest.json"))
        for name, digest in manifest["sha256"].items():
            assert hashlib.sha256(archive.read(name)).hexdigest() == digest
        index = list(csv.DictReader(io.StringIO(archive.read("index.csv").decode("utf-8-sig"))))
        assert [row["Folder"] for row in index] == [
            f"{team.slug}/{one.slug}" for one in sorted(same, key=lambda r: (r.name, r.pk))
        ]
        page = page_from_json(archive.read(f"{team.slug}/{same[0].slug}/report.json").decode())
        assert page.grade.letter == same[0].letter


def test_a_member_exports_only_what_they_see_and_a_lost_membership_takes_the_file_away() -> None:
    mine, other = factories.team(), factories.team()
    judged(mine), judged(other)
    person = factories.member(mine)
    export = made(format=ExportFormat.CSV, requested_by=person)
    assert export.teams == [mine.pk] and export.total == 1
    client = Client()
    client.force_login(person)
    download = client.get(f"/exports/{export.key}/")
    assert download.status_code == 200 and b"".join(download.streaming_content) == content(export)
    stranger = Client()
    stranger.force_login(factories.member(mine))
    assert stranger.get(f"/exports/{export.key}/").status_code == 404
    Membership.objects.filter(user=person).delete()
    assert not policy.may_download(person, export)
    assert client.get(f"/exports/{export.key}/").status_code == 404


def test_a_cancelled_one_stops_and_leaves_no_file() -> None:
    team = factories.team()
    judged(team), judged(team)
    export = exports.request_export(format=ExportFormat.CSV, requested_by=factories.admin(), team=team)

    def cancel(*_: object) -> None:
        exports.cancel_export(export=export)

    with (
        patch.object(exports, "TELL_SECONDS", 0),
        patch("assessments.reports.csv.checklist_rows", side_effect=lambda page: iter([cancel() or ("x",)])),
    ):
        exports.make_export(export.pk)
    export.refresh_from_db()
    assert (export.state, export.file) == (ExportState.CANCELLED, "")
    assert not list(Path(settings.EXPORTS_DIR).glob(f"*{export.key}*"))
    assert exports.retry_export(export=export) and not exports.retry_export(export=export)
    exports.make_export(export.pk)
    export.refresh_from_db()
    assert export.state == ExportState.DONE


def test_a_full_disk_is_told_and_leaves_nothing() -> None:
    team = factories.team()
    judged(team)
    with patch("os.fsync", side_effect=OSError(errno.ENOSPC, "No space left on device")):
        export = made(format=ExportFormat.CSV, requested_by=factories.admin(), team=team)
    assert (export.state, export.error_id) == (ExportState.FAILED, "export.no-room")
    assert not list(Path(settings.EXPORTS_DIR).glob(f"*{export.key}*"))


def test_nothing_judged_is_nothing_to_export() -> None:
    team = factories.team()
    factories.repository(team=team)
    export = made(format=ExportFormat.CSV, requested_by=factories.admin(), team=team)
    assert (export.state, export.error_id) == (ExportState.FAILED, "export.nothing")


def test_a_repository_deleted_meanwhile_is_left_out() -> None:
    team = factories.team()
    gone, stays = judged(team), judged(team)
    export = exports.request_export(format=ExportFormat.CSV, requested_by=factories.admin(), team=team)
    Repository.objects.filter(pk=gone.pk).update(current=None)
    exports.make_export(export.pk)
    export.refresh_from_db()
    text = content(export).decode()
    assert export.state == ExportState.DONE and stays.name in text and gone.name not in text


def test_the_same_export_is_not_made_twice_at_a_time() -> None:
    team, admin = factories.team(), factories.admin()
    judged(team)
    first = exports.request_export(format=ExportFormat.ZIP, requested_by=admin, team=team)
    assert exports.request_export(format=ExportFormat.ZIP, requested_by=admin, team=team) == first
    exports.make_export(first.pk)
    assert exports.request_export(format=ExportFormat.ZIP, requested_by=admin, team=team) != first


def test_a_fleet_has_no_pdf() -> None:
    with pytest.raises(ScanError, match="export.nothing"):
        exports.request_export(format=ExportFormat.PDF, requested_by=factories.admin())


def test_what_a_dead_job_left_aside_is_removed() -> None:
    folder = Path(settings.EXPORTS_DIR)
    folder.mkdir(parents=True, exist_ok=True)
    old, fresh = folder / ".x.zip.1.tmp", folder / ".y.zip.2.tmp"
    for place in (old, fresh):
        place.write_bytes(b"half")
    early = time.time() - exports.LEFT_SECONDS - 5
    os.utime(old, (early, early))
    exports.purge_exports()
    assert not old.exists() and fresh.exists()
    fresh.unlink()


def test_the_pages_ask_cancel_retry_and_say_until_when(client: Client) -> None:
    team = factories.team()
    judged(team)
    lead = factories.member(team, Role.LEAD)
    client.force_login(lead)
    for address in ("/", f"/teams/{team.slug}/"):
        assert "Excel workbook" in client.get(address).content.decode()
    assert client.post(f"/teams/{team.slug}/export/", {"format": "zip"})["Location"] == "/exports/"
    export = Export.objects.get()
    assert client.post(f"/exports/{export.key}/cancel/").status_code == 302
    assert "Try again" in client.get("/exports/").content.decode()
    assert client.post(f"/exports/{export.key}/retry/").status_code == 302
    exports.make_export(export.pk)
    page = client.get("/exports/").content.decode()
    assert "Download" in page and "Kept until" in page
    Export.objects.update(expires_at=timezone.now() - timedelta(minutes=1))
    assert "Expired" in client.get("/exports/").content.decode()
    assert client.get(f"/exports/{export.key}/").status_code == 404


def test_unknown_formats_and_strange_teams_ask_for_nothing(client: Client) -> None:
    team, other = factories.team(), factories.team()
    client.force_login(factories.member(team))
    assert client.post(f"/teams/{team.slug}/export/", {"format": "exe"})["Location"] == f"/teams/{team.slug}/"
    assert client.post("/exports/fleet/", {"format": "pdf"})["Location"] == "/"
    assert client.post(f"/teams/{other.slug}/export/", {"format": "csv"}).status_code == 404
    assert client.get("/exports/fleet/").status_code in (404, 405)
    assert not Export.objects.exists()


@pytest.mark.slow
@pytest.mark.parametrize("format", [ExportFormat.CSV, ExportFormat.ZIP])
def test_a_thousand_repositories_are_written_without_being_held(format: ExportFormat) -> None:
    team = factories.team()
    first = judged(team)
    assert first.current is not None
    rows = Repository.objects.bulk_create(
        Repository(
            mirror=factories.mirror(), team=team, name=f"bulk {n}", slug=f"bulk-{n}", current=first.current
        )
        for n in range(999)
    )
    assert len(rows) == 999
    export = exports.request_export(format=format, requested_by=factories.admin(), team=team)
    # One drawn report stands for all: what is measured is the writing. Each gets bytes of its own, as if drawn anew.
    page = report_of_assessment(first, first.current)
    drawn: dict[ExportFormat, bytes] = {}

    def text(wanted: ExportFormat, page: ReportPage) -> bytes:
        if wanted not in drawn:
            drawn[wanted] = real_text(wanted, page)
        return bytes(bytearray(drawn[wanted]))

    real_text = export_files._text
    # The thread that renews the lease would not see a row of this test's transaction, and take it for lost.
    renewed_never = patch.object(exports, "RENEW_SECONDS", 3600)
    one_report = patch("assessments.selectors.reports.report_of_assessment", return_value=page)
    with renewed_never, one_report, patch.object(export_files, "_text", text):
        grown = growth(lambda: exports.make_export(export.pk))
    export.refresh_from_db()
    assert (export.state, export.total) == (ExportState.DONE, 1000), export.error
    written = 1000 * len(render_csv(page))
    assert export.size > (written // 2 if format == ExportFormat.CSV else 1_000_000)
    assert grown < 40 << 20, f"{grown >> 20} MiB for {written >> 20} MiB of checklists"


def growth(action: Callable[[], None]) -> int:
    """By how many bytes the process was larger at its largest while the action ran."""
    Path("/proc/self/clear_refs").write_text("5")  # the peak counts anew from here
    before = memory("VmRSS")
    action()
    return memory("VmHWM") - before


def memory(name: str) -> int:
    [line] = [one for one in Path("/proc/self/status").read_text().splitlines() if one.startswith(f"{name}:")]
    return int(line.split()[1]) << 10
