"""Finds secrets in text and blanks them. Everything that quotes a repository or git passes through here.

``redact`` errs on the side of blanking. ``find_secrets`` also says how sure it is, so that a rule can tell a
live-looking credential from a placeholder. All patterns are RE2: linear time on any input.
"""

import math
from collections import Counter
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from scanners.facts import Strength
from scanners.secret_forms import (
    BARE,
    CHAIN,
    ENTROPY,
    FORMS,
    HASH_LABEL,
    HINT,
    IDENTIFIER,
    LINE_VALUE,
    LINK,
    NAMED,
    NO_SECRET_ENDINGS,
    PLACEHOLDER,
    QUOTED,
    TEMPLATE,
    TYPES,
    WORDS,
    Form,
)
from scanners.values import dataclass

if TYPE_CHECKING:
    from scanners.gate import Gate

BLANK = "[redacted]"


@dataclass(frozen=True, slots=True)
class SecretHit:
    """One secret value. ``start`` and ``end`` are offsets into the text, ``line`` counts from 1.

    strong: the form of a live credential. moderate: a literal where a secret belongs. weak: looks like a
    placeholder, an example or a test value, or may be no secret at all.
    """

    kind: str
    line: int
    start: int
    end: int
    strength: Strength


@cache
def _regex(pattern: str) -> Any:
    import re2

    return re2.compile(pattern)


@cache
def _prefilter() -> Any:
    import re2

    options = re2.Options()
    options.max_mem = 64 << 20
    chosen = re2.Set.SearchSet(options)
    for hint in HINTS:
        chosen.Add(hint)
    # Matches always: otherwise "nothing" and "out of memory" would be the same answer.
    chosen.Add(r"\A")
    chosen.Compile()
    return chosen


def _selected(text: str, patterns: int) -> list[int]:
    """The patterns that may match somewhere in ``text``; all where the filter runs out of its memory."""
    if _gate is not None:
        return _gate.select(text.encode("utf-8", "replace"))
    found = _prefilter().Match(text)
    return list(range(patterns)) if not found else sorted(index for index in found if index < patterns)


_PATTERNS = (*(form.pattern for form in FORMS), *QUOTED, BARE, LINE_VALUE, ENTROPY)
HINTS = (*(form.hint or form.pattern for form in FORMS), *[HINT] * (len(QUOTED) + 2), r"[A-Za-z0-9+/_-]{32}")
"""For each pattern one without which it cannot match."""

_SURE = tuple(index for index, form in enumerate(FORMS) if form.strength == "strong")
"""The forms of which alone a strong hit can come."""
_gate: "Gate | None" = None
_sure_gate: "Gate | None" = None


def use_literals(known: Mapping[str, str]) -> None:
    """Choose patterns by literals from now on, where ``known`` holds those of all ``HINTS``, instead of by RE2."""
    global _gate, _sure_gate
    if _gate is None and all(hint in known for hint in HINTS):
        from scanners.gate import Gate

        _gate = Gate(HINTS, known)
        _sure_gate = Gate([HINTS[index] for index in _SURE], known)


_ORDINARY = (
    "def connect(self, url: str, timeout: float = 30.0) -> None:  # see docs/setup.md",
    "const client = new Client({ url: process.env.API_URL, token: `${id}-${name}` });",
    'password = os.environ.get("DB_PASSWORD", "changeme")',
    "    image: registry.example.org/app:1.2.3@sha256:0123456789abcdef0123456789abcdef",
    "postgres://user:secret@localhost:5432/app?sslmode=disable",
)
"""Lines such as evidence is quoted from."""


def prepare_redaction() -> None:
    """Compiles every pattern now, for a process that is forked for many repositories.

    RE2 goes on working out an expression while it searches; what it has learnt from ordinary lines a child need not
    learn again.
    """
    for pattern in _PATTERNS:
        search = _regex(pattern).search
        for line in _ORDINARY:
            search(line)


def redact(text: str) -> str:
    """``text`` with every value that may be a secret as ``[redacted]``; names around it stay readable."""
    parts: list[str] = []
    last = 0
    for start, end in _merged(find_secrets(text)):
        parts += (text[last:start], BLANK)
        last = end
    return "".join((*parts, text[last:])) if parts else text


