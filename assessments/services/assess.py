"""Judging one repository: mirror, scan, record. The seam between the engine and the database."""

import errno
import hashlib
import json
import logging
import socket
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from assessments.choices import Cause, Origin, ScanState
from assessments.grading import area_stars, grade
from assessments.models import (
    Assessment,
    ChecklistItem,
    Mirror,
    Repository,
    RulesetVersion,
    ScanRequest,
    Standing,
    VerdictChange,
)
from assessments.services import hosts, meters, notifications
from assessments.services.credentials import reading
from assessments.services.plans import refresh_plans
from assessments.services.rollups import refresh_trends
from assessments.services.rulesets import DEFAULT, built, current_version, judging
from assessments.services.scans import Hold, advance, finish
from assessments.staleness import Known, carried
from assessments.standard import Standard
from assessments.storable import storable
from scanners import upkeep
from scanners.apart import out_of, run_apart
from scanners.cache import Counting, Remembering, SqliteCache
from scanners.cachecare import keep_within
from scanners.errors import LimitError, ObjectError, ScanError
from scanners.mirror import Limits, open_source
from scanners.mirror import Mirror as SourceMirror
from scanners.plain import from_plain, to_plain
from scanners.scan import ScanResult, scan
from scanners.source_url import parse_source
from scanners.tree import RepoTree
from scanners.verdicts import UNREAD

logger = logging.getLogger(__name__)

LETTERS = {"pass": "p", "fail": "f", "not_applicable": "n", "unknown": "u"}
OUTCOMES = {letter: outcome for outcome, letter in LETTERS.items()}


def run_scan(request: ScanRequest, hold: Hold | None = None) -> Assessment:
    """Carries out a claimed scan up to its recorded assessment.

    Raises ScanError for what the repository, the network or a limit did, and ClaimLost where the scan was
    taken away or cancelled.
    """
    repository = request.repository
    hold = hold or Hold()
    version = current_version()
    versions = (version, *(current_version(pack) for pack in repository.team.packs))
    mirror = mirrored(repository, hold)
    commit = mirror.head()
    Mirror.objects.filter(pk=repository.mirror_id).update(
        head=commit,
        default_branch=storable(mirror.default_branch)[:500],
        fetched_at=timezone.now(),
        moved_to=mirror.moved_to[:2000],
    )
    known = _already_judged(repository, version, commit)
    if known is not None and all(_already_judged(repository, pack, commit) for pack in versions[1:]):
        with transaction.atomic():
            now = timezone.now()
            refresh_plans(repository=repository, assessment=known, standard=built(version)[1], now=now)
            finish(request, summary=f"Nothing has changed since {commit[:7]}", judged_at=now)
        meters.scan_ended("unchanged", request.stages)
        return known
    advance(request, ScanState.SCANNING)
    results = _judged(repository, mirror, commit, versions, hold)
    advance(request, ScanState.GRADING)
    taken = upkeep.folder_bytes(mirror.path)
    with transaction.atomic():
        Mirror.objects.filter(pk=repository.mirror_id).update(bytes=taken)
        assessment, *_ = [
            record_assessment(repository=repository, version=one, result=result, origin=Origin.SCAN)
            for one, result in zip(versions, results, strict=True)
        ]
        finish(
            request,
            summary=f"Judged {commit[:7]}: {assessment.letter or 'no grade'}",
            files=max(one.files for one in results),
            bytes=taken,
        )
    meters.scan_ended("done", request.stages)
    tend_answers()
    return assessment


def tend_answers() -> int:
    """How many of this machine's answers were removed, so that they fit their budget of disk; each host has its own."""
    try:
        return keep_within(Path(settings.ANSWERS), settings.ENVIRONMENT.answers_mb << 20)
    except OSError as error:
        logger.warning("The cache of answers was not tended: %s", error.strerror)
        return 0


def mirrored(repository: Repository, hold: Hold) -> SourceMirror:
    """The repository's mirror, brought up to date by one of the places that its host has for us."""
    environment = settings.ENVIRONMENT
    folder = Path(settings.MIRRORS_DIR)
    with _speaking_to(repository, hold), reading(repository) as source:
        mirror = open_source(
            source,
            cache_dir=folder,
            limits=Limits(
                max_bytes=environment.max_repository_mb << 20,
                clone_seconds=environment.scan_seconds,
                fetch_seconds=min(Limits().fetch_seconds, environment.scan_seconds),
                listing_seconds=min(Limits().listing_seconds, environment.scan_seconds),
                partial=environment.partial_clones,
            ),
            allow_private=environment.allow_private_addresses,
            stopped=hold.lost.is_set,
        )
        mirror.update()
    if environment.mirrors_mb:
        upkeep.keep_within(folder, environment.mirrors_mb << 20, keep=mirror.path)
    meters.report_disk(socket.gethostname(), lambda: upkeep.disk_of(folder, environment.mirrors_mb << 20))
    return mirror


