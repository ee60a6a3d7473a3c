"""``manage.py set_up``: database, ruleset, schedule and first administrator; safe to run again."""

from typing import Any

from django.core.management.base import BaseCommand

from assessments.services.installation import prepare
from assessments.services.rulesets import current_version


class Command(BaseCommand):
    help = "Migrate, load the ruleset and the schedule, and make the first administrator."
    requires_migrations_checks = False

    def handle(self, *args: Any, **options: Any) -> None:
        email, password = prepare()
        self.stdout.write(f"The current ruleset is {current_version()}.")
        if password:
            self.stdout.write(f"Sign in as {email} with the one-time password {password}")
        else:
            self.stdout.write(f"The administrator is {email}.")
