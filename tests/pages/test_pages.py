"""The pages: what they show, their empty and failing states, odd filters, and how many queries they cost."""

import csv
import io
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import AbstractUser
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from assessments.choices import ExportState, Role, ScanReason, ScanState
from assessments.models import Assessment, Export, Repository, ScanRequest, Team
from tests import factories

pytestmark = pytest.mark.django_db
SignedIn = Callable[[AbstractUser], Client]


@pytest.fixture
def client(admin: AbstractUser, signed_in: SignedIn) -> Client:
    return signed_in(admin)


@pytest.fixture
def judged() -> Repository:
    """A repository with two assessments a month apart, one red item, and a finished scan."""
    repository = factories.repository(mirror=factories.mirror("https://github.com/example/orders"))
    now = timezone.now()
    factories.assessment(repository, {"testing.unit": "fail"}, now=now - timedelta(days=40))
    factories.assessment(
        repository, {"testing.unit": "fail", "testing.e2e": "fail"}, commit="b" * 40, now=now
    )
    factories.scan(repository, state=ScanState.DONE, requested_at=now, summary="Judged bbbbbbb")
    repository.refresh_from_db()
    return repository


def text(client: Client, address: str, **headers: str) -> str:
    response = client.get(address, headers=headers)
    assert response.status_code == 200, (address, response.status_code)
    return response.content.decode()


@pytest.mark.parametrize(
    "address", ["/", "/repositories/", "/teams/", "/standard/", "/activity/", "/exports/"]
)
def test_a_new_installation_has_words_on_every_page(client: Client, address: str) -> None:
    assert "<h1" in text(client, address)


def test_the_fleet_counts_grades_and_names_what_fails_most(client: Client, judged: Repository) -> None:
    page = text(client, "/")
    assert "Unit tests" in page or "testing" in page.lower()
    assert judged.letter in page
    assert judged.name in page  # it has moved


def test_the_list_filters_sorts_and_tells_its_partial_apart(client: Client, judged: Repository) -> None:
    other = factories.repository()
    whole = text(client, "/repositories/")
    assert judged.name in whole and other.name in whole and "<html" in whole
    partial = client.get(f"/repositories/?team={judged.team.slug}", headers={"HX-Request": "true"})
    body = partial.content.decode()
    assert judged.name in body and other.name not in body and "<html" not in body
    assert "HX-Request" in partial["Vary"]
    graded = text(client, f"/repositories/?grade={judged.letter.replace('+', '%2B')}&sort=-grade")
    assert judged.name in graded and other.name not in graded
    assert other.name in text(client, "/repositories/?grade=-")


@pytest.mark.parametrize("address", ["/repositories/", "/activity/", "/exports/"])
def test_one_address_gives_the_page_or_its_table_and_caches_keep_them_apart(
    client: Client, judged: Repository, address: str
) -> None:
    whole, part = client.get(address), client.get(address, headers={"HX-Request": "true"})
    assert b"<html" in whole.content and b"<html" not in part.content
    assert "HX-Request" in whole["Vary"] and "HX-Request" in part["Vary"]
    back = {"HX-Request": "true", "HX-History-Restore-Request": "true"}
    assert b"<html" in client.get(address, headers=back).content


@pytest.mark.parametrize(
    "query",
    [
        "?page=0",
        "?page=99999",
        "?page=x",
        "?page=" + "9" * 400,
        "?sort=password",
        "?sort=-",
        "?sort=--name",
        "?team=nowhere",
        "?grade=Z&team=%00",
        "?q=" + "a" * 5000,
        "?q=%00%FF%27%22%3Cscript%3E",
        "?state=nothing&page=-1",
    ],
)
@pytest.mark.parametrize("address", ["/repositories/", "/activity/", "/standard/testing.unit/"])
def test_unknown_filters_are_left_out_and_never_an_error(client: Client, address: str, query: str) -> None:
    factories.repository()
    assert "<script>" not in text(client, address + query)


