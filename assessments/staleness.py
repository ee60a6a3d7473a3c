"""Verdicts that outlive a measurement that failed.

An unknown that only says that something could not be read says nothing about the code, so the verdict before it
stands, marked stale, for at most 30 days since it was last confirmed. An unknown that was considered (the rule does
not know the language, or there is no rule) replaces it.
"""

from collections.abc import Mapping, Set
from dataclasses import dataclass
from datetime import datetime, timedelta

CARRIED_FOR = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Known:
    """A verdict as it stands; ``confirmed_at`` is when a measurement last led to it."""

    outcome: str
    confirmed_at: datetime


def carried(
    outcomes: Mapping[str, str], unread: Set[str], known: Mapping[str, Known], now: datetime
) -> dict[str, str]:
    """By item, the verdicts that stand in for unknowns in ``outcomes``.

    ``unread`` are the items whose unknown comes from a measurement that failed. One that is older than 30 days, or
    was unknown itself, carries nothing.
    """
    found = {}
    for item in outcomes:
        before = known.get(item)
        if item not in unread or outcomes[item] != "unknown" or before is None or before.outcome == "unknown":
            continue
        if now - before.confirmed_at <= CARRIED_FOR:
            found[item] = before.outcome
    return found
