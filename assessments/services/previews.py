"""Previews of a draft ruleset: whom it would hit, worked out on repositories as they stand. Nothing of it is recorded.

Each repository is judged by the draft at the commit that stands for it, from the mirror on this machine, by the same
child process and through the same cache of answers as a scan; what cannot be judged here is named with the reason. Claim,
lease and recovery are those of exports. A preview works for a while, then lets other jobs go first and goes on later;
whoever takes it over from a dead worker does not judge twice what was judged.
"""

import logging
import time
import uuid
from dataclasses import replace
from datetime import datetime, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.db import transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Now
from django.utils import timezone

from assessments.choices import ACTIVE_WORK, WorkState
from assessments.comparison import Comparison, State, compare
from assessments.models import (
    Assessment,
    Repository,
    RulesetDraft,
    RulesetPreview,
    RulesetVersion,
    Standing,
    Team,
)
from assessments.services.assess import input_digest, judged_apart, unread_items
from assessments.services.audit import note
from assessments.services.clock import shared_now
from assessments.services.comparing import state_of
from assessments.services.past import mirror_at_hand
from assessments.services.preview_sample import Candidate, Sample, choose
from assessments.services.rulesets import DEFAULT, built, current_version, draft_version
from assessments.services.scans import Hold
from assessments.storable import storable
from scanners.apart import WorkFailed
from scanners.errors import RulesetError, ScanError, SourceError
from scanners.mirror import open_source
from scanners.scan import ScanResult

logger = logging.getLogger(__name__)

LEASE = timedelta(minutes=1)
"""Leases go by the database's clock, since those of the hosts may differ."""
RENEW_SECONDS = 2.0
"""Also how long a cancelled preview goes on at most."""
RESEND = timedelta(minutes=5)
"""After so long in the queue a preview is sent again, in case the queue lost it."""
ABANDONED = timedelta(hours=6)
"""How long one may wait for a worker."""
MAX_ATTEMPTS = 5
"""Workers that a preview may cost before it is given up; two that die over one repository leave that one out."""
SLICE_SECONDS = 20.0
"""After so long a preview lets exports and mails that wait go first."""


class PreviewLost(Exception):
    """The preview was cancelled, or another worker has it now; nothing more may be written."""


