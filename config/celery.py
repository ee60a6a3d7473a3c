"""The Celery application; workers and beat start with ``celery -A config``."""

import os
from typing import Any

from celery import Celery, bootsteps
from celery.signals import setup_logging, worker_init, worker_process_init, worker_shutting_down

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("plumbline", amqp="config.broker:Broker")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


class ServedQueues(bootsteps.StartStopStep):  # type: ignore[misc]  # Celery has no types
    """Tells which queues this worker serves for as long as it is connected to the broker."""

    requires = {"celery.worker.consumer.tasks:Tasks"}
    timer: Any = None

    def start(self, consumer: Any) -> None:
        from assessments.services import queues

        def tell() -> None:
            queues.tell(list(consumer.app.amqp.queues.consume_from))

        tell()
        self.timer = consumer.timer.call_repeatedly(queues.TELL_SECONDS, tell)

    def stop(self, consumer: Any) -> None:
        if self.timer is not None:
            self.timer.cancel()
            self.timer = None


app.steps["consumer"].add(ServedQueues)


@setup_logging.connect
def keep_logging(**_: Any) -> None:
    """Django's LOGGING stays as it is; without a receiver Celery would lay its own over it."""


@worker_init.connect
def clear_up(**_: Any) -> None:
    """What dead workers left on this machine goes before a new one starts."""
    from assessments import workers

    workers.start()


@worker_process_init.connect
def clear_up_after_a_process(**_: Any) -> None:
    """What a process of this worker left that was killed goes when another takes its place."""
    from assessments import scratch

    scratch.take()


@worker_shutting_down.connect
def hand_back(**_: Any) -> None:
    """A worker that is asked to stop does not make anybody wait for its scans."""
    from assessments import workers

    workers.stop()
