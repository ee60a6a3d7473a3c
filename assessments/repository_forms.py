"""The form of a repository's settings: what it is called, whose it is, when and how it is judged."""

from typing import Any

from django import forms
from django.contrib.auth import get_user_model
from django.contrib.auth.models import AbstractUser

from assessments import policy
from assessments.folder_field import FolderField
from assessments.models import Repository, Team
from assessments.team_fields import offer_teams
from assessments.timing import MAX_HOURS, MIN_HOURS
from scanners.profile import FIELDS, KINDS

MOST_TAGS, LONGEST_TAG = 20, 40
FIELD_WORDS = {
    "has_http_api": "Answers over HTTP",
    "has_database": "Keeps data in a database",
    "has_users": "Has people who sign in",
    "has_docs_ui": "Shows its API documentation",
}


class SettingsForm(forms.Form):
    """``version`` is that of the settings which the form was filled from. Fields that decide how the repository is
    judged are there for those only who may override it."""

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0)
    name = forms.CharField(label="Name", max_length=300)
    team = forms.ModelChoiceField(label="Team", queryset=Team.objects.none())
    owner = forms.ModelChoiceField(
        label="Owner",
        queryset=None,
        required=False,
        empty_label="Nobody in particular",
        help_text="Whom to ask: somebody of the team.",
    )
    tags = forms.CharField(
        label="Tags",
        max_length=1000,
        required=False,
        help_text="Words with commas between them, for example payments, tier-1. The list filters by them.",
    )
    interval_hours = forms.IntegerField(
        label="Hours between two scans",
        required=False,
        min_value=MIN_HOURS,
        max_value=MAX_HOURS,
        help_text="24 is once a day, 168 once a week. Left empty, as the team's.",
    )
    paused = forms.BooleanField(
        label="Pause the schedule",
        required=False,
        help_text="What a person asks for is scanned all the same.",
    )
    root = FolderField(
        label="Folder",
        max_length=1000,
        required=False,
        help_text="Only for a part of a repository with several services. Another folder is judged at once.",
    )
    kind = forms.ChoiceField(label="Kind", required=False)
    has_http_api = forms.ChoiceField(required=False)
    has_database = forms.ChoiceField(required=False)
    has_users = forms.ChoiceField(required=False)
    has_docs_ui = forms.ChoiceField(required=False)
    reason = forms.CharField(
        label="Why it is not as it was found",
        max_length=1000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="Needed for an override. It stands in the report and in the audit log.",
    )

    def __init__(self, *args: Any, user: AbstractUser, repository: Repository, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        fields: dict[str, Any] = self.fields
        teams = policy.led_teams(user) | Team.objects.filter(pk=repository.team_id)
        all_listed = offer_teams(self, "team", teams.distinct())
        # Among many teams those of another one are there once the repository is theirs.
        theirs = teams.values("pk") if all_listed else [repository.team_id]
        people = get_user_model().objects.filter(is_active=True, memberships__team__in=theirs)
        fields["owner"].queryset = people.distinct().order_by("email")
        fields["owner"].label_from_instance = lambda person: person.email or person.get_username()
        found = repository.current.profile if repository.current else {}
        override = repository.profile_override
        if not policy.may_override_profile(user):
            for name in ("root", "kind", *FIELDS, "reason"):
                del fields[name]
            return
        kind = "" if "kind" in override or not found else f" ({found.get('kind')})"
        fields["kind"].choices = [("", f"As found{kind}"), *((one, one.capitalize()) for one in KINDS)]
        for name in FIELDS:
            known = name not in override and name in found
            as_found = f"As found ({'yes' if found[name] else 'no'})" if known else "As found"
            fields[name].choices = [("", as_found), ("yes", "Yes"), ("no", "No")]
            fields[name].label = FIELD_WORDS[name]

    def clean_tags(self) -> list[str]:
        """Each tag once, in the order given."""
        tags = list(dict.fromkeys(" ".join(tag.split()) for tag in self.cleaned_data["tags"].split(",")))
        tags = [tag for tag in tags if tag]
        if len(tags) > MOST_TAGS or any(len(tag) > LONGEST_TAG for tag in tags):
            raise forms.ValidationError(f"At most {MOST_TAGS} tags of {LONGEST_TAG} characters each.")
        return tags

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        team, owner = cleaned.get("team"), cleaned.get("owner")
        if team and owner and not team.memberships.filter(user=owner).exists():
            self.add_error("owner", f"{owner.email or owner} does not belong to {team}.")
        if self.override_of(cleaned) and not cleaned.get("reason", "").strip():
            self.add_error("reason", "Say why the profile is not as it was found.")
        return cleaned

    @staticmethod
    def override_of(cleaned: dict[str, Any]) -> dict[str, Any]:
        override: dict[str, Any] = {"kind": cleaned["kind"]} if cleaned.get("kind") else {}
        return override | {name: cleaned[name] == "yes" for name in FIELDS if cleaned.get(name)}

    def changes(self) -> dict[str, Any]:
        """The repository's fields with what was entered for them."""
        data = self.cleaned_data
        chosen = {name: data[name] for name in ("name", "tags", "interval_hours", "paused")}
        chosen |= {"team_id": data["team"].pk, "owner_id": data["owner"].pk if data["owner"] else None}
        if "root" in self.fields:
            override = self.override_of(data)
            chosen |= {
                "root": data["root"],
                "profile_override": override,
                "profile_override_reason": data["reason"].strip() if override else "",
            }
        return chosen


def initial_of(repository: Repository) -> dict[str, Any]:
    """What the form shows at first."""
    override = repository.profile_override
    return {
        "version": repository.version,
        "name": repository.name,
        "team": repository.team_id,
        "owner": repository.owner_id,
        "tags": ", ".join(map(str, repository.tags)),
        "interval_hours": repository.interval_hours,
        "paused": repository.paused,
        "root": repository.root,
        "kind": override.get("kind", ""),
        **{name: ("yes" if override[name] else "no") if name in override else "" for name in FIELDS},
        "reason": repository.profile_override_reason,
    }
