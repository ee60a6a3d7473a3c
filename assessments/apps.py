"""The domain as a Django application."""

from django.apps import AppConfig


class AssessmentsConfig(AppConfig):
    name = "assessments"
    verbose_name = "Plumbline"

    def ready(self) -> None:
        from assessments import checks  # noqa: F401 - registers the start-up checks
