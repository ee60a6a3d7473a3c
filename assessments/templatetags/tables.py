"""What a cell of a described table holds (``assessments.tables``). Reading only."""

from typing import Any

from django import template
from django.template.context import Context
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from assessments.tables import Column

register = template.Library()


@register.filter
def value_of(row: Any, column: Column) -> Any:
    """The value of the column in the row."""
    return column.value(row)


@register.filter
def url_of(row: Any, column: Column) -> str:
    """Where the cell links to; empty where it does not."""
    return column.url(row) if column.url else ""


@register.simple_tag(takes_context=True)
def kept_fields(context: Context, *left_out: str) -> SafeString:
    """What the address asks for as hidden fields of a form that changes the rest of it."""
    asked = context["request"].GET
    return format_html_join(
        "",
        '<input type="hidden" name="{}" value="{}">',
        ((name, asked[name]) for name in asked if name not in left_out and asked[name]),
    )
