"""Finds secrets in text and blanks them. Everything that quotes a repository or git passes through here.

``redact`` errs on the side of blanking. ``find_secrets`` also says how sure it is, so that a rule can tell a
live-looking credential from a placeholder. All patterns are RE2: linear time on any input.
"""

import math
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

from scanners.facts import Strength

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


class _Form(NamedTuple):
    """A pattern whose group 1 is the value, and how sure a match is; ``judged`` values are looked at further.

    ``hint`` is a small pattern without which ``pattern`` cannot match; by default the pattern itself.
    """

    kind: str
    pattern: str
    strength: Strength = "strong"
    judged: bool = False
    hint: str = ""


_WORD = (
    r"(?:pass(?:word|wd|phrase|code)|passw|pwd|secret|token|api[_-]?key|apikey|access[_-]?key|private[_-]?key|"
    r"signing[_-]?key|encryption[_-]?key|encrypt[_-]?key|master[_-]?key|account[_-]?key|shared[_-]?key|auth[_-]?key|"
    r"service[_-]?key|client[_-]?key|key[_-]?base|jwt[_-]?key|credential|salt|pepper|bearer)"
)
_NAME = r"(?i:[\w.$-]*" + _WORD + r"[\w.-]*)"
_SHOUT = r"[A-Z0-9_]*(?:PASS|PASSWORD|PASSWD|PWD|SECRET|TOKEN|KEY|SALT|PASSPHRASE)[A-Z0-9_]*"
_SIGN = r"\s{0,20}(?::=|=>|={1,3}|!={1,2}|:)\s{0,20}"
_PREFIX = r"(?:[rbfuRBFU@$]{1,2})?"
_DOUBLE, _SINGLE, _TICK = r'"((?:[^"\\\n]|\\.)+)"', r"'((?:[^'\\\n]|\\.)+)'", r"`([^`\n]+)`"

_HINT = r"(?i:pass|pwd|secret|token|key|credential|salt|pepper|bearer|connectionstring)"

