"""What goes after its time, in batches of bounded size: nothing holds a lock for long, and what is left goes next time.

Scores, verdict vectors and changes of verdicts stay for ever: they are the history.
"""

import logging
import os
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.sessions.models import Session
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from assessments.choices import ACTIVE_STATES
from assessments.models import ApiToken, Assessment, AuditEvent, Repository, Rescan, ScanRequest, Standing
from assessments.services.previews import remove_previews
from assessments.services.repository_settings import remove_for_good
from assessments.services.saved_views import remove_deleted
from scanners import upkeep
from scanners.cachecare import keep_within

logger = logging.getLogger(__name__)

BATCH = 500
MOST_BATCHES = 40
"""Batches of one kind in one run."""
LARGEST_LOG, KEPT_OF_LOG = 64 << 20, 16 << 20
"""Bytes beyond which a log file is cut, and those of its end that stay."""


def purge(*, now: datetime | None = None) -> dict[str, int]:
    """How much of each kind went: rows, mirrors, log files. One kind that fails does not keep the others."""
    moment = now or timezone.now()
    kinds: dict[str, Callable[[datetime], int]] = {
        "evidence": forget_evidence,
        "scans": remove_scans,
        "rescans": remove_rescans,
        "previews": remove_previews,
        "repositories": remove_for_good,
        "audit": remove_audit_lines,
        "sessions": remove_sessions,
        "tokens": remove_tokens,
        "views": remove_deleted,
        "mirrors": remove_mirrors,
        "logs": remove_logs,
        "answers": remove_answers,
    }
    gone = {}
    for name, remove in kinds.items():
        try:
            gone[name] = remove(moment)
        except OSError as error:
            logger.error("Old %s cannot be removed: %s", name, error.strerror)
    return gone


def forget_evidence(now: datetime) -> int:
    """How many superseded assessments were left with scores and verdicts alone."""
    old = Assessment.objects.filter(
        ~Exists(Repository.objects.filter(current=OuterRef("pk"))),
        ~Exists(Standing.objects.filter(assessment=OuterRef("pk"))),
        judged_at__lt=now - timedelta(days=settings.ENVIRONMENT.keep_evidence_days),
    ).exclude(problems=[])
    return _in_batches(old, lambda keys: Assessment.objects.filter(pk__in=keys).update(problems=[]))


def remove_scans(now: datetime) -> int:
    """How many ended scans were removed; each repository keeps its last one."""
    newer = ScanRequest.objects.filter(repository=OuterRef("repository"), pk__gt=OuterRef("pk"))
    old = ScanRequest.objects.filter(
        Exists(newer), finished_at__lt=now - timedelta(days=settings.ENVIRONMENT.keep_scans_days)
    ).exclude(state__in=ACTIVE_STATES)
    return _in_batches(old, lambda keys: ScanRequest.objects.filter(pk__in=keys).delete()[0])


def remove_audit_lines(now: datetime) -> int:
    """How many lines of the audit log were removed."""
    old = AuditEvent.objects.filter(at__lt=now - timedelta(days=settings.ENVIRONMENT.keep_audit_days))
    return _in_batches(old, lambda keys: AuditEvent.objects.filter(pk__in=keys).delete()[0])


def remove_tokens(now: datetime) -> int:
    """How many API tokens were removed that ended so long ago that no audit line names them any more."""
    long_ago = now - timedelta(days=settings.ENVIRONMENT.keep_audit_days)
    old = ApiToken.objects.filter(Q(expires_at__lt=long_ago) | Q(revoked_at__lt=long_ago))
    return _in_batches(
        old, lambda keys: ApiToken.objects.filter(pk__in=keys).delete()[1].get("assessments.ApiToken", 0)
    )


def remove_sessions(now: datetime) -> int:
    """How many sign-ins that have ended were removed."""
    old = Session.objects.filter(expire_date__lt=now)
    return _in_batches(old, lambda keys: Session.objects.filter(pk__in=keys).delete()[0])


def remove_mirrors(now: datetime) -> int:
    """How many of this machine's mirrors went: those that nobody read for long, then those beyond the budget."""
    folder, environment = Path(settings.MIRRORS_DIR), settings.ENVIRONMENT
    gone = upkeep.remove_unused(folder, environment.keep_mirrors_days)
    return len(gone + upkeep.keep_within(folder, environment.mirrors_mb << 20))


def remove_answers(now: datetime) -> int:
    """How many of this machine's cached answers went, the longest unused first, until the rest fits its budget."""
    return keep_within(Path(settings.ANSWERS), settings.ENVIRONMENT.answers_mb << 20)


def remove_rescans(now: datetime) -> int:
    """How many rescans of many went, as long after their end as their scans."""
    old = Rescan.objects.filter(finished_at__lt=now - timedelta(days=settings.ENVIRONMENT.keep_scans_days))
    return _in_batches(old, lambda keys: Rescan.objects.filter(pk__in=keys).delete()[0])


def remove_logs(now: datetime) -> int:
    """How many log files of this machine were removed or cut: those not written for long, and those grown too large."""
    folder = Path(settings.DATA_DIR) / "logs"
    oldest = now.timestamp() - settings.ENVIRONMENT.keep_logs_days * 24 * 3600
    changed = 0
    for place in folder.glob("*.log*") if folder.is_dir() else ():
        with suppress(FileNotFoundError):
            found = place.stat()
            if found.st_mtime < oldest:
                place.unlink()
            elif found.st_size > LARGEST_LOG:
                _cut(place)
            else:
                continue
            changed += 1
    return changed


def _cut(place: Path) -> None:
    """Leaves the end of a log file, in place: its writer appends and keeps it open."""
    with place.open("r+b") as file:
        file.seek(-KEPT_OF_LOG, os.SEEK_END)
        end = file.read()
        file.seek(0)
        file.write(end[end.find(b"\n") + 1 :])
        file.truncate()


def _in_batches(rows: QuerySet[Any], remove: Callable[[list[Any]], int]) -> int:
    """How many rows ``remove`` took care of, a batch of keys at a time."""
    total = 0
    for _ in range(MOST_BATCHES):
        keys = list(rows.order_by("pk").values_list("pk", flat=True)[:BATCH])
        if not keys:
            break
        total += remove(keys)
    return total
