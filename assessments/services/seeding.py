"""A made-up fleet for trying the dashboard at scale: teams that differ, grades that drift, a year of history.

Nothing of it is a real measurement, so it is made only where no repository is registered yet.
"""

import json
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import count

from django.db import connection, transaction
from django.utils import timezone

from assessments.grading import band, stars_of
from assessments.models import (
    Assessment,
    ChecklistItem,
    Mirror,
    Repository,
    RulesetVersion,
    Team,
    VerdictChange,
)
from assessments.services.assess import OUTCOMES, input_digest
from assessments.services.loading import bulk_load, reset_sequences
from assessments.services.rollups import refresh_trends, roll_up
from assessments.services.rulesets import DEFAULT, built
from assessments.standard import Standard

_TEAMS = (
    "Atlas",
    "Basalt",
    "Cedar",
    "Delta",
    "Ember",
    "Fjord",
    "Grove",
    "Harbour",
    "Iris",
    "Juniper",
    "Kelp",
    "Lumen",
)
_PARTS = (
    "billing",
    "catalog",
    "checkout",
    "identity",
    "ledger",
    "mailer",
    "orders",
    "portal",
    "search",
    "shipping",
)
_KINDS = ("api", "worker", "web", "gateway", "jobs", "client")
_STACKS = (
    ("python", "django"),
    ("python", "fastapi"),
    ("javascript", "express"),
    ("typescript", "nestjs"),
    ("go",),
    ("java", "spring-boot"),
    ("ruby", "rails"),
    ("php", "laravel"),
    ("csharp", "aspnetcore"),
    ("rust", "axum"),
)


class NotEmpty(Exception):
    """There are repositories already; made-up ones would mix with them."""


@dataclass(frozen=True, slots=True)
class Seeded:
    teams: int
    repositories: int
    assessments: int
    changes: int
    items: int
    days: int


@dataclass(slots=True)
class _State:
    """One repository while its year is played: a letter per item, in the ruleset's order."""

    pk: int
    letters: list[str]
    assessment: int = 0


