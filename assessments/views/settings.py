"""A repository's settings, its archive and removal, and undo."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from assessments import policy
from assessments.models import Repository
from assessments.repository_forms import SettingsForm, initial_of
from assessments.selectors.settings import get_settings_page, what_differs
from assessments.services import repository_settings
from assessments.services.undo import offer, undo
from scanners.errors import ScanError


@require_http_methods(["GET", "HEAD", "POST"])
def repository_settings_page(request: HttpRequest, slug: str) -> HttpResponse:
    repository = _led(request, slug)
    form = SettingsForm(
        request.POST or None, user=request.user, repository=repository, initial=initial_of(repository)
    )
    saved: tuple[tuple[str, str], ...] = ()
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                before = repository_settings.change_settings(
                    repository=repository,
                    changes=form.changes(),
                    version=form.cleaned_data["version"],
                    actor=request.user,
                )
            except ScanError as error:
                field = "root" if error.id == "settings.folder-taken" else None
                form.add_error(field, f"{error.message} {error.hint}")
                if error.id == "settings.changed-meanwhile":
                    status = 409
                    saved = what_differs(form, repository)
                    form.data = request.POST.copy()
                    form.data["version"] = str(repository.version)
            else:
                return _saved(request, repository, before)
    page = get_settings_page(request.user, repository)
    return render(
        request, "repositories/settings.html", {"page": page, "form": form, "saved": saved}, status=status
    )


@require_POST
def repository_archive(request: HttpRequest, slug: str) -> HttpResponse:
    repository = _led(request, slug)
    if repository_settings.archive(repository=repository, actor=request.user):
        _offer_back(request, repository, f"{repository.name} is archived.")
    return redirect("repository-list")


@require_POST
def repository_restore(request: HttpRequest, slug: str) -> HttpResponse:
    repository = _led(request, slug)
    if repository_settings.bring_back(repository=repository, actor=request.user):
        messages.success(request, f"{repository.name} is back.")
    return redirect("repository-detail", slug)


@require_POST
def repository_remove(request: HttpRequest, slug: str) -> HttpResponse:
    """Takes the name typed out, since a week later nothing of it is left."""
    repository = _led(request, slug)
    if request.POST.get("confirm", "").strip() != repository.name:
        messages.error(request, "Nothing was removed: type the repository's name as it is written.")
        return redirect(f"{reverse('repository-settings', args=[slug])}#remove")
    if repository_settings.remove(repository=repository, actor=request.user):
        days = repository_settings.REMOVED_FOR_GOOD_DAYS
        _offer_back(request, repository, f"{repository.name} is removed, and gone for good in {days} days.")
    return redirect("repository-list")


@require_POST
def undo_last(request: HttpRequest) -> HttpResponse:
    try:
        undone = undo(user=request.user, note=request.POST.get("note", "")[:20_000])
    except ScanError as error:
        messages.warning(request, f"{error.message} {error.hint}".strip() + f" [{error.id}]")
        return redirect("fleet")
    messages.success(request, undone.said)
    return redirect(undone.back)


def _saved(request: HttpRequest, repository: Repository, before: dict[str, Any]) -> HttpResponse:
    back = reverse("repository-settings", args=[repository.slug])
    if not before:
        messages.info(request, "Nothing was changed.")
        return redirect(back)
    given = {"repository": repository.pk, "before": before, "version": repository.version + 1}
    note = offer(user=request.user, action="repository.settings", given=given, back=back)
    anew = " It is judged anew." if set(before) & set(repository_settings.JUDGED_BY) else ""
    messages.success(request, f"The settings are saved.{anew}", extra_tags=f"undo:{note}")
    still_led = policy.may_lead(request.user, Repository.objects.get(pk=repository.pk).team)
    return redirect(back if still_led else "repository-list")


def _offer_back(request: HttpRequest, repository: Repository, said: str) -> None:
    back = reverse("repository-detail", args=[repository.slug])
    given = {"repository": repository.pk}
    note = offer(user=request.user, action="repository.gone", given=given, back=back)
    messages.success(request, said, extra_tags=f"undo:{note}")


def _led(request: HttpRequest, slug: str) -> Repository:
    kept = policy.kept_repositories(request.user).select_related("mirror", "team", "owner", "current")
    repository: Repository = get_object_or_404(kept, slug=slug)
    if not policy.may_lead(request.user, repository.team):
        raise PermissionDenied
    return repository
