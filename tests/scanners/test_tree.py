import os
from datetime import UTC, datetime

import pytest

from scanners.errors import LimitError, ObjectError
from scanners.tree import RepoTree, decode_text
from tests.trees import commit, git, loose_object, repository

FILES = {
    "README.md": "hi\n",
    "a-b.txt": "x",
    "a/b.txt": "y",
    "svc/api/app.py": "print(1)\n",
    "svc/Dockerfile": "FROM x",
}


@pytest.fixture
def work(tmp_path):
    return repository(tmp_path / "work", FILES)


def opened(work, root="", **options):
    return RepoTree.open(work / ".git", git(work, "rev-parse", "HEAD"), root, **options)


def test_a_tree_in_memory_equals_the_one_from_git(work):
    real, made = opened(work), RepoTree.from_files(FILES)
    assert real.entries == made.entries
    assert [real.text(p) for p in real.paths] == [made.text(p) for p in made.paths]
    blobs = [entry.blob for entry in made.entries]
    assert list(real.blobs.read_many(blobs)) == list(made.blobs.read_many(blobs))
    real.close()


def test_a_tree_knows_its_commit_and_its_place_in_time(work):
    tree = opened(work)
    assert tree.commit == git(work, "rev-parse", "HEAD")
    assert tree.committed_at == datetime(2024, 3, 1, 10, 0, tzinfo=UTC)


def test_a_root_path_narrows_the_tree_and_shortens_its_paths(work):
    tree = opened(work, "/svc/")
    assert (tree.root, tree.paths) == ("svc", ("Dockerfile", "api/app.py"))
    assert tree.text("api/app.py") == "print(1)\n"
    tree.close()


@pytest.mark.parametrize("root", ["nope", "README.md", "../x", "svc/../../x", "svc\napi"])
def test_a_root_that_is_no_folder_of_the_commit_is_not_found(work, root):
    with pytest.raises(ObjectError) as caught:
        opened(work, root)
    assert caught.value.id == "path.not-found"


@pytest.mark.parametrize("commit_id", ["f" * 40, "main:README.md"])
def test_an_unknown_commit_is_not_found(work, commit_id):
    with pytest.raises(ObjectError) as caught:
        RepoTree.open(work / ".git", commit_id)
    assert caught.value.id == "commit.not-found"


def test_symlinks_and_submodules_are_listed_apart_and_never_followed(work, tmp_path):
    (tmp_path / "outside.txt").write_text("outside")
    (work / "link").symlink_to("../outside.txt")
    (work / "dir-link").symlink_to("/etc")
    git(work, "add", "--all")
    git(work, "update-index", "--add", "--cacheinfo", f"160000,{'1' * 40},vendor/lib")
    git(work, "commit", "--quiet", "--message=links")
    tree = opened(work)
    assert [e.path for e in tree.symlinks] == ["dir-link", "link"]
    assert [e.path for e in tree.submodules] == ["vendor/lib"]
    assert set(tree.paths) == set(FILES)
    assert tree.read("link") is None
    assert tree.read("dir-link/passwd") is None


def test_export_ignore_hides_nothing(work):
    commit(work, {".gitattributes": "README.md export-ignore\n* -text\n"})
    assert "README.md" in opened(work).paths


def test_paths_with_odd_bytes_stay_readable(work):
    blob = git(work, "hash-object", "-w", "--stdin", stdin=b"odd")
    names = [b"caf\xe9.txt", b"new\nline", b"tab\there", b'quo"te', b"-dash"]
    listing = b"".join(b"100644 blob %s\t%s\0" % (blob.encode(), name) for name in sorted(names))
    made = git(work, "mktree", "-z", stdin=listing)
    at = git(work, "commit-tree", made, "-m", "odd")
    tree = RepoTree.open(work / ".git", at)
    assert sorted(os.fsencode(path) for path in tree.paths) == sorted(names)
    assert {tree.text(path) for path in tree.paths} == {"odd"}
    tree.close()


def test_a_missing_object_has_no_size_and_no_content(work):
    loose_object(work, git(work, "rev-parse", "HEAD:README.md")).unlink()
    tree = opened(work)
    assert tree.entry("README.md").size == -1
    assert tree.read("README.md") is None
    assert tree.read("a-b.txt") == b"x"
    tree.close()


def test_a_missing_folder_object_is_a_damaged_repository(work):
    loose_object(work, git(work, "rev-parse", "HEAD:svc")).unlink()
    with pytest.raises(ObjectError) as caught:
        opened(work)
    assert (caught.value.id, caught.value.fault) == ("git.corrupt", "repository")


def test_more_files_than_allowed_is_a_limit(work):
    assert len(opened(work, max_files=5).entries) == 5
    with pytest.raises(LimitError) as caught:
        opened(work, max_files=4)
    assert caught.value.id == "source.too-many-files"


def test_oversized_files_are_listed_and_not_read(work):
    tree = opened(work, max_text=5)
    assert tree.oversized == ("svc/Dockerfile", "svc/api/app.py")
    assert tree.read("svc/Dockerfile") is None
    assert RepoTree.from_files(FILES, max_text=5).oversized == tree.oversized


def test_a_commit_with_an_impossible_date_is_still_read(work):
    made = git(work, "rev-parse", "HEAD^{tree}")
    raw = f"tree {made}\nauthor A <a@b> 1 +0000\ncommitter A <a@b> 99999999999999999999 +0000\n\nx\n"
    at = git(work, "hash-object", "-t", "commit", "-w", "--stdin", "--literally", stdin=raw.encode())
    assert RepoTree.open(work / ".git", at).committed_at == datetime.fromtimestamp(0, UTC)


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"plain", "plain"),
        (b"\xef\xbb\xbfmarked", "marked"),
        ("wide é".encode("utf-16"), "wide é"),
        (b"\xfe\xff" + "big".encode("utf-16-be"), "big"),
        (b"\xff\xfe\0\0" + "w".encode("utf-32-le"), "w"),
        (b"caf\xe9", "caf�"),
    ],
)
def test_text_minds_byte_order_marks_and_bad_bytes(data, text):
    assert decode_text(data) == text
    assert RepoTree.from_files({"f": data}).text("f") == text


def test_what_is_not_there_reads_as_none():
    tree = RepoTree.from_files({"a": "1"}, symlinks={"l": "a"})
    assert (tree.read("b"), tree.text("b"), tree.read("l"), tree.entry("b")) == (None, None, None, None)
    assert [e.path for e in tree.symlinks] == ["l"]
