"""The OpenAPI document of the API, with what django-ninja does not say by itself: errors, scopes, limits."""

from functools import cache
from typing import Any

from ninja import NinjaAPI

_DESCRIPTION = (
    "What Plumbline knows of your repositories, and the work that you may ask it for. Send a token of yours as "
    "`Authorization: Bearer plb_…`; a browser's session may read too. Everything that you may not see does not exist for "
    "you. Lists come in pages; follow `next`."
)
_ERRORS = {
    "401": "No token, or one that is unknown, expired or revoked.",
    "403": "The token lacks the scope, or the person may not do this.",
    "404": "There is nothing here, or you may not see it.",
    "422": "A parameter or field is not valid.",
    "429": "Asked too often; `Retry-After` says how many seconds to wait.",
}
_WITH_BODY = {"400": "The body is no JSON.", "413": "The body is too large."}
_ERROR = {
    "title": "Error",
    "type": "object",
    "description": "Every error has this form. Ids do not change; docs/errors.md lists them.",
    "properties": {
        "error": {
            "type": "object",
            "properties": {
                "id": {"type": "string"},
                "message": {"type": "string"},
                "hint": {"type": "string"},
            },
            "required": ["id", "message", "hint"],
        }
    },
    "required": ["error"],
}


class DescribedAPI(NinjaAPI):
    """django-ninja's API whose document names errors and scopes; made once per process."""

    def get_openapi_schema(self, **options: Any) -> Any:
        return _described(self)

    def plain_schema(self) -> Any:
        return super().get_openapi_schema()

    def get_openapi_operation_id(self, operation: Any) -> str:
        """The name of the endpoint's function, which clients that are generated call theirs too."""
        part = operation.view_func.__module__.rsplit(".", 1)[-1]
        name = operation.view_func.__name__
        return f"{name}_{part[:-1]}" if "_" not in name else name


@cache
def _described(api: DescribedAPI) -> Any:
    document = api.plain_schema()
    document["info"]["description"] = _DESCRIPTION
    document["components"]["schemas"]["Error"] = _ERROR
    _use_single_ticks(document)
    for operations in document["paths"].values():
        for method, operation in operations.items():
            _describe(method, operation)
    return document


def _use_single_ticks(part: Any) -> None:
    """Docstrings mark code by two, readers of the document expect one."""
    for value in part.values() if isinstance(part, dict) else part:
        if isinstance(value, dict | list):
            _use_single_ticks(value)
    if isinstance(part, dict) and isinstance(part.get("description"), str):
        part["description"] = part["description"].replace("``", "`")


def _describe(method: str, operation: dict[str, Any]) -> None:
    errors = _ERRORS | (_WITH_BODY if method == "post" else {"304": ""} if _has_etag(operation) else {})
    content = {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
    for status, words in errors.items():
        if status == "304":
            operation["responses"][status] = {"description": "Nothing has changed since the given ETag."}
        else:
            operation["responses"][status] = {"description": words, "content": content}
    operation["security"] = [{"Token": operation["x-scopes"]}]
    operation["responses"] = {str(status): one for status, one in operation["responses"].items()}


def _has_etag(operation: dict[str, Any]) -> bool:
    return bool(operation["operationId"] == "get_assessment")
