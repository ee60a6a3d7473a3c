"""Where SQL text is put together with values instead of bound parameters."""

from itertools import islice
from typing import TYPE_CHECKING, Any

import re2

from scanners.comments import in_comment
from scanners.detectors.base import Facts
from scanners.facts import Answer, Evidence
from scanners.lazy import lazy_re2

if TYPE_CHECKING:
    from scanners.view import TreeView

_WINDOW = 400
"""Bytes looked back from a value to the start of its statement."""
_ENOUGH = 20
_MAX_PLACES = 500
"""Bounds on what one hostile file may cost."""
_SQL = lazy_re2(
    rb"(?is)\b(select\b.*\bfrom\b|insert\s+into\b|update\s+[\w.`\"\[\]]+\s+set\b|delete\s+from\b|\bwhere\s+[\w.`\"\[\]]+\s*(=|<|>|like|in\b)|\b(and|or)\s+[\w.`\"\[\]]+\s*(=|<|>|like\b)|"
    rb"having\b|\bvalues\s*\()|\.(where|find_by_sql|exec_query|having)\(?\s*[\"']"
)
_REQUEST = rb"(?:request|req|ctx|params|\$_(?:GET|POST|REQUEST|COOKIE)|\$request|c\.(?:Query|Param|PostForm)|r\.(?:URL|FormValue)|input)\b"

# A value between single quotes inside a string that another language's syntax interpolates or concatenates.
_QUOTED = {
    "python": rb"'%?\{[^}'\"\n]*\}%?'|'%?\"\s*\+\s*\w|'%?%[sd]%?'[^,\n]*[\"']\s*%\s*[\w(]|'\{\w*\}'[^\n]*\.format\(",
    "javascript": rb"'%?\$\{[^}\n]*\}%?'|'%?\"\s*\+\s*\w",
    "go": rb"'%*%[sv]%*'|'%?\"\s*\+\s*\w|'%?`\s*\+\s*\w",
    "java": rb"'%?\"\s*\+\s*\w|'%?%s%?'",
    "kotlin": rb"'%?\"\s*\+\s*\w|'%?\$\{?[\w.]+\}?%?'",
    "ruby": rb"'%?#\{[^}\n]*\}%?'|'%?\"\s*\+\s*\w",
    "php": rb"'%?\"\s*\.\s*\$|'%?\{?\$\w[^'\"\n]*'|'%?\\''\s*\.\s*\$",
    "csharp": rb"'%?\"\s*\+\s*\w|'%?\{\w[^}'\n]*\}%?'",
    "rust": rb"'%?\{\w*\}%?'",
    "elixir": rb"'%?#\{[^}\n]*\}%?'",
}
# Request data straight inside SQL text, whatever the position.
_DIRECT = {
    "python": rb"f[\"'][^\"'\n]*\{\s*" + _REQUEST + rb"[.\[][^}\n]*\}|[\"']\s*(?:\+|%)\s*\(?\s*request\.",
    "javascript": rb"\$\{\s*" + _REQUEST + rb"\.[^}\n]*\}|[\"'`]\s*\+\s*(?:req|request|ctx)\.",
    "go": rb"[\"`]\s*\+\s*(?:c\.(?:Query|Param|PostForm)|r\.(?:URL|FormValue))",
    "java": rb"\"\s*\+\s*(?:request|req)\.get",
    "ruby": rb"#\{\s*params\[",
    "php": rb"[\"']\s*\.\s*\$_(?:GET|POST|REQUEST|COOKIE)|\{?\$_(?:GET|POST|REQUEST|COOKIE)\[|[\"']\s*\.\s*\$request->",
    "csharp": rb"\"\s*\+\s*Request\.",
}
# A bare value after a comparison, joined on by a plus: numbers and ids most of the time.
_BARE = {
    "python": rb"(?:=|<|>|(?i:like|limit|offset))\s*[\"']\s*(?:\+|%)\s*\(?\s*(?:str\()?[a-z]\w*|\w\s*(?:=|<|>)\s*\{[a-z][\w.\[\]\"']*\}",
    "javascript": rb"(?:=|<|>)\s*[\"'`]\s*\+\s*[a-z]\w*|(?:=|<|>)\s*\$\{[a-z][\w.]*\}",
    "java": rb"(?:=|<|>|(?i:like))\s*\"\s*\+\s*[a-z]\w*",
    "php": rb"(?:=|<|>)\s*[\"']\s*\.\s*\$\w+|(?:=|<|>)\s*\{?\$(?:_GET|_POST|id|\w+_id)\b",
    "csharp": rb"(?:=|<|>)\s*\"\s*\+\s*[a-z]\w*",
}
_SAME = {"typescript": "javascript", "tsx": "javascript"}
_SAFE = lazy_re2(
    rb"(?i)placeholder|\b[lr]hs\b|quote|escape|sanitiz|connection\.|ident|param(?:eter)?s?_?(?:list|str)|bind|column|table|schema|order|direction|"
    rb"sort|field|alias|prefix|interval|lang(?:uage)?\b|regconfig|logger|\blog\b|raise |throw |error\(|console\.|print|message|format_sql|"
    rb"quoteIdent|literal\(|Prisma\.sql|dialect|int\(|intval|\(int\)|parseInt|Number\(|assert|analyzer|version|timezone|collat"
)
_FIXED = lazy_re2(
    rb"[{+.]\s*[$\\]?(?:self::|static::|Time|Date|[A-Z][A-Z_]{2,})|\b(?:now|today|ago|utcnow)\b|\.to_i\b|\bTime\."
)
"""Values that no request brings: constants, clocks, whole numbers."""
_CALLS = lazy_re2(
    rb"(?i)\b(execute|executemany|query|queryrow|exec|raw|rawquery|text|prepare|fetch\w*|\$queryrawunsafe|\$executerawunsafe|select_all|"
    rb"find_by_sql|where|createquery|createnativequery|preparestatement|statement|executesql\w*|fromsqlraw|sqlquery|queryasync|get_results|"
    rb"get_var|mysqli_query|pg_query|read_sql\w*|sql|stmt|cursor|db)\b"
)
_TAGGED = lazy_re2(
    rb"(?:\bsql|queryRaw|executeRaw|\.sql|\bSQL|gql|graphql|css|html)(?:\.\w+(?:\([^)`]*\))?)?(?:<[^>]*>)?`[^`]*$"
)
_NO_REQUEST = lazy_re2(
    r"(?i)(^|/)(migrations?|migrate|versions|scripts?|bin|tools?|seeds?|seeders?|benchmarks?|management|tasks|upgrade\w*|fixtures|dev|deploy|cli|cmd)/"
)