def filled(
    repository: Repository, mirror: SourceMirror, commits: Sequence[str], hold: Hold
) -> frozenset[str]:
    """Fetches what judging these commits needs and the mirror has not got yet; the ids of what the host lacks."""
    if not mirror.absent(commits, repository.root):
        return frozenset()
    with _speaking_to(repository, hold):
        return mirror.fill(commits, repository.root)


@contextmanager
def _speaking_to(repository: Repository, hold: Hold) -> Iterator[None]:
    """Holds a place at the repository's host, lets the host rest where it asks for it, and names a full disk."""
    host = hosts.host_of(parse_source(repository.mirror.url))
    with hosts.turn(host) as renew, hold.renewing(renew):
        try:
            yield
        except ScanError as error:
            hold.check()
            if error.wait is not None and host:
                error.wait = hosts.let_rest(host, error.wait)
            raise
        except OSError as error:
            if error.errno not in (errno.ENOSPC, errno.EDQUOT):
                raise
            raise ScanError(
                "mirror.no-space",
                "The disk of the mirrors is full.",
                hint="Free space there, or let mirrors take less of it.",
                fault="ours",
            ) from None
    hosts.answered(host)


def _judged(
    repository: Repository,
    mirror: SourceMirror,
    commit: str,
    versions: Sequence[RulesetVersion],
    hold: Hold,
) -> list[ScanResult]:
    """One result per version. A mirror that turns out to be damaged is cloned afresh, once; cloning again does not
    bring what the host itself lacks."""
    lacking = filled(repository, mirror, [commit], hold)
    try:
        results = judged_apart(repository, mirror, commit, versions, hold)
    except ObjectError as error:
        if error.id not in ("git.corrupt", "git.failed"):
            raise
        results = []
    current = repository.current
    tried = lacking or (current is not None and current.commit == commit and not current.complete)
    if mirror.source.kind == "local" or (results and (tried or all(one.complete for one in results))):
        return results or judged_apart(repository, mirror, commit, versions, hold)
    logger.warning("The mirror of %s is damaged and is cloned afresh.", repository.slug)
    with _speaking_to(repository, hold):
        mirror.rebuild()
    filled(repository, mirror, [commit], hold)
    return judged_apart(repository, mirror, commit, versions, hold)


def judged_apart(
    repository: Repository,
    mirror: SourceMirror,
    commit: str,
    versions: Sequence[RulesetVersion],
    hold: Hold,
) -> list[ScanResult]:
    """One result per version, found by a child that may be ended for its time, its memory or a lost claim."""
    environment = settings.ENVIRONMENT
    rulesets = [judging(one) for one in versions]  # here, since what the child prepares goes with it

    def work() -> dict[str, Any]:
        answers = Counting(Remembering(SqliteCache(Path(settings.ANSWERS))))
        with closing(
            RepoTree.open(mirror.path, commit, root=repository.root, max_files=environment.max_files)
        ) as tree:
            found = [
                scan(
                    tree,
                    ruleset,
                    cache=answers,
                    default_branch=mirror.default_branch,
                    profile_overrides=repository.profile_override,
                )
                for ruleset in rulesets
            ]
        return {"results": [to_plain(one) for one in found], "hits": answers.hits, "misses": answers.misses}

    with mirror.in_use():
        said = run_apart(
            work,
            seconds=environment.scan_seconds,
            memory_bytes=environment.scan_memory_mb << 20,
            check=hold.check,
            forking=hold.quiet,
        )
    meters.answers_used(hits=said["hits"], misses=said["misses"])
    return [from_plain(one) for one in said["results"]]


def input_digest(
    profile_override: Mapping[str, Any], complete: bool, carried: Mapping[str, str] | None = None
) -> str:
    """What besides commit and ruleset decides an assessment: overrides, whether all could be read, and verdicts
    that stand in for what could not."""
    raw = json.dumps([profile_override, complete, *([carried] if carried else [])], sort_keys=True)
    return hashlib.blake2b(raw.encode(), digest_size=16).hexdigest()


