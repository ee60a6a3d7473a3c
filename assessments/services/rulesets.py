"""Rulesets: the shipped one, drafts of it, and publishing a draft as a version that never changes."""

from pathlib import Path
from typing import Any

import yaml
from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.db import transaction

from assessments.choices import RescanScope, ScanReason
from assessments.models import Repository, RulesetDraft, RulesetVersion
from assessments.services.audit import note
from assessments.standard import Standard, load_standard
from scanners.errors import RulesetError
from scanners.rules import (
    RULESETS,
    SHIPPED,
    Ruleset,
    digest_of,
    load_document,
    ruleset_from_document,
    worked_out,
)
from scanners.validation import validate_document
from scanners.warm import warm

DEFAULT = "industry-standards"


class StaleDraft(Exception):
    """Somebody else has saved the draft since it was opened."""


def to_text(document: dict[str, Any]) -> str:
    """The document as canonical YAML: the order of its keys kept, one layout for all."""
    return yaml.dump(
        document,
        Dumper=getattr(yaml, "CSafeDumper", yaml.SafeDumper),
        sort_keys=False,
        allow_unicode=True,
        width=110,
    )


def from_text(text: str) -> Any:
    """The document that YAML text holds. Raises RulesetError (ruleset.unreadable) with the line."""
    try:
        return yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except yaml.YAMLError as error:
        place = getattr(error, "problem_mark", None)
        line = f" in line {place.line + 1}" if place else ""
        problem = getattr(error, "problem", None) or "it cannot be parsed"
        raise RulesetError("ruleset.unreadable", f"The text is no valid YAML{line}: {problem}.") from error


@transaction.atomic
def ensure_shipped(ruleset: str = DEFAULT) -> RulesetVersion:
    """The current version, publishing the shipped document where it is new or has changed with the product.

    A version that an admin published stays current; the shipped one is then only added beside it.
    """
    document = load_document(RULESETS / SHIPPED[ruleset])
    digest = digest_of(document)
    current = RulesetVersion.objects.filter(ruleset=ruleset, current=True).first()
    known = RulesetVersion.objects.filter(ruleset=ruleset, digest=digest).first()
    if known is not None:
        return current or known
    edited = current is not None and current.published_by_id is not None
    version = _free_version(ruleset, str(document["version"]))
    if current is not None and not edited:
        RulesetVersion.objects.filter(pk=current.pk).update(current=False)
    made = RulesetVersion.objects.create(
        ruleset=ruleset,
        version=version,
        title=document["title"],
        document=to_text(document),
        digest=digest,
        notes="Shipped with the product.",
        current=not edited,
    )
    return current if edited and current is not None else made


def _free_version(ruleset: str, wanted: str) -> str:
    """``wanted``, or ``wanted`` with the first free number behind it."""
    taken = set(RulesetVersion.objects.filter(ruleset=ruleset).values_list("version", flat=True))
    number, version = 1, wanted
    while version in taken:
        number += 1
        version = f"{wanted}+{number}"
    return version


def current_version(ruleset: str = DEFAULT) -> RulesetVersion:
    """The version that new assessments are graded by; its document is fetched when it is asked for."""
    return RulesetVersion.objects.defer("document").get(ruleset=ruleset, current=True)


_BUILT: dict[str, tuple[Ruleset, Standard]] = {}
_JUDGING: dict[str, Ruleset] = {}
_BUILT_LIMIT = 8


def built(version: RulesetVersion) -> tuple[Ruleset, Standard]:
    """The engine's and the grading's view of a version; those used last are kept, as parsing takes time."""
    known = _BUILT.pop(version.digest, None)
    if known is None:
        document = from_text(version.document)
        known = ruleset_from_document(document), load_standard(document)
        while len(_BUILT) >= _BUILT_LIMIT:
            _BUILT.pop(next(iter(_BUILT)), None)
    _BUILT[version.digest] = known
    return known


def judging(version: RulesetVersion) -> Ruleset:
    """The ruleset of a version, made ready in this process for judging many repositories, which takes seconds once."""
    known = _JUDGING.pop(version.digest, None)
    if known is None:
        known = worked_out(built(version)[0], Path(settings.ANSWERS).parent)
        while len(_JUDGING) >= _BUILT_LIMIT:
            _JUDGING.pop(next(iter(_JUDGING)), None)
    _JUDGING[version.digest] = known
    warm(known)
    return known


@transaction.atomic
def open_draft(*, ruleset: str, actor: AbstractUser) -> RulesetDraft:
    """A new draft that starts as the current version."""
    version = current_version(ruleset)
    draft = RulesetDraft.objects.create(
        ruleset=ruleset, based_on=version, document=version.document, edited_by=actor
    )
    note(actor=actor, action="ruleset.draft-opened", subject=str(version))
    return draft


@transaction.atomic
def save_draft(*, draft: RulesetDraft, document: str, revision: int, actor: AbstractUser) -> RulesetDraft:
    """The draft with the new text and what is wrong with it; an invalid draft may be saved, not published.

    Raises StaleDraft where ``revision`` is not the one in the database.
    """
    changed = RulesetDraft.objects.filter(pk=draft.pk, revision=revision).update(
        document=document, problems=problems_of_text(document), revision=revision + 1, edited_by=actor
    )
    if not changed:
        raise StaleDraft
    draft.refresh_from_db()
    return draft


def problems_of_text(text: str) -> list[str]:
    """Everything that keeps the text from being published, in sentences; [] where nothing does."""
    try:
        document = from_text(text)
        validate_document(document)
        load_standard(document)
    except RulesetError as error:
        return list(error.problems) or [error.message]
    return []


def draft_version(draft: RulesetDraft) -> RulesetVersion:
    """The draft as a version that is in no database, to judge by. Raises RulesetError."""
    document = from_text(draft.document)
    validate_document(document)
    load_standard(document)
    _keeps_its_id(draft, document)
    return RulesetVersion(
        ruleset=draft.ruleset,
        version=str(document["version"])[:40],
        title=document["title"],
        document=draft.document,
        digest=digest_of(document),
    )


def _keeps_its_id(draft: RulesetDraft, document: dict[str, Any]) -> None:
    if document["id"] != draft.ruleset:
        raise RulesetError("ruleset.renamed", f"The document's id must stay {draft.ruleset}.")


@transaction.atomic
def publish_draft(
    *, draft: RulesetDraft, version: str, actor: AbstractUser, notes: str = ""
) -> RulesetVersion:
    """The new current version; every repository is judged by it soon after. Raises RulesetError."""
    document = from_text(draft.document)
    if isinstance(document, dict):
        document["version"] = version
    validate_document(document)
    load_standard(document)
    _keeps_its_id(draft, document)
    if RulesetVersion.objects.filter(ruleset=draft.ruleset, version=version).exists():
        raise RulesetError(
            "ruleset.version-taken", f"Version {version} has been published before.", hint="Choose another."
        )
    RulesetVersion.objects.filter(ruleset=draft.ruleset, current=True).update(current=False)
    made = RulesetVersion.objects.create(
        ruleset=draft.ruleset,
        version=version,
        title=document["title"],
        document=to_text(document),
        digest=digest_of(document),
        notes=notes,
        published_by=actor,
        current=True,
    )
    draft.delete()
    note(actor=actor, action="ruleset.published", subject=str(made), notes=notes)
    from assessments.services.rescans import request_rescan

    request_rescan(
        repositories=Repository.objects.filter(judged_at__isnull=False),
        requested_by=actor,
        scope=RescanScope.RULESET,
        reason=ScanReason.RULESET,
    )
    return made
