"""The guidance of the supply-chain ruleset: complete, within the schema, and with code that parses."""

import ast
import json
import re
import tomllib
from functools import cache
from typing import Any

import pytest
import yaml
from ast_grep_py import SgNode, SgRoot
from jsonschema import Draft202012Validator

from scanners.rules import RULESETS, load_document

PACK = RULESETS / "supply-chain"
AREAS = sorted(file.stem for file in (PACK / "guidance").glob("*.yaml"))
PARSE = {"python": ast.parse, "yaml": yaml.safe_load, "json": json.loads, "toml": tomllib.loads}
WITH_GRAMMAR = ("bash", "go", "java", "javascript", "rust")
PROSE = ("markdown", "text")


@cache
def pack() -> dict[str, Any]:
    return load_document(PACK)


@cache
def guidance(area: str) -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load((PACK / "guidance" / f"{area}.yaml").read_text())
    return document


@pytest.mark.parametrize("area", AREAS)
def test_each_file_keeps_to_the_schema(area: str) -> None:
    schema = json.loads((RULESETS / "guidance.schema.json").read_text())
    assert [
        f"{fault.json_path}: {fault.message}"
        for fault in Draft202012Validator(schema).iter_errors(guidance(area))
    ] == []


def test_every_item_has_guidance_in_the_file_of_its_area_and_in_order() -> None:
    assert sorted(area["id"] for area in pack()["areas"]) == AREAS
    for area in AREAS:
        assert guidance(area)["area"] == area
        assert list(guidance(area)["items"]) == [
            item["id"] for item in pack()["items"] if item["area"] == area
        ]


def test_the_source_is_one_that_the_item_names() -> None:
    for item in pack()["items"]:
        assert guidance(item["area"])["items"][item["id"]]["source"]["url"] in item["sources"], item["id"]


def test_effort_of_the_items_adds_up_to_their_initiative() -> None:
    days = {item: entry["effort_days"] for area in AREAS for item, entry in guidance(area)["items"].items()}
    for initiative in pack()["initiatives"]:
        assert sum(days[item] for item in initiative["items"]) == initiative["effort"], initiative["id"]


@pytest.mark.parametrize("area", AREAS)
def test_snippets_fit_a_page_parse_and_serve_any_stack(area: str) -> None:
    for item, entry in guidance(area)["items"].items():
        assert "any" in entry["snippets"], item
        for stack, snippet in entry["snippets"].items():
            lines = snippet["code"].splitlines()
            assert 3 <= len(lines) <= 18 and max(map(len, lines)) <= 100, f"{item}/{stack}"
            language = snippet["language"]
            if language in PARSE:
                assert PARSE[language](snippet["code"]), f"{item}/{stack}"
            elif language in WITH_GRAMMAR:
                assert _faults(SgRoot(snippet["code"], language).root()) == [], f"{item}/{stack}"
            else:
                assert language in PROSE, f"{item}/{stack}"


@pytest.mark.parametrize("area", AREAS)
def test_prose_is_in_a_few_whole_sentences(area: str) -> None:
    for item, entry in guidance(area)["items"].items():
        for part in ("why", "fix"):
            assert entry[part].endswith(".") and len(re.findall(r"\.(?: |$)", entry[part])) <= 3, item
        assert not entry["standard"].endswith("."), item


def _faults(node: SgNode) -> list[str]:
    own = [node.text()] if node.kind() == "ERROR" else []
    return own + [fault for child in node.children() for fault in _faults(child)]


def test_the_documentation_says_of_every_item_what_the_ruleset_says() -> None:
    text = (RULESETS.parents[1] / "docs" / "supply-chain.md").read_text()
    for item in pack()["items"]:
        row = next(line for line in text.splitlines() if f"`{item['id']}`" in line)
        for said in (
            item["title"],
            f"{item['tier']}, {item['weight']}",
            item["passes"],
            item["differs"],
            *item["sources"],
        ):
            assert said in row, item["id"]
