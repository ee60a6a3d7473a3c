"""Page model of a person's API tokens."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.auth.models import AbstractUser
from django.utils import timezone

from assessments.choices import TokenScope
from assessments.models import ApiToken
from assessments.services.api_tokens import MOST_TOKENS
from assessments.tables import Listing, Shown, everything, shown
from assessments.upkeep_listings import TOKENS

SOON = timedelta(days=14)
"""How long before its end a token is shown as ending soon."""


@dataclass(frozen=True, slots=True)
class TokenRow:
    """``state`` is "live", "soon", "expired" or "revoked"; ``teams`` is empty for a token that is bound to none."""

    public_id: str
    name: str
    scopes: tuple[str, ...]
    bound: bool
    teams: tuple[str, ...]
    state: str
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None


@dataclass(frozen=True, slots=True)
class TokenPage:
    """``live`` tokens first, then the ended ones, each the latest first."""

    live: tuple[TokenRow, ...]
    ended: tuple[TokenRow, ...]
    table: Shown

    @property
    def full(self) -> bool:
        return len(self.live) >= MOST_TOKENS


def get_token_page(user: AbstractUser, now: datetime | None = None) -> TokenPage:
    """The person's tokens; two queries whatever their number."""
    moment = now or timezone.now()
    tokens = ApiToken.objects.filter(owner=user).prefetch_related("teams")[:200]
    rows = [_row(one, moment) for one in tokens]
    return TokenPage(
        live=tuple(row for row in rows if row.state in ("live", "soon")),
        ended=tuple(row for row in rows if row.state not in ("live", "soon")),
        table=shown(TOKENS),
    )


def get_tokens_listing(user: AbstractUser) -> Listing:
    """The person's tokens as a table, those that open something first; no part of a token itself."""
    page = get_token_page(user)
    return Listing(everything(TOKENS), (*page.live, *page.ended))


def _row(token: ApiToken, now: datetime) -> TokenRow:
    if token.revoked_at is not None:
        state = "revoked"
    elif token.expires_at <= now:
        state = "expired"
    else:
        state = "soon" if token.expires_at <= now + SOON else "live"
    return TokenRow(
        public_id=token.public_id,
        name=token.name,
        scopes=tuple(TokenScope(scope).value for scope in token.scopes),
        bound=token.bound,
        teams=tuple(team.name for team in token.teams.all()),
        state=state,
        created_at=token.created_at,
        expires_at=token.expires_at,
        last_used_at=token.last_used_at,
    )
