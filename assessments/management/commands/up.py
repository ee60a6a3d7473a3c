"""``manage.py up [SOURCE ...]``: the whole product on this machine, from nothing."""

import contextlib
import os
import sys
import time
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import close_old_connections

from assessments.choices import ACTIVE_STATES, ScanState
from assessments.models import Repository, ScanRequest
from assessments.processes import ROOT, free_port, product, valkey, wait_for_socket
from assessments.services.installation import prepare
from assessments.services.past import recover_work
from assessments.services.people import must_change_password
from assessments.services.recovery import resume_all
from assessments.services.repositories import ensure_team, register_repository
from assessments.supervisor import Supervisor
from scanners.errors import ScanError

_WORDS = {
    ScanState.QUEUED: "queued",
    ScanState.CLONING: "fetching",
    ScanState.SCANNING: "reading",
    ScanState.GRADING: "grading",
}


class Command(BaseCommand):
    help = "Set Plumbline up, judge each SOURCE (this checkout where none is given) and serve the dashboard."
    requires_migrations_checks = False

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "sources", nargs="*", metavar="SOURCE", help="a URL or a local path of a repository"
        )
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=8000, help="the first port to try (default 8000)")
        parser.add_argument("--scan-workers", type=int, default=2, help="scans at the same time (default 2)")
        parser.add_argument("--exit", action="store_true", help="stop once every SOURCE has been judged")

    def handle(self, *args: Any, **options: Any) -> None:
        port = free_port(options["host"], options["port"])
        if port is None:
            raise CommandError(f"No free port from {options['port']} on. [up.no-port] Name one with --port.")
        if port != options["port"]:
            self._say(f"Port {options['port']} is taken; {port} is used instead.")
        data_dir = Path(settings.DATA_DIR)
        data_dir.mkdir(parents=True, exist_ok=True)
        self._take_place(data_dir)
        if options["host"] in ("127.0.0.1", "localhost"):
            # Only people on this machine reach the form, so it may name folders of this machine.
            os.environ.setdefault("PLUMBLINE_ALLOW_LOCAL_SOURCES", "true")
        children = product(data_dir, options["host"], port, scan_workers=options["scan_workers"])
        if settings.ENVIRONMENT.embedded:
            children.insert(0, valkey(settings.ENVIRONMENT.socket, data_dir))
        supervisor = Supervisor(children, self._say)
        supervisor.stop_on_signals()
        try:
            supervisor.start("broker")
            email, password = self._prepare()
            # Before anything that may take long or be interrupted: the password is shown this once only.
            self._introduce(email, password)
            if settings.ENVIRONMENT.embedded:
                self._resume(supervisor)
            supervisor.start()
            address = f"http://{options['host']}:{port}/"
            self._say(f"Judging what was named; the dashboard opens at {address} meanwhile.")
            scans = self._register(options["sources"] or [str(ROOT)])
            failed = self._watch(supervisor, scans)
            if not supervisor.stopping:
                self._say(f"Plumbline is at {address}")
                self._say("Ctrl-C stops it.")
            if options["exit"]:
                sys.exit(1 if failed else 0)
            supervisor.run()
        finally:
            self._say("Stopping.")
            supervisor.stop()

    def _resume(self, supervisor: Supervisor) -> None:
        """Goes on with what an earlier run left: with our own broker no other worker can be at it."""
        broker = supervisor.children[0]
        if not wait_for_socket(settings.ENVIRONMENT.socket):
            raise CommandError(f"The embedded broker does not start. [up.no-broker] See {broker.log}.")
        waiting = resume_all()
        recover_work(at_start=True)
        if waiting:
            self._say(f"Going on with {waiting} scan{'' if waiting == 1 else 's'} of an earlier run.")

    def _take_place(self, data_dir: Path) -> None:
        """One installation per data folder: a second ``up`` beside the first would fight over its socket."""
        import fcntl

        self._lock = (data_dir / "up.lock").open("w")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise CommandError(
                f"Plumbline is running already on {data_dir}. [up.running]"
                " Set PLUMBLINE_DATA_DIR for a second one."
            ) from None

    def _prepare(self) -> tuple[str, str | None]:
        self._say("Preparing the database.")
        return prepare()

    def _register(self, sources: list[str]) -> list[int]:
        team = ensure_team(settings.ENVIRONMENT.organisation)
        scans = []
        for source in sources:
            try:
                _, scan = register_repository(source=source, team=team, actor=None, allow_local=True)
            except ScanError as error:
                self._say(f"{source}: {error} {error.hint}".strip())
                continue
            scans.append(scan.pk)
        return scans

    def _watch(self, supervisor: Supervisor, scans: list[int]) -> int:
        """How many of the scans failed; shows how far each is until all have ended."""
        shown: dict[int, str] = {}
        started = time.monotonic()

        def finished() -> bool:
            close_old_connections()
            rows = list(ScanRequest.objects.filter(pk__in=scans).select_related("repository"))
            for scan in rows:
                if shown.get(scan.pk) != scan.state:
                    shown[scan.pk] = scan.state
                    self._show(scan, time.monotonic() - started)
            return all(scan.state not in ACTIVE_STATES for scan in rows)

        supervisor.run(until=finished, pause=0.2)
        return ScanRequest.objects.filter(pk__in=scans).exclude(state=ScanState.DONE).count()

    def _show(self, scan: ScanRequest, seconds: float) -> None:
        name = scan.repository.name
        if scan.state == ScanState.DONE:
            repository = Repository.objects.get(pk=scan.repository_id)
            score = "" if repository.score is None else f", {int(repository.score * 10) / 10} of 100"
            self._say(f"[{seconds:5.1f} s] {name}: {repository.letter or 'no grade'}{score}")
        elif scan.state == ScanState.FAILED:
            self._say(f"[{seconds:5.1f} s] {name}: {scan.error} [{scan.error_id}] {scan.hint}".rstrip())
        else:
            self._say(f"[{seconds:5.1f} s] {name}: {_WORDS.get(ScanState(scan.state), scan.state)}")

    def _introduce(self, email: str, password: str | None) -> None:
        if password:
            self._say(f"Sign in as {email} with the one-time password {password}")
            self._say("It must be changed at the first sign-in and is not shown again.")
        elif must_change_password(email=email):
            self._say(f"Sign in as {email} with the one-time password shown at the first start.")
            self._say(f"If it is lost, `manage.py changepassword {email}` sets another.")
        else:
            self._say(f"Sign in as {email}.")

    def _say(self, text: str) -> None:
        with contextlib.suppress(BrokenPipeError):
            self.stdout.write(text)
            self.stdout.flush()
