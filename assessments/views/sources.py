"""Credentials and push hooks: a team's settings for its leads, all of them for admins."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from assessments import policy
from assessments.choices import CredentialKind, Forge
from assessments.models import Credential, CredentialGrant, PushHook, Team
from assessments.selectors.filters import text
from assessments.selectors.sources import (
    get_credential_page,
    get_deliveries_listing,
    get_grants_listing,
    get_hook_page,
    get_sources_page,
    get_sources_tables,
)
from assessments.services import credentials, hooks
from assessments.services.undo import offer
from assessments.source_forms import ConfirmForm, CredentialForm, GrantForm, HookForm, ReplaceForm
from assessments.views.tables import csv_response, csv_wanted
from scanners.errors import ScanError

_form = require_http_methods(["GET", "HEAD", "POST"])


@require_safe
def team_settings(request: HttpRequest, slug: str) -> HttpResponseBase:
    team = get_object_or_404(policy.visible_teams(request.user), slug=slug)
    if not policy.may_manage_sources(request.user, team):
        raise PermissionDenied
    return _sources(request, team)


@require_safe
def source_list(request: HttpRequest) -> HttpResponseBase:
    if not policy.is_admin(request.user):
        raise PermissionDenied
    return _sources(request, None)


def _sources(request: HttpRequest, team: Team | None) -> HttpResponseBase:
    if csv_wanted(request):
        return csv_response(get_sources_tables(request.user, team, request.GET))
    return render(request, "sources/index.html", {"page": get_sources_page(request.user, team)})


@never_cache
@sensitive_post_parameters()
@sensitive_variables("data")
@_form
def credential_create(request: HttpRequest) -> HttpResponse:
    team = _chosen_team(request)
    form = CredentialForm(
        request.POST or None, user=request.user, initial={"teams": [team.pk] if team else []}
    )
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        credential = credentials.add_credential(
            name=data["name"],
            kind=CredentialKind(data["kind"]),
            username=data["username"],
            secret=data["secret"],
            known_hosts=data["known_hosts"],
            prefixes=data["prefixes"],
            teams=data["teams"],
            expires_on=data["expires_on"],
            actor=request.user,
        )
        messages.success(request, f"{credential.name} is kept. What waited for it is being scanned.")
        return redirect("credential-detail", credential.pk)
    context = {
        "form": form,
        "title": "Add a credential",
        "action": "Add credential",
        "back": _back(request, team),
        "note": "It is sent to the hosts of its addresses only, and only for repositories of its teams.",
    }
    return _answer(request, form, context)


@require_safe
def credential_detail(request: HttpRequest, pk: int) -> HttpResponseBase:
    credential = _credential(request, pk)
    if csv_wanted(request):
        return csv_response(get_grants_listing(credential))
    page = get_credential_page(request.user, credential)
    return render(request, "sources/credential.html", {"page": page, "grant_form": GrantForm()})


@never_cache
@sensitive_post_parameters()
@sensitive_variables("data")
@_form
def credential_replace(request: HttpRequest, pk: int) -> HttpResponse:
    credential = _changeable(request, pk)
    form = ReplaceForm(
        request.POST or None, credential=credential, initial={"expires_on": credential.expires_on}
    )
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        credentials.replace_credential(
            credential=credential,
            secret=data["secret"],
            known_hosts=data.get("known_hosts", ""),
            expires_on=data["expires_on"],
            actor=request.user,
        )
        messages.success(request, f"{credential.name} has been replaced.")
        return redirect("credential-detail", pk)
    context = {
        "form": form,
        "title": f"Replace {credential.name}",
        "action": "Replace",
        "back": _detail(credential),
        "note": "The old one is forgotten at once.",
    }
    return _answer(request, form, context)


@_form
def credential_revoke(request: HttpRequest, pk: int) -> HttpResponse:
    credential = _changeable(request, pk)
    form = ConfirmForm(request.POST or None, expected=credential.name)
    if request.method == "POST" and form.is_valid():
        credentials.revoke_credential(credential=credential, actor=request.user)
        messages.success(request, f"{credential.name} is revoked and its secret forgotten.")
        return redirect("credential-detail", pk)
    context = {
        "form": form,
        "title": f"Revoke {credential.name}",
        "action": "Revoke",
        "danger": True,
        "back": _detail(credential),
        "note": "Its secret is forgotten for good. Repositories that only it can read keep their last verdicts "
        "and can't be scanned until another credential serves them.",
    }
    return _answer(request, form, context)


@require_POST
def credential_grant(request: HttpRequest, pk: int) -> HttpResponse:
    credential = _credential(request, pk)
    if not policy.may_grant_credentials(request.user) or credential.revoked_at is not None:
        raise PermissionDenied
    form = GrantForm(request.POST)
    if form.is_valid():
        repository = form.cleaned_data["repository"]
        try:
            credentials.grant_credential(
                credential=credential,
                team=repository.team,
                mirror=repository.mirror,
                reason=form.cleaned_data["reason"],
                actor=request.user,
            )
        except ScanError as error:
            form.add_error("repository", f"{error.message} {error.hint}".strip())
        else:
            messages.success(request, f"{repository.team} may read {repository.name} with {credential.name}.")
            return redirect("credential-detail", pk)
    page = get_credential_page(request.user, credential)
    return render(request, "sources/credential.html", {"page": page, "grant_form": form}, status=422)


@require_POST
def grant_withdraw(request: HttpRequest, pk: int, grant: int) -> HttpResponse:
    credential = _credential(request, pk)
    if not policy.may_grant_credentials(request.user):
        raise PermissionDenied
    row = get_object_or_404(
        CredentialGrant.objects.select_related("credential", "team", "mirror"),
        pk=grant,
        credential=credential,
    )
    given = {"credential": pk, "team": row.team_id, "mirror": row.mirror_id, "reason": row.reason}
    credentials.withdraw_grant(grant=row, actor=request.user)
    back = reverse("credential-detail", args=[pk])
    note = offer(user=request.user, action="credential.grant", given=given, back=back)
    said = f"{row.team} may not use {credential.name} there any more."
    messages.success(request, said, extra_tags=f"undo:{note}")
    return redirect(back)


@never_cache
@sensitive_variables("secret")
@_form
def hook_create(request: HttpRequest) -> HttpResponse:
    team = _chosen_team(request)
    admin = policy.is_admin(request.user)
    form = HookForm(request.POST or None, user=request.user, all_teams=admin, initial={"team": team})
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        hook, secret = hooks.add_hook(
            name=data["name"], provider=Forge(data["provider"]), team=data["team"], actor=request.user
        )
        return _with_secret(request, hook, secret)
    context = {
        "form": form,
        "title": "Add a push hook",
        "action": "Make hook",
        "back": _back(request, team),
        "note": "You get an address and a secret to enter at the forge. A push to the default branch then starts a scan.",
    }
    return _answer(request, form, context)


@require_safe
def hook_detail(request: HttpRequest, public_id: str) -> HttpResponseBase:
    hook = get_object_or_404(policy.visible_hooks(request.user), public_id=public_id)
    if csv_wanted(request):
        return csv_response(get_deliveries_listing(hook))
    return render(request, "sources/hook.html", {"page": get_hook_page(hook)})


@never_cache
@sensitive_variables("secret")
@require_POST
def hook_renew(request: HttpRequest, public_id: str) -> HttpResponse:
    hook = _listening(request, public_id)
    secret = hooks.renew_secret(hook=hook, actor=request.user)
    return _with_secret(request, hook, secret)


@_form
def hook_revoke(request: HttpRequest, public_id: str) -> HttpResponse:
    hook = _listening(request, public_id)
    form = ConfirmForm(request.POST or None, expected=hook.name)
    if request.method == "POST" and form.is_valid():
        hooks.revoke_hook(hook=hook, actor=request.user)
        messages.success(request, f"{hook.name} is revoked; its address answers no more.")
        return redirect("hook-detail", public_id)
    context = {
        "form": form,
        "title": f"Revoke {hook.name}",
        "action": "Revoke",
        "danger": True,
        "back": ("hook-detail", hook.public_id),
        "note": "Deliveries to its address are refused from now on. Scans go on by schedule.",
    }
    return _answer(request, form, context)


_NAMES = {
    "source-list": "Credentials",
    "team-list": "Teams",
    "team-settings": "Settings of the team",
    "credential-detail": "The credential",
    "hook-detail": "The push hook",
}
"""What the page is called that a form leads back to."""


def _answer(request: HttpRequest, form: Any, context: dict[str, Any]) -> HttpResponse:
    route, *arguments = context["back"]
    context["back_url"] = reverse(route, args=arguments)
    context["back_name"] = _NAMES[route]
    return render(request, "sources/form.html", context, status=422 if form.errors else 200)


def _with_secret(request: HttpRequest, hook: PushHook, secret: str) -> HttpResponse:
    """The hook's page with its new secret, which no later page shows."""
    return render(request, "sources/hook.html", {"page": get_hook_page(hook), "secret": secret})


def _chosen_team(request: HttpRequest) -> Team | None:
    """The team the person came from. Whoever leads none has nothing to add here."""
    teams = policy.led_teams(request.user)
    if not policy.is_admin(request.user) and not teams.exists():
        raise PermissionDenied
    return teams.filter(slug=text(request.GET, "team", 100)).first()


def _back(request: HttpRequest, team: Team | None) -> tuple[str, ...]:
    if team is not None:
        return ("team-settings", team.slug)
    return ("source-list",) if policy.is_admin(request.user) else ("team-list",)


def _detail(credential: Credential) -> tuple[str, int]:
    return ("credential-detail", credential.pk)


def _credential(request: HttpRequest, pk: int) -> Credential:
    return get_object_or_404(policy.visible_credentials(request.user), pk=pk)


def _changeable(request: HttpRequest, pk: int) -> Credential:
    credential = _credential(request, pk)
    if not policy.may_change_credential(request.user, credential) or credential.revoked_at is not None:
        raise PermissionDenied
    return credential


def _listening(request: HttpRequest, public_id: str) -> PushHook:
    hook = get_object_or_404(policy.visible_hooks(request.user), public_id=public_id)
    if hook.revoked_at is not None:
        raise Http404
    return hook
