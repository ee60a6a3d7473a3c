"""django-rq jobs: thin. What a person waits for."""

from datetime import date

from assessments.services import delivery, digests, exports, previews


def make_export(export_id: int) -> None:
    """Makes one asked-for file."""
    exports.make_export(export_id)


def send_notification(notification_id: int) -> None:
    """Sends one message that waits."""
    delivery.send_notification(notification_id)


def send_digest(team_id: int, monday: str) -> None:
    """Composes a team's week and queues it for those who want it; ``monday`` is its date, as 2026-03-09."""
    digests.send_digest(team_id=team_id, on=date.fromisoformat(monday))


def make_preview(preview_id: int) -> None:
    """Judges some repositories by a draft ruleset, and leaves the rest for another turn."""
    previews.make_preview(preview_id)
