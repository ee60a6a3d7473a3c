"""Work on a repository's past: asking for it, claiming it, its mirror, and judging an old commit.

What there is to do is one ``HistoryRequest`` row; ``services.comparing``, ``services.backfill`` and
``services.origins`` do it. A worker claims the row by a conditional update and may write to it only while the claim is
its own, so a task may be delivered twice and a worker killed at any point; whoever takes over goes on where it was.
"""

import logging
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone
from kombu.exceptions import OperationalError as BrokerError

from assessments.choices import ACTIVE_WORK, PastWork, WorkState
from assessments.models import HistoryRequest, Repository, RulesetVersion
from assessments.services.assess import filled, mirrored
from assessments.services.clock import shared_now
from assessments.services.queues import queue_of
from assessments.services.rulesets import judging
from assessments.services.scans import Hold
from assessments.storable import storable
from scanners.apart import run_apart
from scanners.cache import BlobCache, Remembering, SqliteCache
from scanners.errors import ScanError
from scanners.held import is_sound
from scanners.history import has_commit
from scanners.mirror import Mirror as SourceMirror
from scanners.mirror import mirror_name
from scanners.scan import ScanResult, scan
from scanners.source_url import parse_source
from scanners.tree import RepoTree

logger = logging.getLogger(__name__)

LEASE = timedelta(minutes=2)
"""Leases go by the database's clock, since those of the hosts may differ."""
RESEND = timedelta(minutes=30)
"""After so long in the queue a piece of work is sent again, in case the broker lost it."""
RENEW_SECONDS = 2.0
"""Also how long a cancelled piece of work goes on at most."""
MAX_ATTEMPTS = 5
_PRIORITY = {PastWork.BACKFILL: 8, PastWork.COMPARISON: 1, PastWork.ORIGIN: 1}
"""Lower goes first: what a person waits for before a chart that fills by and by."""


class WorkLost(Exception):
    """The work was cancelled, or another worker has it now; nothing more may be written."""


Judge = Callable[[str], ScanResult]
"""Judges one commit; to be called in a child process. Raises ScanError."""


@dataclass(frozen=True, slots=True)
class Past:
    """A repository's mirror on this machine, opened for judging old commits as part of a claimed piece of work."""

    work: HistoryRequest
    repository: Repository
    path: Path
    head: str
    default_branch: str
    mirror: SourceMirror

    def fetch(self, commits: Sequence[str]) -> None:
        """Has in the mirror what judging these commits needs, in one batch; what the host lacks is missing when they are
        judged. Raises ScanError, WorkLost."""
        _hold_long(self.work)
        filled(self.repository, self.mirror, commits, Hold())

    def judge(self, version: RulesetVersion, profile_override: Mapping[str, Any] | None = None) -> Judge:
        """What judges commits by a version of a ruleset, through the cache of answers, each commit once."""
        override = self.repository.profile_override if profile_override is None else profile_override
        ruleset = judging(
            version
        )  # here, since what a child prepares goes with it, and a backfill takes many
        known: dict[str, ScanResult] = {}
        opened_cache: list[BlobCache] = []  # by the child, since a connection must not cross the fork

        def judge(commit: str) -> ScanResult:
            if commit not in known:
                if not opened_cache:
                    opened_cache.append(Remembering(SqliteCache(Path(settings.ANSWERS))))
                with closing(
                    RepoTree.open(
                        self.path,
                        commit,
                        root=self.repository.root,
                        max_files=settings.ENVIRONMENT.max_files,
                    )
                ) as tree:
                    known[commit] = scan(
                        tree,
                        ruleset,
                        cache=opened_cache[0],
                        default_branch=self.default_branch,
                        profile_overrides=override,
                    )
            return known[commit]

        return judge


