"""What every kind of matcher shares: where it looks, how sure it is, and the hits it returns."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Protocol

from scanners.facts import Strength
from scanners.values import dataclass

if TYPE_CHECKING:
    from scanners.view import TreeView

DEFAULT_ROLES = frozenset(["source"])
ALL_ROLES = frozenset(["source", "test", "docs", "example"])


@dataclass(frozen=True, slots=True)
class Hit:
    """One file in which a matcher found something: lines (ascending, at most a handful) and how often."""

    path: str
    lines: tuple[int, ...]
    count: int


@dataclass(frozen=True, slots=True)
class Scope:
    """Which files may count, how strong what they say is, and on which stacks it means anything."""

    roles: frozenset[str]
    strength: Strength
    stack: frozenset[str]
    note: str


_ANYWHERE: frozenset[str] = frozenset()


class Matcher(Protocol):
    """A declared way to find something. ``hits`` never raises for what a repository holds."""

    @property
    def scope(self) -> Scope: ...

    def hits(self, view: "TreeView") -> Iterable[Hit]: ...


def scope_of(spec: Mapping[str, Any], strength: Strength, roles: frozenset[str] = DEFAULT_ROLES) -> Scope:
    """The scope that a matcher's document declares, with the kind's own defaults."""
    where = spec.get("where")
    if where is not None:
        names = [where] if isinstance(where, str) else list(where)
        roles = ALL_ROLES if "any" in names else frozenset(["test" if n == "tests" else n for n in names])
    stack = spec.get("stack")
    return Scope(
        roles=roles,
        strength=spec.get("strength", strength),
        stack=_ANYWHERE if not stack else frozenset(listed(stack)),
        note=spec.get("note", ""),
    )


def listed(value: Any) -> tuple[str, ...]:
    """A document's "one or several" as a tuple."""
    return (value,) if isinstance(value, str) else tuple(value)
