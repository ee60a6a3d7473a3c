"""The one periodic table: what beat does when nobody has changed it in the database."""

from assessments.services.periodic import Entry

PERIODIC = (
    Entry(
        "Scan what is due",
        "assessments.tasks.discover_due",
        5,
        "Asks for a scan of every repository whose interval has passed.",
    ),
    Entry(
        "Take over abandoned scans",
        "assessments.tasks.recover_abandoned",
        1,
        "Queues scans, backfills and exports again whose worker has died.",
    ),
    Entry(
        "Remove old exports", "assessments.tasks.purge_exports", 60, "Deletes export files past their time."
    ),
    Entry(
        "Remove what is past its time",
        "assessments.tasks.purge",
        360,
        "Removes old scans, audit lines, evidence, mirrors and logs, a bounded number at a time.",
    ),
    Entry(
        "Roll up days",
        "assessments.tasks.roll_up_days",
        10,
        "Sums the figures of teams, fleet and items of today, and of days that were missed.",
    ),
    Entry(
        "Refresh trends",
        "assessments.tasks.refresh_trends",
        720,
        "Moves the 30 days over which a repository's change is counted.",
    ),
    Entry(
        "Send messages that wait",
        "assessments.tasks.send_notifications",
        5,
        "Tries messages again that could not be delivered.",
    ),
    Entry(
        "Send weekly digests",
        "assessments.tasks.send_digests",
        60,
        "Tells the members of every team about its week, on Monday morning.",
    ),
)
