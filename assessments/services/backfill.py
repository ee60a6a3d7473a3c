"""Backfill: judging commits of the past by today's rules, so that a trend begins before the first scan.

The newest commits come first. Each point is an ``Assessment`` of origin backfill with its place in time; nothing of
what stands today is touched, and no verdict counts as having changed. A worker gives others their turn after a while
and goes on later; what was recorded, and what cannot be judged, is not tried twice.
"""

import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.contrib.auth.models import AbstractUser
from django.db import IntegrityError, transaction
from django.db.models import Min
from django.utils import timezone

from assessments.choices import ACTIVE_WORK, Origin, PastWork
from assessments.models import Assessment, HistoryRequest, Repository, RulesetVersion
from assessments.services.assess import input_digest, new_assessment
from assessments.services.audit import note
from assessments.services.past import (
    Judge,
    Past,
    apart,
    cancel_work,
    finish_work,
    give_back,
    opened,
    progress,
    request_work,
)
from assessments.services.rollups import DAYS, refresh_trends, roll_up
from assessments.services.rulesets import DEFAULT, built, current_version
from assessments.storable import storable
from scanners.apart import WorkFailed
from scanners.errors import ScanError, SourceError
from scanners.history import ensure_history, first_parents, has_commit, tags_of
from scanners.plain import from_plain, to_plain
from scanners.sampling import INTERVALS, MAX_MONTHS, Gap, Interval, Sample, choose, choose_releases, thin
from scanners.scan import ScanResult

MAX_COMMITS = 120
"""Points of one backfill; ten years of months, or two years of weeks."""
MAX_SECONDS = 1800.0
"""Time that all points of one backfill may take together; the cold scan of the largest public mirrors takes 20 s."""
SLICE_SECONDS = 60.0
"""After so long a worker lets scans go first."""
BATCH_SECONDS = 3.0
"""How long one child judges before it reports."""


class BudgetError(ScanError):
    """What was asked for is no backfill: an unknown interval, too many months."""


@transaction.atomic
def request_backfill(
    *,
    repository: Repository,
    requested_by: AbstractUser | None,
    interval: str = "month",
    months: int = 12,
    rejudge: bool = False,
    max_commits: int = MAX_COMMITS,
    max_seconds: float = MAX_SECONDS,
    now: datetime | None = None,
    queue: bool = True,
) -> HistoryRequest:
    """The backfill of the repository that is under way, or a new one.

    With ``rejudge`` it takes the commits that scans judged by other rules then, instead of choosing some. Raises
    BudgetError (backfill.interval-unknown, backfill.months), SourceError (backfill.not-judged).
    """
    if interval not in INTERVALS:
        raise BudgetError(
            "backfill.interval-unknown",
            f"{interval[:40]!r} is no interval.",
            hint=f"Choose one of: {', '.join(INTERVALS)}.",
        )
    if not 1 <= months <= MAX_MONTHS:
        raise BudgetError("backfill.months", f"A backfill covers 1 to {MAX_MONTHS} months.")
    if repository.current is None:
        raise SourceError(
            "backfill.not-judged",
            f"{repository.name} has not been judged yet.",
            hint="Scan it first: its past leads up to what was judged.",
            fault="request",
        )
    moment = now or timezone.now()
    work = request_work(
        repository=repository,
        kind=PastWork.BACKFILL,
        params={
            "interval": interval,
            "months": months,
            "rejudge": rejudge,
            "head": repository.current.commit,
            "in_turns": queue,
            "max_commits": max(1, min(max_commits, MAX_COMMITS)),
            "max_seconds": max(1.0, min(max_seconds, MAX_SECONDS)),
        },
        requested_by=requested_by,
        now=moment,
        queue=queue,
    )
    if work.requested_at == moment:
        asked = {name: work.params[name] for name in ("interval", "months", "rejudge")}
        note(actor=requested_by, action="backfill.asked", subject=repository.name, **asked)
    return work


@transaction.atomic
def cancel_backfill(*, repository: Repository, actor: AbstractUser | None = None) -> bool:
    """True where a backfill of the repository was under way and is not any more; what it recorded stays."""
    active = HistoryRequest.objects.filter(
        repository=repository, kind=PastWork.BACKFILL, state__in=ACTIVE_WORK
    ).first()
    if active is None or not cancel_work(work=active):
        return False
    note(actor=actor, action="backfill.cancelled", subject=repository.name)
    return True


