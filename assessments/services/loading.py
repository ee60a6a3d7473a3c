"""Loading many rows at once: COPY on PostgreSQL, inserts in batches elsewhere."""

from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Any

from django.core.management.color import no_style
from django.db import connection, models

BATCH = 500


def bulk_load(model: type[models.Model], columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> int:
    """How many rows were loaded. ``columns`` names the attributes (``team_id``, not ``team``) that ``rows``
    give as the database takes them, JSON as text; every other column gets the model's default.
    """
    varying = set(columns)
    fixed = [field for field in model._meta.concrete_fields if field.attname not in varying]
    prototype = model()
    kept = [field for field in fixed if not field.primary_key]
    defaults = [field.get_db_prep_save(field.pre_save(prototype, add=True), connection) for field in kept]
    by_name = {field.attname: field for field in model._meta.concrete_fields}
    names = [by_name[name].column for name in columns] + [field.column for field in kept]
    quoted = ", ".join(connection.ops.quote_name(name) for name in names)
    table = connection.ops.quote_name(model._meta.db_table)
    load = _copy if connection.vendor == "postgresql" else _insert
    return load(table, quoted, rows, defaults)


def reset_sequences(models_loaded: Sequence[type[models.Model]]) -> None:
    """Lets the next ids follow the highest that were loaded by hand."""
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), models_loaded):
            cursor.execute(statement)


def _copy(table: str, columns: str, rows: Iterable[Sequence[Any]], defaults: Sequence[Any]) -> int:
    count = 0
    # JSON defaults arrive as psycopg's wrapper objects, which COPY adapts as an INSERT would.
    with connection.cursor() as cursor, cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row((*row, *defaults))
            count += 1
    return count


def _insert(table: str, columns: str, rows: Iterable[Sequence[Any]], defaults: Sequence[Any]) -> int:
    count = 0
    remaining = iter(rows)
    statement = ""
    with connection.cursor() as cursor:
        while batch := [(*row, *defaults) for row in islice(remaining, BATCH)]:
            statement = statement or (
                f"INSERT INTO {table} ({columns}) VALUES ({', '.join(['%s'] * len(batch[0]))})"
            )
            cursor.executemany(statement, batch)
            count += len(batch)
    return count
