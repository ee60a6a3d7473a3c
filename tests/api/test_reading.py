"""What the API gives: lists with filters and pages, one of each, the assessment as the command line prints it."""

import json
from datetime import timedelta
from typing import Any

import jsonschema
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from assessments.choices import Outcome, Role, ScanState
from assessments.models import Repository
from assessments.reports.json import render_json
from assessments.selectors.reports import report_of_assessment
from tests import factories
from tests.api.conftest import ROOT, Asking, Program
from tests.api.test_gate import error_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def program(asking: Asking) -> Program:
    return asking(factories.admin(), "read", "scan", "export", "admin")


@pytest.fixture
def judged() -> Repository:
    """A repository with two assessments, one red item, and a finished scan."""
    repository = factories.repository(
        name="Orders", mirror=factories.mirror("https://github.com/example/orders"), tags=["shop"]
    )
    now = timezone.now()
    factories.assessment(repository, now=now - timedelta(days=40))
    factories.assessment(repository, {"testing.unit": "fail"}, commit="b" * 40, now=now)
    factories.scan(
        repository, state=ScanState.DONE, requested_at=now, started_at=now, finished_at=now + timedelta(seconds=8),
        stages={"cloning": 3.5, "scanning": 4.0, "grading": 0.5},
    )  # fmt: skip
    repository.refresh_from_db()
    return repository


def slugs(answer: dict[str, Any]) -> list[str]:
    return [one["slug"] for one in answer["results"]]


def test_a_repository_in_the_list_says_where_it_stands(program: Program, judged: Repository) -> None:
    [one] = program.get("/repositories")["results"]
    assert one["slug"] == judged.slug and one["team"] == {
        "slug": judged.team.slug,
        "name": judged.team.name,
    }
    assert one["source"] == "https://github.com/example/orders" and one["tags"] == ["shop"]
    assert one["grade"]["letter"] == judged.letter
    assert one["grade"]["exact"] == float(judged.score or 0)
    assert 0 <= one["grade"]["exact"] - one["grade"]["score"] < 0.1
    assert one["url"].endswith(f"/api/v1/repositories/{judged.slug}")
    assert one["html_url"] == f"http://testserver/repositories/{judged.slug}/"
    assert one["scan"] is None and one["trouble"] is None


def test_filters_and_sorting_are_those_of_the_page(program: Program, judged: Repository) -> None:
    other = factories.repository(name="Billing")
    factories.scan(other, state=ScanState.SCANNING)
    Repository.objects.filter(pk=other.pk).update(last_error_id="source.empty", last_error="No commits.")
    letter = judged.letter.replace("+", "%2B")
    assert slugs(program.get("/repositories")) == [other.slug, judged.slug]
    assert slugs(program.get("/repositories?sort=-name")) == [judged.slug, other.slug]
    assert slugs(program.get("/repositories?sort=-score")) == [judged.slug, other.slug]
    assert slugs(program.get(f"/repositories?grade={letter}")) == [judged.slug]
    assert slugs(program.get("/repositories?grade=-")) == [other.slug]
    assert slugs(program.get(f"/repositories?team={other.team.slug}")) == [other.slug]
    assert slugs(program.get("/repositories?q=example/orders")) == [judged.slug]
    assert slugs(program.get("/repositories?tag=shop")) == [judged.slug]
    assert slugs(program.get("/repositories?archived=true")) == []
    Repository.objects.filter(pk=other.pk).update(archived_at=timezone.now())
    assert slugs(program.get("/repositories?archived=true")) == [other.slug]
    assert slugs(program.get("/repositories")) == [judged.slug]
    Repository.objects.filter(pk=other.pk).update(archived_at=None)
    in_area = program.get("/repositories?area=testing&sort=-stars")
    assert slugs(in_area) == [judged.slug] and 1 <= in_area["results"][0]["stars"] <= 5
    [found] = program.get("/repositories?q=Billing")["results"]
    assert found["scan"] == "scanning"
    assert found["trouble"] == {"id": "source.empty", "message": "No commits."}


@pytest.mark.parametrize(
    "query",
    [
        "page=0",
        "page=x",
        "page=" + "9" * 400,
        "per_page=0",
        "per_page=101",
        "sort=password",
        "sort=stars",
        "sort=--name",
        "grade=Z",
        "area=nowhere",
        "q=" + "a" * 201,
        "q=%00",
        "team=a%0Ab",
        "teamm=x",
        "team__name=x",
    ],
)
def test_what_a_list_does_not_know_is_said_and_never_left_out(program: Program, query: str) -> None:
    assert error_of(program.get(f"/repositories?{query}", 422)) == "api.invalid"


