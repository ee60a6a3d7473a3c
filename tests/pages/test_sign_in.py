"""Signing in: with e-mail and password, a handed-out password first, and not for ever when it is wrong."""

import pytest
from allauth.account.models import EmailAddress
from django.core.cache import cache
from django.test import Client

from assessments.models import OneTimePassword, RulesetVersion
from assessments.services.people import ensure_admin
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("queues")]
NEW = "nine maps that a horse reads"


def sign_in(client: Client, email: str, password: str) -> str:
    response = client.post("/accounts/login/", {"login": email, "password": password})
    return str(response.headers.get("Location", response.status_code))


def test_a_person_signs_in_by_e_mail_and_lands_on_the_fleet(client: Client, ruleset: RulesetVersion) -> None:
    user = factories.person()
    assert sign_in(client, user.email, factories.PASSWORD) == "/"
    assert client.get("/").status_code == 200


def test_a_wrong_password_and_an_unknown_person_are_told_the_same(client: Client) -> None:
    user = factories.person()
    one = client.post("/accounts/login/", {"login": user.email, "password": "wrong"})
    two = client.post("/accounts/login/", {"login": "nobody@example.org", "password": "wrong"})
    assert one.status_code == two.status_code == 200
    assert one.context["form"].errors == two.context["form"].errors != {}


def test_too_many_wrong_passwords_lock_out_even_the_right_one_of_that_person_only(
    client: Client, ruleset: RulesetVersion
) -> None:
    user, neighbour = factories.person(), factories.person()
    for n in range(10):
        spelling = user.email.upper() if n % 2 else f" {user.email}"
        client.post("/accounts/login/", {"login": spelling, "password": "wrong"})
        cache.clear()  # allauth's own limit per minute would answer first
    response = client.post("/accounts/login/", {"login": user.email, "password": factories.PASSWORD})
    assert response.status_code == 429
    assert b"<h1>" in response.content and user.email.encode() not in response.content
    assert client.get("/").status_code == 302
    assert sign_in(Client(), neighbour.email, factories.PASSWORD) == "/"


def test_a_one_time_password_opens_nothing_but_its_own_change(
    client: Client, ruleset: RulesetVersion
) -> None:
    email, password = ensure_admin()
    assert password is not None
    sign_in(client, email, password)
    for address in ("/", "/repositories/", "/admin/", "/admin/queues/", "/accounts/email/"):
        response = client.get(address)
        assert (response.status_code, response["Location"]) == (302, "/accounts/password/change/"), address
    assert client.get("/accounts/password/change/").status_code == 200
    response = client.post(
        "/accounts/password/change/", {"oldpassword": password, "password1": NEW, "password2": NEW}
    )
    assert response.status_code == 302
    assert not OneTimePassword.objects.exists()
    assert client.get("/").status_code == 200
    client.logout()
    assert sign_in(client, email, password) == "200"
    assert sign_in(client, email, NEW) == "/"


def test_a_weak_new_password_is_refused_and_the_old_one_stays_one_time(client: Client) -> None:
    email, password = ensure_admin()
    assert password is not None
    sign_in(client, email, password)
    client.post(
        "/accounts/password/change/",
        {"oldpassword": password, "password1": "12345678", "password2": "12345678"},
    )
    assert OneTimePassword.objects.exists()


def test_the_admin_has_no_sign_in_of_its_own(client: Client) -> None:
    response = client.get("/admin/login/?next=/admin/")
    assert response.status_code == 302
    assert response["Location"].startswith("/accounts/login/")


def test_the_address_asked_for_is_where_one_lands(client: Client, ruleset: RulesetVersion) -> None:
    user = factories.person()
    response = client.post(
        "/accounts/login/?next=/teams/",
        {"login": user.email, "password": factories.PASSWORD, "next": "/teams/"},
    )
    assert response["Location"] == "/teams/"
    client.logout()
    response = client.post(
        "/accounts/login/",
        {"login": user.email, "password": factories.PASSWORD, "next": "https://evil.example"},
    )
    assert response["Location"] == "/"


def test_the_code_to_scan_stands_on_white_in_either_theme(client: Client, ruleset: RulesetVersion) -> None:
    person = factories.admin()
    person.set_password(NEW)
    person.save()
    EmailAddress.objects.create(user=person, email=person.email, verified=True, primary=True)
    sign_in(client, person.email, NEW)
    place = "/accounts/2fa/totp/activate/"
    again = f"/accounts/reauthenticate/?next={place}"
    page = client.post(again, {"password": NEW}, follow=True).content.decode()
    assert 'class="qr"' in page and "data:image/svg+xml" in page
