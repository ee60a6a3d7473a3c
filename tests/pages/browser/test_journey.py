"""One person's way through the product, from the first sign-in to a rule of their own."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.pages.browser.chromium import THEMES, open_context, settle, sign_in
from tests.pages.browser.conftest import Installation
from tests.pages.browser.shop import TESTS
from tests.pages.browser.shots import problems_of
from tests.pages.browser.walk import pages_of
from tests.trees import commit

pytestmark = [pytest.mark.browser, pytest.mark.slow]

PASSWORD = "a long enough phrase for one test"
SCAN_MS = 90_000


@pytest.fixture(scope="module")
def page(browser: Browser, installation: Installation) -> Iterator[Page]:
    """One window for the whole way; the steps below follow one another."""
    context = open_context(browser, installation.address)
    page = context.new_page()
    page.on("pageerror", lambda error: pytest.fail(f"A script failed: {error}"))
    yield page
    context.close()


def score_of(page: Page) -> float:
    return float(re.sub(r"[^\d.]", "", page.locator(".score").inner_text().split()[0]))


def wait_for_report(page: Page) -> None:
    """Until the scan under way has ended and the page has come back with its result."""
    expect(page.locator("#scan:not([hidden])")).to_have_count(0, timeout=SCAN_MS)
    expect(page.get_by_role("heading", name="Executive summary")).to_be_visible(timeout=SCAN_MS)


def test_first_sign_in_asks_for_a_password_of_ones_own(page: Page, installation: Installation) -> None:
    page.goto("/")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    sign_in(page, installation.email, installation.one_time_password)
    expect(page.get_by_role("heading", name="Change your password")).to_be_visible()
    page.get_by_label("Current password").fill(installation.one_time_password)
    page.get_by_label("New password", exact=True).fill(PASSWORD)
    page.get_by_label("New password (again)").fill(PASSWORD)
    page.get_by_role("button", name="Change password").click()
    page.goto("/")
    expect(page.get_by_role("heading", name="Fleet", level=1)).to_be_visible()


def test_an_address_that_cannot_be_used_is_kept_and_explained(page: Page) -> None:
    page.goto("/repositories/add/")
    page.get_by_label("Address").fill("ext::sh -c id")
    page.get_by_label("Name of the new team").fill("Payments")
    page.get_by_role("button", name="Add and scan").click()
    expect(page.get_by_role("alert")).to_contain_text("Check what you entered")
    expect(page.get_by_label("Address")).to_have_value("ext::sh -c id")
    expect(page.get_by_label("Address")).to_have_attribute("aria-invalid", "true")


def test_a_new_repository_shows_its_progress_and_then_its_report(page: Page, shop: Path) -> None:
    page.goto("/repositories/add/")
    page.get_by_label("Address").fill(str(shop))
    page.get_by_label("Name of the new team").fill("Payments")
    page.get_by_label("Name", exact=False).last.fill("Shop")
    page.get_by_role("button", name="Add and scan").click()
    expect(page.get_by_role("heading", name="Shop", level=1)).to_be_visible()
    wait_for_report(page)
    for section in (
        "Strengths",
        "Areas needing improvement",
        "Priority matrix",
        "Conclusion",
    ):
        expect(page.get_by_role("heading", name=section, exact=True)).to_be_visible()
    readme = page.locator("[id='item-documentation.readme']")
    readme.locator("summary").click()
    expect(readme.locator(".evidence")).to_contain_text("README.md")
    missing = page.locator("[id='item-testing.unit']")
    missing.locator("summary").click()
    expect(missing).to_contain_text("What was looked for")


def test_a_mended_item_raises_the_grade_at_the_next_scan(page: Page, shop: Path) -> None:
    before = score_of(page)
    commit(shop, TESTS, "Test what the shop does")
    page.get_by_role("button", name="Rescan").click()
    wait_for_report(page)
    expect(page.locator("[id='item-testing.unit']")).to_have_attribute(
        "data-verdict", "pass", timeout=SCAN_MS
    )
    assert score_of(page) > before
    expect(page.locator(".changes")).to_contain_text("Unit tests")


def test_the_team_has_a_scorecard(page: Page) -> None:
    page.get_by_label("Breadcrumb").get_by_role("link", name="Payments").click()
    expect(page.get_by_role("heading", name="Payments", level=1)).to_be_visible()
    settle(page)
    expect(page.get_by_role("heading", name="Trend")).to_be_visible()
    expect(page.locator("[aria-labelledby=trend] figure > p")).to_contain_text("One score: ")
    expect(page.get_by_role("heading", name="Priority matrix")).to_be_visible()
    expect(page.get_by_role("heading", name=re.compile("^Phase 1"))).to_be_visible()
    page.get_by_role("table").first.get_by_role("link", name="Shop").click()


def test_the_report_comes_as_a_pdf(page: Page) -> None:
    page.locator("summary", has_text="Export").click()
    page.get_by_role("button", name="PDF", exact=True).click()
    link = page.get_by_role("link", name="Download").first
    expect(link).to_be_visible(timeout=SCAN_MS)
    with page.expect_download() as download:
        link.click()
    assert Path(download.value.path()).read_bytes().startswith(b"%PDF-")


def test_an_edited_rule_changes_the_grade(page: Page) -> None:
    page.goto("/repositories/?q=Shop")
    page.get_by_role("table").get_by_role("link", name="Shop").click()
    before = score_of(page)
    page.goto("/admin/assessments/rulesetversion/")
    page.locator("input.action-select").first.check()
    page.locator("select[name=action]").select_option("start_draft")
    page.get_by_role("button", name="Go").click()
    document = page.locator("textarea[name=document]")
    text = document.input_value()
    heavier = re.sub(r"(id: testing\.unit\n(?:  .*\n)*?  weight: )1\n", r"\g<1>40\n", text, count=1)
    assert heavier != text
    # Typing 300 kB of text keeps the browser busy for a minute; a person would change one word.
    document.evaluate("(field, text) => { field.value = text }", heavier)
    page.locator("input[name=publish_as]").fill("9.9")
    page.locator("input[name=_publish]").click()
    expect(page.locator(".messagelist .success").first).to_contain_text("9.9")
    page.goto("/repositories/?q=Shop")
    page.get_by_role("table").get_by_role("link", name="Shop").click()
    expect(page.locator(".page-facts")).to_contain_text("9.9", timeout=SCAN_MS)
    assert score_of(page) > before


def test_the_keyboard_reaches_search_and_content(page: Page) -> None:
    page.goto("/")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    page.keyboard.press("/")
    expect(page.locator("#palette-field")).to_be_focused()
    page.keyboard.type("shop")
    expect(page.locator("[role=option][aria-selected=true]")).to_contain_text("Shop")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Shop", level=1)).to_be_visible()


def test_the_theme_is_remembered(page: Page) -> None:
    page.goto("/")
    page.get_by_role("button", name="Use dark theme").click()
    page.goto("/standard/")
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    page.get_by_role("button", name="Use light theme").click()


def test_pages_read_without_script(page: Page, browser: Browser, installation: Installation) -> None:
    context = browser.new_context(
        base_url=installation.address,
        java_script_enabled=False,
        storage_state=page.context.storage_state(),
    )
    plain = context.new_page()
    plain.goto("/repositories/?q=shop")
    plain.get_by_role("link", name="Shop").first.click()
    expect(plain.get_by_role("heading", name="Executive summary")).to_be_visible()
    context.close()


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("width", [360, 1280])
def test_every_page_is_accessible_and_fits(
    page: Page, browser: Browser, installation: Installation, theme: str, width: int
) -> None:
    context = open_context(
        browser,
        installation.address,
        theme=theme,
        width=width,
        state=page.context.storage_state(),
    )
    visitor = context.new_page()
    problems = {}
    for name, address in pages_of(page).items():
        visitor.goto(address)
        settle(visitor)
        if found := problems_of(visitor):
            problems[name] = found
    context.close()
    assert problems == {}
