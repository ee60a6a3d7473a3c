"""Page models of credentials and push hooks: what leads and admins may know of them, never a secret."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.db.models import Count, Max, QuerySet
from django.urls import reverse
from django.utils import timezone

from assessments import policy
from assessments.choices import CredentialKind
from assessments.models import Credential, CredentialGrant, HookDelivery, PushHook, Repository, Team
from assessments.selectors.filters import in_chunks
from assessments.tables import Listing, Shown, everything, shown
from assessments.upkeep_listings import DELIVERIES, GRANTS, WAITING, credentials_table, hooks_table
from scanners.errors import ScanError
from scanners.hostkeys import parse_known_hosts

STATES = {"active": "Active", "expired": "Expired", "trouble": "Refused", "revoked": "Revoked"}
TROUBLES = {
    "source.auth-failed": "The host did not accept it. Replace it, or check what it may read.",
    "source.host-key-mismatch": "The host showed another key than the pinned one. Compare, then replace.",
    "credential.expired": "It has expired. Replace it.",
    "credential.sealed": "It cannot be opened with the keys of this installation. Replace it.",
}


@dataclass(frozen=True, slots=True)
class CredentialRow:
    """``state`` is active, expired, trouble or revoked; ``trouble`` says what to do."""

    name: str
    url: str
    kind: str
    prefixes: tuple[str, ...]
    teams: tuple[str, ...]
    state: str
    trouble: str
    trouble_id: str
    last_used_at: datetime | None
    expires_on: date | None

    @property
    def state_label(self) -> str:
        return STATES[self.state]


@dataclass(frozen=True, slots=True)
class HookRow:
    name: str
    url: str
    provider: str
    team: str
    active: bool
    last_at: datetime | None
    deliveries: int

    @property
    def state_label(self) -> str:
        return "Listening" if self.active else "Revoked"


@dataclass(frozen=True, slots=True)
class WaitingRow:
    """A repository that nobody's credential serves."""

    name: str
    url: str
    address: str
    error_id: str


@dataclass(frozen=True, slots=True)
class SourcesPage:
    """Credentials and hooks of a team, or of all teams where ``team`` is empty."""

    team: str
    team_url: str
    credentials: tuple[CredentialRow, ...]
    hooks: tuple[HookRow, ...]
    waiting: tuple[WaitingRow, ...]
    add_credential_url: str
    add_hook_url: str
    credentials_table: Shown
    hooks_table: Shown
    waiting_table: Shown


@dataclass(frozen=True, slots=True)
class GrantRow:
    team: str
    address: str
    reason: str
    by: str
    at: datetime
    withdraw_url: str


@dataclass(frozen=True, slots=True)
class HostKeyRow:
    place: str
    type: str
    fingerprint: str


@dataclass(frozen=True, slots=True)
class CredentialPage:
    """One credential; the addresses of actions are empty where the person may not take them."""

    row: CredentialRow
    username: str
    host_keys: tuple[HostKeyRow, ...]
    created_by: str
    created_at: datetime
    replaced_at: datetime | None
    revoked_at: datetime | None
    mirrors: int
    grants: tuple[GrantRow, ...]
    replace_url: str
    revoke_url: str
    grant_url: str
    grants_table: Shown


@dataclass(frozen=True, slots=True)
class DeliveryRow:
    at: datetime
    event: str
    outcome: str
    outcome_label: str
    address: str
    repository: str
    repository_url: str


@dataclass(frozen=True, slots=True)
class HookPage:
    row: HookRow
    address: str
    created_by: str
    created_at: datetime
    deliveries: tuple[DeliveryRow, ...]
    table: Shown
    renew_url: str
    revoke_url: str


