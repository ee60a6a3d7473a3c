"""The search, columns, saved views and the checklist with a keyboard alone, and without script."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.pages.browser.chromium import THEMES, open_context, sign_in
from tests.pages.browser.conftest import Installation
from tests.pages.browser.shots import problems_of

pytestmark = [pytest.mark.browser, pytest.mark.slow]

PASSWORD = "a long enough phrase for one test"


@pytest.fixture(scope="module")
def page(browser: Browser, installation: Installation) -> Iterator[Page]:
    """One window, signed in with a password of one's own."""
    context = open_context(browser, installation.address)
    page = context.new_page()
    page.on("pageerror", lambda error: pytest.fail(f"A script failed: {error}"))
    page.goto("/")
    sign_in(page, installation.email, installation.one_time_password)
    page.get_by_label("Current password").fill(installation.one_time_password)
    page.get_by_label("New password", exact=True).fill(PASSWORD)
    page.get_by_label("New password (again)").fill(PASSWORD)
    page.get_by_role("button", name="Change password").click()
    page.wait_for_load_state()
    yield page
    context.close()


def chosen(page: Page) -> str:
    """What the screen reader is told to be at."""
    id = page.locator("#palette-field").get_attribute("aria-activedescendant")
    return page.locator(f"[id='{id}']").inner_text() if id else ""


def test_a_key_opens_the_search_and_enter_goes_where_it_points(page: Page) -> None:
    page.goto("/teams/")
    link = page.get_by_role("link", name="Activity", exact=True)
    link.focus()
    page.keyboard.press("/")
    expect(page.locator("#palette-field")).to_be_focused()
    expect(page.locator("#palette-list")).to_be_visible()
    assert chosen(page) == ""  # nothing is done by an Enter too many
    page.keyboard.press("Escape")
    expect(page.locator("#palette")).not_to_be_visible()
    expect(link).to_be_focused()
    page.keyboard.press("Control+k")
    page.keyboard.type("test")
    expect(page.locator("[role=option][aria-selected=true]")).to_have_count(1)
    first = chosen(page)
    page.keyboard.press("ArrowDown")
    assert chosen(page) != first
    page.keyboard.press("ArrowUp")
    assert chosen(page) == first
    page.locator("#palette-field").fill("unit tests")
    expect(page.locator("[role=option][aria-selected=true]")).to_contain_text("Unit tests")
    page.keyboard.press("Enter")
    page.wait_for_url("**/standard/testing.unit/")


def test_where_one_was_lately_comes_first(page: Page) -> None:
    page.goto("/standard/documentation.readme/")
    page.goto("/teams/")
    page.keyboard.press("/")
    first = page.locator("#palette-list [role=group]").first
    expect(first).to_contain_text("Lately")
    expect(first.get_by_role("option").first).to_contain_text("README")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url("**/standard/documentation.readme/")


def test_an_action_is_done_from_the_keyboard(page: Page) -> None:
    before = page.evaluate("getComputedStyle(document.documentElement).colorScheme")
    page.keyboard.press("/")
    page.keyboard.type("change theme")
    expect(page.locator("[role=option][aria-selected=true]")).to_contain_text("Change theme")
    page.keyboard.press("Enter")
    expect(page.locator("#palette")).not_to_be_visible()
    assert page.evaluate("getComputedStyle(document.documentElement).colorScheme") != before


@pytest.mark.parametrize("theme", THEMES)
def test_the_open_search_breaks_no_rule(page: Page, theme: str) -> None:
    page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
    page.goto("/repositories/")
    page.keyboard.press("/")
    expect(page.locator("#palette-list")).to_be_visible()
    assert problems_of(page) == []
    page.keyboard.type("no such thing anywhere")
    expect(page.locator("#palette-found")).to_contain_text("Nothing is called")
    assert problems_of(page) == []
    page.keyboard.press("Escape")


def test_columns_are_chosen_and_kept_as_a_view(page: Page) -> None:
    page.goto("/repositories/")
    page.locator("summary", has_text="Columns").focus()
    page.keyboard.press("Enter")
    page.get_by_role("checkbox", name="Trend").uncheck()
    page.get_by_role("button", name="Show these").click()
    page.wait_for_url(re.compile(r"columns=name,grade"))
    expect(page.get_by_role("columnheader", name="Trend")).to_have_count(0)
    page.locator("summary", has_text="Views").click()
    page.get_by_role("link", name="Save this view").click()
    page.get_by_label("Name").fill("Without trend")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("summary", has_text="Without trend")).to_be_visible()
    page.goto("/views/")
    page.get_by_role("button", name="Delete Without trend").click()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("link", name="Without trend", exact=True)).to_be_visible()


def test_without_script_the_field_leads_to_a_page(
    page: Page, browser: Browser, installation: Installation
) -> None:
    state = page.context.storage_state()
    context = browser.new_context(
        base_url=installation.address, storage_state=state, java_script_enabled=False
    )
    plain = context.new_page()
    plain.goto("/")
    plain.locator("#search").fill("unit tests")
    plain.locator("#search").press("Enter")
    plain.wait_for_url("**/search/?q=unit+tests")
    plain.locator("main").get_by_role("link", name="Unit tests").first.click()
    plain.wait_for_url("**/standard/testing.unit/")
    plain.goto("/repositories/")
    plain.locator("summary", has_text="Columns").click()
    plain.get_by_role("checkbox", name="Trend").uncheck()
    plain.get_by_role("button", name="Show these").click()
    plain.wait_for_url(re.compile(r"columns=name,grade"))
    assert "trend" not in plain.url
    context.close()


def shown_items(page: Page) -> list[str]:
    """The items of the checklist that can be seen."""
    return page.locator("#checklist-rows li:visible a").all_inner_texts()


def test_a_checklist_filters_as_one_types_and_its_address_does_the_same(page: Page) -> None:
    page.goto("/repositories/")
    page.locator("tbody th a").first.click()
    page.wait_for_url("**/repositories/*/")
    everything = shown_items(page)
    assert len(everything) == 100
    words = page.get_by_label("Words")
    words.fill("cache")
    expect(page.locator("#checklist-count")).not_to_contain_text("100 of")
    found = shown_items(page)
    assert 0 < len(found) < 20 and set(found) < set(everything)
    expect(page.locator("#checklist-count")).to_have_text(f"{len(found)} of 100 items")
    assert not page.locator("#checklist-rows > div:visible:not(:has(li:visible))").count(), "an empty heading"
    page.get_by_label("Verdict").select_option("fail")
    failing = shown_items(page)
    assert set(failing) <= set(found)
    assert "q=cache" in page.url and "verdict=fail" in page.url
    page.reload()
    assert shown_items(page) == failing
    words.fill("nothing is called that")
    expect(page.locator("#checklist-count")).to_have_text("0 of 100 items")
    assert shown_items(page) == []
