"""Tests of single functions or classes: they assert something real and start neither server, browser nor database."""

from typing import TYPE_CHECKING, Any

from scanners.comments import in_comment
from scanners.detectors.base import Facts
from scanners.detectors.unit_test_forms import ALIKE, FORMS
from scanners.facts import Answer, Evidence
from scanners.lazy import lazy_re

if TYPE_CHECKING:
    from scanners.view import TreeView

_ELSEWHERE = lazy_re(
    r"(?i)(^|/)[\w.-]*(integration|functional|acceptance|end-?to-?end|e2e|system|smoke|browser|contract|performance|load)[-_.]?(tests?|specs?)(/|\.)|"
    r"(^|/)(tests?|specs?|__tests__|test/java|test/kotlin)/(\w+/)*(integrations?|functional|features?|acceptance|e2e|system|requests|controllers|api|browser|smoke|end_to_end)/|"
    r"(^|/)(e2e|cypress|playwright|features)/|[._-](e2e|integration|int|cy|e2e-spec|integration-spec|functional)[._-](test|spec)?s?|[._-]e2e-spec\.|"
    r"(IT|IntegrationTests?|E2ETests?|AcceptanceTests?|FunctionalTests?)\.(java|kt|cs|php|groovy)$"
)  # fmt: skip
"""Files whose place or name says that they test more than one part."""


class UnitTests:
    """Facts: [assertions, line of the first]. ``count`` is the number of assertions in tests of single parts."""

    name = "unit-tests"
    version = 5
    languages = frozenset([*FORMS, *ALIKE])
    roles = frozenset(["source", "test"])
    gate = r"[tT]est|\b(it|describe|specify|scenario|feature|should)\b|Spec\b|\[(Fact|Theory)"

    def observe(self, data: bytes, language: str) -> Any | None:
        form = FORMS[ALIKE.get(language, language)]
        if not form.test.search(data) or form.together.search(data):
            return None
        lines = []
        for match in form.assertion.finditer(data):
            start = match.start()
            while data[start : start + 1] in (b" ", b"\t", b"\n", b"\r"):
                start += 1
            if not form.trivial.search(_line(data, start)) and not in_comment(data, start, language):
                lines.append(data.count(b"\n", 0, start) + 1)
            if len(lines) == 20:
                break
        return [len(lines), lines[0]] if lines else None

    def decide(self, facts: Facts, view: "TreeView") -> Answer:
        found = [(path, fact) for path, fact in facts if _may_count(path, view)]
        evidence = tuple(Evidence(path, line) for path, (_, line) in sorted(found)[:5])
        return Answer(evidence, count=sum(fact[0] for _, fact in found), files=len(found))


def _may_count(path: str, view: "TreeView") -> bool:
    """Rust keeps its unit tests beside the code; in every other language they have files of their own."""
    at_home = view.role(path) == "test" or path.endswith(".rs")
    return at_home and path not in view.unwritten and not _ELSEWHERE.search(path)


def _line(data: bytes, position: int) -> bytes:
    start = data.rfind(b"\n", 0, position) + 1
    end = data.find(b"\n", position)
    return data[start : end if end != -1 else len(data)][:500]
