"""Scans of repositories on a real git server that misbehaves: rests, limits, quarantine, unreachable addresses."""

import contextlib
import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from celery.exceptions import Retry
from django.conf import settings
from django.core.cache import cache
from django.utils import timezone
from redis.exceptions import ConnectionError as CacheAway

from assessments import tasks
from assessments.choices import ScanReason, ScanState
from assessments.failures import UNREACHABLE_AFTER
from assessments.models import Assessment, Repository, RulesetVersion, ScanRequest
from assessments.services import due, hosts, meters, scans
from assessments.services.repositories import register_repository
from scanners.errors import ScanError
from scanners.mirror import mirror_name
from scanners.source_url import parse_source
from tests import factories, trees
from tests.git_http import GitServer, serving

pytestmark = pytest.mark.django_db
HOST = "git.example.org:443"


@pytest.fixture(autouse=True)
def shared_cache(queue_server: str) -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[GitServer]:
    for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)
    monkeypatch.setattr(settings.ENVIRONMENT, "allow_private_addresses", True)
    work = trees.repository(tmp_path / "work", {"README.md": "# Orders\n", "app.py": "a = 1\n" * 40})
    root = tmp_path / "served"
    root.mkdir()
    trees.bare_copy(work, root / "orders.git")
    with serving(root) as server, patch.object(scans, "enqueue"):
        yield server


@pytest.fixture
def repository(ruleset: RulesetVersion, served: GitServer) -> Repository:
    made, _ = register_repository(source=served.url("orders.git"), team=factories.team(), actor=None)
    return made


def run(repository: Repository) -> ScanRequest:
    """The scan of the repository after the task has been through it, tried again as often as it may be."""
    scan = scans.request_scan(repository=repository, reason=ScanReason.REQUEST)
    tasks.scan_repository.apply(args=[scan.pk])
    scan.refresh_from_db()
    repository.refresh_from_db()
    return scan


def run_once(repository: Repository) -> tuple[ScanRequest, Any]:
    """The scan after one try, and how the next one was asked for."""
    scan = scans.request_scan(repository=repository, reason=ScanReason.REQUEST)
    with patch.object(tasks.scan_repository, "retry", side_effect=Retry) as retry, contextlib.suppress(Retry):
        tasks.scan_repository(scan.pk)
    scan.refresh_from_db()
    repository.refresh_from_db()
    return scan, retry


def mirror_of(repository: Repository) -> Path:
    return Path(settings.MIRRORS_DIR) / mirror_name(parse_source(repository.mirror.url))


