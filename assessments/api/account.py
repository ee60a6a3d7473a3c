"""Who asks, and what they may."""

from typing import Any

from django.http import HttpRequest
from ninja import Router
from pydantic import BaseModel

from assessments import policy
from assessments.api.gate import Caller, needs
from assessments.api.paging import only_known
from assessments.api.payloads import NamedOut, named
from assessments.choices import TokenScope

router = Router(tags=["account"])


class MeOut(BaseModel):
    """``administrator`` is whether everything may be seen and done; a token that is bound to teams is never one."""

    email: str
    scopes: list[str]
    administrator: bool
    bound: bool
    teams: list[NamedOut]


@router.get("", url_name="me", response=MeOut, summary="Who asks", **needs(*TokenScope))
def get_me(request: HttpRequest) -> Any:
    """Whose token this is, what it may do, and the teams that it reaches: none are named for administrators."""
    only_known(request)
    caller: Caller = request.caller  # type: ignore[attr-defined]  # set by the gate
    user = caller.user
    admin = policy.is_admin(user)
    teams = () if admin else policy.visible_teams(user).order_by("name", "pk")
    return MeOut(
        email=user.email,
        scopes=[scope.value for scope in TokenScope if scope in caller.scopes],
        administrator=admin,
        bound=policy.bound_teams(user) is not None,
        teams=[named(team) for team in teams],
    )
