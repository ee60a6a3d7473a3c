"""Alive or not, for whoever restarts processes; and, for whoever watches over them, ready or not and the figures."""

import hmac
import ipaddress

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST

from assessments.services.health import check_all
from assessments.services.metrics import as_text

_FORWARDED = ("HTTP_X_FORWARDED_FOR", "HTTP_FORWARDED", "HTTP_X_REAL_IP", "HTTP_VIA")


@login_not_required
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok\n", content_type="text/plain")


@login_not_required
@require_safe
@never_cache
def readyz(request: HttpRequest) -> HttpResponse:
    _only_watchers(request)
    checks = check_all()
    ready = all(one.ok for one in checks)
    body = {
        "ready": ready,
        "checks": {one.name: {"ok": one.ok, "detail": one.detail, "seconds": one.seconds} for one in checks},
    }
    return JsonResponse(body, status=200 if ready else 503)


@login_not_required
@require_safe
@never_cache
def metrics(request: HttpRequest) -> HttpResponse:
    _only_watchers(request)
    return HttpResponse(as_text(), content_type=CONTENT_TYPE_LATEST)


def _only_watchers(request: HttpRequest) -> None:
    """Raises Http404 for whoever has neither the token nor an address that is allowed.

    What came through a proxy has the proxy's address, which says nothing of who asks, so only the token counts.
    """
    token = settings.ENVIRONMENT.monitoring_token
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    if token and scheme.lower() == "bearer" and hmac.compare_digest(given.strip().encode(), token.encode()):
        return
    if any(name in request.META for name in _FORWARDED) or not _is_allowed(
        request.META.get("REMOTE_ADDR", "")
    ):
        raise Http404


def _is_allowed(address: str) -> bool:
    try:
        here = ipaddress.ip_address(address)
    except ValueError:
        return False
    mapped = getattr(here, "ipv4_mapped", None) or here
    return any(mapped in ipaddress.ip_network(one) for one in settings.ENVIRONMENT.monitoring_addresses)
