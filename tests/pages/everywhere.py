"""Every page of the product, on an installation where each of them has something to show.

``PAGES`` names every address that answers with a page of ours, ``OTHERS`` every one that does not; a test holds that
no address is in neither, so whoever adds a page gives it a line here and has it looked at by every check.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlsplit

from allauth.account.models import EmailAddress
from django.contrib.auth.models import AbstractUser
from django.core.management import call_command
from django.utils import timezone

from assessments.choices import (
    Channel,
    CredentialKind,
    Event,
    ExportScope,
    ExportState,
    Forge,
    MessageState,
    PastWork,
    PlanGoal,
    Role,
    ScanState,
    WorkState,
)
from assessments.models import (
    ApiToken,
    Credential,
    Export,
    HistoryRequest,
    Notification,
    PushHook,
    Repository,
    RulesetDraft,
    RulesetPreview,
    SavedView,
    Team,
)
from assessments.services.api_tokens import create_token, revoke_token
from assessments.services.credentials import add_credential, grant_credential
from assessments.services.delivery import stop_url
from assessments.services.hooks import add_hook
from assessments.services.plans import Wish, save_plan
from assessments.services.rulesets import DEFAULT, open_draft
from assessments.services.saved_views import save_view
from tests import factories

RED = {
    "testing.unit": "fail",
    "testing.e2e": "fail",
    "devops.ci": "fail",
    "documentation.readme": "fail",
    "documentation.code-comments": "fail",
    "logging.present": "fail",
    "architecture.layers": "fail",
    "database.pooling": "fail",
    "caching.http": "unknown",
}
LONG = "Überweisungsauftragsverwaltung-合同管理-إدارة العقود-" * 6
"""300 characters in several scripts, without a place to break most of them."""


@dataclass(frozen=True)
class Populated:
    """Who looks, and one of each thing that pages are about."""

    admin: AbstractUser
    team: Team
    repository: Repository
    """Judged twice, with red items, plan, backfill, exports and a failed scan since."""
    waiting: Repository
    """Never judged; its scan is under way."""
    broken: Repository
    """Never judged; its scan failed."""
    named: Repository
    """With a name of 300 characters."""
    credential: Credential
    hook: PushHook
    before: int
    after: int


def populate(admin: AbstractUser) -> Populated:
    """A fleet of some teams with a history, and beside it rows in each state that a page can show."""
    call_command("seed_fleet", repositories=24, teams=5, days=60, stdout=_Nowhere())
    now = timezone.now()
    team = factories.team(name="Payments", slug="payments")
    lead = factories.member(team, Role.LEAD)
    repository = factories.repository(
        name="Orders", slug="orders", team=team, mirror=factories.mirror("https://github.com/example/orders")
    )
    before = factories.assessment(
        repository, {**RED, "security.headers": "fail"}, now=now - timedelta(days=40)
    )
    after = factories.assessment(repository, RED, commit="b" * 40, now=now - timedelta(hours=2))
    factories.scan(repository, state=ScanState.DONE, requested_at=now, finished_at=now, summary="Judged bbb")
    _failed_scan(repository)
    waiting = factories.repository(name="Ledger", slug="ledger", team=team)
    factories.scan(waiting, state=ScanState.SCANNING, requested_at=now, started_at=now, claim="x")
    broken = factories.repository(name="Mailer", slug="mailer", team=team)
    _failed_scan(broken)
    factories.scan(factories.repository(name="Portal", slug="portal", team=team), requested_at=now)
    named = factories.repository(name=LONG[:300], slug="long", team=team)
    factories.assessment(named, {"testing.unit": "fail"}, now=now)
    for subject in (repository, team):
        save_plan(subject=subject, wish=Wish(goal=PlanGoal.ALL, starts_on=timezone.localdate()), actor=admin)
    credential = add_credential(
        name="Deploy token",
        kind=CredentialKind.TOKEN,
        secret="tok" + "en-4711-zwieback",
        prefixes=["https://forge.example/acme"],
        teams=[team],
        actor=admin,
    )
    guest = Repository.objects.exclude(team=team).select_related("team", "mirror")[0]
    grant_credential(
        credential=credential,
        team=guest.team,
        mirror=guest.mirror,
        reason="They ship our client",
        actor=admin,
    )
    hook, _ = add_hook(name="Pushes", provider=Forge.GITHUB, team=team, actor=admin)
    _tokens(admin, team)
    save_view(owner=admin, list="repositories", name=LONG[:200], query="grade=F&sort=-score")
    save_view(owner=admin, list="activity", name="What failed", query="state=failed")
    EmailAddress.objects.create(user=admin, email=admin.email, verified=True, primary=True)
    _messages(admin)
    _exports(repository, admin)
    _previews(open_draft(ruleset=DEFAULT, actor=admin), repository, named)
    HistoryRequest.objects.create(
        repository=repository,
        kind=PastWork.BACKFILL,
        params={"interval": "month", "months": 12, "rejudge": False},
        state=WorkState.RUNNING,
        requested_by=lead,
        requested_at=now,
        started_at=now,
        lease_until=now + timedelta(minutes=5),
        total=12,
        done=5,
        seconds=40,
    )
    repository.refresh_from_db()
    return Populated(admin, team, repository, waiting, broken, named, credential, hook, before.pk, after.pk)


class _Nowhere:
    def write(self, text: str) -> None:
        """Takes what the command says."""


def _failed_scan(repository: Repository) -> None:
    now = timezone.now()
    factories.scan(
        repository,
        state=ScanState.FAILED,
        requested_at=now,
        started_at=now,
        finished_at=now,
        attempts=1,
        error_id="source.unreachable",
        error="The host forge.example did not answer.",
        hint="Check the address, then scan again.",
        fault="network",
    )


def _messages(to: AbstractUser) -> None:
    """To one person: waiting, delivered, refused at once, given up after some tries."""
    now = timezone.now()
    rows = (
        (Event.DIGEST, Channel.MAIL, "The week of Payments", 1, {"state": MessageState.SENT}),
        (Event.GRADE_DROP, Channel.MAIL, "Orders fell from B- to C+", 1, {"state": MessageState.SENT}),
        (
            Event.GRADE_DROP,
            Channel.WEBHOOK,
            "Orders fell from B- to C+",
            5,
            {
                "state": MessageState.FAILED,
                "error_id": "notification.unreachable",
                "error": "The address did not answer.",
            },
        ),
        (
            Event.CRITICAL_GAP,
            Channel.MAIL,
            f"{LONG[:200]} has a new critical gap",
            1,
            {
                "state": MessageState.FAILED,
                "error_id": "notification.mail-refused",
                "error": "The mail server does not take this address.",
            },
        ),
        (Event.UNREADABLE, Channel.MAIL, "Mailer can't be read", 0, {"state": MessageState.WAITING}),
    )
    for number, (event, channel, subject, attempts, more) in enumerate(rows):
        at = now - timedelta(hours=2 * (len(rows) - number))
        Notification.objects.create(
            user=to,
            event=event,
            channel=channel,
            cause=f"example:{number}",
            day=at.date(),
            content={"subject": subject},
            attempts=attempts,
            due_at=at,
            created_at=at,
            sent_at=at if more["state"] == MessageState.SENT else None,
            **more,
        )


def _tokens(admin: AbstractUser, team: Team) -> None:
    """The first opens something; then one that ends soon, one that was revoked, and one that has ended."""
    now = timezone.now()
    create_token(owner=admin, name="Nightly figures", scopes=["read"])
    create_token(owner=admin, name="Pipeline", scopes=["read", "scan"], teams=[team], days=7)
    revoked, _ = create_token(owner=admin, name="Old dashboard", scopes=["read"])
    revoke_token(token=revoked, actor=admin)
    create_token(owner=admin, name="Trial", scopes=["read", "export"], now=now - timedelta(days=120))


def _exports(repository: Repository, admin: AbstractUser) -> None:
    now = timezone.now()
    of_one = {"repository": repository, "assessment": repository.current}
    rows = (
        {"state": ExportState.QUEUED, **of_one},
        {"state": ExportState.RUNNING, "scope": ExportScope.FLEET, "total": 24, "done": 7, "started_at": now},
        {
            "state": ExportState.DONE,
            "file": "orders.pdf",
            "size": 48_211,
            "expires_at": now + timedelta(days=3),
            **of_one,
        },
        {
            "state": ExportState.FAILED,
            "error_id": "export.failed",
            "error": "The file could not be made.",
            "scope": ExportScope.TEAM,
            "team": repository.team,
        },
        {"state": ExportState.CANCELLED, **of_one},
    )
    for row in rows:
        Export.objects.create(requested_by=admin, requested_at=now, **row)


def _previews(draft: RulesetDraft, *of: Repository) -> None:
    now = timezone.now()
    rows = [
        {
            "repository": one.pk,
            "name": one.name,
            "slug": one.slug,
            "team": one.team.name,
            "commit": "b" * 40,
            "letters": ["B+", ["D+", "A"][number % 2]],
            "scores": ["181/3", ["59/2", "85"][number % 2]],
            "raw_scores": ["181/3", ["59/2", "85"][number % 2]],
            "flips": [
                ["testing.unit", "pass", "fail"],
                ["devops.ci", "fail", "pass"],
                ["new.item", "", "unknown"],
            ],
            "unread": number,
            "afresh": bool(number),
        }
        for number, one in enumerate(of)
    ]
    skipped = {
        "repository": 0,
        "name": LONG[:200],
        "slug": "long",
        "team": "Payments",
        "id": "preview.no-mirror",
        "reason": "This machine has no mirror of it.",
    }
    result = {
        "version": draft.based_on.version,
        "chosen": [[row["repository"], 0] for row in rows] + [[0, 0]],
        "sample": {"of": 812, "letters": [["B+", 2, 700], ["", 1, 112]], "teams": [2, 40]},
        "rows": rows,
        "skipped": [skipped],
        "items": {
            "testing.unit": "Unit tests",
            "devops.ci": "Continuous integration",
            "new.item": "A new item",
        },
    }
    for state, more in (
        (WorkState.FAILED, {"error_id": "preview.failed", "error": "The preview could not be made."}),
        (WorkState.RUNNING, {"total": 50, "done": 7, "started_at": now - timedelta(seconds=20)}),
        (
            WorkState.DONE,
            {"result": result, "total": 3, "done": 3, "skipped": 1, "finished_at": now},
        ),
    ):
        values = {
            "revision": draft.revision,
            "requested_at": now,
            "lease_until": now + timedelta(minutes=1),
            **more,
        }
        RulesetPreview.objects.create(
            draft=draft,
            ruleset=draft.ruleset,
            name=str(draft),
            state=state,
            requested_by=draft.edited_by,
            **values,
        )
    RulesetDraft.objects.filter(pk=draft.pk).update(revision=draft.revision + 1)


def _preview_in(state: WorkState) -> str:
    return f"/standard/previews/{RulesetPreview.objects.filter(state=state).earliest('pk').key}/"


def pages(of: Populated) -> dict[str, str]:
    """Address by a name that says what is shown; the part before ``:`` is the name of the route."""
    repository, team = f"/repositories/{of.repository.slug}/", f"/teams/{of.team.slug}/"
    draft = "/admin/assessments/rulesetdraft/"
    return {
        "fleet": "/",
        "search": "/search/?q=orders",
        "search:nothing": "/search/?q=nothing-has-this-name",
        "components": "/components/",
        "repository-list": "/repositories/",
        "repository-list:nothing": "/repositories/?q=nothing-has-this-name",
        "repository-create": "/repositories/add/",
        "repository-detail": repository,
        "repository-detail:under-way": f"/repositories/{of.waiting.slug}/",
        "repository-detail:failed": f"/repositories/{of.broken.slug}/",
        "repository-detail:long-name": f"/repositories/{of.named.slug}/",
        "repository-settings": f"{repository}settings/",
        "repository-evidence": f"{repository}evidence/",
        "repository-evidence:item": f"{repository}evidence/?item=testing.unit",
        "repository-file": f"{repository}evidence/file/?path=app/main.py&line=3",
        "repository-history": f"{repository}history/",
        "repository-compare": f"{repository}compare/?from={of.before}&to={of.after}",
        "repository-schedule": f"{repository}schedule/",
        "repository-plan": f"{repository}plan/",
        "repository-plan:wish": f"{repository}plan/?goal=grade&target=A&starts_on={timezone.localdate()}",
        "team-list": "/teams/",
        "team-detail": team,
        "team-detail:capacity": f"{team}?capacity=4",
        "team-changes": f"/teams/{Repository.objects.exclude(team=of.team).earliest('pk').team.slug}/changes/",
        "team-changes:nothing": f"{team}changes/",
        "team-schedule": f"{team}schedule/",
        "team-plan": f"{team}plan/",
        "team-settings": f"{team}settings/",
        "source-list": "/credentials/",
        "credential-create": "/credentials/add/",
        "credential-detail": f"/credentials/{of.credential.pk}/",
        "credential-replace": f"/credentials/{of.credential.pk}/replace/",
        "credential-revoke": f"/credentials/{of.credential.pk}/revoke/",
        "hook-create": "/webhooks/add/",
        "hook-detail": f"/webhooks/{of.hook.public_id}/",
        "hook-revoke": f"/webhooks/{of.hook.public_id}/revoke/",
        "notifications": "/account/notifications/",
        "tokens": "/account/tokens/",
        "token-revoke": f"/account/tokens/{_token_of(of.admin)}/revoke/",
        "api-reference": "/api/",
        "notification-stop": urlsplit(stop_url(of.admin, Event.GRADE_DROP)).path,
        "standard": "/standard/",
        "standard-item": "/standard/testing.unit/",
        "preview-list": "/standard/previews/",
        "preview-detail": _preview_in(WorkState.DONE),
        "preview-detail:under-way": _preview_in(WorkState.RUNNING),
        "preview-detail:failed": _preview_in(WorkState.FAILED),
        "framework-list": "/frameworks/",
        "framework": "/frameworks/twelve-factor/",
        "framework-control": "/frameworks/twelve-factor/III/",
        "activity": "/activity/",
        "activity:failed": "/activity/?state=failed",
        "schedule": "/schedule/",
        "export-list": "/exports/",
        "repository-list:columns": "/repositories/?columns=name,score,team,running,error",
        "view-list": "/views/",
        "view-create": "/views/add/?list=repositories&query=grade%3DF%26sort%3D-score",
        "view-edit": f"/views/{_view_of(of.admin)}/edit/",
        "account_change_password": "/accounts/password/change/",
        "account_email": "/accounts/email/",
        "account_logout": "/accounts/logout/",
        "account_reauthenticate": "/accounts/reauthenticate/",
        "mfa_index": "/accounts/2fa/",
        "mfa_activate_totp": "/accounts/2fa/totp/activate/",
        "admin:drafts": draft,
        "nothing": "/no-such-page/",
    }


def _view_of(person: AbstractUser) -> int:
    return SavedView.objects.filter(owner=person).earliest("pk").pk


def _token_of(person: AbstractUser) -> str:
    return ApiToken.objects.filter(owner=person).earliest("pk").public_id


SIGNED_OUT: Mapping[str, str] = {
    "account_login": "/accounts/login/",
    "account_reset_password": "/accounts/password/reset/",
    "account_reset_password_done": "/accounts/password/reset/done/",
    "account_reset_password_from_key_done": "/accounts/password/reset/key/done/",
    "account_inactive": "/accounts/inactive/",
    "account_email_verification_sent": "/accounts/confirm-email/",
    "account_signup": "/accounts/signup/",
}
"""Pages for people who are not signed in."""

OTHERS = frozenset(
    {
        # A sign of life, figures, what forges send.
        "healthz",
        "readyz",
        "metrics",
        "push-hook",
        # Files.
        "export-download",
        "framework-export",
        "mfa_download_recovery_codes",
        # Leads on.
        "view-open",
        # Parts of pages.
        "repository-progress",
        "repository-backfill-progress",
        "rescan-progress",
        "preview-progress",
        "team-names",
        # Steps of signing in that need the one before, and what is for people without a password.
        "account_confirm_login_code",
        "account_set_password",
        "mfa_authenticate",
        "mfa_reauthenticate",
        # Needs a form that was sent without a session; tests/pages/test_bad_input.py holds it.
        "kept-form",
        # Need a second factor that was set up.
        "mfa_deactivate_totp",
        "mfa_generate_recovery_codes",
        "mfa_view_recovery_codes",
    }
)
"""Routes that answer GET with something else than a page, or with one only after a step before it."""
