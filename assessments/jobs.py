"""django-rq jobs: thin. What a person waits for."""

from assessments.services import delivery, exports


def make_export(export_id: int) -> None:
    """Makes one asked-for file."""
    exports.make_export(export_id)


def send_notification(notification_id: int) -> None:
    """Sends one message that waits."""
    delivery.send_notification(notification_id)
