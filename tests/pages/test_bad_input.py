"""What people send that cannot be taken as it is: it is never an error of ours, is kept, and is told what to do."""

import time
from collections.abc import Callable
from datetime import timedelta
from itertools import product
from typing import Any

import pytest
from django.contrib.auth.models import AbstractUser
from django.test import Client
from django.utils import timezone

from assessments import kept_forms
from assessments.choices import Role
from assessments.models import ChecklistItem, Export, Repository, ScanRequest, Team
from assessments.services.intervals import scan_policy
from scanners.facts import Evidence
from tests import factories
from tests.pages.everywhere import LONG, Populated, pages, populate

pytestmark = pytest.mark.django_db
SignedIn = Callable[[AbstractUser], Client]
ODD = (
    "page=0",
    "page=-1&sort=--name",
    "page=" + "9" * 400,
    "sort=password&state=nothing&grade=Z",
    "team=%00&area=nowhere&status=%FF&format=exe&scope=all",
    "q=" + "a" * 6000,
    "q=%00%FF%27%22%3Cscript%3Ealert(1)%3C%2Fscript%3E",
    "columns=nothing,%2C%2C&item=none&ruleset=none&rules=9&weight=x",
    "from=x&to=" + "9" * 30,
    "from=-1&to=0&goal=all&target=Z&starts_on=1999-13-45&measure=x",
    "interval=century&months=-5&days=x&date=2026-02-30",
)
IDS = (
    "/repositories/nowhere/",
    "/repositories/nowhere/plan/",
    "/repositories/nowhere/history/",
    "/teams/nowhere/",
    "/teams/nowhere/plan/",
    "/standard/no.such-item/",
    "/standard/%00/",
    "/frameworks/nothing/",
    "/frameworks/twelve-factor/XCIX/",
    "/credentials/999999/",
    "/credentials/99999999999999999999999/",
    "/webhooks/none/",
    "/exports/0b7e6f3a-4f0c-4d9e-9a55-3f6f1f2c7d10/",
    "/exports/not-a-key/",
    "/standard/previews/0b7e6f3a-4f0c-4d9e-9a55-3f6f1f2c7d10/",
    "/standard/previews/not-a-key/",
    "/activity/rescans/99999999999999999999999/",
    "/account/tokens/none/revoke/",
    "/notifications/stop/none/",
)


@pytest.fixture
def admin_client(admin: AbstractUser, signed_in: SignedIn) -> Client:
    return signed_in(admin)


def test_unknown_filters_sort_keys_and_pages_are_never_an_error(
    admin: AbstractUser, admin_client: Client
) -> None:
    everything: Populated = populate(admin)
    wrong = []
    addresses = {address.partition("?")[0]: name for name, address in pages(everything).items()}
    for (address, name), query in product(addresses.items(), ODD):
        if name.startswith(("admin:", "account_", "mfa_", "nothing", "notification-stop")):
            continue
        response = admin_client.get(f"{address}?{query}")
        # 302: a page for which one has to sign in again. 422: a form in the address, with its errors beside it.
        if response.status_code not in (200, 302, 404, 422) or b"<script>alert" in response.content:
            wrong.append((address, query[:40], response.status_code))
    assert wrong == []


@pytest.mark.parametrize("address", IDS)
def test_unknown_ids_lead_to_a_page_of_ours(admin_client: Client, address: str) -> None:
    response = admin_client.get(address)
    assert response.status_code == 404
    assert "There is nothing here" in response.content.decode()


@pytest.mark.parametrize(
    "address",
    [
        "/activity/99999999999999999999999/cancel/",
        "/activity/999/cancel/",
        "/credentials/99999999999999999999999/grants/",
        "/repositories/nowhere/scan/",
        "/teams/nowhere/scan/",
        "/exports/0b7e6f3a-4f0c-4d9e-9a55-3f6f1f2c7d10/cancel/",
    ],
)
def test_what_is_sent_to_unknown_ids_changes_nothing(admin_client: Client, address: str) -> None:
    assert admin_client.post(address, {"x": "y"}).status_code == 404


@pytest.mark.parametrize("address", ["/repositories/", "/search/", "/teams/"])
def test_an_overlong_search_is_shortened_and_stays_in_its_field(admin_client: Client, address: str) -> None:
    factories.repository()
    page = admin_client.get(address, {"q": "wort " * 1500}).content.decode()
    assert 'value="wort wort wort' in page
    assert len(page) < 100_000  # links of the page carry it on


@pytest.mark.parametrize(
    "name", [LONG[:300], "契約" * 150, "ก" * 300, "\u202eevil" * 60, "🦊" * 300], ids=str.isascii
)
def test_a_name_of_300_characters_is_taken_or_kept_with_a_word(admin_client: Client, name: str) -> None:
    team = factories.team()
    response = admin_client.post(
        "/repositories/add/", {"source": "https://github.com/a/b", "name": name, "team": team.pk}
    )
    made = Repository.objects.filter(team=team).first()
    if made:
        assert response.status_code == 302 and made.slug
        assert admin_client.get(f"/repositories/{made.slug}/").status_code == 200
    else:
        page = response.content.decode()
        assert response.status_code == 422 and name[:50] in page and "https://github.com/a/b" in page
        assert "characters" in page


