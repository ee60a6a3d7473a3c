"""Controls of public frameworks: a catalogue that guidance agrees with, and what verdicts say of each."""

import csv
import io
import json
import zipfile
from collections.abc import Iterator

import pytest
import yaml
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from jsonschema import Draft202012Validator

from assessments.choices import Role
from assessments.frameworks import Framework, items_serving, read_frameworks, shipped_frameworks, status_of
from assessments.selectors.frameworks import get_control_page, get_framework_page
from assessments.selectors.reports import guidance_of
from scanners.rules import RULESETS
from tests import factories

FILES = sorted((RULESETS / "frameworks").glob("*.yaml"))
NUMBERS = {
    "owasp_api_2023": 10,
    "owasp_asvs_5": 80,
    "nist_ssdf": 19,
    "twelve_factor": 12,
    "openssf_scorecard": 20,
}


def called(id: str) -> Framework:
    return next(one for one in shipped_frameworks() if one.id == id)


@pytest.mark.parametrize("place", FILES, ids=lambda place: place.stem)
def test_a_framework_is_as_the_schema_says(place) -> None:  # type: ignore[no-untyped-def]
    schema = json.loads((RULESETS / "framework.schema.json").read_text())
    Draft202012Validator(schema).validate(yaml.safe_load(place.read_text()))


def test_every_framework_is_whole_and_names_no_control_twice() -> None:
    assert {one.id: len(one.controls) for one in shipped_frameworks()} == NUMBERS
    for one in shipped_frameworks():
        assert len({control.id for control in one.controls}) == len(one.controls)


@pytest.mark.parametrize("ruleset", ["industry-standards", "supply-chain"])
def test_guidance_names_only_controls_of_the_catalogue(ruleset: str) -> None:
    known = {one.id: {control.id for control in one.controls} for one in shipped_frameworks()}
    for item, guidance in guidance_of(ruleset).items():
        for framework, controls in guidance.controls.items():
            assert set(controls) <= known[framework], item


def test_each_framework_is_served_by_some_items_and_says_what_is_not_covered() -> None:
    for one in shipped_frameworks():
        serving = items_serving(one, guidance_of("industry-standards"))
        assert list(serving) == [control.id for control in one.controls]
        assert any(serving.values())
    assert items_serving(called("openssf_scorecard"), guidance_of("industry-standards"))["Maintained"] == ()


@pytest.mark.parametrize(
    ("outcomes", "status"),
    [
        ([], "not_covered"),
        (["pass", "pass"], "met"),
        (["pass", "not_applicable"], "met"),
        (["pass", "fail"], "partly"),
        (["pass", "unknown"], "partly"),
        (["fail", "fail"], "not_met"),
        (["fail", "unknown"], "not_met"),
        (["unknown"], "not_measured"),
        (["not_applicable"], "not_applicable"),
        (["waived", "pass"], "met"),
    ],
)
def test_a_control_is_met_where_all_that_applies_passes(outcomes: list[str], status: str) -> None:
    verdicts = {str(n): outcome for n, outcome in enumerate(outcomes)}
    assert status_of(verdicts, verdicts.__getitem__) == status


def test_a_file_of_another_shape_is_refused(tmp_path) -> None:  # type: ignore[no-untyped-def]
    (tmp_path / "odd.yaml").write_text("title: Odd\n")
    with pytest.raises(ValueError, match="odd.yaml is no framework"):
        read_frameworks(tmp_path)


@pytest.fixture
def judged(db: None) -> Iterator[tuple[Client, str]]:
    team = factories.team()
    for n, verdict in enumerate(("pass", "fail")):
        repository = factories.repository(team=team)
        factories.assessment(
            repository,
            {"authentication.jwt": verdict} if n else {},
            default="pass" if n == 0 else "fail",
            commit=f"{n}" * 40,
        )
    factories.assessment(factories.repository(), commit="9" * 40)
    client = Client()
    client.force_login(factories.member(team, Role.LEAD))
    yield client, team.slug


def test_the_page_counts_what_the_person_may_see(judged: tuple[Client, str]) -> None:
    client, _ = judged
    from django.contrib.auth import get_user_model

    member = get_user_model().objects.get(memberships__role=Role.LEAD)
    page = get_framework_page(member, called("twelve_factor"), {})
    assert page.repositories == 2
    row = next(row for row in page.rows if row.control.id == "III")
    assert (row.met, row.known) == (1, 2)
    assert [row.control.id for row in page.rows if not row.items] == ["VII", "VIII"]
    control = next(one for one in called("twelve_factor").controls if one.id == "III")
    lacking = get_control_page(member, called("twelve_factor"), control, {"status": "not_met"})
    assert [one.status for one in lacking.rows] == ["not_met"] and lacking.rows[0].lacking
    listed = client.get("/frameworks/twelve-factor/").content.decode()
    assert "not covered" in listed and "Config" in listed


def test_every_page_and_export_is_there_and_unknown_ones_are_not(judged: tuple[Client, str]) -> None:
    client, team = judged
    assert client.get("/frameworks/").status_code == 200
    for one in shipped_frameworks():
        assert client.get(f"/frameworks/{one.slug}/").status_code == 200
        for control in one.controls[:3]:
            assert client.get(f"/frameworks/{one.slug}/{control.id}/?status=met").status_code == 200
    for address in (
        "/frameworks/nobodys/",
        "/frameworks/nist-ssdf/XX.9/",
        "/frameworks/nist-ssdf/export/?format=exe",
    ):
        assert client.get(address).status_code == 404
    assert client.get("/frameworks/nist-ssdf/PW.8/?status=nonsense&page=99").status_code == 200
    assert Client().get("/frameworks/").status_code == 302
    assert "Controls it serves" in client.get("/standard/testing.unit/").content.decode()


def test_exports_hold_a_row_per_repository_and_control(judged: tuple[Client, str]) -> None:
    client, team = judged
    address = f"/frameworks/owasp-api-2023/export/?team={team}&format="
    text = b"".join(client.get(address + "csv").streaming_content).decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert len(rows) == 20 and {row["Status"] for row in rows} >= {"Met", "Not covered"}
    document = json.loads(b"".join(client.get(address + "json").streaming_content))
    assert document["framework"] == "OWASP API Security Top 10" and len(document["rows"]) == 20
    book = b"".join(client.get(address + "xlsx").streaming_content)
    with zipfile.ZipFile(io.BytesIO(book)) as archive:
        assert archive.read("xl/worksheets/sheet1.xml").count(b"<row ") == 21


def test_queries_do_not_grow_with_repositories(judged: tuple[Client, str]) -> None:
    client, _ = judged
    counts = []
    for more in (0, 6):
        for n in range(more):
            from assessments.models import Team

            factories.assessment(
                factories.repository(team=Team.objects.get(memberships__role=Role.LEAD)),
                commit=f"{n + 1:040x}",
            )
        for address in ("/frameworks/owasp-asvs-5/", "/frameworks/owasp-asvs-5/V2.2/"):
            client.get(address)
            with CaptureQueriesContext(connection) as queries:
                client.get(address)
            counts.append(len(queries))
    assert counts[:2] == counts[2:]