def get_sources_page(user: AbstractUser, team: Team | None) -> SourcesPage:
    """What a team reads its repositories with; without a team, what all do. The same few queries for any number."""
    chosen = f"?team={team.slug}" if team else ""
    return SourcesPage(
        team=team.name if team else "",
        team_url=reverse("team-detail", args=[team.slug]) if team else "",
        credentials=tuple(_credential_row(one) for one in _credentials_of(user, team)),
        hooks=tuple(_hook_row(one) for one in _with_deliveries(_hooks_of(user, team))),
        waiting=tuple(_waiting_row(one) for one in _waiting_of(user, team)[:50]),
        add_credential_url=reverse("credential-create") + chosen,
        add_hook_url=reverse("hook-create") + chosen,
        credentials_table=shown(credentials_table(of_team=team is not None)),
        hooks_table=shown(hooks_table(of_team=team is not None)),
        waiting_table=shown(WAITING),
    )


def get_sources_tables(user: AbstractUser, team: Team | None, query: Mapping[str, str]) -> Listing:
    """A table of the page whole, by its id in ``table``: push hooks, repositories without access, else credentials."""
    subject, of_team = (team.slug if team else ""), team is not None
    wanted = query.get("table", "")
    if wanted == WAITING.id:
        waiting = _waiting_of(user, team)
        rows = (_waiting_row(one) for chunk in in_chunks(waiting) for one in chunk)
        return Listing(everything(WAITING), rows, subject)
    if wanted == "hooks":
        hooks = _with_deliveries(_hooks_of(user, team))
        return Listing(everything(hooks_table(of_team=of_team)), map(_hook_row, hooks), subject)
    credentials = _credentials_of(user, team)
    return Listing(everything(credentials_table(of_team=of_team)), map(_credential_row, credentials), subject)


def _credentials_of(user: AbstractUser, team: Team | None) -> QuerySet[Credential]:
    found = policy.visible_credentials(user)
    found = found.filter(teams=team) if team is not None else found
    return found.prefetch_related("teams").order_by("revoked_at", "name", "pk")


def _hooks_of(user: AbstractUser, team: Team | None) -> QuerySet[PushHook]:
    found = policy.visible_hooks(user)
    return found.filter(team=team) if team is not None else found


def _waiting_of(user: AbstractUser, team: Team | None) -> QuerySet[Repository]:
    found = policy.visible_repositories(user).filter(last_error_id__in=("credential.none-matches", *TROUBLES))
    found = found.filter(team=team) if team is not None else found
    return found.select_related("mirror").order_by("name")


def get_credential_page(user: AbstractUser, credential: Credential) -> CredentialPage:
    may_change = policy.may_change_credential(user, credential) and credential.revoked_at is None
    may_grant = policy.may_grant_credentials(user) and credential.revoked_at is None
    return CredentialPage(
        row=_credential_row(credential),
        username=credential.username if credential.kind == CredentialKind.TOKEN else "",
        host_keys=_host_keys(credential),
        created_by=str(credential.created_by or "somebody who has left"),
        created_at=credential.created_at,
        replaced_at=credential.replaced_at,
        revoked_at=credential.revoked_at,
        mirrors=credential.uses.count(),
        grants=tuple(_grant_row(one, may_grant) for one in _grants_of(credential)),
        replace_url=reverse("credential-replace", args=[credential.pk]) if may_change else "",
        revoke_url=reverse("credential-revoke", args=[credential.pk]) if may_change else "",
        grant_url=reverse("credential-grant", args=[credential.pk]) if may_grant else "",
        grants_table=shown(GRANTS),
    )


def get_grants_listing(credential: Credential) -> Listing:
    """All grants of one credential."""
    rows = (_grant_row(one, False) for one in _grants_of(credential))
    return Listing(everything(GRANTS), rows, f"credential-{credential.pk}")


def _grants_of(credential: Credential) -> QuerySet[CredentialGrant]:
    return credential.grants.select_related("team", "mirror", "granted_by")


