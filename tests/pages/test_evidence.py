"""The evidence browser: files at the judged commit, bounded, masked and escaped, and what a report leaves to it."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import AbstractUser
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from assessments.choices import Origin, Role
from assessments.models import Repository
from assessments.services.assess import record_assessment
from scanners.facts import Evidence, Problem
from scanners.mirror import mirror_name
from scanners.redact import redact
from scanners.source_url import parse_source
from scanners.verdicts import Verdict
from tests import factories
from tests.trees import bare_copy, commit, git, repository

pytestmark = pytest.mark.django_db
SignedIn = Callable[[AbstractUser], Client]

TOKEN = "ghp_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"
KEY = (
    "-----BEGIN RSA PRIVATE KEY-----\n"
    + "MIIEowIBAAKCAQEA1x2y3z4w5v6u7t8s9r0q\n" * 12
    + "-----END RSA PRIVATE KEY-----"
)
NASTY = "<script>alert(1)</script>\" onload='x"
FILES: dict[str, str | bytes] = {
    "app/main.py": "from fastapi import FastAPI\n\napp = FastAPI()\n" + "value = 1\n" * 1500,
    "app/secret.py": f'import os\n\n\tTOKEN = "{TOKEN}"\nKEY = """{KEY}"""\nafter = 1\n',
    "app/nasty.py": f"# {NASTY}\nprint('{NASTY}')\n",
    "logo.png": b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20,
    "big.sql": b"-- x\n" * 300_000,
    "wide.js": "var a = '" + "b" * 9000 + "';\n",
    "empty.txt": "",
}
ADDRESS = "https://github.com/example/orders"


@pytest.fixture
def client(admin: AbstractUser, signed_in: SignedIn) -> Client:
    return signed_in(admin)


@pytest.fixture
def source(tmp_path: Path, settings: Any) -> Path:
    """A working copy whose mirror is where the pages look for it."""
    made = repository(tmp_path / "orders", FILES)
    settings.MIRRORS_DIR = tmp_path / "mirrors"
    settings.MIRRORS_DIR.mkdir()
    bare_copy(made, settings.MIRRORS_DIR / mirror_name(parse_source(ADDRESS)))
    return made


def judged(source: Path, *evidence: Evidence, **changes: Any) -> Repository:
    owned = factories.repository(mirror=factories.mirror(ADDRESS), **changes)
    factories.assessment(owned, commit=git(source, "rev-parse", "HEAD"), evidence=evidence)
    owned.refresh_from_db()
    return owned


def of(name: str, line: int = 1, excerpt: str = "") -> Evidence:
    return Evidence(name, line, excerpt)


def shown(client: Client, owned: Repository, path: str, **query: Any) -> str:
    response = client.get(f"/repositories/{owned.slug}/evidence/file/", {"path": path, **query})
    assert response.status_code == 200
    return response.content.decode()


def test_a_place_of_the_report_leads_to_its_line_in_the_file(client: Client, source: Path) -> None:
    owned = judged(source, of("app/main.py", 3, "app = FastAPI()"))
    report = client.get(f"/repositories/{owned.slug}/").content.decode()
    assert 'href="evidence/file/?path=app/main.py&amp;line=3#L3"' in report
    page = shown(client, owned, "app/main.py", line=3)
    assert 'id="L3" class="hit"' in page and '<span class="k">from</span>' in page
    assert f"{ADDRESS}/blob/" in page and "/app/main.py#L3" in page
    assert "Unit tests" in page  # one of the items whose verdict rests on the line
    assert "style=" not in page.replace("stylesheet", "")


def test_a_long_file_is_shown_in_parts_that_lead_on(client: Client, source: Path) -> None:
    owned = judged(source, of("app/main.py", 3), of("app/main.py", 1400))
    first = shown(client, owned, "app/main.py", line=3)
    assert 'id="L400"' in first and 'id="L401"' not in first and "Later lines" in first
    later = shown(client, owned, "app/main.py", line=401)
    assert 'id="L401"' in later and 'id="L667"' in later and "Earlier lines" in later
    assert 'id="L1400" class="hit"' in shown(client, owned, "app/main.py", line=1400)
    for odd in ("-1", "x", "9" * 400, "99999999", "%00", "²"):
        assert "Evidence in this file" in shown(client, owned, "app/main.py", line=odd)


def test_next_and_previous_walk_through_all_places(client: Client, source: Path) -> None:
    owned = judged(source, of("app/main.py", 3), of("app/main.py", 9), of("app/nasty.py", 1))
    page = shown(client, owned, "app/main.py", line=9)
    assert 'rel="prev"' in page and "line=3#L3" in page
    assert 'rel="next"' in page and "path=app/nasty.py" in page
    assert 'rel="prev"' not in shown(client, owned, "app/main.py", line=3)


def test_secrets_are_blanked_as_the_report_blanks_them_and_keys_over_many_lines(
    client: Client, source: Path
) -> None:
    owned = judged(source, of("app/secret.py", 3))
    page = shown(client, owned, "app/secret.py", line=3)
    assert TOKEN not in page and "MIIEowIBAAKCAQEA" not in page
    assert "[redacted]" in page and "[redacted]" in redact(f'TOKEN = "{TOKEN}"')
    last = f'id="L{FILES["app/secret.py"].count(chr(10))}"'  # type: ignore[arg-type]
    assert last in page  # blanking moves no line


def test_hostile_text_is_shown_as_text(client: Client, source: Path) -> None:
    commit(source, {f"{NASTY}/a.py".replace("/", "_"): NASTY})
    owned = judged(source, of("app/nasty.py", 1, NASTY), of(NASTY, 1, NASTY))
    for page in (
        shown(client, owned, "app/nasty.py"),
        client.get(f"/repositories/{owned.slug}/evidence/").content.decode(),
    ):
        assert "<script>alert" not in page and "onload='x" not in page


@pytest.mark.parametrize(
    ("path", "id"),
    [
        ("logo.png", "file.not-text"),
        ("big.sql", "file.too-large"),
        ("gone.py", "file.not-found"),
        ("app", "file.not-found"),
        ("../../etc/passwd", "file.not-found"),
        (":(glob)**", "file.not-found"),
    ],
)
def test_what_cannot_be_shown_says_why_and_keeps_what_was_quoted(
    client: Client, source: Path, path: str, id: str
) -> None:
    page = shown(client, judged(source, of(path, 1, "what was quoted")), path)
    assert id in page and "what was quoted" in page


def test_a_mirror_that_is_gone_or_lacks_the_object_says_so(
    client: Client, source: Path, settings: Any, tmp_path: Path
) -> None:
    owned = judged(source, of("app/main.py", 3, "app = FastAPI()"))
    mirror = settings.MIRRORS_DIR / mirror_name(parse_source(ADDRESS))
    blob = git(source, "rev-parse", "HEAD:app/main.py")
    for pack in (mirror / "objects/pack").glob("*.pack"):
        moved = tmp_path / pack.name
        pack.rename(moved)
        pack.with_suffix(".idx").unlink()
        git(mirror, "unpack-objects", "-q", stdin=moved.read_bytes())
    (mirror / "objects" / blob[:2] / blob[2:]).unlink()
    assert "object.missing" in shown(client, owned, "app/main.py")
    mirror.rename(tmp_path / "evicted")
    page = shown(client, owned, "app/main.py")
    assert "mirror.evicted" in page and "A rescan fetches it again." in page and "FastAPI" in page


def test_only_files_that_evidence_names_are_read(client: Client, source: Path) -> None:
    owned = judged(source, of("app/main.py", 3))
    for path in ("app/secret.py", "", "app/main.py\0"):
        response = client.get(f"/repositories/{owned.slug}/evidence/file/", {"path": path})
        assert response.status_code == 404
    assert client.get(f"/repositories/{factories.repository().slug}/evidence/").status_code == 404


def test_wide_lines_are_cut_and_an_empty_file_has_a_page(client: Client, source: Path) -> None:
    owned = judged(source, of("wide.js", 1), of("empty.txt", 0))
    assert "b" * 1900 in (page := shown(client, owned, "wide.js")) and "b" * 2100 not in page
    assert "Whole file" in shown(client, owned, "empty.txt")


def test_a_folder_of_a_repository_is_read_below_itself(client: Client, source: Path) -> None:
    owned = judged(source, of("main.py", 3), root="app")
    assert 'id="L3" class="hit"' in (page := shown(client, owned, "main.py"))
    assert "/app/main.py#L" in page


def test_evidence_is_listed_by_path_and_filtered(client: Client, source: Path) -> None:
    owned = judged(source, of("app/main.py", 3), of("app/nasty.py", 1))
    address = f"/repositories/{owned.slug}/evidence/"
    everything = client.get(address).content.decode()
    assert "app/main.py" in everything and "app/nasty.py" in everything
    one = client.get(address, {"q": "NASTY", "item": "testing.unit"}).content.decode()
    assert "app/nasty.py" in one and "app/main.py" not in one and "Evidence: Unit tests" in one
    none = client.get(address, {"q": "no such file"}).content.decode()
    assert "No evidence" in none
    for odd in ({"item": "x" * 500}, {"verdict": "\0"}, {"page": "9" * 300}, {"ruleset": "nothing"}):
        assert client.get(address, odd).status_code == 200


def test_who_may_not_see_a_repository_sees_none_of_its_files(source: Path, signed_in: SignedIn) -> None:
    owned = judged(source, of("app/main.py", 3))
    viewer = signed_in(factories.member(owned.team, Role.VIEWER))
    stranger = signed_in(factories.member(factories.team(), Role.LEAD))
    for address in (
        f"/repositories/{owned.slug}/evidence/",
        f"/repositories/{owned.slug}/evidence/file/?path=app/main.py",
    ):
        assert viewer.get(address).status_code == 200
        assert stranger.get(address).status_code == 404


def test_the_pages_need_few_queries(client: Client, source: Path) -> None:
    owned = judged(source, *(of("app/main.py", n) for n in range(1, 6)))
    for address in (
        f"/repositories/{owned.slug}/evidence/",
        f"/repositories/{owned.slug}/evidence/file/?path=app/main.py",
    ):
        client.get(address)
        with CaptureQueriesContext(connection) as queries:
            client.get(address)
        assert len(queries) <= 7, "\n".join(q["sql"][:150] for q in queries.captured_queries)


USUAL = 157_000
"""Bytes of the HTML of a report in which half of the items fail. Public repositories had 126 to 146 thousand when
this was written, and 355 to 445 before."""


def test_a_usual_report_is_no_heavy_page(client: Client) -> None:
    owned = factories.repository(mirror=factories.mirror(ADDRESS))
    evidence = tuple(
        of(f"backend/app/api/routes/part_{n}.py", n, "def read(limit: int = 50) -> list[Order]:")
        for n in range(1, 5)
    )
    _, standard = factories.built(factories.ruleset())
    verdicts = tuple(
        Verdict(item.id, "fail", (), ("A library or a call that does it",), f"No {item.title.lower()} found.")
        if place % 2
        else Verdict(item.id, "pass", evidence)
        for place, item in enumerate(standard.items)
    )
    found = replace(factories.result(), verdicts=verdicts)
    record_assessment(
        repository=owned, version=factories.ruleset(), result=found, origin=Origin.SCAN, now=factories.NOW
    )
    assert len(client.get(f"/repositories/{owned.slug}/").content) < USUAL


def test_a_report_of_megabytes_opens_and_says_what_it_leaves_out(client: Client) -> None:
    owned = factories.repository(mirror=factories.mirror(ADDRESS))
    evidence = tuple(
        Evidence(f"{n}/" + "deep/" * 800 + "a.py", 1, "x = 1 " * 33, "strong", "n" * 4000) for n in range(5)
    )
    problems = tuple(Problem("p/" * 2000 + str(n), "object.missing", "Gone.") for n in range(200))
    factories.assessment(owned, evidence=evidence, problems=problems)
    page = client.get(f"/repositories/{owned.slug}/").content.decode()
    assert len(page) < 6 * USUAL
    assert "All 5 places" in page and "The first 20 of 200 that were kept" in page
    listed = client.get(f"/repositories/{owned.slug}/evidence/").content
    assert len(listed) < 8 * USUAL
