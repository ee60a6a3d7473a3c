"""Who may see and do what. Every view asks here, and nowhere else is a role compared.

Until roles have pages of their own: the organisation's admins (staff) may do everything, members of a team
see its repositories, leads and members may ask for scans and exports there. What a person may not see does
not exist for them: the querysets below leave it out, so that views answer 404.

Whoever comes with an API token that is bound to teams has them as ``bound_teams`` and is a stranger to all others,
administrators included.
"""

from collections.abc import Sequence

from django.contrib.auth.models import AbstractUser, AnonymousUser
from django.db.models import Exists, OuterRef, Q, QuerySet

from assessments.choices import ExportScope, Role, TokenScope
from assessments.models import (
    Credential,
    Export,
    Membership,
    PushHook,
    Repository,
    Rescan,
    RulesetDraft,
    RulesetPreview,
    SavedView,
    ScanRequest,
    Team,
)

Person = AbstractUser | AnonymousUser


def is_admin(user: Person) -> bool:
    """Whether the person may see and do everything, which nobody may with a token that is bound to teams."""
    return _is_staff(user) and bound_teams(user) is None


def _is_staff(user: Person) -> bool:
    return bool(user.is_active and user.is_staff)


def bound_teams(user: Person) -> frozenset[int] | None:
    """The ids of the teams that the person's token is bound to, None where it is to none."""
    return getattr(user, "bound_teams", None)


def _theirs(user: Person, team: str, *roles: Role) -> Q:
    """The condition that the row's ``team`` is one of the person's, in one of these roles where any are given."""
    own = Q()
    if not _is_staff(user):
        member = f"{team}__memberships" if team else "memberships"
        own = Q(**{f"{member}__user_id": user.pk or 0})
        if roles:
            own &= Q(**{f"{member}__role__in": roles})
    bound = bound_teams(user)
    return own if bound is None else own & Q(**{f"{team or 'pk'}__in": bound})


def visible_teams(user: Person) -> QuerySet[Team]:
    return Team.objects.filter(_theirs(user, ""))


def visible_repositories(user: Person) -> QuerySet[Repository]:
    return kept_repositories(user).filter(archived_at=None)


def kept_repositories(user: Person) -> QuerySet[Repository]:
    """What the person may see, with what is archived; what is removed is not among them."""
    return Repository.objects.filter(_theirs(user, "team"), removed_at=None)


def visible_scans(user: Person) -> QuerySet[ScanRequest]:
    return ScanRequest.objects.filter(repository__in=visible_repositories(user))


def visible_rescans(user: Person) -> QuerySet[Rescan]:
    """Rescans of a team that the person may see, and those that they asked for themselves.

    With a token that is bound to teams, the latter only where nothing of other teams is in them.
    """
    if is_admin(user):
        return Rescan.objects.all()
    own = Q(team=None, requested_by_id=user.pk or 0)
    bound = bound_teams(user)
    if bound is not None:
        others = ScanRequest.objects.filter(rescan=OuterRef("pk")).exclude(repository__team__in=bound)
        own &= ~Q(Exists(others))
    return Rescan.objects.filter(own | Q(team__in=visible_teams(user)))


def cancellable_rescans(user: Person, rescans: Sequence[Rescan]) -> set[int]:
    """The ids of those that the person may call off: asked for by them, or of a team that they may ask for scans of."""
    if is_admin(user):
        return {one.pk for one in rescans}
    mine = Team.objects.filter(_theirs(user, "", Role.LEAD, Role.MEMBER))
    teams = set(mine.values_list("pk", flat=True))
    return {
        one.pk
        for one in rescans
        if (one.team_id in teams if one.team_id else one.requested_by_id == (user.pk or 0))
    }


def may_cancel_rescan(user: Person, rescan: Rescan) -> bool:
    """Whether the person may call that one off."""
    return rescan.pk in cancellable_rescans(user, [rescan])


def visible_exports(user: Person) -> QuerySet[Export]:
    """A person's own exports of a repository or team that they may still see, and of the fleet."""
    own = Export.objects.filter(requested_by_id=user.pk or 0)
    fleet = Q(scope=ExportScope.FLEET) if bound_teams(user) is None else Q(pk__in=())
    return own.filter(
        fleet
        | Q(scope=ExportScope.TEAM, team__in=visible_teams(user))
        | Q(scope=ExportScope.REPOSITORY, repository__in=visible_repositories(user))
    )


def may_download(user: Person, export: Export) -> bool:
    """Whether the person may still see every team whose repositories went into the file."""
    if not visible_exports(user).filter(pk=export.pk).exists():
        return False
    return is_admin(user) or set(export.teams) <= set(visible_teams(user).values_list("pk", flat=True))


def may_scan(user: Person, team: Team) -> bool:
    return is_admin(user) or _has_role(user, team, Role.LEAD, Role.MEMBER)


