"""Signals: named questions to a tree, declared by matchers, answered with evidence."""

from collections.abc import Callable, Iterable, Mapping
from operator import itemgetter
from typing import Any

from scanners.detectors.base import Detector
from scanners.facts import Answer, Evidence, Strength
from scanners.matchers import code, dependencies, paths, settings, text, workflows
from scanners.matchers.base import Matcher, Scope, listed, scope_of
from scanners.missed import matcher_misses
from scanners.values import dataclass
from scanners.view import TreeView

MAX_EVIDENCE = 5
_ORDER: dict[Strength, int] = {"strong": 0, "moderate": 1, "weak": 2}
_Place = tuple[int, bool, str, int, Scope | Evidence]
"""Rank of strength, whether it lies deep, path, line, and what the evidence is made of, once it is chosen."""
_BY_RANK = itemgetter(0, 1, 2, 3)


@dataclass(frozen=True, slots=True)
class DetectorRef:
    """A signal's use of a named detector."""

    name: str
    scope: Scope


@dataclass(frozen=True, slots=True)
class Signal:
    """``question`` is a statement that is true where the signal is found: "A rate-limit library is in use"."""

    id: str
    question: str
    matchers: tuple[Matcher, ...]
    detectors: tuple[DetectorRef, ...]


def build_matchers(
    first_key: int, specs: Iterable[Mapping[str, Any]]
) -> tuple[list[Matcher], list[DetectorRef], int]:
    """The matchers and detector references of one signal, and the next free key."""
    matchers: list[Matcher] = []
    detectors: list[DetectorRef] = []
    key = first_key
    for spec in specs:
        if "text" in spec:
            matchers.append(text.from_spec(key, spec))
            key += 1
        elif "import" in spec:
            made = text.from_import(key, spec)
            matchers.extend(m for _, m in made)
            key += len(made)
        elif "code" in spec:
            matchers.append(code.from_spec(key, spec))
            key += 1
        elif "dependency" in spec:
            matchers.append(dependencies.from_spec(spec))
        elif "path" in spec:
            matchers.append(paths.from_spec(spec))
        elif "setting" in spec:
            matchers.append(settings.from_spec(spec))
        elif "workflow" in spec:
            matchers.append(workflows.from_spec(spec))
        else:
            detectors.extend(DetectorRef(name, scope_of(spec, "strong")) for name in listed(spec["detector"]))
    return matchers, detectors, key


class Answers:
    """Answers of a ruleset's signals on one tree, each worked out once and only when asked."""

    def __init__(
        self, signals: Mapping[str, Signal], detectors: Mapping[str, Detector], view: TreeView
    ) -> None:
        self._signals = signals
        self._detectors = detectors
        self._view = view
        self._known: dict[str, Answer] = {}

    def __getitem__(self, signal_id: str) -> Answer:
        answer = self._known.get(signal_id)
        if answer is None:
            answer = self._known[signal_id] = self._work_out(self._signals[signal_id])
        return answer

    def forget(self) -> None:
        """Drop what was worked out of matchers that depend on the stack, once that has been decided."""
        self._known = {
            name: answer for name, answer in self._known.items() if not _asks_for_stack(self._signals[name])
        }

    def question(self, signal_id: str) -> str:
        return self._signals[signal_id].question

    def _work_out(self, signal: Signal) -> Answer:
        places: dict[str, dict[int, tuple[int, Scope]]] = {}
        counts: dict[str, int] = {}
        value: float | None = None
        known = True
        for matcher in signal.matchers:
            scope = matcher.scope
            if scope.stack and not scope.stack & self._view.stack:
                continue
            order = _ORDER[scope.strength]
            for hit in matcher.hits(self._view):
                of_file = places.setdefault(hit.path, {})
                for line in hit.lines:
                    if line not in of_file or of_file[line][0] > order:
                        of_file[line] = (order, scope)
                counts[hit.path] = max(counts.get(hit.path, 0), hit.count, len(of_file))
        extra: list[Evidence] = []
        extra_count = 0
        for ref in signal.detectors:
            if ref.scope.stack and not ref.scope.stack & self._view.stack:
                continue
            answer = self._detect(ref.name)
            known = known and answer.known
            value = answer.value if answer.value is not None else value
            extra.extend(answer.evidence)
            extra_count += answer.count
        found: list[_Place] = []
        for path, of_file in places.items():
            deep = _is_deep(path)
            found += [(order, deep, path, line, scope) for line, (order, scope) in of_file.items()]
        found += [(_ORDER[e.strength], _is_deep(e.path), e.path, e.line, e) for e in extra]
        found.sort(key=_BY_RANK)
        count = sum(counts.values()) + extra_count
        if not count and known and self._might_have_missed(signal):
            known = False
        files = len({*places, *(e.path for e in extra)})
        return Answer(tuple(_spread(found)), count, files, value, known)

    def _detect(self, name: str) -> Answer:
        def decide() -> Answer:
            if name in self._view.failed_detectors and not self._view.facts(name):
                return Answer(known=False)
            return self._detectors[name].decide(self._view.facts(name), self._view)

        return self._view.detected(name, decide)

    def _might_have_missed(self, signal: Signal) -> bool:
        """True where a file that could not be read is one in which a matcher would have looked."""
        return any(
            matcher_misses(m, entry, self._view) for entry in self._view.unread for m in signal.matchers
        )


def _asks_for_stack(signal: Signal) -> bool:
    return any(matcher.scope.stack for matcher in signal.matchers) or any(
        detector.scope.stack for detector in signal.detectors
    )


def _is_deep(path: str) -> bool:
    return path.count("/") > 6


def _spread(places: list[_Place]) -> Iterable[Evidence]:
    """The first few places, from different files before several of one file."""
    chosen: list[Evidence] = []
    per_file: dict[str, int] = {}
    for limit in (1, 3):
        for _, _, path, line, source in places:
            if len(chosen) == MAX_EVIDENCE:
                return chosen
            if per_file.get(path, 0) < limit:
                item = source if isinstance(source, Evidence) else _evidence(path, line, source)
                if item not in chosen:
                    chosen.append(item)
                    per_file[path] = per_file.get(path, 0) + 1
    return chosen


def _evidence(path: str, line: int, scope: Scope) -> Evidence:
    return Evidence(path, line, strength=scope.strength, note=scope.note)


Ask = Callable[[str], Answer]
