"""The admin: rules edited as drafts and published, repositories' settings, queues."""

from collections.abc import Callable
from html import unescape
from unittest.mock import patch

import pytest
from django.contrib.auth.models import AbstractUser
from django.test import Client

from assessments.models import AuditEvent, Repository, RulesetDraft, RulesetVersion, ScanRequest
from assessments.services.api_tokens import create_token
from assessments.services.rulesets import current_version
from tests import factories

pytestmark = pytest.mark.django_db
SignedIn = Callable[[AbstractUser], Client]


@pytest.fixture
def client(admin: AbstractUser, signed_in: SignedIn) -> Client:
    return signed_in(admin)


@pytest.fixture
def draft(client: Client, ruleset: RulesetVersion) -> RulesetDraft:
    response = client.post(
        "/admin/assessments/rulesetversion/", {"action": "start_draft", "_selected_action": [ruleset.pk]}
    )
    draft = RulesetDraft.objects.get()
    assert response["Location"] == f"/admin/assessments/rulesetdraft/{draft.pk}/change/"
    return draft


def save(client: Client, draft: RulesetDraft, document: str, **more: str) -> str:
    """What the page says after saving."""
    data = {"document": document, "revision": draft.revision, **more}
    address = f"/admin/assessments/rulesetdraft/{draft.pk}/change/"
    response = client.post(address, data, follow=True)
    assert response.status_code == 200
    return unescape(response.content.decode())


def test_a_published_version_can_be_read_and_not_changed(client: Client, ruleset: RulesetVersion) -> None:
    address = f"/admin/assessments/rulesetversion/{ruleset.pk}/"
    assert "industry-standards" in client.get(f"{address}change/").content.decode()
    assert client.post(f"{address}change/", {"document": "changed"}).status_code == 403
    assert client.post(f"{address}delete/", {"post": "yes"}).status_code == 403
    assert client.get("/admin/assessments/rulesetversion/add/").status_code == 403


def test_a_mistake_in_a_draft_is_said_and_kept(client: Client, draft: RulesetDraft) -> None:
    broken = draft.document.replace("weight: 1\n", "weight: heavy\n", 1)
    page = save(client, draft, broken, _continue="1")
    draft.refresh_from_db()
    assert draft.document.replace("\r\n", "\n").strip() == broken.strip()
    assert draft.problems and draft.problems[0].split(":")[0] in page


def test_a_draft_with_mistakes_is_not_published(client: Client, draft: RulesetDraft) -> None:
    before = current_version()
    save(
        client,
        draft,
        draft.document.replace("weight: 1\n", "weight: heavy\n", 1),
        publish_as="2",
        _publish="1",
    )
    assert current_version() == before


def test_a_good_draft_is_published_and_judged_by(client: Client, draft: RulesetDraft) -> None:
    judged = factories.assessment().repository
    edited = draft.document.replace("weight: 1\n", "weight: 2\n", 1)
    page = save(client, draft, edited, publish_as="2.0", notes="Heavier", _publish="1")
    assert "2.0 is published" in page
    assert (current_version().version, current_version().notes) == ("2.0", "Heavier")
    assert not RulesetDraft.objects.exists()
    assert ScanRequest.objects.get().repository == judged


def test_publishing_without_a_name_says_so(client: Client, draft: RulesetDraft) -> None:
    assert "Name the version" in save(client, draft, draft.document, _publish="1")
    assert RulesetDraft.objects.exists()


def test_a_draft_saved_by_somebody_else_is_not_overwritten(client: Client, draft: RulesetDraft) -> None:
    theirs = draft.document + "\n# theirs\n"
    save(client, draft, theirs)
    page = save(client, draft, draft.document + "\n# mine\n")
    draft.refresh_from_db()
    assert "# theirs" in draft.document and "# mine" not in draft.document
    assert "draft.stale" in page


@pytest.fixture
def repository() -> Repository:
    return factories.assessment().repository


def change(client: Client, repository: Repository, **values: str) -> str:
    data = {
        "name": repository.name,
        "team": str(repository.team_id),
        "tags": "[]",
        "interval_hours": "",
        "profile_override": "{}",
        "profile_override_reason": "",
        **values,
    }
    address = f"/admin/assessments/repository/{repository.pk}/change/"
    with patch("assessments.services.scans.enqueue"):
        response = client.post(address, data, follow=True)
    return str(response.content.decode())


def test_a_profile_is_overridden_with_a_reason_and_judged_again(
    client: Client, repository: Repository
) -> None:
    change(
        client, repository, profile_override='{"has_users": false}', profile_override_reason="Machines only"
    )
    repository.refresh_from_db()
    assert repository.profile_override == {"has_users": False}
    assert repository.current is not None
    assert ScanRequest.objects.get().repository == repository


@pytest.mark.parametrize(
    ("override", "reason"),
    [
        ('{"has_users": false}', ""),
        ('{"has_users": "no"}', "Why"),
        ('{"colour": true}', "Why"),
        ('{"kind": "toaster"}', "Why"),
        ("[1]", "Why"),
        ("{", "Why"),
    ],
)
def test_an_override_that_means_nothing_is_refused(
    client: Client, repository: Repository, override: str, reason: str
) -> None:
    change(client, repository, profile_override=override, profile_override_reason=reason)
    repository.refresh_from_db()
    assert repository.profile_override == {}
    assert not ScanRequest.objects.exists()


def test_the_pages_of_the_queues_are_there(client: Client, queues: str) -> None:
    page = client.get("/admin/queues/")
    assert page.status_code == 200 and b"exports" in page.content


@pytest.mark.parametrize(
    "place",
    [
        "assessments/team",
        "assessments/repository",
        "assessments/scanrequest",
        "assessments/rulesetversion",
        "assessments/rulesetdraft",
        "assessments/auditevent",
        "django_celery_beat/periodictask",
        "auth/user",
    ],
)
def test_every_list_opens(client: Client, repository: Repository, place: str) -> None:
    factories.scan(repository)
    assert client.get(f"/admin/{place}/?q=a").status_code == 200


def test_everybodys_tokens_are_listed_and_revoked_and_nothing_else(
    client: Client, admin: AbstractUser
) -> None:
    row, token = create_token(owner=factories.person(), name="Leaked", scopes=["read"])
    address = "/admin/assessments/apitoken/"
    for page in (address, f"{address}{row.pk}/change/"):
        text = client.get(page).content.decode()
        assert row.public_id in text
        assert token.rsplit("_", 1)[1] not in text and row.digest not in text
    assert client.get(f"{address}add/").status_code == 403
    assert client.post(f"{address}{row.pk}/change/", {"name": "x"}).status_code == 403
    assert client.post(f"{address}{row.pk}/delete/", {"post": "yes"}).status_code == 403
    data = {"action": "revoke", "_selected_action": [row.pk]}
    assert b"1 token revoked" in client.post(address, data, follow=True).content
    row.refresh_from_db()
    assert row.revoked_by == admin
    assert AuditEvent.objects.get(action="token.revoked").details["owner"] == str(row.owner)
