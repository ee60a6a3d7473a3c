"""Whether a file that could not be read is one in which a matcher would have looked."""

from scanners.facts import Entry
from scanners.inventory.dependencies import is_manifest
from scanners.inventory.workflows import is_workflow
from scanners.matchers.base import Matcher
from scanners.matchers.code import CodeMatcher
from scanners.matchers.dependencies import DependencyMatcher
from scanners.matchers.text import TextMatcher
from scanners.matchers.workflows import WorkflowMatcher
from scanners.view import TreeView


def matcher_misses(matcher: Matcher, entry: Entry, view: TreeView) -> bool:
    """True where ``matcher`` might have found something in ``entry``.

    Files that are named by globs alone do not count: every large data file that a mirror lacks would cast doubt.
    """
    if isinstance(matcher, WorkflowMatcher):
        return is_workflow(entry.path)
    if view.role(entry.path) not in matcher.scope.roles:
        return False
    if isinstance(matcher, DependencyMatcher):  # lock files are "generated": what they add is never direct
        return is_manifest(entry.path)
    return isinstance(matcher, (TextMatcher, CodeMatcher)) and view.language(entry.path) in matcher.languages
