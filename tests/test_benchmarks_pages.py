"""The benchmark of pages: it finds every page by itself, measures what answers, and fills a new route in."""

import pytest
from django.contrib.auth.models import AbstractUser
from django.test import Client

from benchmarks.pages import VARIANTS, addresses, measured, percentile, samples_for, table
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def found(admin: AbstractUser) -> dict[str, str]:
    factories.assessment()
    return dict(addresses(samples_for(admin)))


def test_the_routes_are_filled_in_with_what_is_there(found: dict[str, str]) -> None:
    assert found["/"] == "/"
    assert found["repositories/"] == "/repositories/"
    assert found["repositories/<slug:slug>/"].startswith("/repositories/service-")
    assert found["teams/<slug:slug>/"].startswith("/teams/team-")
    assert found["standard/<str:item>/"] == "/standard/testing.unit/"
    assert found["api/v1/repositories/<slug:slug>"].startswith("/api/v1/repositories/service-")
    assert VARIANTS.items() <= found.items()
    assert all("<" not in address for address in found.values())
    assert "exports/<uuid:key>/" not in found and "healthz" not in found


def test_pages_that_answer_are_measured_and_others_are_not(
    admin: AbstractUser, found: dict[str, str]
) -> None:
    client = Client()
    client.force_login(admin)
    row = measured(client, found["repositories/"], 2)
    assert row is not None and row["queries"] > 2 and row["bytes"] > 1000
    assert 0 < row["best"] <= row["p50"] <= row["p95"]
    assert 0 < row["cpu_best"] <= row["cpu_p50"] <= row["cpu_p95"]
    assert measured(client, "/repositories/nothing-of-that-name/", 2) is None
    assert measured(client, found["repositories/<slug:slug>/scan/"], 2) is None, "a POST alone"


def test_growth_is_of_the_last_fleet_over_the_first() -> None:
    def fleet(repositories: int, p50: float, *more: str) -> dict[str, object]:
        names = ("/", *more)
        figures = {"queries": 9, "best": p50, "p50": p50, "p95": p50, "bytes": 2048, "database_ms": 1.0}
        figures |= {"cpu_best": p50, "cpu_p50": p50, "cpu_p95": p50}
        return {
            "repositories": repositories,
            "pages": [{"who": "admin", "page": one} | figures for one in names],
        }

    lines = list(table([fleet(100, 10.0), fleet(1000, 25.0, "new/")]))
    assert len(lines) == 4 and lines[2].endswith("2.5×")
    assert not lines[3].rstrip().endswith("×")


def test_a_percentile_is_one_of_the_values() -> None:
    values = [float(n) for n in range(20, 0, -1)]
    assert percentile(values, 95) == 19.0 and percentile(values, 100) == 20.0 and percentile([3.0], 95) == 3.0
