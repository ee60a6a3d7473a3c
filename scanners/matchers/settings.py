"""Setting matchers: structured files by key path and value."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from scanners.lazy import kept_re2
from scanners.matchers.base import Hit, Scope, listed, scope_of
from scanners.values import dataclass

if TYPE_CHECKING:
    from scanners.view import TreeView


@dataclass(frozen=True, slots=True)
class SettingMatcher:
    """Leaves of the files at ``files`` whose dotted key satisfies ``key`` wholly and whose text contains ``value``.

    Both are RE2, letter case ignored. Without ``value`` any value counts.
    """

    files: tuple[str, ...]
    key: str
    value: str
    scope: Scope

    def hits(self, view: "TreeView") -> Iterable[Hit]:
        key = kept_re2(f"(?i)^(?:{self.key})$")
        value = kept_re2(f"(?i){self.value}") if self.value else None
        seen: set[str] = set()
        for glob in self.files:
            for path in view.paths_of(glob):
                if path in seen or view.role(path) not in self.scope.roles:
                    continue
                seen.add(path)
                lines = tuple(
                    s.line
                    for s in view.inventory.settings(path)
                    if key.search(s.key) and (value is None or value.search(s.value))
                )
                if lines:
                    yield Hit(path, lines[:8], len(lines))


def from_spec(spec: Mapping[str, Any]) -> SettingMatcher:
    """The matcher for ``{setting: {files: [...], key: ..., value: ...}}``."""
    inner = spec["setting"]
    return SettingMatcher(
        listed(inner["files"]), inner["key"], inner.get("value", ""), scope_of(spec, "strong")
    )