class StringSql:
    """Found where a value is written into SQL text. Facts per file: lines of such places.

    Identifiers (tables, columns, sort orders) and values quoted or cast on the spot do not count, nor do scripts and
    migrations, which see no request.
    """

    name = "string-sql"
    version = 2
    languages = frozenset([*_QUOTED, *_SAME])
    roles = frozenset(["source"])
    gate = r"(?i)\b(select\b[^;]*\bfrom|insert\s+into|update\s+\S+\s+set|delete\s+from|where\b)"

    def __init__(self) -> None:
        self._patterns: dict[str, Any] = {}

    def observe(self, data: bytes, language: str) -> Any | None:
        language = _SAME.get(language, language)
        lines: list[int] = []
        for match in islice(self._pattern(language).finditer(data), _MAX_PLACES):
            if _is_built(data, match, language):
                lines.append(data.count(b"\n", 0, match.start()) + 1)
                if len(lines) == _ENOUGH:
                    break
        return sorted(set(lines)) or None

    def _pattern(self, language: str) -> Any:
        if language not in self._patterns:
            parts = [table[language] for table in (_QUOTED, _DIRECT, _BARE) if language in table]
            self._patterns[language] = re2.compile(b"|".join(b"(?:" + part + b")" for part in parts))
        return self._patterns[language]

    def decide(self, facts: Facts, view: "TreeView") -> Answer:
        places = [
            (path, line) for path, lines in sorted(facts) if not _NO_REQUEST.search(path) for line in lines
        ]
        evidence = tuple(Evidence(path, line) for path, line in places[:5])
        return Answer(evidence, count=len(places), files=len({path for path, _ in places}))


_NOISE = lazy_re2(
    rb"(?i)\b(log(?:ger|ging)?|console|print|panic|errorf|fmt\.errorf|exception)\b\S*\(|\bhelp_text\b|\b(raise|throw)\b|\w+error\("
)


def _is_built(data: bytes, match: Any, language: str) -> bool:
    """Whether ``match`` writes a value that may vary into the text of a statement that is run."""
    place = match.start()
    before = data[max(0, place - _WINDOW) : place]
    text = before[max(0, before.rfind(b'"'), before.rfind(b"`")) :]
    if not _SQL.search(text + match[0]) or not _CALLS.search(data[max(0, place - 900) : place + 600]):
        return False
    start = data.rfind(b"\n", 0, place) + 1
    end = data.find(b"\n", match.end())
    line = data[start : end if end != -1 else len(data)][:1000]
    # Go writes the value apart from the verb that stands for it, so the words before it must tell.
    told = match[0] if language != "go" else line[: place - start][-60:] + match[0]
    if _SAFE.search(told) or _NOISE.search(line):
        return False
    if language == "javascript" and _TAGGED.search(before):
        return False
    literal = (
        language == "python" and b"{" in match[0] and match[0][:1] != b"f" and not _in_fstring(data, place)
    )
    return not literal and not _is_fixed(data, match[0]) and not in_comment(data, place, language)


_NAME = lazy_re2(rb"[{+.%$(]\s*\$?\{?\s*\$?([a-zA-Z_]\w*)")


def _is_fixed(data: bytes, interpolation: bytes) -> bool:
    """Whether what is written in is a constant, a clock or a number, as it stands or where its name is assigned."""
    if _FIXED.search(interpolation):
        return True
    name = _NAME.search(interpolation)
    if not name:
        return False
    assigned = re2.findall(rb"\b" + re2.escape(name[1]) + rb"\s*:?=\s*([^=\n][^\n]*)", data)
    return bool(assigned) and all(_FIXED.search(b"{" + value) or value[:1].isdigit() for value in assigned)


def _in_fstring(data: bytes, place: int) -> bool:
    """Whether the nearest string opener before ``place`` is one of an f-string, or a ``.format`` call follows."""
    before = data[max(0, place - _WINDOW) : place]
    opener = max(before.rfind(b'f"'), before.rfind(b"f'"), before.rfind(b'F"'))
    plain = before.rfind(b'"""')
    if opener == -1:
        return b".format(" in data[place : place + _WINDOW].split(b"\n\n", 1)[0]
    return plain <= opener + 1 or before.count(b'"""', opener + 1) < 2
