"""Path globs: many of them asked of the paths of a tree, and each as RE2.

``**`` crosses folders, ``*`` and ``?`` do not, ``{a,b}`` chooses; a glob without a slash matches the file name
in any folder, and one that starts with ``./`` in the root only. Upper and lower case are the same, as people write
README and Readme alike.
"""

from collections.abc import Iterable
from functools import lru_cache
from typing import Any

import re2

from scanners.globforms import FolderRule, alternatives, form_of, names

_MAX_KEPT = 50_000
_KEYS = (4, 3, 2)
"""How many letters of a name's start or end globs are looked up by, as many as a glob has."""


@lru_cache(maxsize=4096)
def glob_to_regex(glob: str) -> str:
    """The RE2 text, anchored at both ends, for one glob."""
    return _regex_of(_placed(glob))


def _placed(glob: str) -> str:
    """``glob`` with its place in the tree said in full, from the root."""
    if glob.startswith("./"):
        return glob[2:]
    return glob if "/" in glob else f"**/{glob}"


def _regex_of(glob: str) -> str:
    out: list[str] = []
    i, depth = 0, 0
    while i < len(glob):
        char = glob[i]
        if glob.startswith("**/", i):
            out.append("(?:[^/]+/)*")
            i += 3
            continue
        if glob.startswith("**", i):
            out.append(".*")
            i += 2
            continue
        if char == "*":
            out.append("[^/]*")
        elif char == "?":
            out.append("[^/]")
        elif char == "{":
            out.append("(?:")
            depth += 1
        elif char == "}" and depth:
            out.append(")")
            depth -= 1
        elif char == "," and depth:
            out.append("|")
        else:
            out.append(re2.escape(char))
        i += 1
    return f"(?i)^{''.join(out)}$"


_Candidate = tuple[int, FolderRule, str, str]
"""One way to satisfy a glob, once the file's name is known to fit: the glob's number, what it demands of the folder with
that folder, and the glob without braces."""
_ByPieces = dict[tuple[str, ...], list[_Candidate]]


class GlobSet:
    """Many globs, matched together against one path at a time.

    A path is looked up by its name and by its folder; what was found for either is kept, since a tree repeats both.
    """

    def __init__(self, globs: Iterable[str], *, table: Any = None) -> None:
        """``table`` is that of another set of the same globs, which saves working it out."""
        self._exact: dict[str, list[_Candidate]] = {}
        self._starts: dict[str, _ByPieces] = {}
        self._ends: dict[str, _ByPieces] = {}
        self._loose: _ByPieces = {}
        self._any_name: list[_Candidate] = []
        if table is not None:
            self._globs, self._exact, self._starts, self._ends, self._loose, self._any_name = table
        else:
            self._globs = tuple(dict.fromkeys(globs))
            for index, glob in enumerate(self._globs):
                for simple in alternatives(_placed(glob.lower())) or [_placed(glob)]:
                    self._add(index, simple)
        self._regexes: dict[str, Any] = {}
        self._by_path: dict[str, tuple[str, ...]] = {}
        self._by_name: dict[str, list[_Candidate]] = {}
        self._by_folder: dict[str, frozenset[int]] = {}

    @property
    def table(self) -> Any:
        """All that was worked out of the globs, in tuples, lists, mappings, strings and numbers."""
        return self._globs, self._exact, self._starts, self._ends, self._loose, self._any_name

    def _add(self, index: int, glob: str) -> None:
        rule, folder, pieces = form_of(glob)
        candidate = (index, rule, folder, glob)
        if len(pieces) == 1:
            self._exact.setdefault(pieces[0], []).append(candidate)
        elif pieces == ("", ""):
            self._any_name.append(candidate)
        else:
            group = self._loose
            start, end = (
                (min(len(piece), _KEYS[0]) for piece in (pieces[0], pieces[-1])) if pieces else (0, 0)
            )
            if start >= max(end, _KEYS[-1]):
                group = self._starts.setdefault(pieces[0][:start], {})
            elif end >= _KEYS[-1]:
                group = self._ends.setdefault(pieces[-1][-end:], {})
            group.setdefault(pieces or ("", ""), []).append(candidate)

    def match(self, path: str) -> tuple[str, ...]:
        """The globs that ``path`` satisfies, in the order they were given."""
        known = self._by_path.get(path)
        if known is None:
            if len(self._by_path) >= _MAX_KEPT:
                self._by_path.clear()
            known = self._by_path[path] = self._match(path)
        return known

    def _match(self, path: str) -> tuple[str, ...]:
        lower = path.lower()
        folder, _, name = lower.rpartition("/")
        slashed = f"/{folder}/" if folder else "/"
        found = self._in_folder(folder, slashed)
        named = self._named(name)
        if named:
            found = found.union([c[0] for c in named if self._fits(c, slashed, lower)])
        return tuple(self._globs[index] for index in sorted(found)) if found else ()

    def _named(self, name: str) -> list[_Candidate]:
        known = self._by_name.get(name)
        if known is None:
            known = list(self._exact.get(name, ()))
            lengths = [length for length in _KEYS if len(name) >= length]
            starts = [self._starts.get(name[:length]) for length in lengths]
            for group in (*starts, *[self._ends.get(name[-length:]) for length in lengths], self._loose):
                for pieces, candidates in group.items() if group else ():
                    if names(pieces, name):
                        known += candidates
            if len(self._by_name) >= _MAX_KEPT:
                self._by_name.clear()
            self._by_name[name] = known
        return known

    def _in_folder(self, folder: str, slashed: str) -> frozenset[int]:
        """The globs that every file of ``folder`` satisfies."""
        known = self._by_folder.get(folder)
        if known is None:
            path = f"{folder}/x" if folder else "x"
            known = frozenset(c[0] for c in self._any_name if self._fits(c, slashed, path))
            if len(self._by_folder) >= _MAX_KEPT:
                self._by_folder.clear()
            self._by_folder[folder] = known
        return known

    def _fits(self, candidate: _Candidate, slashed: str, path: str) -> bool:
        _, rule, folder, glob = candidate
        if rule == "any":
            return True
        if rule == "ends":
            return slashed.endswith(folder)
        if rule == "is":
            return slashed == folder
        if rule == "below":
            return slashed.startswith(folder)
        if rule == "within":
            return folder in slashed
        if folder not in path:
            return False
        regex = self._regexes.get(glob)
        if regex is None:
            options = re2.Options()
            options.dot_nl = True
            regex = self._regexes[glob] = re2.compile(_regex_of(glob), options)
        return bool(regex.search(path.encode("utf-8", "replace")))
