"""The one form of every error: ``{"error": {"id", "message", "hint"}}``, with ids of ``assessments.failures``."""

import logging
from collections.abc import Mapping
from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError

from assessments.failures import explain
from scanners.errors import ScanError

logger = logging.getLogger(__name__)

_CONFLICTS = frozenset(
    {"scan.quarantined", "scan.ended", "export.ended", "export.not-ready", "repository.archived"}
)
"""What stands against the state that something is in, so 409; other failures of a service are 422."""
_SHOWN = 5
"""Invalid fields that a message names."""


class Refused(ScanError):
    """A request that is not answered as it was meant, with the status and the headers that say so."""

    def __init__(
        self,
        id: str,
        message: str,
        *,
        status: int,
        hint: str = "",
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(id, message, hint=hint)
        self.status = status
        self.headers = headers or {}


def answer(error: ScanError) -> JsonResponse:
    """The error as a response; without a hint of its own it has that of the table."""
    status = 409 if error.id in _CONFLICTS else 422
    headers: Mapping[str, str] = {}
    if isinstance(error, Refused):
        status, headers = error.status, error.headers
    hint = error.hint or explain(error.id).todo
    body = {"error": {"id": error.id, "message": error.message, "hint": hint}}
    return JsonResponse(body, status=status, headers=dict(headers))


def not_found() -> Refused:
    return Refused("api.not-found", "There is nothing here that you may see.", status=404)


def forbidden(message: str = "You may not do this.") -> Refused:
    return Refused("api.forbidden", message, status=403)


def invalid(message: str) -> Refused:
    return Refused("api.invalid", message, status=422)


def too_large(limit: int) -> Refused:
    return Refused("api.too-large", f"The body may have {limit} bytes.", status=413)


def set_handlers(api: NinjaAPI, max_body: int) -> None:
    """Makes every exception of an endpoint one of these errors."""

    def on(kind: type[Exception], make: Any) -> None:
        api.add_exception_handler(kind, lambda request, error: answer(make(error)))

    on(ScanError, lambda error: error)
    on(Http404, lambda error: not_found())
    on(PermissionDenied, lambda error: forbidden())
    on(RequestDataTooBig, lambda error: too_large(max_body))
    on(ValidationError, lambda error: invalid(_in_words(error.errors)))
    on(HttpError, _of_ninja)
    api.add_exception_handler(Exception, _unforeseen)


def _of_ninja(error: HttpError) -> Refused:
    """What django-ninja itself refuses: a body that is no JSON."""
    return Refused("api.malformed", "The body cannot be read as JSON.", status=400)


def _unforeseen(request: HttpRequest, error: Exception) -> HttpResponse:
    logger.error("The API failed at %s %s", request.method, request.path, exc_info=error)
    return answer(Refused("api.internal", "Plumbline failed while it answered.", status=500))


def _in_words(problems: list[dict[str, Any]]) -> str:
    """What is wrong with which field, never what was given: it may be a secret in the wrong place."""
    named = [
        f"{'.'.join(str(part) for part in one['loc'][1:] if part not in ('filters', 'paging', 'body')) or 'body'}: {one['msg']}"
        for one in problems
    ]
    more = f"; and {len(named) - _SHOWN} more" if len(named) > _SHOWN else ""
    return "; ".join(named[:_SHOWN]) + more + "."