def scannable_repositories(user: Person) -> QuerySet[Repository]:
    """The repositories that a person may ask to be scanned."""
    return Repository.objects.filter(_theirs(user, "team", Role.LEAD, Role.MEMBER), archived_at=None)


def may_scan_some(user: Person) -> bool:
    """Whether there is a team whose repositories a person may ask to be scanned."""
    return is_admin(user) or Team.objects.filter(_theirs(user, "", Role.LEAD, Role.MEMBER)).exists()


def may_lead(user: Person, team: Team) -> bool:
    """The schedule of a team and its repositories, and releasing one that was quarantined."""
    return is_admin(user) or _has_role(user, team, Role.LEAD)


def may_override_profile(user: Person) -> bool:
    """What a repository is taken for, and which folder of it counts: both move grades, so its own team does not."""
    return is_admin(user)


def may_set_schedule(user: Person) -> bool:
    """The organisation's schedule, and rescans of the whole fleet."""
    return is_admin(user)


def may_add_repositories(user: Person) -> bool:
    """Adding an address makes its code readable here, so only admins do it until credentials have owners."""
    return is_admin(user)


def may_edit_rules(user: Person) -> bool:
    return is_admin(user)


def visible_drafts(user: Person) -> QuerySet[RulesetDraft]:
    """Rulesets under edit: for those who edit them."""
    return RulesetDraft.objects.all() if may_edit_rules(user) else RulesetDraft.objects.none()


def visible_previews(user: Person) -> QuerySet[RulesetPreview]:
    """What drafts would do: to any team's repositories, so only for those who edit rules."""
    return RulesetPreview.objects.all() if may_edit_rules(user) else RulesetPreview.objects.none()


def may_manage_sources(user: Person, team: Team) -> bool:
    """Credentials and push hooks of a team: its leads and the admins."""
    return is_admin(user) or _has_role(user, team, Role.LEAD)


def led_teams(user: Person) -> QuerySet[Team]:
    """The teams whose credentials and push hooks a person looks after."""
    return Team.objects.filter(_theirs(user, "", Role.LEAD))


def visible_credentials(user: Person) -> QuerySet[Credential]:
    """What leads and admins may know of credentials, never their secret."""
    if is_admin(user):
        return Credential.objects.all()
    return Credential.objects.filter(teams__in=led_teams(user)).distinct()


def may_change_credential(user: Person, credential: Credential) -> bool:
    """Whoever replaces or revokes one changes it for all of its teams, so must lead them all."""
    if is_admin(user):
        return True
    teams = set(credential.teams.values_list("pk", flat=True))
    return bool(teams) and teams <= set(led_teams(user).values_list("pk", flat=True))


def may_grant_credentials(user: Person) -> bool:
    return is_admin(user)


def visible_hooks(user: Person) -> QuerySet[PushHook]:
    if is_admin(user):
        return PushHook.objects.all()
    return PushHook.objects.filter(team__in=led_teams(user))


def visible_views(user: Person, *, deleted: bool | None = False) -> QuerySet[SavedView]:
    """A person's own saved views, and those shared with teams that they may see; with ``deleted=None`` also those that
    can still be brought back."""
    views = SavedView.objects.filter(Q(team=None, owner_id=user.pk or 0) | Q(team__in=visible_teams(user)))
    return views if deleted is None else views.filter(deleted_at__isnull=not deleted)


def sharing_teams(user: Person) -> QuerySet[Team]:
    """The teams with which a person may share a view: viewers read along, and leave the menus to others."""
    return Team.objects.filter(_theirs(user, "", Role.LEAD, Role.MEMBER))


def may_change_view(user: Person, view: SavedView) -> bool:
    """Renaming and deleting: one's own, and a team's for whoever shared it, its leads and the admins."""
    if view.team is None:
        return bool(user.pk) and view.owner_id == user.pk
    if is_admin(user) or _has_role(user, view.team, Role.LEAD):
        return True
    return view.owner_id == user.pk and _has_role(user, view.team, Role.MEMBER)


def may_edit_plan(user: Person, team: Team) -> bool:
    """Steps of a plan: their state, owner and due date."""
    return is_admin(user) or _has_role(user, team, Role.LEAD, Role.MEMBER)


def may_lead_plan(user: Person, team: Team) -> bool:
    """Making, replacing and rescheduling plans, and saying what capacity the team has."""
    return is_admin(user) or _has_role(user, team, Role.LEAD)


def may_hold_scope(user: Person, scope: TokenScope) -> bool:
    """Whether the person's API tokens may have the scope."""
    return scope != TokenScope.ADMIN or is_admin(user)


def _has_role(user: Person, team: Team, *roles: Role) -> bool:
    bound = bound_teams(user)
    if bound is not None and team.pk not in bound:
        return False
    if _is_staff(user):
        return True
    return Membership.objects.filter(user_id=user.pk or 0, team=team, role__in=roles).exists()
