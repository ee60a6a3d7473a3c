"""Care for a folder of mirrors, on real ones: sweeping, tidying, the budget of disk, damage."""

import fcntl
import os
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path

import pytest

from scanners import upkeep
from scanners.errors import ScanError, SourceError
from scanners.mirror import Limits, Mirror, open_source
from scanners.remote import retry_after
from tests.git_http import GitServer, serving
from tests.trees import bare_copy, commit, git, repository


@pytest.fixture
def work(tmp_path: Path) -> Path:
    return repository(tmp_path / "work", {"README.md": "hello\n", "src/app.py": "print(1)\n"})


@pytest.fixture
def served(tmp_path: Path, work: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[GitServer]:
    for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)
    root = tmp_path / "served"
    root.mkdir()
    for name in ("app.git", "bee.git", "cat.git"):
        bare_copy(work, root / name)
    with serving(root) as server:
        yield server


def opened(server: GitServer, tmp_path: Path, name: str = "app.git", **limits: float) -> Mirror:
    return open_source(
        server.url(name),
        cache_dir=tmp_path / "cache",
        allow_private=True,
        limits=Limits(**limits),  # type: ignore[arg-type]
    )


def used_at(mirror: Mirror, seconds_ago: float) -> None:
    with mirror.in_use():
        pass
    moment = time.time() - seconds_ago
    os.utime(upkeep.use_file(mirror.path), (moment, moment))


class TestBudget:
    def test_the_least_recently_used_go_first_until_the_rest_fits(
        self, tmp_path: Path, served: GitServer
    ) -> None:
        mirrors = {name: opened(served, tmp_path, f"{name}.git") for name in ("app", "bee", "cat")}
        for name, ago in (("app", 50), ("bee", 300), ("cat", 200)):
            used_at(mirrors[name], ago)
        folder = tmp_path / "cache"
        disk = upkeep.disk_of(folder)
        assert disk.mirrors == 3 and 0 < disk.bytes < disk.budget
        assert upkeep.keep_within(folder) == []
        one = upkeep.folder_bytes(mirrors["app"].path)
        assert upkeep.keep_within(folder, int(one * 1.5)) == [
            mirrors["bee"].path.name,
            mirrors["cat"].path.name,
        ]
        assert upkeep.mirrors_in(folder) == [mirrors["app"].path]

    def test_what_is_read_written_or_wanted_now_stays(self, tmp_path: Path, served: GitServer) -> None:
        read, written, wanted = (opened(served, tmp_path, f"{name}.git") for name in ("app", "bee", "cat"))
        with read.in_use(), upkeep.lock_file(written.path).open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            assert upkeep.keep_within(tmp_path / "cache", 1, keep=wanted.path) == []
        assert upkeep.keep_within(tmp_path / "cache", 1, keep=wanted.path) == [
            read.path.name,
            written.path.name,
        ]

    def test_one_that_went_is_cloned_again_when_it_is_asked_for(
        self, tmp_path: Path, served: GitServer
    ) -> None:
        head = opened(served, tmp_path).head()
        upkeep.keep_within(tmp_path / "cache", 1)
        assert opened(served, tmp_path).head() == head

    def test_what_nobody_read_for_long_goes(self, tmp_path: Path, served: GitServer) -> None:
        old, new = opened(served, tmp_path, "app.git"), opened(served, tmp_path, "bee.git")
        used_at(old, 31 * 24 * 3600)
        used_at(new, 29 * 24 * 3600)
        assert upkeep.remove_unused(tmp_path / "cache", 30) == [old.path.name]


