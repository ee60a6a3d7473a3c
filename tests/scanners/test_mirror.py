import os
import shutil
import subprocess
import threading
import time
from pathlib import Path

import pytest

from scanners import held
from scanners.errors import LimitError, ObjectError, ScanError, SourceError
from scanners.held import is_sound
from scanners.mirror import Limits, Mirror, mirror_name, open_source
from scanners.source_url import Credential, parse_source
from scanners.tree import RepoTree
from tests.git_http import GitServer, serving
from tests.trees import bare_copy, commit, git, loose_object, repository

SECRET = "s3cr3t-canary-91"


@pytest.fixture
def work(tmp_path):
    return repository(tmp_path / "work", {"README.md": "hello\n", "src/app.py": "print(1)\n"})


@pytest.fixture
def served(tmp_path, work, monkeypatch):
    for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)
    root = tmp_path / "served"
    root.mkdir()
    bare_copy(work, root / "app.git")
    with serving(root) as server:
        yield server


def opened(server: GitServer, tmp_path: Path, name: str = "app.git", **options: object) -> Mirror:
    return open_source(server.url(name), cache_dir=tmp_path / "cache", allow_private=True, **options)  # type: ignore[arg-type]


def push(work: Path, server: GitServer, *refs: str) -> None:
    git(work, "push", "--quiet", "--force", os.fspath(server.root / "app.git"), *refs)


def leftovers(tmp_path: Path) -> list[str]:
    return sorted(p.name for p in (tmp_path / "cache").iterdir() if not p.name.endswith(".lock"))


