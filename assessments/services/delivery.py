"""Sending one message: as mail, or to a person's webhook. What fails is tried again, later and later."""

import json
import logging
import secrets
import smtplib
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.core import signing
from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables

from assessments.choices import Channel, Event, MessageState
from assessments.messages import Message, message_of, slack_payload
from assessments.models import Notification, NotificationTarget
from assessments.outgoing import NotDelivered, parse_target, post, signature
from assessments.services.audit import note
from assessments.services.notifications import claim, enqueue
from assessments.vault import seal, unseal
from scanners.errors import ScanError

logger = logging.getLogger(__name__)

BACKOFF = tuple(timedelta(minutes=m) for m in (1, 5, 30, 120, 480))
"""How long after each failure the next try comes; after the last the message is given up."""
_STOP = "notifications.stop"


def send_notification(notification_id: int, *, now: datetime | None = None) -> None:
    """Sends a message that waits; does nothing for one that somebody else sends, or that has gone out."""
    moment = now or timezone.now()
    notification = claim(notification_id, now=moment)
    if notification is None:
        return
    try:
        if notification.channel == Channel.MAIL:
            _mail(notification)
        else:
            _webhook(notification, moment)
    except NotDelivered as error:
        _failed(notification, error, moment)
    except ScanError as error:
        _failed(notification, NotDelivered(error.id, error.message, retry=False), moment)
    except Exception:
        _failed(
            notification,
            NotDelivered("notification.internal", "Something went wrong in Plumbline itself.", retry=True),
            moment,
        )
        raise
    else:
        Notification.objects.filter(pk=notification.pk).update(
            state=MessageState.SENT, sent_at=moment, error_id="", error=""
        )


def _failed(notification: Notification, error: NotDelivered, moment: datetime) -> None:
    again = error.retry and notification.attempts <= len(BACKOFF)
    Notification.objects.filter(pk=notification.pk).update(
        state=MessageState.WAITING if again else MessageState.FAILED,
        due_at=moment + BACKOFF[min(notification.attempts, len(BACKOFF)) - 1],
        error_id=error.id,
        error=error.message[:300],
    )
    logger.warning("Message %s was not delivered: %s", notification.pk, error.id)


def _mail(notification: Notification) -> None:
    message = message_of(notification.content)
    user = notification.user
    stop = stop_url(user, Event(notification.event))
    context = {"message": message, "stop_url": stop, "choose_url": settings.PUBLIC_ADDRESS + _page()}
    mail = EmailMultiAlternatives(
        subject=" ".join(message.subject.split())[:200],
        body=render_to_string("mails/message.txt", context),
        to=[user.email],
        headers={
            "List-Unsubscribe": f"<{stop}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
            "Auto-Submitted": "auto-generated",
        },
    )
    mail.attach_alternative(render_to_string("mails/message.html", context), "text/html")
    try:
        mail.send()
    except smtplib.SMTPRecipientsRefused:
        raise NotDelivered(
            "notification.mail-refused", "The mail server does not take this address.", retry=False
        ) from None
    except (smtplib.SMTPException, OSError):
        raise NotDelivered(
            "notification.mail-failed", "The mail server did not take it.", retry=True
        ) from None


@sensitive_variables()
def _webhook(notification: Notification, moment: datetime) -> None:
    target = getattr(notification.user, "notification_target", None)
    if target is None:
        raise NotDelivered("notification.no-address", "There is no webhook address any more.", retry=False)
    body = json.dumps(slack_payload(message_of(notification.content))).encode()
    stamp = int(moment.timestamp())
    private = settings.ENVIRONMENT.allow_private_addresses
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "User-Agent": "Plumbline",
        "X-Plumbline-Event": notification.event,
        "X-Plumbline-Delivery": str(notification.pk),
        "X-Plumbline-Timestamp": str(stamp),
        "X-Plumbline-Signature": signature(unseal(target.secret), stamp, body),
    }
    post(parse_target(unseal(target.address), allow_http=private), body, headers, allow_private=private)


@sensitive_variables("address", "secret")
@transaction.atomic
def set_target(*, user: AbstractUser, address: str) -> str:
    """Keeps the person's webhook address sealed; gives the new secret that its posts are signed with, shown once.

    Raises SourceError (notification.address-refused).
    """
    parsed = parse_target(address, allow_http=settings.ENVIRONMENT.allow_private_addresses)
    secret = secrets.token_urlsafe(32)
    NotificationTarget.objects.update_or_create(
        user=user,
        defaults={"host": parsed.host[:260], "address": seal(address.strip()), "secret": seal(secret)},
    )
    note(actor=user, action="notifications.webhook-set", subject=str(user), host=parsed.host)
    return secret


@transaction.atomic
def remove_target(*, user: AbstractUser) -> None:
    if NotificationTarget.objects.filter(user=user).delete()[0]:
        note(actor=user, action="notifications.webhook-removed", subject=str(user))


def send_test(*, user: AbstractUser, channel: Channel, now: datetime | None = None) -> bool:
    """True where a test message was queued; one a minute and channel."""
    moment = now or timezone.now()
    message = Message(
        subject="A test from Plumbline",
        lead="You asked for this message on the page of your notifications. It arrived.",
        sections=(),
        url=settings.PUBLIC_ADDRESS + _page(),
        action="Your notifications",
    )
    notification, made = Notification.objects.get_or_create(
        user=user,
        channel=channel,
        event=Event.FINISHED,
        cause=f"test:{moment:%H:%M}",
        day=moment.date(),
        defaults={"content": message.as_dict(), "due_at": moment, "created_at": moment},
    )
    if made:
        transaction.on_commit(lambda: enqueue([notification.pk]))
    return made


def stop_url(user: AbstractUser, event: Event) -> str:
    """The signed address at which the reader of a mail stops its kind without signing in."""
    token = signing.dumps({"user": user.pk, "event": event.value}, salt=_STOP)
    return f"{settings.PUBLIC_ADDRESS}{reverse('notification-stop', args=[token])}"


def read_stop(token: str) -> tuple[int, Event] | None:
    """Whose mails of which kind a signed address stops, None where it was not made here."""
    try:
        content = signing.loads(token, salt=_STOP)
        return int(content["user"]), Event(content["event"])
    except (signing.BadSignature, KeyError, TypeError, ValueError):
        return None


def _page() -> str:
    return reverse("notifications")
