"""The API's addresses: everything under ``/api/v1/`` behind the gate, and the reference at ``/api/``."""

from typing import Any, NoReturn

from django.http import HttpRequest
from django.urls import URLPattern, path

from assessments.api import account, exports, items, repositories, rescans, scans, teams
from assessments.api.document import DescribedAPI
from assessments.api.errors import not_found, set_handlers
from assessments.api.gate import MAX_BODY_BYTES, guarded
from assessments.api.links import NAMESPACE
from assessments.api.reference import reference

api = DescribedAPI(title="Plumbline", version="1", urls_namespace=NAMESPACE, docs_url=None)
set_handlers(api, MAX_BODY_BYTES)
api.add_router("/me", account.router)
api.add_router("/repositories", repositories.router)
api.add_router("/teams", teams.router)
api.add_router("/items", items.router)
api.add_router("/scans", scans.router)
api.add_router("/rescans", rescans.router)
api.add_router("/fleet", scans.fleet)
api.add_router("", exports.router)


def nothing(request: HttpRequest, rest: str = "") -> NoReturn:
    raise not_found()


def _behind_the_gate(patterns: list[Any]) -> list[URLPattern]:
    """The endpoints' patterns with each view guarded, then one for every other address."""
    for pattern in patterns:
        pattern.callback = guarded(nothing if pattern.name == "api-root" else pattern.callback)
    return [*patterns, path("<path:rest>", guarded(nothing), name="nothing")]


_patterns, _app, _namespace = api.urls
urlpatterns = [
    path("", reference, name="api-reference"),
    path("v1/", (_behind_the_gate(_patterns), _app, _namespace)),  # type: ignore[arg-type]
]
