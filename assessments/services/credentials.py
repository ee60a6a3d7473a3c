"""Credentials: keeping them, choosing the one that serves a repository, and lending it to one fetch.

A credential serves the repositories of its teams whose address lies under one of its prefixes, and beyond that what
an admin has granted. Nothing else decides what is sent to a host, so adding an address opens nobody's code.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.db import transaction
from django.db.models import Model, Q
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables

from assessments.choices import CredentialKind, ScanReason
from assessments.models import (
    Credential,
    CredentialGrant,
    CredentialUse,
    Mirror,
    NotificationTarget,
    PushHook,
    Repository,
    Team,
)
from assessments.services.audit import note
from assessments.services.scans import request_scan
from assessments.vault import reseal, seal, unseal
from scanners.errors import ScanError, SourceError
from scanners.hostkeys import check_private_key, keys_for, parse_known_hosts
from scanners.reach import covers, parse_prefix, segments_of
from scanners.source_url import TOKEN_USER, Source, SshKey, parse_source
from scanners.source_url import Credential as Login

MAX_PREFIXES = 50
MAX_SECRET = 20_000
_TROUBLES = ("source.auth-failed", "source.host-key-mismatch", "credential.sealed", "credential.expired")
_WAITING_FOR_ONE = (*_TROUBLES, "credential.none-matches")
_SEALED: tuple[tuple[type[Model], tuple[str, ...]], ...] = (
    (Credential, ("secret",)),
    (PushHook, ("secret",)),
    (NotificationTarget, ("address", "secret")),
)


@dataclass(frozen=True, slots=True)
class _Choice:
    """A credential that serves an address, and the prefixes that its secret must not leave."""

    credential: Credential
    reach: tuple[str, ...]
    expired: bool

    def rank(self) -> tuple[bool, int, int]:
        """The narrowest prefix first, then the newest; an expired one only where there is no other."""
        depth = max(len(segments_of(urlsplit(prefix).path) or ()) for prefix in self.reach)
        return not self.expired, depth, self.credential.pk


@contextmanager
def reading(repository: Repository) -> Iterator[Source]:
    """The repository's source, signed in by the credential that serves it, or as anybody where none does.

    The block is to reach the host, which alone decides what may be read: nothing may be taken from a mirror
    before. Raises SourceError: credential.none-matches, credential.expired, credential.sealed.
    """
    source = parse_source(repository.mirror.url)
    if source.kind == "local":
        yield source
        return
    choice = _choose(repository, source)
    if choice is None:
        with _explained(repository, source):
            _prove_public(repository, source)
            yield source
        return
    credential = choice.credential
    try:
        if choice.expired:
            raise _expired(credential)
        signed = _signed(source, choice)
        # Before the fetch, so that a killed worker leaves no mirror whose origin nobody knows.
        CredentialUse.objects.update_or_create(
            credential=credential, mirror_id=repository.mirror_id, defaults={"used_at": timezone.now()}
        )
        yield signed
    except ScanError as error:
        if error.id in _TROUBLES:
            Credential.objects.filter(pk=credential.pk).update(trouble=error.id, trouble_at=timezone.now())
        raise
    Credential.objects.filter(pk=credential.pk).update(
        last_used_at=timezone.now(), trouble="", trouble_at=None
    )


def _choose(repository: Repository, source: Source) -> _Choice | None:
    kind = {"https": CredentialKind.TOKEN, "ssh": CredentialKind.SSH}.get(source.scheme)
    if kind is None:
        return None
    granted = Q(grants__team=repository.team_id, grants__mirror=repository.mirror_id)
    active = Credential.objects.filter(revoked_at=None, kind=kind)
    by_grant = set(active.filter(granted).values_list("pk", flat=True))
    by_team = set(active.filter(teams=repository.team_id).values_list("pk", flat=True))
    choices = []
    for credential in active.filter(pk__in=by_grant | by_team):
        served = (
            tuple(p for p in credential.prefixes if covers(p, source)) if credential.pk in by_team else ()
        )
        reach = tuple(credential.prefixes) if served else ()
        if credential.pk in by_grant:
            reach = (*served, source.canonical)
        if reach:
            expired = credential.expires_on is not None and credential.expires_on < timezone.localdate()
            choices.append((_Choice(credential, served or reach, expired).rank(), reach, credential, expired))
    if not choices:
        return None
    _, reach, credential, expired = max(choices, key=lambda one: one[0])
    return _Choice(credential, reach, expired)


@sensitive_variables()
def _signed(source: Source, choice: _Choice) -> Source:
    """``source`` with the secret, which lives in this object and in git's environment only."""
    credential = choice.credential
    if credential.kind == CredentialKind.TOKEN:
        login = Login(credential.username or TOKEN_USER, unseal(credential.secret), choice.reach)
        return replace(source, credential=login)
    known = keys_for(parse_known_hosts(credential.known_hosts), source)
    if not known:
        raise SourceError(
            "source.host-key-mismatch",
            f"No key of the host {source.host} is pinned with the credential.",
            hint="Replace the credential and pin the keys of this host as well.",
            fault="credential",
        )
    return replace(source, key=SshKey(unseal(credential.secret), known))


