"""The living page: every component is on it in both themes, and one without an example fails here."""

import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from django.contrib.auth.models import AbstractUser
from django.test import Client

from assessments.selectors.components import ELSEWHERE, get_components_page

COMPONENTS = Path(__file__).parents[2] / "templates" / "components"

pytestmark = pytest.mark.django_db


def test_every_component_has_an_example_or_says_where_it_is(ruleset: object) -> None:
    drawn = {example.file for example in get_components_page().examples}
    assert {path.name for path in COMPONENTS.glob("_*.html")} == drawn | set(ELSEWHERE)
    assert not drawn & set(ELSEWHERE)


def test_each_state_is_drawn_in_both_themes_with_ids_of_its_own(
    admin: AbstractUser, signed_in: Callable[[AbstractUser], Client]
) -> None:
    response = signed_in(admin).get("/components/")
    page = response.content.decode()
    examples = response.context["page"].examples
    for example in examples:
        assert example.pairs, example.file
        assert f'<code class="muted">{example.file}</code>' in page
        for light, dark in example.pairs:
            assert (light.title, light.template) == (dark.title, dark.template)
            assert light.template == f"components/{example.file}"
    states = sum(len(example.pairs) for example in examples)
    assert page.count('<div class="state">') == 2 * states > 100
    assert not [
        text for text in re.findall(r'<div class="state">(.*?)</div>', page, re.S) if not text.strip()
    ]
    ids = Counter(re.findall(r'\sid="([^"]+)"', page))
    assert {id: count for id, count in ids.items() if count > 1} == {}
