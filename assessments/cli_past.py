"""``plumbline compare`` and ``plumbline when``: the past of one repository, with no database and no Django."""

import argparse
import json
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path
from typing import Any

from assessments.comparison import Comparison, State, compare
from assessments.evidence_diff import EvidenceMove, evidence_move
from assessments.forge import forge_of
from assessments.grading import tenths
from assessments.reports.plain import visible
from assessments.standard import Standard, load_standard
from scanners.bisect import FoundFlip, find_flip, latest_flip
from scanners.cache import BlobCache, NoCache, Remembering, SqliteCache
from scanners.errors import RulesetError, ScanError
from scanners.history import Commit, between, describe, first_parents
from scanners.mirror import Mirror, open_source
from scanners.rules import Ruleset, load_ruleset
from scanners.scan import ScanResult, scan
from scanners.tree import RepoTree

MAX_LISTED = 12
"""Commits and files shown in text; JSON holds as many as are read."""
_WORDS = {"": "none", "not_applicable": "not applicable"}

Judge = Callable[[str], ScanResult]


def compared(arguments: argparse.Namespace, folder: Path) -> str:
    """What changed between two commits judged by one ruleset, as text or JSON. Raises ScanError."""
    ruleset, standard, mirror, judge = _opened(arguments, folder)
    commits = [
        mirror.resolve(arguments.old),
        mirror.resolve(arguments.new) if arguments.new else mirror.head(),
    ]
    results = [judge(commit) for commit in commits]
    today = datetime.now(UTC)
    states = [
        State(
            standard,
            result.commit,
            result.committed_at,
            {verdict.item: verdict.outcome for verdict in result.verdicts},
            today.date(),
            judged_at=today,
            complete=result.complete,
        )
        for result in results
    ]
    found = compare(states[0], states[1], history=between(mirror.path, *commits, arguments.path))
    moves = _evidence(found, results)
    forge = forge_of(mirror.source.url)
    if arguments.format == "json":
        address = forge.compare(*commits) if commits[0] != commits[1] else ""
        return json.dumps(as_json(mirror.source.name, found, moves, address), indent=1) + "\n"
    return "\n".join(_as_text(mirror.source.name, found, moves)) + "\n"


def found_when(arguments: argparse.Namespace, folder: Path) -> tuple[str, bool]:
    """(what is to be printed, whether a commit was found). Raises ScanError: item.unknown, commit.not-found."""
    _, standard, mirror, judge = _opened(arguments, folder)
    if arguments.item not in standard.by_item:
        raise RulesetError(
            "item.unknown",
            f"The ruleset has no item {arguments.item[:60]!r}.",
            hint="plumbline assess SOURCE --format json lists them all.",
        )

    def outcome_of(commit: str) -> str | None:
        try:
            result = judge(commit)
        except ScanError:
            return None
        found = next((one.outcome for one in result.verdicts if one.item == arguments.item), None)
        return None if found == "unknown" and not result.complete else found

    head = mirror.head()
    judge(head)  # what keeps HEAD from being judged is an error, and no commit without a verdict
    since = mirror.resolve(arguments.since) if arguments.since else ""
    line = first_parents(mirror.path, head, stop=since)
    oldest_first = [*([since] if since else []), *reversed(line.ids)]
    now = outcome_of(head)
    if since and now is not None:
        flip = find_flip(oldest_first, now, outcome_of)
    else:
        flip = latest_flip(oldest_first, outcome_of)
    commit = describe(mirror.path, [flip.commit]).get(flip.commit) if flip.commit else None
    found = flip.result != "not-there"
    if arguments.format == "json":
        value = {
            "schema": "plumbline.when/1",
            "repository": mirror.source.name,
            "item": arguments.item,
            "verdict": now,
            "found": found,
            "before": flip.before if found else None,
            "commit": _commit(commit) if commit else None,
            "url": forge_of(mirror.source.url).commit(flip.commit) if found else "",
            "candidates": list(flip.candidates),
            "others": flip.others,
            "judged": flip.judged,
            "history": line.end,
        }
        return json.dumps(value, indent=1) + "\n", found
    text = "\n".join(_when(arguments, standard, now, flip, commit, len(oldest_first), line.end))
    return text + "\n", found


def _opened(arguments: argparse.Namespace, folder: Path) -> tuple[Ruleset, Standard, Mirror, Judge]:
    ruleset = load_ruleset(arguments.ruleset, cache_dir=folder)
    standard = load_standard(ruleset.document)
    cache: BlobCache = NoCache() if arguments.no_cache else SqliteCache(folder / "answers.sqlite3")
    answers = Remembering(cache)
    mirror = open_source(
        arguments.source, cache_dir=folder / "mirrors", allow_private=arguments.allow_private
    )
    mirror.update()
    known: dict[str, ScanResult] = {}

    def judge(commit: str) -> ScanResult:
        if commit not in known:
            mirror.fill([commit], arguments.path)
            with closing(RepoTree.open(mirror.path, commit, root=arguments.path)) as tree:
                known[commit] = scan(tree, ruleset, cache=answers, default_branch=mirror.default_branch)
        return known[commit]

    return ruleset, standard, mirror, judge


def _evidence(found: Comparison, results: list[ScanResult]) -> dict[str, EvidenceMove]:
    before, after = ({verdict.item: verdict.evidence for verdict in one.verdicts} for one in results)
    return {
        flip.item: evidence_move(before.get(flip.item, ()), after.get(flip.item, ())) for flip in found.flips
    }


