"""People: the first administrator and handed-out passwords."""

import secrets

from django.contrib.auth import get_user_model
from django.contrib.auth.models import AbstractUser
from django.db import transaction

from assessments.models import OneTimePassword

ADMIN_EMAIL = "admin@localhost"


@transaction.atomic
def ensure_admin(*, email: str = ADMIN_EMAIL) -> tuple[str, str | None]:
    """The administrator's e-mail and, where the account has just been made, its one-time password.

    An existing administrator is left as they are; then the password is None.
    """
    people = get_user_model()
    existing = people.objects.filter(is_superuser=True).order_by("pk").first()
    if existing is not None:
        return existing.email, None
    password = "-".join(secrets.token_hex(3) for _ in range(4))
    user = people.objects.create_superuser(username=email, email=email, password=password)
    OneTimePassword.objects.create(user=user)
    return email, password


def must_change_password(*, email: str) -> bool:
    """True while the person has not replaced the password that was handed out."""
    return OneTimePassword.objects.filter(user__email=email).exists()


def forget_one_time_password(*, user: AbstractUser) -> None:
    """The person has chosen a password of their own."""
    OneTimePassword.objects.filter(user=user).delete()