class TestSweep:
    def test_what_dead_processes_left_goes_and_the_mirror_works_again(
        self, tmp_path: Path, work: Path, served: GitServer
    ) -> None:
        mirror = opened(served, tmp_path)
        folder = tmp_path / "cache"
        half = folder / f".clone-{mirror.path.name}-abc123"
        (half / "new/objects").mkdir(parents=True)
        (folder / ".gone-x.git").mkdir()
        for left in (
            "packed-refs.lock",
            "HEAD.lock",
            "gc.pid",
            "objects/pack/tmp_pack_x",
            "refs/heads/main.lock",
        ):
            (mirror.path / left).parent.mkdir(parents=True, exist_ok=True)
            (mirror.path / left).write_text("")
        assert upkeep.sweep(folder) == 7
        assert sorted(p.name for p in folder.iterdir() if p.suffix != ".lock") == [mirror.path.name]
        after = commit(work, {"more.txt": "x"})
        git(work, "push", "--quiet", os.fspath(served.root / "app.git"), "main")
        assert opened(served, tmp_path).update() and opened(served, tmp_path).head() == after
        assert upkeep.sweep(folder) == 0

    def test_what_a_living_process_holds_stays(self, tmp_path: Path, served: GitServer) -> None:
        mirror = opened(served, tmp_path)
        half = tmp_path / "cache" / f".clone-{mirror.path.name}-abc123"
        half.mkdir()
        (mirror.path / "packed-refs.lock").write_text("")
        with upkeep.lock_file(mirror.path).open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            assert upkeep.sweep(tmp_path / "cache") == 0
        assert half.is_dir() and (mirror.path / "packed-refs.lock").exists()

    def test_lock_files_of_mirrors_long_gone_go(self, tmp_path: Path) -> None:
        for name, age in (("old.lock", 2), ("old.use.lock", 2), ("new.lock", 0)):
            place = tmp_path / name
            place.touch()
            moment = time.time() - age * 24 * 3600
            os.utime(place, (moment, moment))
        assert upkeep.sweep(tmp_path) == 2
        assert [p.name for p in tmp_path.iterdir()] == ["new.lock"]

    def test_a_folder_that_is_not_there_needs_no_sweeping(self, tmp_path: Path) -> None:
        assert upkeep.sweep(tmp_path / "none") == 0


class TestTidying:
    def test_a_mirror_is_collected_once_a_week(self, tmp_path: Path, work: Path, served: GitServer) -> None:
        mirror = opened(served, tmp_path)
        mirror.update()
        assert upkeep.tidy(mirror.path, seconds=60) is False  # the first look only sets the mark
        for number in range(3):
            commit(work, {"n.txt": str(number)})
            git(work, "push", "--quiet", os.fspath(served.root / "app.git"), "main")
            mirror.update()
        assert upkeep.tidy(mirror.path, seconds=60) is False
        before = mirror.head()
        assert upkeep.tidy(mirror.path, seconds=60, every=0) is True
        assert len(list((mirror.path / "objects/pack").glob("*.pack"))) == 1
        assert mirror.head() == before

    def test_commits_that_a_force_push_dropped_stay_for_their_assessments(
        self, tmp_path: Path, work: Path, served: GitServer
    ) -> None:
        dropped = commit(work, {"secret.txt": "x"})
        git(work, "push", "--quiet", os.fspath(served.root / "app.git"), "main")
        mirror = opened(served, tmp_path)
        git(work, "reset", "--quiet", "--hard", "HEAD^")
        git(work, "push", "--quiet", "--force", os.fspath(served.root / "app.git"), "main")
        mirror.update()
        mirror.update()
        assert mirror.head() != dropped
        upkeep.tidy(mirror.path, seconds=60)
        assert upkeep.tidy(mirror.path, seconds=60, every=0)
        assert mirror.resolve(dropped) == dropped

    def test_one_that_takes_too_long_leaves_no_locks(self, tmp_path: Path, served: GitServer) -> None:
        mirror = opened(served, tmp_path)
        upkeep.tidy(mirror.path, seconds=60)
        assert upkeep.tidy(mirror.path, seconds=0.0, every=0) is False
        assert not list(mirror.path.rglob("*.lock"))


