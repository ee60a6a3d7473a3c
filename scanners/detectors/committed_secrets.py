"""Live-looking credentials, and signing keys that apply when nothing is configured.

Credentials are recognised by ``scanners.redact``; only its strong hits count here. Signing keys are the ruling of
configuration.no-committed-secrets: a key that signs sessions or tokens and applies when its variable is unset is a
secret even where its text reads like a placeholder; passwords of development containers and demo users are not.
"""

from itertools import islice
from typing import TYPE_CHECKING, Any

import re2

from scanners.comments import in_comment
from scanners.detectors.base import Facts
from scanners.facts import Answer, Evidence
from scanners.languages import CODE
from scanners.lazy import lazy_re2
from scanners.redact import SecretHit, find_credentials

if TYPE_CHECKING:
    from scanners.view import TreeView

_KEY = (
    rb"(?:SECRET_?KEY(?:_BASE)?|secret_?key(?:_base)?|[sS]ecretKey|JWT_?(?:SECRET|KEY|SIGNING_?KEY|PRIVATE_?KEY)(?:_?KEY)?|"
    rb"jwt_?(?:secret|key|signing_?key)(?:_?key)?|jwt[.-](?:secret|key)|(?:[jJ]wt|JWT)(?:Secret(?:Key)?|SigningKey|Key)|SIGNING_?KEY|signing_?key|[sS]igningKey|"
    rb"SESSION_?SECRET|session_?secret|sessionSecret|COOKIE_?SECRET|cookie_?secret|cookieSecret|TOKEN_?SECRET|token_?secret|tokenSecret|"
    rb"ACCESS_TOKEN_SECRET|REFRESH_TOKEN_SECRET|APP_KEY|AUTH_SECRET|NEXTAUTH_SECRET|IssuerSigningKey|HMAC_?(?:KEY|SECRET)|hmac_?(?:key|secret))"
)
_LITERAL = rb"[rbu]?(?:\"(?P<double>[^\"\n]{4}[^\"\n]*)\"|'(?P<single>[^'\n]{4}[^'\n]*)'|`(?P<tick>[^`\n]{4}[^`\n]*)`)"
_ASSIGNED = lazy_re2(
    rb"(?m)(?P<name>\b[\w.]*"
    + _KEY
    + rb")[\"'\])]*\s*(?::\s*(?:str|string|String|bytes|\[\]byte|Final\[str\]|&(?:'static )?str)\s*)?(?:=|:=|:|=>)\s*"
    rb"(?P<bytes>\[\]byte\(|Buffer\.from\(|b)?" + _LITERAL
)
_SECTION = lazy_re2(
    rb"\"(?i:jwt|token|auth)\w*\"\s*:\s*\{[^{}]*?\"(?P<name>(?:Secret|Signing|Security|Jwt|Private|Token)?Key|(?:Jwt|Token|Signing)?Secret)\"\s*:\s*"
    + _LITERAL
)
"""A key in a section of a settings file: {"Jwt": {"Key": "..."}}."""
_FALLBACK_ARGUMENT = lazy_re2(
    rb"\w\(\s*[\"'`](?P<name>\w*"
    + _KEY
    + rb"\w*)[\"'`]\s*,\s*(?:default\s*[=:]\s*)?(?:\[\]byte\()?"
    + _LITERAL
)
_FALLBACK_OPERATOR = lazy_re2(
    rb"(?P<name>\b[\w.]*(?:[\"'`\[(]\w*)?" + _KEY + rb")[\"'`\])]*\s*(?:\|\||\?\?|\bor\b|\?:)\s*" + _LITERAL
)
_SPRING = lazy_re2(
    rb"(?m)^\s*(?P<name>[\w.-]*(?:jwt|token|app|security|signing)[\w.-]*[.-](?:secret|signing-?key|secret-?key|key|jwtSecret)|jwt-?[sS]ecret|secret|secretKey|secret-?key|signing-?key|base64-secret)\s*[:=]\s*"
    rb"(?:\$\{[\w.]+:(?P<default>[^}\n]{6}[^}\n]*)\}|[\"']?(?P<bare>[A-Za-z0-9+/=_@#!.-]{12}[A-Za-z0-9+/=_@#!.-]*)[\"']?)\s*$"
)
_FALLBACK_TARGET = lazy_re2(
    rb"(?P<name>\b[\w.]*" + _KEY + rb")[\"'\])]*\s*(?::\s*(?:str|string)\s*)?(?:=|:=|:|=>)\s*"
    rb"(?:[\w.:]*\w\(\s*[\"'`]\w+[\"'`]\s*,\s*(?:default\s*[=:]\s*)?|process\.env\.\w+\s*(?:\|\||\?\?)\s*)"
    + _LITERAL
)
"""A key that is read from a variable of any name, with what applies where it is unset."""
_BARE = lazy_re2(
    rb"(?m)^\s*(?P<name>[\w.]*" + _KEY + rb")\s*=\s*[\"']?(?P<bare>[^\s\"'#;]{6}[^\s\"'#;]*)[\"']?\s*$"
)
_ENV = lazy_re2(
    rb"(?m)^\s*(?:export\s+)?(?P<name>\w*(?:SECRET(?:_?KEY)?(?:_BASE)?|APP_KEY|SIGNING_?KEY|JWT_?KEY))\s*=\s*[\"']?"
    rb"(?:base64:)?(?P<bare>[A-Za-z0-9+/=_-]{24}[A-Za-z0-9+/=_-]*)[\"']?\s*$"
)
"""A key in a file of environment variables, long enough to have been drawn by chance."""
_ENV_DEVELOPMENT = lazy_re2(
    rb"(?im)^\s*(?:\w*_)?(?:ENV|ENVIRONMENT|MODE)\s*=\s*[\"']?(?:dev|local|test)|^\s*\w*DEBUG\s*=\s*[\"']?(?:1|true|on|yes)\b"
)
_SHORT = lazy_re2(
    rb"(?m)^\s*[\"']?(?P<name>secret|jwt-?[sS]ecret|secretKey|sessionSecret|cookieSecret|tokenSecret)[\"']?\s*:\s*[\"']?"
    rb"(?P<bare>[A-Za-z0-9+/=_@#!.-]{4}[A-Za-z0-9+/=_@#!.-]{0,8})[\"']?,?\s*$"
)
"""A key of any length in a file of defaults."""
_CALLS = lazy_re2(
    rb"(?:jwt\.(?:sign|verify|encode|decode)\([^\n]{1,60}?,\s*|SignedString\(\[\]byte\(|secretOr(?:Private)?Key\s*:\s*|"
    rb"(?:[sS]ession|jwt|JWT|[jJ]wtModule\.register|[fF]astify-?[jJ]wt['\"]?\)?|@fastify/jwt['\"]\)?|@fastify/cookie['\"]\)?|NextAuth|betterAuth)\s*[(,]\s*\{[^{}]*?\bsecret\s*:\s*(?:[^,\n'\"`]{0,60}(?:\|\||\?\?)\s*)?|"
    rb"(?:Encoding|DecodingKey|EncodingKey)[\w.:]*(?:from_secret|GetBytes)\(\s*b?|setSigningKey\(|Algorithm\.HMAC\d+\(|signWith\([^\n]{1,40},\s*|cookieParser\(\s*|HS256\.new\(|HmacSha\w*::new_from_slice\(b?)"
    + _LITERAL
)
_FORMS = {
    "yaml": [_SPRING],
    "properties": [_SPRING],
    "ini": [_BARE],
    "toml": [_ASSIGNED],
    "json": [_ASSIGNED, _SECTION],
    "env": [_ENV],
}
"""How languages that are no programs write a key."""
_VALUES = (b"double", b"single", b"tick", b"default", b"bare")
"""Names of the groups that may hold a value; RE2 names groups of a bytes pattern by bytes."""
_PUBLIC = lazy_re2(
    rb"(?i)public|NEXT_PUBLIC|VITE_|recaptcha|captcha|sitekey|site_key|localstorage|storage|cookie_?name|_name$|_header|_field|_url|_path|_file|_id$|translation|label|i18n|"
    rb"stripe|paypal|razorpay|paystack|aws|minio|\bs3|turnstile|twilio|sendgrid|mailgun|cloudinary|google|github|facebook|client_?secret|webhook"
)
_VALUE_NAMES_NOTHING = lazy_re2(
    rb"^((?i:secret_?key|jwt_?secret|string|text|password|hidden|buffer|bytes|required|optional|undefined|none|null|true|false|vault|env|random)|"
    rb"[A-Z][A-Z0-9]*(_[A-Z0-9]+)+|[a-z]+(_[a-z0-9]+)+|[a-z]+([A-Z][a-z]+)+|[\w-]*\.[\w.-]+|process\.env.*|/.*|https?:.*|\s*)$"
)
_VALUE_STANDS_IN = lazy_re2(rb"(?i)^(my|your|super|change|default|insecure|replace)[_-]?[a-z0-9]")
"""How a key begins that its author made up to be replaced: written like a name, and yet in force."""
_DEVELOPMENT = lazy_re2(
    rb"(?i)(if|when|elif|unless)\b[^\n]{0,60}(debug|development|is_?dev|local|testing|not\s+\w*prod)[^\n]*\n[^\n]*$"
)
_PRODUCTION = lazy_re2(
    rb"(?i)(\bnot\s+|!\s*)[\w.(]*(debug|dev|local|testing)|(!=|!==|<>)\s*[\"'](debug|dev|local|test)[^\n]*\n|^\s*unless\b[^\n]*(debug|dev|local|test)"
)
_STARTS = lazy_re2(rb"(?i)starts_?with\??\(\s*[\"'`](?P<prefix>[^\"'`\n]{4,60})")
_BODY = lazy_re2(r"[A-Za-z0-9+/=]{40}")
_FAKE = lazy_re2(r"(?i)fake|dummy|mock|example|test")
_RUST_TESTS = lazy_re2(rb"(?m)^#\[cfg\(test\)\]\s*(?:pub )?mod\b")
_REFUSED = lazy_re2(
    rb"\w*(?i:placeholder|insecure|weak|forbidden|disallowed|banned|refused)\w*[^\n={}]*[=:]\s*[\[({][^\])}]*$"
)
"""A collection of keys that the program knows as no good."""
_GUARD = lazy_re2(
    rb"(?is)(?:raise|throw|panic|exit|fatal|abort)|if\s+(?:settings\.)?(?:debug|is_?dev|development|testing)"
)
_BARRED = lazy_re2(
    r"(?i)(^|/)(\.env(\.|$)|.*\.(example|sample|template|dist|tmpl)(\.|$)|.*compose.*\.ya?ml$|\.github/|\.circleci/|\.gitlab-ci|\.travis|\.ci/|ci/|"
    r"azure-pipelines|scripts?/|seeds?(ers)?/|seed\.|fixtures?/|dockerfile|makefile|\.devcontainer/|.*(launchsettings|postman).*\.json$|"
    r".*[._/-](dev|development|local|test|testing|ci|docker)(\.|/|_settings|$)|settings/(dev|development|local|test|testing|ci)|.*test.*\.(ya?ml|properties|json)$|locales?/|i18n/|lang/)"
)
_ENV_FILE = lazy_re2(r"(^|/)\.env(\.prod(uction)?)?$")
"""Files of variables that a program reads as they are; ``.env.example`` and its like are for people."""
_DEFAULTS = lazy_re2(r"(^|/)config/(default|production)\.(ya?ml|json5?)$")
"""Settings that apply where nothing else is configured."""
_FOREIGN = lazy_re2(r"(?i)captcha|stripe|paypal")
"""Settings of other people's services: what they call a secret key signs nothing here."""
_SHOWN = lazy_re2(r"(?i)example|sample|\.dist$|template")
_LOCAL = lazy_re2(
    r"(?i)localhost|self-?signed|snake-?oil|(^|[/._-])(dev|development|local|test|testing|demo|dummy)([/._-]|$)"
)
"""Private keys with which nothing but a developer's own machine is reached."""
_DATA = lazy_re2(r"(?i)\.(md|rst|adoc|html?|svg|css|scss|po|lock|sum|ipynb|csv|txt|http|rest|sql)$")