@pytest.mark.parametrize("query", ["q=%FF%27%22", "team=" + "a" * 100, "q=%F0%9F%94%A5", "page=99999"])
def test_odd_values_find_nothing(program: Program, judged: Repository, query: str) -> None:
    answer = program.get(f"/repositories?{query}")
    assert answer["next"] is None and answer["results"] == []


def test_pages_hold_every_row_once(program: Program) -> None:
    team = factories.team()
    for n in range(7):
        factories.repository(team=team, name=f"Number {n % 3}")
    seen, address, pages = [], f"{ROOT}/repositories?per_page=3&sort=-name&team={team.slug}", 0
    while address:
        answer = program.get(address.split(ROOT, 1)[1])
        assert answer["count"] == 7 and len(answer["results"]) <= 3
        seen += slugs(answer)
        address, pages = answer["next"], pages + 1
    assert pages == 3 and len(seen) == len(set(seen)) == 7


def test_scans_come_by_a_cursor_that_misses_and_repeats_none(program: Program) -> None:
    made = [factories.scan(state=ScanState.DONE).pk for _ in range(5)]
    first = program.get("/scans?per_page=2")
    factories.scan(state=ScanState.DONE)  # one more at the front must not push a row to the next page
    rest = program.get(first["next"].split(ROOT, 1)[1])
    last = program.get(rest["next"].split(ROOT, 1)[1])
    assert [one["id"] for part in (first, rest, last) for one in part["results"]] == made[::-1]
    assert last["next"] is None
    for query in ("cursor=0", "cursor=x", "cursor=" + "9" * 30, "per_page=1000", "state=odd", "page=2"):
        assert error_of(program.get(f"/scans?{query}", 422)) == "api.invalid"


def test_scans_are_filtered(program: Program, judged: Repository) -> None:
    factories.scan(state=ScanState.QUEUED)
    assert [one["repository"]["slug"] for one in program.get("/scans?state=done")["results"]] == [judged.slug]
    assert len(program.get(f"/scans?repository={judged.slug}")["results"]) == 1
    assert program.get("/scans?repository=nowhere")["results"] == []
    assert error_of(program.get("/scans?repository=%00", 422)) == "api.invalid"


def test_one_repository_tells_its_areas_and_schedule(program: Program, judged: Repository) -> None:
    one = program.get(f"/repositories/{judged.slug}")
    assert one["commit"] == "b" * 40 and one["ruleset"]["id"] == "industry-standards"
    assert {area["id"]: area["stars"] for area in one["areas"]}["testing"] >= 1
    assert all(area["title"] for area in one["areas"])
    assert one["profile"]["kind"] == "service" and one["schedule"]["paused"] is False
    for link in ("assessment_url", "history_url", "scans_url"):
        program.get(one[link].split(ROOT, 1)[1])


def test_one_that_was_never_judged_has_no_grade(program: Program) -> None:
    repository = factories.repository()
    one = program.get(f"/repositories/{repository.slug}")
    assert (one["grade"], one["commit"], one["areas"]) == (None, None, [])
    answer = program.get(f"/repositories/{repository.slug}/assessment", 404)
    assert error_of(answer) == "repository.not-judged"
    assert program.get(f"/repositories/{repository.slug}/history")["results"] == []


def test_the_assessment_is_what_the_command_line_prints(program: Program, judged: Repository) -> None:
    answer = program.get(f"/repositories/{judged.slug}/assessment")
    assert judged.current is not None
    assert answer == json.loads(render_json(report_of_assessment(judged, judged.current)))
    assert answer["schema"] == "plumbline.assessment/1" and answer["commit"] == "b" * 40
    [item] = [one for one in answer["items"] if one["id"] == "testing.unit"]
    assert item["verdict"] == "fail" and item["looked_for"]
    missing = program.get(f"/repositories/{judged.slug}/assessment?ruleset=supply-chain", 404)
    assert error_of(missing) == "repository.not-judged"


