"""What people want to be told of and how, and every message that came of it."""

from django.conf import settings
from django.db import models

from assessments.choices import Channel, Event, MessageState

PERSON = settings.AUTH_USER_MODEL


class NotificationChoice(models.Model):
    """A person's choice for one event and channel; where there is none, ``services.notifications`` has it."""

    user = models.ForeignKey(PERSON, models.CASCADE, related_name="notification_choices")
    event = models.CharField(max_length=15, choices=Event)
    channel = models.CharField(max_length=10, choices=Channel)
    wanted = models.BooleanField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "event", "channel"], name="one_choice_per_event")
        ]

    def __str__(self) -> str:
        return f"{self.user}: {self.event} by {self.channel}: {self.wanted}"


class NotificationTarget(models.Model):
    """Where a person's webhook messages go. Address and secret are sealed: chat addresses are secrets too."""

    user = models.OneToOneField(PERSON, models.CASCADE, related_name="notification_target")
    host = models.CharField(max_length=260)
    address = models.TextField()
    secret = models.TextField()
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"Webhook of {self.user} at {self.host}"


class Notification(models.Model):
    """One message to one person. ``cause`` names what it is about, such as ``repository:12``.

    ``content`` is a ``services.messages.Message`` as JSON. ``due_at`` is when it is to be tried next.
    """

    user = models.ForeignKey(PERSON, models.CASCADE, related_name="notifications")
    event = models.CharField(max_length=15, choices=Event)
    channel = models.CharField(max_length=10, choices=Channel)
    cause = models.CharField(max_length=80)
    day = models.DateField()
    content = models.JSONField(default=dict)
    state = models.CharField(max_length=10, choices=MessageState, default=MessageState.WAITING)
    attempts = models.PositiveIntegerField(default=0)
    due_at = models.DateTimeField()
    created_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True, blank=True)
    error_id = models.CharField(max_length=60, blank=True)
    error = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "channel", "event", "cause", "day"], name="one_message_per_cause_and_day"
            )
        ]
        indexes = [models.Index(fields=["state", "due_at"], name="notification_due")]

    def __str__(self) -> str:
        return f"{self.get_event_display()} to {self.user}: {self.get_state_display()}"
