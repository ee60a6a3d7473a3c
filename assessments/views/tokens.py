"""A person's own API tokens: the list, making one, revoking one."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods

from assessments.models import ApiToken
from assessments.selectors.api_tokens import get_token_page, get_tokens_listing
from assessments.services.api_tokens import create_token, revoke_token
from assessments.source_forms import ConfirmForm
from assessments.token_forms import TokenForm
from assessments.views.tables import csv_response, csv_wanted
from scanners.errors import ScanError


@never_cache
@sensitive_variables("token")
@require_http_methods(["GET", "HEAD", "POST"])
def tokens(request: HttpRequest) -> HttpResponseBase:
    """Shows a token that was just made, this once."""
    if csv_wanted(request):
        return csv_response(get_tokens_listing(request.user))
    token, made = "", None
    form = TokenForm(request.POST or None, user=request.user)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            made, token = create_token(
                owner=request.user,
                name=data["name"],
                scopes=data["scopes"],
                teams=list(data["teams"]),
                days=data["days"],
            )
        except ScanError as error:
            form.add_error(None, f"{error.message} {error.hint}".strip())
        else:
            form = TokenForm(user=request.user)
    context = {"page": get_token_page(request.user), "form": form, "made": made, "token": token}
    return render(request, "tokens/index.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def token_revoke(request: HttpRequest, public_id: str) -> HttpResponse:
    token = get_object_or_404(ApiToken, owner=request.user, public_id=public_id)
    if token.revoked_at is not None:
        messages.info(request, f"{token.name} was revoked already.")
        return redirect("tokens")
    form = ConfirmForm(request.POST or None, expected=token.name)
    if request.method == "POST" and form.is_valid():
        revoke_token(token=token, actor=request.user)
        messages.success(request, f"{token.name} is revoked; it opens nothing any more.")
        return redirect("tokens")
    context = {
        "form": form,
        "title": f"Revoke {token.name}",
        "action": "Revoke",
        "danger": True,
        "back_url": reverse("tokens"),
        "back_name": "API tokens",
        "note": "Whatever still uses it is refused from then on. It cannot be taken back; a new token is made in a moment.",
    }
    return render(request, "sources/form.html", context, status=422 if form.errors else 200)
