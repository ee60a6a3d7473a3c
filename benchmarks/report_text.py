"""Tables and figures as docs/performance.md has them."""

from collections.abc import Iterable
from typing import Any


def table(head: Iterable[str], rows: Iterable[Iterable[Any]], text: int = 1) -> list[str]:
    """A Markdown table whose first ``text`` columns are words and the others figures."""
    names = list(head)
    marks = ["---"] * text + ["---:"] * (len(names) - text)
    return [
        f"| {' | '.join(names)} |",
        f"| {' | '.join(marks)} |",
        *(f"| {' | '.join(str(cell) for cell in row)} |" for row in rows),
        "",
    ]


def number(value: float | None, digits: int = 0, unit: str = "") -> str:
    """A figure for a table, with commas; a dash where there is none."""
    return "–" if value is None else f"{value:,.{digits}f}{unit}"


def repository(name: str) -> str:
    return name.replace("+", "/", 1)
