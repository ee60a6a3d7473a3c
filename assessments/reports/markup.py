"""Pieces of Markdown from text that must not become markup."""

import re
from urllib.parse import quote, urlsplit

from assessments.reports.plain import encodable, visible

_SPECIAL = re.compile(r"[\\`*_\[\]<>|~#$]")
_ENTITY = re.compile(r"&(?=#?\w+;)")
_BLOCK = re.compile(r"^(\s*)([-+=]|\d+(?=[.)]))")
_TICKS = re.compile(r"`+")
_AUTOLINK = re.compile(r"(?<=[A-Za-z]):(?=//)|(?<=www)\.|@", re.IGNORECASE)


def escape(text: str) -> str:
    """The text as literal words: no emphasis, link, HTML, heading, list, table, mention or address."""
    words = _SPECIAL.sub(lambda match: "\\" + match[0], _ENTITY.sub("&amp;", visible(text)))
    words = _AUTOLINK.sub(lambda match: f"&#{ord(match[0])};", words)
    return _BLOCK.sub(_literal_start, words)


def code_span(text: str) -> str:
    """The text as inline code, whatever backticks it holds."""
    shown = visible(text)
    fence = "`" * (_longest_run(shown) + 1)
    padded = f" {shown} " if shown.startswith("`") or shown.endswith("`") or not shown.strip() else shown
    return f"{fence}{padded}{fence}"


def code_block(code: str, language: str) -> str:
    """A fenced block that the code cannot close. Line breaks stay, other controls are shown."""
    lines = "\n".join(visible(line) for line in code.rstrip().split("\n"))
    fence = "`" * max(3, _longest_run(lines) + 1)
    return f"{fence}{re.sub(r'[^A-Za-z0-9+#-]', '', language)}\n{lines}\n{fence}"


def link(label: str, url: str) -> str:
    """A link with a label that is Markdown already; the label alone where the address is no web address."""
    address = encodable(url)
    try:
        safe = urlsplit(address).scheme in ("http", "https")
    except ValueError:
        safe = False
    return f"[{label}]({quote(address, safe=':/?#@!$&*+,;=%-._~')})" if safe else label


def _literal_start(match: re.Match[str]) -> str:
    blank, mark = match.groups()
    return f"{blank}{mark}\\" if mark.isdigit() else f"{blank}\\{mark}"


def _longest_run(text: str) -> int:
    return max((len(run) for run in _TICKS.findall(text)), default=0)