_FORMS: tuple[_Form, ...] = (
    _Form(
        "private-key",
        r"(-----BEGIN (?:[A-Z0-9]+ ){0,3}PRIVATE KEY(?: BLOCK)?-----[^-]*(?:-----END[A-Z0-9 ]*-----)?)",
        hint=r"PRIVATE KEY|PuTTY-User",
    ),
    _Form("private-key", r"(PuTTY-User-Key-File-[0-9]:[^\0]*)", hint=r"PRIVATE KEY|PuTTY-User"),
    _Form("aws-access-key", r"\b((?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16})\b", judged=True),
    _Form("github-token", r"\b((?:gh[pousr]_[A-Za-z0-9]{30,}|github_pat_[A-Za-z0-9_]{22,}))", judged=True),
    _Form(
        "gitlab-token", r"\b(gl(?:pat|dt|rt|cbt|ptt|ft|imt|agent|soat|oas)-[A-Za-z0-9_.-]{20,})", judged=True
    ),
    _Form("slack-token", r"\b(xox[abeoprs]-[A-Za-z0-9-]{10,}|xapp-[0-9]-[A-Za-z0-9-]{10,})", judged=True),
    _Form(
        "slack-webhook",
        r"(hooks\.slack\.com/(?:services|workflows|triggers)/[A-Za-z0-9/_-]{20,})",
        judged=True,
    ),
    _Form(
        "discord-webhook", r"(discord(?:app)?\.com/api/webhooks/[0-9]{15,}/[A-Za-z0-9_-]{40,})", judged=True
    ),
    _Form("stripe-key", r"\b((?:sk|rk)_live_[A-Za-z0-9]{10,}|whsec_[A-Za-z0-9]{24,})", judged=True),
    _Form("stripe-key", r"\b((?:sk|rk|pk)_(?:test|live)_[A-Za-z0-9]{10,})", "weak"),
    _Form("google-api-key", r"\b(AIza[A-Za-z0-9_-]{35})", "moderate", judged=True),
    _Form(
        "google-oauth",
        r"\b(GOCSPX-[A-Za-z0-9_-]{20,}|ya29\.[A-Za-z0-9_-]{20,}|1//0[A-Za-z0-9_-]{30,})",
        judged=True,
    ),
    _Form("npm-token", r"\b(npm_[A-Za-z0-9]{36})\b", judged=True),
    _Form("npm-token", r"_authToken\s{0,5}=\s{0,5}([^\s$\"']{8,})", judged=True),
    _Form("pypi-token", r"\b(pypi-[A-Za-z0-9_-]{50,})", judged=True),
    _Form("rubygems-token", r"\b(rubygems_[a-f0-9]{48})\b", judged=True),
    _Form("sendgrid-key", r"\b(SG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{30,})", judged=True),
    _Form("twilio-key", r"\b(SK[0-9a-f]{32})\b", judged=True),
    _Form("mailgun-key", r"\b(key-[0-9a-f]{32})\b", judged=True),
    _Form("mailchimp-key", r"\b([0-9a-f]{32}-us[0-9]{1,2})\b", judged=True),
    _Form("digitalocean-token", r"\b(do[opr]_v1_[a-f0-9]{64})", judged=True),
    _Form("telegram-token", r"\b([0-9]{8,10}:AA[A-Za-z0-9_-]{32,})\b", judged=True),
    _Form("openai-key", r"\b(sk-(?:proj-|ant-|svcacct-|or-v1-)?[A-Za-z0-9_-]{32,})", judged=True),
    _Form("huggingface-token", r"\b(hf_[A-Za-z0-9]{30,})\b", judged=True),
    _Form("databricks-token", r"\b(dapi[a-f0-9]{32})\b", judged=True),
    _Form("shopify-token", r"\b(shp(?:at|ca|pa|ss)_[A-Fa-f0-9]{32})\b", judged=True),
    _Form("square-token", r"\b(sq0(?:atp|csp|idp)-[A-Za-z0-9_-]{22,}|EAAA[A-Za-z0-9_-]{60})", judged=True),
    _Form("linear-key", r"\b(lin_(?:api|oauth)_[A-Za-z0-9]{32,})\b", judged=True),
    _Form("vault-token", r"\b(hv[sbr]\.[A-Za-z0-9_-]{24,})", judged=True),
    _Form("grafana-token", r"\b(gl(?:sa|c)_[A-Za-z0-9+/=_-]{32,})", judged=True),
    _Form("doppler-token", r"\b(dp\.(?:pt|st|ct|sa)\.[A-Za-z0-9_.-]{40,})", judged=True),
    _Form("docker-token", r"\b(dckr_(?:pat|oat)_[A-Za-z0-9_-]{20,})", judged=True),
    _Form("age-key", r"\b(AGE-SECRET-KEY-1[A-Z0-9]{50,})", judged=True),
    _Form(
        "azure-key",
        r"(?i:(?:AccountKey|SharedAccessKey|SharedAccessSignature)\s{0,3}=\s{0,3})([A-Za-z0-9+/%=]{20,})",
        judged=True,
        hint=r"(?i:Shared|AccountKey)",
    ),
    _Form("azure-key", r"[?&;](?i:sig)=([A-Za-z0-9+/%=]{30,})", judged=True, hint=r"(?i:sig=)"),
    _Form("azure-key", r"\b([A-Za-z0-9_~.]{3}8Q~[A-Za-z0-9_~.-]{31,})", judged=True, hint=r"8Q~"),
    _Form(
        "jwt",
        r"\b(eyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{4,}\.[A-Za-z0-9_-]*)",
        "moderate",
        judged=True,
        hint=r"eyJ",
    ),
    _Form(
        "sentry-dsn",
        r"https?://([0-9a-f]{32}(?::[0-9a-f]{32})?)@[\w.-]+/[0-9]",
        "weak",
        hint=r"://[0-9a-f]{32}",
    ),
    _Form(
        "url-password",
        r"[A-Za-z][A-Za-z0-9+.-]+://[^\s:/@\"'<>]*:([^\s/@\"'<>]+)@",
        "moderate",
        True,
        hint=r"://[^\s/]*@",
    ),
    _Form("url-password", r"https?://([^\s:/@\"'<>${}]{8,})@[\w.-]+", "moderate", True, hint=r"://[^\s/]*@"),
    _Form(
        "authorization",
        r"(?i:\b(?:authorization|proxy-authorization)\b[\"']?\s{0,5}[:=,]\s{0,5}[\"'`]?(?:bearer|basic|token|digest)?\s{1,5})([A-Za-z0-9+/=._~-]{8,})",
        "moderate",
        True,
        hint=r"(?i:authorization|bearer|basic)",
    ),
    _Form(
        "authorization",
        r"\b(?i:bearer|basic)\s{1,3}([A-Za-z0-9+/=._~-]{20,})",
        "moderate",
        True,
        hint=r"(?i:authorization|bearer|basic)",
    ),
    _Form(
        "password-option",
        r"(?i:--?[a-z-]{0,20}(?:password|passwd|token|secret|api-?key)[= ]\s{0,5}[\"']?)([^\s\"'$<{(\[-][^\s\"']{2,})",
        "moderate",
        True,
        hint=_HINT,
    ),
    _Form(
        "password-option",
        r"\b(?:curl|wget|http)\b[^\n|;]*\s-u\s{0,3}[\"']?[^\s:\"'$]+:([^\s\"'$]{3,})",
        "moderate",
        True,
        hint=r"(?i:curl|wget|http)",
    ),
    _Form(
        "password-sql",
        r"(?i:\b(?:identified\s+by|password)\s+)'([^'\n]+)'",
        "moderate",
        True,
        hint=r"(?i:identified|password)",
    ),
    _Form(
        "fallback",
        r"[\"'`](?:"
        + _SHOUT
        + r")[\"'`]\]?\s{0,5}\)?\s{0,5}(?:,|\|\||\?\?|\bor\b|\?:)\s{0,5}(?:default\s{0,3}=\s{0,3})?[\"'`]([^\"'`\n]+)[\"'`]",
        "moderate",
        True,
        hint=_HINT,
    ),
    _Form(
        "fallback",
        r"\b(?:env|ENV|environ)\.(?:" + _SHOUT + r")\s{0,5}(?:\|\||\?\?)\s{0,5}[\"'`]([^\"'`\n]+)[\"'`]",
        "moderate",
        True,
        hint=_HINT,
    ),
    _Form(
        "fallback",
        r"\$\{(?:" + _SHOUT + r"|[a-z0-9._-]*(?:password|secret|token|key)[a-z0-9._-]*):[-=]?([^${}\s]+)\}",
        "moderate",
        True,
        hint=_HINT,
    ),
    _Form(
        "call",
        r"(?i:\b[\w.]*(?:password|passwd|secret|token|api_?key|signingkey)\s{0,3}\(\s{0,5})[\"'`]([^\"'`\n]{4,})[\"'`]\s{0,5}\)",
        "weak",
        True,
        hint=_HINT,
    ),
    _Form(
        "element",
        r"<(?:[\w:-]{0,20}(?i:password|secret|token|apikey|passphrase))(?:\s[^<>]*)?>([^<>\s][^<>\n]*)</",
        "moderate",
        True,
        hint=_HINT,
    ),
    _Form(
        "element",
        r"(?i:\b(?:key|name)=\"[\w.:-]*(?:password|secret|token|apikey|api_key|connectionstring)[\w.:-]{0,20}\"\s{1,5}value=\")([^\"\n]+)\"",
        "moderate",
        True,
        hint=_HINT,
    ),
    _Form(
        "connection-string",
        r"(?i:[;\"']\s{0,3}(?:password|pwd)\s{0,3}=\s{0,3})([^;\"'\s]+)",
        "moderate",
        True,
        hint=r"(?i:password|pwd)",
    ),
    _Form(
        "env-list",
        r"(?i:\bname:\s{0,5}[\"']?[\w-]*(?:password|secret|token|api_?key)[\w-]{0,20}[\"']?\s*value:\s{0,5})[\"']?([^\s\"'${}]+)",
        "moderate",
        True,
        hint=_HINT,
    ),
)

