"""The page behind a sign-in that came in the middle of a form: what was typed, and a button that sends it."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from assessments.kept_forms import forget, kept


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def kept_form(request: HttpRequest) -> HttpResponse:
    """Posted, it throws away what is kept; sending it on is a form of the page, to the address it was meant for."""
    form = kept(request.session)
    if request.method == "POST" or form is None:
        forget(request.session)
        return redirect("fleet")
    return render(request, "account/kept_form.html", {"kept": form})
