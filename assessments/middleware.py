"""Requests of people whose password was handed out lead to the page that changes it."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from assessments.models import OneTimePassword

_FLAG = "one_time_password"


class OneTimePasswordMiddleware:
    """Lets a person with a one-time password do nothing but change it or sign out.

    The answer is kept in the session, so that one request per sign-in asks the database.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated and request.session.get(_FLAG) is not False:
            must_change = OneTimePassword.objects.filter(user_id=request.user.pk).exists()
            if not must_change:
                request.session[_FLAG] = False
            elif not request.path.startswith(
                (reverse("account_change_password"), reverse("account_logout"), "/static/")
            ):
                return HttpResponseRedirect(reverse("account_change_password"))
        return self._get_response(request)
