"""Every failure that a caller of the engine must handle, as one small tree.

Each error carries a stable id that scripts, pages and the database rely on; an id never changes
its meaning once published. ``fault`` says who can mend it, ``retry`` whether the same request may
succeed later without anybody changing anything.

    ScanError
    ├── SourceError      the address or folder that was named cannot be used
    ├── LimitError       a limit on time, size or number was reached
    ├── ObjectError      the repository is there, but a commit, path or object in it is not
    └── RulesetError     a ruleset document does not say what a ruleset must say
"""

from typing import Literal

Fault = Literal["request", "repository", "network", "credential", "ours"]


class ScanError(Exception):
    """A failure with a stable ``id``, a sentence for a person and what to do next.

    ``wait`` is set where a host asked to be left alone: seconds, 0 where it did not say how long.
    ``message`` never holds a credential: whoever raises it passes text through
    ``scanners.redact.redact_url`` or ``redact`` first.
    """

    def __init__(
        self,
        id: str,
        message: str,
        *,
        hint: str = "",
        fault: Fault = "request",
        retry: bool = False,
        wait: float | None = None,
    ) -> None:
        super().__init__(message)
        self.id = id
        self.message = message
        self.hint = hint
        self.fault = fault
        self.retry = retry
        self.wait = wait

    def __str__(self) -> str:
        return f"{self.message} [{self.id}]"


class SourceError(ScanError):
    """The source cannot be read: not a repository, unreachable, refused, empty."""


class LimitError(ScanError):
    """A limit was reached: time, repository size, number of files."""


class ObjectError(ScanError):
    """A commit, a path or an object is not in the repository."""


class RulesetError(ScanError):
    """A ruleset document is invalid; ``problems`` lists every finding with its place in the document."""

    def __init__(self, id: str, message: str, *, problems: tuple[str, ...] = (), hint: str = "") -> None:
        super().__init__(id, message, hint=hint, fault="request")
        self.problems = problems
