"""The shipped guidance: complete over the standard, within its schema, and with code that parses."""

import ast
import json
import re
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from ast_grep_py import SgNode, SgRoot
from jsonschema import Draft202012Validator

import scanners.rulesets

RULESETS = Path(scanners.rulesets.__path__[0])
SHIPPED = RULESETS / "standard"
AREAS = sorted(file.stem for file in (SHIPPED / "guidance").glob("*.yaml"))
LONGEST_LINE = 100
"""Characters that a line of code may have to fit a printed page."""
STACKS_WANTED = 8
WITH_GRAMMAR = (
    "javascript", "typescript", "go", "java", "kotlin", "ruby", "php", "csharp", "rust", "elixir", "bash",
)  # fmt: skip
PARSE = {"python": ast.parse, "yaml": yaml.safe_load, "json": json.loads, "toml": tomllib.loads}

by_area = pytest.mark.parametrize("area", AREAS)


class StrictLoader(yaml.SafeLoader):
    """Refuses a key written twice, where YAML would silently keep the last one."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = [key.value for key, _ in node.value]
        assert len(keys) == len(set(keys)), f"a key is written twice{node.start_mark}"
        return super().construct_mapping(node, deep)


@cache
def document(path: str) -> Any:
    return yaml.load((SHIPPED / path).read_text(encoding="utf-8"), Loader=StrictLoader)


@cache
def guidance(area: str) -> dict[str, Any]:
    items: dict[str, Any] = document(f"guidance/{area}.yaml")["items"]
    return items


def snippets(area: str, *languages: str) -> Iterator[tuple[str, str, str]]:
    """Name, language and code of what is written out, of the named languages or of all."""
    for item, entry in guidance(area).items():
        for stack, snippet in entry["snippets"].items():
            if isinstance(snippet, dict) and (not languages or snippet["language"] in languages):
                yield f"{item}/{stack}", snippet["language"], snippet["code"]


@by_area
def test_each_file_keeps_to_the_schema(area: str) -> None:
    schema = json.loads((RULESETS / "guidance.schema.json").read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    faults = Draft202012Validator(schema).iter_errors(document(f"guidance/{area}.yaml"))
    assert [f"{fault.json_path}: {fault.message}" for fault in faults] == []


def test_every_item_of_the_standard_has_guidance_exactly_once() -> None:
    standard = [item["id"] for item in document("standard.yaml")["items"]]
    assert len(standard) == 100
    assert sorted(item for area in AREAS for item in guidance(area)) == sorted(standard)


@by_area
def test_a_file_holds_its_area_only_in_the_order_of_the_standard(area: str) -> None:
    standard = [item["id"] for item in document("standard.yaml")["items"] if item["area"] == area]
    assert document(f"guidance/{area}.yaml")["area"] == area
    assert list(guidance(area)) == standard


@by_area
def test_snippets_serve_most_stacks_or_any(area: str) -> None:
    for item, entry in guidance(area).items():
        stacks = {name.partition(".")[0] for name in entry["snippets"]}
        assert "any" in stacks or len(stacks) >= STACKS_WANTED, item


@by_area
def test_shared_and_framework_snippets_have_one_to_fall_back_on(area: str) -> None:
    for item, entry in guidance(area).items():
        found = entry["snippets"]
        assert all(isinstance(found.get(name), dict) for name in found.values() if isinstance(name, str)), (
            item
        )
        assert "any" in found or {name.partition(".")[0] for name in found} <= found.keys(), item


def test_frameworks_are_named_as_the_profile_names_them() -> None:
    entries = [entry for area in AREAS for entry in guidance(area).values()]
    named = {name.partition(".")[2] for entry in entries for name in entry["snippets"]} - {""}
    assert named <= {entry["name"] for entry in document("profile.yaml")["profile"]["stack"]}


@by_area
def test_code_fits_a_page_and_has_something_to_show(area: str) -> None:
    for name, _, code in snippets(area):
        lines = code.splitlines()
        assert 3 <= len(lines) <= 18, name
        assert max(map(len, lines)) <= LONGEST_LINE, name
        assert lines == [line.rstrip() for line in lines], name


@by_area
def test_python_and_data_parse(area: str) -> None:
    faults = []
    for name, language, code in snippets(area, *PARSE):
        try:
            assert PARSE[language](code), name
        except (SyntaxError, ValueError, yaml.YAMLError) as error:
            faults.append(f"{name}: {error}")
    assert faults == []


@by_area
def test_other_languages_parse_by_their_grammars(area: str) -> None:
    found = {
        name: _faults(SgRoot(code, spoken).root()) for name, spoken, code in snippets(area, *WITH_GRAMMAR)
    }
    assert {name: faults for name, faults in found.items() if faults} == {}


@by_area
def test_brackets_are_balanced_where_there_is_no_grammar(area: str) -> None:
    rest = {language for _, language, _ in snippets(area)} - {*PARSE, *WITH_GRAMMAR}
    for name, _, code in snippets(area, *rest) if rest else ():
        assert all(code.count(pair[0]) == code.count(pair[1]) for pair in ("()", "[]", "{}")), name


@by_area
def test_prose_is_plain_and_in_a_few_whole_sentences(area: str) -> None:
    for item, entry in guidance(area).items():
        for part in ("why", "fix", "standard"):
            assert entry[part] == " ".join(entry[part].split()), item
            assert not re.search("[!\u2190-\u2bff\ufe0f\U0001f000-\U0001faff]", entry[part]), item
        for part in ("why", "fix"):
            assert entry[part].endswith(".") and len(re.findall(r"\.(?: |$)", entry[part])) <= 3, item
        assert not entry["standard"].endswith("."), item


def test_effort_of_the_items_adds_up_to_their_initiative() -> None:
    days = {item: entry["effort_days"] for area in AREAS for item, entry in guidance(area).items()}
    for initiative in document("initiatives.yaml")["initiatives"]:
        assert sum(days[item] for item in initiative["items"]) == initiative["effort"], initiative["id"]


def _faults(node: SgNode) -> list[str]:
    own = [node.text()] if node.kind() == "ERROR" else []
    return own + [fault for child in node.children() for fault in _faults(child)]
