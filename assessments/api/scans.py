"""Scans: the list, one with its progress, cancelling one, and a rescan of the whole fleet."""

from typing import Annotated, Any

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Query, Router, Schema, Status
from pydantic import Field

from assessments import policy
from assessments.api.errors import Refused, forbidden
from assessments.api.gate import needs
from assessments.api.links import Links
from assessments.api.paging import Plain, Running, Stretch, only_known, stretch_of
from assessments.api.work import ScanDetailOut, ScanOut, ScansAskedOut, scan_detail, scan_of, scans_asked
from assessments.choices import ACTIVE_STATES, RescanScope, ScanState, TokenScope
from assessments.models import ScanRequest
from assessments.services.rescans import request_rescan
from assessments.services.scans import cancel_scan

router = Router(tags=["scans"])
fleet = Router(tags=["fleet"])
READ, SCAN, ADMIN = TokenScope.READ, TokenScope.SCAN, TokenScope.ADMIN


class ScanFilters(Schema):
    state: Annotated[ScanState | None, Field(description="Only those in this state.")] = None
    repository: Annotated[Plain, Field(max_length=120, description="The slug of a repository.")] = ""


@router.get("", url_name="scans", response=Stretch[ScanOut], summary="List scans", **needs(READ, SCAN))
def list_scans(request: HttpRequest, filters: Query[ScanFilters], running: Query[Running]) -> Any:
    """The scans of the repositories that you may see, the latest first."""
    only_known(request, filters, running)
    scans = policy.visible_scans(request.user).select_related("repository")
    if filters.state is not None:
        scans = scans.filter(state=filters.state)
    if filters.repository:
        scans = scans.filter(repository__slug=filters.repository)
    links = Links(request)
    return stretch_of(
        Stretch[ScanOut], request, scans, running, lambda shown: [scan_of(scan, links) for scan in shown]
    )


@router.get("/{int:id}", url_name="scan", response=ScanDetailOut, summary="One scan", **needs(READ, SCAN))
def get_scan(request: HttpRequest, id: int) -> Any:
    """One scan with its stages, and how long it will probably take still."""
    only_known(request)
    return scan_detail(_visible(request, id), Links(request))


@router.post("/{int:id}/cancel", response=ScanDetailOut, summary="Cancel a scan", **needs(SCAN))
def cancel(request: HttpRequest, id: int) -> Any:
    """Calls the scan off; its worker notices within seconds. One that was cancelled already is given as it is."""
    scan = _visible(request, id)
    if not policy.may_scan(request.user, scan.repository.team):
        raise forbidden("Only leads and members of the team cancel scans.")
    cancel_scan(scan=scan, actor=request.user)
    scan.refresh_from_db()
    if scan.state != ScanState.CANCELLED and scan.state not in ACTIVE_STATES:
        state = scan.get_state_display().lower()
        raise Refused("scan.ended", f"The scan had ended already: it is {state}.", status=409)
    return scan_detail(scan, Links(request))


@fleet.post("/scans", response={202: ScansAskedOut}, summary="Rescan the fleet", **needs(ADMIN))
def scan_fleet(request: HttpRequest) -> Any:
    """Asks for scans of every repository; what is being scanned or quarantined already is left out. For
    administrators."""
    if not policy.may_set_schedule(request.user):
        raise forbidden("Only administrators rescan the fleet.")
    repositories = policy.scannable_repositories(request.user)
    rescan = request_rescan(repositories=repositories, requested_by=request.user, scope=RescanScope.FLEET)
    return Status(202, scans_asked(repositories, Links(request), rescan=rescan))


def _visible(request: HttpRequest, id: int) -> ScanRequest:
    scans = policy.visible_scans(request.user).select_related("repository__team")
    scan: ScanRequest = get_object_or_404(scans, pk=id)
    return scan
