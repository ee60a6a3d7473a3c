"""Whatever is sent, the API answers in its own form and never fails: requests made up from its own document."""

import json
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assessments.models import Repository
from tests import factories
from tests.api.conftest import Asking, Program
from tests.api.test_gate import error_of

pytestmark = pytest.mark.django_db

_TEXT = st.text(max_size=40)
_SCALAR = st.one_of(
    _TEXT,
    st.integers(),
    st.floats(allow_nan=False),
    st.booleans(),
    st.none(),
    st.sampled_from(
        ["-", "--name", "testing", "A+", "0", "9" * 25, "\x00", "\ud800", "%00", "pdf", "../..", "é" * 90]
    ),
)
_JSON = st.recursive(
    _SCALAR,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_TEXT, inner, max_size=3),
    max_leaves=6,
)


@pytest.fixture
def operations(asking: Asking) -> list[tuple[Program, str, str, dict[str, Any]]]:
    factories.assessment(factories.repository(slug="orders"), {"testing.unit": "fail"})
    program = asking(factories.admin(), "read", "scan", "export", "admin")
    paths = program.get("/openapi.json")["paths"]
    return [(program, method, path, one) for path, found in paths.items() for method, one in found.items()]


@settings(
    max_examples=120,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
def test_no_request_makes_it_fail(
    operations: list[tuple[Program, str, str, dict[str, Any]]], data: st.DataObject
) -> None:
    program, method, path, operation = data.draw(st.sampled_from(operations))
    query = {}
    for parameter in operation["parameters"]:
        if parameter["in"] == "path":
            known = {"slug": "orders", "item": "testing.unit"}.get(parameter["name"], "1")
            value = data.draw(st.one_of(st.just(known), _TEXT.filter(bool)))
            path = path.replace(
                "{" + parameter["name"] + "}", quote(value.encode("utf-8", "replace"), safe="")
            )
        elif data.draw(st.booleans()):
            query[parameter["name"]] = str(data.draw(_SCALAR)).encode("utf-8", "replace")
    options: dict[str, Any] = {}
    if "requestBody" in operation:
        names = data.draw(st.booleans())
        schema = operation["requestBody"]["content"]["application/json"]["schema"]["$ref"].rsplit("/", 1)[1]
        fields = {"NewRepository": ["source", "team", "new_team", "root", "name"], "NewExport": ["format"]}[
            schema
        ]
        body = {name: data.draw(_SCALAR) for name in fields} if names else data.draw(_JSON)
        options = {"data": json.dumps(body), "content_type": "application/json"}
    address = f"{path}?{urlencode(query)}" if query else path
    response = getattr(program.client, method)(
        address, headers={"Authorization": f"Bearer {program.token}"}, **options
    )
    assert response.status_code < 500, (method, address, options, response.content[:300])
    if response.status_code >= 400:
        error_of(response)
    assert Repository.objects.filter(slug="orders").exists()