def as_json(name: str, found: Comparison, moves: dict[str, EvidenceMove], address: str) -> dict[str, Any]:
    """The comparison as plain values; points as numbers, cut to what a double holds."""
    history = found.history

    def side(state: State, which: str) -> dict[str, Any]:
        graded = getattr(found, f"effective_{which}")
        return {
            "commit": state.commit,
            "committed_at": state.committed_at.isoformat() if state.committed_at else None,
            "ruleset": {"id": state.standard.id, "version": state.standard.version},
            "grade": graded.letter,
            "score": _number(graded.score),
            "complete": state.complete,
        }

    return {
        "schema": "plumbline.comparison/1",
        "repository": name,
        "from": side(found.before, "before"),
        "to": side(found.after, "after"),
        "difference": _number(found.difference),
        "flips": [
            {
                "item": flip.item,
                "before": flip.before,
                "after": flip.after,
                "causes": list(flip.cause.factors),
                "certain": flip.cause.certain,
                "points": _number(flip.points),
                "lost": [_place(one) for one in moves[flip.item].lost],
                "gained": [_place(one) for one in moves[flip.item].gained],
            }
            for flip in found.flips
        ],
        "areas": [
            {
                "id": area.id,
                "stars_before": area.stars_before,
                "stars_after": area.stars_after,
                "points": _number(area.points),
            }
            for area in found.areas
        ],
        "shifted": _number(found.shifted),
        "history": None
        if history is None
        else {
            "relation": history.relation,
            "commits": [_commit(one) for one in history.commits],
            "commit_count": history.commit_count,
            "dropped": [_commit(one) for one in history.dropped],
            "files": [{"status": one.status, "path": visible(one.path)} for one in history.files],
            "file_count": history.file_count,
            "notes": list(history.notes),
            "url": address,
        },
    }


def _number(value: Fraction | None) -> float | None:
    return None if value is None else float(value)


def _place(one: Any) -> dict[str, Any]:
    return {"path": visible(one.path), "line": one.line, "excerpt": one.excerpt}


def _commit(one: Commit) -> dict[str, Any]:
    return {
        "id": one.id,
        "committed_at": one.committed_at.isoformat(),
        "author": one.author,
        "subject": one.subject,
        "merge": one.parents > 1,
    }


def _as_text(name: str, found: Comparison, moves: dict[str, EvidenceMove]) -> Iterator[str]:
    old, new = found.effective_before, found.effective_after
    yield f"{visible(name)}  {found.before.commit[:8]} to {found.after.commit[:8]}"
    yield f"{_grade(old.letter, old.score)} to {_grade(new.letter, new.score)}" + (
        f"  {signed(found.difference)} points" if found.difference is not None else ""
    )
    for title, wanted in (("Worse", "fail"), ("Better", "pass"), ("Otherwise changed", "")):
        flips = [
            flip for flip in found.flips if (flip.after if flip.after in ("pass", "fail") else "") == wanted
        ]
        if flips:
            yield f"\n{title}"
        for flip in flips:
            words = f"{_WORDS.get(flip.before, flip.before)} to {_WORDS.get(flip.after, flip.after)}"
            points = f"  {signed(flip.points)}" if flip.points is not None else ""
            yield f"  {flip.item}  {words}{points}  by {flip.cause.words}"
            for sign, places in (("-", moves[flip.item].lost), ("+", moves[flip.item].gained)):
                for one in places[:3]:
                    yield f"    {sign} {visible(one.path)}:{one.line}  {visible(one.excerpt)[:100]}".rstrip()
    if not found.flips:
        yield "\nNo verdict differs."
    moved = [area for area in found.areas if area.stars_before != area.stars_after]
    if moved:
        yield "\nAreas"
        for area in moved:
            yield f"  {area.title}: {area.stars_before or 'no'} to {area.stars_after or 'no'} stars"
    history = found.history
    if history is None or history.relation == "same":
        return
    yield f"\nCommits between: {'unknown' if history.commit_count is None else history.commit_count}"
    yield from (f"  {note}" for note in history.notes)
    for commit in history.commits[:MAX_LISTED]:
        yield f"  {commit.id[:8]}  {commit.committed_at:%Y-%m-%d}  {commit.author}: {commit.subject}"
    if history.file_count:
        yield f"\nFiles changed: {history.file_count}"
        yield from (f"  {one.status}  {visible(one.path)}" for one in history.files[:MAX_LISTED])


def _when(
    arguments: argparse.Namespace,
    standard: Standard,
    now: str | None,
    flip: FoundFlip,
    commit: Commit | None,
    length: int,
    end: str,
) -> Iterator[str]:
    verdict = _WORDS.get(now or "", now or "unknown")
    yield f"{standard.by_item[arguments.item].title} ({arguments.item}): {verdict}"
    if flip.result == "not-there":
        whole = "" if end == "root" else " that the mirror holds"
        yield f"It was never seen to be otherwise in the {length} commits{whole}; {flip.judged} were judged."
        return
    yield f"since {flip.commit[:12]}, {_WORDS.get(flip.before, flip.before)} before"
    if commit is not None:
        yield f"  {commit.subject}"
        yield f"  {commit.author}, {commit.committed_at:%Y-%m-%d %H:%M} UTC" + (
            "  (a merge)" if commit.parents > 1 else ""
        )
    if flip.result != "found":
        yield f"  One of {len(flip.candidates)} commits: the others could not be judged."
    if flip.others:
        yield "  It flipped more than once in between; this is one of the times."
    yield f"  {flip.judged} of {length} commits were judged."


def _grade(letter: str | None, score: Fraction | None) -> str:
    return "no grade" if score is None else f"{letter} {tenths(score)}"


def signed(points: Fraction | None) -> str:
    """Points with their sign, cut to one decimal."""
    if points is None:
        return ""
    return f"{'-' if points < 0 else '+'}{tenths(abs(points))}"
