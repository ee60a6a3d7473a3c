"""Page models of the evidence browser: what a report rests on, by file, and a file at the commit that was judged."""

from collections.abc import Iterable, Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

from django.conf import settings
from django.core.paginator import Page
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe

from assessments.choices import Outcome
from assessments.forge import forge_of
from assessments.highlight import highlight_lines, language_of
from assessments.models import Assessment, ChecklistItem, Repository
from assessments.selectors.filters import paginate, text
from assessments.services.rulesets import DEFAULT, built
from scanners.errors import ScanError
from scanners.filetext import FileText, read_file
from scanners.mirror import mirror_name
from scanners.source_url import parse_source
from scanners.upkeep import in_use

FILES_PER_PAGE = 30
WINDOW = 400
"""Lines of a file that are shown at once."""
_LONG_PATH = 400


@dataclass(frozen=True, slots=True)
class EvidencePlaces:
    """Where the evidence of one repository by one ruleset is shown. ``near`` is for links of the repository's own
    page: without its address in each of some hundred, the page is a tenth smaller."""

    slug: str
    ruleset: str = DEFAULT
    near: bool = False

    @property
    def pack(self) -> str:
        """The ruleset where it is not the standard's, else nothing."""
        return "" if self.ruleset == DEFAULT else self.ruleset

    def all(self, **query: str) -> str:
        """All evidence, or what the query asks for."""
        return self._base() + self._query(query)

    def item(self, item: str) -> str:
        return self.all(item=item)

    def file(self, path: str, line: int) -> str:
        """The file at the line; for a path too long for a link, the evidence whose path begins like it."""
        if len(path) > _LONG_PATH:
            return self.all(q=path[:150])
        query = {"path": path} | ({"line": str(line)} if line else {})
        address = f"{self._base()}file/{self._query(query)}"
        return f"{address}#L{line}" if line else address

    def _base(self) -> str:
        return "evidence/" if self.near else reverse("repository-evidence", args=[self.slug])

    def _query(self, query: Mapping[str, str]) -> str:
        chosen = dict(query) | ({} if self.ruleset == DEFAULT else {"ruleset": self.ruleset})
        return f"?{urlencode(chosen, safe='/', errors='surrogateescape')}" if chosen else ""


@dataclass(frozen=True, slots=True)
class Place:
    """One line of evidence, the item whose verdict rests on it, and where it is shown."""

    path: str
    line: int
    excerpt: str
    strength: str
    note: str
    item: str
    title: str
    verdict: str
    url: str
    item_url: str


@dataclass(frozen=True, slots=True)
class EvidenceFile:
    path: str
    url: str
    places: tuple[Place, ...]


@dataclass(frozen=True, slots=True)
class EvidencePage:
    """``files`` holds EvidenceFile; ``total`` counts the places that were asked for, of ``everything``."""

    name: str
    url: str
    commit: str
    commit_url: str
    ruleset: str
    files: Page  # type: ignore[type-arg]
    total: int
    everything: int
    item: str
    title: str
    q: str
    verdict: str
    verdicts: tuple[tuple[str, int], ...]
    all_url: str


@dataclass(frozen=True, slots=True)
class Line:
    """``html`` is the line's text, coloured and escaped."""

    number: int
    html: SafeString
    places: tuple[Place, ...]


@dataclass(frozen=True, slots=True)
class FilePage:
    """A file with its evidence. Where it cannot be shown ``trouble`` says why by ``trouble_id``, and ``lines`` is
    empty; addresses are empty where there is nothing to lead to."""

    name: str
    url: str
    path: str
    commit: str
    forge_url: str
    line: int
    lines: tuple[Line, ...]
    first: int
    last: int
    total: int
    places: tuple[Place, ...]
    trouble: str
    trouble_id: str
    todo: str
    earlier_url: str
    later_url: str
    previous_url: str
    next_url: str
    number: int
    everything: int
    all_url: str
    stale: bool


def get_evidence_page(
    repository: Repository, assessment: Assessment, query: Mapping[str, str]
) -> EvidencePage:
    """All evidence of what stands for the repository, by path; filters that are unknown are left out."""
    ruleset = assessment.ruleset.ruleset
    links = EvidencePlaces(repository.slug, ruleset)
    places = _places(repository, assessment, links)
    standard = built(assessment.ruleset)[1]
    item = text(query, "item", 60)
    item = item if item in standard.by_item else ""
    q, verdict = text(query, "q"), text(query, "verdict", 20)
    verdict = verdict if verdict in Outcome.values else ""
    asked = [one for one in places if (not item or one.item == item) and q.lower() in one.path.lower()]
    counts = {value: sum(1 for one in asked if one.verdict == value) for value in Outcome.values}
    chosen = [one for one in asked if not verdict or one.verdict == verdict]
    grouped: dict[str, list[Place]] = {}
    for one in chosen:
        grouped.setdefault(one.path, []).append(one)
    files = [
        EvidenceFile(path, links.file(path, found[0].line), tuple(found)) for path, found in grouped.items()
    ]
    return EvidencePage(
        name=repository.name,
        url=reverse("repository-detail", args=[repository.slug])
        + (f"?ruleset={ruleset}" if ruleset != DEFAULT else ""),
        commit=assessment.commit,
        commit_url=forge_of(repository.mirror.url).commit(assessment.commit),
        ruleset=ruleset if ruleset != DEFAULT else "",
        files=paginate(files, query, FILES_PER_PAGE),
        total=len(chosen),
        everything=len(places),
        item=item,
        title=standard.by_item[item].title if item else "",
        q=q,
        verdict=verdict,
        verdicts=tuple((value, count) for value, count in counts.items() if count),
        all_url=links.all(),
    )


