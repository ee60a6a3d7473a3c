"""Path globs as RE2, all of a ruleset matched in one pass over the paths of a tree.

``**`` crosses folders, ``*`` and ``?`` do not, ``{a,b}`` chooses; a glob without a slash matches the file name
in any folder. Upper and lower case are the same, as people write README and Readme alike.
"""

from collections.abc import Iterable
from functools import lru_cache

import re2


@lru_cache(maxsize=4096)
def glob_to_regex(glob: str) -> str:
    """The RE2 text, anchored at both ends, for one glob."""
    if "/" not in glob:
        glob = f"**/{glob}"
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


class GlobSet:
    """Many globs, matched together against one path at a time."""

    def __init__(self, globs: Iterable[str]) -> None:
        self._globs = tuple(dict.fromkeys(globs))
        options = re2.Options()
        options.max_mem = 64 << 20
        options.never_nl = False
        options.dot_nl = True
        self._set = re2.Set.SearchSet(options)
        for glob in self._globs:
            self._set.Add(glob_to_regex(glob))
        self._set.Add(r"\A")
        self._set.Compile()

    def match(self, path: str) -> tuple[str, ...]:
        """The globs that ``path`` satisfies, in the order they were given."""
        if not self._globs:
            return ()
        raw = path.encode("utf-8", "surrogateescape")
        matched = self._set.Match(raw)
        if not matched:  # even what always matches is missing: the automaton ran out of its memory
            return tuple(g for g in self._globs if re2.search(glob_to_regex(g), raw))
        return tuple(self._globs[index] for index in sorted(matched) if index < len(self._globs))
