"""The tables of what scans sign in with and are started by (credentials, push hooks), and of what a person has: messages, API
tokens, saved views; each described once for its page and its CSV. Pure, and free of any secret: rows hold none."""

from dataclasses import replace

from assessments.tables import Column, Table, column, linked

_SHOWN_ON_TEAM = frozenset({"name", "state", "kind", "prefixes", "used"})


def credentials_table(*, of_team: bool) -> Table:
    """Credentials; on a team's page without its own name in every row."""
    return Table(
        "credentials",
        "Credentials",
        tuple(
            replace(one, usual=one.usual and (not of_team or one.key in _SHOWN_ON_TEAM))
            for one in (
                linked("name", "Name", fixed=True),
                column("state", "State", of="state_label", template="sources/_state.html"),
                column("kind", "Kind", width="secondary"),
                column("prefixes", "Serves", "list", width="optional", template="sources/_prefixes.html"),
                column("teams", "Teams", "list", width="secondary"),
                column("used", "Last used", "when", of="last_used_at", width="secondary"),
                column("expires", "Expires", "day", of="expires_on", usual=False),
                column("trouble", "What to do", usual=False),
                column("error", "Error", "mono", of="trouble_id", usual=False),
            )
        ),
        "credentials",
    )


def hooks_table(*, of_team: bool) -> Table:
    """Push hooks; on a team's page without its own name in every row."""
    return Table(
        "hooks",
        "Push hooks",
        (
            linked("name", "Name", fixed=True),
            column("state", "State", of="state_label", template="sources/_hook_state.html"),
            column("provider", "Forge", width="secondary"),
            column("team", "Team", width="secondary", usual=not of_team),
            column("last", "Last delivery", "when", of="last_at", width="secondary"),
            column("deliveries", "Deliveries", "count", usual=False),
        ),
        "push hooks",
    )


WAITING = Table(
    "waiting",
    "Repositories that no credential opens",
    (
        linked("name", "Repository", fixed=True),
        column("address", "Address", "mono", width="secondary", template="sources/_address.html"),
        column("error", "Error", "mono", of="error_id"),
    ),
    "repositories",
)

GRANTS = Table(
    "grants",
    "Grants",
    (
        column("team", "Team", fixed=True),
        column("address", "Address", "mono", template="sources/_address.html"),
        column("reason", "Reason", width="optional"),
        column("at", "Given", "when", width="secondary"),
        column("by", "By", "muted", width="optional"),
        Column("actions", "Actions", lambda row: "", "number", fixed=True, written=False, untitled=True,
               template="sources/_withdraw.html"),
    ),
    "grants",
)  # fmt: skip

DELIVERIES = Table(
    "deliveries",
    "Deliveries, the latest first",
    (
        column("at", "When", "when", fixed=True),
        column("outcome", "What came of it", of="outcome_label"),
        column("event", "Event", "mono", width="secondary"),
        Column("repository", "Repository", lambda row: row.repository or row.address,
               url=lambda row: row.repository_url, width="optional"),
    ),
    "deliveries",
)  # fmt: skip

MESSAGES = Table(
    "messages",
    "Messages to you, the latest first",
    (
        column("message", "Message", of="subject", fixed=True),
        column("state", "State", of="state_label", template="notifications/_state.html"),
        column("by", "By", of="channel", width="secondary"),
        column("at", "When", "when", width="secondary"),
        column("attempts", "Tries", "count", usual=False),
        column("error", "Error", usual=False),
        column("error_id", "Error id", "mono", usual=False),
    ),
    "messages",
)

TOKENS = Table(
    "tokens",
    "Your API tokens",
    (
        column("name", "Token", fixed=True),
        column("state", "State"),
        column("scopes", "May", "list"),
        column("teams", "Teams", "list"),
        column("created", "Made", "when", of="created_at"),
        column("expires", "Ends", "until", of="expires_at"),
        column("used", "Last used", "when", of="last_used_at"),
    ),
    "tokens",
)

VIEWS = Table(
    "views",
    "Saved views",
    (
        column("list", "List", fixed=True),
        column("name", "View", of="link.name"),
        Column("asks", "Asks for", lambda row: tuple(f"{what}: {which}" for what, which in row.asks), "list"),
        column("team", "Team", of="link.team"),
        column("owner", "By"),
        Column("first", "Opens first", lambda row: "yes" if row.link.default else ""),
        column("address", "Address", of="link.url"),
    ),
    "views",
)
