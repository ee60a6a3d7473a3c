"""The worker of what a person waits for: RQ's, with a temporary folder of its own that each job leaves empty."""

import logging
from pathlib import Path
from typing import Any

from rq import Worker
from rq.job import Job
from rq.queue import Queue

from assessments import scratch

logger = logging.getLogger(__name__)


class JobWorker(Worker):
    """Sweeps what dead workers left when it starts, and takes its own folder along when it ends."""

    folder: Path | None = None

    def work(self, *args: Any, **kwargs: Any) -> bool:
        """Whether there was any job; returns when it is asked to stop."""
        self.folder = scratch.take()
        return super().work(*args, **kwargs)

    def execute_job(self, job: Job, queue: Queue) -> None:
        """Does the job in a process of its own. What that leaves, also where it is killed, goes at once."""
        try:
            super().execute_job(job, queue)
        finally:
            if self.folder is not None:
                scratch.clear(self.folder)
