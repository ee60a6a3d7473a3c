"""Tokens by which programs ask the API in a person's name. Only a digest of each is kept."""

import secrets

from django.conf import settings
from django.db import models

from assessments.models.team import Team

PERSON = settings.AUTH_USER_MODEL


def new_token_id() -> str:
    """The part of a token that lists and logs may show: it names the token and opens nothing."""
    return secrets.token_hex(6)


class ApiToken(models.Model):
    """One token. ``digest`` is the SHA-256 of the whole of it, in hexadecimal.

    It does what its ``scopes`` name, as far as its owner still may. A ``bound`` one reaches its ``teams`` alone, and
    nothing once they are gone. ``last_used_at`` may lie some minutes back.
    """

    public_id = models.CharField(max_length=20, unique=True, default=new_token_id, editable=False)
    digest = models.CharField(max_length=64, editable=False)
    owner = models.ForeignKey(PERSON, models.CASCADE, related_name="api_tokens")
    name = models.CharField(max_length=120)
    scopes = models.JSONField(default=list)
    bound = models.BooleanField(default=False)
    teams = models.ManyToManyField(Team, related_name="+", blank=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    revoked_by = models.ForeignKey(PERSON, models.SET_NULL, null=True, blank=True, related_name="+")

    class Meta:
        ordering = ["-created_at", "-id"]
        verbose_name = "API token"

    def __str__(self) -> str:
        return f"{self.name} (plb_{self.public_id})"