class TestLocalSources:
    def test_a_working_copy_a_git_directory_and_a_bare_repository_give_the_same_commit(self, tmp_path, work):
        bare = bare_copy(work, tmp_path / "bare.git")
        heads = {
            open_source(str(path), cache_dir=tmp_path / "cache").head()
            for path in (work, work / ".git", bare)
        }
        assert heads == {git(work, "rev-parse", "HEAD")}

    def test_a_linked_worktree_is_read_at_its_own_head(self, tmp_path, work):
        git(work, "worktree", "add", "--quiet", "-b", "side", "../side")
        at = commit(tmp_path / "side", {"new.txt": "x"})
        mirror = open_source(str(tmp_path / "side"), cache_dir=tmp_path / "cache")
        assert (mirror.head(), mirror.default_branch) == (at, "side")

    def test_packed_and_loose_references_are_both_seen(self, tmp_path, work):
        git(work, "branch", "old")
        git(work, "pack-refs", "--all")
        git(work, "branch", "feature/x")
        mirror = open_source(str(work), cache_dir=tmp_path / "cache")
        assert sorted(mirror.heads()) == ["feature/x", "main", "old"]

    def test_a_detached_head_has_no_default_branch(self, tmp_path, work):
        git(work, "checkout", "--quiet", "--detach")
        mirror = open_source(str(work), cache_dir=tmp_path / "cache")
        assert mirror.default_branch == ""
        assert mirror.head() == git(work, "rev-parse", "HEAD")

    def test_update_follows_new_commits_and_says_whether_anything_moved(self, tmp_path, work):
        mirror = open_source(str(work), cache_dir=tmp_path / "cache")
        assert mirror.update() is False
        at = commit(work, {"b.txt": "b"})
        assert mirror.remote_head() == at
        assert mirror.head() != at
        assert mirror.update() is True
        assert mirror.head() == at

    @pytest.mark.parametrize(
        ("key", "value"),
        [
            ("core.sshCommand", "touch {0}"),
            ("core.fsmonitor", "touch {0}; false"),
            ("core.hooksPath", "{1}"),
            ("filter.evil.smudge", "touch {0}"),
            ("core.alternateRefsCommand", "touch {0}"),
            ("core.gitProxy", "touch {0}"),
            ("diff.external", "touch {0}"),
            ("core.pager", "touch {0}"),
            ("uploadpack.packObjectsHook", "touch {0}"),
        ],
    )
    def test_a_hostile_configuration_runs_nothing_even_when_an_object_is_missing(
        self, tmp_path, work, key, value
    ):
        mark = tmp_path / "ran"
        hooks = tmp_path / "hooks"
        hooks.mkdir()
        for name in ("post-checkout", "reference-transaction", "pre-auto-gc", "post-index-change"):
            (hooks / name).write_text(f"#!/bin/sh\ntouch {mark}\n")
            (hooks / name).chmod(0o755)
        head = commit(work, {".gitattributes": "* filter=evil\n"})
        blob = git(work, "rev-parse", "HEAD:src/app.py")
        shutil.copytree(hooks, work / ".git/hooks", dirs_exist_ok=True)
        git(work, "config", key, value.format(mark, hooks))
        git(work, "config", "remote.origin.url", "ssh://localhost/x")
        git(work, "config", "remote.origin.promisor", "true")
        git(work, "config", "remote.origin.partialclonefilter", "blob:none")
        git(work, "config", "extensions.partialClone", "origin")
        loose_object(work, blob).unlink()
        if key == "core.sshCommand":
            with pytest.raises(subprocess.CalledProcessError):
                git(work, "cat-file", "-p", blob)
            assert mark.exists(), "the trap itself must work"
        mark.unlink(missing_ok=True)
        mirror = open_source(str(work), cache_dir=tmp_path / "cache")
        mirror.update()
        tree = RepoTree.open(mirror.path, mirror.head())
        assert tree.commit == head
        assert tree.entry("src/app.py").size == -1
        assert [data for _, data in tree.blobs.read_many([blob])] == [None]
        assert tree.text("README.md") == "hello\n"
        tree.close()
        assert not mark.exists()

    def test_borrowed_objects_are_followed_and_a_ring_of_alternates_ends(self, tmp_path, work):
        git(work, "clone", "--quiet", "--shared", ".", "../second")
        at = commit(tmp_path / "second", {"more.txt": "m"})
        (work / ".git/objects/info/alternates").write_text(
            f"../../../second/.git/objects\n{tmp_path / 'gone'}\n# a comment\n"
        )
        mirror = open_source(str(tmp_path / "second"), cache_dir=tmp_path / "cache")
        with_both = RepoTree.open(mirror.path, mirror.head())
        assert with_both.commit == at
        assert with_both.text("README.md") == "hello\n"
        with_both.close()

    def test_odd_characters_in_the_path_of_a_source_do_no_harm(self, tmp_path, work):
        odd = tmp_path / 'a "quoted"\n #dir'
        shutil.copytree(work, odd)
        from scanners.localgit import borrow, find_local

        borrow(find_local(odd), tmp_path / "ours.git")
        mirror = Mirror(parse_source(str(work)), tmp_path / "ours.git", Limits(), None)
        assert mirror.head() == git(work, "rev-parse", "HEAD")

    def test_evil_references_are_left_out(self, tmp_path, work):
        at = git(work, "rev-parse", "HEAD")
        heads = work / ".git/refs/heads"
        (heads / "link").symlink_to("/etc/passwd")
        (heads / "not-an-id").write_text("../../../../etc/passwd\n")
        (heads / "x.lock").write_text(at)
        os.mkfifo(heads / "pipe")
        (heads / "--upload-pack=evil").write_text(at)
        (work / ".git/packed-refs").write_text(
            f"{at} refs/heads/../../evil\n{at} refs/replace/{at}\nrubbish\n"
        )
        mirror = open_source(str(work), cache_dir=tmp_path / "cache")
        assert sorted(mirror.heads()) == ["--upload-pack=evil", "main"]
        with pytest.raises(ObjectError) as caught:
            mirror.resolve("--upload-pack=evil")
        assert caught.value.id == "commit.not-found"

    def test_a_folder_that_is_no_repository_is_refused_without_leftovers(self, tmp_path):
        (tmp_path / "plain").mkdir()
        with pytest.raises(SourceError) as caught:
            open_source(str(tmp_path / "plain"), cache_dir=tmp_path / "cache")
        assert caught.value.id == "source.not-a-repository"
        assert not (tmp_path / "cache").exists()

    def test_a_folder_inside_a_working_copy_is_refused_with_the_way_to_say_it(self, tmp_path, work):
        with pytest.raises(SourceError) as caught:
            open_source(str(work / "src"), cache_dir=tmp_path / "cache")
        assert caught.value.id == "source.not-a-repository"
        assert "--path src" in caught.value.hint

    def test_an_empty_repository_has_an_id_of_its_own(self, tmp_path):
        mirror = open_source(str(repository(tmp_path / "new")), cache_dir=tmp_path / "cache")
        assert mirror.remote_head() == ""
        with pytest.raises(SourceError) as caught:
            mirror.head()
        assert caught.value.id == "source.empty"

    def test_a_default_branch_without_a_commit_is_told_apart_from_an_empty_repository(self, tmp_path, work):
        (work / ".git/HEAD").write_text("ref: refs/heads/nowhere\n")
        with pytest.raises(ObjectError) as caught:
            open_source(str(work), cache_dir=tmp_path / "cache").head()
        assert caught.value.id == "commit.not-found"

    @pytest.mark.parametrize(
        "revision", ["f" * 40, "nope", "-x", "main:README.md", "main..side", "", "main@{1}", "a b"]
    )
    def test_what_names_no_commit_is_not_found(self, tmp_path, work, revision):
        with pytest.raises(ObjectError) as caught:
            open_source(str(work), cache_dir=tmp_path / "cache").resolve(revision)
        assert caught.value.id == "commit.not-found"

    def test_branches_tags_short_ids_and_ancestors_are_resolved(self, tmp_path, work):
        first = git(work, "rev-parse", "HEAD")
        git(work, "tag", "-a", "-m", "one", "v1.0")
        second = commit(work, {"b": "b"})
        mirror = open_source(str(work), cache_dir=tmp_path / "cache")
        assert [mirror.resolve(r) for r in ("main", "v1.0", first[:9], "main~1")] == [
            second,
            first,
            first,
            first,
        ]
        assert mirror.committed_at(first).isoformat() == "2024-03-01T10:00:00+00:00"

    def test_a_repository_with_sha256_ids_is_read_too(self, tmp_path):
        path = tmp_path / "long"
        path.mkdir()
        git(path, "init", "--quiet", "--object-format=sha256", "--initial-branch=main")
        at = commit(path, {"a.txt": "long ids"})
        mirror = open_source(str(path), cache_dir=tmp_path / "cache")
        tree = RepoTree.open(mirror.path, mirror.head())
        assert (len(at), tree.text("a.txt")) == (64, "long ids")
        tree.close()


