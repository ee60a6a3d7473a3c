"""Mirrors without what nobody asked for, against a server that serves partial clones, and ones that do not."""

import os
import shutil
from collections.abc import Iterator
from contextlib import closing
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from scanners import partial
from scanners.errors import ObjectError, ScanError
from scanners.filetext import read_file
from scanners.held import is_sound
from scanners.mirror import Limits, Mirror, open_source
from scanners.rules import Ruleset, load_ruleset
from scanners.scan import ScanResult, scan
from scanners.tree import RepoTree
from scanners.upkeep import folder_bytes, is_whole, keep_within, tidy
from tests.git_http import GitServer, serving
from tests.scanners.trees import SERVICE
from tests.trees import bare_copy, commit, git, loose_object, repository

OLD = {
    **SERVICE,
    "shop/main.py": "print('no web yet')\n",
    "shop/old.py": f'KEY = "AKIA{"Z7QWERTY2MNBVCX4"}"\n',
}


@cache
def standard() -> Ruleset:
    return load_ruleset()


@pytest.fixture
def work(tmp_path: Path) -> Path:
    return repository(tmp_path / "work", OLD)


@pytest.fixture
def served(tmp_path: Path, work: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[GitServer]:
    for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)
    (work / "shop/old.py").unlink()
    commit(work, SERVICE)
    root = tmp_path / "served"
    root.mkdir()
    git(bare_copy(work, root / "app.git"), "config", "uploadpack.allowFilter", "true")
    with serving(root) as server:
        yield server


def opened(server: GitServer, tmp_path: Path, **limits: Any) -> Mirror:
    return open_source(
        server.url("app.git"), cache_dir=tmp_path / "cache", allow_private=True, limits=Limits(**limits)
    )


def judged(mirror: Mirror, commit: str) -> ScanResult:
    with closing(RepoTree.open(mirror.path, commit)) as tree:
        return scan(tree, standard())


def fetches(server: GitServer) -> int:
    return sum(line.startswith("GET") for line in server.requests)


def push(work: Path, server: GitServer) -> None:
    git(work, "push", "--quiet", "--force", os.fspath(server.root / "app.git"), "HEAD:main")


def test_what_judging_needs_comes_in_one_request_and_reading_never_asks_for_more(served, tmp_path, work):
    mirror = opened(served, tmp_path)
    head, before = mirror.head(), git(work, "rev-parse", "HEAD~")
    assert partial.is_partial(mirror.path)
    served.requests.clear()
    assert not judged(mirror, head).complete  # nothing is there yet, and nothing is fetched for it
    assert served.requests == []
    assert mirror.fill([head]) == frozenset()
    assert fetches(served) == 1
    now = judged(mirror, head)
    assert mirror.fill([head, head]) == frozenset() and fetches(served) == 1
    assert mirror.fill([head, before]) == frozenset() and fetches(served) == 2
    then = judged(mirror, before)
    assert fetches(served) == 2
    whole = open_source(str(work), cache_dir=tmp_path / "whole")
    assert (now, then) == (judged(whole, head), judged(whole, before))
    assert now.complete and then.complete and now.verdicts != then.verdicts


def test_what_is_too_large_to_be_read_stays_on_the_host_and_is_judged_as_if_it_were_there(
    served, tmp_path, work
):
    large = {"shop/data.py": "x = 1\n" * 200_000, "dist/app.bin": os.urandom(1_200_000)}
    head = commit(work, large)
    push(work, served)
    mirror = opened(served, tmp_path)
    assert mirror.fill([head]) == frozenset() and mirror.absent([head]) == ()
    assert fetches(served) == 2
    assert folder_bytes(mirror.path) < 200_000
    result = judged(mirror, head)
    assert result == judged(open_source(str(work), cache_dir=tmp_path / "whole"), head)
    assert result.complete and any("shop/data.py" in repr(problem) for problem in result.problems)
    with pytest.raises(ObjectError) as caught:
        read_file(mirror.path, head, "shop/data.py")
    assert caught.value.id == "file.too-large"
    git(served.root / "app.git", "config", "uploadpackfilter.blob:limit.allow", "false")
    mirror.rebuild()
    mirror.fill([head])
    assert judged(mirror, head) == result and folder_bytes(mirror.path) > 1_200_000


def test_one_folder_is_fetched_without_the_others(served, tmp_path):
    mirror = opened(served, tmp_path)
    mirror.fill([mirror.head()], "shop")
    with closing(RepoTree.open(mirror.path, mirror.head(), root="shop")) as tree:
        assert all(entry.size >= 0 and tree.blobs.read(entry.blob) is not None for entry in tree.entries)
    assert mirror.absent([mirror.head()])
    assert mirror.absent([mirror.head()], "no/such") == ()


def test_new_commits_and_a_rewritten_branch_are_followed(served, tmp_path, work):
    mirror = opened(served, tmp_path)
    mirror.fill([mirror.head()])
    first = mirror.head()
    commit(work, {"shop/new.py": "x = 1\n"})
    push(work, served)
    mirror = opened(served, tmp_path)
    assert mirror.update() and mirror.fill([mirror.head()]) == frozenset()
    git(work, "reset", "--quiet", "--hard", "HEAD~2")
    latest = commit(work, {"shop/other.py": "y = 2\n"})
    push(work, served)
    assert mirror.update() and mirror.head() == latest
    mirror.fill([latest])
    assert judged(mirror, latest).complete and judged(mirror, first).complete
    assert "promisor" not in (mirror.path / "config").read_text()
    assert partial.is_partial(mirror.path)


