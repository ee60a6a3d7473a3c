"""What an installation needs before its processes start: static files, tables, ruleset, schedule, first administrator."""

from django.conf import settings
from django.core.management import call_command

from assessments.services.people import ensure_admin
from assessments.services.periodic import ensure_schedule
from assessments.services.rulesets import ensure_shipped
from assessments.static_files import lay_out
from scanners.rules import SHIPPED


def prepare() -> tuple[str, str | None]:
    """The administrator's e-mail and one-time password (see ``ensure_admin``); safe to call again."""
    lay_out(settings.BASE_DIR / "static", settings.STATIC_ROOT)
    call_command("migrate", verbosity=0, interactive=False)
    for ruleset in SHIPPED:
        ensure_shipped(ruleset)
    ensure_schedule(settings.PERIODIC_TASKS)
    return ensure_admin()
