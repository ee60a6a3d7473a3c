"""Push hooks: making them, and turning a signed delivery into one queued scan.

A push is no person: it starts nothing where a pause or a quarantine holds the schedule. It is written down at the
repository instead and scanned once, when the pause ends or a lead releases the repository.
"""

import hashlib
import logging
import secrets
from collections.abc import Mapping
from datetime import datetime

from django.contrib.auth.models import AbstractUser
from django.core.cache import cache
from django.db import transaction
from django.db.models import QuerySet, Value
from django.db.models.functions import Upper
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables
from redis.exceptions import RedisError

from assessments.choices import ACTIVE_STATES, DeliveryOutcome, Forge, ScanReason, ScanState
from assessments.models import HookDelivery, Mirror, PushHook, Repository, ScanPolicy, ScanRequest, Team
from assessments.pushes import (
    Push,
    PushMalformed,
    delivery_of,
    event_of,
    is_ping,
    is_push,
    is_signed,
    parse_push,
    read_payload,
)
from assessments.services.audit import note
from assessments.services.intervals import scan_policy
from assessments.services.scans import request_scan
from assessments.storable import storable
from assessments.vault import seal, unseal
from scanners.errors import ScanError
from scanners.source_url import parse_source

logger = logging.getLogger(__name__)

KEPT_DELIVERIES = 50
"""Deliveries that a hook's page can show; older ones go."""
REPEAT_SECONDS = 24 * 3600
"""How long a delivery's id is known; forges try again for hours."""
SAME_BODY_SECONDS = 3600
"""How long the same body counts as the same delivery, since no signature covers the id."""
FOLLOW_UP_SECONDS = 60
"""How long after a push during a running scan the next one is asked for."""
MAX_FOLLOW_UPS = 60


class HookRefused(Exception):
    """The delivery is not signed with the hook's secret."""


@sensitive_variables("secret")
@transaction.atomic
def add_hook(*, name: str, provider: Forge, team: Team | None, actor: AbstractUser) -> tuple[PushHook, str]:
    """The new hook, and its secret, which is shown this once."""
    secret = secrets.token_urlsafe(32)
    hook = PushHook.objects.create(
        name=name.strip()[:120], provider=provider, team=team, secret=seal(secret), created_by=actor
    )
    note(
        actor=actor, action="hook.added", subject=hook.name, provider=provider, team=team.name if team else ""
    )
    return hook, secret


@sensitive_variables("secret")
@transaction.atomic
def renew_secret(*, hook: PushHook, actor: AbstractUser) -> str:
    """A new secret, shown this once; deliveries signed with the old one are refused from now on."""
    secret = secrets.token_urlsafe(32)
    PushHook.objects.filter(pk=hook.pk).update(secret=seal(secret))
    note(actor=actor, action="hook.secret-renewed", subject=hook.name)
    return secret


@transaction.atomic
def revoke_hook(*, hook: PushHook, actor: AbstractUser) -> None:
    if PushHook.objects.filter(pk=hook.pk, revoked_at=None).update(
        revoked_at=timezone.now(), secret=seal("")
    ):
        note(actor=actor, action="hook.revoked", subject=hook.name)


def find_hook(provider: str, public_id: str) -> PushHook | None:
    """The hook behind an address, None where there is none that still listens."""
    hooks = PushHook.objects.filter(public_id=public_id, provider=provider, revoked_at=None)
    return hooks.first()


@sensitive_variables()
def receive(
    hook: PushHook,
    *,
    headers: Mapping[str, str],
    content_type: str,
    body: bytes,
    now: datetime | None = None,
) -> DeliveryOutcome:
    """What became of a delivery; it is kept for the hook's page. Nothing but queueing happens here.

    Raises HookRefused for a wrong signature, PushMalformed for a body that is not what the forge documents.
    """
    provider = Forge(hook.provider)
    if not is_signed(provider, unseal(hook.secret), headers, body):
        raise HookRefused
    kept = HookDelivery(
        hook=hook,
        at=now or timezone.now(),
        delivery=storable(delivery_of(provider, headers))[:100],
        event=storable(event_of(provider, headers))[:60],
    )
    try:
        kept.outcome = _outcome(kept, body, content_type)
    except PushMalformed:
        kept.outcome = DeliveryOutcome.MALFORMED
        raise
    finally:
        kept.save(force_insert=True)
        if kept.pk % 20 == 0:
            _forget_old(hook)
    return DeliveryOutcome(kept.outcome)


def _outcome(kept: HookDelivery, body: bytes, content_type: str) -> DeliveryOutcome:
    if is_ping(kept.event):
        return DeliveryOutcome.PING
    payload = read_payload(content_type, body)
    if not is_push(kept.event):
        return DeliveryOutcome.OTHER_EVENT
    push = parse_push(kept.hook.provider, payload)
    kept.address = storable(_shown(push))[:300]
    repositories = _meant(kept.hook, push)
    if not repositories:
        return DeliveryOutcome.UNKNOWN
    kept.repository = repositories[0]
    default = push.default_branch or repositories[0].mirror.default_branch
    if not push.branches or (default and default not in push.branches):
        return DeliveryOutcome.OTHER_BRANCH
    if _repeated(kept, body):
        return DeliveryOutcome.REPEATED
    policy = scan_policy()
    return max((_ask(one, policy) for one in repositories), key=_RANK.index)


