"""What production may meet: workers, servers and clocks that fail, disks that fill. Nothing is lost or doubled."""

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.faults.installation import LEASE_SECONDS, Installation
from tests.faults.leftovers import unknown_files
from tests.faults.servers import SmallDisk

pytestmark = [pytest.mark.slow, pytest.mark.services]
COUNT = 6
DAY = 24 * 3600


def urls(installation: Installation, count: int = COUNT) -> list[str]:
    return [installation.source(f"service-{n}") for n in range(count)]


def stalled(installation: Installation, stage: str, **environment: str) -> Callable[[], None]:
    """Starts a worker that waits in its first scan at ``stage``; gives what waits until it is there."""
    reached = installation.folder / f"reached-{len(installation.processes)}"
    installation.worker(STALL_AT=stage, STALL_FILE=str(reached), **environment)

    def wait() -> None:
        assert installation.eventually(reached.exists, 90, nudge=False), installation.logs()

    return wait


def test_a_worker_killed_in_any_stage_leads_to_one_assessment_and_leaves_nothing(
    installation: Installation,
) -> None:
    stages = ("cloning", "scanning", "grading", "recorded")
    for stage in stages:
        wait = stalled(installation, stage)
        installation.do("add", urls=[installation.source(stage)])
        wait()
        installation.processes[-1].kill()
    # Its children live on without it, and end what they do.
    wait = stalled(installation, "scanning", STALL_SECONDS="5")
    installation.do("add", urls=[installation.source("alone")])
    wait()
    os.kill(installation.processes[-1].process.pid, signal.SIGKILL)
    # In the middle of a transfer: git runs, and half a clone lies aside.
    installation.git.mode, installation.git.only = "stall", "transfer"
    transfer = installation.do("add", urls=[installation.source("transfer")])
    installation.worker()
    mirrors = installation.data / "mirrors"
    assert installation.eventually(lambda: any(mirrors.glob(".clone-transfer*/new/*")), 90), (
        installation.logs()
    )
    installation.processes[-1].kill()
    installation.git.mode = "serve"
    assert installation.left_over()

    assert transfer and installation.do("state")["active"] >= len(stages)
    installation.worker()
    state = installation.assert_right()
    assert state["assessments"] == len(stages) + 2
    assert state["requests"] == {"done": len(stages) + 2}


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
    wait = stalled(installation, "recorded", STALL_SECONDS="4")
    installation.do("add", urls=urls(installation))
    wait()
    installation.database.crash()  # the transaction that records the first assessment is open
    time.sleep(1)
    installation.database.start()
    state = installation.assert_right()
    assert state["assessments"] == COUNT
    assert installation.processes[-1].alive(), installation.logs()


def test_a_full_disk_fails_with_its_reason_and_is_over_when_there_is_room(installation: Installation) -> None:
    disk = SmallDisk(installation.data / "mirrors")
    worker = installation.worker_on(disk)
    big = {"README.md": "# Big\n", "data.txt": os.urandom(2_000_000).hex()}
    installation.do("add", urls=[installation.source("big", big)])
    assert installation.eventually(installation.settled, 120, nudge=False), installation.logs()
    state = installation.do("state")
    assert state["assessments"] == 0 and set(state["errors"]) == {"mirror.no-space"}, (
        state,
        installation.logs(),
    )
    assert unknown_files(disk.seen_by(worker.process.pid, installation.data)) == []
    disk.enlarge(worker.process.pid)
    installation.do("request")
    assert installation.assert_right()["assessments"] == 1
    assert worker.alive(), installation.logs()


