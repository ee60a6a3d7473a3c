"""Programs that ask the API in somebody's name."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

import pytest
from django.contrib.auth.models import AbstractUser
from django.test import Client

from assessments.models import RulesetVersion, Team
from assessments.services.api_tokens import create_token

ROOT = "/api/v1"


@dataclass(frozen=True, slots=True)
class Program:
    """Asks with one token, in JSON."""

    client: Client
    token: str

    def get(self, path: str, status: int = 200, **headers: str) -> Any:
        return self._ask("get", path, status, headers)

    def post(self, path: str, body: object = None, status: int = 202, **headers: str) -> Any:
        return self._ask("post", path, status, headers, data=body, content_type="application/json")

    def _ask(self, method: str, path: str, status: int, headers: dict[str, str], **options: Any) -> Any:
        sent = {"Authorization": f"Bearer {self.token}", **headers}
        response = getattr(self.client, method)(f"{ROOT}{path}", headers=sent, **options)
        assert response.status_code == status, (path, response.status_code, response.content[:500])
        if response["Content-Type"].startswith("application/json") and response.content:
            return response.json()
        return response


Asking = Callable[..., Program]


@pytest.fixture
def asking(queue_server: str, ruleset: RulesetVersion, db: None) -> Asking:
    """Makes a program that asks in a person's name, with these scopes and bound to these teams."""

    def program(owner: AbstractUser, *scopes: str, teams: Collection[Team] = ()) -> Program:
        _, token = create_token(owner=owner, name="A test", scopes=scopes or ("read",), teams=teams)
        return Program(Client(raise_request_exception=False), token)

    return program
