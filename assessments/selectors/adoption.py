"""In how many repositories each item of the standard passes: now, and over time."""

from datetime import timedelta

from django.contrib.auth.models import AbstractUser
from django.db.models import Count
from django.utils import timezone

from assessments.charts import Chart, adoption
from assessments.choices import Outcome
from assessments.models import ChecklistItem, ItemDay
from assessments.policy import is_admin, visible_repositories
from assessments.services.rollups import DAYS
from assessments.services.rulesets import DEFAULT


def counts_of_items(user: AbstractUser) -> tuple[dict[str, int], dict[str, int]]:
    """(passing, failing) by item, over what the person may see.

    For who sees everything as last rolled up, minutes ago at most: counting a million verdicts per view
    would be all that the page does.
    """
    if is_admin(user):
        latest = ItemDay.objects.order_by("-day").values("day")[:1]
        rows = list(ItemDay.objects.filter(day=latest).values_list("item", "passing", "failing"))
        if rows:
            return {item: count for item, count, _ in rows}, {item: count for item, _, count in rows}
    counts = (
        ChecklistItem.objects.filter(
            repository__in=visible_repositories(user),
            ruleset=DEFAULT,
            outcome__in=(Outcome.PASS, Outcome.FAIL),
        )
        .order_by()
        .values_list("item", "outcome")
        .annotate(Count("pk"))
    )
    passing: dict[str, int] = {}
    failing: dict[str, int] = {}
    for item, outcome, count in counts:
        (failing if outcome == Outcome.FAIL else passing)[item] = count
    return passing, failing


def adoption_chart(item: str) -> Chart | None:
    """In what share of the fleet the item passed, week by week; None before it was counted once.

    The figures are the whole fleet's, without names, so everybody may see them.
    """
    since = timezone.now().date() - timedelta(days=DAYS)
    days = list(
        ItemDay.objects.filter(item=item, day__gte=since)
        .order_by("day")
        .values_list("day", "passing", "failing")
    )
    last = days[-1][0] if days else since
    shown = [day for day in days if (last - day[0]).days % 7 == 0]
    return adoption(shown) if shown else None
