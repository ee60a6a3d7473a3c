"""Beat's table in the database, for clocks that are set back."""

from datetime import timedelta
from typing import Any

from django_celery_beat.schedulers import DatabaseScheduler, ModelEntry

_TOLERANCE = timedelta(minutes=1)


class Entry(ModelEntry):  # type: ignore[misc]  # it has no types
    """A periodic task that counts one interval from now where it is said to have run later than now.

    A clock that was ahead and has been set right would otherwise keep every task from running until it gets there again.
    """

    def is_due(self) -> Any:
        now = self._default_now()
        if self.last_run_at is not None and self.last_run_at > now + _TOLERANCE:
            self.last_run_at = self.model.last_run_at = now
        return super().is_due()


class Scheduler(DatabaseScheduler):  # type: ignore[misc]
    """What beat runs with."""

    Entry = Entry
