# ruff: noqa: E501 - a pattern is easier to check on one line
"""What secrets look like, as data for ``scanners.redact``: provider tokens by their form, others by their surroundings.

All patterns are RE2 text. Repetitions have small bounds or none, since a large bound makes a large automaton.
"""

from typing import NamedTuple

from scanners.facts import Strength


class Form(NamedTuple):
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
_SHOUT = (
    r"(?:[A-Z0-9_]*(?:PASSWORD|PASSWD|PASSPHRASE|SECRET|TOKEN|APIKEY|CREDENTIAL)|(?:[A-Z0-9]+_)*(?:PASS|PWD|KEY|SALT))"
    r"(?:_[A-Z0-9]+)*"
)
_SIGN = r"\s{0,20}(?::=|=>|={1,3}|!={1,2}|:)\s{0,20}"
_PREFIX = r"(?:[rbfuRBFU@$]{1,2})?"
_DOUBLE, _SINGLE, _TICK = r'"((?:[^"\\\n]|\\.)+)"', r"'((?:[^'\\\n]|\\.)+)'", r"`([^`\n]+)`"

HINT = r"(?i:pass|pwd|secret|token|key|credential|salt|pepper|bearer|connectionstring)"

FORMS: tuple[Form, ...] = (
    Form(
        "private-key",
        r"(-----BEGIN (?:[A-Z0-9]+ ){0,3}PRIVATE KEY(?: BLOCK)?-----[^-]*(?:-----END[A-Z0-9 ]*-----)?)",
        hint=r"PRIVATE KEY|PuTTY-User",
    ),
    Form("private-key", r"(PuTTY-User-Key-File-[0-9]:[^\0]*)", hint=r"PRIVATE KEY|PuTTY-User"),
    Form("aws-access-key", r"\b((?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16})\b", judged=True),
    Form("github-token", r"\b((?:gh[pousr]_[A-Za-z0-9]{30,}|github_pat_[A-Za-z0-9_]{22,}))", judged=True),
    Form(
        "gitlab-token", r"\b(gl(?:pat|dt|rt|cbt|ptt|ft|imt|agent|soat|oas)-[A-Za-z0-9_.-]{20,})", judged=True
    ),
    Form("slack-token", r"\b(xox[abeoprs]-[A-Za-z0-9-]{10,}|xapp-[0-9]-[A-Za-z0-9-]{10,})", judged=True),
    Form(
        "slack-webhook",
        r"(hooks\.slack\.com/(?:services|workflows|triggers)/[A-Za-z0-9/_-]{20,})",
        judged=True,
    ),
    Form(
        "discord-webhook", r"(discord(?:app)?\.com/api/webhooks/[0-9]{15,}/[A-Za-z0-9_-]{40,})", judged=True
    ),
    Form("stripe-key", r"\b((?:sk|rk)_live_[A-Za-z0-9]{10,}|whsec_[A-Za-z0-9]{24,})", judged=True),
    Form("stripe-key", r"\b((?:sk|rk|pk)_(?:test|live)_[A-Za-z0-9]{10,})", "weak"),
    Form("google-api-key", r"\b(AIza[A-Za-z0-9_-]{35})", "moderate", judged=True),
    Form(
        "google-oauth",
        r"\b(GOCSPX-[A-Za-z0-9_-]{20,}|ya29\.[A-Za-z0-9_-]{20,}|1//0[A-Za-z0-9_-]{30,})",
        judged=True,
    ),
    Form("npm-token", r"\b(npm_[A-Za-z0-9]{36})\b", judged=True),
    Form("npm-token", r"_authToken\s{0,5}=\s{0,5}([^\s$\"']{8,})", judged=True),
    Form("pypi-token", r"\b(pypi-[A-Za-z0-9_-]{50,})", judged=True),
    Form("rubygems-token", r"\b(rubygems_[a-f0-9]{48})\b", judged=True),
    Form("sendgrid-key", r"\b(SG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{30,})", judged=True),
    Form("twilio-key", r"\b(SK[0-9a-f]{32})\b", judged=True),
    Form("mailgun-key", r"\b(key-[0-9a-f]{32})\b", judged=True),
    Form("mailchimp-key", r"\b([0-9a-f]{32}-us[0-9]{1,2})\b", judged=True),
    Form("digitalocean-token", r"\b(do[opr]_v1_[a-f0-9]{64})", judged=True),
    Form("telegram-token", r"\b([0-9]{8,10}:AA[A-Za-z0-9_-]{32,})\b", judged=True),
    Form("openai-key", r"\b(sk-(?:proj-|ant-|svcacct-|or-v1-)?[A-Za-z0-9_-]{32,})", judged=True),
    Form("huggingface-token", r"\b(hf_[A-Za-z0-9]{30,})\b", judged=True),
    Form("databricks-token", r"\b(dapi[a-f0-9]{32})\b", judged=True),
    Form("shopify-token", r"\b(shp(?:at|ca|pa|ss)_[A-Fa-f0-9]{32})\b", judged=True),
    Form("square-token", r"\b(sq0(?:atp|csp|idp)-[A-Za-z0-9_-]{22,}|EAAA[A-Za-z0-9_-]{60})", judged=True),
    Form("linear-key", r"\b(lin_(?:api|oauth)_[A-Za-z0-9]{32,})\b", judged=True),
    Form("vault-token", r"\b(hv[sbr]\.[A-Za-z0-9_-]{24,})", judged=True),
    Form("grafana-token", r"\b(gl(?:sa|c)_[A-Za-z0-9+/=_-]{32,})", judged=True),
    Form("doppler-token", r"\b(dp\.(?:pt|st|ct|sa)\.[A-Za-z0-9_.-]{40,})", judged=True),
    Form("docker-token", r"\b(dckr_(?:pat|oat)_[A-Za-z0-9_-]{20,})", judged=True),
    Form("plumbline-token", r"\b(plb_[0-9a-f]{12}_[0-9a-f]{64})\b", judged=True),
    Form("age-key", r"\b(AGE-SECRET-KEY-1[A-Z0-9]{50,})", judged=True),
    Form(
        "azure-key",
        r"(?i:(?:AccountKey|SharedAccessKey|SharedAccessSignature)\s{0,3}=\s{0,3})([A-Za-z0-9+/%=]{20,})",
        judged=True,
        hint=r"(?i:Shared|AccountKey)",
    ),
    Form("azure-key", r"[?&;](?i:sig)=([A-Za-z0-9+/%=]{30,})", judged=True, hint=r"(?i:sig=)"),
    Form("azure-key", r"\b([A-Za-z0-9_~.]{3}8Q~[A-Za-z0-9_~.-]{31,})", judged=True, hint=r"8Q~"),
    Form(
        "jwt",
        r"\b(eyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{4,}\.[A-Za-z0-9_-]*)",
        "moderate",
        judged=True,
        hint=r"eyJ",
    ),
    Form(
        "sentry-dsn",
        r"https?://([0-9a-f]{32}(?::[0-9a-f]{32})?)@[\w.-]+/[0-9]",
        "weak",
        hint=r"://[0-9a-f]{32}",
    ),
    Form(
        "url-password",
        r"[A-Za-z][A-Za-z0-9+.-]+://[^\s:/@\"'<>]*:([^\s/@\"'<>]+)@",
        "moderate",
        True,
        hint=r"://[^\s/]*@",
    ),
    Form("url-password", r"https?://([^\s:/@\"'<>${}]{8,})@[\w.-]+", "moderate", True, hint=r"://[^\s/]*@"),
    Form(
        "authorization",
        r"(?i:\b(?:authorization|proxy-authorization)\b[\"']?\s{0,5}[:=,]\s{0,5}[\"'`]?(?:bearer|basic|token|digest)?\s{1,5})([A-Za-z0-9+/=._~-]{8,})",
        "moderate",
        True,
        hint=r"(?i:authorization|bearer|basic)",
    ),
    Form(
        "authorization",
        r"\b(?i:bearer|basic)\s{1,3}([A-Za-z0-9+/=._~-]{20,})",
        "moderate",
        True,
        hint=r"(?i:authorization|bearer|basic)",
    ),
    Form(
        "password-option",
        r"(?i:--?[a-z-]{0,20}(?:password|passwd|token|secret|api-?key)[= ]\s{0,5}[\"']?)([^\s\"'$<{(\[-][^\s\"']{2,})",
        "moderate",
        True,
        hint=HINT,
    ),
    Form(
        "password-option",
        r"\b(?:curl|wget|http)\b[^\n|;]*\s-u\s{0,3}[\"']?[^\s:\"'$]+:([^\s\"'$]{3,})",
        "moderate",
        True,
        hint=r"(?i:curl|wget|http)",
    ),
    Form(
        "password-sql",
        r"(?i:\b(?:identified\s+by|password)\s+)'([^'\n]+)'",
        "moderate",
        True,
        hint=r"(?i:identified|password)",
    ),
    Form(
        "fallback",
        r"[\"'`](?:"
        + _SHOUT
        + r")[\"'`]\]?\s{0,5}\)?\s{0,5}(?:,|\|\||\?\?|\bor\b|\?:)\s{0,5}(?:default\s{0,3}=\s{0,3})?[\"'`]([^\"'`\n]+)[\"'`]",
        "moderate",
        True,
        hint=HINT,
    ),
    Form(
        "fallback",
        r"\b(?:env|ENV|environ)\.(?:" + _SHOUT + r")\s{0,5}(?:\|\||\?\?)\s{0,5}[\"'`]([^\"'`\n]+)[\"'`]",
        "moderate",
        True,
        hint=HINT,
    ),
    Form(
        "fallback",
        r"\$\{(?:" + _SHOUT + r"|[a-z0-9._-]*(?:password|secret|token|key)[a-z0-9._-]*):[-=]?([^${}\s]+)\}",
        "moderate",
        True,
        hint=HINT,
    ),
    Form(
        "call",
        r"(?i:\b[\w.]*(?:password|passwd|secret|token|api_?key|signingkey)\s{0,3}\(\s{0,5})[\"'`]([^\"'`\n]{4,})[\"'`]\s{0,5}\)",
        "weak",
        True,
        hint=HINT,
    ),
    Form(
        # The key that a token is signed or checked with: jwt.encode(claims, "key"), jwt.verify(token, 'key', ...).
        "signing-call",
        r"(?i:\bjwt\w{0,10}[.:]{1,2}(?:encode|decode|sign|verify)\w{0,8}\(|signedstring\(|signwith\(|setsigningkey\(|"
        r"from_secret\(|hmac\.new\()[^\n\"'`]{0,80}(?:[\"'`][\w-]{1,30}[\"'`][^\n\"'`]{0,40}){0,4}[,(]\s{0,5}b?[\"'`]([^\"'`\n]{4,})[\"'`]",
        "moderate",
        True,
        hint=r"(?i:jwt|sign|secret|hmac)",
    ),
    Form(
        "element",
        r"<(?:[\w:-]{0,20}(?i:password|secret|token|apikey|passphrase))(?:\s[^<>]*)?>([^<>\s][^<>\n]*)</",
        "moderate",
        True,
        hint=HINT,
    ),
    Form(
        "element",
        r"(?i:\b(?:key|name)=\"[\w.:-]*(?:password|secret|token|apikey|api_key|connectionstring)[\w.:-]{0,20}\"\s{1,5}value=\")([^\"\n]+)\"",
        "moderate",
        True,
        hint=HINT,
    ),
    Form(
        "env-line",
        r"(?m)^[ \t]*(?:ENV|ARG|set|setenv)[ \t]+" + _NAME + r"[ \t]+([^\s=\"'${]\S*)[ \t\r]*$",
        "moderate",
        True,
        hint=HINT,
    ),
    Form(
        "setting",
        r"(?m)^[ \t]*[@:]?" + _NAME + r"[ \t]+[\"']([^\"'\n]+)[\"'][ \t\r,]*$",
        "weak",
        True,
        hint=HINT,
    ),
    Form(
        "connection-string",
        r"(?i:[;\"']\s{0,3}(?:password|pwd)\s{0,3}=\s{0,3})([^;\"'\s]+)",
        "moderate",
        True,
        hint=r"(?i:password|pwd)",
    ),
    Form(
        "env-list",
        r"(?i:\bname:\s{0,5}[\"']?[\w-]*(?:password|secret|token|api_?key)[\w-]{0,20}[\"']?\s*value:\s{0,5})[\"']?([^\s\"'${}]+)",
        "moderate",
        True,
        hint=HINT,
    ),
)