def backfill(work: HistoryRequest) -> bool:
    """Carries a claimed backfill on; True where it is over, False where it was given back for a later turn.

    Raises ScanError where nothing can be judged at all, WorkLost where it was cancelled or taken away. Whichever way it
    ends, trends show what was recorded.
    """
    over = True
    try:
        over = _carry_on(work)
    finally:
        if over:
            refresh_trends([work.repository_id])
            _roll_up(work)
    return over


def _carry_on(work: HistoryRequest) -> bool:
    repository, params = work.repository, work.params
    version = current_version()
    began = time.monotonic()
    spent_before = work.seconds
    with opened(work) as past:
        samples, gaps, notes = _plan(past, version, params, work.requested_at)
        result = {"skipped": [], "recorded": 0, **work.result, "notes": storable(notes)}
        known = {one["commit"] for one in result["skipped"]}
        for gap in gaps if not work.result else ():
            result["skipped"].append({"commit": "", "at": gap.name, "reason": gap.reason})
        _skip_what_kills(work, result, samples)
        known |= {one["commit"] for one in result["skipped"]}
        open_samples = [one for one in samples if one.commit not in known]
        todo = _unrecorded(repository, version, open_samples)
        progress(work, total=len(samples), done=len(samples) - len(todo), result=result)
        past.fetch([one.commit for one in todo])
        judge = past.judge(version)
        careful = work.attempts > 0
        while todo:
            spent = spent_before + time.monotonic() - began
            if spent > params["max_seconds"]:
                result["notes"].append(
                    f"The budget of {params['max_seconds']:g} seconds was used up: "
                    f"{len(todo)} older points were left out."
                )
                break
            if params["in_turns"] and time.monotonic() - began > SLICE_SECONDS:
                progress(work, seconds=spent, result={**result, "at": ""})
                give_back(work)
                return False
            batch = todo[:1] if careful else todo
            # What a killed worker was at is known by this, and is not tried for ever.
            progress(work, result={**result, "at": batch[0].commit}, seconds=spent)
            try:
                said = apart(work, partial(_judge_some, judge, [one.commit for one in batch]))
            except (ScanError, WorkFailed) as error:
                if len(batch) > 1:
                    careful = True  # one by one, to see which of them it is
                    continue
                id = error.id if isinstance(error, ScanError) else "scan.internal"
                said = [
                    {"error": [id, getattr(error, "message", "Something went wrong in Plumbline itself.")]}
                ]
            for sample, one in zip(batch, said, strict=False):
                if "error" in one:
                    _skip(result, sample, one["error"][1], one["error"][0])
                else:
                    result["recorded"] += _record(repository, version, sample, from_plain(one["result"]))
            todo = todo[len(said) :]
            progress(work, done=len(samples) - len(todo), result=result)
    result.pop("at", None)
    finish_work(work, result=result, seconds=spent_before + time.monotonic() - began)
    return True


def _plan(
    past: Past, version: RulesetVersion, params: dict[str, Any], asked_at: datetime
) -> tuple[Sequence[Sample], Sequence[Gap], list[str]]:
    """The points to judge, newest first, what cannot be one, and what is to be said of the whole.

    The same for every worker that carries the backfill on: it depends on the commit that stood, and on when it was
    asked for, not on the clock.
    """
    interval: Interval = params["interval"]
    notes = []
    if params["rejudge"]:
        samples, gaps = _judged_before(past.repository, version, interval, params["months"], asked_at)
    else:
        head = params["head"]
        if not has_commit(past.path, head):
            notes.append(
                f"The commit that was judged, {head[:8]}, is gone: history was rewritten. "
                "The past of the branch as it is now was judged."
            )
            head = past.head
        if not ensure_history(past.path):
            notes.append("The repository is a shallow copy, so its history ends early.")
        line = first_parents(past.path, head)
        if interval == "release":
            choice = choose_releases(line, tags_of(past.path), params["months"], asked_at)
        else:
            choice = choose(line, interval, params["months"], asked_at)
        samples, gaps = _before_the_first_scan(past.repository, choice.samples), choice.gaps
    if len(samples) > params["max_commits"]:
        left = len(samples) - params["max_commits"]
        notes.append(f"The budget is {params['max_commits']} commits: {left} older points were left out.")
        samples = samples[: params["max_commits"]]
    return samples, gaps, notes


