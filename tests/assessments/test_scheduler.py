"""Beat after a clock was set back."""

from datetime import timedelta

import pytest
from django.utils import timezone
from django_celery_beat.models import IntervalSchedule, PeriodicTask

from assessments.scheduler import Entry, Scheduler
from config.celery import app

pytestmark = pytest.mark.django_db


def entry(last_run_in: timedelta) -> Entry:
    every, _ = IntervalSchedule.objects.get_or_create(every=5, period=IntervalSchedule.MINUTES)
    task = PeriodicTask.objects.create(name="Task", task="task", interval=every)
    PeriodicTask.objects.update(last_run_at=timezone.now() + last_run_in)
    task.refresh_from_db()
    return Entry(task, app=app)


def test_a_task_that_ran_at_a_time_that_never_came_runs_after_one_interval() -> None:
    due, seconds = entry(timedelta(days=1)).is_due()
    assert not due and 290 < seconds <= 300


def test_others_go_by_when_they_ran() -> None:
    due, seconds = entry(timedelta(minutes=-3)).is_due()
    assert not due and 110 < seconds <= 120


def test_beat_runs_with_it() -> None:
    assert app.conf.beat_scheduler == f"{Scheduler.__module__}:{Scheduler.__name__}"
    assert Scheduler.Entry is Entry
