"""The first administrator and handed-out passwords."""

import pytest
from django.contrib.auth import get_user_model

from assessments.services.people import ensure_admin, forget_one_time_password, must_change_password
from tests import factories

pytestmark = pytest.mark.django_db


def test_the_first_start_makes_an_administrator_whose_password_must_be_changed() -> None:
    email, password = ensure_admin()
    assert password is not None and len(password) >= 24
    user = get_user_model().objects.get(email=email)
    assert user.check_password(password) and user.is_superuser
    assert must_change_password(email=email)
    forget_one_time_password(user=user)
    assert not must_change_password(email=email)


def test_the_second_start_gives_out_no_password() -> None:
    email, _ = ensure_admin()
    assert ensure_admin() == (email, None)
    assert get_user_model().objects.count() == 1


def test_an_administrator_of_another_name_is_left_as_they_are() -> None:
    admin = factories.admin()
    assert ensure_admin() == (admin.email, None)