def test_a_page_far_out_shows_the_last(client: Client) -> None:
    team = factories.team()
    names = [factories.repository(team=team, name=f"Number {n:03}").name for n in range(55)]
    assert names[-1] in text(client, "/repositories/?page=99")
    assert names[0] in text(client, "/repositories/?page=no")


def test_the_repository_page_holds_the_whole_report(client: Client, judged: Repository) -> None:
    page = text(client, f"/repositories/{judged.slug}/")
    for part in ("Strengths", "Areas needing improvement", "matrix", "Phase 1", "Checklist"):
        assert part.lower() in page.lower(), part
    assert "https://github.com/example/orders/blob/" + "b" * 40 + "/app/main.py#L3" in page
    assert "Run a scan" in page or "Rescan" in page or f"/repositories/{judged.slug}/scan/" in page


def test_a_repository_not_judged_yet_says_so(client: Client) -> None:
    repository = factories.repository()
    factories.scan(repository, state=ScanState.CLONING)
    page = text(client, f"/repositories/{repository.slug}/")
    assert f"/repositories/{repository.slug}/progress/" in page


def test_a_failed_scan_tells_its_id_and_what_to_do_while_the_grade_stands(
    client: Client, judged: Repository
) -> None:
    factories.scan(
        judged,
        state=ScanState.FAILED,
        requested_at=timezone.now() + timedelta(seconds=1),
        error_id="source.unreachable",
        error="The host does not answer.",
        hint="Is it up?",
    )
    Repository.objects.filter(pk=judged.pk).update(
        last_error_id="source.unreachable", last_error="The host does not answer."
    )
    page = text(client, f"/repositories/{judged.slug}/")
    for words in ("source.unreachable", "The host does not answer.", "Is it up?", judged.letter):
        assert words in page


def test_hostile_text_of_a_repository_is_shown_as_text(client: Client) -> None:
    from scanners.facts import Evidence

    nasty = "<script>alert(1)</script>\" onload='x"
    repository = factories.repository(name=nasty)
    factories.assessment(repository, evidence=(Evidence(f"{nasty}/a.py", 1, nasty),))
    for address in (
        f"/repositories/{repository.slug}/",
        "/repositories/",
        "/",
        f"/teams/{repository.team.slug}/",
    ):
        assert "<script>alert" not in text(client, address)


def test_a_long_name_of_any_script_fits_the_pages(client: Client) -> None:
    repository = factories.repository(name="支付" * 150, team=factories.team(name="Ω" * 300))
    factories.assessment(repository)
    assert repository.name in text(client, f"/repositories/{repository.slug}/")
    text(client, f"/teams/{repository.team.slug}/")


def test_progress_alone_reloads_the_page_once_the_scan_has_ended(client: Client) -> None:
    repository = factories.repository()
    scan = factories.scan(repository, state=ScanState.SCANNING)
    address = f"/repositories/{repository.slug}/progress/"
    running = client.get(address, headers={"HX-Request": "true"})
    assert "HX-Refresh" not in running.headers
    assert running["Cache-Control"] == "no-store"
    ScanRequest.objects.filter(pk=scan.pk).update(state=ScanState.DONE)
    assert client.get(address, headers={"HX-Request": "true"})["HX-Refresh"] == "true"


def test_rescan_asks_once_and_leads_back(client: Client, judged: Repository) -> None:
    for _ in range(2):
        response = client.post(f"/repositories/{judged.slug}/scan/")
        assert (response.status_code, response["Location"]) == (302, f"/repositories/{judged.slug}/")
    scan = judged.scans.get(state=ScanState.QUEUED)
    assert scan.reason == ScanReason.REQUEST and scan.requested_by is not None


def test_a_team_is_rescanned_as_a_whole(client: Client, judged: Repository) -> None:
    factories.repository(team=judged.team)
    factories.repository()
    client.post(f"/teams/{judged.team.slug}/scan/")
    assert ScanRequest.objects.filter(state=ScanState.QUEUED).count() == 2


