"""What goes after its time, and what stays for ever."""

import os
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.sessions.models import Session

from assessments import tasks
from assessments.choices import ScanState
from assessments.models import ApiToken, Assessment, AuditEvent, Rescan, ScanRequest, VerdictChange
from assessments.services import assess, retention
from assessments.services.api_tokens import create_token, revoke_token
from config.schedule import PERIODIC
from scanners.cache import SqliteCache
from scanners.facts import Problem
from tests import factories
from tests.factories import NOW

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
PROBLEMS = (Problem("a.py", "file.too-large", "The file is too large."),)


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(settings, "DATA_DIR", tmp_path)
    monkeypatch.setattr(settings, "MIRRORS_DIR", tmp_path / "mirrors")
    (tmp_path / "logs").mkdir()
    return tmp_path


def test_superseded_assessments_keep_scores_and_verdicts_alone() -> None:
    repository = factories.repository()
    old = factories.assessment(repository, problems=PROBLEMS)
    current = factories.assessment(
        repository, {"testing.unit": "fail"}, commit="b" * 40, problems=PROBLEMS, now=NOW + DAY
    )
    later = NOW + DAY * (settings.ENVIRONMENT.keep_evidence_days + 2)
    assert retention.forget_evidence(NOW + DAY * 2) == 0
    assert retention.forget_evidence(later) == 1
    assert retention.forget_evidence(later) == 0
    kept = Assessment.objects.get(pk=old.pk)
    assert (kept.problems, kept.score, kept.verdicts, kept.letter) == (
        [],
        old.score,
        old.verdicts,
        old.letter,
    )
    assert Assessment.objects.get(pk=current.pk).problems
    assert VerdictChange.objects.count() == 1


def test_ended_scans_go_and_the_last_of_each_repository_stays() -> None:
    repository = factories.repository()
    ended = [
        factories.scan(repository, state=state, finished_at=NOW)
        for state in (ScanState.DONE, ScanState.FAILED, ScanState.CANCELLED)
    ]
    active = factories.scan(repository, state=ScanState.SCANNING)
    lonely = factories.scan(state=ScanState.DONE, finished_at=NOW)
    days = settings.ENVIRONMENT.keep_scans_days
    assert retention.remove_scans(NOW + DAY * (days - 1)) == 0
    assert retention.remove_scans(NOW + DAY * (days + 1)) == len(ended)
    assert set(ScanRequest.objects.all()) == {active, lonely}


def test_audit_lines_and_ended_sign_ins_go() -> None:
    event = AuditEvent.objects.create(action="x", subject="y")
    AuditEvent.objects.filter(pk=event.pk).update(at=NOW)
    for name, ends in (("old", NOW), ("new", NOW + DAY * 9999)):
        Session.objects.create(session_key=name, session_data="", expire_date=ends)
    days = settings.ENVIRONMENT.keep_audit_days
    assert retention.remove_audit_lines(NOW + DAY * (days - 1)) == 0
    assert retention.remove_audit_lines(NOW + DAY * (days + 1)) == 1
    assert retention.remove_sessions(NOW + DAY) == 1
    assert Session.objects.get().session_key == "new"


def test_tokens_go_once_no_audit_line_names_them_any_more() -> None:
    owner = factories.person()
    live, _ = create_token(owner=owner, name="live", scopes=["read"], days=30, now=NOW)
    revoked, _ = create_token(owner=owner, name="revoked", scopes=["read"], days=30, now=NOW)
    revoke_token(token=revoked, actor=owner, now=NOW)
    days = settings.ENVIRONMENT.keep_audit_days
    assert retention.remove_tokens(NOW + DAY * (days - 1)) == 0
    assert retention.remove_tokens(NOW + DAY * (days + 1)) == 1
    assert ApiToken.objects.get() == live
    assert retention.remove_tokens(NOW + DAY * (days + 31)) == 1


def test_a_run_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "BATCH", 2)
    monkeypatch.setattr(retention, "MOST_BATCHES", 3)
    for _ in range(9):
        AuditEvent.objects.create(action="x", subject="y")
    AuditEvent.objects.update(at=NOW)
    later = NOW + DAY * 9999
    assert [retention.remove_audit_lines(later) for _ in range(3)] == [6, 3, 0]


def test_logs_that_nobody_writes_go_and_large_ones_are_cut_in_place(
    own_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "LARGEST_LOG", 1000)
    monkeypatch.setattr(retention, "KEPT_OF_LOG", 100)
    logs = own_folder / "logs"
    silent, large, small = logs / "old.log", logs / "web.log", logs / "worker.log"
    for place, text in ((silent, "x\n"), (large, "a line\n" * 400), (small, "a line\n")):
        place.write_text(text)
        os.utime(place, (NOW.timestamp(), NOW.timestamp()))
    os.utime(silent, (0, 0))
    writer = large.open("a")
    assert retention.remove_logs(NOW + DAY) == 2
    assert not silent.exists() and small.read_text() == "a line\n"
    writer.write("the next line\n")
    writer.close()
    lines = large.read_text().splitlines()
    assert len(lines) < 20 and set(lines) == {"a line", "the next line"}


def test_the_job_does_all_of_it_and_is_in_the_schedule(own_folder: Path) -> None:
    gone = tasks.purge()
    assert set(gone) >= {"evidence", "scans", "rescans", "audit", "sessions", "mirrors", "logs", "answers"}
    assert not any(gone.values())
    assert "assessments.tasks.purge" in {entry.task for entry in PERIODIC}


def test_one_kind_that_fails_does_not_keep_the_others(
    own_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(retention, "remove_mirrors", full)
    gone = retention.purge(now=NOW)
    assert set(gone) >= {"evidence", "scans", "audit", "sessions", "views", "logs"} and "mirrors" not in gone


def test_answers_beyond_their_budget_go(own_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = own_folder / "answers.sqlite3"
    monkeypatch.setattr(settings, "ANSWERS", place)
    monkeypatch.setattr(settings.ENVIRONMENT, "answers_mb", 1)
    SqliteCache(place).put_many(
        "plan", {f"{n:040x}": {"m": f"{n:040x}" + os.urandom(300).hex()} for n in range(6000)}
    )
    assert retention.purge(now=NOW)["answers"] > 1000
    assert place.stat().st_size <= 1 << 20
    assert retention.purge(now=NOW)["answers"] == 0


def test_every_machine_with_workers_tends_its_own_answers(
    own_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []
    monkeypatch.setattr(assess, "keep_within", lambda place, budget: asked.append((place, budget)) or 3)
    assert assess.tend_answers() == 3
    assert asked == [(Path(settings.ANSWERS), settings.ENVIRONMENT.answers_mb << 20)]


def test_rescans_go_as_long_after_their_end_as_scans() -> None:
    old = Rescan.objects.create(scope="fleet", requested_at=NOW, finished_at=NOW)
    scan = factories.scan(rescan=old, state=ScanState.DONE, finished_at=NOW)
    Rescan.objects.create(scope="fleet", requested_at=NOW)  # which is not over
    assert retention.remove_rescans(NOW + DAY) == 0
    assert retention.remove_rescans(NOW + DAY * (settings.ENVIRONMENT.keep_scans_days + 1)) >= 1
    assert Rescan.objects.count() == 1
    scan.refresh_from_db()
    assert scan.rescan is None
