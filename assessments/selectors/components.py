"""Page model of the living component page: made-up values that show every piece in every state, in both themes."""

from collections import namedtuple
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any

from django import forms
from django.contrib.messages import constants
from django.contrib.messages.storage.base import Message
from django.core.paginator import Paginator

from assessments.charts import Mark, TrendPoint, trend
from assessments.grading import band as band_of
from assessments.report import EvidenceLine, ReportPage, Subject, build_report
from assessments.selectors.reports import StoredVerdict, guidance_of
from assessments.services.rulesets import DEFAULT, built, current_version
from assessments.standard import Standard
from assessments.tables import Column, Table, shown
from assessments.templatetags.formats import sparkline
from scanners.facts import Evidence

_FROM = datetime(2024, 1, 8, 9, tzinfo=UTC)
_SCORES = (41, 44, 44, 50, 52, 51, 58, 61, 64, 64, 69)
THEMES = ("light", "dark")

ELSEWHERE = {
    "_bar.html": "The bar on top of every page.",
    "_nav.html": "The navigation of every page.",
    "_palette.html": "The search of every page; / opens it.",
    "_toasts.html": "Where the messages of every page appear; each is a toast.",
    "_team_filter.html": "Above the lists of repositories and of a framework: a choice of few teams, a name of many.",
    "_head.html": "Nothing to see: what every page loads.",
    "_htmx_script.html": "Nothing to see: a script.",
    "_chart_script.html": "Nothing to see: a script.",
}
"""Pieces that are not drawn among the examples, and where to look for them."""


@dataclass(frozen=True, slots=True)
class Specimen:
    """One component in one state; ``inside`` names what it must stand in to be valid HTML."""

    title: str
    template: str
    context: dict[str, Any] = field(default_factory=dict)
    inside: str = ""


@dataclass(frozen=True, slots=True)
class Example:
    """A component with its states: ``pairs`` hold each in the light and in the dark theme."""

    title: str
    file: str
    wide: bool
    pairs: tuple[tuple[Specimen, Specimen], ...]


@dataclass(frozen=True, slots=True)
class ComponentsPage:
    examples: tuple[Example, ...]
    elsewhere: tuple[tuple[str, str], ...]


_TITLES = {
    "_grade_badge.html": "Grade badge",
    "_stars.html": "Stars",
    "_verdict.html": "Verdict",
    "_delta.html": "Change of the score",
    "_sparkline.html": "Sparkline",
    "_mark.html": "Mark of the product",
    "_nav_link.html": "Link of the navigation",
    "_field.html": "Form field",
    "_form_errors.html": "Errors of a form",
    "_notice.html": "Notice",
    "_toast.html": "Toast",
    "_progress.html": "Progress",
    "_empty_state.html": "Empty state",
    "_sort_head.html": "Head of a column that sorts",
    "_table.html": "Table",
    "_table_tools.html": "Tools of a table",
    "_view_menu.html": "Saved views of a list",
    "_paginator.html": "Paginator",
    "_evidence_row.html": "Evidence",
    "_item.html": "Item",
    "_snippet.html": "Snippet",
    "_matrix.html": "Matrix",
    "_plan.html": "Plan",
    "_chart.html": "Chart",
}
"""Every component that is drawn, in the order of the page."""
_WIDE = ("_table.html", "_matrix.html", "_plan.html", "_chart.html")


def get_components_page() -> ComponentsPage:
    """Every piece in every state, by the current standard."""
    _, standard = built(current_version())
    light, dark = (_specimens(theme, standard) for theme in THEMES)
    return ComponentsPage(
        examples=tuple(
            Example(title, file, file in _WIDE, tuple(zip(light[file], dark[file], strict=True)))
            for file, title in _TITLES.items()
        ),
        elsewhere=tuple(ELSEWHERE.items()),
    )


