"""Ways that people take on a working day: a lead's Monday, an auditor's file, by keyboard alone, without script, and
through what goes wrong on the way: a connection that is lost, a session that ends in mid-form."""

import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.contrib.auth.models import AbstractUser
from django.utils import timezone
from playwright.sync_api import Browser, BrowserContext, Page, expect

from assessments.choices import Role, ScanState
from assessments.models import Export, PlanStep, Repository, ScanRequest
from assessments.services.exports import make_export
from tests import factories
from tests.pages.browser.chromium import open_context, sign_in
from tests.pages.everywhere import Populated, populate

# Playwright's event loop runs in this thread, and Django would refuse to query beside it.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]
SLOW_MS = 60_000
expect.set_options(timeout=20_000)
Open = Callable[..., Page]


@pytest.fixture
def everything(admin: AbstractUser, queue_server: str, ruleset: Any) -> Populated:
    return populate(admin)


@pytest.fixture
def open_as(browser: Browser, live_server: Any, everything: Populated) -> Iterator[Open]:
    """Gives a window in which somebody has signed in and come back to ``address``."""
    contexts: list[BrowserContext] = []

    def opened(person: AbstractUser, address: str = "/", *, script: bool = True) -> Page:
        context = (
            open_context(browser, live_server.url)
            if script
            else browser.new_context(base_url=live_server.url, java_script_enabled=False)
        )
        context.set_default_timeout(SLOW_MS)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: pytest.fail(f"A script failed: {error}"))
        page.goto(address)
        sign_in(page, person.email, factories.PASSWORD)
        return page

    yield opened
    for context in contexts:
        context.close()


def test_a_leads_monday_morning(open_as: Open, everything: Populated) -> None:
    """Where the team stands, what changed, what is next; one step is begun, and the page stays where it was."""
    page = open_as(factories.member(everything.team, Role.LEAD))
    page.get_by_label("Main").get_by_role("link", name="Teams").click()
    page.get_by_role("table").get_by_role("link", name="Payments").click()
    expect(page.get_by_role("heading", name="Payments", level=1)).to_be_visible()
    expect(page.get_by_role("heading", name="Priority matrix")).to_be_visible()
    page.get_by_role("link", name="Changes in 30 days").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Changes in 30 days")
    page.get_by_label("Breadcrumb").get_by_role("link", name="Payments").click()
    page.goto(f"/teams/{everything.team.slug}/plan/")
    card = page.locator(".step-card").filter(has_text="Complete the documentation").first
    card.locator("summary", has_text="Work on this step").click()
    card.get_by_role("button", name="Start").click()
    expect(page.locator(".step-card[data-state=in_progress]")).to_have_count(1)
    assert PlanStep.objects.filter(state="in_progress", plan__team=everything.team).exists()


def test_an_auditor_takes_a_workbook_along(open_as: Open, everything: Populated) -> None:
    """A viewer asks for a file, sees it wait, and has it as soon as it is made, without reloading the page."""
    page = open_as(
        factories.member(everything.team, Role.VIEWER), f"/repositories/{everything.repository.slug}/"
    )
    expect(page.get_by_role("button", name="Rescan")).to_have_count(0)
    page.locator("summary", has_text="Export").click()
    page.get_by_role("button", name="Excel workbook").click()
    expect(page.get_by_role("heading", name="Exports", level=1)).to_be_visible()
    expect(page.get_by_role("table")).to_contain_text("Queued")
    make_export(Export.objects.latest("id").pk)
    link = page.get_by_role("link", name="Download")
    expect(link).to_be_visible(timeout=SLOW_MS)
    with page.expect_download() as download:
        link.click()
    with open(download.value.path(), "rb") as file:
        assert file.read(2) == b"PK"


