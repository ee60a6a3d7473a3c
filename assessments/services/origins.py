"""When did it change: the commit behind a flip, found by bisecting first parents through the cache of answers.

Old commits are judged by the rules of the assessment that saw the flip, so only code can have made it. What is found
is kept with the ``VerdictChange``.
"""

import time
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import Any

from django.contrib.auth.models import AbstractUser
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from assessments.choices import Cause, Origin, PastWork
from assessments.models import Assessment, HistoryRequest, Repository, VerdictChange
from assessments.services.past import (
    Judge,
    Past,
    apart,
    finish_work,
    give_back,
    opened,
    progress,
    request_work,
)
from assessments.storable import storable
from scanners.bisect import FoundFlip, find_flip
from scanners.errors import LimitError, ScanError
from scanners.history import describe, first_parents, has_commit

MAX_CHANGES = 200
"""Flips that one search looks at, the latest first."""
MAX_JUDGED = 40
"""Commits judged for one flip; a line of a million commits takes 20 halvings."""
MAX_SECONDS = 900.0
SLICE_SECONDS = 60.0
MONTH = timedelta(days=30)


def request_origins(
    *,
    repository: Repository,
    requested_by: AbstractUser | None,
    change: int | None = None,
    since: datetime | None = None,
    now: datetime | None = None,
) -> HistoryRequest:
    """The search for the commits behind one flip, or behind all of them since a moment, of a repository."""
    return request_work(
        repository=repository,
        kind=PastWork.ORIGIN,
        key=f"change {change}" if change is not None else "",
        params={"change": change, "since": since.isoformat() if since else ""},
        requested_by=requested_by,
        now=now,
    )


def request_team_origins(
    *, repositories: Iterable[Repository], requested_by: AbstractUser, now: datetime | None = None
) -> int:
    """How many repositories are searched for the commits behind their flips of the last month."""
    since = (now or timezone.now()) - MONTH
    flipped = searchable().filter(repository=OuterRef("pk"), at__gte=since)
    chosen = Repository.objects.filter(pk__in=[one.pk for one in repositories]).filter(Exists(flipped))
    for repository in chosen:
        request_origins(repository=repository, requested_by=requested_by, since=since, now=now)
    return len(chosen)


def searchable() -> QuerySet[VerdictChange]:
    """Flips that code made and whose commit has not been looked for."""
    return VerdictChange.objects.filter(cause=Cause.CODE, origin={}).exclude(before="")


def find_origins(work: HistoryRequest) -> bool:
    """Carries a claimed search on; True where it is over, False where it was given back for a later turn.

    Raises ScanError, WorkLost.
    """
    began = time.monotonic()
    changes = searchable().filter(repository=work.repository)
    if work.params["change"] is not None:
        changes = changes.filter(pk=work.params["change"])
    elif work.params["since"]:
        changes = changes.filter(at__gte=work.params["since"])
    todo = list(
        changes.select_related("assessment__ruleset")
        .defer("assessment__ruleset__document")
        .order_by("-at", "assessment_id", "pk")[:MAX_CHANGES]
    )
    progress(work, total=work.done + len(todo))
    with opened(work) as past:
        for _, group in groupby(todo, key=lambda change: change.assessment_id):
            together = list(group)
            spent = work.seconds + time.monotonic() - began
            if spent > MAX_SECONDS:
                raise LimitError(
                    "origin.budget",
                    f"The budget of {MAX_SECONDS:g} seconds was used up.",
                    hint="Ask again: what was found is kept, and the search goes on from there.",
                    fault="repository",
                )
            if time.monotonic() - began > SLICE_SECONDS:
                progress(work, seconds=spent)
                give_back(work)
                return False
            for change, origin in zip(together, _origins(work, past, together), strict=True):
                change.origin = storable(origin)
                change.save(update_fields=["origin"])
            progress(work, done=work.done + len(together))
    finish_work(work, seconds=work.seconds + time.monotonic() - began)
    return True


def _origins(work: HistoryRequest, past: Past, changes: Sequence[VerdictChange]) -> list[dict[str, Any]]:
    """What is to be kept of each of the flips that one assessment saw."""
    line, reason = _line(past, changes[0])
    if reason:
        return [{"note": reason} for _ in changes]
    past.fetch(line)  # all of it, since only the child learns which of them it has to judge
    judge = past.judge(changes[0].assessment.ruleset)
    asked = [(change.item, change.after) for change in changes]
    flips = apart(work, partial(find_flips, judge, line, asked))
    return [told(past.path, FoundFlip(**{**flip, "candidates": tuple(flip["candidates"])})) for flip in flips]


def find_flips(
    judge: Judge, line: Sequence[str], asked: Iterable[tuple[str, str]], budget: int = MAX_JUDGED
) -> list[dict[str, Any]]:
    """In the child: the flip of each (item, verdict afterwards) on the line, as plain values. Each commit is judged once."""

    def outcome_of(item: str, commit: str) -> str | None:
        try:
            result = judge(commit)
        except ScanError:
            return None
        found = next((one.outcome for one in result.verdicts if one.item == item), None)
        return None if found == "unknown" and not result.complete else found

    return [asdict(find_flip(line, after, partial(outcome_of, item), budget=budget)) for item, after in asked]


def _previous(change: VerdictChange) -> Assessment | None:
    """The assessment that stood before the one that saw the flip."""
    rows = Assessment.objects.filter(
        repository=change.repository_id,
        ruleset__ruleset=change.assessment.ruleset.ruleset,
        judged_at__lt=change.at,
    ).exclude(pk=change.assessment_id)
    return rows.exclude(origin=Origin.BACKFILL).order_by("-judged_at", "-pk").first()


def _line(past: Past, change: VerdictChange) -> tuple[Sequence[str], str]:
    """(commits from the old one to the new one, oldest first; why there are none)."""
    previous = _previous(change)
    new = change.assessment.commit
    if previous is None:
        return (), "The assessment before is not known any more."
    if previous.commit == new:
        return (), "Both assessments judge the same commit."
    absent = [commit[:8] for commit in (previous.commit, new) if not has_commit(past.path, commit)]
    if absent:
        return (), f"The mirror does not hold {' and '.join(absent)}: history was rewritten."
    newer = first_parents(past.path, new, stop=previous.commit)
    if not newer.ids:
        return (), f"The branch went back to {new[:8]}, which comes before what was judged then."
    return (previous.commit, *reversed(newer.ids)), ""


def told(mirror: Path, flip: FoundFlip) -> dict[str, Any]:
    """What is kept of a found flip, with the commit's author, date and subject."""
    if flip.result == "not-there":
        seen = f"judged again, it goes from {flip.before or 'unknown'} to {flip.after or 'unknown'}"
        return {"note": f"The commits between do not show it: {seen}."}
    notes = []
    if flip.result == "range":
        notes.append(f"One of {len(flip.candidates)} commits: those before it cannot be judged.")
    if flip.result == "budget":
        notes.append(f"One of {len(flip.candidates)} commits: the budget was used up.")
    if flip.others:
        notes.append("It flipped more than once in between; this is one of the times.")
    commit = describe(mirror, [flip.commit]).get(flip.commit)
    if commit is None:
        return {"commit": flip.commit, "note": " ".join(notes)}
    if commit.parents > 1:
        notes.append("A merge: the change came with the branch that was merged.")
    return {
        "commit": flip.commit,
        "at": commit.committed_at.isoformat(),
        "author": commit.author,
        "subject": commit.subject,
        "note": " ".join(notes),
    }
