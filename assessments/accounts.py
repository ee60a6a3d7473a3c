"""Accounts: nobody signs themselves up; an admin adds people."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.contrib.auth.models import AbstractUser
from django.http import HttpRequest


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
