"""The audit log's one way in."""

from typing import Any

from django.contrib.auth.models import AbstractUser

from assessments.models import AuditEvent


def note(*, actor: AbstractUser | None, action: str, subject: str, **details: Any) -> None:
    """Adds one line; call it inside the transaction of what it tells about."""
    AuditEvent.objects.create(actor=actor, action=action, subject=subject[:300], details=details)