def test_a_form_sent_twice_acts_once(admin: AbstractUser, admin_client: Client) -> None:
    team = factories.team()
    form = {"source": "https://github.com/a/b", "name": "Twice", "team": team.pk}
    admin_client.post("/repositories/add/", form)
    again = admin_client.post("/repositories/add/", form)
    assert Repository.objects.filter(team=team).count() == 1
    assert ScanRequest.objects.count() == 1
    assert again.status_code in (302, 422)
    judged = factories.assessment(factories.repository(team=team)).repository
    for _ in range(2):
        admin_client.post(f"/repositories/{judged.slug}/scan/")
        admin_client.post(f"/repositories/{judged.slug}/export/", {"format": "pdf"})
    assert ScanRequest.objects.filter(repository=judged).count() == 1
    assert Export.objects.filter(repository=judged).count() == 1


def schedule_form(client: Client, address: str) -> dict[str, str]:
    """What the browser would send back of the page as it is."""
    form = client.get(address).context["form"]
    return {name: form[name].value() for name in form.fields if form[name].value() not in (None, False)}


def test_two_people_who_change_one_schedule_hear_of_each_other(signed_in: SignedIn) -> None:
    team = factories.team()
    address = f"/teams/{team.slug}/schedule/"
    first, second = (signed_in(factories.member(team, Role.LEAD)) for _ in range(2))
    of_first, of_second = schedule_form(first, address), schedule_form(second, address)
    assert first.post(address, {**of_first, "interval_hours": 48}).status_code == 302
    late = second.post(address, {**of_second, "interval_hours": 12})
    page = late.content.decode()
    assert late.status_code == 422
    assert 'value="12"' in page  # what was typed
    assert "48" in page and "meanwhile" in page
    team.refresh_from_db()
    assert team.interval_hours == 48
    sure = late.context["form"]
    again = {**of_second, "interval_hours": 12, "opened": sure["opened"].value()}
    assert second.post(address, again).status_code == 302
    assert Team.objects.get(pk=team.pk).interval_hours == 12


def test_the_organisations_schedule_tells_of_another_change_too(signed_in: SignedIn) -> None:
    client, address = signed_in(factories.admin()), "/schedule/"
    opened = {**schedule_form(client, address), "window_zone": "UTC"}
    assert client.post(address, {**opened, "interval_hours": 48}).status_code == 302
    assert client.post(address, {**opened, "interval_hours": 12}).status_code == 422
    assert scan_policy().interval_hours == 48


def test_what_was_typed_outlives_the_session(ruleset: Any, queue_server: str) -> None:
    user, team = factories.admin(), factories.team()
    client = Client()
    typed = {
        "source": "https://github.com/a/b",
        "name": "Zwölf\r\nZeilen",
        "team": str(team.pk),
        "secret": "hush",
    }
    response = client.post("/repositories/add/", typed)
    assert response.status_code == 302 and response["Location"].startswith(
        "/accounts/login/?next=/account/kept-form/"
    )
    assert not Repository.objects.exists()
    signs_in = client.post(response["Location"], {"login": user.email, "password": factories.PASSWORD})
    assert signs_in["Location"] == "/account/kept-form/"
    page = client.get("/account/kept-form/").content.decode()
    assert "Zwölf" in page and 'action="/repositories/add/"' in page and "hush" not in page
    assert "Secrets are not kept" in page
    assert client.post("/account/kept-form/").status_code == 302
    assert client.get("/account/kept-form/").status_code == 302


def test_too_much_too_old_and_too_often_is_not_kept(
    ruleset: Any, queue_server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = Client()
    large = client.post("/repositories/add/", {"name": "x" * (kept_forms.MAX_BYTES + 1)})
    assert large["Location"] == "/accounts/login/?next=/repositories/add/"
    client.post("/repositories/add/", {"name": "x"})
    assert kept_forms.kept(client.session)
    now = time.time()
    monkeypatch.setattr(kept_forms.time, "time", lambda: now + kept_forms.SECONDS + 1)
    assert kept_forms.kept(client.session) is None
    monkeypatch.setattr(kept_forms, "MAX_AN_HOUR", 0)
    assert client.post("/repositories/add/", {"name": "x"})["Location"].endswith("next=/repositories/add/")


def test_a_form_from_elsewhere_is_never_kept(queue_server: str) -> None:
    client = Client(enforce_csrf_checks=True)
    assert client.post("/repositories/add/", {"name": "x"}).status_code == 403
    assert kept_forms.kept(client.session) is None


def test_a_part_of_a_page_says_that_the_session_has_ended(queue_server: str) -> None:
    client, htmx = Client(), {"HX-Request": "true"}
    poll = client.get("/activity/", headers=htmx)
    assert (poll.status_code, poll["HX-Trigger"], poll.content) == (286, "signedout", b"")
    sent = client.post("/repositories/x/plan/steps/", {"note": "typed"}, headers=htmx)
    assert sent.status_code == 204 and "kept-form" in sent["HX-Redirect"]


def test_a_report_of_five_megabytes_is_shown_by_a_page_that_stays_light(
    admin_client: Client, ruleset: Any
) -> None:
    many = tuple(
        Evidence(f"src/{'deep/' * 40}file_{n}.py", n + 1, "value = compute(" + "x" * 10_000) for n in range(5)
    )
    repository = factories.repository()
    now = timezone.now()
    factories.assessment(repository, {"testing.unit": "fail"}, evidence=many, now=now - timedelta(days=1))
    stored = sum(len(str(row.evidence)) for row in ChecklistItem.objects.filter(repository=repository))
    assert stored > 5_000_000, stored
    began = time.process_time()
    response = admin_client.get(f"/repositories/{repository.slug}/")
    seconds = time.process_time() - began
    assert response.status_code == 200
    assert len(response.content) < stored / 4, len(response.content)
    assert seconds < 5
