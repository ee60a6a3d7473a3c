"""compose.yaml and Dockerfile, held to what they promise; no engine is needed."""

import json
import os
import re
import shutil
import socket
import subprocess
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from unittest.mock import patch

import jsonschema
import pytest
import yaml
from django.core.management import CommandError, call_command
from django.utils import timezone

from assessments.services.queues import QUEUES
from config.env import PREFIX, Environment
from tests.conftest import needs

ROOT = Path(__file__).parents[1]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = {name: service for name, service in SERVICES.items() if service["image"] == "plumbline"}
SCAN_WORKERS = ("scan-worker", "large-scan-worker")
DOCKERFILE = (ROOT / "Dockerfile").read_text()
UNITS = {"m": 1 << 20, "g": 1 << 30}


def schema() -> dict[str, Any]:
    """The Compose specification's schema, from the package check-jsonschema, which ``uv sync`` installs."""
    found = find_spec("check_jsonschema")
    if found is None or found.origin is None:
        needs("check-jsonschema, which ships the schema,")
    place = Path(found.origin).parent / "builtin_schemas/vendor/compose-spec.json"
    loaded: dict[str, Any] = json.loads(place.read_text())
    return loaded


def test_it_is_what_the_compose_specification_says() -> None:
    jsonschema.validate(COMPOSE, schema())


def test_every_part_of_the_product_is_there() -> None:
    assert set(SERVICES) == {
        "database", "valkey", "set-up", "web", "scan-worker", "large-scan-worker", "scheduler", "job-worker",
    }  # fmt: skip
    assert set(COMPOSE) <= {"services", "networks", "volumes", "secrets", "x-plumbline"}


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_is_limited_named_and_watched(name: str) -> None:
    service = SERVICES[name]
    assert re.fullmatch(r"\d+[mg]", service["mem_limit"]) and service["cpus"] > 0
    assert ":" in service["image"] or "build" in service
    assert not service["image"].endswith(":latest")
    assert service["read_only"] is True and "no-new-privileges:true" in service["security_opt"]
    check = service.get("healthcheck", {})
    assert check.get("test") or check.get("disable") or name == "web"  # the image itself checks the web


@pytest.mark.parametrize("name", OURS)
def test_our_image_runs_without_root_or_rights(name: str) -> None:
    service = OURS[name]
    assert service["user"].split(":")[0] not in ("0", "root")
    assert service["cap_drop"] == ["ALL"] and service["pids_limit"] and not service.get("privileged")
    assert "/tmp" in service["tmpfs"]


def test_what_is_named_is_declared() -> None:
    for service in SERVICES.values():
        assert set(service.get("secrets", ())) <= set(COMPOSE["secrets"])
        assert set(service.get("networks", ())) <= set(COMPOSE["networks"])
        assert set(service.get("depends_on", ())) <= set(SERVICES)
        for volume in service.get("volumes", ()):
            assert volume.split(":")[0] in COMPOSE["volumes"]


def test_secrets_come_from_files_only() -> None:
    for secret in COMPOSE["secrets"].values():
        assert secret["file"].startswith("./secrets/")
    for service in SERVICES.values():
        for variable, value in service.get("environment", {}).items():
            if re.search("PASSWORD|SECRET|TOKEN|KEYS|DATABASE_URL", variable):
                assert variable.endswith("_FILE") and value.startswith("/run/secrets/"), variable
                assert value.removeprefix("/run/secrets/") in service["secrets"]


def test_every_variable_is_one_that_is_read() -> None:
    known = {f"{PREFIX}{name.upper()}" for name in Environment.model_fields} | {"DATABASE_URL"}
    for service in OURS.values():
        for variable in service["environment"]:
            assert variable.removesuffix("_FILE") in known, variable


def test_only_the_web_is_reached_from_outside_and_from_this_machine_alone() -> None:
    published = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}
    assert list(published) == ["web"]
    assert all(port.startswith("127.0.0.1:") for port in published["web"])
    assert COMPOSE["networks"]["inside"]["internal"] is True
    assert SERVICES["database"]["networks"] == SERVICES["valkey"]["networks"] == ["inside"]


def test_every_queue_of_scans_has_a_worker() -> None:
    served = {SERVICES[name]["environment"]["PLUMBLINE_SCAN_QUEUES"] for name in SCAN_WORKERS}
    assert served == set(QUEUES)


@pytest.mark.parametrize("name", SCAN_WORKERS)
def test_scans_fit_the_memory_of_their_worker(name: str) -> None:
    worker = SERVICES[name]
    at_once = int(worker["command"][worker["command"].index("--concurrency") + 1])
    scan = int(worker["environment"]["PLUMBLINE_SCAN_MEMORY_MB"]) << 20
    limit = int(worker["mem_limit"][:-1]) * UNITS[worker["mem_limit"][-1]]
    assert at_once * scan + (512 << 20) <= limit


