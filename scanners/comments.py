"""Whether a place in a file lies in a comment or docstring, decided in microseconds and without parsing.

Text matchers ask this of each place they find, so that commented-out code and prose never count as use.
It looks back from the place, which is right for code as people write it; a comment opener inside a string
literal can fool it, which costs one missed match and never a wrong one of another kind.
"""

from bisect import bisect_right
from functools import lru_cache

from scanners.lazy import lazy_re2

_HASH = frozenset(
    ["python", "ruby", "elixir", "yaml", "toml", "ini", "properties", "env", "shell", "dockerfile", "makefile", "conf",
     "hcl", "php", "perl", "r", "graphql", "http"]
)  # fmt: skip
_SLASH = frozenset(
    ["javascript", "typescript", "tsx", "vue", "svelte", "astro", "go", "java", "kotlin", "groovy", "scala", "csharp",
     "fsharp", "rust", "php", "c", "cpp", "swift", "dart", "hcl", "proto", "prisma", "css", "gomod"]
)  # fmt: skip
_MARKUP = frozenset(["html", "xml", "vue", "svelte"])

_CODE = lazy_re2(
    rb"^(?:[\w.$\[\]'\"]+\s*[-+*/|:]?=\s*[^=\s].*"  # an assignment
    rb"|(?:const|let|var|val|final|public|private|static)\s+[\w<>\[\]]+.*[=;{(].*"
    rb"|(?:import|use|using|package)\s+[\w.:*{\"'/@-]+;?|import\s.*['\"];?|from\s+[\w.]+\s+import\s.*"
    rb"|(?:def|func|fn|class|function)\s+\w+\s*[({:].*"
    rb"|(?:if|while|elif)\b.*[=<>!(\[.].*:|for\s+[\w, ()]+\sin\s\S+:|except\s+\w[\w.]*(?: as \w+)?:|else:|try:"
    rb"|(?:await\s+|return\s+|yield\s+|go\s+|defer\s+)?[\w$@]+(?:(?:\.|->|::)\w+)*[!?]?\(.*\)\s*[,;{]?"  # a call alone
    rb"|</?[A-Za-z][\w.:-]*(?:\s[^>]*)?/?>.*"
    rb"|[^@].*[;{}]|[)}\]]+[,;]*)$"
)
"""A comment's words that are a statement, not a sentence."""


_ANNOTATION = lazy_re2(rb"^\s*(?:/\*)?\*\s*@[A-Z][\w\\]*")
"""A line of PHP's documentation that the program reads: ``@Route(...)``, unlike ``@param``, declares something."""


def is_commented_out(line: bytes) -> bool:
    """True for a line of ``//`` or ``#`` comment whose words are code; ``line`` has no white space around it.

    Documentation comments (``///``, ``//!``) and block comments never are: examples stand there on purpose.
    """
    if line.startswith((b"///", b"//!", b"#!")):
        return False
    if line.startswith((b"//", b"#")):
        return bool(_CODE.match(line.lstrip(b"/#").strip()[:300]))
    return False


def in_comment(data: bytes, position: int, language: str) -> bool:
    """True where ``data[position]`` is in a comment of ``language``, or in a Python, Elixir or Ruby docstring."""
    start = data.rfind(b"\n", 0, position) + 1
    before = data[start:position]
    stripped = before.lstrip()
    if language in _HASH and (stripped.startswith(b"#") or b" # " in before):
        return not stripped.startswith(b"#[") or language != "php"
    if language == "php" and _ANNOTATION.match(data[start : start + 200]):
        return False
    if language in _SLASH:
        if stripped.startswith((b"//", b"* ", b"*\t")) or b" // " in before:
            return b"*/" not in before
        if not stripped and data[position : position + 2] in (b"//", b"/*", b"* "):
            return True
        opened = data.rfind(b"/*", 0, position)
        if opened != -1 and data.rfind(b"*/", opened, position) == -1 and _opens_comment(data, opened):
            return True
    if not stripped and data[position : position + 1] == b"#" and language in _HASH and language != "php":
        return True
    if language == "python":
        return _in_docstring(data, position, (b'"""', b"'''"))
    if language == "elixir":
        return _in_docstring(data, position, (b'"""',))
    if language in _MARKUP:
        opened = data.rfind(b"<!--", 0, position)
        return opened != -1 and data.rfind(b"-->", opened, position) == -1
    if language == "sql":
        return stripped.startswith(b"--")
    if language == "ini" or language == "properties":
        return stripped.startswith((b";", b"!"))
    return False


def _opens_comment(data: bytes, position: int) -> bool:
    """``/*`` as code writes it: at the start of a line or after white space, not inside a glob or media type."""
    start = data.rfind(b"\n", 0, position) + 1
    before = data[start:position]
    return not before.strip() or (
        before[-1:] in b" \t;{(," and all(before.count(quote) % 2 == 0 for quote in (b'"', b"'", b"`"))
    )


def _in_docstring(data: bytes, position: int, quotes: tuple[bytes, ...]) -> bool:
    for quote, places in zip(quotes, _places(data, quotes), strict=True):
        before = bisect_right(places, position - len(quote))
        if before % 2:
            opened = places[before - 1]
            start = data.rfind(b"\n", 0, opened) + 1
            # A docstring stands alone on its line; an assigned or passed long string is code (SQL, templates).
            if not data[start:opened].strip(b" \trRbBuU@moduledcshrt"):
                return True
    return False


@lru_cache(maxsize=4)
def _places(data: bytes, quotes: tuple[bytes, ...]) -> tuple[tuple[int, ...], ...]:
    """Where each of ``quotes`` stands, found once for the many questions that are asked of one file."""
    found = []
    for quote in quotes:
        places = []
        place = data.find(quote)
        while place >= 0:
            places.append(place)
            place = data.find(quote, place + len(quote))
        found.append(tuple(places))
    return tuple(found)
