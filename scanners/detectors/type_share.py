"""How much of the source carries types: by language for compiled ones, by signatures for Python, PHP and Ruby."""

from collections import Counter
from itertools import islice
from typing import TYPE_CHECKING, Any

from scanners.comments import in_comment
from scanners.detectors.base import Facts
from scanners.detectors.structure import written_lines
from scanners.facts import Answer, Evidence
from scanners.languages import language_of
from scanners.lazy import lazy_re2

if TYPE_CHECKING:
    from scanners.view import TreeView

_STATIC = frozenset(
    [
        "go",
        "java",
        "kotlin",
        "scala",
        "csharp",
        "fsharp",
        "vb",
        "rust",
        "swift",
        "c",
        "cpp",
        "dart",
        "haskell",
    ]
)
_TYPESCRIPT = frozenset(["typescript", "tsx"])
_SCRIPTS = frozenset(["javascript", "vue", "svelte", "astro"])
_THRESHOLD = {"python": 0.6, "script": 0.8, "php": 0.5, "ruby": 0.5, "groovy": 0.5, "elixir": 0.5}
"""The standard's: 60 % of Python's functions, 80 % of JavaScript's and TypeScript's lines, most PHP and Ruby signatures.
Compiled languages need nothing beyond themselves; Elixir's @spec is asked of half the public functions."""

_MAX_SIGNATURE = 3000
_MAX_FUNCTIONS = 2000
"""Bounds on what one hostile file may cost; the longest of people's files stay far below both."""
_DEF = {
    "python": lazy_re2(rb"(?m)^[ \t]*(?:async[ ]+)?def[ ]+\w+[ ]*(?:\[[^\]]*\])?\("),
    "php": lazy_re2(rb"\bfunction[ ]+&?\w+[ ]*\("),
    "ruby": lazy_re2(rb"(?m)^[ \t]*def[ ]+[\w.?!=]+"),
    "elixir": lazy_re2(rb"(?m)^[ \t]*def[ ]+\w+"),
}
_SIG = {
    "ruby": lazy_re2(rb"(?m)^[ \t]*sig[ ]*(?:\{|do)|^[ \t]*#[ ]@(?:param|return)\b"),
    "elixir": lazy_re2(rb"(?m)^[ \t]*@spec\b"),
}
_PHP_TYPED = lazy_re2(
    rb"(?:^|[(,])[ \t\r\n]*(?:#\[[^\]]*\][ ]*)?(?:(?:public|private|protected|readonly)[ ]+)*\??\\?[A-Za-z][\w\\|&?]*[ ]+[&.]*\$"
)
_PHP_RETURN = lazy_re2(rb"^[ \t\r\n]*:[ ]*[\\?A-Za-z(]")
_TYPED_VUE = lazy_re2(rb"<script[^>]*\blang=[\"']ts")


