"""The system's Chromium, headless, and the pages that every check of looks or accessibility walks."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
OPTIONS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
THEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
DRAWN_MS = 60_000
"""How long a chart may take to be drawn: its library is large, and checks run beside each other."""
WIDTHS = (360, 1280, 1920)


def executable() -> str | None:
    """The path of a Chromium on this machine, or none; PLUMBLINE_CHROMIUM names another one."""
    named = os.environ.get("PLUMBLINE_CHROMIUM")
    return named or next((path for name in NAMES if (path := shutil.which(name))), None)


@contextmanager
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable(), args=list(OPTIONS))
        try:
            yield browser
        finally:
            browser.close()


def open_context(
    browser: Browser,
    base_url: str,
    *,
    theme: Literal["light", "dark"] = "light",
    width: int = 1280,
    state: Any = None,
) -> BrowserContext:
    """A fresh profile; ``state`` is the storage of another one whose sign-in it takes over."""
    context = browser.new_context(
        base_url=base_url,
        viewport={"width": width, "height": 900},
        color_scheme=theme,
        reduced_motion="reduce",
        storage_state=state,
    )
    context.set_default_timeout(15_000)
    return context


def sign_in(page: Page, email: str, password: str) -> None:
    """Signs in on the page that asks for it, and waits for the one behind it."""
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(lambda url: "/accounts/login" not in url)


def settle(page: Page) -> None:
    """Waits until charts near the top are drawn, then goes back to the top."""
    for chart in page.locator("[data-chart]").all():
        chart.scroll_into_view_if_needed()
        name = chart.get_attribute("data-chart")
        page.wait_for_selector(f"[data-chart='{name}'][data-ready]", timeout=DRAWN_MS)
    page.evaluate("scrollTo(0, 0)")