def test_the_assessment_is_sent_again_only_when_it_changed(program: Program, judged: Repository) -> None:
    path = f"{ROOT}/repositories/{judged.slug}/assessment"
    headers = {"Authorization": f"Bearer {program.token}"}
    first = program.client.get(path, headers=headers)
    assert first["Cache-Control"] == "private, no-cache" and "Authorization" in first["Vary"]
    for etag in (first["ETag"], f'"other", W/{first["ETag"]}', "*"):
        same = program.client.get(path, headers={**headers, "If-None-Match": etag})
        assert (same.status_code, same.content, same["ETag"]) == (304, b"", first["ETag"])
    judged.checklist.filter(item="testing.unit").update(stale=True)
    changed = program.client.get(path, headers={**headers, "If-None-Match": first["ETag"]})
    assert changed.status_code == 200 and changed["ETag"] != first["ETag"]


def test_history_gives_the_points_of_the_trend(program: Program, judged: Repository) -> None:
    latest, first = program.get(f"/repositories/{judged.slug}/history")["results"]
    assert latest["commit"] == "b" * 40 and latest["current"] and latest["flips"] == 1
    assert latest["change"] == pytest.approx(latest["grade"]["exact"] - first["grade"]["exact"])
    assert latest["change"] < 0 and first["change"] is None and not first["backfilled"]


def test_teams_have_means_and_a_matrix(program: Program, judged: Repository) -> None:
    empty = factories.team(name="A team of none")
    other, mine = program.get("/teams")["results"]
    assert (other["slug"], other["grade"], other["repositories"]) == (empty.slug, None, 0)
    assert mine["repositories"] == 1 and mine["grade"]["letter"] == judged.letter
    assert [one["slug"] for one in program.get("/teams?sort=-score")["results"]][0] == judged.team.slug
    assert program.get("/teams?q=of+none")["count"] == 1
    one = program.get(f"/teams/{judged.team.slug}")
    assert one["grade"]["letter"] == judged.letter and len(one["areas"]) == 19
    [need] = [need for need in one["matrix"] if need["failing"]]
    assert need["repositories"] == ["Orders"] and need["points"] > 0
    assert program.get(one["repositories_url"].split(ROOT, 1)[1])["count"] == 1
    assert error_of(program.get("/teams?sort=members", 422)) == "api.invalid"


def test_items_tell_how_many_fail_and_who(program: Program, judged: Repository) -> None:
    factories.assessment()
    items = program.get("/items?per_page=100")
    assert items["count"] == 100 == len(items["results"])
    [unit] = [one for one in program.get("/items?area=testing")["results"] if one["id"] == "testing.unit"]
    assert (unit["failing"], unit["passing"]) == (1, 1)
    one = program.get("/items/testing.unit")
    assert (one["failing"], one["passing"], one["unknown"]) == (1, 1, 0)
    assert one["why"] and one["fix"] and one["initiative"]
    [row] = program.get("/items/testing.unit/repositories")["results"]
    assert row["repository"]["slug"] == judged.slug and row["verdict"] == "fail"
    for verdict in Outcome:
        program.get(f"/items/testing.unit/repositories?verdict={verdict.value}")
    assert error_of(program.get("/items/testing.unit/repositories?verdict=red", 422)) == "api.invalid"
    for path in ("/items/nothing", "/items/nothing/repositories", "/items/%00"):
        assert error_of(program.get(path, 404)) == "api.not-found"


def test_a_scan_tells_its_stages_and_how_long_it_takes_still(program: Program, judged: Repository) -> None:
    done = program.get(f"/scans/{judged.scans.get().pk}")
    assert done["state"] == "done" and done["left_seconds"] is None
    assert [(one["name"], one["progress"], one["seconds"]) for one in done["stages"]] == [
        ("queued", "done", None),
        ("cloning", "done", 3.5),
        ("scanning", "done", 4.0),
        ("grading", "done", 0.5),
    ]
    now = timezone.now()
    running = factories.scan(judged, state=ScanState.SCANNING, requested_at=now, started_at=now)
    one = program.get(f"/scans/{running.pk}")
    assert [stage["progress"] for stage in one["stages"]] == ["done", "done", "now", "next"]
    assert 1 <= one["left_seconds"] <= 8


def test_a_failed_scan_says_whose_fault_it_is(program: Program) -> None:
    scan = factories.scan(
        state=ScanState.FAILED, error_id="source.auth-failed", error="It let nobody in.", fault="credential"
    )
    error = program.get(f"/scans/{scan.pk}")["error"]
    assert error["id"] == "source.auth-failed" and error["whose"] and error["again"] and error["hint"]


