"""Who may see and do what."""

import pytest
from django.contrib.auth.models import AnonymousUser

from assessments import policy
from assessments.choices import Role
from assessments.models import Repository
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def owned() -> Repository:
    return factories.repository()


def test_admins_see_everything(owned: Repository) -> None:
    admin = factories.admin()
    assert list(policy.visible_repositories(admin)) == [owned]
    assert list(policy.visible_teams(admin)) == [owned.team]


@pytest.mark.parametrize("role", Role)
def test_every_role_sees_its_team_and_no_other(owned: Repository, role: Role) -> None:
    factories.repository()
    user = factories.member(owned.team, role)
    assert list(policy.visible_repositories(user)) == [owned]
    assert list(policy.visible_teams(user)) == [owned.team]


def test_strangers_and_the_signed_out_see_nothing(owned: Repository) -> None:
    scan = factories.scan(owned)
    for user in (factories.person(), AnonymousUser()):
        assert not policy.visible_repositories(user).exists()
        assert not policy.visible_teams(user).exists()
        assert scan not in policy.visible_scans(user)
        assert not policy.visible_exports(user).exists()


def test_an_admin_whose_account_was_closed_is_none(owned: Repository) -> None:
    closed = factories.admin(is_active=False)
    assert not policy.is_admin(closed)
    assert not policy.visible_repositories(closed).exists()


@pytest.mark.parametrize(("role", "allowed"), [(Role.LEAD, True), (Role.MEMBER, True), (Role.VIEWER, False)])
def test_viewers_read_and_others_may_scan(owned: Repository, role: Role, allowed: bool) -> None:
    user = factories.member(owned.team, role)
    assert policy.may_scan(user, owned.team) is allowed
    assert policy.may_scan(user, factories.team()) is False


def test_only_admins_add_repositories_and_edit_rules(owned: Repository) -> None:
    lead = factories.member(owned.team, Role.LEAD)
    admin = factories.admin()
    assert (policy.may_add_repositories(lead), policy.may_edit_rules(lead)) == (False, False)
    assert (policy.may_add_repositories(admin), policy.may_edit_rules(admin)) == (True, True)


def test_a_person_in_two_teams_sees_each_repository_once(owned: Repository) -> None:
    other = factories.repository()
    user = factories.member(owned.team)
    other.team.memberships.create(user=user, role=Role.VIEWER)
    assert sorted(policy.visible_repositories(user).values_list("pk", flat=True)) == sorted(
        [owned.pk, other.pk]
    )


def test_exports_are_their_owners_alone() -> None:
    assessment = factories.assessment()
    one = factories.member(assessment.repository.team)
    two = factories.member(assessment.repository.team)
    export = assessment.exports.create(
        repository=assessment.repository, requested_by=one, requested_at=factories.NOW
    )
    assert list(policy.visible_exports(one)) == [export]
    assert not policy.visible_exports(two).exists()
    one.memberships.all().delete()
    assert not policy.visible_exports(one).exists()