def _prove_public(repository: Repository, source: Source) -> None:
    """Raises SourceError where a mirror that somebody's credential fetched is not open to everybody as well."""
    if source.scheme == "ssh":  # ssh knows no anonymous readers, and the worker's own keys are nobody's here
        raise SourceError("source.auth-failed", "No credential.", fault="credential")
    if CredentialUse.objects.filter(mirror=repository.mirror_id).exists():
        from scanners.remote import Remote

        remote = Remote(source, allow_private=settings.ENVIRONMENT.allow_private_addresses)
        remote.listing(timeout=45, only_head=True)


@contextmanager
def _explained(repository: Repository, source: Source) -> Iterator[None]:
    """Says that a credential is missing, where the host asks for one."""
    try:
        yield
    except SourceError as error:
        if error.id != "source.auth-failed":
            raise
        raise SourceError(
            "credential.none-matches",
            f"{source.host} asks for a sign-in, and no credential of {repository.team} serves {source.name}.",
            hint="A lead of the team adds one in the team's settings; an admin can grant one of another team.",
            fault="credential",
        ) from None


def _expired(credential: Credential) -> SourceError:
    return SourceError(
        "credential.expired",
        f"The credential {credential.name} expired on {credential.expires_on:%d %B %Y}.",
        hint="Replace its secret in the team's settings.",
        fault="credential",
    )


@sensitive_variables("secret")
@transaction.atomic
def add_credential(
    *,
    name: str,
    kind: CredentialKind,
    secret: str,
    prefixes: Iterable[str],
    teams: Iterable[Team],
    actor: AbstractUser,
    username: str = "",
    known_hosts: str = "",
    expires_on: date | None = None,
) -> Credential:
    """The credential, kept sealed. Raises SourceError with a ``credential.`` id for what cannot be used.

    Repositories that were waiting for one like it are scanned again.
    """
    reach = check_prefixes(kind, prefixes)
    credential = Credential.objects.create(
        name=name.strip()[:120],
        kind=kind,
        username=check_username(username) if kind == CredentialKind.TOKEN else "",
        secret=seal(check_secret(kind, secret)),
        known_hosts=check_known_hosts(reach, known_hosts) if kind == CredentialKind.SSH else "",
        prefixes=list(reach),
        expires_on=expires_on,
        created_by=actor,
    )
    credential.teams.set(teams)
    note(actor=actor, action="credential.added", subject=credential.name, **_facts(credential))
    _scan_what_waits(credential, actor)
    return credential


@sensitive_variables("secret")
@transaction.atomic
def replace_credential(
    *,
    credential: Credential,
    secret: str,
    actor: AbstractUser,
    known_hosts: str = "",
    expires_on: date | None = None,
) -> None:
    """Puts a new secret in the place of the old one. Raises SourceError as ``add_credential`` does."""
    kind = CredentialKind(credential.kind)
    credential.secret = seal(check_secret(kind, secret))
    if kind == CredentialKind.SSH:
        credential.known_hosts = check_known_hosts(
            credential.prefixes, known_hosts.strip() or credential.known_hosts
        )
    credential.expires_on = expires_on
    credential.replaced_at = timezone.now()
    credential.trouble, credential.trouble_at = "", None
    credential.save(
        update_fields=["secret", "known_hosts", "expires_on", "replaced_at", "trouble", "trouble_at"]
    )
    note(actor=actor, action="credential.replaced", subject=credential.name, **_facts(credential))
    _scan_what_waits(credential, actor)


@transaction.atomic
def revoke_credential(*, credential: Credential, actor: AbstractUser) -> None:
    """Ends its use for good and forgets the secret; what was read with it keeps its last verdicts."""
    now = timezone.now()
    changed = Credential.objects.filter(pk=credential.pk, revoked_at=None).update(
        revoked_at=now, revoked_by=actor, secret=seal("")
    )
    if changed:
        note(actor=actor, action="credential.revoked", subject=credential.name, **_facts(credential))


@transaction.atomic
def grant_credential(
    *, credential: Credential, team: Team, mirror: Mirror, reason: str, actor: AbstractUser
) -> CredentialGrant:
    """Lets ``team`` read one address with a credential that does not serve it by itself. For admins.

    Raises SourceError (credential.grant-refused) where it could not be used there.
    """
    source = parse_source(mirror.url)
    fitting = {"https": CredentialKind.TOKEN, "ssh": CredentialKind.SSH}.get(source.scheme)
    if fitting != credential.kind:
        raise SourceError(
            "credential.grant-refused",
            f"A credential of the kind {credential.get_kind_display()} cannot sign in at {mirror.url}.",
            hint="Tokens go to https addresses and keys to ssh addresses.",
        )
    grant, made = CredentialGrant.objects.get_or_create(
        credential=credential,
        team=team,
        mirror=mirror,
        defaults={"reason": reason.strip()[:1000], "granted_by": actor},
    )
    if made:
        note(
            actor=actor,
            action="credential.granted",
            subject=credential.name,
            team=team.name,
            address=mirror.url,
            reason=grant.reason,
        )
        for repository in Repository.objects.filter(
            team=team, mirror=mirror, last_error_id__in=_WAITING_FOR_ONE
        ):
            request_scan(repository=repository, reason=ScanReason.REQUEST, requested_by=actor)
    return grant


