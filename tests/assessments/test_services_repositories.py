"""Adding repositories and changing how they are judged."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from unittest.mock import patch

import pytest
from django.db import connection

from assessments.choices import ScanReason
from assessments.models import AuditEvent, Mirror, Repository, ScanRequest
from assessments.services.repositories import change_repository, ensure_team, register_repository
from scanners.errors import ScanError
from tests import factories, trees

pytestmark = pytest.mark.django_db


def add(source: str, **changes: object) -> Repository:
    values = {"team": factories.team(), "actor": None, **changes}
    repository, _ = register_repository(source=source, **values)  # type: ignore[arg-type]
    return repository


def test_a_new_address_becomes_a_repository_with_its_first_scan() -> None:
    actor = factories.admin()
    repository = add("https://github.com/example/orders.git", actor=actor)
    assert (repository.name, repository.slug) == ("example/orders", "example-orders")
    scan = ScanRequest.objects.get(repository=repository)
    assert (scan.reason, scan.requested_by) == (ScanReason.ADDED, actor)
    event = AuditEvent.objects.get()
    assert (event.action, event.actor) == ("repository.added", actor)


def test_two_spellings_of_an_address_are_one_repository() -> None:
    first = add("https://github.com/example/orders.git")
    assert add("https://GitHub.com/example/orders/") == first
    assert Mirror.objects.count() == Repository.objects.count() == 1


def test_two_folders_of_a_monorepo_share_a_mirror() -> None:
    one = add("https://github.com/example/shop", root="services/orders")
    two = add("https://github.com/example/shop", root="services/billing/")
    assert (one.mirror, one.name, two.root) == (
        two.mirror,
        "example/shop/services/orders",
        "services/billing",
    )


def test_equal_names_get_slugs_of_their_own() -> None:
    slugs = [add(f"https://{host}.example.org/example/orders").slug for host in ("one", "two", "three")]
    assert slugs == ["example-orders", "example-orders-2", "example-orders-3"]


@pytest.mark.parametrize(
    ("source", "id"),
    [
        ("", "source.url-refused"),
        ("-oProxyCommand=id", "source.url-refused"),
        ("ext::sh -c id", "source.url-refused"),
        ("file:///etc", "source.url-refused"),
        ("/etc", "source.url-refused"),
        ("https://ann:s3cret@github.com/example/orders", "source.holds-credential"),
    ],
)
def test_addresses_that_may_not_be_used_are_refused_and_leave_nothing(source: str, id: str) -> None:
    with pytest.raises(ScanError) as raised:
        add(source)
    assert raised.value.id == id
    assert "s3cret" not in str(raised.value)
    assert not Mirror.objects.exists()


@pytest.mark.parametrize("root", ["../other", "a/../../b", "a\x00b"])
def test_folders_outside_the_tree_are_refused(root: str) -> None:
    with pytest.raises(ScanError):
        add("https://github.com/example/orders", root=root)
    assert not Repository.objects.exists()


def test_a_local_folder_is_taken_where_the_caller_allows_it(tmp_path: Path) -> None:
    folder = trees.repository(tmp_path / "orders", {"a.txt": "a"})
    assert add(str(folder), allow_local=True).mirror.url == str(folder)


def test_changing_settings_keeps_what_a_scan_wrote_meanwhile() -> None:
    repository = factories.repository()
    assessment = factories.assessment(repository)
    change_repository(repository=repository, changes={"interval_hours": 6}, actor=factories.admin())
    repository.refresh_from_db()
    assert (repository.interval_hours, repository.current) == (6, assessment)
    assert AuditEvent.objects.filter(action="repository.changed").exists()
    assert not ScanRequest.objects.exists()


def test_a_changed_profile_is_judged_by_at_once() -> None:
    repository = factories.repository()
    with patch("assessments.services.scans.enqueue"):
        change_repository(
            repository=repository,
            changes={"profile_override": {"has_users": False}, "profile_override_reason": "Internal"},
            actor=factories.admin(),
        )
    assert ScanRequest.objects.get().repository == repository


def test_no_change_leaves_no_trace() -> None:
    change_repository(repository=factories.repository(), changes={}, actor=factories.admin())
    assert not AuditEvent.objects.exists()


def test_a_team_of_any_name_is_made_once() -> None:
    assert ensure_team("Zahlungen & Co") == ensure_team("Zahlungen & Co")
    assert ensure_team("支付").slug != ensure_team("订单").slug


@pytest.mark.django_db(transaction=True)
def test_the_same_address_sent_many_times_at_once_is_one_repository() -> None:
    team = factories.team()

    def send(n: int) -> int:
        try:
            # Half of them another repository of the same name, which wants the same slug.
            return add(f"https://git{n % 2}.example.org/shop/orders", team=team).pk
        finally:
            connection.close()

    with patch("assessments.services.scans.enqueue"), ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(send, range(16)))) == 2
    assert sorted(Repository.objects.values_list("slug", flat=True)) == ["shop-orders", "shop-orders-2"]
    assert (Mirror.objects.count(), ScanRequest.objects.count()) == (2, 2)
    assert AuditEvent.objects.filter(action="repository.added").count() == 2
