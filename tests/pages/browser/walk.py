"""The addresses of every kind of page, found by following links as a person would."""

from playwright.sync_api import Page

FIXED = {
    "fleet": "/",
    "repositories": "/repositories/",
    "repositories-filtered": "/repositories/?q=no-such-repository",
    "repository-add": "/repositories/add/",
    "teams": "/teams/",
    "standard": "/standard/",
    "previews": "/standard/previews/",
    "activity": "/activity/",
    "exports": "/exports/",
    "schedule": "/schedule/",
    "credentials": "/credentials/",
    "credential-add": "/credentials/add/",
    "push-hook-add": "/webhooks/add/",
    "notifications": "/account/notifications/",
    "tokens": "/account/tokens/",
    "api-reference": "/api/",
    "components": "/components/",
    "password": "/accounts/password/change/",
    "email": "/accounts/email/",
    "two-factor": "/accounts/2fa/",
    "sign-out": "/accounts/logout/",
    "not-found": "/no-such-page/",
}
FIRST_LINK = {
    "team": ("/teams/", "main tbody th a"),
    "repository": ("/repositories/?sort=-score", "main tbody th a"),
    "item": ("/standard/", "main tbody th a"),
}


def pages_of(page: Page) -> dict[str, str]:
    """Name and address of one page of each kind; kinds that have none yet are left out."""
    found = dict(FIXED)
    for name, (address, link) in FIRST_LINK.items():
        page.goto(address)
        links = page.locator(link)
        if links.count():
            found[name] = str(links.first.get_attribute("href"))
    for name in ("team", "repository"):
        if name in found:
            found[f"{name}-plan"] = f"{found[name]}plan/?goal=grade&target=A&starts_on=2026-01-05"
    if "repository" in found:
        found |= {"history": f"{found['repository']}history/", "comparison": f"{found['repository']}compare/"}
        found |= {name: f"{found['repository']}{name}/" for name in ("evidence", "settings")}
        page.goto(found["evidence"])
        files = page.locator(".evidence-file h2 a")
        if files.count():
            found["file"] = str(files.first.get_attribute("href"))
    if "team" in found:
        found["team-changes"] = f"{found['team']}changes/"
    return found