def apart(work: HistoryRequest, do: Callable[[], Any]) -> Any:
    """What ``do()`` gives, a JSON value, worked out in a child with the limits of a scan.

    Meanwhile the lease is renewed, and a cancelled piece of work ends the child. Raises ScanError, WorkLost.
    """
    renewed = time.monotonic()

    def check() -> None:
        nonlocal renewed
        if time.monotonic() - renewed > RENEW_SECONDS:
            renewed = time.monotonic()
            progress(work)

    return run_apart(
        do,
        seconds=settings.ENVIRONMENT.scan_seconds * 0.9,
        memory_bytes=settings.ENVIRONMENT.scan_memory_mb << 20,
        check=check,
    )


@contextmanager
def opened(work: HistoryRequest) -> Iterator[Past]:
    """The mirror of the work's repository, brought up to date and kept meanwhile; a worker that lacks it clones it.

    The host is asked first, for it alone decides what may be read. Raises ScanError, WorkLost.
    """
    repository = work.repository
    _hold_long(work)
    mirror = mirrored(repository, Hold())
    with mirror.in_use():
        yield Past(work, repository, mirror.path, mirror.head(), mirror.default_branch, mirror)


def mirror_at_hand(repository: Repository, *commits: str) -> Path | None:
    """Where this machine keeps the repository's mirror, None where it has none that holds these commits.

    For commits that were judged for this repository before, so that nobody reads here what they never could.
    """
    path = Path(settings.MIRRORS_DIR) / mirror_name(parse_source(repository.mirror.url))
    if not is_sound(path) or not all(has_commit(path, commit) for commit in commits):
        return None
    return path


@transaction.atomic
def request_work(
    *,
    repository: Repository,
    kind: PastWork,
    params: Mapping[str, Any],
    key: str = "",
    requested_by: AbstractUser | None = None,
    now: datetime | None = None,
    queue: bool = True,
) -> HistoryRequest:
    """The active work of this kind and key, asked for now where there was none. It is queued on commit, unless the
    caller means to do it."""
    active = HistoryRequest.objects.filter(repository=repository, kind=kind, key=key, state__in=ACTIVE_WORK)
    known = active.first()
    if known is not None:
        return known
    try:
        with transaction.atomic():
            work = HistoryRequest.objects.create(
                repository=repository,
                kind=kind,
                key=key,
                params=dict(params),
                requested_by=requested_by,
                requested_at=now or timezone.now(),
            )
    except IntegrityError:  # somebody else asked at the same moment
        return active.get()
    if queue:
        transaction.on_commit(lambda: enqueue(work))
    return work


def enqueue(work: HistoryRequest, *, countdown: float = 0, tries: int = 0) -> None:
    """Puts the work before the workers. Without the broker it stays queued here, to be sent again later."""
    from assessments.tasks import work_on_the_past

    priority = _PRIORITY[PastWork(work.kind)]
    if settings.CELERY_TASK_QUEUE_MAX_PRIORITY:
        priority = settings.CELERY_TASK_QUEUE_MAX_PRIORITY - priority  # RabbitMQ counts the other way round
    try:
        work_on_the_past.apply_async(
            args=[work.pk, tries],
            priority=priority,
            countdown=countdown or None,
            queue=queue_of(work.repository),
        )
    except BrokerError as error:
        logger.error("Work %s waits for the broker, which does not answer: %s", work.pk, type(error).__name__)


def claim_work(*, work_id: int, now: datetime | None = None) -> HistoryRequest | None:
    """The work, now ours, or None where it is not waiting any more."""
    moment = now or timezone.now()
    claim = uuid.uuid4().hex
    waiting = HistoryRequest.objects.filter(pk=work_id, state=WorkState.QUEUED)
    first = (moment if now else Now()) + _long_lease()
    if not waiting.update(state=WorkState.RUNNING, claim=claim, lease_until=first):
        return None
    HistoryRequest.objects.filter(pk=work_id, started_at=None).update(started_at=moment)
    work = HistoryRequest.objects.select_related(
        "repository__mirror", "repository__team", "repository__current__ruleset"
    ).get(pk=work_id)
    return work if work.claim == claim else None


def _long_lease() -> timedelta:
    """For a clone or a batch of contents, which may take as long as a scan before there is any progress to tell."""
    return LEASE + timedelta(seconds=settings.ENVIRONMENT.scan_seconds)


