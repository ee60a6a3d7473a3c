from functools import cache

import pytest

from scanners.cache import NoCache, Remembering
from scanners.observe import MAX_BLOB_BYTES, Observer, observer_for
from scanners.rules import load_ruleset
from scanners.tree import RepoTree
from tests.scanners.trees import SERVICE, count_observing, counted


@cache
def observer() -> Observer:
    return observer_for(load_ruleset())


def test_a_blob_is_read_once_however_many_plans_ask_and_files_share_it() -> None:
    tree, blobs = counted(
        {**SERVICE, "copy/main.py": SERVICE["shop/main.py"], "Dockerfile.prod": SERVICE["Dockerfile"]}
    )
    observer().view(tree, NoCache())
    assert len(blobs.read_ids) == len(set(blobs.read_ids))


def test_what_is_found_in_a_shared_blob_is_said_of_each_of_its_files() -> None:
    tree = RepoTree.from_files({"a.py": "x = 1\n", "b/c.py": "x = 1\n", "tests/d.py": "x = 1\n"})
    lines = observer().view(tree, NoCache()).facts("source-lines")
    assert lines == [("a.py", [1, 0]), ("b/c.py", [1, 0])]


@pytest.mark.parametrize("size", [0, MAX_BLOB_BYTES + 1])
def test_empty_and_very_large_files_are_not_read(size: int) -> None:
    tree, blobs = counted({"a.py": "x" * size})
    view = observer().view(tree, NoCache())
    assert (blobs.read_ids, view.unread) == ([], [])


def test_facts_come_in_the_trees_order_whatever_was_known_before() -> None:
    files = {f"{name}.py": f"{name} = 1\n" for name in "abcdef"}
    warm = Remembering(NoCache())
    observer().view(RepoTree.from_files({name: files[name] for name in ("b.py", "e.py")}), warm)
    tree = RepoTree.from_files(files)
    cold = observer().view(tree, NoCache()).facts("source-lines")
    assert observer().view(tree, warm).facts("source-lines") == cold
    assert [path for path, _ in cold] == sorted(files)


def test_manifests_are_parsed_from_what_was_read_already() -> None:
    tree, blobs = counted(SERVICE)
    view = observer().view(tree, NoCache())
    before = len(blobs.read_ids)
    assert {m.path for m in view.inventory.manifests} == {"pyproject.toml"}
    assert len(view.inventory.pipelines) == 1
    assert len(blobs.read_ids) == before


def test_vendored_files_are_not_observed(monkeypatch: pytest.MonkeyPatch) -> None:
    observed = count_observing(monkeypatch)
    observer().view(RepoTree.from_files({"vendor/a.py": "import sentry_sdk\n"}), NoCache())
    assert observed == []
