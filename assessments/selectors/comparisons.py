"""Page model of the comparison of two assessments of one repository."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from fractions import Fraction
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.models import AbstractUser
from django.urls import reverse

from assessments.choices import ACTIVE_WORK, WorkState
from assessments.comparison import AreaMove, CauseMove, Comparison, compare
from assessments.forge import Forge, forge_of
from assessments.models import Assessment, HistoryRequest, Repository
from assessments.policy import may_scan
from assessments.selectors.filters import text
from assessments.services.comparing import between_of, latest_look, state_of
from assessments.services.past import mirror_at_hand
from assessments.services.rulesets import DEFAULT
from scanners.bounded import Bounded
from scanners.history import Between, Commit, between

MAX_CHOICES = 400
"""Assessments offered by a picker, the latest first; older ones are reached by an address."""


@dataclass(frozen=True, slots=True)
class Choice:
    """An assessment in a picker, which groups them by ruleset version."""

    value: str
    at: datetime
    commit: str
    letter: str
    backfilled: bool


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two: its grade with and without what people laid over, and what was judged by what."""

    value: str
    letter: str
    score: Fraction | None
    raw_letter: str
    raw_score: Fraction | None
    commit: str
    commit_url: str
    as_of: datetime
    judged_at: datetime
    ruleset: str
    backfilled: bool
    complete: bool


@dataclass(frozen=True, slots=True)
class Place:
    """A place of evidence, with its address on the forge or ""."""

    path: str
    line: int
    excerpt: str
    strength: str
    note: str
    url: str


@dataclass(frozen=True, slots=True)
class FlipRow:
    """One flip with the evidence that it lost and gained; ``more`` counts places left out."""

    item: str
    title: str
    area: str
    before: str
    after: str
    raw_before: str
    raw_after: str
    cause: str
    certain: bool
    points: Fraction | None
    raw_points: Fraction | None
    lost: tuple[Place, ...]
    gained: tuple[Place, ...]
    more: int


@dataclass(frozen=True, slots=True)
class CommitRow:
    commit: Commit
    url: str


@dataclass(frozen=True, slots=True)
class FileRow:
    status: str
    path: str
    url: str


@dataclass(frozen=True, slots=True)
class Look:
    """The closer look at these two: ``wanted`` says what it would add, empty where nothing is left to add."""

    state: str
    running: bool
    error: str
    error_id: str
    hint: str
    wanted: str
    differs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ComparisonPage:
    """``choices`` are (ruleset version, assessments), the latest first. Without two assessments ``comparison`` is
    None and ``problem`` says what was asked for in vain, if anything was."""

    name: str
    slug: str
    team: str
    url: str
    history_url: str
    choices: tuple[tuple[str, tuple[Choice, ...]], ...]
    ruleset: str
    before: Side | None
    after: Side | None
    swap: str
    problem: str
    comparison: Comparison | None
    flips: tuple[FlipRow, ...]
    areas: tuple[AreaMove, ...]
    causes: tuple[CauseMove, ...]
    history: Between | None
    commits: tuple[CommitRow, ...]
    dropped: tuple[CommitRow, ...]
    files: tuple[FileRow, ...]
    forge_url: str
    look: Look | None
    can_look: bool

    @property
    def better(self) -> tuple[FlipRow, ...]:
        return tuple(flip for flip in self.flips if flip.after == "pass" and flip.before != "pass")

    @property
    def worse(self) -> tuple[FlipRow, ...]:
        return tuple(flip for flip in self.flips if flip.after == "fail" and flip.before != "fail")

    @property
    def other(self) -> tuple[FlipRow, ...]:
        """Flips to neither pass nor fail, and those that only the raw verdict made."""
        shown = {*self.better, *self.worse}
        return tuple(flip for flip in self.flips if flip not in shown)


