"""Forms of credentials, grants and push hooks. What was typed as a secret is never sent back to the browser."""

from datetime import date
from typing import Any

from django import forms
from django.contrib.auth.models import AbstractUser
from django.utils import timezone

from assessments.choices import CredentialKind, Forge
from assessments.models import Credential, Repository, Team
from assessments.policy import led_teams
from assessments.services import credentials
from assessments.team_fields import offer_teams
from scanners.errors import ScanError

_PLAIN = {"autocomplete": "off", "spellcheck": "false", "autocapitalize": "none"}


class SecretArea(forms.Textarea):
    """A field for a token or key, empty whenever it is shown."""

    def format_value(self, value: Any) -> str:
        return ""


class _Checked(forms.Form):
    """Turns what a check of the service raises into a message at its field."""

    def _check(self, field: str, check: Any, *args: Any) -> Any:
        try:
            return check(*args)
        except ScanError as error:
            self.add_error(
                field, forms.ValidationError(f"{error.message} {error.hint}".strip(), code=error.id)
            )
            return None


class _SecretForm(_Checked):
    secret = forms.CharField(
        label="Token or private key",
        widget=SecretArea(attrs={**_PLAIN, "rows": 4}),
        max_length=credentials.MAX_SECRET,
        strip=False,
        help_text="Kept encrypted and never shown again.",
    )
    known_hosts = forms.CharField(
        label="Host keys",
        required=False,
        max_length=20_000,
        widget=forms.Textarea(attrs={**_PLAIN, "rows": 3}),
        help_text="For SSH keys: what <code>ssh-keyscan HOST</code> prints. Compare it with the host's owner first.",
    )
    expires_on = forms.DateField(
        label="Expires on",
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text="The last day on which the forge takes it.",
    )

    def clean_expires_on(self) -> date | None:
        day: date | None = self.cleaned_data["expires_on"]
        if day is not None and day < timezone.localdate():
            raise forms.ValidationError("This day has passed.")
        return day

    def _check_secret(
        self, cleaned: dict[str, Any], kind: CredentialKind, prefixes: Any, pinned: str
    ) -> None:
        if cleaned.get("secret"):
            self._check("secret", credentials.check_secret, kind, cleaned["secret"])
        if kind == CredentialKind.SSH and prefixes:
            self._check("known_hosts", credentials.check_known_hosts, prefixes, pinned)


class CredentialForm(_SecretForm):
    """Adds a credential for one or more of the teams that the person leads."""

    field_order = [
        "name",
        "kind",
        "username",
        "secret",
        "known_hosts",
        "prefixes",
        "teams",
        "expires_on",
    ]
    name = forms.CharField(label="Name", max_length=120, help_text="For people, such as Shop deploy token.")
    kind = forms.ChoiceField(label="Kind", choices=CredentialKind.choices)
    username = forms.CharField(
        label="User name",
        required=False,
        max_length=120,
        widget=forms.TextInput(attrs=_PLAIN),
        help_text="For tokens, where the forge asks for a certain one.",
    )
    prefixes = forms.CharField(
        label="Addresses it serves",
        max_length=20_000,
        widget=forms.Textarea(attrs={**_PLAIN, "rows": 3}),
        help_text="One a line, such as <code>https://forge.example/group</code>: everything below it, nothing beside.",
    )
    teams = forms.ModelMultipleChoiceField(
        label="Teams it serves", queryset=Team.objects.none(), widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: Any, user: AbstractUser, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer_teams(self, "teams", led_teams(user))

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if "kind" not in cleaned:
            return cleaned
        kind = CredentialKind(cleaned["kind"])
        prefixes = None
        if "prefixes" in cleaned:
            prefixes = self._check(
                "prefixes", credentials.check_prefixes, kind, cleaned["prefixes"].splitlines()
            )
            cleaned["prefixes"] = prefixes
        self._check("username", credentials.check_username, cleaned.get("username", ""))
        self._check_secret(cleaned, kind, prefixes, cleaned.get("known_hosts", ""))
        return cleaned


class ReplaceForm(_SecretForm):
    """Puts a new secret in the place of an old one."""

    def __init__(self, *args: Any, credential: Credential, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.credential = credential
        if credential.kind == CredentialKind.TOKEN:
            del self.fields["known_hosts"]
            self.fields["secret"].label = "New token"
        else:
            self.fields["secret"].label = "New private key"
            self.fields["known_hosts"].help_text = "Left empty, the pinned ones stay."

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        kind = CredentialKind(self.credential.kind)
        pinned = cleaned.get("known_hosts", "").strip() or self.credential.known_hosts
        self._check_secret(cleaned, kind, self.credential.prefixes, pinned)
        return cleaned


class ConfirmForm(forms.Form):
    """Asks for a name to be typed, for what cannot be undone."""

    name = forms.CharField(label="Name", widget=forms.TextInput(attrs=_PLAIN))

    def __init__(self, *args: Any, expected: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._expected = expected
        self.fields["name"].help_text = "Type the name to confirm."

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        if name.strip() != self._expected:
            raise forms.ValidationError("This is not its name.")
        return name


class GrantForm(forms.Form):
    """An admin's word that a repository's team may use a credential of somebody else's."""

    repository = forms.SlugField(
        label="Repository",
        max_length=120,
        widget=forms.TextInput(attrs=_PLAIN),
        help_text="The last part of its address here, such as shop-api.",
    )
    reason = forms.CharField(label="Reason", max_length=1000)

    def clean_repository(self) -> Repository:
        found = Repository.objects.select_related("team", "mirror").filter(
            slug=self.cleaned_data["repository"]
        )
        repository = found.first()
        if repository is None:
            raise forms.ValidationError("There is no such repository.")
        return repository


class HookForm(forms.Form):
    """Makes a push hook for a team the person leads; admins may make one for all teams."""

    name = forms.CharField(
        label="Name", max_length=120, help_text="For people, such as Pushes of group shop."
    )
    provider = forms.ChoiceField(label="Forge", choices=Forge.choices)
    team = forms.ModelChoiceField(label="Team", queryset=Team.objects.none(), empty_label=None)

    def __init__(self, *args: Any, user: AbstractUser, all_teams: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if all_teams:
            team: Any = self.fields["team"]
            team.required, team.empty_label = False, "All teams"
        offer_teams(self, "team", led_teams(user))