# Assignments have the name in group 1 and the value in the last group: what the name ends in decides much.
_QUOTED = tuple(
    r"(" + _NAME + r")[\"'`\])]{0,3}(?:\s{0,3}:\s{0,3}[\w\[\]<>|&. ?]+)?" + _SIGN + _PREFIX + value
    for value in (_DOUBLE, _SINGLE, _TICK)
)
_BARE = r"(" + _NAME + r")[\"'`\])]{0,3}(" + _SIGN + r")([^\s\"'`,;#(){}\[\]<>$&|*!%]{2,})"
_LINE_VALUE = (
    r"(?m)^[ \t]*(?:-[ \t]{1,4}|export[ \t]{1,4}|ENV[ \t]{1,4}|set[ \t]{1,4})?[\"']?("
    + _NAME
    + r")[\"']?(:[ \t]{1,20}|=)([^\s\"'`][^\s]*)[ \t\r]*$"
)
_ENTROPY = r"[\"'`=:\s]((?:[A-Za-z0-9_-]{32,}|[A-Za-z0-9+/]{32,}={0,2}))(?:[\"'`\s,;)]|$)"

_NO_SECRET_ENDINGS = (
    "url|uri|path|type|header|headers|headername|field|fieldname|algorithm|alg|expires|expire|expiry|expiresin|expiration|lifetime|ttl|"
    "age|length|len|min|max|minlength|maxlength|label|message|error|errors|help|placeholder|prefix|suffix|scheme|endpoint|file|"
    "filename|env|ref|backend|class|validator|validators|hasher|hashers|policy|regex|pattern|name|names|id|ids|title|"
    "description|text|hint|count|limit|limits|location|strategy|provider|confirmation|reset|change|required|enabled|"
    "visible|strength|column|table|page|view|route|version|format|mode|method|kind|index|storage|cookie|issuer|audience|"
    "minutes|seconds|hours|days|time|timeout|at|on|in|by|from|schema|model|form|input|selector|service|manager"
)
_PLACEHOLDER = (
    r"(?i)^(?:[x*.#?_-]+|[0-9]{1,3}|.*(?:change[-_ ]?(?:me|this|it)|example|placeholder|dummy|sample|redacted|"
    r"replace[-_ ]?(?:me|this|with)|your[-_ ]|_your|<your|my[-_ ]?(?:secret|token|password|key|api)|insert[-_ ]|"
    r"to[-_ ]?be[-_ ]|todo|fixme|xxxx|not[-_ ]?(?:a[-_ ])?(?:real|secret|used)|fake|mock|default|insecure|unsafe|"
    r"for[-_ ]?(?:test|dev)|local[-_ ]?dev|some[-_ ]|super[-_ ]?secret|secret[-_ ]?(?:key|token|here)|"
    r"testing|test[-_ ]?(?:secret|token|key|pass)|1234567|abcdef|foobar|lorem).*|"
    r"test.{0,6}|pass(?:word|wd)?.{0,4}|p[a@]ssw[o0]rd.{0,4}|secret.{0,4}|token.{0,4}|admin.{0,6}|root|guest|user|postgres(?:ql)?|mysql|redis|"
    r"rabbitmq|mongo|minio(?:admin)?|dev|demo|foo|bar|baz|qwerty.{0,4}|hunter2|letmein|nil|none|null|undefined|"
    r"true|false|empty|string|str|key|value|apikey|api[-_]key)$"
)
_TEMPLATE = r"^(?:\$.*|\{\{.*|<[^<>]*>|%[({A-Za-z].*|#\{.*|@[\w.]+@?|\[redacted\]|env[:(].*|secret[s]?[:/.].*|vault:.*|arn:aws:.*|ENC\[.*|\{cipher\}.*|!.*)$"
_LINK = r"^(?:https?:/)?/[^\s@]*$|^\.{1,2}/|^https?://[^\s@]*$"
_TYPES = frozenset(
    "str string text bytes int integer number bool boolean any none null nil undefined true false optional required "
    "object buffer uuid void char varchar float double self this unknown never secretstr let var const new await function "
    "return if else not in is and or".split()
)
_CHAIN = r"^[A-Za-z_$][\w$]*[?!]?(?:(?:\.|::|->|\?\.)[A-Za-z_$][\w$]*[?!]?)+[.,;:\\]*$"
_IDENTIFIER = r"^[A-Za-z_$][\w$]*[?!]?[.,;:\\]*$"
_HASH_LABEL = r"(?i)(?:sha(?:1|224|256|384|512)|md5|h1|integrity|checksum|digest|commit|rev|resolved|uses|@)[\"']?[-:=@\s\"']{0,4}$"


