"""The commands of compose.yaml and the Dockerfile, word for word, as plain processes against real servers."""

import json
import re
import secrets
import shlex
import subprocess
import sys
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from cryptography.fernet import Fernet

from tests.faults.installation import ROOT, Installation
from tests.faults.servers import RabbitMQ, free_port

pytestmark = [pytest.mark.slow, pytest.mark.services]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text())
OURS = {name: one for name, one in COMPOSE["services"].items() if one["image"] == "plumbline"}
INSTRUCTIONS = re.sub(r"\\\n", " ", (ROOT / "Dockerfile").read_text()).splitlines()


def of_image(pattern: str) -> str:
    """What the last stage of the Dockerfile says after ``pattern``."""
    return [found[1] for line in INSTRUCTIONS if (found := re.match(pattern + r" (.+)", line))][-1]


class Composed:
    """The services of ours, with addresses of the test's own in place of those inside the containers' network."""

    def __init__(self, installation: Installation) -> None:
        self.installation = installation
        self.port = free_port()
        self.token = secrets.token_urlsafe(20)
        self.places = {
            "/run/secrets/": f"{installation.folder}/secrets/",
            "redis://valkey:6379/0": installation.broker.url,
            "8000": str(self.port),
        }
        values = {
            "database-url": installation.database.url,
            "secret-key": secrets.token_urlsafe(50),
            "monitoring-token": self.token,
            "credential-keys": Fernet.generate_key().decode(),
        }
        (installation.folder / "secrets").mkdir()
        for name in {secret for one in OURS.values() for secret in one["secrets"]}:
            (installation.folder / "secrets" / name).write_text(values[name] + "\n")

    def placed(self, word: str) -> str:
        for inside, here in self.places.items():
            word = word.replace(inside, here)
        return word

    def environment(self, name: str) -> dict[str, str]:
        given = self.installation.environment
        return {
            **dict(pair.split("=", 1) for pair in shlex.split(of_image("ENV"))),
            "PLUMBLINE_DATA_DIR": str(self.installation.data),
            "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin",
            "TMPDIR": given["TMPDIR"],
            "TEST_HOSTNAME": name,
            "PYTHONPATH": str(Path(__file__).parent / "host"),
            **{variable: self.placed(value) for variable, value in OURS[name]["environment"].items()},
            # What a deployment of its own would add: its git server is on this machine, its broker may be another.
            "PLUMBLINE_ALLOW_PRIVATE_ADDRESSES": "true",
            **({"PLUMBLINE_BROKER_URL": broker} if (broker := given.get("PLUMBLINE_BROKER_URL")) else {}),
        }

    def command(self, name: str) -> list[str]:
        return [self.placed(word) for word in OURS[name].get("command") or json.loads(of_image("CMD"))]

    def check(self, name: str) -> list[str]:
        """The command of a service's health check: its own, or the image's."""
        own = OURS[name].get("healthcheck", {}).get("test", [])
        return [self.placed(word) for word in own[1:] or json.loads(of_image("HEALTHCHECK .*? CMD"))]

    def is_well(self, name: str) -> bool:
        done = subprocess.run(
            self.check(name), cwd=ROOT, env=self.environment(name), capture_output=True, timeout=120
        )
        return done.returncode == 0

    def get(self, path: str) -> str:
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}{path}", headers={"Authorization": f"Bearer {self.token}"}
        )
        with urllib.request.urlopen(request, timeout=30) as answer:
            assert answer.status == 200
            return str(answer.read().decode())


@pytest.mark.parametrize("broker", ["redis", "rabbitmq"])
def test_one_repository_is_judged_by_the_processes_of_the_compose_file(
    install: Callable[..., Installation], broker: str, request: pytest.FixtureRequest
) -> None:
    node: RabbitMQ | None = request.getfixturevalue("rabbitmq") if broker == "rabbitmq" else None
    installation = install(amqp=node, empty=True)
    composed = Composed(installation)

    for again in (False, True):
        set_up = installation.run(composed.command("set-up"), composed.environment("set-up"))
        assert set_up.process.wait(300) == 0, installation.logs()
        assert ("one-time password" in set_up.log.read_text()) is not again
    installation.do("hurry_beat")
    lasting = [name for name, one in OURS.items() if one["restart"] != "no"]
    assert {"web", "scan-worker", "scheduler", "job-worker"} <= set(lasting)
    started = {name: installation.run(composed.command(name), composed.environment(name)) for name in lasting}

    installation.do("add", urls=[installation.source("orders")])
    assert installation.eventually(lambda: installation.do("state")["assessments"] == 1, 120, nudge=False), (
        installation.logs()
    )
    wanted = installation.do("export")
    for name in lasting:
        assert installation.eventually(lambda name=name: composed.is_well(name), 120, nudge=False), (  # type: ignore[misc]
            name,
            installation.logs(),
        )
    assert installation.eventually(
        lambda: installation.do("export_state", id=wanted) == "done", 120, nudge=False
    ), installation.logs()
    assert "Sign in" in composed.get("/accounts/login/")
    assert composed.get("/healthz")
    assert json.loads(composed.get("/readyz"))["ready"]
    assert re.search(r'plumbline_scans_total\{outcome="done"\} 1', composed.get("/metrics"))
    assert installation.assert_right()["assessments"] == 1

    for name, process in started.items():
        assert process.terminate(60) == 0, (name, installation.logs())
    assert installation.leaks() == {} and list(installation.temporary.iterdir()) == []