def _grant_row(grant: CredentialGrant, may_grant: bool) -> GrantRow:
    withdraw = reverse("grant-withdraw", args=[grant.credential_id, grant.pk]) if may_grant else ""
    return GrantRow(
        team=grant.team.name,
        address=grant.mirror.url,
        reason=grant.reason,
        by=str(grant.granted_by or "somebody who has left"),
        at=grant.granted_at,
        withdraw_url=withdraw,
    )


def get_hook_page(hook: PushHook) -> HookPage:
    """One hook with its latest deliveries."""
    [counted] = _with_deliveries(PushHook.objects.filter(pk=hook.pk))
    deliveries = hook.deliveries.select_related("repository")[:50]
    path = reverse("push-hook", args=[hook.provider, hook.public_id])
    active = hook.revoked_at is None
    return HookPage(
        row=_hook_row(counted),
        address=f"{settings.PUBLIC_ADDRESS}{path}",
        created_by=str(hook.created_by or "somebody who has left"),
        created_at=hook.created_at,
        deliveries=tuple(_delivery_row(one) for one in deliveries),
        table=shown(DELIVERIES),
        renew_url=reverse("hook-renew", args=[hook.public_id]) if active else "",
        revoke_url=reverse("hook-revoke", args=[hook.public_id]) if active else "",
    )


def get_deliveries_listing(hook: PushHook) -> Listing:
    """All deliveries of one hook that are kept, the latest first."""
    deliveries = hook.deliveries.select_related("repository")
    rows = (_delivery_row(one) for chunk in in_chunks(deliveries) for one in chunk)
    return Listing(everything(DELIVERIES), rows, "hook")


def _credential_row(credential: Credential) -> CredentialRow:
    expired = credential.expires_on is not None and credential.expires_on < timezone.localdate()
    trouble = "credential.expired" if expired else credential.trouble
    state = "trouble" if trouble else "active"
    if expired:
        state = "expired"
    if credential.revoked_at is not None:
        state, trouble = "revoked", ""
    return CredentialRow(
        name=credential.name,
        url=reverse("credential-detail", args=[credential.pk]),
        kind=credential.get_kind_display(),
        prefixes=tuple(credential.prefixes),
        teams=tuple(sorted(team.name for team in credential.teams.all())),
        state=state,
        trouble=TROUBLES.get(trouble, ""),
        trouble_id=trouble,
        last_used_at=credential.last_used_at,
        expires_on=credential.expires_on,
    )


def _host_keys(credential: Credential) -> tuple[HostKeyRow, ...]:
    try:
        known = parse_known_hosts(credential.known_hosts)
    except ScanError:
        return ()
    return tuple(HostKeyRow(key.place, key.type, key.fingerprint) for key in known)


def _with_deliveries(hooks: Iterable[PushHook]) -> Iterable[PushHook]:
    assert hasattr(hooks, "select_related")
    return (
        hooks.select_related("team")
        .annotate(last_at=Max("deliveries__at"), number=Count("deliveries"))
        .order_by("revoked_at", "name", "pk")
    )


def _hook_row(hook: PushHook) -> HookRow:
    return HookRow(
        name=hook.name,
        url=reverse("hook-detail", args=[hook.public_id]),
        provider=hook.get_provider_display(),
        team=hook.team.name if hook.team else "All teams",
        active=hook.revoked_at is None,
        last_at=getattr(hook, "last_at", None),
        deliveries=getattr(hook, "number", 0),
    )


def _waiting_row(repository: Repository) -> WaitingRow:
    return WaitingRow(
        name=repository.name,
        url=reverse("repository-detail", args=[repository.slug]),
        address=repository.mirror.url,
        error_id=repository.last_error_id,
    )


def _delivery_row(delivery: HookDelivery) -> DeliveryRow:
    repository = delivery.repository
    return DeliveryRow(
        at=delivery.at,
        event=delivery.event,
        outcome=delivery.outcome,
        outcome_label=delivery.get_outcome_display(),
        address=delivery.address,
        repository=repository.name if repository else "",
        repository_url=reverse("repository-detail", args=[repository.slug]) if repository else "",
    )
