"""How verdicts agree with labels that careful reviewers gave: the measure of the rules, not their source.

Labels are YAML files, one per repository: repository, commit, profile, stack, and per item a label (pass, fail, na,
unclear) with evidence and a note. ``unclear`` is left out of every figure; a verdict of unknown never agrees.
"""

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from scanners.cache import BlobCache
from scanners.errors import ScanError
from scanners.mirror import open_source
from scanners.profile import FIELDS
from scanners.rules import Ruleset
from scanners.scan import ScanResult, scan
from scanners.tree import RepoTree

_OUTCOME = {"pass": "pass", "fail": "fail", "na": "not_applicable"}


@dataclass(frozen=True, slots=True)
class Label:
    """What a reviewer decided for one item, and where they pointed ("path:line", or "")."""

    item: str
    outcome: str
    evidence: str
    note: str


@dataclass(frozen=True, slots=True)
class LabelledRepository:
    repository: str
    commit: str
    profile: dict[str, Any]
    stack: tuple[str, ...]
    labels: tuple[Label, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """One label beside one verdict. ``found`` is where the verdict points, ``looked_for`` what it missed."""

    repository: str
    stack: str
    item: str
    label: str
    verdict: str
    expected: str
    note: str
    found: str
    looked_for: str

    @property
    def agrees(self) -> bool:
        return self.label == self.verdict


@dataclass(frozen=True, slots=True)
class Figures:
    """Counts and the usual measures of pass; None where nothing was counted."""

    labels: int
    agreement: float | None
    precision: float | None
    recall: float | None
    f1: float | None


@dataclass(frozen=True)
class Accuracy:
    """All comparisons of one run. ``profile_errors`` lists "repository field: label, decided"."""

    repositories: tuple[str, ...]
    missing: tuple[str, ...]
    comparisons: tuple[Comparison, ...]
    profile_right: int
    profile_total: int
    profile_errors: tuple[str, ...]
    seconds: dict[str, float] = field(default_factory=dict)

    def overall(self) -> Figures:
        return figures(self.comparisons)

    def by(self, key: Callable[[Comparison], str]) -> dict[str, Figures]:
        """Figures by what ``key`` says of a comparison, in the order of first appearance."""
        groups: dict[str, list[Comparison]] = defaultdict(list)
        for one in self.comparisons:
            groups[key(one)].append(one)
        return {name: figures(group) for name, group in groups.items()}

    def by_repository(self) -> dict[str, Figures]:
        return self.by(lambda c: c.repository)

    def by_stack(self) -> dict[str, Figures]:
        return self.by(lambda c: c.stack)

    def by_area(self) -> dict[str, Figures]:
        return self.by(lambda c: c.item.partition(".")[0])

    def by_item(self) -> dict[str, Figures]:
        return self.by(lambda c: c.item)

    def confusions(self) -> tuple[Comparison, ...]:
        return tuple(c for c in self.comparisons if not c.agrees)

    def as_json(self) -> str:
        """Everything as one indented JSON document."""
        sections = {
            "repository": self.by_repository(),
            "stack": self.by_stack(),
            "area": self.by_area(),
            "item": self.by_item(),
        }
        return json.dumps(
            {
                "schema": "plumbline.accuracy/1",
                "repositories": self.repositories,
                "missing": self.missing,
                "overall": asdict(self.overall()),
                "profile": {
                    "right": self.profile_right,
                    "total": self.profile_total,
                    "errors": self.profile_errors,
                },
                **{
                    f"by_{name}": {k: asdict(v) for k, v in group.items()} for name, group in sections.items()
                },
                "confusions": [asdict(c) for c in self.confusions()],
                "seconds": self.seconds,
            },
            indent=1,
        )


def figures(comparisons: Iterable[Comparison]) -> Figures:
    """Agreement over all labels; precision, recall and F1 of the verdict pass."""
    rows = list(comparisons)
    both = sum(c.label == c.verdict == "pass" for c in rows)
    said = sum(c.verdict == "pass" for c in rows)
    meant = sum(c.label == "pass" for c in rows)
    precision = both / said if said else None
    recall = both / meant if meant else None
    f1 = 2 * precision * recall / (precision + recall) if precision and recall else None
    return Figures(
        len(rows), sum(c.agrees for c in rows) / len(rows) if rows else None, precision, recall, f1
    )


def read_labels(folder: Path) -> tuple[LabelledRepository, ...]:
    """Every labelled repository of a folder, by file name. Raises ScanError (labels.none, labels.unreadable)."""
    import yaml

    out = []
    for file in sorted(folder.glob("*.yaml")):
        try:
            document = yaml.load(file.read_text(), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
            labels = tuple(
                Label(item, _OUTCOME[entry["label"]], entry.get("evidence", ""), entry.get("note", ""))
                for item, entry in document["items"].items()
                if entry["label"] != "unclear"
            )
            out.append(
                LabelledRepository(
                    document["repository"],
                    document["commit"],
                    document["profile"],
                    tuple(document["stack"]),
                    labels,
                )
            )
        except (yaml.YAMLError, KeyError, TypeError, AttributeError) as error:
            raise ScanError("labels.unreadable", f"{file.name} is no label file: {error}.") from error
    if not out:
        raise ScanError("labels.none", f"There are no label files in {folder}.", hint="They end in .yaml.")
    return tuple(out)


def find_mirror(mirrors: Path, repository: str) -> Path | None:
    """The bare clone of OWNER/NAME below ``mirrors``: OWNER+NAME/repo or OWNER/NAME.git."""
    owner, _, name = repository.partition("/")
    for place in (mirrors / f"{owner}+{name}" / "repo", mirrors / owner / f"{name}.git"):
        if (place / "HEAD").exists():
            return place
    return None


def measure(
    labels: Path,
    mirrors: Path,
    ruleset: Ruleset,
    *,
    cache: BlobCache,
    store: Path,
    only: Sequence[str] = (),
    skip: Sequence[str] = (),
    fetch: bool = False,
) -> Accuracy:
    """Judges every labelled repository at its labelled commit. A mirror that is missing is listed, not fatal.

    ``store`` is a folder of our own, from which the mirrors are read.
    """
    import time

    comparisons: list[Comparison] = []
    judged: list[str] = []
    missing: list[str] = []
    errors: list[str] = []
    seconds: dict[str, float] = {}
    right = total = 0
    for labelled in read_labels(labels):
        name = labelled.repository
        if (only and name not in only) or name in skip:
            continue
        started = time.perf_counter()
        try:
            result = _judge(labelled, mirrors, ruleset, cache, fetch, store)
        except ScanError as error:
            missing.append(f"{name}: {error}")
            continue
        seconds[name] = round(time.perf_counter() - started, 3)
        judged.append(name)
        comparisons.extend(_compare(labelled, result))
        decided = result.profile.as_dict()
        for name_of_field in ("kind", *FIELDS):
            total += 1
            if decided[name_of_field] == labelled.profile[name_of_field]:
                right += 1
            else:
                errors.append(
                    f"{name} {name_of_field}: label {labelled.profile[name_of_field]}, decided {decided[name_of_field]}"
                )
    return Accuracy(tuple(judged), tuple(missing), tuple(comparisons), right, total, tuple(errors), seconds)


def _judge(
    labelled: LabelledRepository, mirrors: Path, ruleset: Ruleset, cache: BlobCache, fetch: bool, store: Path
) -> ScanResult:
    place = find_mirror(mirrors, labelled.repository)
    if place is None and not fetch:
        raise ScanError("mirror.missing", "There is no mirror of it.", hint="--fetch clones it.")
    source = str(place) if place else f"https://github.com/{labelled.repository}"
    mirror = open_source(source, cache_dir=mirrors if place is None else store)
    commit = mirror.resolve(labelled.commit)
    mirror.fill([commit])
    with closing(RepoTree.open(mirror.path, commit)) as tree:
        return scan(tree, ruleset, cache=cache, default_branch=mirror.default_branch)


def _compare(labelled: LabelledRepository, result: ScanResult) -> Iterable[Comparison]:
    verdicts = {v.item: v for v in result.verdicts}
    stack = next((word for word in labelled.stack if word not in ("node",)), "none")
    for label in labelled.labels:
        verdict = verdicts.get(label.item)
        yield Comparison(
            repository=labelled.repository,
            stack=stack,
            item=label.item,
            label=label.outcome,
            verdict=verdict.outcome if verdict else "unknown",
            expected=label.evidence,
            note=label.note,
            found="; ".join(
                f"{e.path}:{e.line} {e.excerpt}"[:160] for e in (verdict.evidence[:3] if verdict else ())
            ),
            looked_for="; ".join(verdict.looked_for[:6]) if verdict else "there is no rule",
        )