def test_the_scorecard_combines_its_repositories(client: Client, judged: Repository) -> None:
    second = factories.repository(team=judged.team)
    factories.assessment(second, {"logging.structured": "fail"})
    page = text(client, f"/teams/{judged.team.slug}/")
    for words in (judged.name, second.name, "Phase 1"):
        assert words in page


def test_a_team_without_repositories_has_a_page(client: Client) -> None:
    team = factories.team()
    assert team.name in text(client, f"/teams/{team.slug}/")


def test_an_item_names_who_fails_it(client: Client, judged: Repository) -> None:
    assert judged.name in text(client, "/standard/testing.unit/")
    assert client.get("/standard/no.such-item/").status_code == 404


def test_an_item_counts_and_names_no_archived_repository_and_none_of_others(
    client: Client, judged: Repository, signed_in: SignedIn
) -> None:
    archived, other = factories.repository(name="Laid by"), factories.repository(name="Of another team")
    for one in (archived, other):
        factories.assessment(one, {"testing.unit": "fail"})
    assert {archived.name, other.name} <= set(names_at(client, "testing.unit"))
    Repository.objects.filter(pk=archived.pk).update(archived_at=timezone.now())
    found = names_at(client, "testing.unit")
    assert other.name in found and archived.name not in found
    assert found == sorted(found)
    theirs = signed_in(factories.member(other.team))
    assert names_at(theirs, "testing.unit") == [other.name]
    answer = theirs.get("/api/v1/items/testing.unit/repositories").json()
    assert [row["repository"]["name"] for row in answer["results"]] == [other.name] and answer["count"] == 1


def names_at(client: Client, item: str) -> list[str]:
    """The repositories that an item's page lists as failing it, in its order."""
    file = b"".join(client.get(f"/standard/{item}/?format=csv").streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    rows = csv.DictReader(io.StringIO(file))
    page = text(client, f"/standard/{item}/")
    names = [row["Repository"] for row in rows]
    assert all(name in page for name in names)
    return names


def test_activity_shows_failures_with_a_way_to_retry(client: Client, judged: Repository) -> None:
    factories.scan(judged, state=ScanState.FAILED, error_id="git.timeout", error="It took too long.")
    page = text(client, "/activity/?state=failed")
    assert "git.timeout" in page and f"/repositories/{judged.slug}/scan/" in page
    assert "git.timeout" not in text(client, "/activity/?state=done")


def test_a_pdf_is_asked_for_listed_and_downloaded(
    client: Client, judged: Repository, admin: AbstractUser
) -> None:
    from assessments.services.exports import make_export

    response = client.post(f"/repositories/{judged.slug}/export/", {"format": "pdf"})
    assert response["Location"] == "/exports/"
    export = Export.objects.get(requested_by=admin)
    assert judged.name in text(client, "/exports/")
    assert client.get(f"/exports/{export.key}/").status_code == 404  # not made yet
    make_export(export.pk)
    download = client.get(f"/exports/{export.key}/")
    assert download["Content-Type"] == "application/pdf"
    assert f"{judged.slug}-bbbbbbb.pdf" in download["Content-Disposition"]
    assert b"".join(download.streaming_content).startswith(b"%PDF-")  # type: ignore[arg-type]


def test_an_unknown_format_becomes_a_pdf_and_nothing_judged_no_export(
    client: Client, judged: Repository
) -> None:
    client.post(f"/repositories/{judged.slug}/export/", {"format": "exe"})
    assert Export.objects.get().format == "pdf"
    client.post(f"/repositories/{factories.repository().slug}/export/")
    assert Export.objects.count() == 1


def test_adding_a_repository_leads_to_its_page_with_a_scan_asked_for(client: Client) -> None:
    response = client.post(
        "/repositories/add/", {"source": "https://github.com/example/orders", "new_team": "Orders"}
    )
    assert response["Location"] == "/repositories/example-orders/"
    assert Team.objects.get().name == "Orders"
    assert ScanRequest.objects.get().reason == ScanReason.ADDED


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({"source": "", "new_team": "Orders"}, "source"),
        ({"source": "ext::sh -c id", "new_team": "Orders"}, "source"),
        ({"source": "/etc", "new_team": "Orders"}, "source"),
        ({"source": "https://u:s3cret@github.com/a/b", "new_team": "Orders"}, "source"),
        ({"source": "https://github.com/a/b"}, "new_team"),
        ({"source": "https://github.com/a/b", "team": "99"}, "team"),
        ({"source": "https://github.com/a/b", "new_team": "Orders", "root": "../x"}, "root"),
    ],
)
def test_what_cannot_be_added_keeps_what_was_typed_and_says_why(
    client: Client, data: dict[str, str], field: str
) -> None:
    response = client.post("/repositories/add/", data)
    assert response.status_code == 422
    assert field in response.context["form"].errors
    if data["source"] and "s3cret" not in data["source"]:
        assert data["source"] in response.content.decode()
    assert not Repository.objects.exists()


