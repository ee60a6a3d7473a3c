"""What programs ask for: scans of one, a team, an item's, the fleet; cancelling; new repositories; exports."""

import threading
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import TestCase

from assessments.choices import ExportState, Role, ScanReason, ScanState
from assessments.models import AuditEvent, Export, Repository, ScanRequest, Team
from assessments.services.exports import make_export
from tests import factories
from tests.api.conftest import ROOT, Asking, Program
from tests.api.test_gate import error_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def program(asking: Asking) -> Program:
    return asking(factories.admin(), "read", "scan", "export", "admin")


def test_the_same_scan_asked_for_twice_is_one(program: Program) -> None:
    repository = factories.repository()
    first = program.post(f"/repositories/{repository.slug}/scans")
    second = program.post(f"/repositories/{repository.slug}/scans")
    assert (first["requested"], second["requested"]) == (1, 0)
    assert first["active"] == second["active"] == 1
    assert first["scans"] == second["scans"]
    scan = ScanRequest.objects.get()
    assert scan.reason == ScanReason.REQUEST and scan.requested_by is not None
    assert first["scans"][0]["url"].endswith(f"{ROOT}/scans/{scan.pk}")


@pytest.mark.django_db(transaction=True)
def test_the_same_scan_asked_for_at_once_is_one(asking: Asking) -> None:
    repository = factories.repository()
    programs = [asking(factories.admin(), "scan") for _ in range(4)]
    answers: list[Any] = []

    def ask(program: Program) -> None:
        try:
            answers.append(program.post(f"/repositories/{repository.slug}/scans"))
        finally:
            connection.close()

    threads = [threading.Thread(target=ask, args=[one]) for one in programs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({answer["scans"][0]["id"] for answer in answers}) == 1 and len(answers) == 4
    assert sum(answer["requested"] for answer in answers) == 1
    assert ScanRequest.objects.count() == 1


def test_a_quarantined_repository_is_not_scanned(program: Program) -> None:
    repository = factories.repository(quarantined_at=factories.NOW, quarantine_reason="Three kills.")
    body = program.post(f"/repositories/{repository.slug}/scans", status=409)
    assert error_of(body) == "scan.quarantined" and "Three kills." in body["error"]["message"]
    assert not ScanRequest.objects.exists()


def test_an_archived_repository_is_read_and_not_scanned(program: Program) -> None:
    team = factories.team()
    kept = factories.repository(team=team)
    archived = factories.repository(team=team, archived_at=factories.NOW)
    removed = factories.repository(team=team, archived_at=factories.NOW, removed_at=factories.NOW)
    for one in (archived, removed):
        factories.assessment(one, {"testing.unit": "fail"})
    assert program.get(f"/repositories/{archived.slug}")["archived_at"]
    program.get(f"/repositories/{archived.slug}/assessment")
    assert error_of(program.get(f"/repositories/{removed.slug}", 404)) == "api.not-found"
    body = program.post(f"/repositories/{archived.slug}/scans", status=409)
    assert error_of(body) == "repository.archived"
    for path in (f"/teams/{team.slug}/scans", "/items/testing.unit/scans", "/fleet/scans"):
        answer = program.post(path)
        assert {one["repository"]["slug"] for one in answer["scans"]} <= {kept.slug}
    assert [scan.repository for scan in ScanRequest.objects.all()] == [kept]


def test_a_team_an_item_and_the_fleet_are_asked_for_once(program: Program) -> None:
    team = factories.team()
    red, green, other = (
        factories.repository(team=team),
        factories.repository(team=team),
        factories.repository(),
    )
    factories.assessment(red, {"testing.unit": "fail"})
    factories.assessment(green)
    item = program.post("/items/testing.unit/scans")
    assert item["requested"] == 1 and [one["repository"]["slug"] for one in item["scans"]] == [red.slug]
    whole = program.post(f"/teams/{team.slug}/scans")
    assert (whole["requested"], whole["active"]) == (1, 2)
    assert {one["repository"]["slug"] for one in whole["scans"]} == {red.slug, green.slug}
    fleet = program.post("/fleet/scans")
    assert (fleet["requested"], fleet["active"]) == (1, 3)
    assert fleet["scans"][0]["repository"]["slug"] == other.slug
    again = program.post("/fleet/scans")
    assert (again["requested"], again["active"], again["rescan_url"]) == (0, 3, None)
    assert again["scans"] == fleet["scans"]
    assert ScanRequest.objects.count() == 3
    assert error_of(program.post("/items/nothing/scans", status=404)) == "api.not-found"


def test_scans_asked_for_together_are_followed_and_called_off_together(program: Program) -> None:
    team = factories.team()
    first, _ = factories.repository(team=team), factories.repository(team=team)
    path = program.post(f"/teams/{team.slug}/scans")["rescan_url"].split(ROOT, 1)[1]
    ScanRequest.objects.filter(repository=first).update(state=ScanState.DONE)
    one = program.get(path)
    assert (one["total"], one["done"], one["running"]) == (2, 1, True)
    assert one["stages"] == [{"stage": "waiting", "scans": 1}]
    assert one["html_url"] == f"http://testserver/teams/{team.slug}/"
    with TestCase.captureOnCommitCallbacks(execute=True):
        program.post(f"{path}/cancel", status=200)
    over = program.get(path)
    assert (over["running"], over["done"], over["cancelled"]) == (False, 2, 1)
    done = program.post(f"/teams/{team.slug}/scans")["rescan_url"].split(ROOT, 1)[1]
    ScanRequest.objects.update(state=ScanState.DONE)
    assert error_of(program.post(f"{done}/cancel", status=409)) == "scan.ended"


def test_a_bound_token_follows_nothing_of_other_teams(asking: Asking) -> None:
    mine, other = factories.repository(), factories.repository()
    owner = factories.admin()
    whole, bound = asking(owner, "scan", "admin"), asking(owner, "scan", "read", teams=[mine.team])
    for one in (mine, other):
        factories.assessment(one, {"testing.unit": "fail"})
    fleet = whole.post("/fleet/scans")["rescan_url"].split(ROOT, 1)[1]
    assert error_of(bound.get(fleet, 404)) == "api.not-found"
    assert error_of(bound.post(f"{fleet}/cancel", status=404)) == "api.not-found"
    whole.post(f"{fleet}/cancel", status=200)
    item = bound.post("/items/testing.unit/scans")
    assert item["requested"] == 1
    assert bound.get(item["rescan_url"].split(ROOT, 1)[1])["total"] == 1
    team = whole.post(f"/teams/{other.team.slug}/scans")["rescan_url"].split(ROOT, 1)[1]
    assert error_of(bound.get(team, 404)) == "api.not-found"


def test_viewers_and_leads_of_others_ask_for_nothing(asking: Asking) -> None:
    repository = factories.repository()
    factories.assessment(repository, {"testing.unit": "fail"})
    viewer = asking(factories.member(repository.team, Role.VIEWER), "scan")
    stranger = asking(factories.member(factories.team(), Role.LEAD), "scan")
    for path in (f"/repositories/{repository.slug}/scans", f"/teams/{repository.team.slug}/scans"):
        assert error_of(viewer.post(path, status=403)) == "api.forbidden"
        assert error_of(stranger.post(path, status=404)) == "api.not-found"
    assert error_of(viewer.post("/items/testing.unit/scans", status=403)) == "api.forbidden"
    assert stranger.post("/items/testing.unit/scans")["active"] == 0
    assert not ScanRequest.objects.exists()


def test_a_scan_is_cancelled_once_and_an_ended_one_is_a_conflict(asking: Asking, program: Program) -> None:
    scan = factories.scan()
    for _ in range(2):
        assert program.post(f"/scans/{scan.pk}/cancel", status=200)["state"] == "cancelled"
    done = factories.scan(state=ScanState.DONE)
    assert error_of(program.post(f"/scans/{done.pk}/cancel", status=409)) == "scan.ended"
    queued = factories.scan()
    viewer = asking(factories.member(queued.repository.team, Role.VIEWER), "scan")
    assert error_of(viewer.post(f"/scans/{queued.pk}/cancel", status=403)) == "api.forbidden"
    assert error_of(viewer.post(f"/scans/{done.pk}/cancel", status=404)) == "api.not-found"
    queued.refresh_from_db()
    assert queued.state == ScanState.QUEUED


def test_a_repository_is_added_and_scanned(program: Program) -> None:
    team = factories.team()
    new = {"source": "https://github.com/example/new", "team": team.slug, "root": "services/a", "name": "New"}
    answer = program.post("/repositories", new)
    repository = Repository.objects.get()
    assert (repository.team, repository.root, repository.name) == (team, "services/a", "New")
    assert answer["repository"]["slug"] == repository.slug and answer["repository"]["scan"] == "queued"
    assert answer["asked"]["requested"] == 1
    assert repository.scans.get().reason == ScanReason.ADDED
    assert AuditEvent.objects.get(action="repository.added").actor is not None
    again = program.post("/repositories", {**new, "team": "", "new_team": "Elsewhere"})
    assert again["repository"]["slug"] == repository.slug and again["asked"]["requested"] == 0
    assert again["repository"]["team"]["slug"] == team.slug  # it stays where it is


@pytest.mark.parametrize(
    ("changes", "id"),
    [
        ({"source": "ftp://example.org/a"}, "source.url-refused"),
        ({"source": "/etc"}, "source.url-refused"),
        ({"source": "https://me:s3cret-word@example.org/a/b"}, "source.holds-credential"),
        ({"root": "../up"}, "path.not-found"),
        ({"source": ""}, "api.invalid"),
        ({"source": "https://github.com/a/b\0"}, "api.invalid"),
        ({"source": "https://github.com/a/" + "b" * 2000}, "api.invalid"),
        ({"source": 7}, "api.invalid"),
        ({"source": None}, "api.invalid"),
        ({"team": "nowhere"}, "api.invalid"),
        ({"team": ""}, "api.invalid"),
        ({"team": "", "new_team": "  "}, "api.invalid"),
        ({"team": "shop", "new_team": "Two"}, "api.invalid"),
        ({"name": "a\nb"}, "api.invalid"),
        ({"new_team": "\ud800", "team": ""}, "api.invalid"),
    ],
)
def test_what_cannot_be_added_leaves_nothing_behind(
    program: Program, changes: dict[str, Any], id: str
) -> None:
    factories.team(slug="shop", name="Shop")
    new = {"source": "https://github.com/example/new", "team": "shop", **changes}
    if id.startswith(("source", "path")):
        new |= {"team": "", "new_team": "A new team"}
    body = program.post("/repositories", new, 422)
    assert error_of(body) == id and "s3cret" not in str(body)
    assert not Repository.objects.exists() and Team.objects.count() == 1


def test_only_administrators_add(asking: Asking) -> None:
    team = factories.team()
    lead = asking(factories.member(team, Role.LEAD), "read", "scan", "export")
    new = {"source": "https://github.com/example/new", "team": team.slug}
    assert error_of(lead.post("/repositories", new, 403)) == "token.scope"
    assert not Repository.objects.exists()


def test_an_export_is_asked_for_made_and_fetched(program: Program, settings: Any, tmp_path: Path) -> None:
    settings.EXPORTS_DIR = tmp_path
    repository = factories.assessment(verdicts={"testing.unit": "fail"}).repository
    asked = program.post(f"/repositories/{repository.slug}/exports", {"format": "markdown"})
    assert (asked["state"], asked["file_url"], asked["scope"]) == ("queued", None, "repository")
    assert (
        program.post(f"/repositories/{repository.slug}/exports", {"format": "markdown"})["id"] == asked["id"]
    )
    assert error_of(program.get(f"/exports/{asked['id']}/file", 409)) == "export.not-ready"
    make_export(Export.objects.get().pk)
    done = program.get(f"/exports/{asked['id']}")
    assert done["state"] == "done" and done["bytes"] > 100 and done["expires_at"]
    file = program.get(done["file_url"].split(ROOT, 1)[1])
    assert file["Content-Disposition"].startswith("attachment") and file["Content-Type"].startswith(
        "text/markdown"
    )
    assert len(b"".join(file.streaming_content)) == done["bytes"]
    assert program.get("/exports")["results"] == [done]
    assert error_of(program.post(f"/exports/{asked['id']}/cancel", status=409)) == "export.ended"


def test_exports_of_teams_and_the_fleet(program: Program) -> None:
    repository = factories.assessment().repository
    team = program.post(f"/teams/{repository.team.slug}/exports", {"format": "xlsx"})
    fleet = program.post("/fleet/exports", {"format": "csv"})
    assert (team["scope"], fleet["scope"]) == ("team", "fleet")
    assert error_of(program.post("/fleet/exports", {"format": "pdf"}, 422)) == "export.nothing"
    assert error_of(program.post("/fleet/exports", {"format": "docx"}, 422)) == "api.invalid"
    assert error_of(program.post("/fleet/exports", {}, 422)) == "api.invalid"
    cancelled = program.post(f"/exports/{fleet['id']}/cancel", status=200)
    assert cancelled["state"] == "cancelled"


def test_an_export_is_its_owners_and_its_teams(asking: Asking, settings: Any, tmp_path: Path) -> None:
    settings.EXPORTS_DIR = tmp_path
    repository = factories.assessment().repository
    (tmp_path / "fleet.csv").write_text("all of it")
    owner = factories.admin()
    export = Export.objects.create(
        scope="fleet", format="csv", requested_by=owner, requested_at=factories.NOW,
        state=ExportState.DONE, file="fleet.csv", teams=[repository.team.pk],
    )  # fmt: skip
    file = asking(owner, "export").get(f"/exports/{export.key}/file")
    assert b"".join(file.streaming_content) == b"all of it"
    for stranger in (
        asking(factories.admin(), "export", "read"),
        asking(owner, "export", teams=[factories.team()]),
    ):
        for path in (f"/exports/{export.key}", f"/exports/{export.key}/file"):
            assert error_of(stranger.get(path, 404)) == "api.not-found"
        assert stranger.get("/exports")["results"] == []


def test_an_unjudged_repository_has_no_export(program: Program) -> None:
    repository = factories.repository()
    body = program.post(f"/repositories/{repository.slug}/exports", {"format": "pdf"}, 409)
    assert error_of(body) == "repository.not-judged"
