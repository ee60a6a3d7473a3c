"""Who may go on: sign-in for every page, and a password of one's own first."""

from collections.abc import Callable

from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from assessments.kept_forms import keep
from assessments.models import OneTimePassword

_FLAG = "one_time_password"


_STOP_ASKING = 286
"""htmx takes this status as the word to end a poll."""


class SignInMiddleware(LoginRequiredMiddleware):
    """Leads to the sign-in and back, without losing what was typed into a form when the session had ended.

    It runs behind the check of the form's token, so only forms of our own pages are kept.
    """

    def handle_no_permission(self, request: HttpRequest, view_func: Callable[..., object]) -> HttpResponse:
        signs_in = self.get_login_url(view_func)
        if request.method == "POST" and keep(request):
            answer = redirect_to_login(reverse("kept-form"), signs_in)
        elif "HX-Request" in request.headers and request.method in ("GET", "HEAD"):
            # A part of a page that is still being read, perhaps typed into: it stays, and says so.
            return HttpResponse(status=_STOP_ASKING, headers={"HX-Reswap": "none", "HX-Trigger": "signedout"})
        else:
            answer = super().handle_no_permission(request, view_func)
        if "HX-Request" in request.headers:
            return HttpResponse(status=204, headers={"HX-Redirect": answer.url})
        return answer


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
