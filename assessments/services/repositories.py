"""Repositories and teams: adding them, and changing how a repository is judged."""

from collections.abc import Mapping
from typing import Any

from django.contrib.auth.models import AbstractUser
from django.db import IntegrityError, transaction
from django.utils.text import slugify

from assessments.choices import ScanReason
from assessments.models import Mirror, Repository, ScanRequest, Team
from assessments.services.audit import note
from assessments.services.scans import request_scan
from scanners.errors import SourceError
from scanners.source_url import parse_source
from scanners.tree import clean_root


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
    shown = name.strip() or (f"{parsed.name}/{place}" if place else parsed.name)
    repository = Repository.objects.filter(mirror=mirror, root=place).first()
    reason = ScanReason.REQUEST
    if repository is None:
        repository = Repository.objects.create(
            mirror=mirror, root=place, name=shown[:300], slug=_free_slug(shown), team=team
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
    Repository.objects.filter(pk=repository.pk).update(**changes)
    note(
        actor=actor,
        action="repository.changed",
        subject=repository.name,
        **{name: str(value) for name, value in changes.items()},
    )
    if "profile_override" in changes:
        request_scan(repository=repository, reason=ScanReason.REQUEST, requested_by=actor)


def _free_slug(name: str) -> str:
    base = slugify(name.replace("/", "-"))[:100] or "repository"
    taken = set(Repository.objects.filter(slug__startswith=base).values_list("slug", flat=True))
    slug, number = base, 1
    while slug in taken:
        number += 1
        slug = f"{base}-{number}"
    return slug


def ensure_team(name: str) -> Team:
    """The team called ``name``, made where there is none."""
    slug = slugify(name)[:90] or "team"
    known = Team.objects.filter(name=name).first()
    if known is not None:
        return known
    try:
        with transaction.atomic():
            return Team.objects.create(name=name, slug=slug)
    except IntegrityError:
        return Team.objects.create(name=name, slug=f"{slug}-{Team.objects.count() + 1}")
