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


_Candidate = tuple[int, int, str]
"""One way to satisfy a glob, once the file's name is known to fit: the glob's number, the number of the place that it
demands, or one of the two below, and the glob without braces."""
_ANYWHERE, _BY_REGEX = -1, -2
_Named = dict[tuple[str, ...], list[_Candidate]]
"""Candidates by the pieces of the name that they demand."""


class _ByWord:
    """Things to look at where a word of theirs stands in a text, found for all of them in one pass over it."""

    def __init__(self, words: dict[str, Any]) -> None:
        self._things = list(words.values())
        self._words = list(words)
        self._find: Any = None

    def within(self, text: str) -> list[Any]:
        """The things of every word that stands in ``text``."""
        if self._find is None:
            from ahocorasick_rs import BytesAhoCorasick

            words = [word.encode("utf-8", "replace") for word in self._words]
            self._find = BytesAhoCorasick(words).find_matches_as_indexes if words else lambda *_, **__: ()
        places = self._find(text.encode("utf-8", "replace"), overlapping=True)
        return [self._things[word] for word in dict.fromkeys(place[0] for place in places)]


class GlobSet:
    """Many globs, matched together against one path at a time.

    A path is looked up by its name and by its folder; what was found for either is kept, since a tree repeats both.
    """

    def __init__(self, globs: Iterable[str], *, table: Any = None) -> None:
        """``table`` is that of another set of the same globs, which saves working it out."""
        self._exact: dict[str, list[_Candidate]] = {}
        self._named_by: dict[str, _Named] = {}
        self._unnamed: _Named = {}
        self._any_name: list[_Candidate] = []
        self._places: dict[str, dict[FolderRule, int]] = {}
        if table is not None:
            self._globs, self._exact, self._named_by, self._unnamed, self._any_name, self._places = table
        else:
            self._globs = tuple(dict.fromkeys(globs))
            for index, glob in enumerate(self._globs):
                for simple in alternatives(_placed(glob.lower())) or [_placed(glob)]:
                    self._add(index, simple)
        self._names = _ByWord(self._named_by)
        self._folders = _ByWord({folder: (folder, rules) for folder, rules in self._places.items()})
        self._literals: dict[str, str] = {}
        self._searches: dict[str, Any] = {}
        self._by_path: dict[str, tuple[str, ...]] = {}
        self._by_name: dict[str, list[_Candidate]] = {}
        self._by_folder: dict[str, tuple[frozenset[int], frozenset[int]]] = {}

    @property
    def table(self) -> Any:
        """All that was worked out of the globs, in tuples, lists, mappings, strings and numbers."""
        return self._globs, self._exact, self._named_by, self._unnamed, self._any_name, self._places

    def _add(self, index: int, glob: str) -> None:
        rule, folder, pieces = form_of(glob)
        candidate = (index, self._place(rule, folder), glob)
        word = max(pieces, key=len, default="")
        if len(pieces) == 1:
            self._exact.setdefault(pieces[0], []).append(candidate)
        elif pieces == ("", ""):
            self._any_name.append(candidate)
        elif word:
            self._named_by.setdefault(word, {}).setdefault(pieces, []).append(candidate)
        else:
            self._unnamed.setdefault(pieces or ("", ""), []).append(candidate)

    def _place(self, rule: FolderRule, folder: str) -> int:
        if rule == "any":
            return _ANYWHERE
        if rule == "regex":
            return _BY_REGEX
        count = sum(map(len, self._places.values()))
        return self._places.setdefault(folder, {}).setdefault(rule, count)

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
        places, found = self._in_folder(folder)
        named = self._named(name)
        if named:
            found = found.union(
                [
                    index
                    for index, place, glob in named
                    if place in places or (place == _BY_REGEX and self._fits(glob, lower))
                ]
            )
        return tuple(self._globs[index] for index in sorted(found)) if found else ()

    def _named(self, name: str) -> list[_Candidate]:
        known = self._by_name.get(name)
        if known is None:
            known = list(self._exact.get(name, ()))
            for group in (*self._names.within(name), self._unnamed):
                for pieces, candidates in group.items():
                    if names(pieces, name):
                        known += candidates
            if len(self._by_name) >= _MAX_KEPT:
                self._by_name.clear()
            self._by_name[name] = known
        return known

    def _in_folder(self, folder: str) -> tuple[frozenset[int], frozenset[int]]:
        """The places that ``folder`` is, and the globs that every file in it satisfies."""
        known = self._by_folder.get(folder)
        if known is None:
            slashed, path = (f"/{folder}/", f"{folder}/x") if folder else ("/", "x")
            places = frozenset(
                [
                    _ANYWHERE,
                    *(
                        number
                        for literal, rules in self._folders.within(slashed)
                        for rule, number in rules.items()
                        if _is_at(rule, literal, slashed)
                    ),
                ]
            )
            found = frozenset(
                index
                for index, place, glob in self._any_name
                if place in places or (place == _BY_REGEX and self._fits(glob, path))
            )
            if len(self._by_folder) >= _MAX_KEPT:
                self._by_folder.clear()
            known = self._by_folder[folder] = (places, found)
        return known

    def _fits(self, glob: str, path: str) -> bool:
        """Whether ``path`` satisfies a glob that needs its regular expression."""
        literal = self._literals.get(glob)
        if literal is None:
            literal = self._literals[glob] = form_of(glob).folder
        if literal not in path:
            return False
        search = self._searches.get(glob)
        if search is None:
            options = re2.Options()
            options.dot_nl = True
            search = self._searches[glob] = re2.compile(_regex_of(glob), options).search
        return bool(search(path.encode("utf-8", "replace")))


def _is_at(rule: FolderRule, folder: str, slashed: str) -> bool:
    """Whether a folder that holds ``folder`` somewhere is at the place that ``rule`` makes of it."""
    if rule == "ends":
        return slashed.endswith(folder)
    if rule == "is":
        return slashed == folder
    return rule == "within" or slashed.startswith(folder)