def _hold_long(work: HistoryRequest) -> None:
    """Keeps the lease while the host is spoken to; the next progress shortens it again. Raises WorkLost."""
    if not _mine(work).update(lease_until=Now() + _long_lease()):
        raise WorkLost


def progress(work: HistoryRequest, **fields: Any) -> None:
    """Writes how far the work is and renews its lease. Raises WorkLost."""
    for name, value in fields.items():
        setattr(work, name, value)
    if not _mine(work).update(lease_until=Now() + LEASE, **fields):
        raise WorkLost


def finish_work(work: HistoryRequest, **fields: Any) -> None:
    """Marks the work done. Raises WorkLost."""
    _end(work, state=WorkState.DONE, **fields)


def fail_work(work: HistoryRequest, error: ScanError) -> None:
    """Marks the work failed and says why; what was recorded stays."""
    try:
        _end(
            work,
            state=WorkState.FAILED,
            error_id=error.id,
            error=storable(error.message)[:1000],
            hint=storable(error.hint)[:500],
        )
    except WorkLost:
        return


def _end(work: HistoryRequest, **fields: Any) -> None:
    for name, value in fields.items():
        setattr(work, name, value)
    if not _mine(work).update(finished_at=timezone.now(), lease_until=None, **fields):
        raise WorkLost
    if work.requested_by_id is not None:
        from assessments.services import finished

        transaction.on_commit(lambda: finished.work_ended(work.pk), robust=True)


def cancel_work(*, work: HistoryRequest) -> bool:
    """True where the work was active and is not any more; its worker notices at the next step."""
    return bool(
        HistoryRequest.objects.filter(pk=work.pk, state__in=ACTIVE_WORK).update(
            state=WorkState.CANCELLED, finished_at=timezone.now(), lease_until=None
        )
    )


def give_back(work: HistoryRequest, *, countdown: float = 0, tries: int = 0) -> None:
    """Lets others have their turn: the work goes to the end of the queue, and on from where it is."""
    if _mine(work).update(state=WorkState.QUEUED, claim="", lease_until=None):
        enqueue(work, countdown=countdown, tries=tries)


def recover_work(*, now: datetime | None = None, at_start: bool = False) -> int:
    """How many pieces of work of dead workers were queued again; one that was killed too often is given up.

    ``at_start`` is for the start of an installation, when no worker runs yet: nobody waits for leases to end then.
    """
    moment = now or shared_now()
    running = HistoryRequest.objects.filter(state=WorkState.RUNNING)
    if at_start:
        running.update(lease_until=moment - timedelta(seconds=1))
    # What ends later than any lease that is written now was written by a clock that has been set back since.
    running.filter(lease_until__gt=moment + 2 * _long_lease()).update(lease_until=moment + LEASE)
    again = []
    for work in running.filter(lease_until__lt=moment).select_related("repository"):
        attempts = work.attempts + 1
        if attempts >= MAX_ATTEMPTS:
            fail_work(work, ScanError(
                "past.killed",
                f"The work was stopped {attempts} times before it could finish.",
                hint="The repository may need more memory or time than a worker has.",
                fault="repository",
            ))  # fmt: skip
            continue
        held = HistoryRequest.objects.filter(
            pk=work.pk, claim=work.claim, state=WorkState.RUNNING, lease_until__lt=moment
        )
        if held.update(state=WorkState.QUEUED, claim="", lease_until=None, attempts=attempts):
            again.append(work)
    lost = moment if at_start else moment - RESEND
    queued = HistoryRequest.objects.filter(state=WorkState.QUEUED).select_related("repository")
    waiting = queued.filter(Q(requested_at__lt=lost) | Q(requested_at__gt=moment + RESEND))
    for work in {one.pk: one for one in (*again, *waiting.order_by("requested_at", "pk")[:100])}.values():
        enqueue(work)  # a second delivery finds nothing to claim
    return len(again)


def _mine(work: HistoryRequest):  # type: ignore[no-untyped-def]  # a QuerySet of HistoryRequest
    return HistoryRequest.objects.filter(pk=work.pk, claim=work.claim, state=WorkState.RUNNING)