def redact_url(text: str) -> str:
    """``text`` with the user name and password of every address in it replaced."""
    return str(
        _regex(r"([A-Za-z][A-Za-z0-9+.-]*://)[^\s/@\"'<>]*(?:@[^\s/@\"'<>]*)*@").sub(r"\1[redacted]@", text)
    )


def find_secrets(text: str) -> list[SecretHit]:
    """Every value in ``text`` that may be a secret, in the order of their places; they may overlap."""
    hits: list[tuple[str, int, int, Strength]] = []
    for index in _selected(text, len(_PATTERNS)):
        for match in _regex(_PATTERNS[index]).finditer(text):
            hit = _judge_form(FORMS[index], match) if index < len(FORMS) else _judge_rest(index, match, text)
            if hit is not None:
                hits.append(hit)
    return _placed(text, hits)


def find_credentials(text: str) -> list[SecretHit]:
    """Those of ``find_secrets`` that are strong, at a fraction of its cost."""
    if _sure_gate is not None:
        selected = [_SURE[number] for number in _sure_gate.select(text.encode("utf-8", "replace"))]
    else:
        selected = [index for index in _selected(text, len(_PATTERNS)) if index in _SURE]
    hits: list[tuple[str, int, int, Strength]] = []
    for index in selected:
        for match in _regex(_PATTERNS[index]).finditer(text):
            hit = _judge_form(FORMS[index], match)
            if hit is not None and hit[3] == "strong":
                hits.append(hit)
    return _placed(text, hits)


def is_placeholder(value: str) -> bool:
    """True for a value that stands for a secret without being one: a template, "changeme", "xxx"."""
    return bool(
        _regex(TEMPLATE).search(value) or _regex(PLACEHOLDER).search(value[:300]) or len(set(value)) <= 2
    )


def _judge_form(form: Form, match: Any) -> tuple[str, int, int, Strength] | None:
    start, end = match.span(1)
    value = match.group(1)
    strength = form.strength
    if form.judged:
        if _regex(TEMPLATE).search(value):
            return None
        if form.strength == "strong":
            strength = "weak" if _provider_placeholder(value) else "strong"
        elif is_placeholder(value) or not _plausible(value) or not _in_place(form.kind, match):
            strength = "weak"
    elif form.kind == "private-key" and len(value) < 200:
        strength = "weak"
    return form.kind, start, end, strength


def _in_place(kind: str, match: Any) -> bool:
    """False where the surroundings of a value speak against a secret."""
    value = match.group(1)
    if kind == "fallback":
        name = _regex(NAMED).search(match.group(0))
        return not _regex(rf"^(?:{NAMED})$").search(value) and not (name and _names_no_secret(name.group(0)))
    return kind != "authorization" or any(c.isdigit() for c in value)


def _judge_rest(index: int, match: Any, text: str) -> tuple[str, int, int, Strength] | None:
    place = index - len(FORMS)
    if place < len(QUOTED):
        return _judge_quoted(match)
    if place == len(QUOTED):
        return _judge_bare(match, text)
    if place == len(QUOTED) + 1:
        return _judge_line(match)
    start, end = match.span(1)
    before = text[max(0, start - 40) : start]
    if not _random(match.group(1)) or _regex(HASH_LABEL).search(before):
        return None
    return "high-entropy", start, end, "weak"


def _judge_quoted(match: Any) -> tuple[str, int, int, Strength] | None:
    name, value = match.group(1), match.group(2)
    start, end = match.span(2)
    if _regex(TEMPLATE).search(value) or not value.strip():
        return None
    if _names_no_secret(name):
        return ("high-entropy", start, end, "weak") if _random(value) else None
    if _regex(LINK).search(value) and not _random(value):
        return None
    sure = _plausible(value) and not is_placeholder(value) and not _says_name(name, value)
    sure = sure and not _regex(WORDS).search(value)
    return "assignment", start, end, "moderate" if sure else "weak"


