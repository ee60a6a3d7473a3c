"""Gradle scripts, Groovy or Kotlin, as statements in nested blocks. Nothing is evaluated."""

from scanners.inventory.dependencies.manifest import ManifestError
from scanners.lazy import lazy_re
from scanners.values import dataclass

MAX_BLOCK_DEPTH = 100
_TOKEN = lazy_re(
    r"(?P<comment>//[^\n]*|/\*[\s\S]*?(?:\*/|\Z))"
    r'|(?P<long>"""[\s\S]*?(?:"{3,}|\Z)|\'\'\'[\s\S]*?(?:\'\'\'|\Z))'
    r'|(?P<string>"(?:[^"\\\n$]|\\.|\$\{(?:[^{}"\n]|"[^"\n]*")*\}|\$)*"|\'(?:[^\'\\\n]|\\.)*\')'
    r"|(?P<pattern>(?<=[(,=~])[ \t]*/(?![/*\s])(?:[^/\n\\]|\\.){1,500}/)"
    r"|(?P<word>[A-Za-z_$][\w$]*(?:[.-][A-Za-z_$][\w$]*)*|`[^`\n]+`|\d[\w.]*)"
    r"|(?P<newline>\n)|(?P<mark>[^\s])"
)


@dataclass(frozen=True, slots=True)
class Token:
    """``kind`` is word, string or mark; a string is without its quotes."""

    kind: str
    text: str
    line: int


@dataclass(frozen=True, slots=True)
class Statement:
    """``blocks`` holds, outermost first, the words that open each block around the statement."""

    blocks: tuple[tuple[str, ...], ...]
    tokens: tuple[Token, ...]

    @property
    def line(self) -> int:
        return self.tokens[0].line

    @property
    def head(self) -> str:
        return self.tokens[0].text if self.tokens[0].kind == "word" else ""

    def inside(self, name: str, level: int = -1) -> bool:
        """Whether the block at ``level`` (-1: the innermost) is called ``name``, alone or after a dot."""
        if len(self.blocks) < abs(level):
            return False
        words = self.blocks[level]
        return bool(words) and words[-1].rpartition(".")[2] == name


def statements(text: str) -> list[Statement]:
    """Every statement in order, heads of blocks too; raises ManifestError where braces do not match."""
    found: list[Statement] = []
    blocks: list[tuple[str, ...]] = []
    opened: list[tuple[int, int]] = []  # line and round-bracket depth of each open brace
    current: list[Token] = []
    depth, line = 0, 1

    def finish() -> None:
        if current:
            found.append(Statement(tuple(blocks), tuple(current)))
            current.clear()

    for match in _TOKEN.finditer(text):
        kind, token = match.lastgroup, match[0]
        if kind == "newline":
            line += 1
            if depth == 0 and not (
                current and current[-1].text in (",", "=", "+", ".") and _mark(current[-1])
            ):
                finish()
        elif kind == "comment" or kind == "pattern":
            line += token.count("\n")
        elif kind == "long":
            current.append(Token("string", token.strip("\"'"), line))
            line += token.count("\n")
        elif kind == "string":
            current.append(Token("string", token[1:-1], line))
        elif kind == "word":
            current.append(Token("word", token.strip("`"), line))
        elif token == "{":
            if len(blocks) >= MAX_BLOCK_DEPTH:
                raise ManifestError("The script is nested too deeply.", line=line)
            label = _label(current)
            finish()
            blocks.append(label)
            opened.append((line, depth))
            depth = 0
        elif token == "}":
            finish()
            if not opened:
                raise ManifestError("A brace closes nothing.", line=line)
            blocks.pop()
            depth = opened.pop()[1]
        elif token == ";" and depth == 0:
            finish()
        else:
            depth = max(0, depth + (token in "([") - (token in ")]"))
            current.append(Token("mark", token, line))
    if opened:
        raise ManifestError("A block is never closed.", line=opened[-1][0])
    finish()
    return found


def _mark(token: Token) -> bool:
    return token.kind == "mark"


def _label(tokens: list[Token]) -> tuple[str, ...]:
    """The words of a statement that stand outside its brackets; ``name("x") {`` gives its string as well."""
    words: list[str] = []
    depth = 0
    for token in tokens:
        if token.kind == "mark":
            depth += (token.text in "([") - (token.text in ")]")
        elif token.kind == "word" and depth == 0:
            words.append(token.text)
    named = [token.text for token in tokens if token.kind == "string"][:1]
    return (*named, *words)
