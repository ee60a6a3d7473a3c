"""Scans that were asked for together: how far they are, and calling all of them off."""

from typing import Any

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Router

from assessments import policy
from assessments.api.errors import Refused, forbidden, not_found
from assessments.api.gate import needs
from assessments.api.links import Links
from assessments.api.paging import only_known
from assessments.api.work import RescanOut, rescan_of
from assessments.choices import TokenScope
from assessments.selectors.rescans import get_rescan
from assessments.services.rescans import cancel_rescan

router = Router(tags=["scans"])


@router.get(
    "/{int:id}",
    url_name="rescan",
    response=RescanOut,
    operation_id="get_rescan",
    summary="Scans asked for together",
    **needs(TokenScope.READ, TokenScope.SCAN),
)
def get_one(request: HttpRequest, id: int) -> Any:
    """How far scans are that were asked for together: of a team, of what fails an item, of the fleet."""
    only_known(request)
    return _shown(request, id)


@router.post(
    "/{int:id}/cancel",
    response=RescanOut,
    summary="Cancel scans asked for together",
    **needs(TokenScope.SCAN),
)
def cancel_all(request: HttpRequest, id: int) -> Any:
    """Calls off those that still wait or run; their workers notice within seconds."""
    rescan = get_object_or_404(policy.visible_rescans(request.user).select_related("team"), pk=id)
    if not policy.may_cancel_rescan(request.user, rescan):
        raise forbidden("Only who asked for them, and leads and members of their team, call scans off.")
    if not cancel_rescan(rescan=rescan, actor=request.user) and not rescan.cancelled:
        raise Refused("scan.ended", "All of the scans had ended already.", status=409)
    return _shown(request, id)


def _shown(request: HttpRequest, id: int) -> RescanOut:
    found = get_rescan(request.user, id)
    if found is None:
        raise not_found()
    return rescan_of(found, Links(request))