MAX_LOOKED_AT = 200
"""As many places are looked at closely for each way to write a key: each costs a look at what is around it."""
_NO_FORM = ("fallback", "assignment", "password-option")
MAX_HITS = 20
"""As many places of one file are kept."""


class CommittedSecrets:
    """Facts: [[line, kind, live], ...]; ``live`` is 1 for a credential of a known form, 0 for a signing key."""

    name = "committed-secrets"
    version = 15
    languages = CODE | {
        "yaml",
        "json",
        "toml",
        "ini",
        "properties",
        "env",
        "xml",
        "conf",
        "hcl",
        "shell",
        "dockerfile",
        "text",
        "prisma",
        "notebook",
        "key",
    }
    roles = frozenset(["source"])
    gate = (
        r"(?i:secret|jwt|signing|cookie_?parser|session\(|app_key|hmac)|AKIA|ASIA|gh[pousr]_|github_pat_|glpat-|xox[abp]-|hooks\.slack\.com|_live_|SG\.|AIza|"
        r"PRIVATE KEY|npm_|pypi-Ag|dop_v1|:AA|sk-|hf_|shpat_|hvs\.|glsa_|dckr_pat|8Q~|AccountKey=|_authToken|lin_api_"
    )

    def observe(self, data: bytes, language: str) -> Any | None:
        found: dict[int, tuple[str, int]] = {}
        tests = _RUST_TESTS.search(data) if language == "rust" else None
        data = data[: tests.start()] if tests else data
        text = data.decode("utf-8", "replace")
        for hit in find_credentials(text):
            if hit.kind not in _NO_FORM and _live(text, hit, language):
                found.setdefault(hit.line, (hit.kind, 1))
            if len(found) == MAX_HITS:
                break
        if language in CODE or language in _FORMS:
            for line in self._signing_keys(data, language):
                found.setdefault(line, ("signing-key", 0))
        if language in ("yaml", "json"):
            for match in islice(_SHORT.finditer(data), MAX_HITS):
                if not in_comment(data, match.end() - 1, language):
                    found.setdefault(data.count(b"\n", 0, match.end() - 1) + 1, ("default-key", 0))
        return [[line, *found[line]] for line in sorted(found)][:MAX_HITS] or None

    def _signing_keys(self, data: bytes, language: str) -> list[int]:
        patterns = _FORMS.get(
            language, [_ASSIGNED, _FALLBACK_TARGET, _FALLBACK_ARGUMENT, _FALLBACK_OPERATOR, _CALLS]
        )
        lines: list[int] = []
        for pattern in patterns:
            for match in islice(pattern.finditer(data), MAX_LOOKED_AT):
                groups = match.groupdict()
                part = next((g for g in _VALUES if groups.get(g)), b"")
                value = groups.get(part) or b""
                name = groups.get(b"name") or b""
                place = match.start() + len(match.group()) - len(match.group().lstrip())
                if len(lines) == MAX_HITS:
                    return lines
                if in_comment(data, place, language) or _PUBLIC.search(name) or _is_template(value):
                    continue
                if pattern is _ASSIGNED and not groups.get(b"bytes") and _names_nothing(value, name):
                    continue
                if pattern is _ENV and (_ENV_DEVELOPMENT.search(data) or not _drawn(value)):
                    continue
                if _guarded(data, match.start(), match.end(), value, language):
                    continue
                lines.append(data.count(b"\n", 0, match.end() - 1) + 1)
        return lines

    def decide(self, facts: Facts, view: "TreeView") -> Answer:
        evidence = [
            Evidence(path, line, note=kind)
            for path, hits in facts
            if not _DATA.search(path)
            for line, kind, live in hits
            if (
                _counts(path, kind)
                if not live
                else not (_SHOWN.search(path) or kind == "private-key" and _LOCAL.search(path))
            )
        ]
        return Answer(tuple(evidence[:5]), count=len(evidence), files=len({e.path for e in evidence}))


