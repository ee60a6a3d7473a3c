"""The tables of the product, each described once for its page and its CSV. Pure: rows come from the selectors."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from assessments.charts import UNKNOWN, Chart
from assessments.tables import Column, Listing, Table, column, everything, linked

_GRADE = column("grade", "Grade", "grade", of="letter", sort="grade")
_SCORE = column("score", "Score", "score", sort="score")
_CHANGE = column("change", "30 days", "delta", width="secondary", sort="change")
_TREND = column("trend", "Trend", "trend", width="optional")
_STACK = column("stack", "Stack", "list", width="optional")
_JUDGED = column("judged", "Judged", "when", of="judged_at", width="secondary", sort="judged")
_REPOSITORY = linked("name", "Repository", fixed=True, sort="name", template="repositories/_name.html")
_MORE_OF_REPOSITORY = (
    column("running", "Scan under way", "muted", usual=False),
    column("error", "Last scan failed with", "muted", usual=False),
)


def repositories_table(area_title: str = "") -> Table:
    """The list of repositories, with the stars of an area where it is asked for."""
    stars = (column("stars", area_title, "stars", sort="stars", fixed=True),) if area_title else ()
    return Table(
        "repositories",
        "Repositories",
        (
            _REPOSITORY,
            _GRADE,
            _SCORE,
            *stars,
            _CHANGE,
            _TREND,
            linked("team", "Team", "team_url", width="optional", sort="team"),
            _STACK,
            _JUDGED,
            *_MORE_OF_REPOSITORY,
        ),
        "repositories",
    )


TEAMS = Table(
    "teams",
    "Teams",
    (
        linked("name", "Team", fixed=True, sort="name"),
        column("grade", "Grade", "grade", of="letter"),
        _SCORE,
        column("change", "30 days", "delta", width="secondary"),
        _TREND,
        column("repositories", "Repositories", "count", sort="repositories"),
    ),
    "teams",
)


def _unsorted(one: Column) -> Column:
    return replace(one, sort="")


TEAM_REPOSITORIES = Table(
    "repositories",
    "Repositories of the team",
    tuple(
        _unsorted(one)
        for one in (_REPOSITORY, _GRADE, _SCORE, _CHANGE, _TREND, _STACK, _JUDGED, *_MORE_OF_REPOSITORY)
    ),
    "repositories",
)

ACTIVITY = Table(
    "scans",
    "Scans, the latest first",
    (
        linked("repository", "Repository", fixed=True),
        column("state", "State", of="state_label", template="activity/_state.html"),
        column("requested", "Asked for", "when", of="requested_at", width="secondary"),
        column("took", "Took", "duration", of="seconds", width="optional"),
        Column("what", "What happened", lambda row: row.error.message if row.error else row.summary,
               width="optional", template="activity/_what.html"),
        Column("error", "Error", lambda row: row.error.id if row.error else "", "mono", usual=False),
        Column("whose", "Whose fault", lambda row: row.error.whose if row.error else "", "muted", usual=False),
        Column("again", "Next try", lambda row: row.error.again_at if row.error else None, "until", usual=False),
        Column("actions", "Actions", lambda row: "", "number", fixed=True, written=False, untitled=True,
               template="activity/_actions.html"),
    ),
    "scans",
)  # fmt: skip

FAILING = Table(
    "failing",
    "Repositories that fail this item",
    (
        linked("name", "Repository", fixed=True),
        linked("team", "Team", "team_url"),
        column("grade", "Grade", "grade", of="letter"),
        column("score", "Score", "score", usual=False),
        column("change", "30 days", "delta", usual=False),
        column("stack", "Stack", "list", usual=False),
        column("judged", "Judged", "when", of="judged_at", usual=False),
    ),
    "repositories",
)

EXPORTS = Table(
    "exports",
    "Exports, the latest first",
    (
        column("title", "What", fixed=True),
        column("state", "State", of="state_label"),
        column("requested", "Asked for", "when", of="requested_at"),
        column("expires", "Kept until", "until", of="expires_at"),
        column("size", "Size in bytes", "size"),
        Column("error", "Error", lambda row: row.error.message if row.error else ""),
    ),
    "exports",
)

STANDARD = Table(
    "items",
    "Items of the standard",
    (
        Column("item", "Item", lambda row: row.item.title, url=lambda row: row.url, fixed=True),
        Column("id", "Id", lambda row: row.item.id, "mono", usual=False),
        Column("area", "Area", lambda row: row.area, "muted", usual=False),
        Column("category", "Category", lambda row: row.item.category, "muted", usual=False),
        Column("passes", "What passes", lambda row: row.item.passes, "muted", width="optional"),
        Column("tier", "Tier", lambda row: row.item.tier.capitalize(), "muted", width="secondary"),
        Column("failing", "Fails in", lambda row: row.failing, "number", template="standard/_fails_in.html"),
        Column("measured", "Measured in", lambda row: row.measured, "count", usual=False),
    ),
    "items",
)

FAILING_MOST = Table(
    "failing",
    "Items that fail in most repositories",
    (
        linked("item", "Item", of="title", fixed=True),
        column("area", "Area", "muted", width="secondary"),
        column("failing", "Fails in", "number", template="standard/_fails_in.html"),
        column("measured", "Measured in", "count", usual=False),
    ),
    "items",
)

MOVERS = Table(
    "movers",
    "Biggest changes in 30 days",
    (
        Column("name", "Repository", lambda row: row.row.name, url=lambda row: row.row.url, fixed=True),
        Column("team", "Team", lambda row: row.row.team, usual=False),
        Column("grade", "Grade", lambda row: row.row.letter, "grade"),
        Column("score", "Score", lambda row: row.row.score, "score", usual=False),
        Column("change", "Change", lambda row: row.row.change, "delta"),
        Column("items", "Because of", lambda row: row.items, "list", width="optional"),
        Column("causes", "Causes", lambda row: row.causes, "list", usual=False),
    ),
    "repositories",
)


def heat_table(areas: Iterable[Any]) -> Table:
    """One column of mean stars per area, in the order in which the page shows them."""

    def stars_of(place: int) -> Column:
        return Column(listed[place].id, listed[place].title, lambda row: row.cells[place].stars, "mean")

    listed = list(areas)
    return Table(
        "areas-by-team",
        "Mean stars per team and area",
        (
            linked("name", "Team", fixed=True),
            column("grade", "Grade", "grade", of="letter"),
            column("score", "Score", "score"),
            *(stars_of(place) for place in range(len(listed))),
        ),
        "teams",
    )


DISTRIBUTION = Table(
    "grades",
    "Repositories at each grade",
    (
        Column("grade", "Grade", lambda row: row[0] or "no grade", fixed=True),
        Column("repositories", "Repositories", lambda row: row[1], "count"),
    ),
    "grades",
)

TEAM_AREAS = Table(
    "areas",
    "Stars of each area over all repositories",
    (
        Column("area", "Area", lambda row: row.area.title, fixed=True),
        Column("stars", "Stars", lambda row: row.stars, "stars"),
        Column("rating", "Rating", lambda row: row.rating, "muted"),
        Column("failing_in", "Something fails in", lambda row: row.failing_in, "list", width="secondary"),
    ),
    "areas",
)

ASSESSMENTS = Table(
    "assessments",
    "Assessments, the latest first",
    (
        column("at", "From", "when", fixed=True),
        column("grade", "Grade", "grade", of="letter"),
        column("score", "Score", "score"),
        column("change", "Change", "delta"),
        column("commit", "Commit", "mono"),
        column("ruleset", "Ruleset"),
        column("origin", "By"),
        column("complete", "All could be read"),
        column("flips", "Flips", "count"),
        column("current", "Current"),
    ),
    "assessments",
)


def _origin(name: str) -> Any:
    return lambda row: getattr(row.origin, name) if row.origin else ""


CHANGES = Table(
    "changes",
    "Verdicts that changed, the latest first",
    (
        linked("repository", "Repository", "repository_url", fixed=True),
        column("item", "Item", "mono"),
        column("title", "Title"),
        column("before", "Before"),
        column("verdict", "Verdict"),
        column("cause", "Cause"),
        column("at", "Changed", "when"),
        Column("commit", "Commit", _origin("commit"), "mono"),
        Column("subject", "Subject", _origin("subject")),
        Column("author", "Author", _origin("author")),
        Column("note", "Note", _origin("note")),
    ),
    "changes",
)

STEPS = Table(
    "steps",
    "Steps of the plan",
    (
        column("phase", "Phase", fixed=True),
        column("starts", "Phase starts", "day"),
        column("ends", "Phase ends", "day"),
        column("action", "What to do"),
        Column("repository", "Repository", lambda one: one.row.repository),
        Column("state", "State", lambda one: one.row.label),
        Column("owner", "Owner", lambda one: one.row.assignee.name if one.row.assignee else ""),
        Column("due", "Due", lambda one: one.row.due_on, "day"),
        Column("points", "Points", lambda one: one.row.points, "delta"),
        Column("effort", "Effort in days", lambda one: one.row.effort, "number"),
        Column("items", "Items", lambda one: one.row.items, "list"),
        Column("reason", "Why dropped", lambda one: one.row.reason),
        Column("note", "Note", lambda one: one.row.doubt or one.row.note),
    ),
    "steps",
)

FRAMEWORKS = Table(
    "frameworks",
    "Frameworks",
    (
        linked("title", "Framework", fixed=True),
        column("version", "Version", "muted", width="secondary"),
        column("covered", "Controls covered", "number", template="frameworks/_covered.html"),
        column("controls", "Controls", "count", usual=False),
    ),
    "frameworks",
)


def _count(status: str) -> Any:
    return lambda row: row.counts.get(status, 0) if row.items else None


CONTROLS = Table(
    "controls",
    "Controls",
    (
        Column("id", "Control", lambda row: row.control.id, "mono", fixed=True),
        Column("title", "Title", lambda row: row.control.title, url=lambda row: row.url if row.items else ""),
        Column(
            "items",
            "Served by",
            lambda row: tuple(item.title for item in row.items),
            "list",
            width="optional",
        ),
        Column("met", "Met", _count("met"), "number"),
        Column("partly", "Partly", _count("partly"), "number", width="secondary"),
        Column("not_met", "Not met", _count("not_met"), "number", width="secondary"),
        Column("not_measured", "Not measured", _count("not_measured"), "number", usual=False),
        Column("not_applicable", "Does not apply", _count("not_applicable"), "number", usual=False),
    ),
    "controls",
)

STANDINGS = Table(
    "repositories",
    "Repositories",
    (
        linked("name", "Repository", fixed=True),
        column("status", "Status", of="label", template="frameworks/_status.html"),
        column("lacking", "Lacking", "list", width="secondary"),
        column("team", "Team", "muted", width="optional"),
    ),
    "repositories",
)

PREVIEWED = Table(
    "repositories",
    "Repositories that change",
    (
        linked("name", "Repository", fixed=True),
        column("team", "Team", "muted", width="optional"),
        column("what", "What happens", usual=False),
        column("letter_before", "Now", "grade"),
        column("letter_after", "Draft", "grade"),
        column("score_before", "Score now", "score", usual=False),
        column("score_after", "Score by the draft", "score", usual=False),
        column("change", "Change", "delta"),
        column("lost", "Newly fails", "list", width="secondary"),
        column("gained", "Newly passes", "list", width="secondary"),
        column("other", "Neither now", "list", usual=False),
        column("note", "Note", "muted", width="optional"),
        column("error_id", "Error", "mono", usual=False),
    ),
    "repositories",
)

PREVIEWED_ITEMS = Table(
    "items",
    "Items that flip",
    (
        linked("title", "Item", fixed=True),
        column("id", "Id", "mono", usual=False),
        column("fails", "New fails", "count"),
        column("passes", "New passes", "count"),
        column("other", "Neither now", "count", width="secondary"),
    ),
    "items",
)


def chart_listing(chart: Chart | None, id: str, title: str, subject: str = "") -> Listing:
    """The figures of a chart as its page has them in a table; no row where there is none yet."""

    def cell(place: int) -> Callable[[Any], str]:
        return lambda row: "" if row[place] == UNKNOWN else row[place]

    titles = chart.columns if chart else ("Date",)
    columns = tuple(Column(f"c{place}", name, cell(place), fixed=True) for place, name in enumerate(titles))
    return Listing(everything(Table(id, title, columns, "points")), chart.rows if chart else (), subject)
