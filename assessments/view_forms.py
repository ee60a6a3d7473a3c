"""Forms of saved views: what one is called and who sees it."""

from typing import Any

from django import forms
from django.contrib.auth.models import AbstractUser

from assessments.models import Team
from assessments.policy import sharing_teams
from assessments.services.saved_views import MAX_NAME
from assessments.team_fields import offer_teams


class NameForm(forms.Form):
    name = forms.CharField(
        label="Name",
        max_length=MAX_NAME,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text="For example: Red in payments.",
    )

    def clean_name(self) -> str:
        name = " ".join("".join(c for c in self.cleaned_data["name"] if c.isprintable()).split())
        if not name:
            raise forms.ValidationError("Give it a name.")
        return name


class ViewForm(NameForm):
    """A new view: its list and query come along as they are."""

    team = forms.ModelChoiceField(
        label="Who sees it", queryset=Team.objects.none(), required=False, empty_label="Only you"
    )
    default = forms.BooleanField(label="Open the list with it from now on", required=False)

    def __init__(self, *args: Any, user: AbstractUser, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer_teams(self, "team", sharing_teams(user))