class TypeShare:
    """Facts per file: [functions, annotated ones, line of the first annotated]; for .vue and .svelte [1, 1 if typed, 1].

    ``value`` is what is typed over what must be: 1 and more passes. Languages are weighed by their lines.
    """

    name = "type-share"
    version = 1
    languages = frozenset([*_DEF, "vue", "svelte"])
    roles = frozenset(["source"])
    gate = r"\bdef |function |<script"

    def observe(self, data: bytes, language: str) -> Any | None:
        if language in ("vue", "svelte"):
            return [1, int(bool(_TYPED_VUE.search(data))), 1]
        matches = islice(_DEF[language].finditer(data), _MAX_FUNCTIONS)
        starts = [m for m in matches if not in_comment(data, m.start(), language)]
        if not starts:
            return None
        if language in _SIG:
            signatures = list(_SIG[language].finditer(data))
            first = data.count(b"\n", 0, signatures[0].start() + 1) + 1 if signatures else 0
            return [len(starts), min(len(starts), len(signatures)), first]
        annotated = first = 0
        for match in starts:
            if _annotated(data, match.end(), language):
                annotated += 1
                first = first or data.count(b"\n", 0, match.end()) + 1
        return [len(starts), annotated, first]

    def decide(self, facts: Facts, view: "TreeView") -> Answer:
        lines: Counter[str] = Counter()
        typed_scripts = 0
        counts = dict(facts)
        functions: Counter[str] = Counter()
        annotated: Counter[str] = Counter()
        for path, number in written_lines(view).items():
            language = language_of(path)
            if language in _TYPESCRIPT or (
                language in _SCRIPTS and counts.get(path, [0, 0])[1] and language != "javascript"
            ):
                lines["script"] += number
                typed_scripts += number
            elif language in _SCRIPTS:
                lines["script"] += number
            elif (language in _STATIC or language in _THRESHOLD) and not path.endswith(
                (".gradle", ".gradle.kts")
            ):
                lines[language] += number
            if language in _DEF and path in counts:
                functions[language] += counts[path][0]
                annotated[language] += counts[path][1]
        typed = required = 0.0
        for language, number in lines.items():
            if not number:  # files of nothing but comments
                continue
            if language in _STATIC:
                typed += number
                required += number * _THRESHOLD["python"]
                continue
            share = (
                typed_scripts / number
                if language == "script"
                else annotated[language] / max(1, functions[language])
            )
            typed += number * share
            required += number * _THRESHOLD[language]
        evidence = self._evidence(facts, lines, annotated, functions, view)
        return Answer(
            evidence, count=len(evidence), files=len(evidence), value=typed / required if required else None
        )

    @staticmethod
    def _evidence(
        facts: Facts, lines: Counter[str], annotated: Counter[str], functions: Counter[str], view: "TreeView"
    ) -> tuple[Evidence, ...]:
        places = []
        for language, _ in lines.most_common(2):
            if language in _DEF:
                best = max(((f[1], p, f[2]) for p, f in facts if language_of(p) == language), default=None)
                if best:
                    note = f"{annotated[language]} of {functions[language]} functions declare types"
                    places.append(Evidence(best[1], best[2] or 1, note=note))
                continue
            kinds = _TYPESCRIPT if language == "script" else frozenset([language])
            largest = max(
                ((n, p) for p, n in written_lines(view).items() if language_of(p) in kinds), default=None
            )
            if largest:
                places.append(Evidence(largest[1], 1, note=f"{lines[language]} lines of this kind"))
        return tuple(places)


def _annotated(data: bytes, start: int, language: str) -> bool:
    """Whether the signature whose parameters begin at ``start`` declares a type for one of them or for its return."""
    end = _closing(data, start)
    parameters = data[start:end]
    after = data[end + 1 : end + 60]
    if language == "php":
        return bool(_PHP_TYPED.search(b"(" + parameters) or _PHP_RETURN.search(after))
    return after.lstrip().startswith(b"->") or _has_colon(parameters)


def _closing(data: bytes, start: int) -> int:
    depth = 1
    end = min(len(data), start + _MAX_SIGNATURE)
    for index in range(start, end):
        char = data[index]
        if char in b"([{":
            depth += 1
        elif char in b")]}":
            depth -= 1
            if not depth:
                return index
    return end


def _has_colon(parameters: bytes) -> bool:
    """Whether a colon stands outside brackets and strings, as an annotation's does."""
    depth = 0
    quote = 0
    in_lambda = False
    for index, char in enumerate(parameters):
        if quote:
            quote = 0 if char == quote else quote
        elif char in b"\"'":
            quote = char
        elif char in b"([{":
            depth += 1
        elif char in b")]}":
            depth -= 1
        elif char == 108 and parameters[index : index + 6] == b"lambda":
            in_lambda = True
        elif char == 44 and not depth:
            in_lambda = False
        elif char == 58 and not depth and not in_lambda:
            return True
    return False
