"""What signs in to forges, whom it serves, and the hooks by which forges tell of pushes. Secrets are sealed."""

import secrets

from django.conf import settings
from django.db import models

from assessments.choices import CredentialKind, DeliveryOutcome, Forge
from assessments.models.repository import Mirror, Repository
from assessments.models.team import Team

PERSON = settings.AUTH_USER_MODEL


class Credential(models.Model):
    """An HTTPS token or an SSH key. ``secret`` is sealed by ``assessments.vault`` and never shown again.

    It serves the repositories of its ``teams`` whose address one of its ``prefixes`` covers; anything else
    takes a ``CredentialGrant``. ``known_hosts`` are the lines by which ssh knows the hosts. ``trouble`` is
    the id of what went wrong when it was last used, empty where nothing did.
    """

    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=10, choices=CredentialKind)
    username = models.CharField(max_length=120, blank=True)
    secret = models.TextField()
    known_hosts = models.TextField(blank=True)
    prefixes = models.JSONField(default=list)
    teams = models.ManyToManyField(Team, related_name="credentials", blank=True)
    expires_on = models.DateField(null=True, blank=True)
    created_by = models.ForeignKey(PERSON, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    replaced_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    trouble = models.CharField(max_length=60, blank=True)
    trouble_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    revoked_by = models.ForeignKey(PERSON, models.SET_NULL, null=True, related_name="+")

    class Meta:
        ordering = ["name", "id"]

    def __str__(self) -> str:
        return self.name


class CredentialGrant(models.Model):
    """An admin's word that a team may read one address with a credential that does not serve it by itself."""

    credential = models.ForeignKey(Credential, models.CASCADE, related_name="grants")
    team = models.ForeignKey(Team, models.CASCADE, related_name="credential_grants")
    mirror = models.ForeignKey(Mirror, models.CASCADE, related_name="credential_grants")
    reason = models.CharField(max_length=1000)
    granted_by = models.ForeignKey(PERSON, models.SET_NULL, null=True, related_name="+")
    granted_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-granted_at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["credential", "team", "mirror"], name="one_grant_per_address")
        ]

    def __str__(self) -> str:
        return f"{self.credential} for {self.team}: {self.mirror}"


class CredentialUse(models.Model):
    """Which mirror was fetched with which credential, so that nobody without a right to it reads from there."""

    credential = models.ForeignKey(Credential, models.CASCADE, related_name="uses")
    mirror = models.ForeignKey(Mirror, models.CASCADE, related_name="credential_uses")
    used_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["credential", "mirror"], name="one_use_per_mirror")]

    def __str__(self) -> str:
        return f"{self.credential} for {self.mirror}"


def new_public_id() -> str:
    """The part of a hook's address that only the forge and its people know."""
    return secrets.token_hex(16)


class PushHook(models.Model):
    """An address that a forge tells of pushes, for one team's repositories or, without a team, for all."""

    public_id = models.CharField(max_length=40, unique=True, default=new_public_id, editable=False)
    name = models.CharField(max_length=120)
    provider = models.CharField(max_length=10, choices=Forge)
    secret = models.TextField()
    team = models.ForeignKey(Team, models.CASCADE, null=True, blank=True, related_name="push_hooks")
    created_by = models.ForeignKey(PERSON, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["name", "id"]

    def __str__(self) -> str:
        return self.name


class HookDelivery(models.Model):
    """One delivery whose signature was right, and what became of it."""

    hook = models.ForeignKey(PushHook, models.CASCADE, related_name="deliveries")
    at = models.DateTimeField()
    delivery = models.CharField(max_length=100, blank=True)
    event = models.CharField(max_length=60, blank=True)
    address = models.CharField(max_length=300, blank=True)
    outcome = models.CharField(max_length=15, choices=DeliveryOutcome)
    repository = models.ForeignKey(Repository, models.SET_NULL, null=True, related_name="+")

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.hook}: {self.get_outcome_display()}"
