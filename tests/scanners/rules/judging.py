"""What the shipped ruleset says of a handful of files given as a dict: the helper of all rule tests."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from scanners.rules import Ruleset, load_ruleset
from scanners.scan import ScanResult, scan
from scanners.tree import RepoTree
from scanners.verdicts import Verdict


@lru_cache(maxsize=1)
def shipped() -> Ruleset:
    """The shipped ruleset, loaded once per process."""
    return load_ruleset()


def judge_tree(files: Mapping[str, str], **profile: Any) -> ScanResult:
    """The whole result for a tree of ``{path: text}``; ``profile`` fields override what would be decided."""
    return scan(RepoTree.from_files(files), shipped(), profile_overrides=profile)


def verdict_on(item: str, files: Mapping[str, str], **profile: Any) -> Verdict:
    """The verdict on one item with its evidence and words."""
    found = [verdict for verdict in judge_tree(files, **profile).verdicts if verdict.item == item]
    assert found, f"The shipped ruleset has no rule for {item}."
    return found[0]


def verdict_of(item: str, files: Mapping[str, str], **profile: Any) -> str:
    """The outcome for one item: pass, fail, not_applicable or unknown."""
    return verdict_on(item, files, **profile).outcome