def get_file_page(
    repository: Repository, assessment: Assessment, query: Mapping[str, str]
) -> FilePage | None:
    """A file near the line that is asked for; None for a path that no evidence names: only those may be read."""
    links = EvidencePlaces(repository.slug, assessment.ruleset.ruleset)
    everything = _places(repository, assessment, links)
    path = query.get("path", "")
    here = tuple(one for one in everything if one.path == path)
    if not here:
        return None
    asked = query.get("line", "")
    line = min(int(asked), 10**7) if asked.isascii() and asked.isdigit() and len(asked) < 9 else here[0].line
    content, trouble = _read(repository, assessment.commit, path, line)
    at = next((n for n, one in enumerate(everything) if (one.path, one.line) == (path, line)), None)
    at = at if at is not None else everything.index(here[0])
    forge = forge_of(repository.mirror.url)
    full = f"{repository.root}/{path}" if repository.root else path
    before, after = _beside(everything, at, -1), _beside(everything, at, 1)
    return FilePage(
        name=repository.name,
        url=reverse("repository-detail", args=[repository.slug]),
        path=path,
        commit=assessment.commit,
        forge_url=forge.line(assessment.commit, full, line),
        line=line,
        lines=_lines(content, path, here) if content else (),
        first=content.first if content else 0,
        last=content.last if content else 0,
        total=content.total if content else 0,
        places=here,
        trouble=trouble.message if trouble else "",
        trouble_id=trouble.id if trouble else "",
        todo=trouble.hint if trouble else "",
        earlier_url=links.file(path, content.first - 1) if content and content.first > 1 else "",
        later_url=links.file(path, content.last + 1) if content and content.last < content.total else "",
        previous_url=before.url if before else "",
        next_url=after.url if after else "",
        number=at + 1,
        everything=len(everything),
        all_url=links.all(),
        stale=any(one.verdict == "stale" for one in here),
    )


def _places(repository: Repository, assessment: Assessment, links: EvidencePlaces) -> tuple[Place, ...]:
    """All evidence of the current checklist, by path and line."""
    by_item = built(assessment.ruleset)[1].by_item
    rows = ChecklistItem.objects.filter(repository=repository, ruleset=assessment.ruleset.ruleset)
    found = [
        Place(
            path=one["path"],
            line=one["line"],
            excerpt=one.get("excerpt", ""),
            strength=one.get("strength", ""),
            note=one.get("note", ""),
            item=row.item,
            title=by_item[row.item].title,
            verdict="stale" if row.stale else row.outcome,
            url=links.file(one["path"], one["line"]),
            item_url=links.item(row.item),
        )
        for row in rows
        if row.item in by_item
        for one in row.evidence
    ]
    return tuple(sorted(found, key=lambda one: (one.path, one.line, one.item)))


def _beside(places: tuple[Place, ...], at: int, step: int) -> Place | None:
    """The nearest place before or after that is on another line."""
    here, n = places[at], at + step
    while 0 <= n < len(places):
        if (places[n].path, places[n].line) != (here.path, here.line):
            return places[n]
        n += step
    return None


def _read(
    repository: Repository, commit: str, path: str, line: int
) -> tuple[FileText | None, ScanError | None]:
    mirror = Path(settings.MIRRORS_DIR) / mirror_name(parse_source(repository.mirror.url, allow_local=True))
    try:
        with ExitStack() as held:
            if mirror.is_dir():
                with suppress(PermissionError):  # a page server may only read there
                    held.enter_context(in_use(mirror))
            return read_file(mirror, commit, path, root=repository.root, around=line, limit=WINDOW), None
    except ScanError as error:
        return None, error


def _lines(content: FileText, path: str, places: Iterable[Place]) -> tuple[Line, ...]:
    by_line: dict[int, list[Place]] = {}
    for one in places:
        by_line.setdefault(one.line, []).append(one)
    shown = highlight_lines("\n".join(content.lines), language_of(path))
    return tuple(
        Line(number, mark_safe(html), tuple(by_line.get(number, ())))
        for number, html in enumerate(shown, start=content.first)
    )
