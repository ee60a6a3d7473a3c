"""Pages of the past: comparison, history, backfill, commits behind flips; who may see and ask for what."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from assessments.choices import Origin, PastWork, Role, WorkState
from assessments.models import Assessment, HistoryRequest, Repository, VerdictChange
from assessments.services import past
from scanners.localgit import borrow, find_local
from scanners.mirror import mirror_name
from scanners.source_url import parse_source
from tests import factories, trees

pytestmark = pytest.mark.django_db
SignedIn = Callable[[AbstractUser], Client]


@pytest.fixture(autouse=True)
def queued(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(past, "enqueue", lambda work, **_: None)


@pytest.fixture
def client(admin: AbstractUser, signed_in: SignedIn) -> Client:
    return signed_in(admin)


@pytest.fixture
def judged() -> Repository:
    """Two assessments a month apart; a test is gone in the second."""
    repository = factories.repository(mirror=factories.mirror("https://github.com/example/orders"))
    now = timezone.now()
    factories.assessment(repository, now=now - timedelta(days=40))
    factories.assessment(repository, {"testing.unit": "fail"}, commit="b" * 40, now=now - timedelta(days=2))
    repository.refresh_from_db()
    return repository


def text(client: Client, address: str, **headers: str) -> str:
    response = client.get(address, headers=headers)
    assert response.status_code == 200, (address, response.status_code)
    return response.content.decode()


def two(repository: Repository) -> tuple[Assessment, Assessment]:
    first, second = repository.assessments.order_by("judged_at")[:2]
    return first, second


def compare(repository: Repository, query: str = "") -> str:
    return f"/repositories/{repository.slug}/compare/{query}"


def test_a_comparison_names_what_flipped_why_and_what_it_moved(client: Client, judged: Repository) -> None:
    page = text(client, compare(judged))
    assert "Unit tests" in page and "1 item by code" in page
    assert "https://github.com/example/orders/compare/" + "a" * 40 + "..." + "b" * 40 in page
    assert "The mirror is not on this machine" in page
    assert "Look closer" in page
    first, second = two(judged)
    assert f'value="{first.pk}" selected' in page and f'value="{second.pk}" selected' in page


@pytest.mark.parametrize("wanted", ["number", "commit", "date"])
def test_sides_are_named_by_number_commit_or_date(client: Client, judged: Repository, wanted: str) -> None:
    first, second = two(judged)
    names = {
        "number": (first.pk, second.pk),
        "commit": ("aaaa", "BBBBBB"),
        "date": (first.judged_at.date(), second.judged_at.date()),
    }[wanted]
    page = text(client, compare(judged, f"?from={names[0]}&to={names[1]}"))
    assert "1 item by code" in page
    turned = text(client, compare(judged, f"?from={names[1]}&to={names[0]}"))
    assert "Better" in turned and 'id="worse"' not in turned


@pytest.mark.parametrize(
    "odd", ["0", "zzz", "99999999999999999999", "1970-01-01", "%00", quote("💥"), "a" * 500]
)
def test_odd_sides_get_one_clear_sentence(client: Client, judged: Repository, odd: str) -> None:
    page = text(client, compare(judged, f"?from={odd}"))
    assert "No assessment of this repository is known by" in page or "1 item by code" in page


def test_what_cannot_be_compared_says_what_comes_next(client: Client) -> None:
    fresh = factories.repository()
    assert "Not judged yet" in text(client, compare(fresh))
    assert "Not judged yet" in text(client, f"/repositories/{fresh.slug}/history/")
    once = factories.assessment().repository
    assert "Nothing to compare with yet" in text(client, compare(once))


def test_a_closer_look_is_asked_for_watched_and_shown(client: Client, judged: Repository) -> None:
    first, second = two(judged)
    address = f"/repositories/{judged.slug}/compare/look/"
    response = client.post(address, {"from": first.pk, "to": second.pk})
    assert response.status_code == 302 and response["Location"].endswith(f"?from={first.pk}&to={second.pk}")
    work = HistoryRequest.objects.get()
    assert (work.kind, work.params) == (PastWork.COMPARISON, {"before": first.pk, "after": second.pk})
    query = f"?from={first.pk}&to={second.pk}"
    assert "being judged again" in text(client, compare(judged, query))
    part = text(client, compare(judged, query + "&look=1"), **{"HX-Request": "true"})
    assert "<html" not in part and "being judged again" in part
    place = {"path": "tests/<b>.py", "line": 3, "excerpt": "def test_it", "strength": "strong", "note": ""}
    result = {
        "between": [],
        "evidence": {"testing.unit": {"lost": [place], "gained": [], "more": 2}},
        "differs": ["testing.e2e"],
    }
    HistoryRequest.objects.update(state=WorkState.DONE, result=result)
    page = text(client, compare(judged, query))
    assert "1 place lost" in page and "tests/&lt;b&gt;.py" in page and "2 more" in page
    assert "otherwise today" in page and "Look closer" not in page
    refreshed = client.get(compare(judged, query + "&look=1"), headers={"HX-Request": "true"})
    assert refreshed["HX-Refresh"] == "true"
    HistoryRequest.objects.update(
        state=WorkState.FAILED, error="No such host.", error_id="source.unreachable"
    )
    assert "No such host." in text(client, compare(judged, query))


def test_commits_and_files_between_come_from_the_mirror(client: Client, tmp_path: Path) -> None:
    source = trees.repository(tmp_path / "orders", {"a.py": "x\n"})
    old = trees.git(source, "rev-parse", "HEAD")
    new = trees.commit(source, {"b.py": "y\n"}, "Drop <script>alert(1)</script>")
    repository = factories.repository(mirror=factories.mirror(str(source)))
    now = timezone.now()
    factories.assessment(repository, commit=old, now=now - timedelta(days=3))
    factories.assessment(repository, {"testing.unit": "fail"}, commit=new, now=now)
    ours = Path(settings.MIRRORS_DIR) / mirror_name(parse_source(str(source)))
    ours.mkdir(parents=True)
    borrow(find_local(source), ours)
    page = text(client, compare(repository))
    assert "Drop &lt;script&gt;" in page and "<script>alert" not in page
    assert "b.py" in page and "1 along first parents" in page


def test_the_history_lists_assessments_flips_and_their_commits(client: Client, judged: Repository) -> None:
    VerdictChange.objects.update(
        origin={"commit": "c0ffee" + "0" * 34, "at": "2026-02-01T10:00:00+00:00", "author": "Ann",
                "subject": "Drop the tests", "note": "It flipped more than once in between; this is one of the times."}
    )  # fmt: skip
    page = text(client, f"/repositories/{judged.slug}/history/")
    first, second = two(judged)
    assert f"from={first.pk}&amp;to={second.pk}" in page
    assert "Drop the tests" in page and "c0ffee00" in page and "more than once" in page
    assert "https://github.com/example/orders/commit/c0ffee" in page
    assert "Find the commit" not in page
    detail = text(client, f"/repositories/{judged.slug}/")
    assert "c0ffee00" in detail and f"compare/?to={second.pk}" in detail


def test_backfilled_points_are_hollow_and_stand_where_their_commits_do(
    client: Client, judged: Repository
) -> None:
    made = two(judged)[0]
    past_point = timezone.now() - timedelta(days=200)
    Assessment.objects.create(
        **{
            field.attname: getattr(made, field.attname)
            for field in Assessment._meta.concrete_fields
            if field.attname not in ("id", "commit", "origin", "as_of", "judged_at")
        },
        commit="d" * 40,
        origin=Origin.BACKFILL,
        as_of=past_point,
        judged_at=timezone.now(),
    )
    page = text(client, f"/repositories/{judged.slug}/")
    assert "ddddddd, backfilled" in page and f"{past_point:%Y-%m-%d}" in page
    assert "token:canvas" in page
    assert "Backfill" in text(client, f"/repositories/{judged.slug}/history/")


def test_a_backfill_is_asked_for_watched_and_cancelled(client: Client, judged: Repository) -> None:
    base = f"/repositories/{judged.slug}/backfill/"
    response = client.post(base, {"interval": "week", "months": "3"})
    assert response["Location"] == f"/repositories/{judged.slug}/history/"
    work = HistoryRequest.objects.get()
    assert (work.params["interval"], work.params["months"], work.params["head"]) == ("week", 3, "b" * 40)
    HistoryRequest.objects.update(state=WorkState.RUNNING, total=12, done=3)
    for address in (f"/repositories/{judged.slug}/", f"/repositories/{judged.slug}/history/"):
        assert "3 of 12 points" in text(client, address)
    part = text(client, base + "progress/", **{"HX-Request": "true"})
    assert "<html" not in part and 'value="25"' in part
    client.post(base + "cancel/")
    work.refresh_from_db()
    assert work.state == WorkState.CANCELLED
    ended = client.get(base + "progress/", headers={"HX-Request": "true"})
    assert ended["HX-Refresh"] == "true" and ended["Cache-Control"] == "no-store"
    skipped = [{"commit": "e" * 40, "at": "2025-11-30", "reason": "Objects are missing."}]
    HistoryRequest.objects.update(
        state=WorkState.DONE, result={"skipped": skipped, "notes": ["It is shallow."]}
    )
    page = text(client, f"/repositories/{judged.slug}/history/")
    assert "1 point left out" in page and "Objects are missing." in page and "It is shallow." in page


@pytest.mark.parametrize(
    "form", [{"months": "0"}, {"months": "many"}, {"months": "9" * 30}, {"interval": "day"}]
)
def test_what_is_no_backfill_is_refused_in_words(
    client: Client, judged: Repository, form: dict[str, str]
) -> None:
    response = client.post(f"/repositories/{judged.slug}/backfill/", form, follow=True)
    assert response.status_code == 200 and not HistoryRequest.objects.exists()
    assert b"A backfill covers" in response.content or b"is no interval" in response.content


def test_commits_are_asked_for_one_by_one_or_all(client: Client, judged: Repository) -> None:
    change = VerdictChange.objects.get()
    address = f"/repositories/{judged.slug}/when/"
    assert "Find the commit" in text(client, f"/repositories/{judged.slug}/history/")
    assert client.post(address, {"change": change.pk}).status_code == 302
    assert client.post(address, {"change": "x"}).status_code == 404
    assert client.post(address, {"change": change.pk + 1000}).status_code == 404
    client.post(address)
    assert sorted(HistoryRequest.objects.values_list("key", flat=True)) == ["", f"change {change.pk}"]


def test_a_teams_month_of_changes(client: Client, judged: Repository) -> None:
    address = f"/teams/{judged.team.slug}/changes/"
    page = text(client, address)
    assert judged.name in page and "1 verdict changed" in page and "Find the commits" in page
    assert client.post(address + "when/").status_code == 302
    assert HistoryRequest.objects.get().kind == PastWork.ORIGIN
    assert "1 repository is being searched" in " ".join(text(client, address).split())
    assert "Nothing has changed" in text(client, f"/teams/{factories.team().slug}/changes/")


PAGES = ["history/", "compare/", "backfill/progress/"]
ACTIONS = ["compare/look/", "backfill/", "backfill/cancel/", "when/"]


def test_who_may_see_and_ask(judged: Repository, signed_in: SignedIn) -> None:
    first, second = two(judged)
    form: dict[str, Any] = {"from": first.pk, "to": second.pk}
    stranger = signed_in(factories.member(factories.team()))
    viewer = signed_in(factories.member(judged.team, Role.VIEWER))
    member = signed_in(factories.member(judged.team))
    base = f"/repositories/{judged.slug}/"
    for page in PAGES:
        assert stranger.get(base + page).status_code == 404
        assert viewer.get(base + page).status_code == 200
        assert Client().get(base + page).status_code == 302
    for action in ACTIONS:
        assert stranger.post(base + action, form).status_code == 404
        assert viewer.post(base + action, form).status_code == 403
        assert member.get(base + action).status_code == 405
        assert member.post(base + action, form).status_code == 302
    team = f"/teams/{judged.team.slug}/changes/"
    assert (stranger.get(team).status_code, viewer.get(team).status_code) == (404, 200)
    assert (stranger.post(team + "when/").status_code, viewer.post(team + "when/").status_code) == (404, 403)
    assert "Find the commit" not in text(viewer, base + "history/")


def test_assessments_of_another_repository_are_not_compared(client: Client, judged: Repository) -> None:
    other = factories.assessment()
    first, _ = two(judged)
    response = client.post(f"/repositories/{judged.slug}/compare/look/", {"from": first.pk, "to": other.pk})
    assert response.status_code == 404
    assert "No assessment" in text(client, compare(judged, f"?from={other.pk}"))


@pytest.mark.parametrize("page", ["compare/", "history/"])
def test_queries_do_not_grow_with_the_history(client: Client, page: str) -> None:
    def cost(repository: Repository) -> int:
        address = f"/repositories/{repository.slug}/{page}"
        client.get(address)
        with CaptureQueriesContext(
            connection,
        ) as seen:
            assert client.get(address).status_code == 200
        return len(seen)

    def with_assessments(number: int) -> Repository:
        repository = factories.repository()
        for n in range(number):
            verdicts = {"testing.unit": "fail"} if n % 2 else {}
            factories.assessment(
                repository, verdicts, commit=f"{n:040x}", now=timezone.now() - timedelta(days=20 - n)
            )
        return repository

    assert cost(with_assessments(2)) == cost(with_assessments(11))


def test_team_changes_cost_the_same_for_one_and_ten_repositories(client: Client) -> None:
    def cost(number: int) -> int:
        team = factories.team()
        for _ in range(number):
            repository = factories.repository(team=team)
            factories.assessment(repository, now=timezone.now() - timedelta(days=3))
            factories.assessment(repository, {"testing.unit": "fail"}, commit="b" * 40, now=timezone.now())
        address = f"/teams/{team.slug}/changes/"
        client.get(address)
        with CaptureQueriesContext(connection) as seen:
            client.get(address)
        return len(seen)

    assert cost(1) == cost(10)


def test_a_trend_is_shown_as_judged_then_or_by_todays_rules(client: Client, judged: Repository) -> None:
    from assessments.models import RulesetVersion

    address = f"/repositories/{judged.slug}/"
    assert "By today&#x27;s rules" not in text(client, address)
    first, _ = two(judged)
    older = RulesetVersion.objects.get()
    older.pk, older.version, older.current, older.digest = None, "older", False, older.digest
    older.save(force_insert=True)
    Assessment.objects.filter(pk=first.pk).update(ruleset=older)
    values = {
        field.attname: getattr(first, field.attname)
        for field in Assessment._meta.concrete_fields
        if field.attname not in ("id", "origin", "judged_at")
    }
    Assessment.objects.create(**values, origin=Origin.BACKFILL, judged_at=timezone.now())
    then = text(client, address)
    assert "?rules=today" in then and "backfilled" not in then
    today = text(client, address + "?rules=today")
    assert "As judged then" in today and "aaaaaaa, backfilled" in today
