"""Forms of plans: what they are asked for, when they start, and what a team can give."""

from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.utils import timezone

from assessments.choices import PlanGoal, PlanMeasure
from assessments.services.plans import MAX_CAPACITY, Wish
from assessments.standard import Standard

MAX_PERSON_DAYS = 100_000


def _capacity(**changes: Any) -> forms.DecimalField:
    return forms.DecimalField(
        label="Capacity",
        required=False,
        max_digits=6,
        decimal_places=2,
        help_text="Person-days per week; left empty, phases keep the standard's weeks.",
        widget=forms.NumberInput(
            attrs={"min": "0.25", "max": "1000", "step": "0.25", "inputmode": "decimal"}
        ),
        **changes,
    )


def _day(label: str, required: bool = False, help_text: str = "") -> forms.DateField:
    return forms.DateField(
        label=label,
        required=required,
        help_text=help_text,
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
    )


class CapacityForm(forms.Form):
    """What a team gives to its plans."""

    capacity = _capacity()

    def clean_capacity(self) -> Decimal | None:
        return checked_capacity(self.cleaned_data["capacity"])


class TeamCapacityForm(CapacityForm):
    """The same, as one of several people may be changing it: ``seen`` is what the page showed when it was opened."""

    seen = forms.DecimalField(required=False)


class ScheduleForm(CapacityForm):
    """When a saved plan starts, and how fast it goes. A plan may have begun in the past."""

    starts_on = _day("Starts on", required=True)
    version = forms.IntegerField(widget=forms.HiddenInput, min_value=1)
    field_order = ("starts_on", "capacity", "version")

    def clean_starts_on(self) -> date:
        return checked_start(self.cleaned_data["starts_on"])


class WishForm(forms.Form):
    """What to plan for. The same form looks for a path and saves it."""

    goal = forms.ChoiceField(label="Look for", choices=PlanGoal)
    target = forms.ChoiceField(label="Grade", required=False, help_text="For the cheapest path.")
    measure = forms.ChoiceField(label="Reached by", choices=PlanMeasure, required=False)
    person_days = forms.DecimalField(
        label="Person-days",
        required=False,
        help_text="For the best grade: at most so many.",
        max_digits=8,
        decimal_places=2,
        widget=forms.NumberInput(attrs={"min": "0.25", "step": "0.25", "inputmode": "decimal"}),
    )
    ends_on = _day("Ends by", help_text="For the best grade: its last day.")
    starts_on = _day("Starts on", required=True)
    capacity = _capacity()

    def __init__(self, *args: Any, standard: Standard, for_team: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        letters = [(band.letter, f"{band.letter}: {band.label}") for band in standard.scale]
        target: Any = self.fields["target"]
        target.choices = letters
        target.error_messages["invalid_choice"] = "The standard has no such grade."
        if not for_team:
            del self.fields["measure"]

    def clean_capacity(self) -> Decimal | None:
        return checked_capacity(self.cleaned_data["capacity"])

    def clean_starts_on(self) -> date:
        return checked_start(self.cleaned_data["starts_on"])

    def clean_person_days(self) -> Decimal | None:
        days: Decimal | None = self.cleaned_data["person_days"]
        if days is not None and not 0 < days <= MAX_PERSON_DAYS:
            raise forms.ValidationError(
                f"Give more than 0 and at most {MAX_PERSON_DAYS:,} person-days.", code="plan.days-range"
            )
        return days

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        goal = cleaned.get("goal")
        if goal == PlanGoal.GRADE and not cleaned.get("target") and "target" not in self.errors:
            self.add_error("target", forms.ValidationError("Choose a grade.", code="plan.grade-unknown"))
        if goal == PlanGoal.BUDGET and not self.errors:
            ends_on, starts_on = cleaned.get("ends_on"), cleaned.get("starts_on")
            if cleaned.get("person_days") is None and ends_on is None:
                self.add_error(
                    "person_days",
                    forms.ValidationError("Give person-days, a date, or both.", code="plan.no-limit"),
                )
            elif ends_on is not None and ends_on < timezone.localdate():
                self.add_error(
                    "ends_on",
                    forms.ValidationError("This date has passed; give a later one.", code="plan.end-in-past"),
                )
            elif ends_on is not None and starts_on and ends_on < starts_on:
                self.add_error(
                    "ends_on",
                    forms.ValidationError(
                        "The plan would end before it starts.", code="plan.end-before-start"
                    ),
                )
        return cleaned

    @property
    def wish(self) -> Wish:
        """What a valid form asks for; what its goal does not use is left out."""
        data = self.cleaned_data
        goal = PlanGoal(data["goal"])
        limited = goal == PlanGoal.BUDGET
        return Wish(
            goal=goal,
            starts_on=data["starts_on"],
            capacity=data["capacity"],
            measure=PlanMeasure(data.get("measure") or PlanMeasure.EVERY),
            target=data["target"] if goal == PlanGoal.GRADE else "",
            person_days=data["person_days"] if limited else None,
            ends_on=data["ends_on"] if limited else None,
        )


def checked_capacity(capacity: Decimal | None) -> Decimal | None:
    if capacity is not None and not 0 < capacity <= MAX_CAPACITY:
        raise forms.ValidationError(
            f"Give more than 0 and at most {MAX_CAPACITY:,} person-days per week.", code="plan.capacity-range"
        )
    return capacity


def checked_start(starts_on: date) -> date:
    """A start within ten years: further away it is a slip of the finger, and dates would run out."""
    if abs((starts_on - timezone.localdate()).days) > 3660:
        raise forms.ValidationError("Give a day within ten years.", code="plan.start-range")
    return starts_on