def get_comparison_page(
    user: AbstractUser, repository: Repository, query: Mapping[str, str]
) -> ComparisonPage:
    """The comparison that the query string asks for: ``from`` and ``to`` name an assessment by its number, a commit
    (at least four digits) or a date. Without them, the last two."""
    known = {row.ruleset for row in repository.standings.all()} | {DEFAULT}
    ruleset = query.get("ruleset", "") if query.get("ruleset", "") in known else DEFAULT
    rows = list(
        Assessment.objects.filter(repository=repository, ruleset__ruleset=ruleset)
        .select_related("ruleset")
        .only(
            "repository", "commit", "as_of", "judged_at", "origin", "effective_letter",
            "ruleset__version", "ruleset__ruleset", "ruleset__title", "ruleset__digest",
        )
    )  # fmt: skip
    rows.sort(key=lambda row: (stood_from(row), row.pk), reverse=True)
    wanted = [text(query, name, 64) for name in ("from", "to")]
    after = _find(rows, wanted[1]) if wanted[1] else _current(repository, rows)
    older = [row for row in rows if after and (stood_from(row), row.pk) < (stood_from(after), after.pk)]
    before = _find(rows, wanted[0]) if wanted[0] else next(iter(older), None)
    missing = [name for name, row in zip(wanted, (before, after), strict=True) if name and row is None]
    problem = f"No assessment of this repository is known by “{missing[0]}”." if missing else ""
    page = reverse("repository-detail", args=[repository.slug])
    chosen = rows[:MAX_CHOICES] + [row for row in (before, after) if row and row in rows[MAX_CHOICES:]]
    forge = forge_of(repository.mirror.url)
    parts = _parts(repository, before, after, forge) if before and after else _NOTHING
    return ComparisonPage(
        name=repository.name,
        slug=repository.slug,
        team=repository.team.name,
        url=page,
        history_url=reverse("repository-history", args=[repository.slug]),
        choices=_choices(chosen),
        ruleset="" if ruleset == DEFAULT else ruleset,
        before=_side(before, forge, parts["comparison"], "before") if before else None,
        after=_side(after, forge, parts["comparison"], "after") if after else None,
        swap=urlencode({"from": after.pk, "to": before.pk}) if before and after else "",
        problem=problem,
        can_look=may_scan(user, repository.team),
        **parts,
    )


_NOTHING: dict[str, Any] = {
    "comparison": None,
    "flips": (),
    "areas": (),
    "causes": (),
    "history": None,
    "commits": (),
    "dropped": (),
    "files": (),
    "forge_url": "",
    "look": None,
}


def stood_from(assessment: Assessment) -> datetime:
    """From when the assessment stood: a backfilled one from its commit's place in time."""
    return assessment.as_of if assessment.origin == "backfill" else assessment.judged_at


def _current(repository: Repository, rows: Sequence[Assessment]) -> Assessment | None:
    return next((row for row in rows if row.pk == repository.current_id), rows[0] if rows else None)


def _find(rows: Sequence[Assessment], wanted: str) -> Assessment | None:
    """The assessment of that number or commit, or the last one that stood on a day."""
    if wanted.isdigit() and len(wanted) < 20:
        by_number = next((row for row in rows if row.pk == int(wanted)), None)
        if by_number is not None:
            return by_number
    try:
        day = date.fromisoformat(wanted)
    except ValueError:
        pass
    else:
        return next((row for row in rows if stood_from(row).astimezone(UTC).date() <= day), None)
    if len(wanted) < 4:
        return None
    return next((row for row in rows if row.commit.startswith(wanted.lower())), None)


def _choices(rows: Iterable[Assessment]) -> tuple[tuple[str, tuple[Choice, ...]], ...]:
    groups: dict[str, list[Choice]] = {}
    for row in rows:
        groups.setdefault(str(row.ruleset.version), []).append(
            Choice(str(row.pk), stood_from(row), row.commit, row.effective_letter, row.origin == "backfill")
        )
    return tuple((version, tuple(choices)) for version, choices in groups.items())


