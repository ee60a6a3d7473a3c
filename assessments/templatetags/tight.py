"""Templates are laid out for who reads them; a long page need not send the layout."""

import re
from typing import Any

from django import template
from django.template.base import NodeList, Parser, Token
from django.template.context import Context
from django.utils.safestring import mark_safe

register = template.Library()

_KEPT = re.compile(r"(<(?:pre|textarea)\b.*?</(?:pre|textarea)>)", re.DOTALL)
_LAYOUT = re.compile(r"\s*\n\s*")


class _Tight(template.Node):
    def __init__(self, nodes: NodeList) -> None:
        self.nodelist = nodes

    def render(self, context: Context) -> Any:
        parts = _KEPT.split(self.nodelist.render(context))
        parts[::2] = [_LAYOUT.sub("\n", part) for part in parts[::2]]
        return mark_safe("".join(parts))  # what was escaped stays so


@register.tag
def tight(parser: Parser, token: Token) -> _Tight:
    """What stands in the block, each line without its indent; code keeps its own."""
    nodes = parser.parse(("endtight",))
    parser.delete_first_token()
    return _Tight(nodes)
