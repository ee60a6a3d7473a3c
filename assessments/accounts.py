"""Accounts: nobody signs themselves up; an admin adds people."""

from collections.abc import Mapping
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.contrib.auth.models import AbstractUser
from django.http import HttpRequest

LOGIN_FIELDS = ("username", "email", "login")
"""Who a sign-in is for: as the admin, allauth's backend and allauth's form call it."""


def login_name(request: HttpRequest | None, credentials: Mapping[str, Any] | None = None) -> str:
    """The name that failed sign-ins are counted by, so that one person's failures lock out nobody else."""
    given = credentials or (request.POST if request is not None else {})
    return next((str(given[name]).strip().casefold() for name in LOGIN_FIELDS if given.get(name)), "")[:255]


class ClosedAdapter(DefaultAccountAdapter):
    """allauth with sign-up closed; a changed password ends the one-time one."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def set_password(self, user: AbstractUser, password: str) -> None:
        from assessments.services.people import forget_one_time_password

        super().set_password(user, password)
        forget_one_time_password(user=user)

    def get_password_change_redirect_url(self, request: HttpRequest) -> Any:
        return "/"