def _specimens(theme: str, standard: Standard) -> dict[str, list[Specimen]]:
    """The states of every component by its file; ids carry the theme, since a page holds each only once."""
    found: dict[str, list[Specimen]] = {}

    def show(file: str, title: str, inside: str = "", /, **context: Any) -> None:
        template = f"components/{file}"
        found.setdefault(file, []).append(Specimen(title, template, context, inside))

    for band in standard.scale:
        show("_grade_badge.html", "", letter=band.letter)
    show("_grade_badge.html", "No grade", letter="")
    show("_grade_badge.html", "Large", letter="B+", size="large")
    show("_grade_badge.html", "Small", letter="B+", size="small")
    for stars in (5, 4, 3, 2, 1, None):
        show("_stars.html", "", stars=stars)
    for verdict in ("pass", "fail", "not_applicable", "unknown", "waived", "stale"):
        show("_verdict.html", "", verdict=verdict)
    show("_verdict.html", "With the verdict behind a waiver", verdict="waived", behind="fail")
    show("_delta.html", "Up", points=2.4, over="in 30 days")
    show("_delta.html", "Down", points=-1.6, over="in 30 days")
    show("_delta.html", "Level", points=0)
    show("_sparkline.html", "With a gap", **sparkline((41, 44, None, 50, 52, 51, 58, 69)))
    show("_sparkline.html", "Nothing known", **sparkline(()))
    show("_mark.html", "")
    show("_nav_link.html", "", url="#main", title="Repositories", icon="folder-git-2")
    show("_nav_link.html", "Current", url="#main", title="Fleet", icon="layout-dashboard", current=True)
    _show_forms(show, theme)
    show("_notice.html", "Information", text="The next scan is due in 3 h.")
    show(
        "_notice.html",
        "Warning",
        level="warning",
        title="Judged by an older ruleset.",
        text="Rescan to see it by version 1.1.",
    )
    show("_notice.html", "Error", **_FAILED)
    show("_toast.html", "", message=Message(constants.SUCCESS, "The report is being made."))
    undone = Message(constants.SUCCESS, "Orders is archived.", extra_tags="undo:example")
    show("_toast.html", "With undo", message=undone)
    show("_toast.html", "Error", message=Message(constants.ERROR, "The connection was lost."))
    stages = (("Queued", "done"), ("Fetching", "done"), ("Reading", "now"), ("Grading", "next"))
    show("_progress.html", "Share known", stages=stages, share=55, elapsed=12, left=10)
    show("_progress.html", "Share unknown", stages=stages, elapsed=3)
    show("_progress.html", "Failed", failed={**_FAILED, "message": _FAILED["text"]})
    show(
        "_empty_state.html",
        "",
        icon="folder-git-2",
        title="No repositories yet",
        text="Add the first one by its address; its report is there about a minute later.",
        url="#main",
        action="Add a repository",
    )
    _show_tables(show, theme)
    _show_report(show, theme, standard)
    return found


_FAILED = {
    "level": "error",
    "title": "The scan failed.",
    "text": "The host could not be reached.",
    "hint": "What was known before is shown below. It is tried again within the hour.",
    "id": "source.unreachable",
}


class _Form(forms.Form):
    address = forms.CharField(label="Address", help_text="https or ssh, without name, password or token.")
    team = forms.ChoiceField(label="Team", required=False, choices=[("", "A new team"), ("p", "Payments")])
    reason = forms.CharField(label="Reason", required=False, widget=forms.Textarea(attrs={"rows": 2}))
    paused = forms.BooleanField(label="Pause the schedule", required=False)


def _show_forms(show: Any, theme: str) -> None:
    fresh = _Form(prefix=f"fresh-{theme}", initial={"address": "https://example.org/orders"})
    wrong = _Form({}, prefix=f"wrong-{theme}")
    show("_field.html", "Text", field=fresh["address"])
    show("_field.html", "Choice", field=fresh["team"])
    show("_field.html", "Long text", field=fresh["reason"])
    show("_field.html", "Yes or no", field=fresh["paused"])
    show("_field.html", "With an error", field=wrong["address"])
    show("_form_errors.html", "", form=wrong)


