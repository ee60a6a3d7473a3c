"""Page model of what a person is told of, and of the messages that came of it."""

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.db.models import QuerySet

from assessments.choices import Channel, Event
from assessments.models import Notification, NotificationTarget
from assessments.services.notifications import choices_of
from assessments.tables import Listing, Shown, everything, shown
from assessments.upkeep_listings import MESSAGES

SHOWN, CHUNK = 30, 500


@dataclass(frozen=True, slots=True)
class ChoiceRow:
    """One event; ``fields`` are (name in the form, channel, wanted)."""

    event: str
    label: str
    fields: tuple[tuple[str, str, bool], ...]


@dataclass(frozen=True, slots=True)
class MessageRow:
    subject: str
    channel: str
    state: str
    state_label: str
    at: datetime
    attempts: int
    error: str
    error_id: str


@dataclass(frozen=True, slots=True)
class NotificationPage:
    """``host`` is where webhook messages go, empty where no address is given; the address itself stays sealed."""

    email: str
    mail_is_sent: bool
    host: str
    channels: tuple[str, ...]
    choices: tuple[ChoiceRow, ...]
    messages: tuple[MessageRow, ...]
    table: Shown


def field_name(event: Event, channel: Channel) -> str:
    """What a choice is called in the form."""
    return f"{event.value}.{channel.value}"


def get_notification_page(user: AbstractUser) -> NotificationPage:
    """The person's choices and latest thirty messages."""
    chosen = choices_of(user)
    target = NotificationTarget.objects.filter(user=user).first()
    return NotificationPage(
        email=user.email,
        mail_is_sent=settings.MAIL_IS_SENT,
        host=target.host if target else "",
        channels=tuple(channel.label for channel in Channel),
        choices=tuple(
            ChoiceRow(
                event=event.value,
                label=event.label,
                fields=tuple(
                    (field_name(event, channel), channel.label, chosen[event.value, channel.value])
                    for channel in Channel
                ),
            )
            for event in Event
        ),
        messages=tuple(map(_message_row, _messages(user)[:SHOWN])),
        table=shown(MESSAGES),
    )


def get_messages_listing(user: AbstractUser) -> Listing:
    """All messages to the person that are still kept, as a table."""
    return Listing(everything(MESSAGES), map(_message_row, _messages(user).iterator(CHUNK)))


def _messages(user: AbstractUser) -> QuerySet[Notification]:
    rows: QuerySet[Notification] = user.notifications.all()  # type: ignore[attr-defined]  # a related name
    return rows


def _message_row(one: Notification) -> MessageRow:
    return MessageRow(
        subject=str(one.content.get("subject", "")),
        channel=one.get_channel_display(),
        state=one.state,
        state_label=one.get_state_display(),
        at=one.sent_at or one.created_at,
        attempts=one.attempts,
        error=one.error,
        error_id=one.error_id,
    )
