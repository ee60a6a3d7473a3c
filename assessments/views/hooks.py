"""Where forges tell of pushes. Open to all, since forges sign deliveries instead of signing in."""

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_POST

from assessments.pushes import MAX_BODY_BYTES, PushMalformed
from assessments.services.hooks import HookRefused, find_hook, receive

_ACCEPTED = "Accepted.\n"


@login_not_required
@csrf_exempt
@require_POST
@sensitive_variables("body")
def push_received(request: HttpRequest, provider: str, public_id: str) -> HttpResponse:
    """202 for every signed delivery, whatever it names, so that it tells nothing of what is kept here."""
    hook = find_hook(provider, public_id)
    if hook is None:
        raise Http404
    body = request.read(MAX_BODY_BYTES + 1)
    if len(body) > MAX_BODY_BYTES:
        return _plain(413, "The delivery is too large. [hook.too-large]\n")
    try:
        receive(hook, headers=request.headers, content_type=request.content_type or "", body=body)
    except HookRefused:
        return _plain(403, "The signature does not fit the secret of this hook. [hook.signature]\n")
    except PushMalformed:
        return _plain(400, "The delivery cannot be read. [hook.malformed]\n")
    return _plain(202, _ACCEPTED)


def _plain(status: int, text: str) -> HttpResponse:
    return HttpResponse(text, status=status, content_type="text/plain; charset=utf-8")