@transaction.atomic
def withdraw_grant(*, grant: CredentialGrant, actor: AbstractUser) -> None:
    note(
        actor=actor,
        action="credential.grant-withdrawn",
        subject=grant.credential.name,
        team=grant.team.name,
        address=grant.mirror.url,
    )
    grant.delete()


def rotate_all(*, actor: AbstractUser | None = None) -> tuple[int, list[str]]:
    """How many secrets are now sealed by the newest key, and which rows no key opens."""
    sealed, closed = 0, []
    for model, fields in _SEALED:
        for row in model._default_manager.all().iterator():
            try:
                fresh = {name: reseal(getattr(row, name)) for name in fields}
            except ScanError:
                closed.append(f"{model._meta.verbose_name} {row.pk}")
                continue
            # Where somebody has replaced it meanwhile, the newest key has sealed it already.
            before: dict[str, Any] = {name: getattr(row, name) for name in fields}
            sealed += model._default_manager.filter(pk=row.pk, **before).update(**fresh)
    note(
        actor=actor, action="credential.rotated", subject="Stored secrets", sealed=sealed, closed=len(closed)
    )
    return sealed, closed


def check_prefixes(kind: CredentialKind, prefixes: Iterable[str]) -> tuple[str, ...]:
    """The prefixes in their one spelling. Raises SourceError (credential.prefix-refused)."""
    scheme = "https" if kind == CredentialKind.TOKEN else "ssh"
    found = tuple(dict.fromkeys(parse_prefix(one) for one in prefixes if one.strip()))
    if not found or len(found) > MAX_PREFIXES:
        raise SourceError(
            "credential.prefix-refused", f"Give from one to {MAX_PREFIXES} prefixes, one a line."
        )
    for prefix in found:
        if not prefix.startswith(f"{scheme}://"):
            raise SourceError(
                "credential.prefix-refused",
                f"{prefix} does not fit: a {kind.label} serves addresses with {scheme}:// only.",
            )
    return found


@sensitive_variables()
def check_secret(kind: CredentialKind, secret: str) -> str:
    """The secret as it is used. Raises SourceError (credential.secret-refused, credential.key-refused)."""
    if len(secret) > MAX_SECRET:
        raise SourceError("credential.secret-refused", "The secret is longer than any token or key.")
    if kind == CredentialKind.SSH:
        return check_private_key(secret)
    token = secret.strip()
    if not token or not token.isprintable() or " " in token:
        raise SourceError("credential.secret-refused", "A token is one word of printable characters.")
    return token


def check_username(username: str) -> str:
    """Raises SourceError (credential.username-refused)."""
    name = username.strip() or TOKEN_USER
    if ":" in name or not name.isprintable():
        raise SourceError(
            "credential.username-refused", "A user name has no colon and no control characters."
        )
    return name


def check_known_hosts(prefixes: Iterable[str], text: str) -> str:
    """The pinned keys, one line each. Raises SourceError (credential.host-keys-refused)."""
    known = parse_known_hosts(text)
    for prefix in prefixes:
        source = parse_source(f"{prefix}/_", allow_local=False)
        if not keys_for(known, source):
            raise SourceError(
                "credential.host-keys-refused",
                f"No key of {source.host} is among the host keys.",
                hint=f"Add what ssh-keyscan {'' if source.port == 22 else f'-p {source.port} '}{source.host}"
                " prints, after comparing it with the host's owner.",
            )
    return "\n".join(key.line() for key in known)


def _facts(credential: Credential) -> dict[str, Any]:
    return {
        "kind": credential.kind,
        "prefixes": credential.prefixes,
        "teams": list(credential.teams.order_by("name").values_list("name", flat=True)),
    }


def _scan_what_waits(credential: Credential, actor: AbstractUser) -> None:
    waiting = Repository.objects.filter(
        Q(team__credentials=credential) | Q(team__credential_grants__credential=credential),
        last_error_id__in=_WAITING_FOR_ONE,
    )
    for repository in waiting.select_related("mirror").distinct()[:500]:
        source = parse_source(repository.mirror.url)
        if source.kind == "url" and any(covers(prefix, source) for prefix in credential.prefixes):
            request_scan(repository=repository, reason=ScanReason.BULK, requested_by=actor)
