"""One tree as the matchers see it: roles, languages, globs, observations and the inventory."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

from scanners.classify import Role, role_of
from scanners.facts import Answer, Entry
from scanners.globs import GlobSet
from scanners.inventory import Inventory
from scanners.languages import language_of
from scanners.matchers.base import ALL_ROLES, Hit

T = TypeVar("T")


class TreeView:
    """What is asked of one tree while it is judged. Built by ``scanners.observe.observe``."""

    def __init__(
        self,
        entries: Sequence[Entry],
        globs: GlobSet,
        read: Callable[[str], str | None],
        *,
        default_branch: str = "",
    ) -> None:
        self.all_entries = tuple(entries)
        self.entries = tuple(e for e in self.all_entries if role_of(e.path) in ALL_ROLES)
        self.default_branch = default_branch
        self.stack: frozenset[str] = frozenset()
        self.unread: list[Entry] = []
        self.unwritten: set[str] = set()
        self.not_text: set[str] = set()
        self.too_large: list[str] = []
        self.failed_detectors: set[str] = set()
        self._read = read
        self._by_glob: dict[str, list[str]] = defaultdict(list)
        self.globs_of: dict[str, tuple[str, ...]] = {}
        for entry in self.entries:
            matched = globs.match(entry.path)
            if matched:
                self.globs_of[entry.path] = matched
                if entry.size != 0:
                    for glob in matched:
                        self._by_glob[glob].append(entry.path)
        self._observed: dict[int, list[Hit]] = {}
        self._facts: dict[str, list[tuple[str, Any]]] = defaultdict(list)
        self._made: dict[str, Any] = {}
        self._detected: dict[str, Answer] = {}
        blobs = {e.path: e.blob for e in self.all_entries if role_of(e.path) != "vendored"}
        self.inventory = Inventory(blobs, read, lambda path: blobs.get(path, ""))

    def role(self, path: str) -> Role:
        return role_of(path)

    def language(self, path: str) -> str:
        return language_of(path)

    def text(self, path: str) -> str | None:
        """The text of one file, or None where it is not to be had."""
        return self._read(path)

    def paths_of(self, glob: str) -> Sequence[str]:
        """The non-empty files that a glob of the ruleset names, in tree order."""
        return self._by_glob.get(glob, ())

    def manifest_counts(self, path: str, roles: frozenset[str]) -> bool:
        """Whether a manifest speaks for the product: not one of an example, a test or a vendored package."""
        return role_of(path) in roles or (role_of(path) == "generated" and "source" in roles)

    def observed(self, key: int) -> Iterable[Hit]:
        """What the text or code matcher ``key`` found, by file."""
        return self._observed.get(key, ())

    def facts(self, detector: str) -> list[tuple[str, Any]]:
        """What a detector observed, by file."""
        return self._facts.get(detector, [])

    def add_hit(self, key: int, hit: Hit) -> None:
        self._observed.setdefault(key, []).append(hit)

    def add_facts(self, detector: str, path: str, facts: Any) -> None:
        self._facts[detector].append((path, facts))

    def once(self, name: str, make: Callable[[], T]) -> T:
        """What ``make`` makes of this tree, made once however many detectors ask for it."""
        if name not in self._made:
            self._made[name] = make()
        made: T = self._made[name]
        return made

    def detected(self, name: str, decide: Callable[[], Answer]) -> Answer:
        """The answer of a detector, decided once."""
        answer = self._detected.get(name)
        if answer is None:
            answer = self._detected[name] = decide()
        return answer