def test_the_commands_are_those_that_up_supervises() -> None:
    from assessments.processes import product

    local = {
        child.name: list(child.command) for child in product(Path("/data"), "127.0.0.1", 8000, scan_workers=2)
    }
    for name, ours in (
        ("scan-worker", "scan worker"),
        ("large-scan-worker", "scan worker"),
        ("scheduler", "scheduler"),
        ("job-worker", "job worker"),
    ):
        words = [word for word in SERVICES[name]["command"] if not word.startswith(("python", "manage.py"))]
        assert set(words) - {"1"} <= set(local[ours]), set(words) - set(local[ours])


def instructions() -> list[tuple[str, str]]:
    """(instruction, arguments) of the Dockerfile, with continued lines joined."""
    text = re.sub(r"\\\n", " ", re.sub(r"^#.*\n", "", DOCKERFILE, flags=re.M))
    return [(line.split()[0], line.partition(" ")[2].strip()) for line in text.splitlines() if line.strip()]


class TestDockerfile:
    def test_it_builds_in_one_stage_and_runs_in_another(self) -> None:
        stages = [rest for name, rest in instructions() if name == "FROM"]
        assert len(stages) == 2 and stages[0].endswith(" AS build")
        assert all(":" in stage.split()[0] and ":latest" not in stage for stage in stages)
        assert any(name == "COPY" and rest.startswith("--from=build") for name, rest in instructions())

    def test_what_is_installed_is_what_the_hashed_lock_says(self) -> None:
        installs = [rest for name, rest in instructions() if name == "RUN" and "pip install" in rest]
        assert len(installs) == 1
        assert "--require-hashes" in installs[0] and "-r requirements.lock" in installs[0]
        assert "--no-cache-dir" in installs[0]

    def test_it_ends_as_nobody_in_particular(self) -> None:
        users = [rest for name, rest in instructions() if name == "USER"]
        assert users == ["10001:10001"]
        after = instructions()[[name for name, _ in instructions()].index("USER") :]
        assert not {name for name, _ in after} & {"RUN", "COPY", "ADD"}

    def test_packages_leave_no_lists_behind_and_bring_nothing_along(self) -> None:
        for name, rest in instructions():
            if name == "RUN" and "apt-get install" in rest:
                assert "apt-get update" in rest and "--no-install-recommends" in rest and " -y " in rest
                assert "rm -rf /var/lib/apt/lists/*" in rest

    def test_commands_are_lists_and_nothing_is_fetched_by_add(self) -> None:
        for name, rest in instructions():
            assert name != "ADD" and not (name == "RUN" and re.search(r"\b(sudo|curl|wget)\b", rest))
            if name in ("CMD", "ENTRYPOINT"):
                assert isinstance(json.loads(rest), list)
            if name == "WORKDIR":
                assert rest.startswith("/")

    def test_no_secret_is_built_in(self) -> None:
        for name, rest in instructions():
            assert not (name in ("ENV", "ARG") and re.search("PASSWORD|SECRET|TOKEN", rest))

    def test_what_is_copied_is_there_and_let_in(self) -> None:
        let_in = {
            line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")
        }
        for name, rest in instructions():
            if name == "COPY" and "--from" not in rest:
                first = rest.split()[0]
                assert (ROOT / first).exists() and first in let_in, first

    def test_hadolint_finds_nothing(self) -> None:
        tool = shutil.which("hadolint")
        if tool is None:
            pytest.skip("hadolint is not installed.")
        # The distribution's packages follow its security updates, so their versions are not pinned.
        done = subprocess.run(
            [tool, "--ignore", "DL3008", os.fspath(ROOT / "Dockerfile")],
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert done.returncode == 0, done.stdout


@pytest.mark.django_db
class TestHealthChecks:
    def test_a_scheduler_that_starts_nothing_is_silent(self) -> None:
        from django_celery_beat.models import PeriodicTask

        from assessments.services.periodic import ensure_schedule
        from config.schedule import PERIODIC

        ensure_schedule(PERIODIC)
        with pytest.raises(CommandError):
            call_command("healthcheck", "scheduler")
        PeriodicTask.objects.filter(name=PERIODIC[0].name).update(last_run_at=timezone.now())
        call_command("healthcheck", "scheduler", verbosity=0)

    def test_a_job_worker_of_this_machine_is_known_by_its_sign_of_life(self, queues: str) -> None:
        import django_rq
        from rq import Worker

        with pytest.raises(CommandError):
            call_command("healthcheck", "job-worker")
        worker = Worker(["exports"], connection=django_rq.get_connection("exports"))
        worker.hostname = socket.gethostname()
        worker.register_birth()
        try:
            call_command("healthcheck", "job-worker")
        finally:
            worker.register_death()

    def test_a_scan_worker_answers_under_the_name_of_its_machine(self) -> None:
        with patch("celery.app.control.Inspect.ping", return_value={"celery@here": {"ok": "pong"}}):
            call_command("healthcheck", "scan-worker")
        with (
            patch("celery.app.control.Inspect.ping", return_value=None),
            pytest.raises(CommandError, match="health.silent"),
        ):
            call_command("healthcheck", "scan-worker")