def test_by_keyboard_alone(open_as: Open, everything: Populated) -> None:
    """From the sign-in to a repository's export menu and out of it again, without a pointer."""
    page = open_as(everything.admin)
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id || location.hash") in ("main", "#main")
    page.keyboard.press("/")
    expect(page.get_by_role("combobox", name="Search")).to_be_focused()
    page.keyboard.type("orders")
    expect(page.get_by_role("option", name="Orders").first).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Orders", level=1)).to_be_visible()
    summary = page.locator("summary", has_text="Export")
    for _ in range(60):
        if summary.evaluate("element => element === document.activeElement"):
            break
        page.keyboard.press("Tab")
    expect(summary).to_be_focused()
    outline = summary.evaluate("element => getComputedStyle(element).outlineStyle")
    assert outline != "none"
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Markdown")).to_be_visible()
    page.keyboard.press("Tab")
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Markdown")).to_be_hidden()
    expect(summary).to_be_focused()


def test_without_script(open_as: Open, everything: Populated) -> None:
    """Filters, forms with their errors, exports and menus work; only what moves by itself stands still."""
    page = open_as(everything.admin, "/repositories/?q=orders", script=False)
    page.get_by_role("table").get_by_role("link", name="Orders", exact=True).click()
    page.locator("summary", has_text="Export").click()
    page.get_by_role("button", name="CSV").click()
    expect(page.get_by_role("heading", name="Exports", level=1)).to_be_visible()
    page.goto("/repositories/add/")
    page.get_by_label("Address").fill("ext::sh -c id")
    page.get_by_role("button", name="Add and scan").click()
    expect(page.get_by_role("alert")).to_contain_text("Check what you entered")
    expect(page.get_by_label("Address")).to_have_value("ext::sh -c id")
    page.goto(f"/repositories/{everything.waiting.slug}/")
    expect(page.locator("#scan noscript p")).to_be_visible()


def test_a_lost_connection_is_said_once_and_progress_comes_back(open_as: Open, everything: Populated) -> None:
    page = open_as(everything.admin, f"/repositories/{everything.waiting.slug}/")
    expect(page.locator("#scan")).to_be_visible()
    page.context.set_offline(True)
    lost = page.locator(".toast", has_text="The connection was lost")
    expect(lost).to_have_count(1)
    page.wait_for_timeout(3500)  # three more attempts
    expect(lost).to_have_count(1)
    page.context.set_offline(False)
    expect(lost).to_have_count(0)
    expect(page.locator(".toast", has_text="The connection is back")).to_be_visible()
    ScanRequest.objects.filter(repository=everything.waiting).update(
        state=ScanState.FAILED,
        finished_at=timezone.now(),
        error_id="source.unreachable",
        error="The host forge.example did not answer.",
    )
    expect(page.get_by_role("main")).to_contain_text("did not answer", timeout=SLOW_MS)


def test_a_session_that_ends_in_mid_form_keeps_what_was_typed(open_as: Open, everything: Populated) -> None:
    page = open_as(everything.admin, "/repositories/add/")
    page.get_by_label("Address").fill("https://github.com/example/kept")
    page.get_by_label("Name of the new team").fill("Zwölfte")
    page.context.clear_cookies(name="sessionid")
    page.get_by_role("button", name="Add and scan").click()
    sign_in(page, everything.admin.email, factories.PASSWORD)
    expect(page.get_by_role("heading", name="What you typed is kept")).to_be_visible()
    expect(page.get_by_role("main")).to_contain_text("https://github.com/example/kept")
    page.get_by_role("button", name="Send it").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("kept")
    assert Repository.objects.filter(mirror__url="https://github.com/example/kept").count() == 1


def test_a_button_that_is_pressed_twice_acts_once(open_as: Open, everything: Populated) -> None:
    page = open_as(everything.admin, f"/repositories/{everything.repository.slug}/")
    before = ScanRequest.objects.filter(repository=everything.repository).count()
    page.get_by_role("button", name="Rescan").dblclick()
    expect(page.locator("#scan")).to_be_visible()
    assert ScanRequest.objects.filter(repository=everything.repository).count() == before + 1
