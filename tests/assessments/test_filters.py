"""A page of a list is the same stretch of it, however the database finds its rows."""

import pytest
from django.db.models import F

from assessments.models import Repository
from assessments.selectors.filters import paginate, stretch
from tests import factories

pytestmark = pytest.mark.django_db


def test_a_stretch_found_by_keys_first_holds_the_same_rows_in_the_same_order() -> None:
    for place in range(7):
        factories.repository(name=f"r{place}", score=None if place == 3 else 10 * (place % 3))
    rows = Repository.objects.order_by(F("score").desc(nulls_last=True), "-name", "pk").select_related("team")
    whole = [one.name for one in rows]
    assert whole[-1] == "r3"
    assert [one.name for one in stretch(rows, 2, 5)] == whole[2:5]
    assert [[one.name for one in paginate(rows, {"page": str(n)}, 3)] for n in (1, 2, 3)] == [
        whole[:3],
        whole[3:6],
        whole[6:],
    ]
    assert list(paginate(rows.filter(name="none of that name"), {}, 3)) == []
