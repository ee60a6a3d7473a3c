"""``manage.py rotate_credentials``: every stored secret under the newest key."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from assessments.services.credentials import rotate_all
from assessments.vault import add_key, drop_old_keys
from scanners.errors import ScanError


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
        try:
            self._rotate(new_key=options["new_key"], drop_old=options["drop_old"])
        except ScanError as error:
            raise CommandError(f"{error} {error.hint}".strip()) from None

    def _rotate(self, *, new_key: bool, drop_old: bool) -> None:
        if new_key:
            add_key()
        sealed, closed = rotate_all()
        self.stdout.write(f"{sealed} stored secret{'' if sealed == 1 else 's'} sealed with the newest key.")
        if closed:
            raise CommandError(
                f"No key opens: {', '.join(closed)}. Replace these secrets, or add the key they were sealed with."
                " [credential.sealed]"
            )
        if drop_old:
            drop_old_keys()
            self.stdout.write("The earlier keys are forgotten.")