def _already_judged(repository: Repository, version: RulesetVersion, commit: str) -> Assessment | None:
    digest = input_digest(repository.inputs, True)
    current = standing(repository, version.ruleset)
    same = (
        current
        and current.commit == commit
        and current.ruleset_id == version.pk
        and current.input_digest == digest
    )
    if not same or current is None:
        return None
    current.ruleset = version  # the same row, without its document
    return current


def standing(repository: Repository, ruleset: str) -> Assessment | None:
    """The assessment that stands for the repository by a ruleset: the standard's, or a pack's."""
    if ruleset == DEFAULT:
        return repository.current
    row = Standing.objects.filter(repository=repository, ruleset=ruleset)
    found = row.select_related("assessment__ruleset").defer("assessment__ruleset__document").first()
    return found.assessment if found else None


@transaction.atomic
def record_assessment(
    *,
    repository: Repository,
    version: RulesetVersion,
    result: ScanResult,
    origin: Origin,
    now: datetime | None = None,
) -> Assessment:
    """The assessment of this result: the one that was recorded before, or a new one.

    Either way it stands from now on, and what flips against the one that stood so far is recorded.
    """
    moment = now or timezone.now()
    _, standard = built(version)
    outcomes = {v.item: v.outcome for v in result.verdicts}
    verdicts = {item.id: outcomes.get(item.id, "unknown") for item in standard.items}
    # The lock lets one recording of a repository follow the other.
    locked = (
        Repository.objects.select_for_update(of=("self",)).select_related("current").get(pk=repository.pk)
    )
    previous = standing(locked, version.ruleset)
    rows = {
        row.item: row for row in ChecklistItem.objects.filter(repository=repository, ruleset=version.ruleset)
    }
    confirmed = {item: _confirmed_at(row, repository) for item, row in rows.items()}
    was_stale = any(row.stale for row in rows.values())
    standing_in = carried(
        verdicts,
        unread_items(result),
        {item: Known(row.outcome, confirmed[item]) for item, row in rows.items()},
        moment,
    )
    verdicts |= standing_in
    digest = input_digest(repository.inputs, result.complete, standing_in)
    known = Assessment.objects.filter(
        repository=repository, commit=result.commit, ruleset=version, input_digest=digest
    ).first()
    if known is None or known != previous:
        if known is not None and known.origin == Origin.BACKFILL:
            # Its commit stands from now on, not from when it was made, as charts have it for the past.
            known.origin, known.judged_at = origin, moment
            known.save(update_fields=["origin", "judged_at"])
        known = known or new_assessment(repository, version, result, verdicts, digest, origin, moment)
        stale = {item: confirmed[item] for item in standing_in}
        flips = _record_verdicts(repository, version, result, verdicts, rows, stale, moment)
        if previous is not None:
            overridden = not was_stale and previous.input_digest != input_digest(
                repository.inputs, previous.complete
            )
            VerdictChange.objects.bulk_create(
                VerdictChange(
                    repository=repository,
                    assessment=known,
                    item=item,
                    before=before,
                    after=after,
                    cause=_cause(previous, known, before, after, overridden),
                    at=moment,
                )
                for item, before, after in flips
            )
            if origin == Origin.SCAN and version.ruleset == DEFAULT:
                _tell_later(previous, known)
    _point_at(repository, known, moment)
    if version.ruleset == DEFAULT:
        refresh_plans(repository=repository, assessment=known, standard=standard, now=moment)
    return known


def _tell_later(previous: Assessment, assessment: Assessment) -> None:
    """Lets people know what changed once it is certain; a message that fails costs no assessment."""
    before, after = previous.pk, assessment.pk
    transaction.on_commit(lambda: notifications.assessment_recorded(before, after), robust=True)


def unread_items(result: ScanResult) -> set[str]:
    """The items whose verdict is unknown because files could not be read, not because of what they hold."""
    if result.complete:
        return set()
    return {v.item for v in result.verdicts if v.outcome == "unknown" and v.reason == UNREAD}


def _confirmed_at(row: ChecklistItem, repository: Repository) -> datetime:
    """When a measurement last led to this verdict; a look that found nothing changed confirms it as well.

    ``repository`` is as it was before this recording.
    """
    if row.stale or repository.judged_at is None:
        return row.measured_at
    return max(row.measured_at, repository.judged_at)


