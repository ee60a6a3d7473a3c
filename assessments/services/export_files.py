"""What goes into an exported file, by scope and format. Writers are given an open file and report progress.

Reports are drawn one after the other and never held together, except for a team's PDF, which is one document.
"""

import csv
import hashlib
import io
import json
import zipfile
from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from fractions import Fraction
from typing import IO

from django.db.models import QuerySet
from django.utils import timezone

from assessments.charts import TrendPoint
from assessments.choices import ExportFormat, ExportScope, Origin
from assessments.models import Assessment, Export, Repository
from assessments.policy import visible_repositories
from assessments.report import ReportPage
from assessments.reports.cells import safe_cell
from assessments.services.rollups import DAYS
from assessments.services.rulesets import DEFAULT, built, current_version

CHUNK = 100
FORMATS: dict[ExportScope, tuple[ExportFormat, ...]] = {
    ExportScope.REPOSITORY: (
        ExportFormat.PDF,
        ExportFormat.MARKDOWN,
        ExportFormat.JSON,
        ExportFormat.CSV,
        ExportFormat.XLSX,
        ExportFormat.SARIF,
    ),
    ExportScope.TEAM: (ExportFormat.PDF, ExportFormat.XLSX, ExportFormat.CSV, ExportFormat.ZIP),
    ExportScope.FLEET: (ExportFormat.XLSX, ExportFormat.CSV, ExportFormat.ZIP),
}
"""What may be asked for. A fleet has no PDF: nobody reads ten thousand pages; its archive holds the rest."""

ENDINGS = {
    ExportFormat.PDF: "pdf",
    ExportFormat.MARKDOWN: "md",
    ExportFormat.JSON: "json",
    ExportFormat.CSV: "csv",
    ExportFormat.XLSX: "xlsx",
    ExportFormat.SARIF: "sarif",
    ExportFormat.ZIP: "zip",
}
_IN_ARCHIVE = (ExportFormat.MARKDOWN, ExportFormat.JSON, ExportFormat.SARIF)
_EPOCH = (1980, 1, 1, 0, 0, 0)
"""The earliest date that an archive's entries can have; with it the same reports give the same entries."""

Progress = Callable[[int], None]
Drawn = tuple[Repository, ReportPage]


def repositories_of(export: Export) -> QuerySet[Repository]:
    """The judged repositories that the export is of, as far as whoever asked may see them now, by name."""
    visible = visible_repositories(export.requested_by).filter(current__isnull=False)
    if export.scope == ExportScope.TEAM:
        visible = visible.filter(team=export.team_id)
    elif export.scope == ExportScope.REPOSITORY:
        visible = visible.filter(pk=export.repository_id)
    return visible.order_by("name", "pk")


def write(export: Export, file: IO[bytes], progress: Progress) -> None:
    """Writes the whole file. ``progress`` is told how many repositories are in it, and may raise to stop."""
    format = ExportFormat(export.format)
    if export.scope == ExportScope.REPOSITORY:
        assert export.repository is not None and export.assessment is not None
        file.write(_one(format, export.repository, export.assessment))
        progress(1)
    elif format == ExportFormat.CSV:
        from assessments.reports.csv import csv_lines

        for line in csv_lines(page for _, page in _drawn(export, progress)):
            file.write(line.encode("utf-8", "backslashreplace"))
    elif format == ExportFormat.XLSX:
        from assessments.reports.xlsx import write_scorecard

        write_scorecard((page for _, page in _drawn(export, progress)), file)
    elif format == ExportFormat.PDF:
        file.write(_team_pdf(export, progress))
    else:
        _write_archive(export, file, progress)


def _drawn(export: Export, progress: Progress) -> Iterator[Drawn]:
    """Every repository with its report, one at a time; chunk by chunk, so that none is read twice or held."""
    from assessments.selectors.reports import report_of_assessment

    ids = list(repositories_of(export).values_list("pk", flat=True))
    done = 0
    for start in range(0, len(ids), CHUNK):
        chunk = Repository.objects.filter(pk__in=ids[start : start + CHUNK]).order_by("name", "pk")
        # Without the ruleset's document: every row would bring its own megabyte of it.
        joined = chunk.select_related("mirror", "team", "current__ruleset")
        for repository in joined.defer("current__ruleset__document").iterator(CHUNK):
            if repository.current is None:  # deleted or reset since the list was made
                continue
            yield repository, report_of_assessment(repository, repository.current)
            done += 1
            progress(done)


def _one(format: ExportFormat, repository: Repository, assessment: Assessment) -> bytes:
    from assessments.selectors.reports import report_of_assessment

    page = report_of_assessment(repository, assessment)
    if format == ExportFormat.PDF:
        from assessments.reports.pdf import Trend, render_pdf

        return render_pdf(page, trend=Trend(_points(repository)))
    if format == ExportFormat.XLSX:
        from assessments.reports.xlsx import render_xlsx

        return render_xlsx(page)
    return _text(format, page)