_RANK = [
    DeliveryOutcome.QUARANTINED,
    DeliveryOutcome.PAUSED,
    DeliveryOutcome.WAITING,
    DeliveryOutcome.LATER,
    DeliveryOutcome.QUEUED,
]
"""What a delivery about several repositories is said to have led to: the most that it led to for one of them."""


def _ask(repository: Repository, policy: ScanPolicy) -> DeliveryOutcome:
    """Asks for a scan. One that runs may have looked before the push, so another follows it."""
    if rests := resting(repository, policy):
        # Or a repository that kills its workers would do so with every push.
        Repository.objects.filter(pk=repository.pk).update(pushed_at=timezone.now())
        return rests
    active = ScanRequest.objects.filter(repository=repository, state__in=ACTIVE_STATES).first()
    if active is None:
        request_scan(repository=repository, reason=ScanReason.PUSH)
        return DeliveryOutcome.QUEUED
    if active.state == ScanState.QUEUED:
        return DeliveryOutcome.WAITING
    if _first(f"push-later:{repository.pk}", FOLLOW_UP_SECONDS):
        follow_up(repository.pk, 1)
    return DeliveryOutcome.LATER


def resting(repository: Repository, policy: ScanPolicy) -> DeliveryOutcome | None:
    """Why a push to the repository (its team loaded) is not scanned now, None where it is."""
    if repository.quarantined_at is not None:
        return DeliveryOutcome.QUARANTINED
    if repository.archived_at or repository.paused or repository.team.paused or policy.paused:
        return DeliveryOutcome.PAUSED
    return None


def follow_up(repository_id: int, attempt: int) -> None:
    """Asks the workers to look at the repository again in a minute."""
    from kombu.exceptions import OperationalError

    from assessments.tasks import scan_after_push

    try:
        scan_after_push.apply_async(args=[repository_id, attempt], countdown=FOLLOW_UP_SECONDS)
    except OperationalError as error:
        logger.error(
            "A push to repository %s waits for its schedule: %s", repository_id, type(error).__name__
        )


def scan_pushed(repository_id: int, attempt: int) -> None:
    """Asks for the scan that a push during a running one is owed, as soon as that has ended.

    Where that one led to a quarantine, or a pause began meanwhile, the push is written down.
    """
    repository = Repository.objects.filter(pk=repository_id).select_related("team").first()
    if repository is None:
        return
    if resting(repository, scan_policy()):
        Repository.objects.filter(pk=repository_id).update(pushed_at=timezone.now())
        return
    running = ScanRequest.objects.filter(repository=repository, state__in=ACTIVE_STATES).exclude(
        state=ScanState.QUEUED
    )
    if not running.exists():
        request_scan(repository=repository, reason=ScanReason.PUSH)
    elif attempt < MAX_FOLLOW_UPS:
        follow_up(repository_id, attempt + 1)


def _meant(hook: PushHook, push: Push) -> list[Repository]:
    """The repositories at the pushed address that the hook may speak for."""
    canonical = []
    for address in push.addresses:
        try:
            canonical.append(parse_source(address, allow_local=False).canonical)
        except ScanError:
            continue
    speaks_for = Repository.objects.select_related("mirror", "team")
    if hook.team_id is not None:
        speaks_for = speaks_for.filter(team_id=hook.team_id)
    found = list(speaks_for.filter(mirror__canonical__in=canonical))
    if not found and canonical:  # forges take owner and name in any case
        found = list(speaks_for.filter(mirror__in=_in_any_case(canonical[0]).values("pk")))
    return found


def _in_any_case(canonical: str) -> QuerySet[Mirror]:
    """The mirrors of an address, asked for as the index has it: SQLite has none that ``iexact`` could use."""
    mirrors = Mirror.objects.alias(any_case=Upper("canonical"))
    return mirrors.filter(any_case=Upper(Value(canonical)))


def _repeated(kept: HookDelivery, body: bytes) -> bool:
    """True where this delivery has been here; without the cache, a scan too many does no harm."""
    digest = hashlib.blake2b(body, digest_size=16).hexdigest()
    fresh = _first(f"hook:{kept.hook_id}:body:{digest}", SAME_BODY_SECONDS)
    if kept.delivery:
        one = hashlib.blake2b(kept.delivery.encode(), digest_size=16).hexdigest()
        fresh = _first(f"hook:{kept.hook_id}:id:{one}", REPEAT_SECONDS) and fresh
    return not fresh


def _first(key: str, seconds: int) -> bool:
    """True for the first to ask within ``seconds``, and for everybody while the cache does not answer."""
    try:
        return bool(cache.add(key, 1, seconds))
    except RedisError as error:
        logger.warning("Deliveries are not told apart: the cache does not answer: %s", type(error).__name__)
        return True


def _shown(push: Push) -> str:
    """The repository as the forge names it, free of any sign-in."""
    for address in push.addresses:
        try:
            return parse_source(address, allow_local=False).canonical
        except ScanError:
            continue
    return ""


def _forget_old(hook: PushHook) -> None:
    oldest = HookDelivery.objects.filter(hook=hook).order_by("-pk").values_list("pk", flat=True)
    for last in oldest[KEPT_DELIVERIES - 1 : KEPT_DELIVERIES]:
        HookDelivery.objects.filter(hook=hook, pk__lt=last).delete()
