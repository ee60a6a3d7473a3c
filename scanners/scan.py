"""scan(): the story of judging one tree, in order.

observe every blob once -> decide the profile -> judge the rules -> quote the evidence. Quoting comes last and reads
only the files that ended up as evidence; each quoted line passes the secret detector before it goes anywhere.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from scanners.bounded import Bounded
from scanners.cache import BlobCache, NoCache
from scanners.conditions import Scene
from scanners.facts import Evidence, Problem
from scanners.observe import observer_for
from scanners.profile import Profile, decide_profile
from scanners.redact import redact
from scanners.rules import Ruleset
from scanners.signals import Answers
from scanners.tree import RepoTree, decode_text
from scanners.values import dataclass, replace
from scanners.verdicts import Verdict, judge
from scanners.view import TreeView

MAX_EXCERPT = 200


@dataclass(frozen=True, slots=True)
class ScanResult:
    """All that was found out about one tree; plain values only.

    ``complete`` is False where files could not be read, so that the same commit may be judged again later.
    """

    commit: str
    committed_at: datetime
    ruleset_id: str
    ruleset_version: str
    profile: Profile
    verdicts: tuple[Verdict, ...]
    problems: tuple[Problem, ...]
    files: int
    complete: bool


def scan(
    tree: RepoTree,
    ruleset: Ruleset,
    *,
    cache: BlobCache | None = None,
    default_branch: str = "",
    profile_overrides: Mapping[str, Any] | None = None,
    processes: int = 1,
    meanwhile: Callable[[], object] | None = None,
) -> ScanResult:
    """The verdicts of ``ruleset`` on ``tree``. Raises ObjectError or LimitError only where the git objects give out.

    With two ``processes``, for a caller without threads, a child may take a share of a large tree's files; while it does,
    ``meanwhile`` is called, for what the caller needs only later.
    """
    observer = observer_for(ruleset)
    view = observer.view(
        tree, cache or NoCache(), default_branch=default_branch, processes=processes, meanwhile=meanwhile
    )
    answers = Answers(ruleset.signals, ruleset.detectors, view)
    lines = {name: facts["code"] for name, facts in _lines_by_language(view.facts("source-lines")).items()}
    scene = Scene(answers, frozenset(ruleset.signals), ruleset.conditions, lines=lines)
    profile = decide_profile(ruleset.document["profile"], scene, lines, profile_overrides)
    scene.profile = profile.as_dict()
    view.stack = scene.stack
    answers.forget()
    scene.forget()
    verdicts = judge(ruleset.rules, scene, profile.languages)
    quote = Quoter(
        tree, (e for v in verdicts for e in v.evidence), (e for es in profile.evidence.values() for e in es)
    )
    return ScanResult(
        commit=tree.commit,
        committed_at=tree.committed_at,
        ruleset_id=ruleset.id,
        ruleset_version=ruleset.version,
        profile=replace(profile, evidence={name: quote.all(es) for name, es in profile.evidence.items()}),
        verdicts=tuple(replace(v, evidence=quote.all(v.evidence)) for v in verdicts),
        problems=(*_passed_over(view), *view.inventory.problems),
        files=len(tree.entries),
        complete=not view.unread,
    )


def _passed_over(view: TreeView) -> list[Problem]:
    """What the pass over the files could not read, each file once."""
    missing, large, odd = (
        "The file's content is missing from the mirror.",
        "The file is larger than 1 MiB and was passed over.",
        "The file holds bytes that are no text, and nothing in it counts.",
    )
    unread = dict.fromkeys(entry.path for entry in view.unread)
    return [
        *(Problem(path, "object.missing", missing) for path in unread),
        *(Problem(path, "file.too-large", large) for path in view.too_large),
        *(Problem(path, "file.not-text", odd) for path in sorted(view.not_text)),
    ]


def _lines_by_language(facts: Iterable[tuple[str, Any]]) -> dict[str, dict[str, int]]:
    from scanners.classify import role_of
    from scanners.languages import language_of

    totals: dict[str, dict[str, int]] = {}
    for path, fact in facts:
        if role_of(path) == "source":
            total = totals.setdefault(language_of(path), {"code": 0, "comments": 0})
            total["code"] += fact[0]
            total["comments"] += fact[1]
    return totals


_QUOTED: Bounded[tuple[str, int], str] = Bounded(20_000)
"""Lines quoted before in this process, redacted, by blob and line."""


class Quoter:
    """Adds to evidence the line it points at, cut and redacted. Reads each file once, all in one batch."""

    def __init__(self, tree: RepoTree, *evidence: Iterable[Evidence]) -> None:
        self._lines: dict[tuple[str, int], str] = {}
        wanted: dict[str, dict[str, set[int]]] = {}
        for group in evidence:
            for item in group:
                entry = tree.entry(item.path) if not item.excerpt and item.line > 0 else None
                if entry is None or entry.size < 0:
                    continue
                known = _QUOTED.get((entry.blob, item.line))
                if known is not None:
                    self._lines[item.path, item.line] = known
                else:
                    wanted.setdefault(entry.blob, {}).setdefault(item.path, set()).add(item.line)
        for blob, data in tree.blobs.read_many(list(wanted)) if wanted else ():
            if data is not None:
                self._quote(blob, decode_text(data).split("\n"), wanted[blob])

    def _quote(self, blob: str, lines: list[str], wanted: Mapping[str, Iterable[int]]) -> None:
        for path, numbers in wanted.items():
            for number in numbers:
                if number <= len(lines):
                    excerpt = _excerpt(lines[number - 1])
                    self._lines[path, number] = excerpt
                    _QUOTED.put((blob, number), excerpt)

    def all(self, evidence: Iterable[Evidence]) -> tuple[Evidence, ...]:
        return tuple(
            replace(e, excerpt=self._lines.get((e.path, e.line), "")) if not e.excerpt else e
            for e in evidence
        )


def _excerpt(line: str) -> str:
    text = line[: MAX_EXCERPT * 4].strip().replace("\t", " ")
    if not text.isprintable():
        text = "".join(c if c.isprintable() else "�" for c in text)
    return redact(text)[:MAX_EXCERPT]