def test_a_corrupt_mirror_is_cloned_afresh(installation: Installation) -> None:
    installation.worker()
    installation.do("add", urls=urls(installation, 3))
    installation.assert_right()
    mirrors = sorted((installation.data / "mirrors").glob("*.git"))
    for mirror in mirrors[:2]:
        for pack in mirror.rglob("objects/pack/*.pack"):
            pack.chmod(0o644)
            content = bytearray(pack.read_bytes())
            content[len(content) // 2 :] = os.urandom(len(content) - len(content) // 2)
            pack.write_bytes(content)
    (mirrors[2] / "HEAD").write_text("")
    for n in range(3):
        installation.commit(f"service-{n}", "after the damage\n")
    installation.do("request")
    assert installation.assert_right()["assessments"] == 6


def test_two_beats_ask_for_nothing_twice(installation: Installation) -> None:
    installation.worker()
    installation.do("add", urls=urls(installation))
    installation.assert_right()
    installation.do("make_due")
    installation.do("hurry_beat")
    beats = [installation.beat(), installation.beat()]
    assert installation.eventually(
        lambda: installation.do("state")["requests"] == {"done": 2 * COUNT}, 120, nudge=False
    ), installation.logs()
    time.sleep(9)  # both go on asking every four seconds
    assert all(beat.alive() for beat in beats), installation.logs()
    state = installation.assert_right()
    assert state["requests"] == {"done": 2 * COUNT} and state["assessments"] == COUNT
    assert [beat.terminate() for beat in beats] == [0, 0]


def test_a_repository_that_is_asked_for_a_hundred_times_at_once_is_scanned_once(
    installation: Installation,
) -> None:
    [repository] = installation.do("add", urls=urls(installation, 1))
    assert installation.do("request_at_once", id=repository, times=100) == 1
    installation.worker()
    installation.assert_right()
    installation.commit("service-0", "next\n")
    assert installation.do("request_at_once", id=repository, times=100) == 1
    state = installation.assert_right()
    assert state["assessments"] == 2 and state["requests"] == {"done": 2}


def test_a_clock_that_jumps_ahead_makes_nothing_double(installation: Installation) -> None:
    wait = stalled(installation, "scanning", STALL_SECONDS="5")
    installation.do("add", urls=urls(installation, 3))
    wait()
    # Seen from a host whose clock is a day ahead, every lease has ended and everything is due.
    assert installation.do("recover", ahead=DAY) == 1
    installation.do("due", ahead=DAY)
    installation.worker()
    state = installation.assert_right()
    assert state["assessments"] == 3


@pytest.mark.parametrize("ahead", [DAY, -DAY], ids=["ahead", "behind"])
def test_a_worker_whose_clock_is_wrong_keeps_its_scan_and_loses_it_when_it_dies(
    installation: Installation, ahead: int
) -> None:
    wait = stalled(installation, "scanning", STALL_SECONDS="8", CLOCK_AHEAD=str(ahead))
    installation.do("add", urls=urls(installation, 2))
    wait()
    for _ in range(5):
        assert installation.do("recover") == 0
        time.sleep(1)
    state = installation.assert_right()
    assert state["assessments"] == 2

    wait = stalled(installation, "scanning", CLOCK_AHEAD=str(ahead))
    installation.processes[0].kill()
    installation.commit("service-0", "next\n")
    installation.do("request")
    wait()
    installation.processes[-1].kill()
    installation.worker()
    assert installation.assert_right()["assessments"] == 3


def test_leases_of_a_time_that_never_came_end(installation: Installation) -> None:
    """The clocks were a day ahead, a worker died, and they were set right: beat itself brings it to an end."""
    wait = stalled(installation, "scanning")
    installation.do("add", urls=urls(installation, 2))
    wait()
    installation.processes[-1].kill()
    installation.do("hurry_beat")
    installation.do("set_back", seconds=DAY)
    installation.worker()
    installation.beat()
    assert installation.eventually(installation.settled, 120, nudge=False), installation.logs()
    assert installation.assert_right()["assessments"] == 2


def test_a_worker_told_to_stop_hands_its_scan_back(installation: Installation) -> None:
    wait = stalled(installation, "scanning", STALL_SECONDS="4")
    doomed = installation.processes[-1]
    installation.do("add", urls=urls(installation, 2))
    wait()
    assert doomed.terminate(60) == 0, installation.logs()
    assert list(Path(installation.temporary).iterdir()) == []
    installation.worker()
    assert installation.assert_right()["assessments"] == 2
    assert LEASE_SECONDS > 4
