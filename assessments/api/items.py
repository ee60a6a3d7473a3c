"""Items of the standard: the list with how many fail each, one, who stands how on it, and rescans of who fails it."""

from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Query, Router, Schema, Status
from pydantic import Field

from assessments import policy
from assessments.api.errors import forbidden, not_found
from assessments.api.gate import needs
from assessments.api.links import Links
from assessments.api.paging import Page, Paged, one_of, only_known, page_of
from assessments.api.scorecards import ItemDetailOut, ItemOut, VerdictOut, item_detail, item_of, verdict_of
from assessments.api.work import ScansAskedOut, scans_asked
from assessments.choices import Outcome, RescanScope, TokenScope
from assessments.selectors.adoption import counts_of_items
from assessments.selectors.reports import guidance_of
from assessments.selectors.standard import checklist_of, counts_of, standing_at
from assessments.services.rescans import request_rescan
from assessments.services.rulesets import DEFAULT, built, current_version
from assessments.services.schedule import failing
from assessments.standard import Item

router = Router(tags=["items"])
READ = TokenScope.READ


class ItemFilters(Schema):
    area: Annotated[str, Field(max_length=60, description="The id of an area.")] = ""


@router.get("", url_name="items", response=Page[ItemOut], summary="List items", **needs(READ))
def list_items(request: HttpRequest, filters: Query[ItemFilters], paging: Query[Paged]) -> Any:
    """The items of the standard, with in how many of the repositories that you may see each fails and passes; for
    administrators as of some minutes ago."""
    only_known(request, filters, paging)
    _, standard = built(current_version())
    if filters.area:
        one_of("area", filters.area, [area.id for area in standard.areas])
    rows = [item for item in standard.items if filters.area in ("", item.area)]
    passes, fails = counts_of_items(request.user)
    links = Links(request)

    def shape(shown: list[Item]) -> list[ItemOut]:
        return [item_of(one, fails.get(one.id, 0), passes.get(one.id, 0), links) for one in shown]

    return page_of(Page[ItemOut], request, rows, paging, shape)


@router.get("/{item}", url_name="item", response=ItemDetailOut, summary="One item", **needs(READ))
def get_item(request: HttpRequest, item: str) -> Any:
    """One item: what passes, why it matters, and how many repositories pass and fail."""
    only_known(request)
    _known(item)
    _, standard = built(current_version())
    return item_detail(
        standard.by_item[item],
        counts_of(request.user, item),
        standard.initiative_of.get(item),
        guidance_of(DEFAULT).get(item),
        Links(request),
    )


class VerdictFilters(Schema):
    verdict: Annotated[Outcome, Field(description="How they stand on the item.")] = Outcome.FAIL


@router.get(
    "/{item}/repositories",
    url_name="item-repositories",
    response=Page[VerdictOut],
    summary="Who fails an item",
    **needs(READ),
)
def list_verdicts(
    request: HttpRequest, item: str, filters: Query[VerdictFilters], paging: Query[Paged]
) -> Any:
    """The repositories that fail the item, or stand on it as the filter asks, by name."""
    only_known(request, filters, paging)
    _known(item)
    links = Links(request)
    rows = (
        standing_at(request.user, item, filters.verdict).order_by("name", "pk").values_list("pk", flat=True)
    )

    def shape(shown: list[int]) -> list[VerdictOut]:
        found = checklist_of(request.user, item).filter(repository__in=shown, outcome=filters.verdict)
        joined = found.select_related("repository__team").defer("evidence", "looked_for")
        return [verdict_of(row, links) for row in joined.order_by("repository__name", "repository")]

    return page_of(Page[VerdictOut], request, rows, paging, shape)


@router.post(
    "/{item}/scans",
    response={202: ScansAskedOut},
    summary="Rescan what fails an item",
    **needs(TokenScope.SCAN),
)
def scan_item(request: HttpRequest, item: str) -> Any:
    """Asks for scans of everything that fails the item and that you may ask for."""
    _known(item)
    if not policy.may_scan_some(request.user):
        raise forbidden("Only leads and members of a team ask for scans.")
    wanted = failing(policy.scannable_repositories(request.user), item)
    rescan = request_rescan(repositories=wanted, requested_by=request.user, scope=RescanScope.ITEM, item=item)
    return Status(202, scans_asked(wanted, Links(request), rescan=rescan))


def _known(item: str) -> None:
    """Raises Refused where the standard has no such item."""
    if item not in built(current_version())[1].by_item:
        raise not_found()