@lru_cache(maxsize=None)
def _regex(pattern: str) -> Any:
    import re2

    return re2.compile(pattern)


@lru_cache(maxsize=1)
def _prefilter() -> Any:
    import re2

    options = re2.Options()
    options.max_mem = 64 << 20
    chosen = re2.Set.SearchSet(options)
    for hint in (
        *(form.hint or form.pattern for form in _FORMS),
        *[_HINT] * (len(_QUOTED) + 2),
        r"[A-Za-z0-9+/_-]{32}",
    ):
        chosen.Add(hint)
    chosen.Compile()
    return chosen


def _selected(text: str, patterns: int) -> list[int]:
    """The patterns that may match somewhere in ``text``; all of them where the filter runs out of its memory."""
    found = _prefilter().Match(text)
    return list(range(patterns)) if found is None else sorted(found)


def _patterns() -> list[str]:
    return [*(form.pattern for form in _FORMS), *_QUOTED, _BARE, _LINE_VALUE, _ENTROPY]


def redact(text: str) -> str:
    """``text`` with every value that may be a secret replaced by ``[redacted]``; names around it stay readable."""
    parts: list[str] = []
    last = 0
    for start, end in _merged(find_secrets(text)):
        parts += (text[last:start], BLANK)
        last = end
    return "".join((*parts, text[last:])) if parts else text


