"""Source as HTML with the few classes that our style sheet colours; everything is escaped. Free of Django.

Pygments' own formatter marks every token, also those that look like plain text: three times the bytes for the same
picture. Its expressions go back on themselves, and text made to hurt takes its lexer of Java minutes: what is not
coloured in time stays plain.
"""

import time
from collections.abc import Iterator
from functools import lru_cache
from html import escape
from typing import Any

from pygments.lexer import Lexer
from pygments.lexers import get_lexer_by_name
from pygments.token import Comment, Generic, Keyword, Literal, Name, Number, Operator, String
from pygments.util import ClassNotFound

MAX_CHARACTERS = 60_000
"""Longer text is shown without colours."""
SECONDS = 0.15
"""After so long the rest is shown without colours; looked at after every token."""
MAX_LINE = 500
"""Text with a longer line, which nobody wrote by hand, is shown without colours."""

LANGUAGES = {
    "py": "python", "pyi": "python", "js": "javascript", "mjs": "javascript", "cjs": "javascript",
    "jsx": "jsx", "ts": "typescript", "tsx": "tsx", "go": "go", "java": "java", "kt": "kotlin",
    "kts": "kotlin", "rb": "ruby", "php": "php", "cs": "csharp", "rs": "rust", "ex": "elixir",
    "exs": "elixir", "yml": "yaml", "yaml": "yaml", "json": "json", "toml": "toml", "xml": "xml",
    "csproj": "xml", "gradle": "groovy", "ini": "ini", "cfg": "ini", "properties": "properties",
    "sql": "sql", "sh": "bash", "html": "html", "vue": "html", "dockerfile": "docker", "tf": "terraform",
}  # fmt: skip
"""Pygments' name of a language by file extension; its own look-up by file name scans every lexer."""

_CLASSES: tuple[tuple[Any, str], ...] = (
    (String.Doc, "c"),
    (Comment, "c"),
    (Keyword, "k"),
    (Operator.Word, "k"),
    (Number, "m"),
    (Literal, "s"),
    (Name.Class, "nf"),
    (Name.Function, "nf"),
    (Name.Decorator, "nf"),
    (Name.Exception, "nf"),
    (Name.Namespace, "nf"),
    (Name.Tag, "nf"),
    (Name.Attribute, "na"),
    (Name.Variable, "na"),
    (Name.Label, "na"),
    (Name.Property, "na"),
    (Name.Builtin, "nb"),
    (Name.Constant, "nb"),
    (Generic.Deleted, "gd"),
    (Generic.Inserted, "gi"),
)
"""The class of a token's kind, the first that holds it; all others read as plain text."""


def language_of(path: str) -> str:
    """The language of a file by its name, "" where there is none that we colour."""
    name = path.rsplit("/", 1)[-1].lower()
    if name.startswith("dockerfile"):
        return "docker"
    return LANGUAGES.get(name.rsplit(".", 1)[-1], "") if "." in name else ""


def highlight_lines(source: str, language: str) -> list[str]:
    """One piece of HTML per line of ``source``, each well-formed by itself."""
    lines: list[list[str]] = [[]]
    for kind, text in _runs(source, language):
        for place, part in enumerate(text.split("\n")):
            if place:
                lines.append([])
            if part:
                shown = escape(part)
                lines[-1].append(f'<span class="{kind}">{shown}</span>' if kind else shown)
    return ["".join(parts) for parts in lines]


def highlight(source: str, language: str) -> str:
    """``source`` as HTML without a last line's end."""
    return "\n".join(highlight_lines(source, language)).rstrip("\n")


def _runs(source: str, language: str) -> Iterator[tuple[str, str]]:
    """(class, text) of neighbouring tokens that look the same, in order."""
    lexer = _lexer(language) if _fits(source) else None
    if lexer is None:
        yield "", source
        return
    last, gathered, ends = "", "", time.perf_counter() + SECONDS
    for place, token, text in lexer.get_tokens_unprocessed(source):
        if time.perf_counter() > ends:
            yield last, gathered
            yield "", source[place:]
            return
        kind = _class_of(token)
        if kind != last:
            if gathered:
                yield last, gathered
            last, gathered = kind, text
        else:
            gathered += text
    if gathered:
        yield last, gathered


def _fits(source: str) -> bool:
    return len(source) <= MAX_CHARACTERS and max(map(len, source.split("\n"))) <= MAX_LINE


@lru_cache(maxsize=64)
def _lexer(language: str) -> Lexer | None:
    try:
        return get_lexer_by_name(language) if language else None
    except ClassNotFound:
        return None


@lru_cache(maxsize=512)
def _class_of(token: Any) -> str:
    return next((name for kind, name in _CLASSES if token in kind), "")