def _text(format: ExportFormat, page: ReportPage) -> bytes:
    if format == ExportFormat.MARKDOWN:
        from assessments.reports.markdown import render_markdown as render
    elif format == ExportFormat.SARIF:
        from assessments.reports.sarif import installed_version, render_sarif

        log = render_sarif(page, tool_version=installed_version())
        return log.encode("utf-8", "backslashreplace")
    elif format == ExportFormat.CSV:
        from assessments.reports.csv import render_csv as render
    else:
        from assessments.reports.json import render_json as render
    return render(page).encode("utf-8", "backslashreplace")


def _team_pdf(export: Export, progress: Progress) -> bytes:
    from assessments.reports.pdf import Trend, render_team_pdf
    from assessments.selectors.reports import light_report
    from assessments.selectors.trends import days_of
    from assessments.team_report import build_team_report

    assert export.team is not None
    _, standard = built(current_version())
    found = repositories_of(export).select_related("mirror", "team", "current__ruleset")
    found = found.defer("current__ruleset__document")
    pages, trends = [], {}
    for number, repository in enumerate(found, 1):
        if repository.current and built(repository.current.ruleset)[1].version == standard.version:
            pages.append(light_report(repository, repository.current))
            trends[repository.name] = Trend(_points(repository))
        progress(number)
    capacity = export.team.capacity
    report = build_team_report(
        export.team.name,
        standard,
        pages,
        capacity=None if capacity is None else Fraction(capacity),
        starts_on=timezone.now().date(),
    )
    days = days_of([export.team], export.team.repositories.all())
    mean = Trend(tuple(TrendPoint(day.day, day.mean) for day in days))
    return render_team_pdf(report, trend=mean, trends=trends)


def _points(repository: Repository) -> tuple[TrendPoint, ...]:
    """The scores of a year by the standard, oldest first."""
    since = timezone.now() - timedelta(days=DAYS)
    rows = (
        Assessment.objects.filter(repository=repository, ruleset__ruleset=DEFAULT, as_of__gte=since)
        .order_by("judged_at", "pk")
        .values_list("origin", "as_of", "judged_at", "score", "effective_score", "letter")
    )
    points = (
        TrendPoint(
            at=as_of if origin == Origin.BACKFILL else judged_at,
            score=None if score is None else Fraction(score),
            letter=letter or None,
            waived_score=None if effective is None else Fraction(effective),
            backfilled=origin == Origin.BACKFILL,
        )
        for origin, as_of, judged_at, score, effective, letter in rows
    )
    return tuple(sorted(points, key=lambda point: point.at.isoformat()))


def _write_archive(export: Export, file: IO[bytes], progress: Progress) -> None:
    """A folder per repository, an index, and a manifest with the digest of every entry.

    Folder names are slugs, which are unique and hold nothing that could lead out of the archive.
    """
    digests: dict[str, str] = {}
    index = io.StringIO()
    table = csv.writer(index)
    table.writerow(
        ("Repository", "Team", "Grade", "Score of 100", "Failing items", "Commit", "Judged", "Folder")
    )
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:

        def add(name: str, content: bytes) -> None:
            archive.writestr(zipfile.ZipInfo(name, _EPOCH), content, zipfile.ZIP_DEFLATED)
            digests[name] = hashlib.sha256(content).hexdigest()

        for repository, page in _drawn(export, progress):
            folder = f"{repository.team.slug}/{repository.slug}"
            for format in _IN_ARCHIVE:
                add(f"{folder}/report.{ENDINGS[format]}", _text(format, page))
            add(f"{folder}/checklist.csv", _text(ExportFormat.CSV, page))
            table.writerow(_index_row(repository, page, folder))
        add("index.csv", index.getvalue().encode("utf-8-sig", "backslashreplace"))
        manifest = {"made_at": timezone.now().isoformat(timespec="seconds"), "sha256": digests}
        archive.writestr(zipfile.ZipInfo("manifest.json", _EPOCH), json.dumps(manifest, indent=1))


def _index_row(repository: Repository, page: ReportPage, folder: str) -> Iterable[object]:
    from assessments.reports.tables import tenths_number

    judged = page.subject.judged_at
    return (
        safe_cell(repository.name),
        safe_cell(repository.team.name),
        page.effective_grade.letter or "no grade",
        tenths_number(page.effective_grade.score),
        sum(row.verdict == "fail" for row in page.items),
        page.subject.commit,
        judged.isoformat() if judged else "",
        folder,
    )
