"""Forms of the schedule: of a repository, a team and the organisation."""

from hashlib import sha256
from typing import Any

from django import forms

from assessments.timing import MAX_HOURS, MIN_HOURS, known_zone


class ScheduleForm(forms.Form):
    """How often a repository, or those of a team, are scanned."""

    interval_hours = forms.IntegerField(
        label="Hours between two scans",
        required=False,
        min_value=MIN_HOURS,
        max_value=MAX_HOURS,
        help_text="24 is once a day, 168 once a week.",
    )
    paused = forms.BooleanField(
        label="Pause the schedule",
        required=False,
        help_text="What a person asks for is scanned all the same.",
    )

    opened = forms.CharField(required=False, widget=forms.HiddenInput)
    """What the page showed when it was opened, so that a save does not undo what somebody else saved since."""

    def __init__(self, *args: Any, inherited: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["opened"].initial = self._stands()
        if inherited:
            self.fields["interval_hours"].help_text += f" {inherited}"

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        opened, stands = cleaned.pop("opened", ""), self._stands()
        if opened and opened != stands:
            self.data = self.data.copy()
            self.data[self.add_prefix("opened")] = stands
            self.add_error(
                None,
                f"Somebody changed this meanwhile: {self._in_words()}. What you entered is still here; "
                "save again to put it in place of that.",
            )
        return cleaned

    def _stands(self) -> str:
        return sha256(repr(sorted(self.initial.items())).encode()).hexdigest()[:16]

    def _in_words(self) -> str:
        hours = self.initial.get("interval_hours")
        words = ["the usual interval" if hours is None else f"every {hours} hours"]
        start, end = self.initial.get("window_start"), self.initial.get("window_end")
        if start and end:
            words.append(f"maintenance from {start:%H:%M} to {end:%H:%M} {self.initial.get('window_zone')}")
        words.append("paused" if self.initial.get("paused") else "not paused")
        return ", ".join(words)


class PolicyForm(ScheduleForm):
    """The organisation's schedule: interval, pause, and the daily window in which it asks for nothing."""

    window_start = forms.TimeField(
        label="Maintenance starts",
        required=False,
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        help_text="The schedule asks for no scan from this time on, every day.",
    )
    window_end = forms.TimeField(
        label="Maintenance ends",
        required=False,
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        help_text="Before the start, it is on the next day.",
    )
    window_zone = forms.CharField(
        label="Time zone",
        max_length=60,
        help_text="A name such as Europe/Berlin or UTC.",
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )

    def clean_window_zone(self) -> str:
        zone: str = self.cleaned_data["window_zone"].strip()
        if not known_zone(zone):
            raise forms.ValidationError("There is no time zone of this name.", code="schedule.refused")
        return zone

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        start, end = cleaned.get("window_start"), cleaned.get("window_end")
        if (start is None) != (end is None) and not {"window_start", "window_end"} & set(self.errors):
            self.add_error("window_end" if end is None else "window_start", "Give both times, or neither.")
        elif start is not None and start == end:
            self.add_error("window_end", "The window has no length.")
        return cleaned
