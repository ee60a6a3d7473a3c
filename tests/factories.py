"""Valid minimal rows. Each function gives one saved row; keyword arguments change what a test is about."""

from collections.abc import Mapping
from copy import copy
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import AbstractUser

from assessments.choices import Origin, Role
from assessments.models import Assessment, Membership, Mirror, Repository, RulesetVersion, ScanRequest, Team
from assessments.services.assess import record_assessment
from assessments.services.rulesets import built, ensure_shipped
from scanners.facts import Evidence
from scanners.profile import Profile
from scanners.scan import ScanResult
from scanners.verdicts import Verdict

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
PASSWORD = "a horse that reads 7 maps"
SERVICE = Profile("service", True, True, True, False, ("python", "fastapi"), {"python": 1.0})
_numbers = count(1)


def person(**changes: Any) -> AbstractUser:
    """Somebody who may sign in and belongs to no team."""
    email = f"person{next(_numbers)}@example.org"
    values: dict[str, Any] = {"username": email, "email": email, **changes}
    return get_user_model().objects.create_user(password=PASSWORD, **values)


def admin(**changes: Any) -> AbstractUser:
    return person(is_staff=True, is_superuser=True, **changes)


def team(**changes: Any) -> Team:
    number = next(_numbers)
    return Team.objects.create(**{"name": f"Team {number}", "slug": f"team-{number}", **changes})


def member(of: Team, role: Role = Role.MEMBER) -> AbstractUser:
    """A new person with a role in the team."""
    user = person()
    Membership.objects.create(team=of, user=user, role=role)
    return user


def mirror(url: str = "") -> Mirror:
    address = url or f"https://github.com/example/service-{next(_numbers)}"
    return Mirror.objects.create(url=address, canonical=address)


def repository(**changes: Any) -> Repository:
    number = next(_numbers)
    values: dict[str, Any] = {"name": f"Service {number}", "slug": f"service-{number}", **changes}
    values["mirror"] = values.get("mirror") or mirror()
    values["team"] = values.get("team") or team()
    return Repository.objects.create(**values)


_shipped: RulesetVersion | None = None


def ruleset() -> RulesetVersion:
    """The shipped ruleset as the current version; read once, since that takes most of a second."""
    global _shipped
    known = RulesetVersion.objects.filter(current=True).first()
    if known is None and _shipped is not None:
        known = copy(_shipped)
        known.pk = None
        known.save(force_insert=True)
    _shipped = known or ensure_shipped()
    return copy(_shipped)


def result(
    verdicts: Mapping[str, str] | None = None,
    *,
    commit: str = "a" * 40,
    committed_at: datetime = NOW - timedelta(days=1),
    default: str = "pass",
    evidence: tuple[Evidence, ...] = (Evidence("app/main.py", 3, "app = FastAPI()"),),
    **changes: Any,
) -> ScanResult:
    """What a scan of all the shipped items gives: ``default`` for each that ``verdicts`` does not name."""
    _, standard = built(ruleset())
    given = verdicts or {}
    made = tuple(
        Verdict(item.id, given.get(item.id, default), evidence=evidence, looked_for=("A library for it",))
        for item in standard.items
    )
    values: dict[str, Any] = {
        "commit": commit,
        "committed_at": committed_at,
        "ruleset_id": standard.id,
        "ruleset_version": standard.version,
        "profile": SERVICE,
        "verdicts": made,
        "problems": (),
        "files": 12,
        "complete": True,
    }
    return ScanResult(**{**values, **changes})


def assessment(
    of: Repository | None = None,
    verdicts: Mapping[str, str] | None = None,
    *,
    now: datetime = NOW,
    **changes: Any,
) -> Assessment:
    """A recorded assessment, by the same service that scans use."""
    return record_assessment(
        repository=of or repository(),
        version=ruleset(),
        result=result(verdicts, **changes),
        origin=Origin.SCAN,
        now=now,
    )


def scan(of: Repository | None = None, **changes: Any) -> ScanRequest:
    values: dict[str, Any] = {"repository": of or repository(), "requested_at": NOW, **changes}
    return ScanRequest.objects.create(**values)
