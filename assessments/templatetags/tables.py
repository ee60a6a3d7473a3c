"""The cells of described tables (``assessments.tables``), and the forms beside them. Display only.

Cells are drawn here and not by a template of their own: a page has several hundred of them.
"""

from collections.abc import Callable, Mapping
from fractions import Fraction
from functools import lru_cache
from typing import Any

from django import template
from django.template.context import Context
from django.template.defaultfilters import filesizeformat
from django.template.loader import render_to_string
from django.utils.formats import date_format
from django.utils.html import conditional_escape, format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from assessments.tables import Column, Kind, Shown
from assessments.templatetags.formats import duration, signed, since, sparkline, tenths, thousands, until

register = template.Library()


@register.simple_tag(takes_context=True)
def cells(context: Context, table: Shown, row: Any) -> SafeString:
    """The cells of a row, of which the first is its head. A column's own template sees ``row`` and ``value``."""
    parts = []
    for place, column in enumerate(table.columns):
        name, more = ("th", ' scope="row" class="name ') if place == 0 else ("td", ' class="')
        classes = column.classes
        attributes = f'{more}{classes}"' if classes or place == 0 else ""
        parts.append(f"<{name}{attributes}>{_cell(context, column, row)}</{name}>")
    return mark_safe("".join(parts))


@register.simple_tag(takes_context=True)
def kept_fields(context: Context, *left_out: str) -> SafeString:
    """What the address asks for as hidden fields of a form that changes the rest of it."""
    asked = context["request"].GET
    return format_html_join(
        "",
        '<input type="hidden" name="{}" value="{}">',
        ((name, asked[name]) for name in asked if name not in left_out and asked[name]),
    )


def _cell(context: Context, column: Column, row: Any) -> str:
    value = column.value(row)
    if column.template:
        assert context.template is not None
        drawn = context.template.engine.get_template(column.template)
        with context.push(row=row, value=value):
            return str(drawn.render(context))
    url = column.url(row) if column.url else ""
    if url:
        return format_html('<a href="{}">{}</a>', url, value)
    return _DRAWN.get(column.kind, _text)(value)


def _text(value: Any) -> str:
    return "" if value is None else conditional_escape(value)


def _list(value: Any) -> str:
    return conditional_escape(", ".join(str(one) for one in value[:3]))


def _trend(value: Any) -> str:
    """A line; one point alone is none, and would be a speck."""
    drawn = sum(1 for one in value if one is not None) > 1
    return render_to_string("components/_sparkline.html", sparkline(value if drawn else []))


def _delta(value: Fraction | None) -> str:
    """As exact as it is shown, so that most are drawn once for all rows."""
    if value is None:
        return ""
    cut = int(value * 10) if signed(value) != "±0" else 0
    return _kept("components/_delta.html", "points", Fraction(cut, 10))


def _stars(value: int | None) -> str:
    return (
        _kept("components/_stars.html", "stars", value)
        if value
        else '<span class="muted">Not measured</span>'
    )


@lru_cache(maxsize=4096)
def _kept(name: str, key: str, value: Any) -> str:
    return render_to_string(name, {key: value}).strip()


_DRAWN: Mapping[Kind, Callable[[Any], str]] = {
    "grade": lambda value: _kept("components/_grade_badge.html", "letter", value),
    "delta": _delta,
    "stars": _stars,
    "trend": _trend,
    "list": _list,
    "score": tenths,
    "mean": tenths,
    "count": thousands,
    "when": since,
    "until": until,
    "day": lambda value: date_format(value, "j M Y") if value else "",
    "duration": duration,
    "size": lambda value: conditional_escape(filesizeformat(value)) if value else "",
}