def new_assessment(
    repository: Repository,
    version: RulesetVersion,
    result: ScanResult,
    verdicts: Mapping[str, str],
    digest: str,
    origin: Origin,
    moment: datetime,
    as_of: datetime | None = None,
) -> Assessment:
    """A new row with grade and stars; it does not stand by that. ``as_of`` is the commit's place in time where that
    is not what the commit says."""
    _, standard = built(version)
    graded = grade(standard, verdicts)
    score = _decimal(graded.score)
    return Assessment.objects.create(
        repository=repository,
        ruleset=version,
        commit=result.commit,
        input_digest=digest,
        as_of=as_of or result.committed_at,
        judged_at=moment,
        origin=origin,
        letter=graded.letter or "",
        score=score,
        effective_letter=graded.letter or "",
        effective_score=score,
        stars={area.id: area.stars for area in area_stars(standard, verdicts)},
        verdicts="".join(LETTERS[verdicts[item.id]] for item in standard.items),
        profile=result.profile.as_dict(),
        stack=list(result.profile.stack),
        problems=storable([asdict(problem) for problem in result.problems[:200]]),
        complete=result.complete,
    )


def _record_verdicts(
    repository: Repository,
    version: RulesetVersion,
    result: ScanResult,
    verdicts: Mapping[str, str],
    rows: dict[str, ChecklistItem],
    stale: Mapping[str, datetime],
    moment: datetime,
) -> list[tuple[str, str, str]]:
    """Writes the current verdict of every item into ``rows``; gives (item, before, after) of those that flipped.

    ``stale`` are verdicts that stand in for a measurement that failed, with when they were last confirmed; they
    keep their evidence.
    """
    found = {v.item: v for v in result.verdicts}
    flips: list[tuple[str, str, str]] = []
    fresh, changed = [], []
    for item, outcome in verdicts.items():
        verdict = found.get(item)
        row = rows.pop(item, None)
        if row is None:
            row = ChecklistItem(repository=repository, ruleset=version.ruleset, item=item, since=moment)
            fresh.append(row)
            flips.append((item, "", outcome))
        else:
            changed.append(row)
            if item in stale:
                row.stale, row.measured_at = True, stale[item]
                continue
            if row.outcome != outcome:
                flips.append((item, row.outcome, outcome))
                row.since = moment
        row.outcome = outcome
        row.measured_at = moment
        row.stale = False
        row.confidence = verdict.confidence if verdict else "weak"
        row.evidence = storable([asdict(e) for e in verdict.evidence]) if verdict else []
        row.looked_for = storable(verdict.looked_for[:12]) if verdict else []
        row.reason = storable(verdict.reason if verdict else "The ruleset has no rule for it.")[:500]
    ChecklistItem.objects.bulk_create(fresh)
    ChecklistItem.objects.bulk_update(
        changed,
        ["outcome", "measured_at", "stale", "confidence", "evidence", "looked_for", "reason", "since"],
        batch_size=50,
    )
    if rows:
        ChecklistItem.objects.filter(pk__in=[row.pk for row in rows.values()]).delete()
    return flips


def _cause(previous: Assessment, assessment: Assessment, before: str, after: str, overridden: bool) -> Cause:
    """What made a verdict flip: the first of measurement, ruleset, override and code that can have."""
    lost = after == "unknown" and not assessment.complete
    found_again = before == "unknown" and not previous.complete
    if lost or found_again:
        return Cause.MEASUREMENT
    if previous.ruleset_id != assessment.ruleset_id:
        return Cause.RULESET
    return Cause.OVERRIDE if overridden else Cause.CODE


def _point_at(repository: Repository, assessment: Assessment, moment: datetime) -> None:
    """Lets the assessment stand for the repository; the standard's is repeated there for lists."""
    ruleset = assessment.ruleset.ruleset
    if ruleset != DEFAULT:
        Standing.objects.update_or_create(
            repository=repository, ruleset=ruleset, defaults={"assessment": assessment}
        )
        return
    Repository.objects.filter(pk=repository.pk).update(
        current=assessment,
        letter=assessment.effective_letter,
        score=assessment.effective_score,
        stack=assessment.stack,
        judged_at=moment,
    )
    refresh_trends([repository.pk])


def _decimal(score: Fraction | None) -> Decimal | None:
    """The score to six places, cut: a score just below a grade's bound must not reach it by rounding."""
    return None if score is None else Decimal(score.numerator * 10**6 // score.denominator) / 10**6


def verdicts_of(assessment: Assessment, standard: Standard) -> dict[str, str]:
    """The outcome of every item of the standard, from the compact vector."""
    return {
        item.id: OUTCOMES[letter] for item, letter in zip(standard.items, assessment.verdicts, strict=False)
    }


def as_limit_error(error: BaseException) -> LimitError:
    """The error to record for a scan that ran into the worker's limit of time or memory."""
    return out_of("memory" if isinstance(error, MemoryError) else "time")