class TestPlaces:
    def test_no_more_scans_speak_to_a_host_than_it_has_places(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(settings.ENVIRONMENT, "host_connections", 2)
        with hosts.turn(HOST), hosts.turn(HOST), hosts.turn("other.example.org:443"):
            with pytest.raises(ScanError) as caught, hosts.turn(HOST):
                pass
            assert caught.value.id == "scan.host-rests" and caught.value.wait
        with hosts.turn(HOST), hosts.turn(HOST):
            pass

    def test_the_place_of_a_dead_worker_is_free_again_after_its_lease(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(settings.ENVIRONMENT, "host_connections", 1)
        monkeypatch.setattr(hosts, "LEASE_SECONDS", 1)
        dead = hosts.turn(HOST)
        renew = dead.__enter__()
        renew()
        from tests.git_http import wait_until

        def free() -> bool:
            try:
                with hosts.turn(HOST):
                    return True
            except ScanError:
                return False

        assert not free()
        assert wait_until(free, 5)
        dead.__exit__(None, None, None)

    def test_a_place_that_another_took_over_is_not_given_back_for_them(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(settings.ENVIRONMENT, "host_connections", 1)
        with hosts.turn(HOST):
            cache.set(f"host:{HOST}:place:0", "somebody else's", timeout=30)
        assert cache.get(f"host:{HOST}:place:0") == "somebody else's"

    def test_without_a_cache_nobody_is_held_back(self) -> None:
        with (
            patch.object(hosts.cache, "add", side_effect=CacheAway),
            patch.object(hosts.cache, "get", side_effect=CacheAway),
            hosts.turn(HOST) as renew,
        ):
            renew()
            assert hosts.let_rest(HOST, 0) > 0


class TestRests:
    def test_a_rest_grows_while_errors_follow_each_other_and_starts_anew_after_an_answer(self) -> None:
        assert [hosts.let_rest(HOST, 0) for _ in range(7)] == [30, 60, 120, 240, 480, 900, 900]
        hosts.answered(HOST)
        assert hosts.let_rest(HOST, 0) == 30

    def test_a_host_is_taken_at_its_word_for_at_most_an_hour(self) -> None:
        assert hosts.let_rest(HOST, 17) == 17
        assert hosts.let_rest("b:1", 10**6) == 3600

    def test_one_answer_of_429_lets_every_worker_wait(
        self, repository: Repository, served: GitServer
    ) -> None:
        served.mode, served.retry_after = "busy", "120"
        scan, retry = run_once(repository)
        assert (scan.state, scan.error_id) == (ScanState.QUEUED, "source.unreachable")
        assert retry.call_args.kwargs == {"countdown": 120}
        assert scan.retry_at is not None and scan.retry_at > timezone.now() + timedelta(seconds=100)
        served.mode = "serve"
        asked = len(served.requests)
        tasks.scan_repository(scan.pk)
        scan.refresh_from_db()
        assert (scan.state, scan.error_id) == (ScanState.QUEUED, "scan.host-rests")
        assert len(served.requests) == asked  # nobody spoke to it
        waits = scans.enqueue.call_args.kwargs["countdown"]  # type: ignore[attr-defined]
        assert 100 < waits < 140
        cache.clear()
        assert run(repository).state == ScanState.DONE

    def test_waiting_for_a_host_uses_up_no_tries(self, repository: Repository, served: GitServer) -> None:
        hosts.let_rest(hosts.host_of(parse_source(repository.mirror.url)), 60)
        scan = scans.request_scan(repository=repository, reason=ScanReason.REQUEST)
        for _ in range(10):
            tasks.scan_repository(scan.pk, tries=3)
        assert scans.enqueue.call_args.kwargs["tries"] == 3  # type: ignore[attr-defined]
        scan.refresh_from_db()
        assert scan.state == ScanState.QUEUED

    @pytest.mark.parametrize("mode", ["broken", "hang", "truncate"])
    def test_what_the_network_did_is_tried_again_and_then_told(
        self, repository: Repository, served: GitServer, mode: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        served.mode = mode  # type: ignore[assignment]
        monkeypatch.setattr("scanners.mirror.Limits.__init__", _hasty)
        scan, retry = run_once(repository)
        assert (scan.state, scan.fault) == (ScanState.QUEUED, "network"), scan.error
        assert retry.called
        served.mode = "serve"
        cache.clear()
        assert run(repository).state == ScanState.DONE


def _hasty(self: Any, **given: Any) -> None:
    values = {"max_bytes": 1 << 30, "fetch_seconds": 3.0, "lock_seconds": 5.0, **given}
    for name, value in {**values, "clone_seconds": 3.0, "listing_seconds": 3.0}.items():
        object.__setattr__(self, name, value)


class TestUnreachable:
    @pytest.mark.parametrize("mode", ["missing", "gone", "login-page", "redirect"])
    def test_an_address_that_stays_away_is_marked_and_tried_less_often(
        self, repository: Repository, served: GitServer, mode: str
    ) -> None:
        assert run(repository).state == ScanState.DONE
        made = repository.current
        served.mode, served.target = mode, served.url("gone")  # type: ignore[assignment]
        waits = []
        for _ in range(UNREACHABLE_AFTER):
            assert repository.unreachable_at is None
            scan = run(repository)
            assert scan.state == ScanState.FAILED, (scan.state, scan.error_id)
            assert repository.next_scan_at is not None and scan.finished_at is not None
            waits.append(repository.next_scan_at - scan.finished_at)
        assert repository.unreachable_at is not None
        assert waits[-1] == timedelta(days=7) > waits[-2]
        assert repository.current == made and repository.checklist.exists()
        served.mode = "serve"
        assert run(repository).state == ScanState.DONE
        assert (repository.unreachable_at, repository.failures) == (None, 0)

    def test_an_error_of_another_kind_shows_that_it_is_there(self, repository: Repository) -> None:
        Repository.objects.filter(pk=repository.pk).update(failures=9, unreachable_at=timezone.now())
        with patch.object(tasks, "run_scan", side_effect=ScanError("source.too-large", "Too large.")):
            run(repository)
        assert repository.unreachable_at is None


class TestDamagedMirrors:
    def test_a_mirror_with_a_damaged_file_is_cloned_afresh_within_the_scan(
        self, repository: Repository, served: GitServer
    ) -> None:
        run(repository)
        Assessment.objects.all().delete()
        mirror = mirror_of(repository)
        blob = trees.git(mirror, "rev-parse", "HEAD:app.py")
        trees.git(mirror, "unpack-objects", stdin=_pack_out(mirror))
        place = mirror / "objects" / blob[:2] / blob[2:]
        place.chmod(0o600)
        place.write_bytes(b"not zlib at all")
        scan = run(repository)
        assert (scan.state, scan.error_id) == (ScanState.DONE, "")
        assert repository.current is not None and repository.current.complete
        assert trees.git(mirror, "cat-file", "-t", blob) == "blob"

    def test_a_force_push_and_a_renamed_branch_are_followed(
        self, repository: Repository, served: GitServer, tmp_path: Path
    ) -> None:
        run(repository)
        other = trees.repository(tmp_path / "other", {"README.md": "# Anew\n"}, branch="trunk")
        bare = served.root / "orders.git"
        trees.git(other, "push", "--quiet", "--force", os.fspath(bare), "trunk")
        trees.git(bare, "symbolic-ref", "HEAD", "refs/heads/trunk")
        trees.git(bare, "update-ref", "-d", "refs/heads/main")
        assert run(repository).state == ScanState.DONE
        assert repository.current is not None
        assert repository.current.commit == trees.git(other, "rev-parse", "HEAD")
        assert repository.mirror.default_branch == "trunk"


def _pack_out(mirror: Path) -> bytes:
    """The mirror's one pack, taken out of it."""
    (pack,) = (mirror / "objects/pack").glob("*.pack")
    raw = pack.read_bytes()
    for left in (mirror / "objects/pack").iterdir():
        left.unlink()
    return raw


class TestLimits:
    def test_a_scan_that_grows_too_large_costs_itself_only_and_then_its_repository(
        self, repository: Repository, served: GitServer
    ) -> None:
        def greedy(*_: object, **__: object) -> None:
            held = []
            while True:
                held.append(b"x" * (32 << 20))

        with patch("assessments.services.assess.scan", greedy):
            for number in (1, 2):
                scan = run(repository)
                assert (scan.state, scan.error_id) == (ScanState.FAILED, "scan.memory-limit")
                assert (repository.kills, repository.quarantined_at) == (number, None)
            run(repository)
        assert repository.quarantined_at is not None
        assert "memory" in repository.quarantine_reason and "3 times" in repository.quarantine_reason
        scan = run(repository)
        assert (scan.state, scan.error_id, scan.fault) == (ScanState.FAILED, "scan.quarantined", "repository")
        Repository.objects.update(next_scan_at=timezone.now() - timedelta(days=1))
        assert due.request_due() == 0

    def test_a_scan_that_takes_too_long_is_ended(
        self, repository: Repository, served: GitServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        import time

        monkeypatch.setattr(settings.ENVIRONMENT, "scan_seconds", 1)
        with patch("assessments.services.assess.scan", lambda *_, **__: time.sleep(60)):
            scan = run(repository)
        assert (scan.state, scan.error_id) == (ScanState.FAILED, "scan.time-limit")

    def test_too_many_files_and_too_large_a_mirror_have_ids_of_their_own(
        self, repository: Repository, served: GitServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(settings.ENVIRONMENT, "max_files", 1)
        assert run(repository).error_id == "source.too-many-files"
        monkeypatch.setattr(settings.ENVIRONMENT, "max_files", 100)
        assert run(repository).state == ScanState.DONE

    def test_a_success_forgives_earlier_kills(self, repository: Repository, served: GitServer) -> None:
        Repository.objects.filter(pk=repository.pk).update(kills=2)
        assert run(repository).state == ScanState.DONE
        assert repository.kills == 0

    def test_the_budget_of_disk_is_kept_by_scans(
        self, repository: Repository, served: GitServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        run(repository)
        trees.bare_copy(served.root / "orders.git", served.root / "next.git")
        other, _ = register_repository(source=served.url("next.git"), team=repository.team, actor=None)
        monkeypatch.setattr(settings.ENVIRONMENT, "mirrors_mb", 1)
        (mirror_of(repository) / "large").write_bytes(b"x" * (2 << 20))
        assert run(other).state == ScanState.DONE
        assert not mirror_of(repository).exists() and mirror_of(other).exists()

    def test_stages_are_timed_and_counted(self, repository: Repository, served: GitServer) -> None:
        scan = run(repository)
        assert set(scan.stages) == {"cloning", "scanning", "grading"}
        assert all(seconds >= 0 for seconds in scan.stages.values())
        run(repository)
        counted = meters.read_all()
        assert (counted["scans:done"], counted["scans:unchanged"]) == (1, 1)
        assert counted["answers:miss"] + counted["answers:hit"] > 0
        assert sum(counted[f"stage:scanning:{bound}"] for bound in (*meters.BOUNDS, float("inf"))) == 1
