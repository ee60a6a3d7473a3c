"""Previews of a draft ruleset, on real repositories: what they find, what they leave alone, and how they end."""

import csv
import io
import json
import zlib
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

import django_rq
import pytest
import redis
from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from rq import SimpleWorker
from rq.serializers import JSONSerializer

from assessments.choices import Origin, Role, WorkState
from assessments.models import (
    Assessment,
    AuditEvent,
    ChecklistItem,
    Repository,
    RulesetDraft,
    RulesetPreview,
    RulesetVersion,
    VerdictChange,
)
from assessments.services import previews
from assessments.services.assess import record_assessment
from assessments.services.preview_sample import Candidate, choose
from assessments.services.rulesets import built, from_text, open_draft, save_draft, to_text
from scanners.mirror import open_source
from scanners.scan import ScanResult, scan
from scanners.tree import RepoTree
from tests import factories
from tests.trees import repository as working_copy

pytestmark = pytest.mark.django_db
ENQUEUE = previews._enqueue
SignedIn = Callable[[AbstractUser], Client]
_EDITED: list[str] = []
"""The draft's text, made once, since that takes a second."""
_SCANNED: list[ScanResult] = []
"""All repositories here hold the same commit."""
FILES = {"app.py": "import flask\n\napp = flask.Flask(__name__)\n", "requirements.txt": "flask==3.0.0\n"}