def resolved(schema: Any, document: dict[str, Any]) -> dict[str, Any]:
    return {
        **schema,
        "components": document["components"],
        "$schema": "https://json-schema.org/draft/2020-12/schema",
    }


def test_every_answer_fits_the_document(program: Program, judged: Repository) -> None:
    factories.scan(state=ScanState.FAILED, error_id="source.empty", error="No commits.")
    document = program.get("/openapi.json")
    export = program.post(f"/repositories/{judged.slug}/exports", {"format": "json"})
    samples = {
        "{slug}": judged.slug,
        "{item}": "testing.unit",
        "{id}": str(judged.scans.get().pk),
        "{key}": export["id"],
    }
    checked = 0
    for path, operations in document["paths"].items():
        for operation in operations.values():
            assert operation["security"] == [{"Token": operation["x-scopes"]}]
            assert {"401", "403", "404", "422", "429"} <= set(operation["responses"])
        if "get" not in operations or path.endswith("/file"):
            continue
        address = path
        if path.startswith(f"{ROOT}/rescans/"):
            address = program.post("/fleet/scans")["rescan_url"].split(ROOT, 1)[1]
        for name, value in samples.items():
            slug = judged.team.slug if path.startswith(f"{ROOT}/teams/") else value
            address = address.replace(name, slug if name == "{slug}" else value)
        answer = program.get(address.removeprefix(ROOT))
        schema = operations["get"]["responses"]["200"]["content"]["application/json"]["schema"]
        jsonschema.Draft202012Validator(resolved(schema, document)).validate(answer)
        checked += 1
    assert checked >= 15


def test_the_document_is_whole(program: Program) -> None:
    document = program.get("/openapi.json")
    ids = [one["operationId"] for path in document["paths"].values() for one in path.values()]
    assert len(ids) == len(set(ids)) >= 20

    def refs(value: Any) -> list[str]:
        if isinstance(value, dict):
            return [value["$ref"]] if "$ref" in value else [r for one in value.values() for r in refs(one)]
        return [r for one in value for r in refs(one)] if isinstance(value, list) else []

    for ref in refs(document):
        assert ref.rsplit("/", 1)[1] in document["components"]["schemas"]
    assert document["components"]["securitySchemes"]["Token"] == {"type": "http", "scheme": "bearer"}


LISTS = {
    "/repositories": 8,
    "/repositories?area=testing": 8,
    "/teams": 8,
    "/items": 8,
    "/items/testing.unit": 10,
    "/items/testing.unit/repositories": 8,
    "/scans": 8,
    "/exports": 8,
    "/me": 8,
}
"""Queries that each may cost, that of the token among them."""


@pytest.mark.parametrize("role", [None, Role.LEAD])
def test_the_number_of_queries_does_not_grow_with_the_rows(asking: Asking, role: Role | None) -> None:
    team = factories.team()
    user = factories.member(team, role) if role else factories.admin()
    program = asking(user, "read", "export")
    counts: list[dict[str, int]] = []
    for more in (1, 5):
        for n in range(more):
            repository = factories.repository(team=team)
            factories.assessment(repository, {"testing.unit": "fail"}, now=timezone.now())
            factories.assessment(repository, commit=f"{n:040x}", now=timezone.now())
            factories.assessment(
                repository, {"testing.unit": "fail"}, commit=f"{n + 9:040x}", now=timezone.now()
            )
            factories.scan(repository, state=ScanState.FAILED, error_id="source.empty", error="None.")
            factories.scan(repository)
            program.post(f"/repositories/{repository.slug}/exports", {"format": "csv"})
            if not role:
                factories.team()
        slug = Repository.objects.order_by("pk")[:1].get().slug
        counts.append({})
        for path in [*LISTS, f"/repositories/{slug}", f"/repositories/{slug}/history", f"/teams/{team.slug}"]:
            program.get(path)  # what is kept per process is there now
            with CaptureQueriesContext(connection) as queries:
                program.get(path)
            counts[-1][path] = len(queries)
            assert not [q["sql"] for q in queries.captured_queries if '"document"' in q["sql"]], path
    assert counts[0] == counts[1]
    assert {path: n for path, n in counts[1].items() if n > LISTS.get(path, 16)} == {}
