"""The plain values that pass between the parts of the engine. No behaviour, no I/O."""

from typing import Literal

from scanners.values import dataclass, field

Strength = Literal["strong", "moderate", "weak"]


@dataclass(frozen=True, slots=True)
class Entry:
    """One file of a tree. ``size`` is in bytes, -1 where the object is missing from the mirror."""

    path: str
    blob: str
    size: int
    mode: int = 0o100644


@dataclass(frozen=True, slots=True)
class Dependency:
    """One declared or locked dependency and where it is declared.

    ``name`` is normalised as its ecosystem compares names (PEP 503 for pypi, ``group:artifact`` for
    maven, module path for go). ``version`` is the constraint as written, or the locked version.
    """

    ecosystem: Literal["pypi", "npm", "go", "maven", "rubygems", "packagist", "nuget", "crates", "hex"]
    name: str
    version: str
    scope: Literal["runtime", "dev", "test", "build", "optional"]
    path: str
    line: int
    direct: bool = True


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that could not be read, in words; never fatal for the rest of the scan."""

    path: str
    id: str
    message: str


@dataclass(frozen=True, slots=True)
class Setting:
    """One leaf of a structured file: dotted key path (list indexes as numbers), value as text, line from 1."""

    path: str
    key: str
    value: str
    line: int


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a pipeline: a shell script, an action or plugin used, or both empty for what is neither.

    ``run`` is the script with task runners already resolved where possible: the text of the npm script,
    Makefile target or tox environment that a command calls follows the command on lines of its own.
    """

    path: str
    line: int
    job: str = ""
    name: str = ""
    run: str = ""
    uses: str = ""
    arguments: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Pipeline:
    """One CI configuration. ``triggers`` holds what starts it: push, pull_request, schedule, tag, manual,
    release, call. ``branches`` are the branch patterns of push; empty means every branch."""

    path: str
    provider: str
    triggers: frozenset[str]
    branches: tuple[str, ...] = ()
    steps: tuple[Step, ...] = ()
    services: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Evidence:
    """Where a reviewer should look. ``line`` counts from 1; 0 stands for the file as a whole."""

    path: str
    line: int
    excerpt: str = ""
    strength: Strength = "strong"
    note: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What one signal says of one tree.

    ``evidence`` holds the best places (at most a handful), ``count`` all occurrences, ``files`` the number of
    distinct files. ``value`` is set by measures (a share from 0 to 1, or a number). ``known`` is False when
    nothing was found and something that could have held it was unreadable.
    """

    evidence: tuple[Evidence, ...] = ()
    count: int = 0
    files: int = 0
    value: float | None = None
    known: bool = True
    problems: tuple[Problem, ...] = field(default=())

    @property
    def found(self) -> bool:
        return self.count > 0
