"""Screenshots of every page at three widths in both themes, for a person to look at.

    python -m tests.pages.browser.shots http://127.0.0.1:8000 admin@example.org PASSWORD [FOLDER] [NAME ...]

Says where a page is wider than its window or breaks an accessibility rule, and ends with 1 then.
"""

import sys
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.pages.browser.chromium import (
    THEMES,
    WIDTHS,
    chromium,
    open_context,
    settle,
    sign_in,
)
from tests.pages.browser.walk import pages_of

FOLDER = Path("screenshots")


def problems_of(page: Page) -> list[str]:
    """What is wrong with the page being shown: too wide, or a rule of WCAG 2.2 AA broken."""
    return [*overflow_of(page), *violations_of(page)]


def overflow_of(page: Page) -> list[str]:
    # A window that has just been resized keeps the room of a scroll bar for a moment.
    for _ in range(10):
        wider = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        if wider <= 0:
            break
        page.wait_for_timeout(100)
    return [f"{wider} px wider than the window"] if wider > 0 else []


def violations_of(page: Page) -> list[str]:
    found = []
    for violation in Axe().run(page).response["violations"]:
        node = violation["nodes"][0]
        found.append(f"{violation['id']} ({len(violation['nodes'])}×): {node['html'][:160]}")
    return found


def main(base_url: str, email: str, password: str, folder: Path, names: list[str]) -> int:
    folder.mkdir(parents=True, exist_ok=True)
    failures = 0
    with chromium() as browser:
        context = open_context(browser, base_url)
        page = context.new_page()
        page.goto("/accounts/login/")
        sign_in(page, email, password)
        addresses = pages_of(page)
        state = context.storage_state()
        context.close()
        for theme in THEMES:
            for width in WIDTHS:
                context = open_context(browser, base_url, theme=theme, width=width, state=state)
                page = context.new_page()
                for name, address in addresses.items():
                    if names and name not in names:
                        continue
                    page.goto(address)
                    settle(page)
                    page.screenshot(path=folder / f"{name}-{width}-{theme}.png", full_page=True)
                    for problem in problems_of(page):
                        failures += 1
                        print(f"{name} at {width} px, {theme}: {problem}")
                context.close()
    print(f"{len(addresses)} pages in {folder}/, {failures} problems")
    return 1 if failures else 0


if __name__ == "__main__":
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    where = Path(sys.argv[4]) if len(sys.argv) > 4 else FOLDER
    sys.exit(main(*sys.argv[1:4], where, sys.argv[5:]))
