"""What production may meet: servers that die, disks that fill, forges that misbehave. Nothing is lost or doubled."""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.installation import Installation

pytestmark = [pytest.mark.slow, pytest.mark.services]
COUNT = 6


@pytest.fixture
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    with Installation(tmp_path_factory.mktemp("faults")) as one:
        yield one


def urls(installation: Installation, count: int = COUNT) -> list[str]:
    return [installation.source(f"service-{n}") for n in range(count)]


def test_a_broker_that_is_restarted_and_wiped_loses_no_scan(installation: Installation) -> None:
    installation.do("add", urls=urls(installation))
    installation.broker.wipe()  # all that was queued is gone before a worker was there
    installation.worker()
    assert installation.do("state")["active"] == COUNT
    state = installation.assert_right()
    assert state["assessments"] == COUNT

    installation.do("request")
    installation.broker.wipe()  # and under a worker that holds a task
    state = installation.assert_right()
    assert state["assessments"] == COUNT


def test_a_database_that_is_restarted_in_mid_transaction_leaves_one_assessment(
    installation: Installation,
) -> None:
    reached = installation.folder / "reached"
    worker = installation.worker(STALL_AT="recorded", STALL_FILE=str(reached), STALL_SECONDS="6")
    installation.do("add", urls=urls(installation))
    assert installation.eventually(reached.exists, 60, nudge=False), installation.logs()
    installation.database.crash()  # the transaction that records the first assessment is open
    time.sleep(1)
    installation.database.start()
    state = installation.assert_right()
    assert state["assessments"] == COUNT
    assert worker.process.poll() is None or installation.worker()


def test_a_full_disk_fails_with_its_reason_and_is_over_when_there_is_room(installation: Installation) -> None:
    mirrors = installation.data / "mirrors"
    mirrors.mkdir(parents=True, exist_ok=True)
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=600k,nr_inodes=400", "plumbline-faults", str(mirrors)],
        capture_output=True,
    )
    if mounted.returncode:
        pytest.skip("Mounting a small file system needs root.")
    try:
        installation.worker()
        big = {"README.md": "# Big\n", "data.txt": os.urandom(2_000_000).hex()}
        wanted = installation.source("big", big)
        installation.do("add", urls=[wanted])
        assert installation.eventually(installation.settled, 120, nudge=False), installation.logs()
        state = installation.do("state")
        assert state["assessments"] == 0 and set(state["errors"]), state
        assert "scan.internal" not in state["errors"], installation.logs()
        subprocess.run(["mount", "-o", "remount,size=60m,nr_inodes=20000", str(mirrors)], check=True)
        installation.do("request")
        assert installation.assert_right()["assessments"] == 1
    finally:
        for process in installation.processes:
            process.kill()
        subprocess.run(["umount", "--lazy", str(mirrors)], check=True)


@pytest.mark.parametrize("mode", ["busy", "broken", "login-page", "redirect"])
def test_a_forge_that_misbehaves_fails_its_own_repositories_and_recovers(
    installation: Installation, mode: str
) -> None:
    good = urls(installation, 3)
    installation.worker()
    installation.do("add", urls=good)
    before = installation.assert_right()
    for n in range(3):
        installation.commit(f"service-{n}", "changed\n")
    installation.git.target = installation.git.url("elsewhere")
    installation.git.mode = mode  # type: ignore[assignment]
    installation.do("request")
    # Faults of the network are tried again later, so a request may still wait; what was known stands meanwhile.
    installation.eventually(lambda: bool(installation.do("state")["errors"]), 15, nudge=False)
    during = installation.do("state")
    assert {one["letter"] for one in during["repositories"].values()} == {
        one["letter"] for one in before["repositories"].values()
    }
    assert during["assessments"] == before["assessments"]
    installation.git.mode = "serve"
    assert installation.eventually(installation.settled, 150), installation.logs()
    installation.do("request")
    state = installation.assert_right()
    assert state["assessments"] == 2 * before["assessments"]


def test_a_corrupt_mirror_is_cloned_afresh(installation: Installation) -> None:
    installation.worker()
    installation.do("add", urls=urls(installation, 2))
    installation.assert_right()
    for mirror in (installation.data / "mirrors").glob("*.git"):
        for pack in mirror.rglob("objects/pack/*.pack"):
            pack.chmod(0o644)
            content = bytearray(pack.read_bytes())
            content[len(content) // 2 :] = os.urandom(len(content) - len(content) // 2)
            pack.write_bytes(content)
    for n in range(2):
        installation.commit(f"service-{n}", "after the damage\n")
    installation.do("request")
    assert installation.assert_right()["assessments"] == 4


def test_two_beats_ask_for_nothing_twice(installation: Installation) -> None:
    installation.worker()
    installation.do("add", urls=urls(installation))
    installation.assert_right()
    installation.do("make_due")
    first, second = installation.do("due"), installation.do("due")
    assert (first, second) == (COUNT, 0)
    beats = [installation.beat(), installation.beat()]
    time.sleep(4)
    assert all(beat.process.poll() is None for beat in beats), installation.logs()
    state = installation.assert_right()
    assert sum(state["requests"].values()) == 2 * COUNT


def test_a_repository_that_is_asked_for_a_hundred_times_at_once_is_scanned_once(
    installation: Installation,
) -> None:
    [repository] = installation.do("add", urls=urls(installation, 1))
    assert installation.do("request_at_once", id=repository, times=40) == 1
    installation.worker()
    installation.assert_right()
    installation.commit("service-0", "next\n")
    assert installation.do("request_at_once", id=repository, times=40) == 1
    state = installation.assert_right()
    assert state["assessments"] == 2 and sum(state["requests"].values()) == 2


def test_a_clock_that_jumps_ahead_makes_nothing_double(installation: Installation) -> None:
    reached = installation.folder / "reached"
    installation.worker(STALL_AT="scanning", STALL_FILE=str(reached), STALL_SECONDS="5")
    installation.do("add", urls=urls(installation, 3))
    assert installation.eventually(reached.exists, 60, nudge=False), installation.logs()
    # Seen from a host whose clock is a day ahead, every lease has ended and everything is due.
    assert installation.do("recover", ahead=86400) == 1
    installation.do("due", ahead=86400)
    installation.worker()
    state = installation.assert_right()
    assert state["assessments"] == 3


def test_a_worker_told_to_stop_hands_its_scan_back(installation: Installation) -> None:
    reached = installation.folder / "reached"
    doomed = installation.worker(STALL_AT="scanning", STALL_FILE=str(reached), STALL_SECONDS="4")
    installation.do("add", urls=urls(installation, 2))
    assert installation.eventually(reached.exists, 60, nudge=False), installation.logs()
    doomed.process.send_signal(signal.SIGTERM)
    doomed.process.wait(60)
    installation.worker()
    assert installation.assert_right()["assessments"] == 2


def test_nothing_is_left_in_the_temporary_folder(installation: Installation) -> None:
    own = Path(installation.folder / "tmp")
    own.mkdir()
    reached = installation.folder / "reached"
    doomed = installation.worker(TMPDIR=str(own), STALL_AT="scanning", STALL_FILE=str(reached))
    installation.do("add", urls=urls(installation, 2))
    assert installation.eventually(reached.exists, 60, nudge=False), installation.logs()
    doomed.kill()
    installation.do("recover", ahead=600)
    installation.worker(TMPDIR=str(own))
    installation.assert_right()
    left = [one.name for one in own.rglob("*") if one.is_file()]
    assert left == [], left
    shutil.rmtree(own)