def redact_url(text: str) -> str:
    """``text`` with the user name and password of every address in it replaced; for messages about addresses."""
    return str(
        _regex(r"([A-Za-z][A-Za-z0-9+.-]*://)[^\s/@\"'<>]*(?:@[^\s/@\"'<>]*)*@").sub(r"\1[redacted]@", text)
    )


def find_secrets(text: str) -> list[SecretHit]:
    """Every value in ``text`` that may be a secret, in the order of their places; they may overlap."""
    hits: list[tuple[str, int, int, Strength]] = []
    patterns = _patterns()
    for index in _selected(text, len(patterns)):
        for match in _regex(patterns[index]).finditer(text):
            hit = (
                _judge_form(_FORMS[index], match) if index < len(_FORMS) else _judge_rest(index, match, text)
            )
            if hit is not None:
                hits.append(hit)
    return _placed(text, hits)


def is_placeholder(value: str) -> bool:
    """True for a value that stands for a secret without being one: a template, "changeme", "your-key", "xxx"."""
    return bool(
        _regex(_TEMPLATE).search(value) or _regex(_PLACEHOLDER).search(value[:300]) or len(set(value)) <= 2
    )


def _judge_form(form: _Form, match: Any) -> tuple[str, int, int, Strength] | None:
    start, end = match.span(1)
    value = match.group(1)
    strength = form.strength
    if form.judged:
        if _regex(_TEMPLATE).search(value):
            return None
        if form.strength == "strong":
            strength = "weak" if _provider_placeholder(value) else "strong"
        elif is_placeholder(value) or not _plausible(value):
            strength = "weak"
    elif form.kind == "private-key" and len(value) < 200:
        strength = "weak"
    return form.kind, start, end, strength


