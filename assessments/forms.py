"""Forms: what a person may type, and what is said when it cannot be used."""

import re
from typing import Any

from django import forms
from django.contrib.auth.models import AbstractUser

from assessments.folder_field import FolderField
from assessments.models import Team
from assessments.policy import visible_teams
from assessments.team_fields import offer_teams
from scanners.errors import ScanError
from scanners.source_url import parse_source

_SIGN_IN = re.compile(r"(?<!ssh:)//[^/\s]*@|//[^/\s@]*:[^/\s]*@")
"""A user name with a password or token, or either alone; the plain user name of ssh is none."""


class RepositoryForm(forms.Form):
    """Adds a repository: an address, a team (known or new), and a folder where only part of it is meant."""

    source = forms.CharField(
        label="Address",
        max_length=2000,
        help_text="https or ssh, for example https://github.com/owner/name; without user name, password or token.",
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "spellcheck": "false", "autocapitalize": "none"}
        ),
    )
    team = forms.ModelChoiceField(
        label="Team", queryset=Team.objects.none(), required=False, empty_label="A new team"
    )
    new_team = forms.CharField(label="Name of the new team", max_length=300, required=False)
    root = FolderField(
        label="Folder",
        max_length=1000,
        required=False,
        help_text="Only for a part of a repository with several services, for example services/billing.",
    )
    name = forms.CharField(
        label="Name",
        max_length=300,
        required=False,
        help_text="What it is called here. Left empty, the name comes from the address.",
    )

    def __init__(self, *args: Any, user: AbstractUser, allow_local: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._allow_local = allow_local
        offer_teams(self, "team", visible_teams(user))

    def clean_source(self) -> str:
        source: str = self.cleaned_data["source"]
        # What is wrong is shown again beside its field; a password must not be.
        self.data = dict(self.data.items(), source=_SIGN_IN.sub("//", source))
        try:
            parsed = parse_source(source, allow_local=self._allow_local)
        except ScanError as error:
            raise forms.ValidationError(f"{error.message} {error.hint}".strip(), code=error.id) from error
        if parsed.credential is not None:
            raise forms.ValidationError(
                "The address holds a password or token. Give it without.", code="source.holds-credential"
            )
        return source

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if not cleaned.get("team") and not cleaned.get("new_team", "").strip() and "team" not in self.errors:
            self.add_error("new_team", "Choose a team, or name a new one.")
        return cleaned
