"""``manage.py seed_fleet``: a made-up fleet for trying the dashboard at scale."""

import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from assessments.services.rulesets import current_version, ensure_shipped
from assessments.services.seeding import NotEmpty, seed_fleet


class Command(BaseCommand):
    help = "Make up repositories, teams and a history, on a database without any. For trials and benchmarks."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--repositories", type=int, default=10_000)
        parser.add_argument("--teams", type=int, default=500)
        parser.add_argument("--days", type=int, default=365)
        parser.add_argument(
            "--activity",
            type=float,
            default=0.3,
            help="share of days on which a repository moved and was judged, 0 to 1 (default 0.3)",
        )
        parser.add_argument("--seed", type=int, default=1, help="the same seed gives the same fleet")

    def handle(self, *args: Any, **options: Any) -> None:
        repositories, teams, days = options["repositories"], options["teams"], options["days"]
        if not 1 <= teams <= repositories:
            raise CommandError("Every team has a repository: give 1 to REPOSITORIES teams. [seed.teams]")
        if not 0 <= days <= 3660 or not 0 <= options["activity"] <= 1:
            raise CommandError("Give 0 to 3660 days and an activity from 0 to 1. [seed.range]")
        began = time.monotonic()
        ensure_shipped()
        try:
            made = seed_fleet(
                version=current_version(),
                repositories=repositories,
                teams=teams,
                days=days,
                activity=options["activity"],
                seed=options["seed"],
                say=lambda words: self.stdout.write(f"{time.monotonic() - began:6.1f} s  {words}"),
            )
        except NotEmpty:
            raise CommandError(
                "This database has repositories already; made-up ones would mix with them. [seed.not-empty] "
                "Use an empty database."
            ) from None
        self.stdout.write(f"{time.monotonic() - began:6.1f} s  done: {made.assessments} assessments")
