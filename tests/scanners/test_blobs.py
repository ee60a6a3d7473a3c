import os
import time

import pytest

from scanners.blobs import BlobReader
from scanners.errors import LimitError
from tests.trees import commit, git, loose_object, repository


@pytest.fixture
def work(tmp_path):
    return repository(tmp_path / "work", {"a.txt": "alpha\n", "empty": "", "odd.bin": bytes(range(256)) * 3})


def ids(work, *paths):
    return [git(work, "rev-parse", f"HEAD:{path}") for path in paths]


def test_contents_come_in_the_order_asked_for(work):
    asked = ids(work, "odd.bin", "a.txt", "empty", "a.txt")
    with BlobReader(work / ".git") as reader:
        assert list(reader.read_many(asked)) == list(
            zip(asked, [bytes(range(256)) * 3, b"alpha\n", b"", b"alpha\n"], strict=True)
        )


def test_thousands_of_blobs_larger_than_a_pipe_do_not_block(work):
    commit(work, {f"many/{n}.txt": f"{n}\n" * 300 for n in range(400)})
    asked = git(work, "ls-tree", "-r", "--format=%(objectname)", "HEAD").split() * 12
    with BlobReader(work / ".git") as reader:
        read = list(reader.read_many(asked))
    assert [blob for blob, _ in read] == asked
    assert all(data is not None for _, data in read)


def test_missing_objects_trees_and_nonsense_are_none(work):
    blob, gone = ids(work, "a.txt", "odd.bin")
    loose_object(work, gone).unlink()
    asked = ["0" * 40, git(work, "rev-parse", "HEAD^{tree}"), gone, "not an id", "HEAD", blob]
    with BlobReader(work / ".git") as reader:
        assert [data for _, data in reader.read_many(asked)] == [None, None, None, None, None, b"alpha\n"]
        assert [reader.read(one) for one in asked] == [None, None, None, None, None, b"alpha\n"]


def test_a_damaged_object_costs_only_itself(work):
    first, broken, last = ids(work, "a.txt", "odd.bin", "empty")
    file = loose_object(work, broken)
    file.chmod(0o644)
    file.write_bytes(file.read_bytes()[:40])
    with BlobReader(work / ".git") as reader:
        assert list(reader.read_many([first, broken, last])) == [
            (first, b"alpha\n"),
            (broken, None),
            (last, b""),
        ]
        assert reader.read(broken) is None
        assert reader.read(first) == b"alpha\n"


def test_objects_beyond_the_limit_are_passed_over(work, monkeypatch):
    monkeypatch.setattr("scanners.blobs.MAX_OBJECT_BYTES", 100)
    asked = ids(work, "odd.bin", "a.txt")
    with BlobReader(work / ".git") as reader:
        assert [data for _, data in reader.read_many(asked)] == [None, b"alpha\n"]


def test_a_reader_can_be_left_half_way_and_used_again(work):
    asked = ids(work, "a.txt", "odd.bin")
    with BlobReader(work / ".git") as reader:
        for _ in reader.read_many(asked * 2000):
            break
        assert reader.read(asked[0]) == b"alpha\n"
        assert len(list(reader.read_many(asked))) == 2


def test_nothing_asked_starts_no_process(tmp_path):
    assert list(BlobReader(tmp_path / "nowhere").read_many([])) == []


def test_git_that_stalls_is_given_up_on(tmp_path, monkeypatch):
    program = tmp_path / "git"
    program.write_text("#!/bin/sh\nexec sleep 30\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    begun = time.monotonic()
    reader = BlobReader(tmp_path, stall_seconds=0.2)
    with pytest.raises(LimitError) as caught:
        list(reader.read_many(["0" * 40]))
    assert caught.value.id == "git.timeout"
    with pytest.raises(LimitError):
        reader.read("0" * 40)
    assert time.monotonic() - begun < 3
