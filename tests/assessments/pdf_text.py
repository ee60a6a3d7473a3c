"""Reads back what a PDF shows and how it is structured, so that tests need no reader on the machine."""

import io
import re
from collections.abc import Iterator
from typing import Any

import pikepdf

_BF_CHAR = re.compile(rb"<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]*)>")
_BF_RANGE = re.compile(rb"<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]+)>")
SHOWN = ("Tj", "TJ", "'", '"')


def open_pdf(data: bytes) -> pikepdf.Pdf:
    return pikepdf.open(io.BytesIO(data))


def text_of(document: pikepdf.Pdf) -> str:
    """Every character in the order it is drawn, without the blanks, which readers place by themselves."""
    found: list[str] = []
    for page in document.pages:
        found.extend(_page_text(page))
    return bare("".join(found))


def bare(text: str) -> str:
    """The text without blanks and places to break a line."""
    return re.sub(r"[\s\u200b]+", "", text)


def structure(document: pikepdf.Pdf) -> Iterator[pikepdf.Dictionary]:
    """Every structure element, parents first, in reading order."""
    waiting: list[Any] = [document.Root.StructTreeRoot]
    while waiting:
        node = waiting.pop()
        if "/S" in node:
            yield node
        kids = node.get("/K")
        if kids is not None:
            listed = list(kids) if isinstance(kids, pikepdf.Array) else [kids]
            waiting.extend(kid for kid in reversed(listed) if isinstance(kid, pikepdf.Dictionary))


def annotations(document: pikepdf.Pdf) -> Iterator[pikepdf.Dictionary]:
    for page in document.pages:
        yield from page.get("/Annots", [])


def fonts(document: pikepdf.Pdf) -> Iterator[pikepdf.Dictionary]:
    """Every font used, drawings inside drawings too."""
    waiting = [page.get("/Resources", {}) for page in document.pages]
    seen = set()
    while waiting:
        resources = waiting.pop()
        for font in dict(resources.get("/Font", {})).values():
            if font.objgen not in seen:
                seen.add(font.objgen)
                yield font
        for form in dict(resources.get("/XObject", {})).values():
            if form.objgen not in seen and "/Resources" in form:
                seen.add(form.objgen)
                waiting.append(form.Resources)


def _page_text(page: pikepdf.Page) -> Iterator[str]:
    named = dict(page.get("/Resources", {}).get("/Font", {}))
    maps = {name: _unicode_of(font) for name, font in named.items()}
    current: dict[int, str] = {}
    replaced = 0  # how deep in marked content whose text is given as a whole
    depth: list[bool] = []
    for operands, operator in pikepdf.parse_content_stream(page):
        name = str(operator)
        if name in ("BDC", "BMC"):
            actual = (
                operands[1].get("/ActualText")
                if name == "BDC" and isinstance(operands[1], pikepdf.Dictionary)
                else None
            )
            if actual is not None and not replaced:
                yield str(actual)
            depth.append(actual is not None)
            replaced += actual is not None
        elif name == "EMC":
            replaced -= depth.pop()
        elif name == "Tf":
            current = maps[str(operands[0])]
        elif name in SHOWN and not replaced:
            parts = operands[0] if name == "TJ" else [operands[-1]]
            for part in parts:
                if isinstance(part, pikepdf.String):
                    raw = bytes(part)
                    yield "".join(
                        current.get(int.from_bytes(raw[n : n + 2], "big"), "") for n in range(0, len(raw), 2)
                    )


def _unicode_of(font: pikepdf.Dictionary) -> dict[int, str]:
    cmap = font.ToUnicode.read_bytes()
    found: dict[int, str] = {}
    for block in re.findall(rb"beginbfchar(.*?)endbfchar", cmap, re.S):
        found.update(
            (int(code, 16), bytes.fromhex(to.decode()).decode("utf-16-be"))
            for code, to in _BF_CHAR.findall(block)
        )
    for block in re.findall(rb"beginbfrange(.*?)endbfrange", cmap, re.S):
        for low, high, to in _BF_RANGE.findall(block):
            start = bytes.fromhex(to.decode()).decode("utf-16-be")
            for n, code in enumerate(range(int(low, 16), int(high, 16) + 1)):
                found[code] = start[:-1] + chr(ord(start[-1]) + n)
    return found
