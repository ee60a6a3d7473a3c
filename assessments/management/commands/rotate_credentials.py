"""``manage.py rotate_credentials``: every stored secret under the newest key."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from assessments.services.credentials import rotate_all
from config.env import new_credential_key, write_private


class Command(BaseCommand):
    help = "Seal every stored token, key and secret anew with the newest of PLUMBLINE_CREDENTIAL_KEYS."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--new-key",
            action="store_true",
            help="make a new key first; only for the keys that the installation keeps in its data folder",
        )
        parser.add_argument(
            "--drop-old",
            action="store_true",
            help="forget the earlier keys of the data folder once nothing needs them any more",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        place = settings.CREDENTIAL_KEYS_FILE
        if (options["new_key"] or options["drop_old"]) and place is None:
            raise CommandError(
                "The keys come from PLUMBLINE_CREDENTIAL_KEYS: put a new one first there. [credential.keys-given]"
            )
        if options["new_key"]:
            settings.CREDENTIAL_KEYS = [new_credential_key(), *settings.CREDENTIAL_KEYS]
            write_private(place, "\n".join(settings.CREDENTIAL_KEYS), replace=True)
        sealed, closed = rotate_all()
        self.stdout.write(f"{sealed} stored secret{'' if sealed == 1 else 's'} sealed with the newest key.")
        if closed:
            raise CommandError(
                f"No key opens: {', '.join(closed)}. Replace these secrets, or add the key they were sealed with."
                " [credential.sealed]"
            )
        if options["drop_old"]:
            settings.CREDENTIAL_KEYS = settings.CREDENTIAL_KEYS[:1]
            write_private(place, settings.CREDENTIAL_KEYS[0], replace=True)
            self.stdout.write("The earlier keys are forgotten.")
