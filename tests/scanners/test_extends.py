"""A ruleset's file may take in the files of another."""

from pathlib import Path

import pytest

from scanners.errors import RulesetError
from scanners.rules import RULESETS, load_document, load_ruleset


def _write(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


def test_what_is_extended_is_merged_beside_the_file(tmp_path: Path) -> None:
    _write(
        tmp_path,
        {
            "base/shared.yaml": "conditions: {one: a}\n",
            "own/own.yaml": "extends: ../base/shared.yaml\nid: own\n",
        },
    )
    document = load_document(tmp_path / "own")
    assert document["conditions"] == {"one": "a"}
    assert document["id"] == "own"
    assert "extends" not in document


def test_several_files_may_be_extended_and_extend_others_in_a_ring(tmp_path: Path) -> None:
    files = {
        "a.yaml": "extends: ./own.yaml\nconditions: {a: x}\n",
        "b.yaml": "conditions: {b: x}\n",
        "own.yaml": "extends: [a.yaml, 'b.yaml']\nconditions: {own: x}\n",
    }
    document = load_document(_write(tmp_path, files) / "own.yaml")
    assert sorted(document["conditions"]) == ["a", "b", "own"]


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    _write(tmp_path, {"own.yaml": "extends: gone.yaml\n"})
    with pytest.raises(RulesetError, match="gone.yaml") as caught:
        load_document(tmp_path / "own.yaml")
    assert caught.value.id == "ruleset.unreadable"


def test_a_change_in_what_is_extended_is_seen_through_the_cache(tmp_path: Path) -> None:
    _write(tmp_path, {"base.yaml": "conditions: {one: a}\n", "own.yaml": "extends: base.yaml\n"})
    assert load_document(tmp_path / "own.yaml", cache_dir=tmp_path / "cache")["conditions"] == {"one": "a"}
    _write(tmp_path, {"base.yaml": "conditions: {one: a, two: b}\n"})
    assert load_document(tmp_path / "own.yaml", cache_dir=tmp_path / "cache")["conditions"] == {
        "one": "a",
        "two": "b",
    }


def test_both_shipped_rulesets_decide_the_profile_alike() -> None:
    standard = load_document(RULESETS / "standard")
    assert load_ruleset("supply-chain").document["profile"] == standard["profile"]