_Row = namedtuple("_Row", "name letter score change trend judged_at")
_TABLE = Table(
    "example",
    "Example",
    (
        Column("name", "Repository", lambda row: row.name, url=lambda row: "#main", sort="name", fixed=True),
        Column("grade", "Grade", lambda row: row.letter, "grade", sort="grade"),
        Column("score", "Score", lambda row: row.score, "score", sort="score"),
        Column("change", "30 days", lambda row: row.change, "delta"),
        Column("trend", "Trend", lambda row: row.trend, "trend"),
    ),
    "repositories",
)


def _show_tables(show: Any, theme: str) -> None:
    table = shown(_TABLE)
    rows = [
        _Row("Orders", "B+", Fraction(79), Fraction(12, 5), (70, 72, 76, 79), _FROM),
        _Row("Ledger", "D", Fraction(41), Fraction(-8, 5), (44, 43, 41), _FROM),
    ]
    show("_sort_head.html", "Sorts by it", "head", title="Repository", key="name", sort="name")
    show(
        "_sort_head.html",
        "Sorts by another",
        "head",
        title="Score",
        key="score",
        sort="name",
        **{"class": "number"},
    )
    show("_table.html", "", table=table, rows=rows, sort="-score", caption=f"Example, {theme}")
    show("_table.html", "Nothing matches", table=table, rows=[], all_url="#main", caption=f"Empty, {theme}")
    show("_table_tools.html", "", table=table, choose=True)
    pages = Paginator(range(120), 50)
    show("_paginator.html", "", page=pages.get_page(2), noun="repositories", label=f"Pages, {theme}")
    view = namedtuple("_View", "name url default team")
    menu = namedtuple("_Menu", "views current more all_url save_url")
    mine = view("Red ones", "#main", True, "Payments")
    show("_view_menu.html", "", views=menu([mine], None, False, "#main", "#main"))
    show("_view_menu.html", "One is shown", views=menu([mine], mine, False, "#main", "#main"))


def _show_report(show: Any, theme: str, standard: Standard) -> None:
    report = _report(standard)
    line = EvidenceLine(
        "src/orders/api.py", 12, "def read_orders(limit: int = 50) -> list[Order]:", "strong", "", "#main"
    )
    show("_evidence_row.html", "", "evidence", line=line)
    weak = EvidenceLine("README.md", 0, "", "weak", "named in the text only", "")
    show("_evidence_row.html", "The file as a whole, weak", "evidence", line=weak)
    rows: Sequence[Any] = report.items
    for verdict in ("pass", "fail", "unknown"):
        found = [row for row in rows if row.verdict == verdict]
        show("_item.html", "", "items", row=found[THEMES.index(theme)])
    snippet = next(row.snippet for row in rows if row.snippet)
    show("_snippet.html", "", snippet=snippet, id=f"snippet-{theme}")
    show("_matrix.html", "", matrix=report.matrix)
    show("_plan.html", "", plan=report.plan)
    points = [
        TrendPoint(
            _FROM + timedelta(weeks=n),
            Fraction(score),
            band_of(standard, Fraction(score))[0],
            backfilled=n < 3,
            waived_score=Fraction(score + n // 2),
        )
        for n, score in enumerate(_SCORES)
    ]
    chart = trend(points, standard.scale, [Mark(_FROM + timedelta(weeks=5), "Ruleset 1.1")])
    show("_chart.html", "", chart=chart, id=f"trend-{theme}", size="small")


def _report(standard: Standard) -> ReportPage:
    """Every third item fails; two could not be measured."""
    rows = [
        StoredVerdict(
            item.id,
            "unknown" if place in (4, 5) else "fail" if place % 3 == 0 else "pass",
            (Evidence("src/orders/api.py", 12 + place, "def read_orders(limit: int = 50) -> list[Order]:"),)
            if place % 3
            else (),
            ("a dependency that does it", "a call of it in the code"),
            "A file that could hold it was too large to read." if place in (4, 5) else "",
        )
        for place, item in enumerate(standard.items)
    ]
    subject = Subject("example/orders", "0" * 40, _FROM, _FROM, {}, ("python",))
    return build_report(standard, subject, rows, guidance=guidance_of(DEFAULT))