@pytest.fixture(autouse=True)
def queued(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Previews that would go before the job worker, by their number."""
    asked: list[int] = []
    monkeypatch.setattr(previews, "_enqueue", lambda preview: asked.append(preview.pk))
    return asked


@pytest.fixture
def draft(ruleset: RulesetVersion, admin: AbstractUser) -> RulesetDraft:
    """The shipped rules, but for the README, which any repository with a manifest of Python has by them."""
    opened = open_draft(ruleset=ruleset.ruleset, actor=admin)
    if not _EDITED:
        _EDITED.append(edited(opened, admin).document)
    opened.document, opened.revision = _EDITED[0], 2
    opened.save()
    return opened


def edited(draft: RulesetDraft, actor: AbstractUser, **changes: Any) -> RulesetDraft:
    document = from_text(draft.document)
    document["signals"]["preview.readme"] = {
        "question": "Requirements stand for a README",
        "any": [{"path": ["requirements.txt"]}],
    }
    document["rules"]["documentation.readme"]["pass"] = "preview.readme"
    document |= changes
    return save_draft(draft=draft, document=to_text(document), revision=draft.revision, actor=actor)


def judged(place: Path, *, mirrored: bool = True, **changes: Any) -> Repository:
    """A repository whose assessment is a scan's, with its mirror on this machine."""
    working_copy(place, FILES)
    of = factories.repository(mirror=factories.mirror(str(place)), **changes)
    mirror = open_source(str(place), cache_dir=Path(settings.MIRRORS_DIR) if mirrored else place.parent / "m")
    version = factories.ruleset()
    if not _SCANNED:
        with closing(RepoTree.open(mirror.path, mirror.head())) as tree:
            _SCANNED.append(scan(tree, built(version)[0], default_branch=mirror.default_branch))
    assert _SCANNED[0].commit == mirror.head()
    record_assessment(
        repository=of, version=version, result=_SCANNED[0], origin=Origin.SCAN, now=factories.NOW
    )
    of.refresh_from_db()
    return of


def made(draft: RulesetDraft, **values: Any) -> RulesetPreview:
    preview = previews.request_preview(draft=draft, requested_by=None, **values)
    previews.make_preview(preview.pk)
    preview.refresh_from_db()
    return preview


def test_a_draft_is_tried_on_what_stands_and_nothing_of_it_is_recorded(
    draft: RulesetDraft, admin: AbstractUser, tmp_path: Path, signed_in: SignedIn
) -> None:
    hit = judged(tmp_path / "orders", name="Orders")
    away = judged(tmp_path / "away", mirrored=False, name="Away")
    judged(tmp_path / "archived", name="Archived", archived_at=factories.NOW)
    assert hit.current is not None
    before = [
        list(model.objects.order_by("pk").values())
        for model in (Assessment, ChecklistItem, VerdictChange, Repository, RulesetVersion)
    ]
    preview = made(draft)
    assert (preview.state, preview.done, preview.total, preview.skipped) == (WorkState.DONE, 2, 2, 1), (
        preview.error
    )
    [row] = preview.result["rows"]
    assert row["flips"] == [["documentation.readme", "fail", "pass"]]
    assert row["commit"] == hit.current.commit and not row["afresh"] and not row["unread"]
    [skipped] = preview.result["skipped"]
    assert (skipped["repository"], skipped["id"]) == (away.pk, "preview.no-mirror")
    after = [
        list(model.objects.order_by("pk").values())
        for model in (Assessment, ChecklistItem, VerdictChange, Repository, RulesetVersion)
    ]
    assert before == after
    assert AuditEvent.objects.filter(action="ruleset.previewed").count() == 1

    client = signed_in(admin)
    address = f"/standard/previews/{preview.key}/"
    with CaptureQueriesContext(connection) as queries:
        page = client.get(address).content.decode()
    assert len(queries) <= 8
    assert "Orders" in page and "This machine has no mirror of it." in page and "edited since" not in page
    sheet = b"".join(client.get(f"{address}?format=csv").streaming_content).decode("utf-8-sig")
    lines = list(csv.DictReader(io.StringIO(sheet)))
    assert [(one["Repository"], one["What happens"]) for one in lines] == [
        ("Orders", "Changes"),
        ("Away", "Not previewed"),
    ]
    assert float(lines[0]["Change"]) > 0
    items = b"".join(client.get(f"{address}?format=csv&table=items").streaming_content).decode("utf-8-sig")
    assert [(one["Id"], one["New passes"]) for one in csv.DictReader(io.StringIO(items))] == [
        ("documentation.readme", "1")
    ]
    edited(draft, admin)
    assert "This shows revision 2; the draft is at revision 3 by now." in client.get(address).content.decode()


def test_what_was_judged_by_other_rules_is_judged_by_the_current_ones_too(
    draft: RulesetDraft, tmp_path: Path
) -> None:
    of = judged(tmp_path / "orders")
    # As if it had been judged with another profile: nothing of what that changes is the draft's doing.
    Assessment.objects.filter(pk=of.current_id).update(
        input_digest="another",
        verdicts="f" * len(of.current.verdicts),  # type: ignore[union-attr]
    )
    [row] = made(draft).result["rows"]
    assert row["afresh"] and row["flips"] == [["documentation.readme", "fail", "pass"]]


def test_only_the_chosen_teams_repositories_are_looked_at(draft: RulesetDraft, tmp_path: Path) -> None:
    mine = judged(tmp_path / "mine")
    judged(tmp_path / "other")
    preview = made(draft, team=mine.team)
    assert [row["repository"] for row in preview.result["rows"]] == [mine.pk]
    empty = made(draft, team=factories.team())
    assert (empty.state, empty.error_id) == (WorkState.FAILED, "preview.nothing")


def test_an_invalid_draft_says_all_that_is_wrong_once(
    draft: RulesetDraft, admin: AbstractUser, signed_in: SignedIn
) -> None:
    client = signed_in(admin)
    RulesetDraft.objects.update(document=to_text({**from_text(draft.document), "id": "another"}))
    answer = client.post("/standard/previews/", {"draft": draft.pk})
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "preview.invalid-draft" in page and "id must stay industry-standards" in page
    assert not RulesetPreview.objects.exists()


def test_a_draft_that_became_invalid_or_was_published_fails_with_the_reason(
    draft: RulesetDraft, tmp_path: Path
) -> None:
    waiting = previews.request_preview(draft=draft, requested_by=None)
    assert previews.request_preview(draft=draft, requested_by=None) == waiting
    RulesetDraft.objects.update(document="id: [", revision=9)
    previews.make_preview(waiting.pk)
    waiting.refresh_from_db()
    assert waiting.error_id == "preview.invalid-draft" and "no valid YAML" in waiting.error
    RulesetPreview.objects.update(state=WorkState.QUEUED)
    draft.delete()
    previews.make_preview(waiting.pk)
    waiting.refresh_from_db()
    assert (waiting.state, waiting.error_id) == (WorkState.FAILED, "preview.draft-gone")


def test_it_lets_others_go_first_and_goes_on_where_it_was(
    draft: RulesetDraft, tmp_path: Path, queued: list[int]
) -> None:
    for name in ("one", "two"):
        judged(tmp_path / name)
    preview = previews.request_preview(draft=draft, requested_by=None)
    with patch.object(previews, "SLICE_SECONDS", -1):
        previews.make_preview(preview.pk)
    preview.refresh_from_db()
    assert (preview.state, preview.done, queued) == (WorkState.QUEUED, 1, [preview.pk])
    [first] = preview.result["rows"]
    previews.make_preview(preview.pk)
    preview.refresh_from_db()
    assert (preview.state, preview.done) == (WorkState.DONE, 2) and preview.result["rows"][0] == first


def test_a_cancelled_one_ends_its_child_and_writes_nothing_more(
    draft: RulesetDraft, admin: AbstractUser, tmp_path: Path, signed_in: SignedIn
) -> None:
    judged(tmp_path / "orders")
    preview = previews.request_preview(draft=draft, requested_by=None)

    def cancel(*_: object) -> None:
        assert signed_in(admin).post(f"/standard/previews/{preview.key}/cancel/").status_code == 302

    with (
        patch.object(previews, "RENEW_SECONDS", -1),
        patch("assessments.services.previews.judged_apart", side_effect=lambda *a: cancel() or a[-1].check()),
    ):
        previews.make_preview(preview.pk)
    preview.refresh_from_db()
    assert (preview.state, preview.done) == (WorkState.CANCELLED, 0)
    assert "was cancelled" in signed_in(admin).get(f"/standard/previews/{preview.key}/").content.decode()


def test_a_dead_workers_preview_is_sent_again_once_and_a_killer_is_left_out(
    draft: RulesetDraft, tmp_path: Path, queued: list[int]
) -> None:
    judged(tmp_path / "orders")
    preview = previews.request_preview(draft=draft, requested_by=None)
    for attempts in (1, 2):
        with (
            patch("assessments.services.previews.judged_apart", side_effect=KeyboardInterrupt),
            pytest.raises(KeyboardInterrupt),
        ):
            previews.make_preview(preview.pk)  # as if the process had been killed at this place
        assert previews.recover_previews(now=previews.shared_now()) == 0  # its lease has not ended
        later = previews.shared_now() + previews.LEASE + timedelta(seconds=5)
        assert previews.recover_previews(now=later) == 1 and previews.recover_previews(now=later) == 0
        preview.refresh_from_db()
        assert (preview.attempts, preview.state) == (attempts, WorkState.QUEUED)
    assert queued == [preview.pk, preview.pk]
    previews.make_preview(preview.pk)
    preview.refresh_from_db()
    assert (preview.state, preview.done, preview.skipped) == (WorkState.DONE, 1, 1)
    assert preview.result["skipped"][0]["id"] == "preview.killed"
    RulesetPreview.objects.update(state=WorkState.RUNNING, attempts=4, lease_until=None)
    assert previews.recover_previews() == 0
    preview.refresh_from_db()
    assert preview.error_id == "preview.abandoned"
    assert previews.remove_previews(previews.shared_now()) == 0
    assert previews.remove_previews(previews.shared_now() + timedelta(days=181)) == 1


def test_previews_are_for_those_who_edit_rules(
    draft: RulesetDraft, admin: AbstractUser, signed_in: SignedIn
) -> None:
    preview = previews.request_preview(draft=draft, requested_by=admin)
    lead = signed_in(factories.member(factories.team(), Role.LEAD))
    address = f"/standard/previews/{preview.key}/"
    for method, path in (
        ("GET", "/standard/previews/"),
        ("POST", "/standard/previews/"),
        ("GET", address),
        ("GET", f"{address}?format=csv"),
        ("GET", f"{address}progress/"),
        ("POST", f"{address}cancel/"),
    ):
        assert lead.generic(method, path).status_code == 404, path
    preview.refresh_from_db()
    assert preview.state == WorkState.QUEUED
    assert "Previews of drafts" not in lead.get("/standard/").content.decode()
    client = signed_in(admin)
    assert "Previews of drafts" in client.get("/standard/").content.decode()
    link = f"/standard/previews/?draft={draft.pk}"
    assert link in client.get(f"/admin/assessments/rulesetdraft/{draft.pk}/change/").content.decode()
    assert "hx-trigger" in client.get(address).content.decode()
    part = client.get(f"{address}progress/", headers={"HX-Request": "true"})
    assert "Queued" in part.content.decode() and "HX-Refresh" not in part
    asked = client.post("/standard/previews/", {"draft": draft.pk, "team": factories.team().pk})
    assert asked.status_code == 302 and RulesetPreview.objects.count() == 2


def test_its_job_carries_json_and_is_run_by_a_real_worker(
    draft: RulesetDraft,
    tmp_path: Path,
    queues: str,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: Callable[..., Any],
) -> None:
    monkeypatch.setattr(previews, "_enqueue", ENQUEUE)
    monkeypatch.setattr(previews, "SLICE_SECONDS", -1)  # a job for each repository
    for name in ("one", "two"):
        judged(tmp_path / name)
    with django_capture_on_commit_callbacks(execute=True):
        preview = previews.request_preview(draft=draft, requested_by=None)
    queue = django_rq.get_queue("exports")
    [job_id] = queue.job_ids
    with redis.Redis.from_url(queues) as server:
        raw = server.hget(f"rq:job:{job_id}", "data")
    assert json.loads(zlib.decompress(raw))[:3] == ["assessments.jobs.make_preview", None, [preview.pk]]
    worker = SimpleWorker([queue], connection=queue.connection, serializer=JSONSerializer)
    for _ in range(2):
        with django_capture_on_commit_callbacks(execute=True):  # the job queues the next one
            worker.work(burst=True, logging_level="ERROR")
    preview.refresh_from_db()
    assert (preview.state, preview.done, preview.skipped) == (WorkState.DONE, 2, 0), preview.error
    away = patch("django_rq.get_queue", side_effect=redis.ConnectionError("gone"))
    with away, django_capture_on_commit_callbacks(execute=True):
        lost = previews.request_preview(draft=draft, requested_by=None)
    lost.refresh_from_db()
    assert (lost.state, lost.error_id) == (WorkState.FAILED, "preview.not-queued")


def test_a_sample_is_stable_in_proportion_and_spread() -> None:
    letters = "A" * 300 + "B" * 90 + "F" * 9 + "D"
    fleet = [Candidate(number, number, number % 40, letter) for number, letter in enumerate(letters, 1)]
    sample = choose(fleet)
    assert len(sample.chosen) == 50 and sample.of == 400
    taken = Counter(one.letter for one in sample.chosen)
    assert taken["D"] == 1 and taken["F"] == 1 and 36 <= taken["A"] <= 38 and 10 <= taken["B"] <= 12
    assert sample.teams[0] >= 36
    assert choose(fleet[::-1]).chosen == sample.chosen
    joined = choose([*fleet, Candidate(500, 500, 3, "A")])
    assert len({*joined.chosen} & {*sample.chosen}) >= 48
    assert len(choose(fleet[:50]).chosen) == 50
    many = [Candidate(n, n, 0, f"L{n % 70}") for n in range(140)]
    assert len(choose(many).chosen) == 50
