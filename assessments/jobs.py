"""django-rq jobs: thin. What a person waits for."""

from assessments.services import exports


def make_export(export_id: int) -> None:
    """Makes one asked-for file."""
    exports.make_export(export_id)
