"""Icons that repeat on a page: drawn once in its sprite, and used from there by name."""

import re
from functools import cache, lru_cache

import lucide
from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

register = template.Library()

SPRITE = (
    "arrow-down-right",
    "arrow-up-right",
    "check",
    "chevron-right",
    "circle-question-mark",
    "clock",
    "copy",
    "external-link",
    "minus",
    "shield",
    "triangle-alert",
    "x",
)
"""What every page draws once; a page that shows a mark once or twice draws it in its place by ``lucide``."""


@register.simple_tag
@lru_cache(maxsize=500)  # a report holds two hundred of a dozen kinds
def icon(name: str, look: str = "", says: str = "") -> SafeString:
    """The icon of that name out of the sprite; ``look`` is "" or "s" for a small one.

    What it ``says`` is read out by screen readers; without it they pass it over.

    Raises KeyError for one that the sprite lacks.
    """
    if name not in SPRITE:
        raise KeyError(f"{name} is not in assessments.templatetags.icons.SPRITE")
    look = look and f" {look}"
    if says:
        return format_html(
            '<svg class="i{}" role="img" aria-label="{}"><use href="#i-{}"/></svg>', look, says, name
        )
    return format_html('<svg class="i{}" aria-hidden="true"><use href="#i-{}"/></svg>', look, name)


@register.simple_tag
def icon_sprite() -> SafeString:
    """The drawings of all icons of the sprite, not shown by themselves."""
    return _sprite()


@cache
def _sprite() -> SafeString:
    symbols = []
    for name in SPRITE:
        drawn = lucide._render_icon(name, None)
        inside = re.sub(r">\s+<", "><", drawn[drawn.index(">") + 1 : drawn.rindex("</svg>")].strip())
        symbols.append(f'<symbol id="i-{name}" viewBox="0 0 24 24">{inside}</symbol>')
    drawings = "".join(symbols)
    return mark_safe(f'<svg class="sprite" width="0" height="0" aria-hidden="true">{drawings}</svg>')
