"""Verdicts: what each rule says of one tree, with evidence, and how sure it is."""

from collections.abc import Sequence
from typing import Literal

from scanners.conditions import Scene, Truth
from scanners.facts import Evidence, Strength
from scanners.rules import Rule
from scanners.values import dataclass

Outcome = Literal["pass", "fail", "not_applicable", "unknown"]

MAX_EVIDENCE = 5
UNKNOWN_STACK_SHARE = 0.5
"""A rule that knows fewer of the source lines than this says unknown where it would say fail."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """``looked_for`` says, for a fail or unknown, what would have made it a pass. ``reason`` is one sentence."""

    item: str
    outcome: Outcome
    evidence: tuple[Evidence, ...] = ()
    looked_for: tuple[str, ...] = ()
    reason: str = ""
    confidence: Strength = "strong"


def judge(rules: Sequence[Rule], scene: Scene, languages: dict[str, float]) -> tuple[Verdict, ...]:
    """One verdict per rule, in order. ``languages`` are shares of the source lines, from 0 to 1."""
    verdicts = []
    for rule in rules:
        verdict = _judge(rule, scene, languages)
        scene.verdicts[rule.item] = verdict.outcome
        verdicts.append(verdict)
    return tuple(verdicts)


def _judge(rule: Rule, scene: Scene, languages: dict[str, float]) -> Verdict:
    if rule.applies is not None:
        applies = scene.test(rule.applies)
        if applies.value is False:
            return Verdict(rule.item, "not_applicable", reason=rule.reason)
        if applies.value is None:
            return Verdict(
                rule.item, "unknown", looked_for=applies.looked_for, reason=UNREAD, confidence="weak"
            )
    if rule.fails is not None:
        against = scene.test(rule.fails)
        if against.value is True:
            return Verdict(rule.item, "fail", _cut(against), (), rule.missing, _confidence(against.evidence))
    passes = scene.test(rule.passes)
    if passes.value is True:
        return Verdict(rule.item, "pass", _cut(passes), (), "", _confidence(passes.evidence))
    if passes.value is None:
        return Verdict(rule.item, "unknown", _cut(passes), passes.looked_for, UNREAD, "weak")
    if rule.knows and languages and sum(languages.get(name, 0) for name in rule.knows) < UNKNOWN_STACK_SHARE:
        return Verdict(rule.item, "unknown", (), passes.looked_for, _FOREIGN, "weak")
    return Verdict(rule.item, "fail", _cut(passes), passes.looked_for, rule.missing, "strong")


UNREAD = "Something that decides this could not be read."
"""The reason of an unknown that a measurement which failed may have caused; any other unknown was considered."""
_FOREIGN = "Most of the code is in a language that this rule does not know."


def _cut(truth: Truth) -> tuple[Evidence, ...]:
    return truth.evidence[:MAX_EVIDENCE]


def _confidence(evidence: tuple[Evidence, ...]) -> Strength:
    strengths = {e.strength for e in evidence}
    return (
        "strong"
        if "strong" in strengths or not strengths
        else "moderate"
        if "moderate" in strengths
        else "weak"
    )