class InvalidDraftError(ScanError):
    """The draft cannot be judged by; ``problems`` says what is wrong with it, in sentences."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        count = len(problems)
        super().__init__(
            "preview.invalid-draft",
            f"The draft has {count} problem{'' if count == 1 else 's'}, so nothing can be judged by it.",
            hint="Mend what is listed, save the draft, then preview it again.",
            fault="request",
        )
        self.problems = problems


@transaction.atomic
def request_preview(
    *, draft: RulesetDraft, requested_by: AbstractUser | None, team: Team | None = None
) -> RulesetPreview:
    """The preview of the draft as it is now, of all teams or one; a job makes it after commit.

    The same one that is still waiting or being made is given instead of a second. Raises InvalidDraftError.
    """
    version = _judgeable(draft)
    values = {"draft": draft, "revision": draft.revision, "team": team}
    active = RulesetPreview.objects.filter(state__in=ACTIVE_WORK, **values).first()
    if active is not None:
        return active
    now = shared_now()
    preview = RulesetPreview.objects.create(
        **values,
        ruleset=draft.ruleset,
        name=storable(str(draft))[:300],
        digest=version.digest,
        requested_by=requested_by,
        requested_at=now,
        lease_until=now + RESEND,
    )
    note(actor=requested_by, action="ruleset.previewed", subject=str(draft), revision=draft.revision)
    transaction.on_commit(lambda: _enqueue(preview))
    return preview


def cancel_preview(*, preview: RulesetPreview) -> bool:
    """True where the preview was waiting or being made and is not any more; what it found so far stays."""
    return bool(
        RulesetPreview.objects.filter(pk=preview.pk, state__in=ACTIVE_WORK).update(
            state=WorkState.CANCELLED, finished_at=timezone.now(), lease_until=None
        )
    )


def _judgeable(draft: RulesetDraft) -> RulesetVersion:
    try:
        return draft_version(draft)
    except RulesetError as error:
        raise InvalidDraftError(tuple(error.problems) or (error.message,)) from None


def _enqueue(preview: RulesetPreview) -> None:
    import django_rq
    from redis.exceptions import RedisError

    from assessments.jobs import make_preview

    seconds = int(SLICE_SECONDS) + settings.ENVIRONMENT.scan_seconds + 300
    try:
        django_rq.get_queue("exports").enqueue(make_preview, preview.pk, job_timeout=seconds)
    except RedisError as error:
        logger.error("Preview %s was not queued: %s", preview.pk, type(error).__name__)
        _failed(
            preview,
            ScanError("preview.not-queued", "The queue of previews cannot be reached. Ask again in a while."),
        )


def make_preview(preview_id: int) -> None:
    """Carries a preview that waits on, for some seconds; does nothing for one that is being made or is over."""
    preview = _claimed(preview_id)
    if preview is None:
        return
    try:
        _carry_on(preview)
    except PreviewLost:
        return
    except ScanError as error:
        _failed(preview, error)
    except Exception:
        _failed(preview, ScanError("preview.failed", "The preview could not be made.", fault="ours"))
        raise


def _claimed(preview_id: int) -> RulesetPreview | None:
    claim = uuid.uuid4().hex
    waiting = RulesetPreview.objects.filter(pk=preview_id, state=WorkState.QUEUED)
    if not waiting.update(state=WorkState.RUNNING, claim=claim, lease_until=Now() + LEASE):
        return None
    RulesetPreview.objects.filter(pk=preview_id, started_at=None).update(started_at=timezone.now())
    preview = RulesetPreview.objects.select_related("draft", "team").get(pk=preview_id)
    return preview if preview.claim == claim else None


def _mine(preview: RulesetPreview) -> QuerySet[RulesetPreview]:
    return RulesetPreview.objects.filter(pk=preview.pk, claim=preview.claim, state=WorkState.RUNNING)


def _progress(preview: RulesetPreview, **fields: Any) -> None:
    """Writes how far the preview is and renews its lease. Raises PreviewLost."""
    if not _mine(preview).update(lease_until=Now() + LEASE, **fields):
        raise PreviewLost
    for name, value in fields.items():
        setattr(preview, name, value)


class _Grip(Hold):
    """Renews the lease while a child judges, and ends the child once the preview is not ours any more."""

    def __init__(self, preview: RulesetPreview) -> None:
        super().__init__()
        self._preview = preview
        self._renewed = time.monotonic()

    def check(self) -> None:
        if time.monotonic() - self._renewed > RENEW_SECONDS:
            self._renewed = time.monotonic()
            _progress(self._preview)


def _carry_on(preview: RulesetPreview) -> None:
    began = time.monotonic()
    if preview.draft is None:
        raise ScanError(
            "preview.draft-gone", "The draft was published or removed before it could be previewed."
        )
    by_draft = _judgeable(preview.draft)
    current = current_version(preview.ruleset)
    result = preview.result
    if not result or by_draft.digest != preview.digest or result["version"] != current.version:
        # A new one; or the rules on one side have changed since, and half of each would be a preview of neither.
        preview.revision, preview.digest = preview.draft.revision, by_draft.digest
        result = _begun(preview, current)
        _progress(
            preview,
            result=result,
            total=len(result["chosen"]),
            done=0,
            skipped=0,
            revision=preview.revision,
            digest=preview.digest,
        )
    _leave_out_what_kills(preview, result)
    over = {row["repository"] for row in (*result["rows"], *result["skipped"])}
    judged = 0
    for repository, assessment in result["chosen"]:
        if repository in over:
            continue
        if judged and time.monotonic() - began > SLICE_SECONDS:
            _give_back(preview)
            return
        # What a killed worker was at is known by this, and is not tried for ever.
        _progress(preview, result={**result, "at": repository})
        _preview_one(preview, result, current, by_draft, repository, assessment)
        _tell(preview, result)
        judged += 1
    _mine(preview).update(
        state=WorkState.DONE, finished_at=timezone.now(), lease_until=None, error_id="", error=""
    )


def _tell(preview: RulesetPreview, result: dict[str, Any]) -> None:
    skipped = len(result["skipped"])
    _progress(preview, result=result, done=len(result["rows"]) + skipped, skipped=skipped)


def _give_back(preview: RulesetPreview) -> None:
    if _mine(preview).update(state=WorkState.QUEUED, claim="", lease_until=Now() + RESEND):
        preview.claim = ""
        _enqueue(preview)


def _begun(preview: RulesetPreview, current: RulesetVersion) -> dict[str, Any]:
    sample = choose_repositories(preview.ruleset, preview.team)
    if not sample.chosen:
        raise ScanError(
            "preview.nothing",
            "There is nothing to preview: no repository of it has been judged yet.",
            hint="Scan first.",
        )
    return {
        "version": current.version,
        "chosen": [[one.repository, one.assessment] for one in sample.chosen],
        "sample": {"of": sample.of, "letters": sample.letters, "teams": sample.teams},
        "rows": [],
        "skipped": [],
        "items": {},
    }


def choose_repositories(ruleset: str, team: Team | None) -> Sample:
    """The repositories to judge of those that are judged by this ruleset, of all teams or one."""
    if ruleset == DEFAULT:
        rows = Repository.objects.filter(archived_at=None, removed_at=None, current__isnull=False)
        fields = ("pk", "current", "team", "letter")
    else:
        rows = Standing.objects.filter(  # type: ignore[assignment]
            ruleset=ruleset, repository__archived_at=None, repository__removed_at=None
        )
        fields = ("repository", "assessment", "repository__team", "assessment__effective_letter")
    if team is not None:
        rows = rows.filter(**{fields[2]: team})
    return choose([Candidate(*row) for row in rows.order_by().values_list(*fields)])


def _preview_one(
    preview: RulesetPreview,
    result: dict[str, Any],
    current: RulesetVersion,
    by_draft: RulesetVersion,
    repository_id: int,
    assessment_id: int,
) -> None:
    """Adds a row, or why there is none, to the result."""
    assessment = (
        Assessment.objects.filter(pk=assessment_id, repository=repository_id)
        .select_related("ruleset", "repository__team", "repository__mirror")
        .defer("ruleset__document")
        .first()
    )
    if assessment is None or assessment.repository.removed_at is not None:
        gone = {"repository": repository_id, "name": "A repository", "slug": "", "team": ""}
        result["skipped"].append(gone | {"id": "preview.gone", "reason": "It was removed meanwhile."})
        return
    repository = assessment.repository
    named = {
        "repository": repository.pk,
        "name": storable(repository.name),
        "slug": repository.slug,
        "team": repository.team.name,
    }
    try:
        row = _judged(preview, repository, assessment, current, by_draft)
    except ScanError as error:
        result["skipped"].append(named | {"id": error.id, "reason": storable(error.message)[:300]})
    except WorkFailed:
        logger.exception("Repository %s could not be previewed.", repository.slug)
        reason = "Something went wrong in Plumbline itself."
        result["skipped"].append(named | {"id": "scan.internal", "reason": reason})
    else:
        comparison, more = row
        flips = [flip for flip in comparison.flips if flip.before != flip.after]
        result["items"] |= {flip.item: flip.title for flip in flips}
        before, after = comparison.effective_before, comparison.effective_after
        raw = comparison.raw_before, comparison.raw_after
        result["rows"].append(
            named
            | more
            | {
                "letters": [before.letter or "", after.letter or ""],
                "scores": [_exact(before.score), _exact(after.score)],
                "raw_scores": [_exact(one.score) for one in raw],
                "flips": [[flip.item, flip.before, flip.after] for flip in flips],
            }
        )


def _exact(score: Fraction | None) -> str | None:
    return None if score is None else str(score)


def _judged(
    preview: RulesetPreview,
    repository: Repository,
    assessment: Assessment,
    current: RulesetVersion,
    by_draft: RulesetVersion,
) -> tuple[Comparison, dict[str, Any]]:
    """The repository as it stands against itself by the draft, and what is to be said of that.

    It stands by its assessment; where that is by another version than the current one, or with another profile, it is
    judged by the current one here as well, so that all that differs is the draft's doing.
    """
    as_recorded = assessment.ruleset_id == current.pk and assessment.input_digest == input_digest(
        repository.inputs, assessment.complete
    )
    versions = [by_draft] if as_recorded else [by_draft, current]
    if mirror_at_hand(repository) is None:
        raise SourceError("preview.no-mirror", "This machine has no mirror of it.")
    if mirror_at_hand(repository, assessment.commit) is None:
        short = assessment.commit[:7]
        raise SourceError("preview.no-commit", f"Its mirror here does not hold the judged commit {short}.")
    mirror = open_source(
        repository.mirror.url,
        cache_dir=Path(settings.MIRRORS_DIR),
        allow_private=settings.ENVIRONMENT.allow_private_addresses,
    )
    if mirror.absent([assessment.commit], repository.root):
        raise SourceError(
            "preview.no-commit", "Its mirror here does not hold all files of the judged commit."
        )
    found, *others = judged_apart(repository, mirror, assessment.commit, versions, _Grip(preview))
    before = state_of(repository, assessment)
    if others:
        before = _state(before, current, others[0])
    after = _state(before, by_draft, found)
    unread = unread_items(found)
    # As when the draft is published: what could not be read keeps the verdict that stands.
    carried = {item: before.verdicts[item] for item in unread if item in before.verdicts}
    after = replace(after, verdicts={**after.verdicts, **carried})
    more = {"commit": assessment.commit, "unread": len(unread), "afresh": not as_recorded}
    return compare(before, after), more


def _state(like: State, version: RulesetVersion, result: ScanResult) -> State:
    """The same repository, with the same words of people laid over, by another ruleset."""
    standard = built(version)[1]
    outcomes = {verdict.item: verdict.outcome for verdict in result.verdicts}
    verdicts = {item.id: outcomes.get(item.id, "unknown") for item in standard.items}
    return replace(like, standard=standard, verdicts=verdicts, complete=result.complete)


def _leave_out_what_kills(preview: RulesetPreview, result: dict[str, Any]) -> None:
    """Names the repository at which a worker died twice, instead of judging it again."""
    at = result.pop("at", None)
    if at is None or not preview.attempts:
        return
    died = result.setdefault("died", {})
    died[str(at)] = died.get(str(at), 0) + 1
    if died[str(at)] < 2:
        return
    repository = Repository.objects.select_related("team").filter(pk=at).first()
    result["skipped"].append(
        {
            "repository": at,
            "name": storable(repository.name) if repository else "A repository",
            "slug": repository.slug if repository else "",
            "team": repository.team.name if repository else "",
            "id": "preview.killed",
            "reason": "The worker was stopped twice while it judged this repository.",
        }
    )
    _tell(preview, result)


def _failed(preview: RulesetPreview, error: ScanError) -> None:
    """Marks a preview failed that is ours, or that nobody has begun."""
    said = " ".join((error.message, *getattr(error, "problems", ())[:5]))
    RulesetPreview.objects.filter(pk=preview.pk, claim=preview.claim, state__in=ACTIVE_WORK).update(
        state=WorkState.FAILED,
        error_id=error.id,
        error=storable(said)[:1000],
        finished_at=timezone.now(),
        lease_until=None,
    )


def recover_previews(*, now: datetime | None = None) -> int:
    """How many previews were sent again because their worker died or the queue lost them; those that cost too many
    workers, and those that nobody takes, are given up instead."""
    moment = now or shared_now()
    for state, longest in ((WorkState.RUNNING, LEASE), (WorkState.QUEUED, RESEND)):
        # What ends later than any lease that is written now was written by a clock that has been set back since.
        RulesetPreview.objects.filter(state=state, lease_until__gt=moment + 2 * longest).update(
            lease_until=moment + longest
        )
    ended = RulesetPreview.objects.filter(
        Q(lease_until__lt=moment) | Q(lease_until=None), state__in=ACTIVE_WORK
    )
    again = 0
    for preview in ended.defer("result").order_by("requested_at", "pk")[:100]:
        died = preview.state == WorkState.RUNNING
        attempts = preview.attempts + died
        if attempts >= MAX_ATTEMPTS or (not died and preview.requested_at < moment - ABANDONED):
            how = f"was cut off {attempts} times" if died else "was taken up by no worker in time"
            _failed(preview, ScanError("preview.abandoned", f"The preview {how}. Ask for it again."))
            continue
        still = ended.filter(pk=preview.pk, state=preview.state, claim=preview.claim)
        if still.update(state=WorkState.QUEUED, claim="", attempts=attempts, lease_until=moment + RESEND):
            preview.claim = ""
            again += 1
            _enqueue(preview)  # a second delivery finds nothing to claim
    return again


def remove_previews(now: datetime) -> int:
    """How many previews went, as long after their end as scans do."""
    over = now - timedelta(days=settings.ENVIRONMENT.keep_scans_days)
    old = RulesetPreview.objects.filter(requested_at__lt=over).exclude(state__in=ACTIVE_WORK)
    return old.delete()[1].get("assessments.RulesetPreview", 0)
