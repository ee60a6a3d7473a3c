"""Judges the past of repositories: ``manage.py backfill SLUG… --months 12``."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from assessments.choices import WorkState
from assessments.models import HistoryRequest, Repository
from assessments.services.backfill import MAX_COMMITS, MAX_SECONDS, request_backfill
from assessments.tasks import work_on_the_past
from scanners.errors import ScanError
from scanners.sampling import INTERVALS


class Command(BaseCommand):
    help = "Judges commits of the past by today's rules; workers do it, or this process with --here."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "slugs", nargs="*", metavar="SLUG", help="repositories by the last part of their address"
        )
        parser.add_argument("--all", action="store_true", help="every repository that has been judged")
        parser.add_argument("--months", type=int, default=12, help="how far back (default: 12)")
        parser.add_argument(
            "--interval", choices=INTERVALS, default="month", help="one point per (default: month)"
        )
        parser.add_argument("--rejudge", action="store_true", help="only commits that older rulesets judged")
        parser.add_argument(
            "--max-commits", type=int, default=MAX_COMMITS, help="points per repository at most"
        )
        parser.add_argument(
            "--max-seconds", type=float, default=MAX_SECONDS, help="time per repository at most"
        )
        parser.add_argument("--here", action="store_true", help="do it now and here, and say how it went")

    def handle(self, *args: Any, **options: Any) -> None:
        repositories = Repository.objects.select_related("current")
        if options["all"] == bool(options["slugs"]):
            raise CommandError("Name repositories, or give --all. [backfill.what]")
        chosen = (
            repositories.filter(current__isnull=False)
            if options["all"]
            else repositories.filter(slug__in=options["slugs"])
        )
        unknown = set(options["slugs"]) - {one.slug for one in chosen}
        if unknown:
            raise CommandError(f"No repository is called {', '.join(sorted(unknown))}. [backfill.unknown]")
        failed = 0
        for repository in chosen:
            try:
                work = request_backfill(
                    repository=repository,
                    requested_by=None,
                    interval=options["interval"],
                    months=options["months"],
                    rejudge=options["rejudge"],
                    max_commits=options["max_commits"],
                    max_seconds=options["max_seconds"],
                    queue=not options["here"],
                )
            except ScanError as error:
                raise CommandError(f"{error} {error.hint}".strip()) from error
            if not options["here"]:
                self.stdout.write(f"{repository.slug}: queued")
                continue
            failed += not self._carry_out(repository, work)
        if failed:
            raise CommandError(f"{failed} of {len(chosen)} could not be done. [backfill.failed]")

    def _carry_out(self, repository: Repository, work: HistoryRequest) -> bool:
        work_on_the_past(work.pk)
        work.refresh_from_db()
        skipped = len(work.result.get("skipped", ()))
        left_out = f", {skipped} left out" if skipped else ""
        said = work.error or f"{work.done} of {work.total} points in {work.seconds:.1f} s{left_out}"
        self.stdout.write(f"{repository.slug}: {said}")
        for note in work.result.get("notes", ()):
            self.stdout.write(f"  {note}")
        return work.state == WorkState.DONE
