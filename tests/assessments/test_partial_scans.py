"""Scans and work on the past of a repository whose host serves partial clones."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from django.conf import settings
from django.utils import timezone

from assessments import tasks
from assessments.choices import ScanReason, ScanState, WorkState
from assessments.models import Assessment, HistoryRequest, Repository, ScanRequest, VerdictChange
from assessments.services import hosts, past, scans
from assessments.services.backfill import request_backfill
from assessments.services.comparing import request_closer_look
from assessments.services.origins import request_origins
from scanners.mirror import Mirror, mirror_name
from scanners.partial import is_partial
from scanners.source_url import parse_source
from tests import factories
from tests.assessments.test_past import README, commit_on, judged_now, months_ago, registered
from tests.git_http import GitServer, serving
from tests.trees import bare_copy, git, repository

pytestmark = pytest.mark.django_db


@pytest.fixture
def work(tmp_path: Path) -> Path:
    """Four months, with a README from the third on."""
    place = repository(tmp_path / "work")
    for number in (4, 3):
        commit_on(place, months_ago(number), {"app.py": f"x = {number}\n"})
    commit_on(place, months_ago(2), {"README.md": README})
    commit_on(place, months_ago(1), {"app.py": "x = 1\n"})
    return place


@pytest.fixture
def served(tmp_path: Path, work: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[GitServer]:
    for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)
    monkeypatch.setattr(settings.ENVIRONMENT, "allow_private_addresses", True)
    monkeypatch.setattr(past, "enqueue", lambda *_, **__: None)
    root = tmp_path / "served"
    root.mkdir()
    git(bare_copy(work, root / "orders.git"), "config", "uploadpack.allowFilter", "true")
    with serving(root) as server, patch.object(scans, "enqueue"):
        yield server


@pytest.fixture
def orders(served: GitServer) -> Repository:
    factories.ruleset()
    return factories.repository(mirror=factories.mirror(served.url("orders.git")))


@pytest.fixture
def batches(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many objects were asked for in each batch, while a place at the host was held."""
    asked: list[int] = []
    fetch, turn, held = Mirror._fetch_objects, hosts.turn, []

    def counted(mirror: Mirror, ids: Any, filter: str = "") -> None:
        assert held[-1:] == [True]
        asked.append(len(ids))
        fetch(mirror, ids, filter)

    class Turn:
        def __init__(self, host: str) -> None:
            self.inner = turn(host)

        def __enter__(self) -> Any:
            held.append(True)
            return self.inner.__enter__()

        def __exit__(self, *what: Any) -> Any:
            held.pop()
            return self.inner.__exit__(*what)

    monkeypatch.setattr(Mirror, "_fetch_objects", counted)
    monkeypatch.setattr(hosts, "turn", Turn)
    return asked


def scanned(of: Repository) -> ScanRequest:
    scan = scans.request_scan(repository=of, reason=ScanReason.REQUEST)
    tasks.scan_repository.apply(args=[scan.pk])
    scan.refresh_from_db()
    of.refresh_from_db()
    return scan


def carried_out(work: HistoryRequest) -> HistoryRequest:
    tasks.work_on_the_past(work.pk)
    work.refresh_from_db()
    assert work.state == WorkState.DONE
    return work


def mirror_of(of: Repository) -> Path:
    return Path(settings.MIRRORS_DIR) / mirror_name(parse_source(of.mirror.url))


def vectors(of: Repository) -> list[tuple[str, str, bool]]:
    rows = Assessment.objects.filter(repository=of).order_by("as_of")
    return [(one.commit, one.verdicts, one.complete) for one in rows]


def test_a_scan_and_all_points_of_a_backfill_take_one_batch_each_and_find_what_a_whole_mirror_holds(
    orders: Repository, work: Path, batches: list[int]
) -> None:
    assert scanned(orders).state == ScanState.DONE
    assert is_partial(mirror_of(orders)) and len(batches) == 1
    assert scanned(orders).summary.startswith("Nothing has changed") and len(batches) == 1
    carried_out(request_backfill(repository=orders, requested_by=None))
    assert len(batches) == 2
    whole = registered(work)
    judged_now(whole, work, git(work, "rev-parse", "HEAD"))
    carried_out(request_backfill(repository=whole, requested_by=None))
    assert vectors(orders) == vectors(whole) and len(vectors(orders)) == 4
    assert all(complete for _, _, complete in vectors(orders))


def test_the_lease_of_work_lasts_as_long_as_a_batch_may_take(
    orders: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert scanned(orders).state == ScanState.DONE
    asked = request_backfill(repository=orders, requested_by=None)
    fetch, left = Mirror._fetch_objects, []

    def slow(mirror: Mirror, ids: Any, filter: str = "") -> None:
        ends = HistoryRequest.objects.get(pk=asked.pk).lease_until
        assert ends is not None
        left.append((ends - timezone.now()).total_seconds())
        fetch(mirror, ids, filter)

    monkeypatch.setattr(Mirror, "_fetch_objects", slow)
    carried_out(asked)
    assert len(left) == 1 and left[0] > settings.ENVIRONMENT.scan_seconds


def test_a_closer_look_and_a_search_for_a_commit_fetch_what_they_judge(
    orders: Repository, work: Path, batches: list[int]
) -> None:
    line = git(work, "rev-list", "--reverse", "HEAD").split()
    before = judged_now(orders, work, line[0], months_ago(4))
    assert scanned(orders).state == ScanState.DONE and len(batches) == 1
    after = orders.current
    assert after is not None
    look = carried_out(request_closer_look(repository=orders, before=before, after=after, requested_by=None))
    assert look.result["evidence"] and look.result["differs"] == [] and len(batches) == 2
    change = VerdictChange.objects.get(assessment=after, item="documentation.readme")
    carried_out(request_origins(repository=orders, requested_by=None, change=change.pk))
    change.refresh_from_db()
    assert change.origin["commit"] == line[2] and len(batches) == 3


def test_a_file_that_the_host_lacks_makes_the_assessment_incomplete_and_costs_no_new_clone(
    orders: Repository, served: GitServer, work: Path
) -> None:
    lost = git(work, "rev-parse", "HEAD:app.py")
    place = served.root / "orders.git"
    pack = next((place / "objects/pack").glob("*.pack"))
    aside = pack.rename(place / "all.pack")
    git(place, "unpack-objects", "-q", stdin=aside.read_bytes())
    clone = Mirror._clone

    def cloned(mirror: Mirror, **how: Any) -> None:
        clone(mirror, **how)
        (place / "objects" / lost[:2] / lost[2:]).unlink(missing_ok=True)

    with patch.object(Mirror, "_clone", autospec=True, side_effect=cloned) as clones:
        assert scanned(orders).state == ScanState.DONE
    assert clones.call_count == 1
    assert orders.current is not None and not orders.current.complete
    assert any("app.py" in repr(problem) for problem in orders.current.problems)
