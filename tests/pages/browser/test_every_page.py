"""Every page in a browser, on an installation where each has something to show: no rule of accessibility broken, no
page wider than its window, nothing that moves while it loads, few requests, and paper that holds what the page says.

    PLUMBLINE_SHOTS=screenshots uv run pytest tests/pages/browser/test_every_page.py -k shown

leaves a picture of each page at each width in both themes in that folder (``make shots``).
"""

import os
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import AbstractUser
from playwright.sync_api import Browser, Page

from tests import factories
from tests.pages.browser.chromium import THEMES, WIDTHS, open_context, settle, sign_in
from tests.pages.browser.shots import overflow_of, violations_of
from tests.pages.everywhere import SIGNED_OUT, Populated, pages, populate

# Playwright's event loop runs in this thread, and Django would refuse to query beside it.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]

WIDER = 2560
AXE_WIDTHS = (360, 1280)
REQUESTS = 16
"""Of a page's first visit, all files included; parts that are fetched again and again as it stands open do not count."""
FIRST_BYTES = 700_000
"""Transferred at the first visit without Plotly's bundle: HTML, styles, scripts; unpacked, as nothing is laid out here."""
SHIFT = 0.05
SHIFTS = """() => new Promise((resolve) => {
  let total = 0;
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) if (!entry.hadRecentInput) total += entry.value;
  }).observe({ type: "layout-shift", buffered: true });
  setTimeout(() => resolve(total), 300);
})"""
WEIGHT = """() => {
  const files = performance.getEntriesByType("resource")
    .filter((file) => file.name.startsWith(location.origin) && file.initiatorType !== "xmlhttprequest");
  const [page] = performance.getEntriesByType("navigation");
  return {
    requests: files.length + 1,
    bytes: page.transferSize + files.reduce((sum, file) => sum + (file.name.includes("plotly.min") ? 0 : file.transferSize), 0),
  };
}"""


@pytest.fixture
def everything(admin: AbstractUser, queue_server: str, ruleset: Any) -> Populated:
    return populate(admin)


@pytest.fixture
def signed_in_state(browser: Browser, live_server: Any, everything: Populated) -> Any:
    context = open_context(browser, live_server.url)
    page = context.new_page()
    page.goto("/accounts/login/")
    sign_in(page, everything.admin.email, factories.PASSWORD)
    page.goto("/accounts/reauthenticate/")
    page.get_by_label("Password", exact=True).fill(factories.PASSWORD)
    page.locator("main form button[type=submit]").first.click()
    page.wait_for_url(lambda url: "reauthenticate" not in url)
    state = context.storage_state()
    context.close()
    return state


class Walk:
    """Opens each page once."""

    def __init__(self, browser: Browser, address: str, everything: Populated, state: Any) -> None:
        self._browser, self._address, self._state = browser, address, state
        self._addresses = (pages(everything), SIGNED_OUT)

    def __call__(self, *, fresh: bool = False) -> Iterator[tuple[str, Page]]:
        for addresses, state in zip(self._addresses, (self._state, None), strict=True):
            context = open_context(self._browser, self._address, state=state)
            for name, address in addresses.items():
                if name.startswith("admin:"):
                    continue
                if fresh:  # with an empty cache
                    context.close()
                    context = open_context(self._browser, self._address, state=state)
                page = context.new_page()
                page.goto(address)
                settle(page)
                yield name, page
                page.close()
            context.close()


@pytest.fixture
def walk(browser: Browser, live_server: Any, everything: Populated, signed_in_state: Any) -> Walk:
    return Walk(browser, live_server.url, everything, signed_in_state)


def test_every_page_as_it_is_shown(walk: Walk) -> None:
    """Accessible in both themes on a phone and on a desk, and never wider than the window, as far as 2,560 px."""
    folder = os.environ.get("PLUMBLINE_SHOTS")
    problems: dict[str, list[str]] = {}
    for name, page in walk():
        for theme, width in product(THEMES, (*WIDTHS, WIDER)):
            page.emulate_media(color_scheme=theme, reduced_motion="reduce")
            page.set_viewport_size({"width": width, "height": 900})
            found = overflow_of(page)
            if width in AXE_WIDTHS:
                settle(page)
                found += violations_of(page)
            if folder and width in WIDTHS:
                settle(page)  # charts are drawn anew for the width
                picture = Path(folder) / f"{name.replace(':', '--')}-{width}-{theme}.png"
                page.screenshot(path=picture, full_page=True)
            if found:
                problems[f"{name} at {width} px, {theme}"] = found
    assert problems == {}


def test_pages_ask_for_little_and_stand_still(walk: Walk) -> None:
    problems = {}
    for name, page in walk(fresh=True):
        weight, shift = page.evaluate(WEIGHT), page.evaluate(SHIFTS)
        loads_plotly = page.evaluate(
            "performance.getEntriesByType('resource').some((f) => f.name.includes('plotly.min'))"
        )
        found = []
        if weight["requests"] > REQUESTS:
            found.append(f"{weight['requests']} requests")
        if weight["bytes"] > FIRST_BYTES:
            found.append(f"{weight['bytes']} bytes")
        if shift > SHIFT:
            found.append(f"moves by {shift:.3f}")
        if loads_plotly and not page.locator("[data-chart]").count():
            found.append("loads Plotly without a chart")
        if found:
            problems[name] = found
    assert problems == {}


def test_pages_print(walk: Walk, tmp_path: Path) -> None:
    """Paper holds the page's heading and none of the navigation, and takes a sensible number of sheets."""
    import pikepdf

    problems = {}
    for name, page in walk():
        path = tmp_path / "page.pdf"
        page.emulate_media(media="print")
        found = []
        for selector in (".bar", ".nav", ".toasts"):
            if any(part.is_visible() for part in page.locator(selector).all()):
                found.append(f"{selector} is on paper")
        if not page.locator("h1").first.is_visible():
            found.append("no heading on paper")
        page.pdf(path=path, format="A4")
        with pikepdf.open(path) as document:
            if not 1 <= len(document.pages) <= 40:
                found.append(f"{len(document.pages)} sheets")
        if found:
            problems[name] = found
    assert problems == {}
