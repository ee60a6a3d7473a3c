"""How hand-written source is spread over files and directories; all answers come from counted lines and paths."""

from collections import Counter
from typing import TYPE_CHECKING, Any

from scanners.classify import role_of
from scanners.detectors.base import Facts
from scanners.facts import Answer, Evidence
from scanners.languages import CODE, language_of
from scanners.lazy import lazy_re2

if TYPE_CHECKING:
    from scanners.view import TreeView

_COUNTED = CODE | {"hcl"}
_MIGRATIONS = frozenset(["migrations", "migrate", "versions", "seeders"])
_LIBRARY = lazy_re2(
    r"(?i)(^|/)(static|public|assets|wwwroot|resources)/([^/]+/)*(lib|libs|plugins?|external)/|(^|/)(jquery|bootstrap|lodash|moment|d3|popper)[\w.-]*\.js$"
)
"""Libraries for browsers that were copied in, where no folder called vendor says so."""
_ROOT_SCRIPTS = frozenset(
    ["setup.py", "manage.py", "conftest.py", "noxfile.py", "tasks.py", "fabfile.py", "doc.go"]
)


def written_lines(view: "TreeView") -> dict[str, int]:
    """Non-blank lines of each hand-written source file, migrations left out."""
    return view.once("written-lines", lambda: _written_lines(view))


def _written_lines(view: "TreeView") -> dict[str, int]:
    lines = {}
    for path, (code, comments) in view.facts("source-lines"):
        folders = path.lower().split("/")[:-1]
        if (
            role_of(path) == "source"
            and language_of(path) in _COUNTED
            and not _MIGRATIONS.intersection(folders)
        ):
            if _LIBRARY.search(path):
                continue
            lines[path] = code + comments
    return lines


class _FromLines:
    """A detector that observes nothing of its own: the counts of ``source-lines`` say all it needs."""

    name: str
    version = 1
    languages: frozenset[str] = frozenset()
    roles = frozenset(["source"])
    gate = ""

    def observe(self, data: bytes, language: str) -> Any | None:
        return None


class SourceSize(_FromLines):
    """``value`` is the number of non-blank lines of hand-written source."""

    name = "source-size"

    def decide(self, facts: Facts, view: "TreeView") -> Answer:
        lines = written_lines(view)
        return Answer(count=sum(lines.values()), files=len(lines), value=float(sum(lines.values())))


class LargestFile(_FromLines):
    """``value`` is the largest file's share of all hand-written source."""

    name = "largest-file"

    def decide(self, facts: Facts, view: "TreeView") -> Answer:
        lines = written_lines(view)
        total = sum(lines.values())
        if not total:
            return Answer(value=0.0)
        path = max(lines, key=lambda p: (lines[p], p))
        share = lines[path] / total
        note = f"largest file: {lines[path]} of {total} lines ({share:.0%})"
        return Answer((Evidence(path, 1, note=note),), count=1, files=1, value=share)


class SourceDirectories(_FromLines):
    """``value`` is the number of directories that hold source; evidence is one file of each of the largest."""

    name = "source-directories"

    def decide(self, facts: Facts, view: "TreeView") -> Answer:
        per_directory: Counter[str] = Counter()
        first: dict[str, str] = {}
        for path, count in sorted(written_lines(view).items()):
            directory = path.rpartition("/")[0]
            per_directory[directory] += count
            first.setdefault(directory, path)
        evidence = tuple(Evidence(first[d], 1, note=f"{n} lines") for d, n in per_directory.most_common(3))
        return Answer(
            evidence, count=len(per_directory), files=len(per_directory), value=float(len(per_directory))
        )


class SourceModules(_FromLines):
    """``value`` is the number of source files that hold at least ten lines."""

    name = "source-modules"

    def decide(self, facts: Facts, view: "TreeView") -> Answer:
        modules = sorted(
            (path for path, n in written_lines(view).items() if n >= 10), key=lambda p: (p.count("/"), p)
        )
        evidence = tuple(Evidence(path, 1) for path in modules[:3])
        return Answer(evidence, count=len(modules), files=len(modules), value=float(len(modules)))


class RootShare(_FromLines):
    """``value`` is the share of source files that lie in the root, scripts that belong there left out."""

    name = "root-share"

    def decide(self, facts: Facts, view: "TreeView") -> Answer:
        lines = {p: n for p, n in written_lines(view).items() if not _belongs_in_root(p)}
        if not lines:
            return Answer(value=0.0)
        in_root = [path for path in lines if "/" not in path]
        below = sorted((p for p in lines if "/" in p), key=lambda p: (-lines[p], p))
        evidence = tuple(Evidence(path, 1) for path in (in_root if len(in_root) > len(below) else below)[:3])
        return Answer(evidence, count=len(lines), files=len(lines), value=len(in_root) / len(lines))


def _belongs_in_root(path: str) -> bool:
    name = path.lower()
    return "/" not in name and (
        name in _ROOT_SCRIPTS
        or ".config." in name
        or name.startswith(".")
        or name.endswith((".gradle", ".kts", ".gemspec", ".ru"))
    )
