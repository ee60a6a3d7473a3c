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


def test_a_few_are_asked_of_the_process_that_runs_anyway(work, monkeypatch):
    asked = ids(work, "odd.bin", "a.txt", "empty")
    with BlobReader(work / ".git") as reader:
        assert reader.read(asked[1]) == b"alpha\n"
        monkeypatch.setattr("scanners.blobs.start_git", lambda *_, **__: pytest.fail("another process"))
        assert list(reader.read_many([*asked, "0" * 40])) == [
            (asked[0], bytes(range(256)) * 3),
            (asked[1], b"alpha\n"),
            (asked[2], b""),
            ("0" * 40, None),
        ]


def test_answers_that_nobody_took_are_nobodys_next_answer(work):
    first, second = ids(work, "odd.bin", "a.txt")
    with BlobReader(work / ".git") as reader:
        reader.read(second)
        answers = reader.read_many([first, second])
        assert next(answers) == (first, bytes(range(256)) * 3)
        answers.close()
        assert reader.read(second) == b"alpha\n"


def test_a_file_read_amid_a_few_takes_none_of_their_answers(work):
    first, second = ids(work, "odd.bin", "a.txt")
    with BlobReader(work / ".git") as reader:
        reader.read(first)
        answers = reader.read_many([first, second])
        assert next(answers) == (first, bytes(range(256)) * 3)
        assert reader.read(first) == bytes(range(256)) * 3
        assert list(answers) == [(second, b"alpha\n")]
        assert reader.read(second) == b"alpha\n"


def test_a_damaged_object_among_a_few_costs_only_itself(work):
    first, broken, last = ids(work, "a.txt", "odd.bin", "empty")
    file = loose_object(work, broken)
    file.chmod(0o644)
    file.write_bytes(file.read_bytes()[:40])
    with BlobReader(work / ".git") as reader:
        reader.read(first)
        asked = [first, broken, last]
        assert dict(reader.read_many(asked)) == {first: b"alpha\n", broken: None, last: b""}


def test_a_commit_can_be_asked_for_ahead_and_one_that_is_none_is_none(work):
    head, blob = git(work, "rev-parse", "HEAD"), ids(work, "a.txt")[0]
    with BlobReader(work / ".git") as reader:
        reader.expect_commit(head)
        assert reader.expected_commit().startswith(b"tree ")
        assert reader.read(blob) == b"alpha\n"
        for other in ("0" * 40, blob):
            reader.expect_commit(other)
            assert reader.expected_commit() is None


def test_a_process_forked_since_has_its_own_git(work):
    asked = ids(work, "odd.bin", "a.txt")
    with BlobReader(work / ".git") as reader:
        reader.read(asked[0])
        child = os.fork()
        if not child:
            right = dict(reader.read_many(asked)) == {asked[0]: bytes(range(256)) * 3, asked[1]: b"alpha\n"}
            reader.close()
            os._exit(not right)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        assert reader.read(asked[1]) == b"alpha\n"
