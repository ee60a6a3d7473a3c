"""One file of a commit for a person to read: bounded, out of git objects only, with every secret blanked."""

import re
from dataclasses import dataclass
from pathlib import Path

from scanners.errors import ObjectError
from scanners.git import GitFailed, run_git
from scanners.leftout import left_out
from scanners.redact import BLANK, find_secrets, redact
from scanners.tree import MAX_TEXT_BYTES, clean_root, decode_text

MAX_LINE = 2000
"""Longer lines are cut, and end in an ellipsis."""
_SECONDS = 10.0
_ESCAPED = re.compile(r"\\x([0-9a-f]{2})")


@dataclass(frozen=True, slots=True)
class FileText:
    """``lines`` from number ``first`` (counted from 1) of ``total``; control characters are escapes."""

    lines: tuple[str, ...]
    first: int
    total: int
    size: int

    @property
    def last(self) -> int:
        return self.first + len(self.lines) - 1


def read_file(
    mirror: Path, commit: str, path: str, *, root: str = "", around: int = 1, limit: int = 400
) -> FileText:
    """At most ``limit`` lines of the file near line ``around``, its nearest line where there is none of that number.

    ``path`` is relative to ``root``, odd bytes in it as escapes. Raises ObjectError (mirror.evicted, commit.not-found,
    file.not-found, file.too-large, file.not-text, object.missing, git.failed), LimitError (git.timeout).
    """
    blob, size = _entry(mirror, commit, path, clean_root(root))
    if size > MAX_TEXT_BYTES:
        raise ObjectError("file.too-large", "The file is larger than 1 MiB and is not shown.")
    try:
        data = run_git(
            ["cat-file", "blob", blob], repo=mirror, timeout=_SECONDS, max_output=MAX_TEXT_BYTES + 4096
        )
    except GitFailed as error:
        raise _missing() from error
    text = decode_text(data)
    if "\0" in text or text.count("�") > len(text) // 20 + 1:
        raise ObjectError("file.not-text", "The file holds bytes that are no text and is not shown.")
    lines = text.replace("\r\n", "\n").split("\n")
    if lines[-1] == "" and len(lines) > 1:
        lines.pop()
    start = max(0, min(max(around, 1), len(lines)) - 1 - limit // 3)
    start = max(0, min(start, len(lines) - limit))
    return FileText(tuple(_masked(lines, start, start + limit)), start + 1, len(lines), size)


def _entry(mirror: Path, commit: str, path: str, root: str) -> tuple[str, int]:
    """(blob, size in bytes) of the regular file at ``path``."""
    if not mirror.is_dir():
        raise ObjectError(
            "mirror.evicted",
            "The copy of the repository is not on this machine any more, or not yet.",
            hint="A rescan fetches it again.",
        )
    unescaped = _ESCAPED.sub(lambda found: bytes.fromhex(found[1]).decode("utf-8", "surrogateescape"), path)
    for name in dict.fromkeys((path, unescaped)):
        if "\0" in name or not name or ".." in name.split("/") or name.startswith("/"):
            continue
        try:
            found = run_git(
                [
                    "--literal-pathspecs",
                    "ls-tree",
                    "-z",
                    "-l",
                    "--full-tree",
                    commit,
                    "--",
                    f"{root}/{name}" if root else name,
                ],
                repo=mirror,
                timeout=_SECONDS,
                max_output=1 << 20,
            )
        except GitFailed as error:
            raise ObjectError(
                "commit.not-found", "The commit that was judged is not in the copy on this machine."
            ) from error
        meta = found.partition(b"\0")[0].partition(b"\t")[0].split()
        if len(meta) == 4 and meta[1] == b"blob" and meta[0] != b"120000":
            if meta[3].isdigit():
                return meta[2].decode(), int(meta[3])
            if meta[2].decode() in left_out(mirror):
                return meta[2].decode(), MAX_TEXT_BYTES + 1
            raise _missing()
    raise ObjectError("file.not-found", "The commit that was judged holds no file at this path.")


def _missing() -> ObjectError:
    return ObjectError("object.missing", "The file's content is missing from the copy on this machine.")


def _masked(lines: list[str], start: int, end: int) -> list[str]:
    """Lines ``start`` to ``end`` without what may be a secret: neither what the whole text shows, as a key over many
    lines, nor what a line shows by itself, which is what a report quotes."""
    blanked: dict[int, list[tuple[int, int]]] = {}
    offsets = [0]
    for line in lines:
        offsets.append(offsets[-1] + len(line) + 1)
    for hit in find_secrets("\n".join(lines)):
        number = hit.line - 1
        while number < len(lines) and offsets[number] < hit.end:
            begin = max(0, hit.start - offsets[number])
            blanked.setdefault(number, []).append((begin, min(len(lines[number]), hit.end - offsets[number])))
            number += 1
    return [
        _shown(_without(line, blanked.get(number, [])))
        for number, line in enumerate(lines[start:end], start=start)
    ]


def _without(line: str, spans: list[tuple[int, int]]) -> str:
    parts, last = [], 0
    for start, end in sorted(spans):
        if end <= last:
            continue
        parts += [line[last : max(start, last)], BLANK if start >= last else ""]
        last = end
    return "".join((*parts, line[last:]))


def _shown(line: str) -> str:
    indent = line[: len(line) - len(line.lstrip())]
    body = line[len(indent) :].rstrip()
    masked = redact(body.replace("\t", " "))
    if masked == body.replace("\t", " "):
        masked = body
    text = "".join(c if c.isprintable() or c == "\t" else "�" for c in indent + masked)
    return text if len(text) <= MAX_LINE else text[: MAX_LINE - 1] + "…"
