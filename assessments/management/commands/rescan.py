"""``manage.py rescan``: asks for scans of repositories, of a team, of what fails an item, or of the whole fleet."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from assessments.models import Repository, Team
from assessments.services.rulesets import built, current_version
from assessments.services.schedule import failing, request_many


class Command(BaseCommand):
    help = "Ask for scans; workers carry them out behind what people wait for and ahead of the schedule."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "repositories", nargs="*", metavar="SLUG", help="a repository, as its address names it"
        )
        parser.add_argument("--team", metavar="SLUG", help="only those of this team")
        parser.add_argument(
            "--failing", metavar="ITEM", help="only those that fail this item, as testing.unit"
        )
        parser.add_argument("--all", action="store_true", help="the whole fleet")

    def handle(self, *args: Any, **options: Any) -> None:
        wanted = Repository.objects.all()
        slugs, team, item = options["repositories"], options["team"], options["failing"]
        if not (slugs or team or item or options["all"]):
            raise CommandError(
                "Name repositories, or give --team, --failing or --all. [rescan.nothing-named]"
            )
        if slugs:
            wanted = wanted.filter(slug__in=slugs)
            unknown = sorted(set(slugs) - set(wanted.values_list("slug", flat=True)))
            if unknown:
                raise CommandError(f"There is no repository {unknown[0]!r}. [rescan.unknown]")
        if team:
            if not Team.objects.filter(slug=team).exists():
                raise CommandError(f"There is no team {team!r}. [rescan.unknown]")
            wanted = wanted.filter(team__slug=team)
        if item:
            if item not in {one.id for one in built(current_version())[1].items}:
                raise CommandError(f"The standard has no item {item!r}. [rescan.unknown]")
            wanted = failing(wanted, item)
        count = request_many(repositories=wanted, requested_by=None)
        self.stdout.write(f"{count} scan{'' if count == 1 else 's'} asked for.")
