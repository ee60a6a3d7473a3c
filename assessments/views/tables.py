"""What list pages share: their CSV, and one address for one choice of filters and columns."""

from django.http import HttpRequest, HttpResponseRedirect, StreamingHttpResponse
from django.utils import timezone

from assessments.reports.listing import listing_lines
from assessments.tables import Listing


def csv_wanted(request: HttpRequest) -> bool:
    return request.GET.get("format") == "csv"


def csv_response(listing: Listing) -> StreamingHttpResponse:
    """The table as a file that is written while it is read."""
    name = "-".join(word for word in ("plumbline", listing.subject, listing.table.table.id) if word)
    lines = listing_lines(listing.table, listing.rows)
    response = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}-{timezone.localdate():%Y-%m-%d}.csv"'
    response["Cache-Control"] = "no-store"
    return response


def one_address(request: HttpRequest) -> HttpResponseRedirect | None:
    """To the same page with ``columns`` as one word, where a form sent each chosen column by itself; else None."""
    columns = request.GET.getlist("columns")
    if len(columns) < 2:
        return None
    query = request.GET.copy()
    query["columns"] = ",".join(columns[:100])
    return HttpResponseRedirect(f"{request.path}?{query.urlencode(safe=',')}")
