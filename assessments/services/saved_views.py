"""Saved views: keeping, renaming, deleting and bringing back, and which one a list opens with."""

from datetime import datetime, timedelta

from django.contrib.auth.models import AbstractUser
from django.db import IntegrityError, transaction
from django.utils import timezone

from assessments.addresses import LISTS, canonical, parts_of
from assessments.models import DefaultView, SavedView, Team
from scanners.errors import ScanError

MAX_NAME = 200
MAX_VIEWS = 200
"""Views that one person may keep."""
KEPT_DELETED = timedelta(days=1)


class ViewError(ScanError):
    """A view that cannot be kept as asked; ``id`` is stable."""


@transaction.atomic
def save_view(
    *, owner: AbstractUser, list: str, name: str, query: str, team: Team | None = None
) -> SavedView:
    """The view, kept in its canonical form. One of that name that asks for the same is given back as it is.

    Raises ``ViewError`` where the name is taken by another one or the person keeps too many.
    """
    kept = canonical(LISTS[list], parts_of(query))
    found = _namesakes(owner, list, name, team).first()
    if found is not None:
        if found.query == kept:
            return found
        raise _taken(name)
    if SavedView.objects.filter(owner=owner, deleted_at=None).count() >= MAX_VIEWS:
        raise ViewError(
            "view.too-many",
            f"You keep {MAX_VIEWS} views already, which is the most.",
            hint="Delete one that you do not need any more.",
        )
    return _kept(SavedView(owner=owner, list=list, name=name, query=kept, team=team))


@transaction.atomic
def rename_view(*, view: SavedView, name: str) -> None:
    """Raises ``ViewError`` where another view is called that already."""
    if _namesakes(view.owner, view.list, name, view.team).exclude(pk=view.pk).exists():
        raise _taken(name)
    view.name = name
    _kept(view)


def delete_view(*, view: SavedView) -> None:
    """Takes the view away; for a day it can be brought back as it was."""
    SavedView.objects.filter(pk=view.pk, deleted_at=None).update(deleted_at=timezone.now())


@transaction.atomic
def restore_view(*, view: SavedView) -> None:
    """Brings a deleted view back. Raises ``ViewError`` where another one is called that by now."""
    if _namesakes(view.owner, view.list, view.name, view.team).exclude(pk=view.pk).exists():
        raise _taken(view.name)
    view.deleted_at = None
    _kept(view)


def set_default(*, user: AbstractUser, view: SavedView) -> None:
    """The view's list opens with it for this person."""
    DefaultView.objects.update_or_create(user=user, list=view.list, defaults={"view": view})


def clear_default(*, user: AbstractUser, list: str) -> None:
    DefaultView.objects.filter(user=user, list=list).delete()


def remove_deleted(now: datetime, limit: int = 500) -> int:
    """How many views went for good: deleted more than a day ago, or a person's own whose account is gone."""
    old = SavedView.objects.filter(deleted_at__lt=now - KEPT_DELETED)
    orphans = SavedView.objects.filter(owner=None, team=None)
    keys = [*old.values_list("pk", flat=True)[:limit], *orphans.values_list("pk", flat=True)[:limit]]
    SavedView.objects.filter(pk__in=keys).delete()
    return len(set(keys))


def _namesakes(owner: AbstractUser | None, list: str, name: str, team: Team | None):  # type: ignore[no-untyped-def]
    of = {"team": team} if team else {"team": None, "owner": owner}
    return SavedView.objects.filter(list=list, name__iexact=name, deleted_at=None, **of)


def _kept(view: SavedView) -> SavedView:
    try:
        with transaction.atomic():
            view.save()
    except IntegrityError:  # somebody took the name a moment ago
        raise _taken(view.name) from None
    return view


def _taken(name: str) -> ViewError:
    return ViewError(
        "view.name-taken",
        f"There is a view called “{name}” already.",
        hint="Choose another name, or delete that one.",
    )