def test_a_password_typed_into_the_address_is_not_sent_back(client: Client) -> None:
    response = client.post(
        "/repositories/add/", {"source": "https://u:s3cret@github.com/a/b", "new_team": "Orders"}
    )
    assert b"s3cret" not in response.content


def test_an_address_nobody_has_is_a_page_of_ours(client: Client) -> None:
    response = client.get("/repositories/nowhere/")
    assert response.status_code == 404 and b"<h1" in response.content


def grow(count: int) -> None:
    """So many more repositories in one team, each with two assessments, a failed scan and an export."""
    team = Team.objects.filter(slug="grown").first() or factories.team(name="Grown", slug="grown")
    user = get_user_model().objects.order_by("pk").first()
    for _ in range(count):
        repository = factories.repository(team=team)
        now = timezone.now()
        factories.assessment(repository, {"testing.unit": "fail"}, now=now - timedelta(days=40))
        made: Assessment = factories.assessment(repository, commit="b" * 40, now=now)
        factories.scan(repository, state=ScanState.FAILED, error_id="x", error="y")
        factories.scan(repository, state=ScanState.SCANNING)
        Export.objects.create(
            repository=repository,
            assessment=made,
            requested_by=user,
            requested_at=now,
            state=ExportState.DONE,
            file="a.pdf",
        )


LIMITS = {
    "/": 20,
    "/repositories/": 12,
    "/teams/": 9,
    "/teams/grown/": 12,
    "/standard/": 7,
    "/standard/testing.unit/": 9,
    "/activity/": 8,
    "/exports/": 6,
}


def test_the_number_of_queries_does_not_grow_with_the_rows(client: Client) -> None:
    counts: list[dict[str, int]] = []
    for more in (1, 9):
        grow(more)
        counts.append({})
        for address in LIMITS:
            text(client, address)  # what is kept per process is there now
            with CaptureQueriesContext(connection) as queries:
                text(client, address)
            counts[-1][address] = len(queries)
    assert counts[0] == counts[1]
    assert {address: n for address, n in counts[1].items() if n > LIMITS[address]} == {}


def test_the_repository_page_needs_few_queries(client: Client, judged: Repository) -> None:
    text(client, f"/repositories/{judged.slug}/")
    with CaptureQueriesContext(connection) as queries:
        text(client, f"/repositories/{judged.slug}/")
    assert len(queries) <= 12, "\n".join(q["sql"][:200] for q in queries.captured_queries)


def test_no_page_fetches_a_rulesets_document(client: Client, judged: Repository) -> None:
    pages: list[Any] = ["/", "/repositories/", f"/repositories/{judged.slug}/", f"/teams/{judged.team.slug}/"]
    for address in pages:
        text(client, address)
        with CaptureQueriesContext(connection) as queries:
            text(client, address)
        assert not [q["sql"] for q in queries.captured_queries if '"document"' in q["sql"]], address


def test_leads_may_rescan_their_team(judged: Repository, signed_in: SignedIn) -> None:
    lead = signed_in(factories.member(judged.team, Role.LEAD))
    assert lead.post(f"/teams/{judged.team.slug}/scan/").status_code == 302
    assert ScanRequest.objects.filter(state=ScanState.QUEUED).count() == 1
