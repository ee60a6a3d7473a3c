"""The way in: who asks, how often they may, and what a request may hold. Nothing of the API is reached past it."""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

import structlog
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.models import AbstractUser
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import patch_vary_headers
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_variables
from ninja.security.base import AuthBase
from redis.exceptions import RedisError

from assessments.api.errors import Refused, answer, too_large
from assessments.choices import TokenScope
from assessments.services.api_tokens import find_token, mark_used
from scanners.errors import ScanError

logger = logging.getLogger(__name__)

MAX_BODY_BYTES = 16 << 10
"""The largest body has an address of 2,000 characters, a folder and a name."""
WINDOW_SECONDS = 60
_SAFE = ("GET", "HEAD")


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks: a person, by a token with its scopes, or by a session of the browser, which only reads."""

    user: AbstractUser
    scopes: frozenset[str]
    key: str
    """Whose requests are counted together."""


def guarded(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """``view`` behind the gate: token or session, the rate, the size; errors and headers as everywhere."""

    @csrf_exempt  # nothing but a token may change anything, and no browser sends one by itself
    @login_not_required  # the gate asks, and answers 401 where a page would lead to the sign-in
    @wraps(view)
    def enter(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        rate: dict[str, str] = {}
        try:
            caller = _caller(request)
            rate = _counted(caller)
            _bounded(request)
            response = _shown(view, request, *args, **kwargs)
        except ScanError as error:
            response = answer(error)
        for name, value in rate.items():
            response[name] = value
        response.setdefault("Cache-Control", "no-store")
        patch_vary_headers(response, ("Authorization", "Cookie"))
        return response

    return enter


def _shown(view: Callable[..., Any], request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
    asked = request.method
    if asked == "HEAD":
        request.method = "GET"
    response: HttpResponse = view(request, *args, **kwargs)
    request.method = asked  # so that whoever serves leaves the body out
    if response.status_code != 405:
        return response
    allowed = {method.strip() for method in response.headers.get("Allow", "").split(",")}
    allowed |= {"HEAD"} if "GET" in allowed else set()
    return answer(
        Refused(
            "api.method",
            f"This address does not take {asked}.",
            status=405,
            headers={"Allow": ", ".join(sorted(allowed))},
        )
    )


@sensitive_variables("token")
def _caller(request: HttpRequest) -> Caller:
    """Who asks; the request is theirs from now on. Raises Refused."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        caller = _by_token(token.strip())
    elif scheme or not request.user.is_authenticated:
        raise _unknown("token.missing", "This needs a token, sent as a bearer.")
    elif request.method not in _SAFE:
        raise Refused("api.session-reads", "A browser's session reads only; this needs a token.", status=403)
    else:
        caller = Caller(request.user, frozenset({TokenScope.READ}), f"person:{request.user.pk}")
    request.user = caller.user
    request.caller = caller  # type: ignore[attr-defined]  # for the scopes of the endpoints
    return caller


@sensitive_variables()
def _by_token(given: str) -> Caller:
    try:
        token = find_token(given)
    except ScanError as error:
        raise _unknown(error.id, error.message, error.hint) from None
    user = token.owner
    if token.bound:
        user.bound_teams = frozenset(token.teams.values_list("pk", flat=True))
    mark_used(token)
    structlog.contextvars.bind_contextvars(user_id=user.pk, api_token=f"plb_{token.public_id}")
    return Caller(user, frozenset(token.scopes), f"token:{token.public_id}")


def _unknown(id: str, message: str, hint: str = "") -> Refused:
    headers = {"WWW-Authenticate": 'Bearer realm="Plumbline"'}
    return Refused(id, message, status=401, hint=hint, headers=headers)


def _counted(caller: Caller) -> dict[str, str]:
    """The headers that tell how often the caller may still ask in this minute. Raises Refused.

    Nobody is refused because the cache is away.
    """
    limit, now = settings.API_REQUESTS_PER_MINUTE, time.time()
    window = int(now // WINDOW_SECONDS)
    wait = max(1, round((window + 1) * WINDOW_SECONDS - now))
    key = f"api-rate:{caller.key}:{window}"
    try:
        cache.add(key, 0, 2 * WINDOW_SECONDS)
        asked = cache.incr(key)
    except (RedisError, ValueError) as error:  # or the server dropped the key in between
        logger.warning("Requests to the API are not counted: %s", type(error).__name__)
        return {}
    headers = {
        "RateLimit-Limit": str(limit),
        "RateLimit-Remaining": str(max(0, limit - asked)),
        "RateLimit-Reset": str(wait),
    }
    if asked > limit:
        raise Refused(
            "api.rate-limited",
            f"{limit} requests a minute are what a token may make.",
            status=429,
            headers={**headers, "Retry-After": str(wait)},
        )
    return headers


def _bounded(request: HttpRequest) -> None:
    """Raises Refused where the body is too large to be read."""
    length = request.META.get("CONTENT_LENGTH") or "0"
    if not length.isdecimal() or int(length) > MAX_BODY_BYTES:
        raise too_large(MAX_BODY_BYTES)


class Token(AuthBase):
    """An endpoint's demand for one of some scopes. Who asks is known by then; the gate has looked."""

    openapi_type = "http"
    openapi_scheme = "bearer"

    def __init__(self, *scopes: TokenScope) -> None:
        self.scopes = scopes
        super().__init__()

    def __call__(self, request: HttpRequest) -> Caller:
        caller: Caller = request.caller  # type: ignore[attr-defined]  # set by the gate
        if not caller.scopes & set(self.scopes):
            wanted = " or ".join(f"“{scope.value}”" for scope in self.scopes)
            raise Refused("token.scope", f"This needs a token with the scope {wanted}.", status=403)
        return caller


def needs(*scopes: TokenScope) -> dict[str, Any]:
    """What an endpoint says of itself: any one of these scopes opens it."""
    return {"auth": Token(*scopes), "openapi_extra": {"x-scopes": [scope.value for scope in scopes]}}
