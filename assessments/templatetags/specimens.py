"""Draws an example of a component on the living page."""

from typing import TYPE_CHECKING

from django import template
from django.template.context import Context
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

if TYPE_CHECKING:
    from assessments.selectors.components import Specimen

register = template.Library()

_INSIDE = {
    "evidence": ('<ul class="evidence">', "</ul>"),
    "items": ('<ul class="items">', "</ul>"),
    "head": ('<table class="table"><thead><tr>', "</tr></thead></table>"),
    "rows": ('<table class="table"><tbody>', "</tbody></table>"),
}
"""What some pieces must stand in to be valid HTML."""


@register.simple_tag(takes_context=True)
def specimen(context: Context, one: "Specimen") -> SafeString:
    """The component drawn with the values of the example alone, and with the request as every page has it."""
    values = {name: context.get(name) for name in ("request", "user", "csrf_token")} | one.context
    drawn = context.template.engine.get_template(one.template).render(context.new(values))  # type: ignore[union-attr]
    before, after = _INSIDE.get(one.inside, ("", ""))
    return format_html("{}{}{}", mark_safe(before), mark_safe(drawn), mark_safe(after))
