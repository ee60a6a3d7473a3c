"""``manage.py set_up``: database, ruleset, schedule and first administrator; safe to run again."""

from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand

from assessments.services.people import ensure_admin
from assessments.services.periodic import ensure_schedule
from assessments.services.rulesets import ensure_shipped


class Command(BaseCommand):
    help = "Migrate, load the ruleset and the schedule, and make the first administrator."
    requires_migrations_checks = False

    def handle(self, *args: Any, **options: Any) -> None:
        call_command("migrate", verbosity=0, interactive=False)
        version = ensure_shipped()
        ensure_schedule()
        email, password = ensure_admin()
        self.stdout.write(f"The current ruleset is {version}.")
        if password:
            self.stdout.write(f"Sign in as {email} with the one-time password {password}")
        else:
            self.stdout.write(f"The administrator is {email}.")