def _counts(path: str, kind: str) -> bool:
    """Whether a key that is written in a file of this name is in force somewhere."""
    if kind == "default-key":
        return bool(_DEFAULTS.search(path))
    return not _FOREIGN.search(path) and bool(_ENV_FILE.search(path) or not _BARRED.search(path))


def _live(text: str, hit: SecretHit, language: str) -> bool:
    """False for the mere frame of a private key, for one in a comment or whose line calls it a fake, and for a webhook
    in words only."""
    if hit.kind == "slack-webhook":
        return any(c.isdigit() for c in text[hit.start : hit.end])
    if hit.kind not in ("private-key", "age-key"):
        return True
    if not _BODY.search(text[hit.start : hit.end]):
        return False
    # What opens a comment further back than this is not looked for.
    before = text[max(0, hit.start - 4000) : hit.start]
    if in_comment((before + text[hit.start : hit.end]).encode(), len(before.encode()), language):
        return False
    return not _FAKE.search(before.rpartition("\n")[2])


def _drawn(value: bytes) -> bool:
    """True for letters and digits as a generator draws them: of several kinds, and hardly one twice in a row."""
    kinds = (
        any(c in b"0123456789" for c in value)
        + any(65 <= c <= 90 for c in value)
        + any(97 <= c <= 122 for c in value)
    )
    return kinds >= 2 and len(set(value)) >= 12 and not _FAKE.search(value.decode("ascii", "replace"))


