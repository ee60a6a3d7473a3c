"""Reports as tagged PDFs (PDF/A-2a and PDF/UA-1), set by Typst from the templates in ``typst/``.

Everything from a repository reaches a template as JSON values, never as markup.
"""

from collections.abc import Mapping
from datetime import UTC, datetime

from assessments.report import ReportPage
from assessments.reports.pdf_report import report_data
from assessments.reports.pdf_team import team_data
from assessments.reports.pdf_trend import Trend
from assessments.reports.pdf_typeset import typeset
from assessments.team_report import TeamPage

__all__ = ["Trend", "render_pdf", "render_team_pdf"]

_UNDATED = datetime(2000, 1, 1, tzinfo=UTC)
"""The document's date where nothing says when it was judged, so that the same page gives the same bytes."""


def render_pdf(page: ReportPage, *, trend: Trend | None = None) -> bytes:
    """The report of one repository, with its past scores where they are given.

    The same page gives the same bytes on a machine with the same fonts. Raises ``typst.TypstError`` where the
    template itself is wrong.
    """
    made_at = page.subject.judged_at or page.subject.committed_at or _UNDATED
    return typeset("assessment.typ", report_data(page, trend), made_at)


def render_team_pdf(
    page: TeamPage, *, trend: Trend | None = None, trends: Mapping[str, Trend] | None = None
) -> bytes:
    """The scorecard of a team: a summary over all repositories, then one page for each.

    ``trend`` is that of the team's mean, ``trends`` those of its repositories, by name. Same bytes and errors as
    :func:`render_pdf`.
    """
    judged = (one.subject.judged_at for one in page.repositories if one.subject.judged_at)
    return typeset("team.typ", team_data(page, trend, trends), max(judged, default=_UNDATED))
