"""Comparing two assessments: their states from the database, and what only judging again can tell.

The database knows verdicts, not evidence, of the past; and where commit and ruleset changed at once it cannot tell
which of them made an item flip. A person may ask for a closer look: a worker then judges the old commit by the new
ruleset, and both commits for their evidence, through the cache of answers.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from django.contrib.auth.models import AbstractUser

from assessments.choices import PastWork
from assessments.comparison import State, compare
from assessments.evidence_diff import evidence_move
from assessments.models import Assessment, HistoryRequest, Repository, RulesetVersion
from assessments.services.assess import LETTERS, OUTCOMES, input_digest, verdicts_of
from assessments.services.past import apart, finish_work, opened, progress, request_work
from assessments.services.rulesets import built
from assessments.storable import storable
from scanners.plain import from_plain, to_plain
from scanners.scan import ScanResult


def state_of(repository: Repository, assessment: Assessment) -> State:
    """What the assessment found, as the comparison takes it."""
    _, standard = built(assessment.ruleset)
    return State(
        standard=standard,
        commit=assessment.commit,
        committed_at=assessment.as_of,
        verdicts=verdicts_of(assessment, standard),
        day=assessment.judged_at.date(),
        judged_at=assessment.judged_at,
        inputs=inputs_of(repository, assessment),
        complete=assessment.complete,
    )


def inputs_of(repository: Repository, assessment: Assessment) -> str | None:
    """What stands for the profile override that went into an assessment; None where that is not known.

    Only its digest is kept: today's override and none at all are recognised, another one is known to be another.
    """
    for override in (repository.inputs, repository.profile_override, {}):
        if input_digest(override, assessment.complete) == assessment.input_digest:
            return json.dumps(override, sort_keys=True)
    return f"digest {assessment.input_digest}" if assessment.complete else None


def _override_of(inputs: str | None) -> dict[str, Any] | None:
    """The override behind ``inputs_of``, None where only its digest, or nothing, is known."""
    if inputs is None or inputs.startswith("digest "):
        return None
    override: dict[str, Any] = json.loads(inputs)
    return override


def between_of(before: State, after: State, result: Mapping[str, Any]) -> list[State]:
    """The states between two that a closer look stored."""
    standards = {before.standard.version: before.standard, after.standard.version: after.standard}
    states = []
    for one in result.get("between", ()):
        standard = standards.get(one["version"])
        if standard is not None:
            verdicts = {
                item.id: OUTCOMES[letter]
                for item, letter in zip(standard.items, one["verdicts"], strict=False)
            }
            states.append(
                State(
                    standard,
                    before.commit,
                    before.committed_at,
                    verdicts,
                    before.day,
                    inputs=one["inputs"],
                    complete=one["complete"],
                )
            )
    return states


def key_of(before: Assessment, after: Assessment) -> str:
    """What tells this comparison apart from others of the repository."""
    return f"{before.pk}:{after.pk}"


def request_closer_look(
    *, repository: Repository, before: Assessment, after: Assessment, requested_by: AbstractUser | None
) -> HistoryRequest:
    """The closer look at two assessments of the repository that a worker takes soon."""
    return request_work(
        repository=repository,
        kind=PastWork.COMPARISON,
        key=key_of(before, after),
        params={"before": before.pk, "after": after.pk},
        requested_by=requested_by,
    )


def look_closer(work: HistoryRequest) -> bool:
    """Carries out a claimed closer look. Raises ScanError, WorkLost."""
    repository = work.repository
    pair = (
        Assessment.objects.filter(repository=repository).select_related("ruleset").defer("ruleset__document")
    )
    before, after = (pair.get(pk=work.params[side]) for side in ("before", "after"))
    old, new = state_of(repository, before), state_of(repository, after)
    with opened(work) as past:
        progress(work, total=1)
        past.fetch([before.commit, after.commit])
        steps = _steps(before, after, old, new)
        wanted = [(before.commit, before.ruleset, _override_of(old.inputs))]
        wanted += [(before.commit, step.version, step.override) for step in steps]
        wanted += [(after.commit, after.ruleset, _override_of(new.inputs))]
        judges = [(commit, past.judge(version, override)) for commit, version, override in wanted]
        said = apart(work, lambda: [to_plain(judge(commit)) for commit, judge in judges])
    found, *on_the_way, now = (from_plain(one) for one in said)
    between = [_state(result, old, new, step.inputs) for step, result in zip(steps, on_the_way, strict=True)]
    flipped = [flip.item for flip in compare(old, new).flips]
    result = {
        "between": [
            {
                "version": state.standard.version,
                "verdicts": "".join(LETTERS[state.verdicts[item.id]] for item in state.standard.items),
                "inputs": state.inputs,
                "complete": state.complete,
            }
            for state in between
        ],
        "evidence": storable(evidence_of(found, now, flipped)),
        "differs": sorted({*_differing(old, found), *_differing(new, now)}),
    }
    finish_work(work, done=1, result=result)
    return True


@dataclass(frozen=True, slots=True)
class _Step:
    """The old commit judged by other rules or with another override than it was."""

    version: RulesetVersion
    override: dict[str, Any]
    inputs: str | None


def _steps(before: Assessment, after: Assessment, old: State, new: State) -> list[_Step]:
    """The new rules, then the new profile as well; one step for each that changed beside the code."""
    if before.commit == after.commit:
        return []
    steps = []
    old_override, new_override = _override_of(old.inputs), _override_of(new.inputs)
    override, inputs = (old_override, old.inputs) if old_override is not None else (new_override, new.inputs)
    if before.ruleset_id != after.ruleset_id and override is not None:
        steps.append(_Step(after.ruleset, override, inputs))
    if old.inputs != new.inputs and old_override is not None and new_override is not None:
        steps.append(_Step(after.ruleset, new_override, new.inputs))
    return steps


def _state(result: ScanResult, old: State, new: State, inputs: str | None) -> State:
    outcomes = {verdict.item: verdict.outcome for verdict in result.verdicts}
    verdicts = {item.id: outcomes.get(item.id, "unknown") for item in new.standard.items}
    day: date = old.day
    return State(
        new.standard, old.commit, old.committed_at, verdicts, day, inputs=inputs, complete=result.complete
    )


def evidence_of(before: ScanResult, after: ScanResult, items: Iterable[str]) -> dict[str, Any]:
    """Places that each of the items lost and gained, as plain values; items without any are left out."""
    old = {verdict.item: verdict.evidence for verdict in before.verdicts}
    new = {verdict.item: verdict.evidence for verdict in after.verdicts}
    moves = {item: evidence_move(old.get(item, ()), new.get(item, ())) for item in items}
    return {item: asdict(move) for item, move in moves.items() if move.lost or move.gained}


def _differing(state: State, result: ScanResult) -> Iterable[str]:
    """Items that today's engine judges otherwise than was recorded, where all could be read then and now."""
    if not (state.complete and result.complete):
        return
    for verdict in result.verdicts:
        if verdict.item in state.verdicts and state.verdicts[verdict.item] != verdict.outcome:
            yield verdict.item


def latest_look(repository: Repository, before: Assessment, after: Assessment) -> HistoryRequest | None:
    """The last closer look at these two that was asked for."""
    return HistoryRequest.objects.filter(
        repository=repository, kind=PastWork.COMPARISON, key=key_of(before, after)
    ).first()
