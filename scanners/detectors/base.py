"""What a named detector is: questions to the code that a pattern cannot put.

A detector works in two steps, so that the first can be cached per blob. ``observe`` says what one file holds, as
plain JSON values, from the file's bytes alone. ``decide`` makes one answer of all files' facts.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol

from scanners.facts import Answer

if TYPE_CHECKING:
    from scanners.view import TreeView

Facts = Sequence[tuple[str, Any]]
"""Per file: its path and what ``observe`` said of it; files without anything to say are left out."""


class Detector(Protocol):
    """``version`` must grow when ``observe`` changes what it says, since answers are cached by it.

    ``gate`` is RE2 text that a file must contain to be observed at all; "" observes every file.
    """

    name: str
    version: int
    languages: frozenset[str]
    roles: frozenset[str]
    gate: str

    def observe(self, data: bytes, language: str) -> Any | None: ...

    def decide(self, facts: Facts, view: "TreeView") -> Answer: ...
