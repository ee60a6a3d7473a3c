"""What one manifest says, whatever its ecosystem, and how a parser refuses."""

from scanners.facts import Dependency
from scanners.values import dataclass, field

MAX_MANIFEST_BYTES = 2 << 20


class ManifestError(Exception):
    """A manifest that cannot be parsed; ``line`` is 0 where the place is not known."""

    def __init__(self, message: str, *, line: int = 0) -> None:
        super().__init__(message)
        self.id = "manifest.unparsable"
        self.message = f"{message} (line {line})" if line else message
        self.line = line


@dataclass(frozen=True, slots=True)
class Manifest:
    """One parsed file. ``facts`` are what resolution across files needs, all plain JSON values.

    ``scripts`` are named commands (npm and composer scripts, poe and pdm tasks); ``entry_points`` are programs that
    installing the package puts on the path.
    """

    path: str
    ecosystem: str
    dependencies: tuple[Dependency, ...] = ()
    name: str = ""
    version: str = ""
    scripts: dict[str, str] = field(default_factory=dict)
    entry_points: tuple[str, ...] = ()
    facts: dict[str, object] = field(default_factory=dict)
    locked: bool = False


CONFLICT_MARKERS = ("<<<<<<< ", ">>>>>>> ")


def refuse_conflicts(text: str) -> None:
    """Raises ManifestError where ``text`` holds an unresolved merge conflict."""
    if "<<<<<<< " in text:
        for number, line in enumerate(text.split("\n"), 1):
            if line.startswith(CONFLICT_MARKERS):
                raise ManifestError("The file holds an unresolved merge conflict.", line=number)
