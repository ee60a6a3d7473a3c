"""The checklist of a report: filtered by the query string, with what is left out still there for the script."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import AbstractUser
from django.test import Client

from assessments.models import Repository
from assessments.selectors.checklist import Checklist
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(admin: AbstractUser, signed_in: Callable[[AbstractUser], Client]) -> Client:
    return signed_in(admin)


@pytest.fixture
def orders() -> Repository:
    owned = factories.repository(slug="orders")
    factories.assessment(
        owned,
        {
            "testing.unit": "fail",
            "testing.e2e": "unknown",
            "auth.rbac": "fail",
            "devops.ci": "not_applicable",
        },
    )
    return owned


def asked(client: Client, **query: str) -> tuple[Checklist, set[str]]:
    response = client.get("/repositories/orders/", query)
    assert response.status_code == 200
    found: Checklist = response.context["page"].checklist
    return found, {row.id for group in found.groups for row in group.rows if row.shown}


def test_all_items_are_listed_and_each_filter_narrows_them(client: Client, orders: Repository) -> None:
    everything, shown = asked(client)
    assert everything.shown == everything.total == len(shown) and not everything.filtered
    assert asked(client, verdict="fail")[1] == {"testing.unit", "auth.rbac"}
    assert asked(client, verdict="fail", area="auth")[1] == {"auth.rbac"}
    assert asked(client, q="E2E", verdict="unknown")[1] == {"testing.e2e"}
    assert asked(client, verdict="not_applicable")[1] == {"devops.ci"}
    critical, items = asked(client, priority="critical")
    assert items and len(items) == {one.value: one.count for one in critical.priorities}["critical"]


def test_what_is_not_asked_for_is_hidden_and_still_there(client: Client, orders: Repository) -> None:
    page = client.get("/repositories/orders/", {"verdict": "fail"}).content.decode()
    assert '<li hidden data-k="pass' in page and '<li data-k="fail auth' in page
    assert "2 of" in page and "Show all items" in page and "js/checklist.js" in page


@pytest.mark.parametrize("name", ["verdict", "area", "priority", "q"])
@pytest.mark.parametrize("value", ["x" * 5000, "\0", "<script>", "'"])
def test_odd_filters_are_left_out(client: Client, orders: Repository, name: str, value: str) -> None:
    found, _ = asked(client, **{name: value})
    assert found.total > 90
