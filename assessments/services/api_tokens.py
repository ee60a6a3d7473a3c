"""API tokens: making them, telling whose one is, and ending them. The token itself is shown once and never kept."""

import hashlib
import hmac
import secrets
from collections.abc import Collection
from datetime import datetime, timedelta

from django.contrib.auth.models import AbstractUser
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables

from assessments.choices import TokenScope
from assessments.models import ApiToken, Team
from assessments.models.api_token import new_token_id
from assessments.policy import may_hold_scope, visible_teams
from assessments.services.audit import note
from assessments.tokens import FORM
from scanners.errors import ScanError

DEFAULT_DAYS, MAX_DAYS = 90, 365
MAX_NAME = 120
MOST_TOKENS = 50
"""Live tokens of one person; beyond that something makes them by itself."""
USE_INTERVAL = timedelta(minutes=5)
"""How old ``last_used_at`` may be: a write per request would cost more than most requests do."""


@sensitive_variables("token", "secret")
@transaction.atomic
def create_token(
    *,
    owner: AbstractUser,
    name: str,
    scopes: Collection[str],
    teams: Collection[Team] = (),
    days: int = DEFAULT_DAYS,
    now: datetime | None = None,
) -> tuple[ApiToken, str]:
    """The new token's row, and the token, which is shown this once. ``teams`` bind it to them; none, to nothing.

    Raises ScanError (token.refused).
    """
    moment = now or timezone.now()
    _check(owner, name, scopes, teams, days, moment)
    public_id = new_token_id()
    token = f"plb_{public_id}_{secrets.token_hex(32)}"
    row = ApiToken.objects.create(
        public_id=public_id,
        digest=digest_of(token),
        owner=owner,
        name=name.strip(),
        scopes=[scope.value for scope in TokenScope if scope in scopes],
        bound=bool(teams),
        created_at=moment,
        expires_at=moment + timedelta(days=days),
    )
    row.teams.set(teams)
    note(
        actor=owner,
        action="token.created",
        subject=str(row),
        scopes=row.scopes,
        teams=[team.name for team in teams],
        expires_on=row.expires_at.date().isoformat(),
    )
    return row, token


def _check(
    owner: AbstractUser,
    name: str,
    scopes: Collection[str],
    teams: Collection[Team],
    days: int,
    now: datetime,
) -> None:
    if not name.strip() or len(name.strip()) > MAX_NAME:
        raise ScanError("token.refused", f"A name is from 1 to {MAX_NAME} characters long.")
    if not scopes or not set(scopes) <= set(TokenScope.values):
        raise ScanError("token.refused", "Choose at least one thing that the token may do.")
    if not all(may_hold_scope(owner, TokenScope(scope)) for scope in scopes):
        raise ScanError("token.refused", "Only administrators can have tokens that administer.")
    if not 1 <= days <= MAX_DAYS:
        raise ScanError("token.refused", f"A token lasts from 1 to {MAX_DAYS} days.")
    if teams and TokenScope.ADMIN in scopes:
        raise ScanError(
            "token.refused", "A token that administers reaches every team, so it cannot be bound to some."
        )
    if {team.pk for team in teams} - set(visible_teams(owner).values_list("pk", flat=True)):
        raise ScanError("token.refused", "A token can be bound to your own teams only.")
    if live_tokens(owner, now).count() >= MOST_TOKENS:
        raise ScanError("token.refused", f"You have {MOST_TOKENS} tokens. Revoke one that is not used.")


def live_tokens(owner: AbstractUser, now: datetime):  # type: ignore[no-untyped-def]  # a QuerySet of ApiToken
    """The person's tokens that still open something."""
    return ApiToken.objects.filter(owner=owner, revoked_at=None, expires_at__gt=now)


@sensitive_variables()
def digest_of(token: str) -> str:
    """What is kept of a token. It has 256 random bits, so a plain hash cannot be turned back."""
    return hashlib.sha256(token.encode()).hexdigest()


@sensitive_variables()
def find_token(given: str, *, now: datetime | None = None) -> ApiToken:
    """The token that was given, with its owner. Raises ScanError (token.unknown, token.revoked, token.expired)."""
    form = FORM.fullmatch(given)
    row = ApiToken.objects.select_related("owner").filter(public_id=form[1]).first() if form else None
    if row is None or not hmac.compare_digest(row.digest, digest_of(given)) or not row.owner.is_active:
        raise ScanError("token.unknown", "There is no such token.", hint="Make one under API tokens.")
    if row.revoked_at is not None:
        raise ScanError("token.revoked", "The token was revoked.", hint="Make a new one under API tokens.")
    if row.expires_at <= (now or timezone.now()):
        raise ScanError("token.expired", "The token has expired.", hint="Make a new one under API tokens.")
    return row


def mark_used(token: ApiToken, *, now: datetime | None = None) -> bool:
    """True where the use was written down, which happens once in five minutes at most."""
    moment = now or timezone.now()
    if token.last_used_at is not None and token.last_used_at > moment - USE_INTERVAL:
        return False
    unwritten = Q(last_used_at=None) | Q(last_used_at__lte=moment - USE_INTERVAL)
    return bool(ApiToken.objects.filter(unwritten, pk=token.pk).update(last_used_at=moment))


@transaction.atomic
def revoke_token(*, token: ApiToken, actor: AbstractUser, now: datetime | None = None) -> bool:
    """True where the token was not revoked before; it opens nothing from now on."""
    changed = ApiToken.objects.filter(pk=token.pk, revoked_at=None).update(
        revoked_at=now or timezone.now(), revoked_by=actor
    )
    if changed:
        note(actor=actor, action="token.revoked", subject=str(token), owner=str(token.owner))
    return bool(changed)
