"""Celery tasks: thin. They claim, call a service and record how it ended; scans and what beat asks for."""

import random

from billiard.exceptions import SoftTimeLimitExceeded
from celery import Task, shared_task
from django.conf import settings
from django.db import OperationalError

from assessments.choices import PastWork
from assessments.failures import explain
from assessments.models import ScanRequest
from assessments.services import (
    backfill,
    comparing,
    digests,
    due,
    exports,
    hooks,
    many,
    meters,
    notifications,
    origins,
    past,
    previews,
    recovery,
    rescans,
    retention,
    rollups,
    scans,
)
from assessments.services.assess import as_limit_error, run_scan
from scanners.errors import ScanError

NETWORK_RETRIES = 4
"""Tries again after 30 s, 1, 2 and 4 minutes when the network is at fault; never when the repository is."""


@shared_task(bind=True, max_retries=NETWORK_RETRIES)
def scan_repository(self: Task, scan_id: int, tries: int = 0) -> None:
    """Carries out one asked-for scan; a second delivery finds nothing to claim and does nothing.

    ``tries`` counts those that failed for the network's sake; waiting for a busy host is none.
    """
    scan = scans.claim_scan(scan_id=scan_id)
    if scan is None:
        return
    tries += self.request.retries
    try:
        with scans.held(scan) as hold:
            run_scan(scan, hold)
        seconds = rollups.roll_up_soon()
        if seconds is not None:
            roll_up_promised.apply_async(countdown=seconds)
    except scans.ClaimLost:
        return
    except ScanError as error:
        if error.id == "scan.host-rests":
            seconds = (error.wait or 0) + random.uniform(1, 10)  # or all that wait would come back at once
            scans.requeue(scan, error, seconds=seconds)
            meters.scan_ended("given-back", {})
            scans.enqueue(scan, countdown=seconds, tries=tries)
            return
        if error.retry and error.fault == "network" and tries < NETWORK_RETRIES:
            countdown = max(30 * 2**tries, int(error.wait or 0))
            scans.requeue(scan, error, seconds=countdown)
            meters.scan_ended("given-back", {})
            raise self.retry(countdown=countdown) from None
        _failed(scan, error)
    except (SoftTimeLimitExceeded, MemoryError) as error:
        _failed(scan, as_limit_error(error))
    except OperationalError:
        scans.requeue(scan, seconds=30)
        raise self.retry(countdown=30) from None
    except Exception:
        _failed(
            scan,
            ScanError(
                "scan.internal",
                "Something went wrong in Plumbline itself.",
                hint="The worker's log tells more.",
                fault="ours",
            ),
        )
        raise


def _failed(scan: ScanRequest, error: ScanError) -> None:
    scans.fail(scan, error)
    meters.scan_failed(explain(error.id, error.fault).whose)


_ON_THE_PAST = {
    PastWork.BACKFILL: backfill.backfill,
    PastWork.COMPARISON: comparing.look_closer,
    PastWork.ORIGIN: origins.find_origins,
}


@shared_task(
    soft_time_limit=settings.ENVIRONMENT.scan_seconds, time_limit=settings.ENVIRONMENT.scan_seconds + 60
)
def work_on_the_past(work_id: int, tries: int = 0) -> None:
    """Carries a piece of work on a repository's past on, or to its end; ``tries`` counts faults of the network."""
    work = past.claim_work(work_id=work_id)
    if work is None:
        return
    try:
        _ON_THE_PAST[PastWork(work.kind)](work)
    except past.WorkLost:
        return
    except ScanError as error:
        if error.id == "scan.host-rests" or (
            error.retry and error.fault == "network" and tries < NETWORK_RETRIES
        ):
            wait = max(error.wait or 0, 0 if error.id == "scan.host-rests" else 30 * 2**tries)
            past.give_back(work, countdown=wait + random.uniform(1, 10), tries=tries + 1)
            return
        past.fail_work(work, error)
    except (SoftTimeLimitExceeded, MemoryError) as error:
        past.fail_work(work, as_limit_error(error))
    except OperationalError:
        past.give_back(work, countdown=30, tries=tries)
    except Exception:
        past.fail_work(
            work,
            ScanError(
                "past.internal",
                "Something went wrong in Plumbline itself.",
                hint="The worker's log tells more.",
                fault="ours",
            ),
        )
        raise


@shared_task
def send_scans(keys: list[int]) -> int:
    """Puts many scans that were asked for at once before the workers."""
    return many.send(keys)


@shared_task
def discover_due() -> int:
    """Asks for a scan of what is due."""
    return due.request_due()


@shared_task
def recover_abandoned() -> int:
    """Queues scans, work on the past, exports and previews of dead workers again."""
    recovered = recovery.recover_abandoned() + past.recover_work() + exports.recover_abandoned()
    recovered += previews.recover_previews()
    rescans.settle_all()
    return recovered


@shared_task
def purge_exports() -> int:
    """Removes exports past their time."""
    return exports.purge_exports()


@shared_task
def purge() -> dict[str, int]:
    """Removes what is past its time."""
    return retention.purge()


@shared_task
def roll_up_days() -> int:
    """Brings the figures per day up to today."""
    return rollups.roll_up()


@shared_task
def roll_up_promised() -> None:
    """Brings them up to date after the last of many scans."""
    rollups.roll_up_promised()


@shared_task
def refresh_trends() -> int:
    """Moves the window of the changes over 30 days."""
    return rollups.refresh_trends()


@shared_task
def scan_after_push(repository_id: int, attempt: int) -> None:
    """Asks for a scan of what was pushed to while another one ran."""
    hooks.scan_pushed(repository_id, attempt)


@shared_task
def send_notifications() -> int:
    """Puts messages that wait before the job worker again."""
    return notifications.send_due()


@shared_task
def send_digests() -> int:
    """Puts the teams whose week is due on Monday before the job worker."""
    return digests.send_digests()
