"""Page model of a repository's settings, and what somebody else saved while they were edited."""

from dataclasses import dataclass
from datetime import datetime

from django import forms
from django.contrib.auth.models import AbstractUser
from django.forms import BoundField
from django.urls import reverse

from assessments import policy
from assessments.models import AuditEvent, CredentialUse, Repository
from assessments.repository_forms import SettingsForm, initial_of


@dataclass(frozen=True, slots=True)
class SettingsPage:
    """``credential`` names what the address was last read with, empty where it is read as anybody. Addresses are empty
    where the person may not use them."""

    name: str
    url: str
    source: str
    credential: str
    credential_url: str
    credentials_url: str
    overridden: bool
    may_override: bool
    archived_at: datetime | None
    changed_by: str
    changed_at: datetime | None
    archive_url: str
    restore_url: str
    remove_url: str


def get_settings_page(user: AbstractUser, repository: Repository) -> SettingsPage:
    """What stands beside the form (mirror and team loaded)."""
    slug = repository.slug
    team = repository.team
    uses = CredentialUse.objects.filter(
        credential__in=policy.visible_credentials(user), mirror=repository.mirror_id
    )
    used = uses.select_related("credential").order_by("-used_at").first()
    lines = AuditEvent.objects.filter(action="repository.changed", subject=repository.name[:300])
    last = lines.select_related("actor").first()
    archived = repository.archived_at is not None
    return SettingsPage(
        name=repository.name,
        url=reverse("repository-detail", args=[slug]),
        source=repository.mirror.url,
        credential=used.credential.name if used else "",
        credential_url=reverse("credential-detail", args=[used.credential_id]) if used else "",
        credentials_url=reverse("team-settings", args=[team.slug])
        if policy.may_manage_sources(user, team)
        else "",
        overridden=bool(repository.profile_override),
        may_override=policy.may_override_profile(user),
        archived_at=repository.archived_at,
        changed_by=str(last.actor or "somebody who has left") if last else "",
        changed_at=last.at if last else None,
        archive_url="" if archived else reverse("repository-archive", args=[slug]),
        restore_url=reverse("repository-restore", args=[slug]) if archived else "",
        remove_url=reverse("repository-remove", args=[slug]),
    )


def what_differs(form: SettingsForm, repository: Repository) -> tuple[tuple[str, str], ...]:
    """(label, what is saved now) of each field that was entered otherwise."""
    now = SettingsForm(initial=initial_of(repository), user=form.user, repository=repository)
    pairs = ((form[name], now[name]) for name in form.fields if name != "version")
    return tuple(
        (str(saved.label), _words(saved) or "nothing")
        for entered, saved in pairs
        if _words(entered) != _words(saved)
    )


def _words(field: BoundField) -> str:
    """The value of a field as a person reads it."""
    value = field.value()
    choices = getattr(field.field, "choices", None)
    if choices is not None:
        known = {str(key): str(label) for key, label in choices}
        return known.get(str(value if value is not None else ""), "")
    if isinstance(field.field, forms.BooleanField):
        return "yes" if value else "no"
    return "" if value is None else str(value)