class _Grader:
    """Score, letter and stars of a verdict vector; the same formulas as ``grading``, on precomputed places.

    ``grading`` takes half a millisecond a vector, which a million of them would turn into ten minutes.
    """

    def __init__(self, standard: Standard) -> None:
        self.standard = standard
        self.foundation = [n for n, item in enumerate(standard.items) if item.tier == "foundation"]
        self.production = [n for n, item in enumerate(standard.items) if item.tier == "production"]
        self.split = (float(standard.split["foundation"]), float(standard.split["production"]))
        self.areas = [
            (area.id, [n for n, item in enumerate(standard.items) if item.area == area.id])
            for area in standard.areas
        ]
        self._stars = {
            (p, f): stars_of(Fraction(p, p + f) if p + f else None) for p in range(30) for f in range(30)
        }
        self._letters: dict[Decimal, str] = {}

    def score(self, letters: list[str]) -> Decimal:
        rates = []
        for places in (self.foundation, self.production):
            passed = sum(letters[n] == "p" for n in places)
            known = passed + sum(letters[n] == "f" for n in places)
            rates.append(Fraction(passed, known) if known else Fraction(0))
        exact = sum(
            (
                self.standard.split[tier] * rate
                for tier, rate in zip(("foundation", "production"), rates, strict=True)
            ),
            Fraction(0),
        )
        return Decimal(exact.numerator * 10**6 // exact.denominator) / 10**6

    def letter(self, score: Decimal) -> str:
        if score not in self._letters:
            self._letters[score] = band(self.standard, Fraction(score))[0]
        return self._letters[score]

    def stars(self, letters: list[str]) -> str:
        found = {}
        for area, places in self.areas:
            outcomes = [letters[n] for n in places]
            found[area] = self._stars[outcomes.count("p"), outcomes.count("f")]
        return json.dumps(found, separators=(",", ":"))


def seed_fleet(
    *,
    version: RulesetVersion,
    repositories: int,
    teams: int,
    days: int,
    activity: float,
    seed: int,
    say: Callable[[str], None] = lambda words: None,
    now: datetime | None = None,
) -> Seeded:
    """What was made. ``activity`` is the share of days on which a repository moved and so was judged.

    Raises NotEmpty where repositories exist. The same seed gives the same fleet.
    """
    if Repository.objects.exists():
        raise NotEmpty
    moment = now or timezone.now()
    chance = random.Random(seed)
    _, standard = built(version)
    with transaction.atomic():
        team_ids = _load_teams(teams)
        states = _load_repositories(repositories, team_ids, standard, chance)
        say(f"{len(team_ids)} teams and {len(states)} repositories")
        assessments, changes, last = _load_history(states, version, standard, days, activity, chance, moment)
        say(f"{assessments} assessments and {changes} changes over {days} days")
        items = bulk_load(
            ChecklistItem,
            (
                "repository_id",
                "ruleset",
                "item",
                "outcome",
                "evidence",
                "looked_for",
                "reason",
                "since",
                "measured_at",
            ),
            _checklist(states, standard, moment),
        )
        say(f"{items} checklist items")
        _point_at(states, last)
        reset_sequences([Team, Mirror, Repository, Assessment])
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
    refresh_trends([state.pk for state in states], now=moment)
    rolled = roll_up(moment.date() - timedelta(days=days), now=moment)
    say(f"{rolled} days rolled up")
    return Seeded(len(team_ids), len(states), assessments, changes, items, rolled)


def _load_teams(number: int) -> list[int]:
    first = (Team.objects.order_by("-pk").values_list("pk", flat=True).first() or 0) + 1
    ids = list(range(first, first + number))
    bulk_load(
        Team,
        ("id", "name", "slug"),
        (
            (
                pk,
                f"{_TEAMS[n % len(_TEAMS)]} {n // len(_TEAMS) + 1}",
                f"{_TEAMS[n % len(_TEAMS)].lower()}-{n // len(_TEAMS) + 1}",
            )
            for n, pk in enumerate(ids)
        ),
    )
    return ids


def _load_repositories(
    number: int, teams: list[int], standard: Standard, chance: random.Random
) -> list[_State]:
    """Repositories with what they are judged to be at the start of the year.

    A team is better or worse as a whole, an item easier or harder; foundations are common, the rest rare.
    """
    quality = {team: chance.gauss(0.0, 0.16) for team in teams}
    ease = [
        min(0.97, max(0.03, (0.72 if item.tier == "foundation" else 0.24) + chance.gauss(0, 0.18)))
        for item in standard.items
    ]
    first = (Repository.objects.order_by("-pk").values_list("pk", flat=True).first() or 0) + 1
    first_mirror = (Mirror.objects.order_by("-pk").values_list("pk", flat=True).first() or 0) + 1
    states, mirrors, rows = [], [], []
    for n in range(number):
        team = teams[n % len(teams)]
        own = quality[team] + chance.gauss(0, 0.1)
        letters = []
        for base in ease:
            kind = chance.random()
            if kind < 0.08:
                letters.append("n")
            elif kind < 0.10:
                letters.append("u")
            else:
                letters.append("p" if chance.random() < base + own else "f")
        name = f"{_PARTS[n % len(_PARTS)]}-{_KINDS[n // len(_PARTS) % len(_KINDS)]}-{n + 1}"
        address = f"https://git.example.org/team-{team}/{name}"
        mirrors.append((first_mirror + n, address, address))
        stack = json.dumps(_STACKS[chance.randrange(len(_STACKS))])
        rows.append((first + n, first_mirror + n, team, name, name, stack))
        states.append(_State(first + n, letters))
    bulk_load(Mirror, ("id", "url", "canonical"), mirrors)
    # Made-up addresses answer nobody, so nothing of them is ever due.
    bulk_load(
        Repository,
        ("id", "mirror_id", "team_id", "name", "slug", "stack", "next_scan_at"),
        ((*row, datetime(2100, 1, 1, tzinfo=UTC)) for row in rows),
    )
    return states


_ASSESSMENT_COLUMNS = (
    "id",
    "repository_id",
    "ruleset_id",
    "commit",
    "input_digest",
    "as_of",
    "judged_at",
    "letter",
    "score",
    "effective_letter",
    "effective_score",
    "stars",
    "verdicts",
    "profile",
    "stack",
)


@dataclass(frozen=True, slots=True)
class _Last:
    assessment: int
    letter: str
    score: Decimal
    at: datetime


def _load_history(
    states: list[_State],
    version: RulesetVersion,
    standard: Standard,
    days: int,
    activity: float,
    chance: random.Random,
    moment: datetime,
) -> tuple[int, int, dict[int, _Last]]:
    grader = _Grader(standard)
    digest = input_digest({}, True)
    profile = json.dumps(
        {
            "kind": "service",
            "has_http_api": True,
            "has_database": True,
            "has_users": True,
            "has_docs_ui": False,
        }
    )
    numbers = count((Assessment.objects.order_by("-pk").values_list("pk", flat=True).first() or 0) + 1)
    last: dict[int, _Last] = {}
    changes: list[tuple[int, int, str, str, str, str, datetime]] = []

    def play() -> Iterator[tuple[object, ...]]:
        for offset in range(days, -1, -1):
            begin = datetime.combine(moment.date() - timedelta(days=offset), time(2), UTC)
            for state in states:
                first = state.pk not in last
                if not first and chance.random() >= activity:
                    continue
                at = min(begin + timedelta(seconds=chance.randrange(3600 * 6)), moment)
                pk = next(numbers)
                if not first:
                    for item, before, after in _drift(state, standard, chance):
                        changes.append((state.pk, pk, item, OUTCOMES[before], OUTCOMES[after], "code", at))
                score = grader.score(state.letters)
                letter = grader.letter(score)
                last[state.pk] = _Last(pk, letter, score, at)
                yield (
                    pk,
                    state.pk,
                    version.pk,
                    f"{chance.getrandbits(160):040x}",
                    digest,
                    at - timedelta(hours=1),
                    at,
                    letter,
                    score,
                    letter,
                    score,
                    grader.stars(state.letters),
                    "".join(state.letters),
                    profile,
                    "[]",
                )

    assessments = bulk_load(Assessment, _ASSESSMENT_COLUMNS, play())
    flips = bulk_load(
        VerdictChange, ("repository_id", "assessment_id", "item", "before", "after", "cause", "at"), changes
    )
    return assessments, flips, last


def _drift(state: _State, standard: Standard, chance: random.Random) -> list[tuple[str, str, str]]:
    """A few flips, more often for the better: (item, letter before, letter after)."""
    flips = []
    for _ in range(chance.choices((0, 1, 2, 4), weights=(70, 20, 8, 2))[0]):
        place = chance.randrange(len(state.letters))
        before = state.letters[place]
        if before == "f" and chance.random() < 0.5:
            after = "p"
        elif before == "p" and chance.random() < 0.3:
            after = "f"
        else:
            continue
        state.letters[place] = after
        flips.append((standard.items[place].id, before, after))
    return flips


def _checklist(states: list[_State], standard: Standard, moment: datetime) -> Iterator[tuple[object, ...]]:
    found = json.dumps(
        [
            {
                "path": "src/main.py",
                "line": 12,
                "excerpt": "made up for a trial",
                "strength": "strong",
                "note": "",
            }
        ]
    )
    sought = json.dumps(["What the rule of this item looks for"])
    for state in states:
        for item, letter in zip(standard.items, state.letters, strict=True):
            evidence = found if letter == "p" else "[]"
            yield state.pk, DEFAULT, item.id, OUTCOMES[letter], evidence, sought, "", moment, moment


def _point_at(states: list[_State], last: dict[int, _Last]) -> None:
    Repository.objects.bulk_update(
        [
            Repository(
                pk=state.pk,
                current_id=last[state.pk].assessment,
                letter=last[state.pk].letter,
                score=last[state.pk].score,
                judged_at=last[state.pk].at,
            )
            for state in states
        ],
        ["current", "letter", "score", "judged_at"],
        batch_size=500,
    )