class TestDamage:
    def test_a_hole_behind_head_is_found_by_a_look_at_the_whole(
        self, tmp_path: Path, served: GitServer
    ) -> None:
        mirror = opened(served, tmp_path)
        assert upkeep.is_whole(mirror.path)
        for pack in (mirror.path / "objects/pack").glob("*.pack"):
            pack.chmod(0o600)
            raw = bytearray(pack.read_bytes())
            raw[len(raw) // 2] ^= 0xFF
            pack.write_bytes(raw)
        assert not upkeep.is_whole(mirror.path)


class TestBusyHosts:
    @pytest.mark.parametrize("mode", ["busy", "broken"])
    @pytest.mark.parametrize(("said", "waits"), [("17", 17.0), ("", 0.0), ("soon", 0.0), ("999999", 3600.0)])
    def test_how_long_the_host_wants_to_be_left_alone_is_heard(
        self, tmp_path: Path, served: GitServer, mode: str, said: str, waits: float
    ) -> None:
        served.mode, served.retry_after = mode, said  # type: ignore[assignment]
        with pytest.raises(SourceError) as caught:
            opened(served, tmp_path)
        assert (caught.value.id, caught.value.retry, caught.value.wait) == ("source.unreachable", True, waits)

    def test_other_failures_ask_for_no_rest(self, tmp_path: Path, served: GitServer) -> None:
        served.mode = "login-page"
        with pytest.raises(SourceError) as caught:
            opened(served, tmp_path)
        assert caught.value.wait is None

    def test_a_date_says_how_long_too(self) -> None:
        now = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
        later = format_datetime(datetime(2026, 3, 2, 9, 2, tzinfo=UTC), usegmt=True)
        assert retry_after(later, now.timestamp()) == 120.0
        assert retry_after("Mon, 02 Mar 2020 09:00:00 GMT", now.timestamp()) == 0.0
        assert retry_after("-5", now.timestamp()) == 0.0

    @pytest.mark.parametrize(
        ("mode", "id"), [("missing", "source.not-a-repository"), ("gone", "source.not-a-repository")]
    )
    def test_what_is_gone_is_told_apart_from_what_is_busy(
        self, tmp_path: Path, served: GitServer, mode: str, id: str
    ) -> None:
        served.mode = mode  # type: ignore[assignment]
        with pytest.raises(SourceError) as caught:
            opened(served, tmp_path)
        assert (caught.value.id, caught.value.retry) == (id, False)

    def test_a_truncated_pack_leaves_nothing_behind(self, tmp_path: Path, served: GitServer) -> None:
        served.mode = "truncate"
        with pytest.raises(ScanError) as caught:
            opened(served, tmp_path)
        assert caught.value.id in ("source.unreachable", "git.corrupt")
        assert not [p for p in (tmp_path / "cache").iterdir() if p.suffix != ".lock"]

    def test_a_host_that_trickles_ends_with_the_time_limit(self, tmp_path: Path, served: GitServer) -> None:
        served.mode = "trickle"
        with pytest.raises(ScanError) as caught:
            opened(served, tmp_path, clone_seconds=1.5)
        assert caught.value.id == "git.timeout"
        assert not [p for p in (tmp_path / "cache").iterdir() if p.suffix != ".lock"]

    def test_a_clone_that_is_not_wanted_any_more_ends_soon(self, tmp_path: Path, served: GitServer) -> None:
        served.mode = "stall"
        started = time.monotonic()
        with pytest.raises(ScanError) as caught:
            open_source(
                served.url("app.git"),
                cache_dir=tmp_path / "cache",
                allow_private=True,
                stopped=lambda: time.monotonic() - started > 0.5,
            )
        assert caught.value.id == "scan.stopped"
        assert time.monotonic() - started < 10

    def test_a_redirect_loop_ends(self, tmp_path: Path, served: GitServer) -> None:
        served.mode, served.target = "redirect", served.url("app.git")
        with pytest.raises(SourceError) as caught:
            opened(served, tmp_path)
        assert caught.value.id in ("source.url-refused", "source.unreachable", "source.not-a-repository")