def _judge_rest(index: int, match: Any, text: str) -> tuple[str, int, int, Strength] | None:
    place = index - len(_FORMS)
    if place < len(_QUOTED):
        return _judge_quoted(match)
    if place == len(_QUOTED):
        return _judge_bare(match, text)
    if place == len(_QUOTED) + 1:
        return _judge_line(match)
    start, end = match.span(1)
    before = text[max(0, start - 40) : start]
    if not _random(match.group(1)) or _regex(_HASH_LABEL).search(before):
        return None
    return "high-entropy", start, end, "weak"


def _judge_quoted(match: Any) -> tuple[str, int, int, Strength] | None:
    name, value = match.group(1), match.group(2)
    start, end = match.span(2)
    if _regex(_TEMPLATE).search(value) or not value.strip():
        return None
    if _names_no_secret(name):
        return ("high-entropy", start, end, "weak") if _random(value) else None
    if _regex(_LINK).search(value) and not _random(value):
        return None
    sure = _plausible(value) and not is_placeholder(value) and not _says_name(name, value)
    return "assignment", start, end, "moderate" if sure else "weak"


def _judge_bare(match: Any, text: str) -> tuple[str, int, int, Strength] | None:
    """A value without quotes may be code: calls, attributes and names of variables are left alone."""
    name, value = match.group(1), match.group(3)
    start, end = match.span(3)
    follows = text[end : end + 1]
    if follows in ("(", "[", "{", "<", "'", '"', "`") or _names_no_secret(name) or value.lower() in _TYPES:
        return None
    if _regex(_LINK).search(value) or _regex(_CHAIN).search(value):
        return None
    if _regex(_IDENTIFIER).search(value):
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
    if _regex(_TEMPLATE).search(value) or _names_no_secret(name) or value.rstrip(",;").lower() in _TYPES:
        return None
    if value[-1] in "({[,;" or value[0] in "({[|>&*=" or _regex(_LINK).search(value):
        return None
    if "(" in value or (sign == "=" and _regex(_CHAIN).search(value)):
        return None
    if name.endswith(("?", ".")) or (value[0].isupper() and value.isalpha() and not value.isupper()):
        return None
    numbers = value.strip("0123456789.,-_") == "" and len(value) < 6
    sure = _plausible(value) and not is_placeholder(value) and not _says_name(name, value) and not numbers
    return "assignment", start, end, "moderate" if sure and not _regex(_CHAIN).search(value) else "weak"


def _names_no_secret(name: str) -> bool:
    """True where the name speaks about a secret rather than holding one: TOKEN_URL, passwordField."""
    snake = _regex(r"([a-z0-9])([A-Z])").sub(r"\1_\2", name)
    return bool(_regex(r"(?i)(?:^|[_.\-])(?:" + _NO_SECRET_ENDINGS + r")$").search(snake))


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
    )


def _plausible(value: str) -> bool:
    """True for a literal that a person or a generator would use as a live secret, not a word or a sentence."""
    if len(value) < 6 or value.count(" ") > 1:
        return False
    return _entropy(value) >= 2.5


def _random(value: str) -> bool:
    """True for a long literal that looks drawn by chance; hexadecimal digests do not count."""
    if len(value) < 32 or all(c in "0123456789abcdefABCDEF-" for c in value):
        return False
    mixed = (
        any(c.isdigit() for c in value)
        and any(c.isupper() for c in value)
        and any(c.islower() for c in value)
    )
    return mixed and _entropy(value) >= 4.2


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
