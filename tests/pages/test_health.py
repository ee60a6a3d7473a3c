"""Alive, ready and the figures: who may ask, and what is said when a part is away."""

import shutil
from collections import namedtuple
from collections.abc import Iterator
from datetime import timedelta
from unittest.mock import patch

import pytest
from django.conf import settings
from django.core.cache import cache
from django.test import Client
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from assessments.choices import ScanState
from assessments.services import health, meters
from scanners.upkeep import Disk
from tests import factories

pytestmark = pytest.mark.django_db
TOKEN = "a-token-of-some-length"


@pytest.fixture(autouse=True)
def counters(queues: str) -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


def figures(client: Client) -> dict[tuple[str, ...], float]:
    text = client.get("/metrics").content.decode()
    return {
        (sample.name, *(value for _, value in sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_everybody_may_know_that_it_lives() -> None:
    response = Client(REMOTE_ADDR="203.0.113.9").get("/healthz")
    assert (response.status_code, response.content) == (200, b"ok\n")


@pytest.mark.parametrize("path", ["/readyz", "/metrics"])
class TestWhoMayAsk:
    def test_this_machine_may_and_others_learn_nothing(self, path: str) -> None:
        for address, status in (
            ("127.0.0.1", 200),
            ("127.8.8.8", 200),
            ("::1", 200),
            ("::ffff:127.0.0.1", 200),
        ):
            assert Client(REMOTE_ADDR=address).get(path).status_code == status
        for address in ("203.0.113.9", "10.0.0.1", "", "x"):
            assert Client(REMOTE_ADDR=address).get(path).status_code == 404

    @pytest.mark.parametrize("header", ["HTTP_X_FORWARDED_FOR", "HTTP_FORWARDED", "HTTP_X_REAL_IP"])
    def test_a_proxy_on_this_machine_opens_nothing(self, path: str, header: str) -> None:
        client = Client(REMOTE_ADDR="127.0.0.1", **{header: "127.0.0.1"})  # type: ignore[arg-type]
        assert client.get(path).status_code == 404

    def test_the_token_opens_it_from_anywhere(self, path: str, monkeypatch: pytest.MonkeyPatch) -> None:
        far = Client(REMOTE_ADDR="203.0.113.9")
        assert far.get(path, headers={"Authorization": "Bearer "}).status_code == 404
        monkeypatch.setattr(settings.ENVIRONMENT, "monitoring_token", TOKEN)
        assert far.get(path, headers={"Authorization": f"Bearer {TOKEN}"}).status_code == 200
        for wrong in (f"Bearer {TOKEN}x", f"Basic {TOKEN}", TOKEN, "Bearer é"):
            assert far.get(path, headers={"Authorization": wrong}).status_code == 404

    def test_networks_may_be_allowed(self, path: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(settings.ENVIRONMENT, "monitoring_addresses", ["10.1.0.0/16"])
        assert Client(REMOTE_ADDR="10.1.2.3").get(path).status_code == 200
        assert Client(REMOTE_ADDR="127.0.0.1").get(path).status_code == 404

    def test_nothing_is_changed_by_asking(self, path: str) -> None:
        assert Client().post(path).status_code == 405


class TestReady:
    def test_each_part_answers_with_detail(self) -> None:
        response = Client().get("/readyz")
        checks = response.json()["checks"]
        assert response.status_code == 200, checks
        assert list(checks) == ["database", "broker", "cache", "disk", "queue", "workers"]
        assert all(one["ok"] and one["detail"] and one["seconds"] < 5 for one in checks.values())
        assert "GiB" in checks["disk"]["detail"] and checks["queue"]["detail"] == "no scan waits"

    def test_a_part_that_is_away_is_named_without_its_address(self) -> None:
        secret = ConnectionError("redis://:canary-91@host")
        with (
            patch.object(health, "queue_length", side_effect=secret),
            patch.object(health.cache, "set", side_effect=secret),
        ):
            response = Client().get("/readyz")
        checks = response.json()["checks"]
        assert response.status_code == 503 and not response.json()["ready"]
        assert {name for name, one in checks.items() if not one["ok"]} == {"broker", "cache"}
        assert "canary" not in response.content.decode()

    def test_a_full_disk_and_an_old_queue_are_not_ready(self) -> None:
        usage = namedtuple("usage", "total used free")
        factories.scan(requested_at=timezone.now() - timedelta(hours=25))
        with patch.object(shutil, "disk_usage", return_value=usage(10 << 30, 10 << 30, 1 << 20)):
            checks = Client().get("/readyz").json()["checks"]
        assert not checks["disk"]["ok"] and not checks["queue"]["ok"]
        assert "workers" in checks["queue"]["detail"]

    def test_what_waits_for_a_host_makes_no_queue_old(self) -> None:
        factories.scan(requested_at=timezone.now() - timedelta(hours=25), retry_at=timezone.now())
        assert Client().get("/readyz").json()["checks"]["queue"]["ok"]


class TestFigures:
    def test_scans_stages_answers_queues_and_disk_are_told(self) -> None:
        meters.scan_ended("done", {"cloning": 0.4, "scanning": 3.0, "grading": 0.05})
        meters.scan_ended("done", {"cloning": 1000.0})
        meters.scan_failed("network")
        meters.answers_used(hits=90, misses=10)
        meters.report_disk("w1", lambda: Disk(3, 5000, 10_000, 7000))
        factories.scan(state=ScanState.SCANNING)
        factories.scan(requested_at=timezone.now() - timedelta(seconds=90))
        factories.repository(quarantined_at=timezone.now())
        found = figures(Client())
        assert found["plumbline_scans_total", "done"] == 2
        assert found["plumbline_scans_failed_total", "network"] == 1
        assert found["plumbline_stage_seconds_bucket", "0.5", "cloning"] == 1
        assert found["plumbline_stage_seconds_bucket", "+Inf", "cloning"] == 2
        assert found["plumbline_stage_seconds_sum", "cloning"] == pytest.approx(1000.4)
        assert found["plumbline_answers_total", "hit"] == 90
        assert found["plumbline_scans_active", "scanning"] == 1
        assert found["plumbline_scan_queue_oldest_seconds",] >= 89
        assert found["plumbline_repositories", "quarantined"] == 1
        assert found["plumbline_mirrors_bytes", "w1"] == 5000
        assert ("plumbline_queue_length", "exports") in found

    def test_an_archived_repository_counts_as_nothing_else(self) -> None:
        held = {
            "quarantined_at": timezone.now(),
            "unreachable_at": timezone.now(),
            "last_error_id": "source.not-found",
            "paused": True,
        }
        factories.repository(**held)
        factories.repository(**held, archived_at=timezone.now())
        factories.repository()
        found = figures(Client())
        states = {key[1]: value for key, value in found.items() if key[0] == "plumbline_repositories"}
        assert states == {
            "all": 2,
            "quarantined": 1,
            "unreachable": 1,
            "failing": 1,
            "paused": 1,
            "archived": 1,
        }

    def test_they_are_measured_at_most_every_five_minutes(self) -> None:
        asked = []

        def measure() -> Disk:
            asked.append(1)
            return Disk(1, 2, 3, 4)

        for _ in range(3):
            meters.report_disk("w1", measure)
        assert len(asked) == 1

    def test_the_database_is_asked_as_often_for_many_as_for_one(self, django_assert_max_num_queries) -> None:  # type: ignore[no-untyped-def]
        for _ in range(10):
            factories.scan()
        with django_assert_max_num_queries(8):
            Client().get("/metrics")
