"""What the settings make of a database's address."""

import pytest
from django.db import connection

from config import settings


@pytest.mark.parametrize("role", ["web", "worker"])
def test_postgresql_is_told_not_to_compile_queries(monkeypatch: pytest.MonkeyPatch, role: str) -> None:
    monkeypatch.setattr(settings.ENVIRONMENT, "database_url", "postgres://a:b%40@db.example.org:5433/fleet")
    monkeypatch.setattr(settings.ENVIRONMENT, "role", role)
    made = settings._database()
    assert (made["NAME"], made["PASSWORD"], made["PORT"]) == ("fleet", "b@", "5433")
    assert made["OPTIONS"]["options"] == "-c jit=off"
    assert ("pool" in made["OPTIONS"]) == (role == "web")


@pytest.mark.django_db
def test_it_does_not_compile_them() -> None:
    if connection.vendor != "postgresql":
        pytest.skip("only PostgreSQL compiles queries")
    with connection.cursor() as cursor:
        cursor.execute("SHOW jit")
        assert cursor.fetchone() == ("off",)