def _before_the_first_scan(repository: Repository, samples: Sequence[Sample]) -> list[Sample]:
    """The samples of the time that no scan covers; each stood before the first scan's assessment did."""
    scans = Assessment.objects.filter(repository=repository, ruleset__ruleset=DEFAULT)
    first = scans.exclude(origin=Origin.BACKFILL).aggregate(first=Min("judged_at"))["first"]
    if first is None:
        return list(samples)
    return [one for one in samples if one.at < first]


def _judged_before(
    repository: Repository, version: RulesetVersion, interval: Interval, months: int, now: datetime
) -> tuple[list[Sample], tuple[Gap, ...]]:
    """Commits that scans judged by other versions of the ruleset, each at its own place in time."""
    rows = Assessment.objects.filter(repository=repository, ruleset__ruleset=version.ruleset).exclude(
        ruleset=version
    )
    moments = {
        commit: (judged_at, as_of)
        for commit, judged_at, as_of in rows.exclude(origin=Origin.BACKFILL)
        .order_by("-judged_at")
        .values_list("commit", "judged_at", "as_of")
    }
    chosen = thin(((commit, at) for commit, (at, _) in moments.items()), interval, months, now)
    return [Sample(commit, min(moments[commit]), "") for commit in chosen], ()


def _unrecorded(repository: Repository, version: RulesetVersion, samples: Sequence[Sample]) -> list[Sample]:
    digest = input_digest(repository.inputs, True)
    incomplete = input_digest(repository.inputs, False)
    known = set(
        Assessment.objects.filter(
            repository=repository,
            ruleset=version,
            commit__in=[one.commit for one in samples],
            input_digest__in=[digest, incomplete],
        ).values_list("commit", flat=True)
    )
    return [one for one in samples if one.commit not in known]


def _judge_some(judge: Judge, commits: Sequence[str]) -> list[dict[str, Any]]:
    """In the child: one result or error for each of the first commits, as many as a few seconds allow, at least one."""
    began = time.monotonic()
    said: list[dict[str, Any]] = []
    for commit in commits:
        try:
            result = judge(commit)
        except ScanError as error:
            said.append({"error": [error.id, error.message]})
        else:
            bare = tuple(replace(verdict, evidence=(), looked_for=()) for verdict in result.verdicts)
            said.append({"result": to_plain(replace(result, verdicts=bare))})
        if time.monotonic() - began > BATCH_SECONDS:
            break
    return said


def _record(repository: Repository, version: RulesetVersion, sample: Sample, result: ScanResult) -> int:
    """Records one point; 0 where it was recorded before."""
    _, standard = built(version)
    outcomes = {verdict.item: verdict.outcome for verdict in result.verdicts}
    verdicts = {item.id: outcomes.get(item.id, "unknown") for item in standard.items}
    digest = input_digest(repository.inputs, result.complete)
    try:
        with transaction.atomic():
            new_assessment(
                repository,
                version,
                result,
                verdicts,
                digest,
                Origin.BACKFILL,
                timezone.now(),
                as_of=sample.at,
            )
    except IntegrityError:  # another worker, or a scan, was first
        return 0
    return 1


def _skip(result: dict[str, Any], sample: Sample, reason: str, id: str) -> None:
    result["skipped"].append(
        {
            "commit": sample.commit,
            "at": f"{sample.at:%Y-%m-%d}",
            "reason": storable(reason)[:300],
            "id": id,
        }
    )


def _skip_what_kills(work: HistoryRequest, result: dict[str, Any], samples: Sequence[Sample]) -> None:
    """Leaves out the commit at which a worker died twice."""
    at = result.pop("at", "")
    if not at or not work.attempts:
        return
    died = result.setdefault("died", {})
    died[at] = died.get(at, 0) + 1
    sample = next((one for one in samples if one.commit == at), None)
    if died[at] >= 2 and sample is not None:
        _skip(result, sample, "The worker was stopped twice while it judged this commit.", "backfill.killed")


def _roll_up(work: HistoryRequest) -> None:
    """Brings the past days up to date, once for all backfills that run side by side: the last one does it."""
    backfills = HistoryRequest.objects.filter(kind=PastWork.BACKFILL)
    if backfills.filter(state__in=ACTIVE_WORK).exclude(pk=work.pk).exists():
        return
    lately = backfills.filter(requested_at__gte=timezone.now() - timedelta(days=1))
    if any(result.get("recorded") for result in lately.values_list("result", flat=True)):
        roll_up(timezone.now().date() - timedelta(days=DAYS))
