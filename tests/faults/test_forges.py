"""Git servers that misbehave: each fails its own repositories, with the reason, and blocks no others."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.installation import Installation

pytestmark = [pytest.mark.slow, pytest.mark.services]

MODES = {
    "busy": {"source.unreachable"},
    "broken": {"source.unreachable"},
    "login-page": {"source.not-a-repository"},
    "redirect": {"source.unreachable"},
    "hang": {"git.timeout"},
    "stall": {"git.timeout"},
    "trickle": {"git.timeout"},
    "truncate": {"source.unreachable"},
}


@pytest.fixture(scope="module")
def installation(prepared: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """One for all, as everything is right again after each; what a server may take is kept short."""
    with Installation(tmp_path_factory.mktemp("forges"), prepared, PLUMBLINE_SCAN_SECONDS="10") as one:
        one.worker()
        yield one


@pytest.mark.parametrize("mode", MODES)
def test_a_forge_that_misbehaves_fails_its_own_repositories_and_recovers(
    installation: Installation, mode: str
) -> None:
    git = installation.git
    bad, good = installation.source(f"bad-{mode}"), installation.source(f"good-{mode}")
    known = installation.do("add", urls=[bad, good])
    before = installation.assert_right()

    installation.commit(f"bad-{mode}", "changed\n")
    new_head = installation.commit(f"good-{mode}", "changed\n")
    new = installation.source(f"bad-{mode}-new")
    git.target, git.retry_after, git.only = git.url("bad-elsewhere"), "2", "bad"
    git.mode = mode  # type: ignore[assignment]
    known += installation.do("add", urls=[new])
    installation.do("request", ids=known)

    def failed() -> bool:
        during = installation.do("state")
        others = during["repositories"][good]["commit"] == new_head
        return others and all(during["latest"][url] in MODES[mode] for url in (bad, new))

    # Faults of the network are tried again later, so a request may still wait; what was known stands meanwhile.
    assert installation.eventually(failed, 120, nudge=False), (
        installation.do("state"),
        installation.logs(),
    )
    during = installation.do("state")
    assert during["repositories"][bad]["letter"] == before["repositories"][bad]["letter"] != ""
    assert during["repositories"][bad]["commit"] == before["repositories"][bad]["commit"]
    assert during["repositories"][new]["letter"] == ""
    assert during["assessments"] == before["assessments"] + 1
    assert during["quarantined"] == 0

    git.mode = "serve"
    assert installation.eventually(installation.settled, 150), installation.logs()
    installation.do("request", ids=known)
    state = installation.assert_right()
    assert state["assessments"] == before["assessments"] + 3
