"""The simple commands of a shell script, each with the folder it runs in."""

import posixpath
import re
from collections.abc import Iterator

from scanners.lazy import lazy_re
from scanners.values import dataclass

MAX_SCRIPT = 64 * 1024
"""Characters of a script that are looked through."""

_PIECE = lazy_re(
    r"(?P<skip>[ \t\r]+|\\\r?\n)|(?P<comment>(?:^|(?<=\s))#[^\n]*)|(?P<operator>&&|\|\||[;|&\n()])"
    r"|(?P<double>\"(?:[^\"\\]|\\[\s\S])*\")|(?P<single>'[^']*')|(?P<word>(?:\\[^\n]|[^\s;|&()\"'\\])+)|(?P<other>[\s\S])",
    re.MULTILINE,
)
_ASSIGNMENT = lazy_re(r"^[A-Za-z_]\w*=")
_PREFIXES = frozenset(
    ["sudo", "time", "exec", "command", "nohup", "then", "do", "else", "elif", "if", "!", "while", "env",
     "xvfb-run", "cross-env", "dotenv", "retry", "nice", "npx", "bunx", "cmd", "winpty", "eval", "{", "call",
     "builtin", "travis_retry"]
)  # fmt: skip
_RUNNERS = {
    ("bundle", "exec"), ("poetry", "run"), ("uv", "run"), ("pipenv", "run"), ("pdm", "run"), ("rye", "run"),
    ("pnpm", "exec"), ("pnpm", "dlx"), ("yarn", "exec"), ("yarn", "dlx"), ("npm", "exec"), ("mise", "exec"),
    ("doppler", "run"), ("op", "run"), ("direnv", "exec"), ("conda", "run"), ("devbox", "run"), ("hatch",
    "run"), ("uvx", "--from"),
}  # fmt: skip
_VALUED = frozenset(
    ["-n", "-p", "-e", "-u", "-w", "-s", "--group", "--extra", "--python", "--with", "--project", "--env"]
)


@dataclass(frozen=True, slots=True)
class Command:
    """Words as the shell would split them, without quotes; ``directory`` is relative to the root."""

    words: tuple[str, ...]
    directory: str


def commands(text: str, directory: str = "") -> Iterator[Command]:
    """Every simple command in order; ``cd`` moves those after it, a subshell moves nothing outside itself."""
    outer: list[str] = []
    words: list[str] = []
    joined = False
    for match in _PIECE.finditer(text[:MAX_SCRIPT]):
        kind, token = match.lastgroup, match[0]
        if kind in ("skip", "comment"):
            joined = False
            continue
        if kind != "operator":
            piece = (
                token[1:-1]
                if kind in ("double", "single")
                else token.replace("\\", "")
                if kind == "word"
                else token
            )
            if joined and words:
                words[-1] += piece
            else:
                words.append(piece)
            joined = True
            continue
        joined = False
        if words:
            yield Command(tuple(words), directory)
            directory = _moved(words, directory)
            words = []
        if token == "(":
            outer.append(directory)
        elif token == ")" and outer:
            directory = outer.pop()
    if words:
        yield Command(tuple(words), directory)


def within(directory: str, name: str) -> str:
    """A path relative to the root; what leads out of it, or is not known before run time, means the root."""
    if "$" in name or name.startswith(("/", "~")):
        return ""
    joined = posixpath.normpath(posixpath.join(directory, name))
    return "" if joined == "." or joined.startswith("..") else joined


def _moved(words: list[str], directory: str) -> str:
    if words[0].lstrip("@") in ("cd", "pushd") and len(words) > 1 and words[1] != "-":
        return within(directory, words[1])
    return directory


def stripped(words: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """The command as written, then without one wrapper after the other, down to what really runs."""
    words = (words[0].lstrip("@+-") or words[0], *words[1:])
    for _ in range(8):
        if not words:
            return
        yield words
        inner = _unwrapped(words)
        if inner is None:
            return
        words = inner


def _unwrapped(words: tuple[str, ...]) -> tuple[str, ...] | None:
    first = words[0]
    if _ASSIGNMENT.match(first):
        return words[1:]
    if first == "timeout":
        return _after_options(words[1:])[1:]
    if first in _PREFIXES:
        return _after_options(words[1:])
    if words[:2] in _RUNNERS:
        return _after_options(words[2:])
    if words[:2] == ("docker", "compose") or first in ("docker-compose", "podman-compose"):
        return _in_service(words)
    if re.fullmatch(r"(py|python[\d.]*)", first) and words[1:2] == ("-m",):
        return tuple(word.replace("_", "-") if i == 0 else word for i, word in enumerate(words[2:]))
    if first in ("bash", "sh", "zsh") and words[1:2] and words[1].startswith("-") and words[1].endswith("c"):
        return None
    return None


def _after_options(words: tuple[str, ...]) -> tuple[str, ...]:
    index = 0
    while index < len(words) and words[index].startswith("-"):
        index += 2 if words[index] in _VALUED else 1
    return words[index:]


def _in_service(words: tuple[str, ...]) -> tuple[str, ...] | None:
    """What ``run`` or ``exec`` starts inside a service."""
    for index, word in enumerate(words):
        if word in ("run", "exec"):
            return _after_options(words[index + 1 :])[1:]
    return None