def _is_template(value: bytes) -> bool:
    """True for a literal that is filled in later, so that no key stands in it."""
    if value.startswith((b"{", b"[")) and value.endswith((b"}", b"]")):
        return True
    return (
        value.startswith((b"<", b"${", b"{{", b"%(", b"$("))
        or b"${" in value
        or b"#{" in value
        or b"{{" in value
    )


def _names_nothing(value: bytes, name: bytes) -> bool:
    """True for a literal that is a name, a path or a type rather than the text of a key."""
    if value.lower().replace(b"_", b"") == name.rpartition(b".")[2].lower().replace(b"_", b""):
        return True
    if _VALUE_STANDS_IN.match(value):
        return False
    return (
        bool(_VALUE_NAMES_NOTHING.match(value))
        or value.isspace()
        or b" " in value.strip()
        and len(value.split()) > 4
    )


def _guarded(data: bytes, start: int, end: int, value: bytes, language: str) -> bool:
    """True where code near by refuses to run with the default, or the key is set for development only."""
    condition = _DEVELOPMENT.search(data[max(0, start - 160) : start])
    if (
        condition
        and not _PRODUCTION.search(condition.group())
        or _REFUSED.search(data[max(0, start - 400) : start])
    ):
        return True
    rest = data[end : end + 12000]
    places = [re2.search(rb"(?:==|in|!=)\s*[(\[\"'`]*" + re2.escape(value[:60]), rest)]
    places += [m for m in _STARTS.finditer(rest) if value.startswith(m.group(b"prefix"))]
    return any(
        place
        and not in_comment(data, end + place.start(), language)
        and _GUARD.search(rest[place.start() : place.start() + 400])
        for place in places
    )
