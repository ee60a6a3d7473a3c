"""The table of errors against the code that raises them, and against the page that is written from it."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from assessments.failures import AGAIN, FAILURES, KILLING_IDS, UNREACHABLE_IDS, as_markdown, explain
from scanners.remote import _COMPLAINTS

ROOT = Path(__file__).parents[2]


def modules() -> Iterator[tuple[Path, ast.Module]]:
    for part in ("scanners", "assessments", "config"):
        for file in (ROOT / part).rglob("*.py"):
            yield file, ast.parse(file.read_text())


def error_classes(parsed: list[tuple[Path, ast.Module]]) -> set[str]:
    """ScanError and everything that derives from it, by name."""
    found = {"ScanError"}
    while True:
        more = {
            node.name
            for _, tree in parsed
            for node in ast.walk(tree)
            if isinstance(node, ast.ClassDef) and any(getattr(b, "id", "") in found for b in node.bases)
        }
        if more <= found:
            return found
        found |= more


def raised() -> dict[str, str]:
    """Every id that is written where an error is made, with one place of it."""
    parsed = list(modules())
    classes = error_classes(parsed)
    found = {id: "scanners/remote.py" for id, *_ in _COMPLAINTS}
    for file, tree in parsed:
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call) or not node.args:
                continue
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            first = node.args[0]
            given = isinstance(first, ast.Constant) and isinstance(first.value, str)
            inside = name == "__init__" and given and "." in str(first.value) and " " not in str(first.value)
            if given and (name in classes - {"WorkflowError"} or inside):
                found[str(first.value)] = f"{file.relative_to(ROOT)}:{node.lineno}"
            for keyword in node.keywords:
                if (
                    keyword.arg == "error_id"
                    and isinstance(keyword.value, ast.Constant)
                    and keyword.value.value
                ):
                    found[keyword.value.value] = f"{file.relative_to(ROOT)}:{node.lineno}"
    return found


def test_every_error_that_is_raised_anywhere_is_in_the_table() -> None:
    found = raised()
    assert len(found) > 40
    assert {id: place for id, place in found.items() if id not in FAILURES} == {}


def test_the_table_holds_no_error_twice_and_says_all_of_each() -> None:
    assert set(FAILURES) == {one.id for one in FAILURES.values()}
    for one in FAILURES.values():
        assert one.says.endswith(".") and one.todo.endswith("."), one.id
        assert one.whose_fault and one.tried_again
    assert set(FAILURES) >= UNREACHABLE_IDS | KILLING_IDS


def test_the_page_of_errors_is_the_one_that_the_table_writes() -> None:
    assert (ROOT / "docs/errors.md").read_text() == as_markdown(), "run python -m assessments.failures"


@pytest.mark.parametrize(
    ("id", "fault", "whose", "again"),
    [
        ("source.unreachable", "network", "network", "minutes"),
        ("source.unreachable", "ours", "ours", "schedule"),
        ("source.unreachable", "", "network", "minutes"),
        ("git.corrupt", "repository", "theirs", "schedule"),
        ("scan.internal", "ours", "ours", "schedule"),
        ("scan.quarantined", "repository", "theirs", "held"),
        ("what.nobody-knows", "", "ours", "schedule"),
    ],
)
def test_a_recorded_failure_is_explained(id: str, fault: str, whose: str, again: str) -> None:
    found = explain(id, fault)
    assert (found.id, found.whose, found.again) == (id, whose, again)
    assert found.tried_again == AGAIN[found.again]
