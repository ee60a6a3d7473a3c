"""Whether a file that could not be read is one in which a matcher or detector would have looked."""

from scanners.detectors.base import Detector
from scanners.facts import Entry
from scanners.inventory.dependencies import is_manifest
from scanners.inventory.workflows import is_workflow
from scanners.matchers.base import Matcher
from scanners.matchers.code import CodeMatcher
from scanners.matchers.dependencies import DependencyMatcher
from scanners.matchers.settings import SettingMatcher
from scanners.matchers.text import TextMatcher
from scanners.matchers.workflows import WorkflowMatcher
from scanners.view import TreeView


def matcher_misses(matcher: Matcher, entry: Entry, view: TreeView) -> bool:
    """True where ``matcher`` might have found something in ``entry``."""
    if isinstance(matcher, DependencyMatcher):
        return is_manifest(entry.path) and view.manifest_counts(entry.path, matcher.scope.roles)
    if isinstance(matcher, WorkflowMatcher):
        return is_workflow(entry.path)
    if view.role(entry.path) not in matcher.scope.roles:
        return False
    if isinstance(matcher, (TextMatcher, SettingMatcher)) and matcher.files:
        return not set(matcher.files).isdisjoint(view.globs_of.get(entry.path, ()))
    return isinstance(matcher, (TextMatcher, CodeMatcher)) and view.language(entry.path) in matcher.languages


def detector_misses(detector: Detector, entry: Entry, view: TreeView) -> bool:
    """True where ``detector`` might have said otherwise with ``entry``; one without languages uses others' facts."""
    looks = not detector.languages or view.language(entry.path) in detector.languages
    return looks and view.role(entry.path) in detector.roles
