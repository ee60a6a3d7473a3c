"""``manage.py rescan``: asks for scans of repositories, of a team, of what fails an item, or of the whole fleet."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from assessments.choices import RescanScope
from assessments.models import Repository, Team
from assessments.services.rescans import request_rescan
from assessments.services.rulesets import built, current_version
from assessments.services.schedule import failing


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
        scope, of_team = RescanScope.CHOSEN, None
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
            of_team = Team.objects.filter(slug=team).first()
            if of_team is None:
                raise CommandError(f"There is no team {team!r}. [rescan.unknown]")
            wanted = wanted.filter(team=of_team)
            scope = RescanScope.CHOSEN if slugs or item else RescanScope.TEAM
        if item:
            if item not in {one.id for one in built(current_version())[1].items}:
                raise CommandError(f"The standard has no item {item!r}. [rescan.unknown]")
            wanted = failing(wanted, item)
            scope = RescanScope.CHOSEN if slugs or team else RescanScope.ITEM
        if options["all"] and not (slugs or team or item):
            scope = RescanScope.FLEET
        rescan = request_rescan(
            repositories=wanted,
            requested_by=None,
            scope=scope,
            team=of_team if scope == RescanScope.TEAM else None,
            item=(item or "") if scope == RescanScope.ITEM else "",
        )
        count = rescan.total if rescan else 0
        self.stdout.write(f"{count} scan{'' if count == 1 else 's'} asked for.")