def test_packing_collecting_and_checking_leave_a_partial_mirror_as_sound_as_it_was(served, tmp_path):
    mirror = opened(served, tmp_path)
    head = mirror.head()
    mirror.fill([head])
    before = judged(mirror, head)
    mark = mirror.path / "plumbline-tidied"
    mark.touch()
    os.utime(mark, (0, 0))
    served.requests.clear()
    assert tidy(mirror.path, seconds=60) and is_whole(mirror.path) and is_sound(mirror.path)
    assert judged(mirror, head) == before and served.requests == []
    for pack in (mirror.path / "objects/pack").glob("*.pack"):
        pack.chmod(0o644)
        pack.write_bytes(b"broken")
    assert not is_sound(mirror.path)
    mirror = opened(served, tmp_path)
    assert mirror.fill([head]) == frozenset() and judged(mirror, head) == before


def test_an_evicted_partial_mirror_is_cloned_and_filled_again(served, tmp_path):
    mirror = opened(served, tmp_path)
    mirror.fill([mirror.head()])
    assert keep_within(tmp_path / "cache", 1) == [mirror.path.name]
    mirror = opened(served, tmp_path)
    mirror.fill([mirror.head()])
    assert judged(mirror, mirror.head()).complete


@pytest.mark.parametrize("why", ["the server has no filters", "it forbids this one", "they are switched off"])
def test_a_whole_clone_where_there_can_be_no_partial_one(served, tmp_path, why):
    place = served.root / "app.git"
    if why == "the server has no filters":
        git(place, "config", "uploadpack.allowFilter", "false")
    elif why == "it forbids this one":
        git(place, "config", "uploadpackfilter.blob:none.allow", "false")
    mirror = opened(served, tmp_path, partial=why != "they are switched off")
    assert not partial.is_partial(mirror.path) and not list(mirror.path.rglob("*.promisor"))
    served.requests.clear()
    assert mirror.fill([mirror.head()]) == frozenset() and served.requests == []
    assert judged(mirror, mirror.head()).complete and is_whole(mirror.path)


def test_a_server_that_gives_no_single_objects_is_cloned_whole_from_then_on(served, tmp_path, work):
    served.second_protocol = False
    mirror = opened(served, tmp_path)
    head = mirror.head()
    assert partial.is_partial(mirror.path)
    assert mirror.fill([head]) == frozenset()
    assert not partial.is_partial(mirror.path)
    assert judged(mirror, head) == judged(open_source(str(work), cache_dir=tmp_path / "whole"), head)
    mirror.rebuild()
    assert not partial.is_partial(mirror.path) and partial.must_be_whole(mirror.path)


def test_a_blob_that_the_server_lacks_is_told_and_costs_no_other(served, tmp_path, work):
    lost = git(work, "rev-parse", "HEAD:shop/main.py")
    mirror = opened(served, tmp_path)
    place = served.root / "app.git"
    shutil.rmtree(place / "objects")
    shutil.copytree(work / ".git/objects", place / "objects")
    loose_object(work, lost)
    (place / "objects" / lost[:2] / lost[2:]).unlink()
    assert mirror.fill([mirror.head()]) == {lost}
    result = judged(mirror, mirror.head())
    assert not result.complete
    assert mirror.absent([mirror.head()]) == (lost,)


@pytest.mark.parametrize(("mode", "id"), [("busy", "source.unreachable"), ("stall", "git.timeout")])
def test_limits_and_faults_of_the_network_hold_for_the_batch_and_leave_the_mirror_as_it_was(
    served, tmp_path, mode, id
):
    mirror = opened(served, tmp_path, fetch_seconds=0.5)
    served.mode, served.retry_after = mode, "7"
    with pytest.raises(ScanError) as caught:
        mirror.fill([mirror.head()])
    assert caught.value.id == id and caught.value.retry
    assert mode != "busy" or caught.value.wait == 7
    served.mode = "serve"
    mirror = opened(served, tmp_path)
    assert mirror.fill([mirror.head()]) == frozenset()


def test_the_batch_stays_within_the_limit_of_size(served, tmp_path, work):
    commit(work, {"data.bin": os.urandom(300_000)})
    push(work, served)
    mirror = opened(served, tmp_path, max_bytes=150_000)
    with pytest.raises(ScanError, match="larger than the limit"):
        mirror.fill([mirror.head()])
    assert len(mirror.absent([mirror.head()])) > 1 and not list(mirror.path.rglob("tmp_*"))


def test_more_objects_than_fit_in_a_request_come_in_several(monkeypatch):
    asked: list[int] = []
    monkeypatch.setattr(partial, "PER_REQUEST", 10)
    assert partial.in_batches([f"{n:040x}" for n in range(25)], lambda ids: asked.append(len(ids))) == set()
    assert asked == [10, 10, 5]
