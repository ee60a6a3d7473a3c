"""Repositories and teams: adding them, and changing how a repository is judged."""

from collections.abc import Callable, Mapping
from itertools import count
from typing import Any, TypeVar

from django.contrib.auth.models import AbstractUser
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils.text import slugify

from assessments.choices import ScanReason
from assessments.models import Mirror, Repository, ScanRequest, Team
from assessments.services.audit import note
from assessments.services.scans import request_scan
from scanners.errors import SourceError
from scanners.source_url import parse_source
from scanners.tree import clean_root

SLUG_TRIES = 5

Named = TypeVar("Named", Repository, Team)


@transaction.atomic
def register_repository(
    *,
    source: str,
    team: Team,
    actor: AbstractUser | None,
    root: str = "",
    name: str = "",
    allow_local: bool = False,
) -> tuple[Repository, ScanRequest]:
    """The repository at ``source`` and the scan asked for; one that is known already is scanned again.

    Raises SourceError (source.url-refused, source.not-a-repository, source.holds-credential) or ObjectError
    (path.not-found). Whether the address answers is found out by the scan.
    """
    parsed = parse_source(source, allow_local=allow_local)
    if parsed.credential is not None:
        raise SourceError(
            "source.holds-credential",
            "The address holds a password or token.",
            hint="Give it without; credentials are kept apart from addresses.",
        )
    place = clean_root(root)
    mirror, _ = Mirror.objects.get_or_create(canonical=parsed.canonical, defaults={"url": parsed.url})
    Mirror.objects.select_for_update().get(pk=mirror.pk)  # the same form sent twice makes one repository
    shown = name.strip() or (f"{parsed.name}/{place}" if place else parsed.name)
    repository = Repository.objects.filter(mirror=mirror, root=place).first()
    reason = ScanReason.REQUEST
    if repository is not None and repository.archived_at is not None:
        Repository.objects.filter(pk=repository.pk).update(archived_at=None, removed_at=None)
        note(actor=actor, action="repository.restored", subject=repository.name)
    if repository is None:
        repository = _with_free_slug(
            shown,
            Repository,
            lambda slug: Repository(mirror=mirror, root=place, name=shown[:300], slug=slug, team=team),
        )
        reason = ScanReason.ADDED
        note(actor=actor, action="repository.added", subject=repository.name, url=mirror.url, root=place)
    return repository, request_scan(repository=repository, reason=reason, requested_by=actor)


@transaction.atomic
def change_repository(*, repository: Repository, changes: Mapping[str, Any], actor: AbstractUser) -> None:
    """Writes the changed fields and nothing else, so that a scan that ends meanwhile keeps its result.

    A new profile override is judged by at once.
    """
    if not changes:
        return
    Repository.objects.filter(pk=repository.pk).update(**changes, version=F("version") + 1)
    note(
        actor=actor,
        action="repository.changed",
        subject=repository.name,
        **{name: str(value) for name, value in changes.items()},
    )
    if "profile_override" in changes:
        request_scan(repository=repository, reason=ScanReason.REQUEST, requested_by=actor)


def ensure_team(name: str) -> Team:
    """The team called ``name``, made where there is none."""
    known = Team.objects.filter(name=name).order_by("pk").first()
    return known or _with_free_slug(name, Team, lambda slug: Team(name=name, slug=slug))


def _with_free_slug(name: str, model: type[Named], build: Callable[[str], Named]) -> Named:
    """The row that ``build`` makes of a slug nobody else has, saved."""
    base = slugify(name.replace("/", "-"))[:80] or model.__name__.lower()
    for attempt in range(SLUG_TRIES):
        taken = set(model.objects.filter(slug__startswith=base).values_list("slug", flat=True))
        free = (slug for n in count(2) if (slug := f"{base}-{n}") not in taken)
        row = build(base if base not in taken else next(free))
        try:
            with transaction.atomic():
                row.save()
        except IntegrityError:  # somebody else took it at the same moment
            if attempt == SLUG_TRIES - 1:
                raise
        else:
            break
    return row