class TestRemoteSources:
    def test_a_clone_is_bare_and_found_again_without_the_network(self, tmp_path, work, served):
        mirror = opened(served, tmp_path)
        assert mirror.head() == git(work, "rev-parse", "HEAD")
        assert mirror.update() is True
        assert not (mirror.path / "README.md").exists()
        served.mode = "broken"
        assert opened(served, tmp_path).head() == mirror.head()

    def test_update_skips_the_fetch_when_nothing_moved(self, tmp_path, served):
        opened(served, tmp_path)
        mirror = opened(served, tmp_path)
        served.requests.clear()
        assert mirror.update() is False
        assert not [r for r in served.requests if "POST" in r and len(served.requests) > 2]

    def test_update_follows_commits_force_pushes_and_removed_branches(self, tmp_path, work, served):
        git(work, "branch", "topic")
        push(work, served, "main", "topic")
        mirror = opened(served, tmp_path)
        mirror.update()
        git(work, "commit", "--quiet", "--amend", "--message=other")
        push(work, served, "main", ":topic")
        git(work, "branch", "--move", "topic", "topic/nested")
        push(work, served, "topic/nested")
        at = git(work, "rev-parse", "HEAD")
        assert mirror.remote_head() == at
        assert mirror.update() is True
        assert mirror.heads() == {"main": at, "topic/nested": git(work, "rev-parse", "topic/nested")}

    def test_update_follows_a_renamed_default_branch(self, tmp_path, work, served):
        mirror = opened(served, tmp_path)
        mirror.update()
        git(work, "branch", "--move", "main", "trunk")
        push(work, served, "trunk")
        git(served.root / "app.git", "symbolic-ref", "HEAD", "refs/heads/trunk")
        push(work, served, ":main")
        assert mirror.update() is True
        assert mirror.default_branch == "trunk"
        assert mirror.head() == git(work, "rev-parse", "trunk")

    def test_an_empty_remote_repository_fills_up_later(self, tmp_path, work, served):
        git(
            tmp_path, "init", "--quiet", "--bare", "--initial-branch=main", os.fspath(served.root / "new.git")
        )
        mirror = opened(served, tmp_path, "new.git")
        with pytest.raises(SourceError) as caught:
            mirror.head()
        assert caught.value.id == "source.empty"
        git(work, "push", "--quiet", os.fspath(served.root / "new.git"), "main")
        again = opened(served, tmp_path, "new.git")
        again.update()
        assert again.head() == git(work, "rev-parse", "main")

    def test_a_damaged_mirror_is_cloned_anew(self, tmp_path, work, served):
        mirror = opened(served, tmp_path)
        shutil.rmtree(mirror.path / "objects")
        (mirror.path / "objects").mkdir()
        assert opened(served, tmp_path).head() == git(work, "rev-parse", "HEAD")

    def test_a_damaged_mirror_inside_a_working_copy_never_touches_that_one(self, tmp_path, work, served):
        mirror = open_source(served.url("app.git"), cache_dir=work / "var", allow_private=True)
        mirror.update()
        git(work, "branch", "mine")
        push(work, served, "main:moved")
        (mirror.path / "HEAD").unlink()
        with pytest.raises(ScanError):
            mirror.update()
        assert "mine" in git(work, "branch", "--list", "mine")

    def test_a_failed_update_keeps_what_was_known(self, tmp_path, work, served):
        mirror = opened(served, tmp_path)
        mirror.update()
        known = mirror.head()
        served.mode = "broken"
        with pytest.raises(SourceError) as caught:
            mirror.update()
        assert (caught.value.id, caught.value.retry) == ("source.unreachable", True)
        assert mirror.head() == known

    def test_the_right_credential_opens_and_stands_nowhere(self, tmp_path, served):
        served.login = ("ann", SECRET)
        address = served.url("app.git").replace("http://", f"http://ann:{SECRET}@")
        mirror = open_source(address, cache_dir=tmp_path / "cache", allow_private=True)
        assert len(mirror.head()) == 40
        assert SECRET not in repr(mirror.source)
        for file in (tmp_path / "cache").rglob("*"):
            assert SECRET not in file.name
            assert not file.is_file() or SECRET.encode() not in file.read_bytes()

    @pytest.mark.parametrize("credential", [None, Credential("ann", SECRET + "x")])
    def test_a_wrong_credential_is_told_without_being_repeated(self, tmp_path, served, credential):
        served.login = ("ann", SECRET)
        with pytest.raises(SourceError) as caught:
            opened(served, tmp_path, credential=credential)
        assert (caught.value.id, caught.value.fault) == ("source.auth-failed", "credential")
        assert SECRET not in str(caught.value) + repr(caught.value.__cause__) + repr(caught.value.__context__)
        assert leftovers(tmp_path) == []

    @pytest.mark.parametrize(
        ("mode", "id", "retry"),
        [
            ("busy", "source.unreachable", True),
            ("broken", "source.unreachable", True),
            ("login-page", "source.not-a-repository", False),
        ],
    )
    def test_answers_that_are_no_repository_have_stable_ids(self, tmp_path, served, mode, id, retry):
        served.mode = mode
        with pytest.raises(SourceError) as caught:
            opened(served, tmp_path)
        assert (caught.value.id, caught.value.retry) == (id, retry)
        assert leftovers(tmp_path) == []

    def test_an_unknown_repository_and_a_closed_port_are_told_apart(self, tmp_path, served):
        with pytest.raises(SourceError) as caught:
            opened(served, tmp_path, "none.git")
        assert caught.value.id == "source.not-a-repository"
        with pytest.raises(SourceError) as caught:
            open_source("http://127.0.0.1:1/a/b", cache_dir=tmp_path / "cache", allow_private=True)
        assert caught.value.id == "source.unreachable"

    @pytest.mark.parametrize("mode", ["hang", "stall"])
    def test_a_server_that_hangs_ends_with_the_time_limit(self, tmp_path, served, mode):
        served.mode = mode
        begun = time.monotonic()
        with pytest.raises(LimitError) as caught:
            opened(served, tmp_path, limits=Limits(clone_seconds=0.5))
        assert (caught.value.id, caught.value.retry) == ("git.timeout", True)
        assert time.monotonic() - begun < 5
        assert leftovers(tmp_path) == []

    def test_a_hanging_listing_ends_with_its_own_limit(self, tmp_path, served):
        mirror = opened(served, tmp_path, limits=Limits(listing_seconds=0.4))
        served.mode = "hang"
        with pytest.raises(LimitError) as caught:
            mirror.remote_head()
        assert caught.value.id == "git.timeout"

    def test_a_repository_beyond_the_size_limit_is_not_kept(self, tmp_path, work, served):
        commit(work, {"big.bin": os.urandom(3 << 20)})
        push(work, served, "main")
        with pytest.raises(LimitError) as caught:
            opened(served, tmp_path, limits=Limits(max_bytes=1 << 20))
        assert caught.value.id == "source.too-large"
        assert leftovers(tmp_path) == []

    def test_progress_is_told_in_stages(self, tmp_path, served):
        told: list[tuple[str, int, int]] = []
        opened(served, tmp_path, progress=lambda *step: told.append(step))
        assert "receiving" in {stage for stage, _, _ in told}

    def test_two_processes_at_once_clone_once(self, tmp_path, served):
        failures: list[BaseException] = []

        def go() -> None:
            try:
                opened(served, tmp_path)
            except BaseException as error:  # noqa: BLE001
                failures.append(error)

        threads = [threading.Thread(target=go) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert failures == []
        assert sum("git-upload-pack" in r and "GET" in r for r in served.requests) == 1

    def test_private_addresses_are_refused_before_anything_is_sent(self, tmp_path, served):
        with pytest.raises(SourceError) as caught:
            open_source(served.url("app.git"), cache_dir=tmp_path / "cache")
        assert caught.value.id == "source.private-address"
        assert served.requests == []

    def test_a_redirect_to_a_private_address_is_refused(self, tmp_path, served, monkeypatch):
        monkeypatch.setattr("scanners.source_url.is_public", lambda address: address == "127.0.0.1")
        served.mode, served.target = "redirect", "http://[::1]:1/x.git"
        with pytest.raises(SourceError) as caught:
            open_source(served.url("app.git"), cache_dir=tmp_path / "cache")
        assert caught.value.id == "source.private-address"

    def test_a_vetted_redirect_is_followed_without_the_credential(self, tmp_path, work, served, monkeypatch):
        monkeypatch.setattr("scanners.source_url.is_public", lambda address: True)
        root = tmp_path / "elsewhere"
        root.mkdir()
        bare_copy(work, root / "moved.git")
        with serving(root) as other:
            served.mode, served.target = "redirect", other.url("moved.git")
            mirror = open_source(
                served.url("app.git"), cache_dir=tmp_path / "cache", credential=Credential("ann", SECRET)
            )
            assert mirror.head() == git(work, "rev-parse", "HEAD")
            assert set(other.authorizations) == {""}
        assert all(a.startswith("Basic ") for a in served.authorizations)

    def test_a_hostile_repository_around_the_current_folder_does_not_drive_git(
        self, tmp_path, work, served, monkeypatch
    ):
        mark = tmp_path / "ran"
        around = repository(tmp_path / "around")
        git(around, "config", "url.ssh://localhost/.insteadOf", served.url(""))
        git(around, "config", "core.sshCommand", f"touch {mark}")
        monkeypatch.chdir(around)
        mirror = opened(served, tmp_path)
        assert mirror.head() == mirror.remote_head() == git(work, "rev-parse", "HEAD")
        assert not mark.exists()

    def test_a_proxy_resolves_names_for_us_but_not_for_what_it_is_told_to_leave(
        self, tmp_path, served, monkeypatch
    ):
        monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{served.server_port}")
        monkeypatch.setenv("no_proxy", "localhost")
        with pytest.raises(SourceError) as caught:
            open_source("https://forge.invalid/a/b", cache_dir=tmp_path / "cache")
        assert caught.value.id == "source.unreachable"
        assert served.requests == []  # CONNECT is none of the test server's methods
        with pytest.raises(SourceError) as caught:
            open_source("https://localhost/a/b", cache_dir=tmp_path / "cache")
        assert caught.value.id == "source.private-address"

    def test_inherited_git_variables_do_not_reach_git(self, tmp_path, work, served, monkeypatch):
        monkeypatch.setenv("GIT_DIR", os.fspath(work / ".git"))
        monkeypatch.setenv("GIT_OBJECT_DIRECTORY", os.fspath(work / ".git/objects"))
        monkeypatch.setenv("GIT_TRACE", os.fspath(tmp_path / "trace"))
        mirror = opened(served, tmp_path)
        assert list((mirror.path / "objects").rglob("*.pack"))
        assert not (tmp_path / "trace").exists()


def test_a_mirror_has_one_readable_name_per_address():
    one = mirror_name(parse_source("https://Example.org/a/B.git/"))
    assert one == mirror_name(parse_source("https://example.org:443/a/B"))
    assert one.startswith("a-B-")
    assert one != mirror_name(parse_source("https://example.org/a/b"))


def test_git_is_not_asked_again_whether_a_mirror_is_sound_until_its_files_change(
    served, tmp_path, monkeypatch
):
    mirror = opened(served, tmp_path)
    assert is_sound(mirror.path)
    asked = []
    check = held._is_sound
    monkeypatch.setattr(held, "_is_sound", lambda path: asked.append(path) or check(path))
    assert is_sound(mirror.path) and not asked
    pack = next((mirror.path / "objects/pack").glob("*.pack"))
    content = pack.read_bytes()
    pack.chmod(0o644)
    pack.write_bytes(content[:40])
    assert not is_sound(mirror.path) and asked
    pack.write_bytes(content)
    assert is_sound(mirror.path) and len(asked) == 2  # once more, since the file is newer now
    (mirror.path / "HEAD").write_text("ref: refs/heads/other\n")
    is_sound(mirror.path)
    assert len(asked) == 3
