"""One pass over the blobs of a tree: each is read at most once, and not at all where its answers are cached."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Any

from scanners.blobscan import NOT_TEXT, Observation, Plan
from scanners.blobwork import Found, Meanwhile, ReadMany, observe_blobs, observe_in_two
from scanners.bounded import Bounded
from scanners.cache import BlobCache, NoCache
from scanners.classify import role_of
from scanners.facts import Entry
from scanners.inventory.dependencies import is_manifest
from scanners.inventory.workflows import is_workflow
from scanners.languages import language_of
from scanners.matchers.base import Hit
from scanners.matchers.code import CodeMatcher
from scanners.matchers.text import TextMatcher
from scanners.rules import Ruleset
from scanners.tree import RepoTree, decode_text
from scanners.view import TreeView

MAX_BLOB_BYTES = 1 << 20
"""Larger files are data, not source; they are left out, named among the problems, and doubt no verdict."""

_MEANWHILE_MS = 15.0
"""What a caller's ``meanwhile`` costs, and the next two what manifests and workflows do: once, and by the byte."""
_PARSE_MS = 12.0
_PARSE_BYTE_MS = 50e-6
_TEXTS_BYTES = 8 << 20
"""Room for files that the inventory and detectors read whole: manifests, workflows."""


class Observer:
    """The plans of one ruleset, compiled once and shared by every scan of the process."""

    def __init__(self, ruleset: Ruleset) -> None:
        self._ruleset = ruleset
        self._plans: dict[tuple[str, str], Plan] = {}
        self._path_plans: dict[tuple[str, tuple[int, ...]], Plan] = {}
        self._texts: Bounded[str, bytes] = Bounded(_TEXTS_BYTES)
        self._of_glob: dict[str, list[TextMatcher]] = defaultdict(list)
        for matcher in ruleset.matchers:
            if isinstance(matcher, TextMatcher):
                for glob in matcher.files:
                    self._of_glob[glob].append(matcher)

    def plan(self, language: str, role: str) -> Plan:
        """All that is asked of files of ``language`` in ``role``."""
        plan = self._plans.get((language, role))
        if plan is None:
            chosen = [m for m in self._ruleset.matchers if language in m.languages and role in m.scope.roles]
            plan = self._plans[language, role] = Plan(
                language,
                [m for m in chosen if isinstance(m, TextMatcher)],
                [m for m in chosen if isinstance(m, CodeMatcher)],
                [d for d in self._ruleset.detectors.values() if language in d.languages and role in d.roles],
                literals=self._ruleset.literals,
            )
        return plan

    def prepare(self) -> None:
        """Compiles the expressions of every plan that was asked for so far."""
        for plan in (*self._plans.values(), *self._path_plans.values()):
            plan.prepare()

    def path_plan(self, language: str, role: str, globs: Iterable[str]) -> Plan | None:
        """What is asked of a file because its path satisfies ``globs``; None where nothing is."""
        chosen = {m.key: m for g in globs for m in self._of_glob.get(g, ()) if role in m.scope.roles}
        if not chosen:
            return None
        key = (language, tuple(sorted(chosen)))
        plan = self._path_plans.get(key)
        if plan is None:
            plan = self._path_plans[key] = Plan(
                language, [chosen[k] for k in sorted(chosen)], literals=self._ruleset.literals
            )
        return plan

    def view(
        self,
        tree: RepoTree,
        cache: BlobCache,
        *,
        default_branch: str = "",
        processes: int = 1,
        meanwhile: Callable[[], object] | None = None,
    ) -> TreeView:
        """The tree with every matcher's and detector's answers filled in; ``processes``, ``meanwhile`` as for ``scan``."""

        def read(path: str) -> str | None:
            entry = tree.entry(path)
            if entry is None or entry.size < 0:
                return None
            data = self._texts.get(entry.blob)
            if data is None:
                data = tree.read(path)
                if data is not None:
                    self._texts.put(entry.blob, data, len(data))
            return None if data is None else decode_text(data)

        view = TreeView(tree.entries, self._ruleset.globs, read, default_branch=default_branch)
        wanted: dict[Plan, dict[str, list[Entry]]] = defaultdict(lambda: defaultdict(list))
        for entry in view.entries:
            if entry.size < 0:
                view.unread.append(entry)
                continue
            if not entry.size:
                continue
            language, role = language_of(entry.path), role_of(entry.path)
            if not language and entry.path not in view.globs_of:
                continue
            if entry.size > MAX_BLOB_BYTES:
                if role == "source":
                    view.too_large.append(entry.path)
                continue
            plan = self.plan(language, role)
            if plan:
                wanted[plan][entry.blob].append(entry)
            extra = self.path_plan(language, role, view.globs_of.get(entry.path, ()))
            if extra:
                wanted[extra][entry.blob].append(entry)
        self._fill(view, wanted, tree.blobs.read_many, cache, processes, meanwhile)
        return view

    def _fill(
        self,
        view: TreeView,
        wanted: Mapping[Plan, Mapping[str, list[Entry]]],
        read_many: ReadMany,
        cache: BlobCache,
        processes: int,
        meanwhile: Callable[[], object] | None,
    ) -> None:
        keeps = not isinstance(cache, NoCache)
        known: dict[Plan, dict[str, Any]] = {
            plan: cache.get_many(plan.digest, by_blob) if keeps else {} for plan, by_blob in wanted.items()
        }
        missing: dict[str, list[Plan]] = defaultdict(list)
        for plan, by_blob in wanted.items():
            for blob in by_blob:
                if blob not in known[plan]:
                    missing[blob].append(plan)
        entries_of = {blob: wanted[plans[0]][blob] for blob, plans in missing.items()}
        whole = frozenset(b for b, entries in entries_of.items() if any(_is_parsed(e.path) for e in entries))
        if processes > 1:
            sizes = {blob: entries[0].size for blob, entries in entries_of.items()}

            def act(found: Found) -> None:
                self._keep(found)
                view.inventory.prepare()
                if meanwhile:
                    meanwhile()

            cost = _MEANWHILE_MS * bool(meanwhile) + _PARSE_BYTE_MS * sum(sizes[blob] for blob in whole)
            if whole:
                cost += _PARSE_MS
            found = observe_in_two(missing, sizes, whole, read_many, Meanwhile(act, cost))
        else:
            found = observe_blobs(missing, whole, read_many)
        lost = set(found.unread)
        for blob in missing if lost else ():
            if blob in lost:
                view.unread.extend(entry for plan in missing[blob] for entry in wanted[plan][blob])
        self._keep(found)
        fresh = found.observations
        for plan, observations in fresh.items() if keeps else ():
            cache.put_many(plan.digest, observations)
        # In the tree's order, whatever was known before: a verdict must not depend on what a cache holds.
        for plan, by_blob in wanted.items():
            observed = {**known[plan], **fresh[plan]} if plan in fresh else known[plan]
            for blob, entries in by_blob.items():
                if observation := observed.get(blob):
                    _apply(view, plan, observation, entries)

    def _keep(self, found: Found) -> None:
        for blob, data in found.texts.items():
            self._texts.put(blob, data, len(data))


def _is_parsed(path: str) -> bool:
    return is_manifest(path) or is_workflow(path)


def _apply(view: TreeView, plan: Plan, observation: Observation, entries: list[Entry]) -> None:
    if "g" in observation:
        view.unwritten.update(entry.path for entry in entries)
        if observation["g"] == NOT_TEXT:
            view.not_text.update(
                entry.path
                for entry in entries
                if view.language(entry.path) and view.role(entry.path) == "source"
            )
        return
    view.failed_detectors.update(observation.get("e", ()))
    matched = observation.get("m", {})
    facts = observation.get("d", {})
    for entry in entries:
        for index, found in matched.items():
            view.add_hit(plan.matchers[int(index)].key, Hit(entry.path, tuple(found[1:]), found[0]))
        for name, fact in facts.items():
            view.add_facts(name, entry.path, fact)


@lru_cache(maxsize=8)
def observer_for(ruleset: Ruleset) -> Observer:
    """The observer of ``ruleset``, kept for the life of the process."""
    return Observer(ruleset)