def _judge_bare(match: Any, text: str) -> tuple[str, int, int, Strength] | None:
    """A value without quotes may be code: calls, attributes and names of variables are left alone."""
    name, value = match.group(1), match.group(3)
    start, end = match.span(3)
    follows = text[end : end + 1]
    if follows in ("(", "[", "{", "<", "'", '"', "`") or _names_no_secret(name) or value.lower() in TYPES:
        return None
    if _regex(LINK).search(value) or _regex(CHAIN).search(value):
        return None
    if _regex(IDENTIFIER).search(value):
        passwordlike = _regex(r"(?i)pass|pwd|secret").search(name)
        plain = value.islower() and value.isalpha() and not _says_name(name, value)
        if not (any(c.isdigit() for c in value) or (passwordlike and plain)):
            return None
    elif len(value) < 4 or value.strip("0123456789.,-") == "":
        return None
    return "assignment", start, end, "weak"


def _judge_line(match: Any) -> tuple[str, int, int, Strength] | None:
    """A whole line of an environment or YAML file, where a value needs no quotes."""
    name, sign, value = match.group(1), match.group(2), match.group(3)
    start, end = match.span(3)
    if _regex(TEMPLATE).search(value) or _names_no_secret(name) or value.rstrip(",;").lower() in TYPES:
        return None
    if value[-1] in "({[,;" or value[0] in "({[|>&*=" or _regex(LINK).search(value):
        return None
    if "(" in value or (sign == "=" and _regex(CHAIN).search(value)):
        return None
    if name.endswith(("?", ".")) or (value[0].isupper() and value.isalpha() and not value.isupper()):
        return None
    numbers = value.strip("0123456789.,-_") == "" and len(value) < 6
    sure = _plausible(value) and not is_placeholder(value) and not _says_name(name, value) and not numbers
    return "assignment", start, end, "moderate" if sure and not _regex(CHAIN).search(value) else "weak"


def _names_no_secret(name: str) -> bool:
    """True where the name speaks about a secret rather than holding one: TOKEN_URL, passwordField."""
    snake = _regex(r"([a-z0-9])([A-Z])").sub(r"\1_\2", name)
    return bool(_regex(r"(?i)(?:^|[_.\-])(?:" + NO_SECRET_ENDINGS + r")$").search(snake))


def _says_name(name: str, value: str) -> bool:
    """True where a value only repeats its name: password="password"."""
    plain = value.lower().replace("-", "").replace("_", "")
    return plain in name.lower().replace("-", "").replace("_", "")


def _provider_placeholder(value: str) -> bool:
    tail = value[-24:].lower()
    return (
        any(
            word in value.lower()
            for word in ("example", "xxxx", "fake", "dummy", "placeholder", "your", "redacted")
        )
        or "1234567890" in value
        or "00000000" in value
        or len(set(tail)) < 8
        or not any(c.isdigit() for c in value)
    )


def _plausible(value: str) -> bool:
    """True for a literal that may well be a live secret, not a word or a sentence."""
    if len(value) < 6 or value.count(" ") > 1:
        return False
    return _entropy(value) >= 2.5


def _random(value: str) -> bool:
    """True for a long literal that looks drawn by chance; hexadecimal digests do not count."""
    if len(value) < 32 or not value.strip("0123456789abcdefABCDEF-"):
        return False
    # islower and isupper speak of the letters alone, and are False where there is none.
    mixed = not (value.islower() or value.isupper()) and any(map(str.isdigit, value))
    return mixed and any(map(str.isupper, value)) and any(map(str.islower, value)) and _entropy(value) >= 4.2


def _entropy(value: str) -> float:
    """Bits per character of ``value``."""
    total = len(value)
    return -sum(n / total * math.log2(n / total) for n in Counter(value).values())


def _placed(text: str, hits: list[tuple[str, int, int, Strength]]) -> list[SecretHit]:
    placed: list[SecretHit] = []
    line, last = 1, 0
    for kind, start, end, strength in sorted(hits, key=lambda hit: (hit[1], -hit[2])):
        line += text.count("\n", last, start)
        last = start
        placed.append(SecretHit(kind, line, start, end, strength))
    return placed


def _merged(hits: list[SecretHit]) -> list[tuple[int, int]]:
    spans: list[tuple[int, int]] = []
    for hit in hits:
        if spans and hit.start <= spans[-1][1]:
            spans[-1] = (spans[-1][0], max(spans[-1][1], hit.end))
        else:
            spans.append((hit.start, hit.end))
    return spans