# Assignments have the name in group 1 and the value in the last group: what the name ends in decides much.
QUOTED = tuple(
    r"(" + _NAME + r")[\"'`\])]{0,3}(?:\s{0,3}:\s{0,3}[\w\[\]<>|&. ?]+)?" + _SIGN + _PREFIX + value
    for value in (_DOUBLE, _SINGLE, _TICK)
)
BARE = r"(" + _NAME + r")[\"'`\])]{0,3}(" + _SIGN + r")([^\s\"'`,;#(){}\[\]<>$&|*!%]{2,})"
LINE_VALUE = (
    r"(?m)^[ \t]*(?:-[ \t]{1,4}|export[ \t]{1,4}|ENV[ \t]{1,4}|set[ \t]{1,4})?[\"']?("
    + _NAME
    + r")[\"']?(:[ \t]{1,20}|=)([^\s\"'`][^\s]*)[ \t\r]*$"
)
ENTROPY = r"[\"'`=:\s]((?:[A-Za-z0-9_-]{32,}|[A-Za-z0-9+/]{32,}={0,2}))(?:[\"'`\s,;)]|$)"

NO_SECRET_ENDINGS = (
    "url|uri|path|type|header|headers|headername|field|fieldname|algorithm|alg|expires|expire|expiry|expiresin|expiration|lifetime|ttl|"
    "age|length|len|min|max|minlength|maxlength|label|message|error|errors|help|placeholder|prefix|suffix|scheme|endpoint|file|"
    "filename|env|ref|backend|class|validator|validators|hasher|hashers|policy|regex|pattern|name|names|id|ids|title|"
    "description|text|hint|count|limit|limits|location|strategy|provider|confirmation|reset|change|required|enabled|"
    "visible|strength|column|table|page|view|route|version|format|mode|method|kind|index|storage|cookie|issuer|audience|"
    "minutes|seconds|hours|days|time|timeout|at|on|in|by|from|schema|model|form|input|selector|service|manager"
)
PLACEHOLDER = (
    r"(?i)^(?:[x*.#?_-]+|[0-9]{1,3}|.*(?:change[-_ ]?(?:me|this|it)|example|placeholder|dummy|sample|redacted|"
    r"replace[-_ ]?(?:me|this|with)|your[-_ ]|_your|<your|my[-_ ]?(?:secret|token|password|key|api)|insert[-_ ]|"
    r"to[-_ ]?be[-_ ]|todo|fixme|xxxx|not[-_ ]?(?:a[-_ ])?(?:real|secret|used)|fake|mock|default|insecure|unsafe|"
    r"for[-_ ]?(?:test|dev)|local[-_ ]?dev|some[-_ ]|super[-_ ]?secret|secret[-_ ]?(?:key|token|here)|"
    r"testing|test[-_ ]?(?:secret|token|key|pass)|1234567|abcdef|foobar|lorem).*|"
    r"test.{0,6}|pass(?:word|wd)?.{0,4}|p[a@]ssw[o0]rd.{0,4}|secret.{0,4}|token.{0,4}|admin.{0,6}|root|guest|user|postgres(?:ql)?|mysql|redis|"
    r"rabbitmq|mongo|minio(?:admin)?|dev|demo|foo|bar|baz|qwerty.{0,4}|hunter2|letmein|nil|none|null|undefined|"
    r"true|false|empty|string|str|key|value|apikey|api[-_]key)$"
)
TEMPLATE = r"^(?:\$.*|\{[^{}]*\}|\{\{.*|<[^<>]*>|%[({A-Za-z].*|#\{.*|@[\w.]+@?|\[redacted\]|env[:(].*|secret[s]?[:/.].*|vault:.*|arn:aws:.*|ENC\[.*|\{cipher\}.*|!.*)$"
LINK = r"^(?:https?:/)?/[^\s@]*$|^\.{1,2}/|^https?://[^\s@]*$"
TYPES = frozenset(
    [
        *(
            "str",
            "string",
            "text",
            "bytes",
            "int",
            "integer",
            "number",
            "bool",
            "boolean",
            "any",
            "none",
            "null",
            "nil",
        ),
        *(
            "undefined",
            "true",
            "false",
            "optional",
            "required",
            "object",
            "buffer",
            "uuid",
            "void",
            "char",
            "varchar",
        ),
        *(
            "float",
            "double",
            "self",
            "this",
            "unknown",
            "never",
            "secretstr",
            "let",
            "var",
            "const",
            "new",
            "await",
        ),
        *("function", "return", "if", "else", "not", "in", "is", "and", "or"),
    ]
)
CHAIN = r"^[A-Za-z_$][\w$]*[?!]?(?:(?:\.|::|->|\?\.)[A-Za-z_$][\w$]*[?!]?)+[.,;:\\]*$"
IDENTIFIER = r"^[A-Za-z_$][\w$]*[?!]?[.,;:\\]*$"
HASH_LABEL = r"(?i)(?:sha(?:1|224|256|384|512)|md5|h1|integrity|checksum|digest|commit|rev|resolved|uses|@)[\"']?[-:=@\s\"']{0,4}$"
NAMED = r"[A-Z][A-Z0-9_]{2,}"
WORDS = r"^[A-Za-z]+(?:[ _-][A-Za-z]+)+[.!?]?$"
