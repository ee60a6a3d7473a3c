"""Public frameworks and what a repository's verdicts say of their controls.

A control is met where every item serving it that applies passes, partly met where some do, not met where none
does; a control that no item serves is not covered, which says nothing about the repository.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from assessments.guidance import Guidance

Status = Literal["met", "partly", "not_met", "not_applicable", "not_measured", "not_covered"]
STATUSES: Mapping[Status, str] = {
    "met": "Met",
    "partly": "Partly met",
    "not_met": "Not met",
    "not_applicable": "Does not apply",
    "not_measured": "Not measured",
    "not_covered": "Not covered",
}


@dataclass(frozen=True, slots=True)
class Control:
    """``id`` is the framework's own number; ``url`` leads to its publisher."""

    id: str
    title: str
    url: str


@dataclass(frozen=True, slots=True)
class Framework:
    id: str
    title: str
    version: str
    url: str
    controls: tuple[Control, ...]

    @property
    def slug(self) -> str:
        return self.id.replace("_", "-")


def read_frameworks(folder: Path) -> tuple[Framework, ...]:
    """The frameworks of the files in a folder, by title. Raises ValueError for a file of another shape."""
    import yaml

    found = []
    for place in sorted(folder.glob("*.yaml")):
        document = yaml.safe_load(place.read_text(encoding="utf-8"))
        try:
            found.append(_framework(document))
        except (KeyError, TypeError) as error:
            raise ValueError(f"{place.name} is no framework: {error}") from error
    return tuple(sorted(found, key=lambda one: one.title))


def _framework(document: Mapping[str, Any]) -> Framework:
    controls = tuple(Control(str(one["id"]), one["title"], one["url"]) for one in document["controls"])
    return Framework(document["id"], document["title"], str(document["version"]), document["url"], controls)


@lru_cache(maxsize=1)
def shipped_frameworks() -> tuple[Framework, ...]:
    """The frameworks that guidance refers to."""
    from scanners.rules import RULESETS

    return read_frameworks(RULESETS / "frameworks")


def items_serving(framework: Framework, guidance: Mapping[str, Guidance]) -> dict[str, tuple[str, ...]]:
    """The items that serve each control, by its id; () for one that none serves."""
    serving: dict[str, list[str]] = {control.id: [] for control in framework.controls}
    for item, one in guidance.items():
        for control in one.controls.get(framework.id, ()):
            serving.setdefault(control, []).append(item)
    return {control: tuple(items) for control, items in serving.items()}


def status_of(items: Iterable[str], verdict: Callable[[str], str]) -> Status:
    """What the verdicts of the items serving a control say of it. ``verdict`` gives an item's outcome.

    What nobody could measure keeps a control from being met, and from being called not met on its account.
    """
    outcomes = [verdict(item) for item in items]
    if not outcomes:
        return "not_covered"
    applying = [outcome for outcome in outcomes if outcome not in ("not_applicable", "waived")]
    if not applying:
        return "not_applicable"
    passed, failed = applying.count("pass"), applying.count("fail")
    if passed == len(applying):
        return "met"
    if passed:
        return "partly"
    return "not_met" if failed else "not_measured"
