"""Reading a mirror's past: lines of first parents, what lies between, and histories that are not whole."""

import shutil
from pathlib import Path

import pytest

from scanners.errors import ObjectError
from scanners.history import between, describe, ensure_history, first_parents, has_commit, tags_of
from scanners.localgit import borrow, find_local
from tests.trees import bare_copy, commit, git, loose_object, repository


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return repository(tmp_path / "source", {"a.py": "one\n"})


def head(path: Path) -> str:
    return git(path, "rev-parse", "HEAD")


def test_commits_and_files_between_two(source: Path) -> None:
    old = head(source)
    middle = commit(source, {"a.py": "two\n", "api/b.py": "x\n"}, "Add\tb")
    (source / "a.py").unlink()
    new = commit(source, {"api/b.py": "y\n"}, "Drop a")
    found = between(source / ".git", old, new)
    assert (found.relation, found.commit_count, found.dropped_count, found.notes) == ("ahead", 2, 0, ())
    assert [one.id for one in found.commits] == [new, middle]
    assert (found.commits[1].subject, found.commits[1].author) == ("Add b", "Ann Author")
    assert {(one.status, one.path) for one in found.files} == {("removed", "a.py"), ("added", "api/b.py")}
    inside = between(source / ".git", old, new, "api")
    assert [one.path for one in inside.files] == ["api/b.py"]
    assert between(source / ".git", old, old).relation == "same"


def test_going_back_and_rewriting_are_told(source: Path) -> None:
    old = head(source)
    new = commit(source, {"a.py": "two\n"})
    back = between(source / ".git", new, old)
    assert (back.relation, back.commit_count, back.dropped_count) == ("behind", 0, 1)
    assert "went back" in back.notes[0]
    git(source, "reset", "--quiet", "--hard", old)
    other = commit(source, {"a.py": "three\n"})
    rewritten = between(source / ".git", new, other)
    assert (rewritten.relation, rewritten.commit_count, rewritten.dropped_count) == ("diverged", 1, 1)
    assert "rewritten" in rewritten.notes[0]


def test_a_commit_that_is_gone_is_said_to_be(source: Path) -> None:
    found = between(source / ".git", "1" * 40, head(source))
    assert (found.relation, found.commit_count, found.file_count) == ("unknown", None, None)
    assert "11111111" in found.notes[0]
    assert not has_commit(source / ".git", "1" * 40)
    assert not has_commit(source / ".git", "HEAD")
    with pytest.raises(ObjectError):
        first_parents(source / ".git", "1" * 40)


def test_a_merge_of_many_counts_once_on_the_line(source: Path) -> None:
    old = head(source)
    for name in ("x", "y", "z"):
        git(source, "checkout", "--quiet", "-b", name, old)
        commit(source, {f"{name}.py": name})
    git(source, "checkout", "--quiet", "main")
    git(source, "merge", "--quiet", "--no-ff", "--message=Octopus", "x", "y", "z")
    line = first_parents(source / ".git", head(source))
    assert (line.ids, line.end) == ((head(source), old), "root")
    (merge,) = between(source / ".git", old, head(source)).commits
    assert (merge.subject, merge.parents) == ("Octopus", 4)


def test_a_shallow_copy_ends_early_and_says_so(source: Path, tmp_path: Path) -> None:
    old = head(source)
    for n in range(5):
        commit(source, {"a.py": f"{n}\n"})
    shallow = tmp_path / "shallow"
    git(source, "clone", "--quiet", "--bare", "--depth=2", source.as_uri(), str(shallow))
    ours = tmp_path / "ours"
    borrow(find_local(shallow), ours)
    assert not ensure_history(shallow) and not ensure_history(ours) and ensure_history(source / ".git")
    line = first_parents(ours, head(source))
    assert (len(line.ids), line.end) == (2, "missing")
    assert between(ours, old, head(source)).relation == "unknown"


def test_missing_objects_cost_what_they_hold(source: Path) -> None:
    old = head(source)
    middle = commit(source, {"a.py": "two\n"})
    new = commit(source, {"a.py": "three\n"})
    loose_object(source, git(source, "rev-parse", f"{old}^{{tree}}")).unlink()
    found = between(source / ".git", old, new)
    assert (found.relation, found.commit_count, found.file_count) == ("ahead", 2, None)
    assert "missing" in found.notes[0]
    loose_object(source, middle).unlink()
    line = first_parents(source / ".git", new)
    assert (line.ids, line.end) == ((new,), "missing")
    gap = between(source / ".git", old, new)
    assert (gap.relation, gap.commit_count) == ("unknown", None)
    assert gap.notes


def test_grafts_and_replacements_do_not_bend_the_past(source: Path, tmp_path: Path) -> None:
    first = head(source)
    commit(source, {"a.py": "two\n"})
    new = commit(source, {"a.py": "three\n"})
    git(source, "replace", "--graft", new, first)
    (source / ".git/info").mkdir(exist_ok=True)
    (source / ".git/info/grafts").write_text(f"{new} {first}\n")
    ours = tmp_path / "ours"
    borrow(find_local(source), ours)
    assert len(first_parents(ours, new).ids) == 3


def test_a_path_that_changes_case_is_one_removed_and_one_added(source: Path) -> None:
    old = head(source)
    git(source, "mv", "a.py", "A.py")
    new = commit(source, {})
    files = between(source / ".git", old, new).files
    assert [(one.status, one.path) for one in files] == [("added", "A.py"), ("removed", "a.py")]


def test_words_of_a_commit_are_made_safe(source: Path) -> None:
    key = "AKIA" + "Z7QWERTY2MNBVCX4"
    new = commit(source, {"a.py": "two\n"}, f"Use {key}\x1b[31m now" + "x" * 2000)
    subject = describe(source / ".git", [new])[new].subject
    assert key not in subject and "\x1b" not in subject and len(subject) <= 200
    assert describe(source / ".git", ["1" * 40, "nonsense"]) == {}


def test_tags_name_commits(source: Path, tmp_path: Path) -> None:
    git(source, "tag", "v1.0")
    git(source, "tag", "--annotate", "--message=Two", "v2.0")
    git(source, "tag", "a-tree", "HEAD^{tree}")
    bare = bare_copy(source, tmp_path / "bare")
    assert tags_of(bare) == {"v1.0": head(source), "v2.0": head(source)}


@pytest.mark.slow
def test_a_hundred_thousand_commits_are_read_in_seconds(tmp_path: Path) -> None:
    import time

    bare = tmp_path / "long"
    git(tmp_path, "init", "--quiet", "--bare", "--initial-branch=main", str(bare))
    commits = 100_000
    stream = b"".join(
        b"commit refs/heads/main\ncommitter A <a@example.org> %d +0000\ndata 1\n%d\n"
        % (1_500_000_000 + n * 1200, n % 10)
        for n in range(commits)
    )
    git(bare, "fast-import", "--quiet", stdin=stream)
    began = time.monotonic()
    line = first_parents(bare, head(bare))
    assert (len(line.ids), line.end) == (commits, "root")
    assert time.monotonic() - began < 20
    assert first_parents(bare, head(bare), limit=1000).end == "limit"
    shutil.rmtree(bare)
