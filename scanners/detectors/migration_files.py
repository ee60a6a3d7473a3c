"""The migrations of a database, whatever tool runs them, and how many of them can be taken back."""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from scanners.detectors.base import Facts
from scanners.detectors.migration_forms import Form, forms_in
from scanners.facts import Answer, Evidence
from scanners.languages import language_of
from scanners.lazy import lazy_re

if TYPE_CHECKING:
    from scanners.view import TreeView

_FOLDER = lazy_re(r"(?i)(^|/)([\w.-]*migrations?|migrate|drizzle|changelogs?|db/versions)(/|$)")
_FLYWAY = lazy_re(r"(?:^|/)V\d[\w.]*__[^/]+\.(?:sql|SQL)$")
_UNDO = lazy_re(r"(?:^|/)U(\d[\w.]*__[^/]+\.(?:sql|SQL))$")
_DOWN = lazy_re(
    r"(?i)(^|[./_-])(down|rollback|undo|revert)\.sql$|\.undo\.[^/]*sql$|(^|/)(down|rollbacks?|undo|revert)/[^/]+\.sql$"
)
_DATA = lazy_re(r"(?i)(^|/)([\w.-]*(tests?|fixtures?|seeds?|seeders|samples?|dumps?|backups?)[\w.-]*)/")
_COMMENT = lazy_re(r"--[^\n]*|/\*.*?\*/", re.DOTALL)


class MigrationFiles:
    """Facts: [migrations in the file, reversible ones, line]. ``count`` is the number of migrations."""

    name = "migration-files"
    version = 5
    languages = frozenset(
        ["python", "javascript", "typescript", "go", "java", "kotlin", "ruby", "php", "csharp", "rust", "elixir", "sql", "xml", "yaml"]
    )  # fmt: skip
    roles = frozenset(["source"])
    gate = (
        r"[mM]igration|(?m)^(down_)?revision\b|queryInterface|\bpgm\b|goose|migrate:(up|down)|[cC]hange[sS]et|"
        r"exports\.(up|down)\b|export (const|async function|function) (up|down)\b|BaseSchema|(migrate|upgrade)_to_v?\d|liquibase"
    )

    def observe(self, data: bytes, language: str) -> Any | None:
        form = forms_in(data, language)
        return [form.total, form.reversible, form.line] if form else None

    def decide(self, facts: Facts, view: "TreeView") -> Answer:
        found = migrations_of(facts, view)
        evidence = tuple(Evidence(path, form.line) for path, form in found)[-5:]
        return Answer(evidence, count=sum(form.total for _, form in found), files=len(found))


class ReversibleMigrations:
    """``value`` is the share of migrations that can be taken back; None where there are no migrations."""

    name = "reversible-migrations"
    version = 1
    languages: frozenset[str] = frozenset()
    roles = frozenset(["source"])
    gate = ""

    def observe(self, data: bytes, language: str) -> Any | None:
        return None

    def decide(self, facts: Facts, view: "TreeView") -> Answer:
        found = migrations_of(view.facts("migration-files"), view)
        total = sum(form.total for _, form in found)
        reversible = sum(form.reversible for _, form in found)
        best = [(path, form) for path, form in found if form.reversible][-5:]
        note = f"{reversible} of {total} can be taken back"
        evidence = tuple(Evidence(path, form.line, note=note) for path, form in best)
        return Answer(evidence, count=reversible, files=len(best), value=reversible / total if total else 0.0)


def migrations_of(facts: Facts, view: "TreeView") -> list[tuple[str, Form]]:
    """Every file that holds migrations, in the order of paths: code that says so itself, and SQL files by name."""
    found = {path: Form(*fact) for path, fact in facts if path not in view.unwritten}
    for path, form in _plain_sql(view):
        found.setdefault(path, form)
    return sorted(found.items())


def _plain_sql(view: "TreeView") -> Iterator[tuple[str, Form]]:
    """SQL files that a tool runs by their names; each is reversible where a file beside it takes it back."""
    paths = [
        e.path
        for e in view.entries
        if e.size and language_of(e.path) == "sql" and view.role(e.path) == "source"
    ]
    downs = {p for p in paths if _DOWN.search(p)}
    undone = {match.group(1) for p in paths if (match := _UNDO.search(p))}
    for path in paths:
        if (
            path in downs
            or _UNDO.search(path)
            or _DATA.search(path)
            or not (_FOLDER.search(path.rpartition("/")[0]) or _FLYWAY.search(path))
        ):
            continue
        folder, _, name = path.rpartition("/")
        partners = {
            re.sub(r"(?i)up\.sql$", "down.sql", path),
            f"{folder}/down.sql",
            re.sub(r"(?i)\.do\.(?=[^/]*$)", ".undo.", path),
            re.sub(r"\.sql$", ".down.sql", path),
            re.sub(r"\.sql$", ".rollback.sql", path),
            re.sub(r"\.sql$", "_down.sql", path),
            f"{folder.rpartition('/')[0]}/down/{name}",
            f"{folder}/down/{name}",
            f"{folder}/rollback/{name}",
        }
        down = next((p for p in partners & downs if _says_something(view, p)), None)
        yield path, Form(1, int(down is not None or name[1:] in undone), 1)


def _says_something(view: "TreeView", path: str) -> bool:
    text = view.text(path)
    return text is not None and bool(_COMMENT.sub("", text).strip(" \t\r\n;"))
