"""Conditions: what a rule or a profile field asks of signals, in three-valued logic.

A condition in a ruleset is one of

    signal.id                                    the signal is found (or the named condition holds)
    {any: [...]}  {all: [...]}  {not: ...}
    {at_least: 3, of: [signals], per: line}      per line (default) or file
    {ratio: {of: [...], to: [...], min: 0.5}}    occurrences of the one per occurrence of the other
    {measure: signal, min: 0.6, max: 1}          the value of a measuring signal
    {profile: has_users, is: true}               a decided field of the profile
    {stack: [fastapi, starlette]}                one of these is in the stack
    {lines: [hcl], min_share: 0.5}               these languages' share of all lines of code
    {code_lines_at_most: 30}                     the number of lines of code (infrastructure languages left out)
    {verdict: rate-limiting.present, is: pass}   an item that was judged earlier

Truth is True, False or None: None where something that decides could not be measured.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from scanners.facts import Evidence
from scanners.languages import CODE
from scanners.matchers.base import listed
from scanners.signals import Answers
from scanners.values import dataclass, field

Condition = str | Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Truth:
    """``evidence`` supports a True; ``looked_for`` names, in words, the signals that were asked."""

    value: bool | None
    evidence: tuple[Evidence, ...] = ()
    looked_for: tuple[str, ...] = ()


@dataclass(slots=True)
class Scene:
    """All that a condition may ask about."""

    answers: Answers
    signals: frozenset[str]
    named: Mapping[str, Condition]
    profile: dict[str, Any] = field(default_factory=dict)
    stack: frozenset[str] = frozenset()
    verdicts: dict[str, str] = field(default_factory=dict)
    lines: Mapping[str, int] = field(default_factory=dict)
    _known: dict[str, Truth] = field(default_factory=dict)

    def test(self, condition: Condition) -> Truth:
        """The truth of ``condition``, with the evidence and the questions that led to it."""
        if isinstance(condition, str):
            return self._test_name(condition)
        if "any" in condition:
            return _any([self.test(c) for c in condition["any"]])
        if "all" in condition:
            return _all([self.test(c) for c in condition["all"]])
        if "not" in condition:
            inner = self.test(condition["not"])
            return Truth(None if inner.value is None else not inner.value, looked_for=inner.looked_for)
        if "at_least" in condition:
            return self._at_least(condition)
        if "ratio" in condition:
            return self._ratio(condition["ratio"])
        if "measure" in condition:
            return self._measure(condition)
        if "profile" in condition:
            wanted = condition["is"]
            return Truth(
                self.profile[condition["profile"]] in (wanted if isinstance(wanted, list) else [wanted])
            )
        if "stack" in condition:
            return Truth(bool(self.stack & frozenset(listed(condition["stack"]))))
        if "lines" in condition:
            share = sum(self.lines.get(name, 0) for name in condition["lines"]) / max(
                1, sum(self.lines.values())
            )
            return Truth(share >= condition["min_share"])
        if "code_lines_at_most" in condition:
            return Truth(
                sum(n for name, n in self.lines.items() if name in CODE) <= condition["code_lines_at_most"]
            )
        wanted = listed(condition["is"])
        return Truth(self.verdicts.get(condition["verdict"]) in wanted)

    def forget(self) -> None:
        """Drop named conditions' truths, when profile or stack have been decided since."""
        self._known.clear()

    def _test_name(self, name: str) -> Truth:
        if name not in self.signals:
            known = self._known.get(name)
            if known is None:
                known = self._known[name] = self.test(self.named[name])
            return known
        answer = self.answers[name]
        looked_for = (self.answers.question(name),)
        if answer.found:
            return Truth(True, answer.evidence, looked_for)
        return Truth(False if answer.known else None, (), looked_for)

    def _at_least(self, condition: Mapping[str, Any]) -> Truth:
        names = listed(condition["of"])
        answers = [self.answers[name] for name in names]
        per_file = condition.get("per", "line") == "file"
        count = sum(a.files if per_file else a.count for a in answers)
        evidence = tuple(e for a in answers for e in a.evidence)
        looked_for = tuple(f"{self.answers.question(n)} (at least {condition['at_least']})" for n in names)
        if count >= condition["at_least"]:
            return Truth(True, evidence, looked_for)
        return Truth(None if any(not a.known for a in answers) else False, evidence, looked_for)

    def _ratio(self, ratio: Mapping[str, Any]) -> Truth:
        numerator = [self.answers[n] for n in listed(ratio["of"])]
        denominator = [self.answers[n] for n in listed(ratio["to"])]
        looked_for = tuple(self.answers.question(n) for n in listed(ratio["of"]))
        top, bottom = sum(a.count for a in numerator), sum(a.count for a in denominator)
        evidence = tuple(e for a in numerator for e in a.evidence)
        if any(not a.known for a in (*numerator, *denominator)):
            return Truth(None, evidence, looked_for)
        return Truth(bottom > 0 and top >= ratio["min"] * bottom, evidence, looked_for)

    def _measure(self, condition: Mapping[str, Any]) -> Truth:
        answer = self.answers[condition["measure"]]
        looked_for = (self.answers.question(condition["measure"]),)
        if answer.value is None or not answer.known:
            return Truth(None, answer.evidence, looked_for)
        low, high = condition.get("min"), condition.get("max")
        holds = (low is None or answer.value >= low) and (high is None or answer.value <= high)
        return Truth(holds, answer.evidence, looked_for)


def _any(truths: Sequence[Truth]) -> Truth:
    looked_for = _merge(t.looked_for for t in truths)
    true = [t for t in truths if t.value is True]
    if true:
        return Truth(True, _merge(t.evidence for t in true), looked_for)
    return Truth(
        None if any(t.value is None for t in truths) else False,
        _merge(t.evidence for t in truths),
        looked_for,
    )


def _all(truths: Sequence[Truth]) -> Truth:
    looked_for = _merge(t.looked_for for t in truths if t.value is not True) or _merge(
        t.looked_for for t in truths
    )
    if any(t.value is False for t in truths):
        return Truth(False, _merge(t.evidence for t in truths if t.value is not True), looked_for)
    evidence = _merge(t.evidence for t in truths)
    return Truth(None if any(t.value is None for t in truths) else True, evidence, looked_for)


def _merge(groups: Any) -> tuple[Any, ...]:
    return tuple(dict.fromkeys(item for group in groups for item in group))
