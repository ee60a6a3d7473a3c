"""The form that makes an API token."""

from typing import Any

from django import forms
from django.contrib.auth.models import AbstractUser

from assessments.choices import TokenScope
from assessments.models import Team
from assessments.policy import may_hold_scope, visible_teams
from assessments.services.api_tokens import DEFAULT_DAYS, MAX_DAYS, MAX_NAME
from assessments.team_fields import offer_teams

_LIFETIMES = (7, 30, DEFAULT_DAYS, 180, MAX_DAYS)


class TokenForm(forms.Form):
    """Name, what it may do, how long, and the teams it is bound to, if any."""

    name = forms.CharField(
        label="Name",
        max_length=MAX_NAME,
        help_text="What it is for, such as the pipeline that uses it.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    scopes = forms.MultipleChoiceField(
        label="What it may do", widget=forms.CheckboxSelectMultiple, initial=[TokenScope.READ.value]
    )
    days = forms.TypedChoiceField(
        label="Lasts",
        coerce=int,
        choices=[(days, f"{days} days" if days != MAX_DAYS else "1 year") for days in _LIFETIMES],
        initial=DEFAULT_DAYS,
    )
    teams = forms.ModelMultipleChoiceField(
        label="Only these teams",
        queryset=Team.objects.none(),
        required=False,
        help_text="Bound to teams, it is a stranger to all others, whatever you may see. Several with Ctrl or Cmd.",
        widget=forms.SelectMultiple(attrs={"size": 6}),
    )

    def __init__(self, *args: Any, user: AbstractUser, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        scopes = [(one.value, one.label) for one in TokenScope if may_hold_scope(user, one)]
        self.fields["scopes"].choices = scopes  # type: ignore[attr-defined]
        offer_teams(self, "teams", visible_teams(user))
