"""The page for people that shows the OpenAPI document: drawn here, without a script or a file from elsewhere."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

Words = tuple[tuple[str, bool], ...]
"""Text in parts, and whether each is code."""


@dataclass(frozen=True, slots=True)
class Field:
    """A parameter, or a field of a body or an answer; ``kind`` in words, ``link`` the id of its own table, if it has one."""

    name: str
    kind: str
    link: str
    required: bool
    text: Words


@dataclass(frozen=True, slots=True)
class Endpoint:
    id: str
    method: str
    path: str
    summary: str
    text: Words
    scopes: tuple[str, ...]
    parameters: tuple[Field, ...]
    body: Field | None
    answer: Field | None
    status: str


@dataclass(frozen=True, slots=True)
class Group:
    name: str
    endpoints: tuple[Endpoint, ...]


@dataclass(frozen=True, slots=True)
class Shape:
    """A schema that bodies or answers refer to."""

    id: str
    name: str
    text: Words
    fields: tuple[Field, ...]


@dataclass(frozen=True, slots=True)
class ReferencePage:
    text: Words
    groups: tuple[Group, ...]
    shapes: tuple[Shape, ...]


@require_safe
def reference(request: HttpRequest) -> HttpResponse:
    context = {
        "page": get_reference(),
        "root": request.build_absolute_uri("/").rstrip("/"),
        "limit": settings.API_REQUESTS_PER_MINUTE,
    }
    return render(request, "api/reference.html", context)


@cache
def get_reference() -> ReferencePage:
    """The document as a page, the same for everybody."""
    from assessments.api.urls import api

    document = api.get_openapi_schema()
    groups: dict[str, list[Endpoint]] = {}
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            endpoint = _endpoint(path, method, operation)
            groups.setdefault(operation["tags"][0], []).append(endpoint)
    schemas = document["components"]["schemas"]
    return ReferencePage(
        text=_words(document["info"]["description"]),
        groups=tuple(Group(name.capitalize(), tuple(found)) for name, found in groups.items()),
        shapes=tuple(_shape(name, schema) for name, schema in sorted(schemas.items())),
    )


def _endpoint(path: str, method: str, operation: dict[str, Any]) -> Endpoint:
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
    status, good = next((s, r) for s, r in operation["responses"].items() if s.startswith("2"))
    answer = good.get("content", {}).get("application/json", {}).get("schema")
    return Endpoint(
        id=operation["operationId"],
        method=method.upper(),
        path=path,
        summary=operation["summary"],
        text=_words(operation.get("description", "")),
        scopes=tuple(operation["x-scopes"]),
        parameters=tuple(
            _field(one["name"], one["schema"], one["required"]) for one in operation["parameters"]
        ),
        body=_field("body", body, True) if body else None,
        answer=_field("answer", answer, True) if answer else None,
        status=status,
    )


def _shape(name: str, schema: dict[str, Any]) -> Shape:
    required = schema.get("required", ())
    fields = schema.get("properties", {}).items()
    return Shape(
        id=_id(name),
        name=_named(name),
        text=_words(schema.get("description", "")),
        fields=tuple(_field(field, one, field in required) for field, one in fields),
    )


def _field(name: str, schema: dict[str, Any], required: bool) -> Field:
    refs = list(_refs(schema))
    text = schema.get("description", "")
    limits = [f"up to {schema['maximum']}"] if "maximum" in schema else []
    if schema.get("default") not in (None, ""):
        limits.append(f"{schema['default']} unless given")
    words = " ".join([text, f"{'; '.join(limits).capitalize()}." if limits else ""]).strip()
    return Field(name, _kind(schema), _id(refs[0]) if refs else "", required, _words(words))


def _words(text: str) -> Words:
    return tuple((part, n % 2 == 1) for n, part in enumerate(text.split("`")) if part)


def _refs(schema: Any) -> Iterable[str]:
    if isinstance(schema, dict):
        if "$ref" in schema:
            yield schema["$ref"].rsplit("/", 1)[-1]
        for value in schema.values():
            yield from _refs(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from _refs(value)


def _kind(schema: dict[str, Any]) -> str:
    """What a value is, in words: text, whole number, list of …, one of …"""
    if "$ref" in schema:
        return _named(schema["$ref"].rsplit("/", 1)[-1])
    if "enum" in schema:
        return "one of " + ", ".join(str(value) for value in schema["enum"])
    if "anyOf" in schema:
        return " or ".join(_kind(one) for one in schema["anyOf"])
    kind = schema.get("type")
    if kind == "array":
        return f"list of {_kind(schema.get('items', {}))}"
    if kind == "string":
        return {"date-time": "time", "uuid": "UUID"}.get(schema.get("format", ""), "text")
    words = {"integer": "whole number", "number": "number", "boolean": "yes or no", "null": "null"}
    return words.get(str(kind), "object")


def _named(schema: str) -> str:
    """The name of a schema as people read it: ``Page_RepositoryOut_`` is a page of repositories."""
    outer, _, inner = schema.partition("_")
    inner = inner.strip("_").removesuffix("Out")
    return f"{outer} of {inner}" if inner else outer.removesuffix("Out")


def _id(schema: str) -> str:
    return f"shape-{schema.strip('_').lower().replace('_', '-')}"
