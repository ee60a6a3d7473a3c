"""How often a repository is scanned: its own interval, its team's or the organisation's, and when it falls due again."""

from datetime import datetime

from django.conf import settings

from assessments.models import Repository, ScanPolicy
from assessments.timing import next_due


def scan_policy() -> ScanPolicy:
    """The organisation's schedule as it stands, the installation's defaults where nobody has changed it."""
    return ScanPolicy.objects.filter(pk=1).first() or ScanPolicy(pk=1)


def interval_of(repository: Repository, policy: ScanPolicy | None = None) -> int:
    """Hours between two scans: the repository's own, else the team's, else the organisation's."""
    own = repository.interval_hours or repository.team.interval_hours
    return own or (policy or scan_policy()).interval_hours or settings.ENVIRONMENT.scan_interval_hours


def next_scan_at(repository: Repository, now: datetime, policy: ScanPolicy | None = None) -> datetime:
    """When the repository falls due again; its id spreads it over a tenth of the interval, so that not all
    do at once."""
    return next_due(repository.pk, interval_of(repository, policy), now)
