"""Guidance from a ruleset's files: why an item matters and how to mend it, with a snippet per stack."""

from collections.abc import Iterable, Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

from assessments.standard import Resource
from scanners.kept import kept_document
from scanners.values import dataclass

ANY = "any"
_SPOKEN = {
    "c#": "csharp", "dotnet": "csharp", ".net": "csharp", "golang": "go",
    "node": "javascript", "nodejs": "javascript", "tsx": "typescript", "jsx": "javascript",
}  # fmt: skip
"""Words of a stack that mean a language for which snippets are kept under another name."""
_NEAR = {"typescript": "javascript", "javascript": "typescript", "kotlin": "java"}
"""The language whose snippet serves where there is none for the first."""


@dataclass(frozen=True, slots=True)
class Snippet:
    """A piece of code or configuration; ``language`` is what it is written in, for highlighting."""

    title: str
    language: str
    code: str


@dataclass(frozen=True, slots=True)
class Guidance:
    """``snippets`` by stack, ``controls`` by framework. ``effort_days`` is None where nobody estimated it."""

    item: str
    why: str
    standard: str
    fix: str
    source: Resource | None
    snippets: Mapping[str, Snippet]
    effort_days: Fraction | None
    links: tuple[Resource, ...]
    controls: Mapping[str, tuple[str, ...]]

    def snippet_for(self, stack: Iterable[str]) -> Snippet | None:
        """The snippet for the first word of the stack that has one, for a near language, or for any.

        One for a language with a framework of the stack (``python.django``) goes before that language's own.
        """
        words = [_SPOKEN.get(word.lower(), word.lower()) for word in stack]
        near = {word: _NEAR[word] for word in words if word in _NEAR}
        wanted: list[str] = []
        for word in words:
            kin = (word, near[word]) if word in near else (word,)
            wanted += [f"{language}.{framework}" for language in kin for framework in words]
            wanted.append(word)
        wanted += [*near.values(), ANY]
        return next((self.snippets[word] for word in wanted if word in self.snippets), None)


def load_guidance(documents: Iterable[Mapping[str, Any]]) -> dict[str, Guidance]:
    """Guidance by item id, from documents like ``items: {<item id>: {...}}``. Every field may be absent."""
    return {
        item: _guidance(item, entry or {})
        for document in documents
        for item, entry in (document.get("items") or {}).items()
    }


def read_guidance(folder: Path, *, cache_dir: Path | None = None) -> dict[str, Guidance]:
    """Guidance of the files in a folder, one per area.

    With ``cache_dir`` the files' content is kept there, so that they are parsed once and not in every process.
    """
    return load_guidance(kept_document(cache_dir, folder, lambda: _parsed(folder)))


def _parsed(folder: Path) -> tuple[list[Any], list[Path]]:
    import yaml

    loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    files = sorted(folder.glob("*.yaml"))
    return [yaml.load(f.read_text(encoding="utf-8"), Loader=loader) or {} for f in files], files


def _guidance(item: str, entry: Mapping[str, Any]) -> Guidance:
    effort = entry.get("effort_days")
    source = entry.get("source")
    return Guidance(
        item=item,
        why=entry.get("why", ""),
        standard=entry.get("standard", ""),
        fix=entry.get("fix", ""),
        source=_resource(source) if source else None,
        snippets=_snippets(entry.get("snippets") or {}),
        effort_days=None if effort is None else Fraction(str(effort)),
        links=tuple(_resource(link) for link in entry.get("links") or ()),
        controls={name: tuple(map(str, ids)) for name, ids in (entry.get("controls") or {}).items()},
    )


def _resource(entry: Mapping[str, Any]) -> Resource:
    return Resource(entry["title"], entry["url"])


def _snippets(entries: Mapping[str, Any]) -> dict[str, Snippet]:
    """Snippets by stack; a stack that names another one shares its snippet."""
    found = {}
    for stack, entry in entries.items():
        shared = entries.get(entry) if isinstance(entry, str) else entry
        if isinstance(shared, Mapping):
            found[stack] = Snippet(shared.get("title", ""), shared["language"], shared["code"])
    return found