def _side(assessment: Assessment, forge: Forge, found: Comparison | None, which: str) -> Side:
    graded = getattr(found, f"effective_{which}") if found else None
    raw = getattr(found, f"raw_{which}") if found else None
    return Side(
        value=str(assessment.pk),
        letter=(graded.letter or "") if graded else assessment.effective_letter,
        score=graded.score if graded else None,
        raw_letter=(raw.letter or "") if raw else "",
        raw_score=raw.score if raw else None,
        commit=assessment.commit,
        commit_url=forge.commit(assessment.commit),
        as_of=assessment.as_of,
        judged_at=assessment.judged_at,
        ruleset=str(assessment.ruleset.version),
        backfilled=assessment.origin == "backfill",
        complete=assessment.complete,
    )


def _parts(repository: Repository, before: Assessment, after: Assessment, forge: Forge) -> dict[str, Any]:
    whole = {
        row.pk: row
        for row in Assessment.objects.filter(pk__in=[before.pk, after.pk])
        .select_related("ruleset")
        .defer("ruleset__document")
    }
    old, new = (state_of(repository, whole[row.pk]) for row in (before, after))
    work = latest_look(repository, before, after)
    done = work.result if work and work.state == WorkState.DONE else {}
    path = mirror_at_hand(repository)
    history = _between(path, before.commit, after.commit, repository.root) if path else None
    found = compare(old, new, between=between_of(old, new, done), history=history)
    evidence = done.get("evidence", {})
    return {
        "comparison": found,
        "flips": tuple(
            FlipRow(
                item=flip.item,
                title=flip.title,
                area=flip.area,
                before=flip.before,
                after=flip.after,
                raw_before=flip.raw_before,
                raw_after=flip.raw_after,
                cause=flip.cause.words,
                certain=flip.cause.certain or len(flip.cause.factors) == 1,
                points=flip.points,
                raw_points=flip.raw_points,
                lost=_places(evidence, flip.item, "lost", forge, before.commit, repository.root),
                gained=_places(evidence, flip.item, "gained", forge, after.commit, repository.root),
                more=evidence.get(flip.item, {}).get("more", 0),
            )
            for flip in found.flips
        ),
        "areas": found.areas,
        "causes": found.causes,
        "history": history,
        "commits": tuple(CommitRow(one, forge.commit(one.id)) for one in history.commits) if history else (),
        "dropped": tuple(CommitRow(one, forge.commit(one.id)) for one in history.dropped) if history else (),
        "files": tuple(
            FileRow(
                one.status,
                one.path,
                forge.line(before.commit if one.status == "removed" else after.commit, one.path, 0),
            )
            for one in history.files
        )
        if history
        else (),
        "forge_url": forge.compare(before.commit, after.commit) if before.commit != after.commit else "",
        "look": _look(work, found),
    }


_KNOWN: Bounded[tuple[Path, str, str, str], Between] = Bounded(256)


def _between(path: Path, old: str, new: str, root: str) -> Between:
    """What lies between two commits, kept where it was read whole: that never changes."""
    key = (path, old, new, root)
    known = _KNOWN.get(key)
    if known is None:
        known = between(path, old, new, root)
        if None not in (known.commit_count, known.dropped_count, known.file_count):
            _KNOWN.put(key, known)
    return known


def _places(
    evidence: Mapping[str, Any], item: str, side: str, forge: Forge, commit: str, root: str
) -> tuple[Place, ...]:
    return tuple(
        Place(
            **{name: one.get(name, "") for name in ("path", "excerpt", "strength", "note")},
            line=one.get("line", 0),
            url=forge.line(commit, f"{root}/{one['path']}" if root else one["path"], one.get("line", 0)),
        )
        for one in evidence.get(item, {}).get(side, ())
    )


def _look(work: HistoryRequest | None, found: Comparison) -> Look | None:
    if not found.flips:
        return None
    done = work is not None and work.state == WorkState.DONE
    wanted = "the evidence that was lost and gained"
    if not found.settled:
        wanted = f"whether code or something else made items flip, and {wanted}"
    failed = work is not None and work.state == WorkState.FAILED
    return Look(
        state=work.state if work else "",
        running=bool(work and work.state in ACTIVE_WORK),
        error=work.error if work and failed else "",
        error_id=work.error_id if work and failed else "",
        hint=work.hint if work and failed else "",
        wanted="" if done else wanted,
        differs=tuple(work.result.get("differs", ())) if work and done else (),
    )
