"""A person's own notifications, and the page that stops a kind of mail without signing in."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import AbstractUser
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from assessments.choices import Channel, Event, MessageState
from assessments.models import Notification, NotificationTarget
from assessments.services.delivery import stop_url
from assessments.services.notifications import choices_of
from assessments.vault import unseal
from tests import factories

pytestmark = pytest.mark.django_db
SignedIn = Callable[[AbstractUser], Client]
PAGE = "/account/notifications/"
CHAT = "https://chat.example/services/T0/B0/s3cret-chat-key"


@pytest.fixture(autouse=True)
def mail_server(settings: Any) -> None:
    settings.MAIL_IS_SENT = True


@pytest.fixture
def user() -> AbstractUser:
    return factories.member(factories.team())


def message(user: AbstractUser, number: int = 1, **changes: Any) -> Notification:
    values: dict[str, Any] = {
        "user": user,
        "event": Event.GRADE_DROP,
        "channel": Channel.MAIL,
        "cause": f"repository:{number}",
        "day": factories.NOW.date(),
        "content": {"subject": f"Shop {number} dropped"},
        "due_at": factories.NOW,
        "created_at": factories.NOW,
        **changes,
    }
    return Notification.objects.create(**values)


def test_a_choice_is_kept(user: AbstractUser, signed_in: SignedIn) -> None:
    client = signed_in(user)
    assert client.get(PAGE).status_code == 200
    response = client.post(PAGE, {"grade-drop.webhook": "on", "digest.mail": "on", "nonsense.mail": "on"})
    assert response.status_code == 302
    assert {pair for pair, wanted in choices_of(user).items() if wanted} == {
        ("grade-drop", "webhook"),
        ("digest", "mail"),
    }
    text = client.get(PAGE).content.decode()
    assert text.count(" checked") == 2


def test_the_webhooks_address_and_secret_are_never_shown_again(
    user: AbstractUser, signed_in: SignedIn
) -> None:
    client = signed_in(user)
    response = client.post(f"{PAGE}webhook/", {"address": CHAT})
    assert response.status_code == 200
    target = NotificationTarget.objects.get(user=user)
    assert unseal(target.secret) in response.content.decode()
    text = client.get(PAGE).content.decode()
    assert "chat.example" in text
    assert "s3cret" not in text and unseal(target.secret) not in text
    assert client.post(f"{PAGE}webhook/remove/").status_code == 302
    assert not NotificationTarget.objects.exists()


@pytest.mark.parametrize("address", ["", "http://chat.example/x", "https://ann:s3cret@chat.example/x"])
def test_an_address_that_cannot_be_used_is_said(
    user: AbstractUser, signed_in: SignedIn, address: str
) -> None:
    response = signed_in(user).post(f"{PAGE}webhook/", {"address": address})
    assert response.status_code == 422
    assert "The address must" in response.content.decode()
    assert "s3cret" not in response.content.decode()
    assert not NotificationTarget.objects.exists()


def test_only_own_messages_are_shown_with_what_failed(user: AbstractUser, signed_in: SignedIn) -> None:
    message(user, 1, state=MessageState.FAILED, error="The mail server did not take it.", error_id="n.x")
    message(factories.person(), 2)
    text = signed_in(user).get(PAGE).content.decode()
    assert "Shop 1 dropped" in text and "The mail server did not take it." in text
    assert "Shop 2 dropped" not in text


def test_own_messages_come_as_a_file_all_of_them(user: AbstractUser, signed_in: SignedIn) -> None:
    for number in range(40):
        message(user, number)
    message(user, 40, state=MessageState.FAILED, error="=The mail server", error_id="n.x")
    message(factories.person(), 99)
    response = signed_in(user).get(f"{PAGE}?format=csv")
    text = b"".join(response.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    assert text.count(" dropped") == 41
    assert "'=The mail server" in text and "n.x" in text
    assert "Shop 99" not in text


def test_a_test_message_goes_to_oneself_once_a_minute(user: AbstractUser, signed_in: SignedIn) -> None:
    client = signed_in(user)
    for _ in range(3):
        assert client.post(f"{PAGE}test/", {"channel": "mail"}).status_code == 302
    assert 1 <= Notification.objects.filter(user=user).count() <= 2


def test_messages_cost_no_queries(user: AbstractUser, signed_in: SignedIn) -> None:
    client = signed_in(user)

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client.get(PAGE).status_code == 200
        return len(captured)

    message(user, 1)
    queries()
    one = queries()
    for number in range(2, 11):
        message(user, number)
    assert queries() == one


class TestStopping:
    def address(self, user: AbstractUser) -> str:
        return "/" + stop_url(user, Event.DIGEST).split("/", 3)[3]

    def test_a_look_stops_nothing_and_a_click_does(self, user: AbstractUser, client: Client) -> None:
        address = self.address(user)
        assert "Stop these mails?" in client.get(address).content.decode()
        assert choices_of(user)["digest", "mail"] is True
        assert "Stopped" in client.post(address).content.decode()
        assert choices_of(user)["digest", "mail"] is False
        assert choices_of(user)["grade-drop", "mail"] is True

    def test_a_mail_program_stops_it_in_one_click(self, user: AbstractUser) -> None:
        client = Client(enforce_csrf_checks=True)
        response = client.post(self.address(user), {"List-Unsubscribe": "One-Click"})
        assert response.status_code == 200
        assert choices_of(user)["digest", "mail"] is False

    def test_an_address_of_ones_own_making_does_not_exist(self, user: AbstractUser, client: Client) -> None:
        for token in ("x", self.address(user).split("/")[-2] + "a", "e30:1:2"):
            assert client.post(f"/notifications/stop/{token}/").status_code == 404
        assert choices_of(user)["digest", "mail"] is True
