"""Choosing teams in a form: from a list while they are few, by name where a list of them all would be a page of its own.

By name works without script: what is typed is looked up when the form is sent, and an answer that fits no team says which
come near. With script the browser suggests names as they are typed (``team-names``).
"""

from functools import reduce
from operator import or_
from typing import Any

from django import forms
from django.db.models import Q, QuerySet
from django.urls import reverse_lazy
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from assessments.models import Team

MOST_LISTED = 50
"""Up to so many teams are all listed; a longer list is slower to read and to choose from than a name is to type."""
MOST_NAMED = 100
"""So many teams can be named at once."""
NEAR = 5
_LONGEST = 300


def offer_teams(form: forms.Form, name: str, teams: QuerySet[Team]) -> bool:
    """Makes the form's field of one or several teams offer ``teams``; whether it lists them all. One query.

    A cleaned field holds a Team or None, or a collection of teams, either way.
    """
    field: Any = form.fields[name]
    ordered = teams.order_by("name", "pk")
    listed = list(ordered[: MOST_LISTED + 1])
    if len(listed) <= MOST_LISTED:
        field.queryset = ordered
        choices = [(team.pk, team.name) for team in listed]
        if isinstance(field, forms.ModelMultipleChoiceField):
            field.choices = choices
        else:
            without = [("", field.empty_label)] if field.empty_label is not None else []
            field.choices = without + choices
        return True
    if isinstance(field, forms.ModelMultipleChoiceField):
        form.fields[name] = NamedTeamsField(
            teams=ordered,
            label=field.label,
            required=field.required,
            help_text=" ".join(filter(None, ("Names of teams, one a line.", _said(field)))),
        )
        return False
    form.fields[name] = NamedTeamField(
        teams=ordered,
        suggested=[team.name for team in listed[:MOST_LISTED]],
        label=field.label,
        required=field.required,
        help_text=_of_one(field),
    )
    return False


def _said(field: Any) -> str:
    """What the field itself says, without how to choose in a list."""
    return str(field.help_text).replace(" Several with Ctrl or Cmd.", "")


def _of_one(field: Any) -> str:
    without = field.empty_label if not field.required and field.empty_label is not None else ""
    return "The name of the team." + (f" Left empty: {without[0].lower()}{without[1:]}." if without else "")


def named(teams: QuerySet[Team], names: list[str]) -> dict[str, list[Team]]:
    """The teams that are called so, or whose address ends so, by each of ``names``; one query.

    The end of an address is one team's alone, so it goes before names that several share.
    """
    if not names:
        return {}
    wanted = reduce(or_, (Q(name__iexact=one) | Q(slug=one) for one in names))
    rows = list(teams.filter(wanted))
    return {
        one: [team for team in rows if team.slug == one]
        or [team for team in rows if team.name.casefold() == one.casefold()]
        for one in names
    }


def near(teams: QuerySet[Team], typed: str, limit: int = NEAR) -> list[Team]:
    """Teams whose name holds every word of what was typed, by name; one query."""
    for word in typed[:_LONGEST].split()[:6]:
        teams = teams.filter(name__icontains=word)
    return list(teams.order_by("name", "pk")[:limit])


class NamedTeamField(forms.CharField):
    """One team by its name; cleaned a Team, or None where nothing is typed and nothing has to be."""

    def __init__(self, *, teams: QuerySet[Team], suggested: list[str], **kwargs: Any) -> None:
        super().__init__(max_length=_LONGEST, widget=TeamInput(suggested), **kwargs)
        self.teams = teams

    def clean(self, value: Any) -> Any:
        typed = super().clean(value)
        return _found(self.teams, [typed])[0] if typed else None

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, int):
            value = self.teams.filter(pk=value).first()
        return value.name if isinstance(value, Team) else value


class NamedTeamsField(forms.CharField):
    """Several teams by their names, one a line; cleaned a list of Team."""

    def __init__(self, *, teams: QuerySet[Team], **kwargs: Any) -> None:
        widget = forms.Textarea(attrs={"rows": 4, "autocomplete": "off", "spellcheck": "false"})
        super().__init__(max_length=MOST_NAMED * (_LONGEST + 2), widget=widget, **kwargs)
        self.teams = teams

    def clean(self, value: Any) -> Any:
        lines = (line.strip() for line in super().clean(value).splitlines())
        names = list(dict.fromkeys(filter(None, lines)))
        if len(names) > MOST_NAMED:
            raise forms.ValidationError(f"At most {MOST_NAMED} teams at once.", code="max_length")
        return list(dict.fromkeys(_found(self.teams, names)))

    def prepare_value(self, value: Any) -> Any:
        if not isinstance(value, list):
            return value
        teams = self.teams.filter(pk__in=value) if value else ()
        return "\n".join(team.name for team in teams)


def _found(teams: QuerySet[Team], names: list[str]) -> list[Team]:
    """The team of each name. Raises ValidationError for those that fit none, or several."""
    problems, chosen = [], []
    for one, rows in named(teams, names).items():
        if len(rows) == 1:
            chosen += rows
        elif rows:
            ends = ", ".join(team.slug for team in rows[:NEAR])
            problems.append(f"{len(rows)} teams are called {one}. Give the end of its address: {ends}.")
        else:
            problems.append(f"No team is called {one}.")
            if len(problems) == 1 and (others := near(teams, one)):  # one look, however many are wrong
                problems[0] += f" There is {', '.join(team.name for team in others)}."
    if problems:
        raise forms.ValidationError([forms.ValidationError(text, code="invalid_choice") for text in problems])
    return chosen


class TeamInput(forms.TextInput):
    """A field of text with names to choose from, which htmx renews while it is typed in."""

    def __init__(self, suggested: list[str]) -> None:
        super().__init__(
            {
                "autocomplete": "off",
                "spellcheck": "false",
                "hx-get": reverse_lazy("team-names"),
                "hx-trigger": "input changed delay:150ms",
                "hx-sync": "this:replace",
            }
        )
        self.suggested = suggested

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        place = f"{(attrs or {}).get('id') or name}_names"
        more = {**(attrs or {}), "list": place, "hx-target": f"#{place}"}
        options = format_html_join("", '<option value="{}"></option>', ((one,) for one in self.suggested))
        field = super().render(name, value, more, renderer)
        return format_html('{}<datalist id="{}">{}</datalist>', field, place, options)
