"""A person's own notifications: what, how and where to; and the page behind the link in a mail that stops it."""

from django.contrib import messages
from django.contrib.auth import get_user_model
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST

from assessments.choices import Channel, Event
from assessments.selectors.notifications import field_name, get_messages_listing, get_notification_page
from assessments.services.delivery import read_stop, remove_target, send_test, set_target
from assessments.services.notifications import choose, stop_mail
from assessments.views.tables import csv_response, csv_wanted
from scanners.errors import ScanError


@require_http_methods(["GET", "HEAD", "POST"])
def notifications(request: HttpRequest) -> HttpResponseBase:
    if request.method == "POST":
        wanted = [
            (event.value, channel.value)
            for event in Event
            for channel in Channel
            if field_name(event, channel) in request.POST
        ]
        choose(user=request.user, wanted=wanted)
        messages.success(request, "Your choice is kept.")
        return redirect("notifications")
    if csv_wanted(request):
        return csv_response(get_messages_listing(request.user))
    return _page(request)


@never_cache
@sensitive_post_parameters("address")
@sensitive_variables("address", "secret")
@require_POST
def webhook_set(request: HttpRequest) -> HttpResponse:
    """Shows the secret that posts are signed with, this once."""
    try:
        secret = set_target(user=request.user, address=request.POST.get("address", ""))
    except ScanError as error:
        return _page(request, error=error, status=422)
    return _page(request, secret=secret)


@require_POST
def webhook_remove(request: HttpRequest) -> HttpResponse:
    remove_target(user=request.user)
    messages.success(request, "The webhook is removed and its address forgotten.")
    return redirect("notifications")


@require_POST
def test_message(request: HttpRequest) -> HttpResponse:
    channel = Channel.WEBHOOK if request.POST.get("channel") == Channel.WEBHOOK else Channel.MAIL
    if send_test(user=request.user, channel=channel):
        messages.success(request, "A test message is on its way.")
    else:
        messages.info(request, "A test message went out less than a minute ago.")
    return redirect("notifications")


@login_not_required
@csrf_exempt  # mail programs post here on one click; the address itself is signed
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def notification_stop(request: HttpRequest, token: str) -> HttpResponse:
    """Stops one kind of mail for the reader of that mail, after a click on the page or by the mail program."""
    found = read_stop(token)
    user = get_user_model().objects.filter(pk=found[0]).first() if found else None
    if found is None or user is None:
        raise Http404
    event = found[1]
    if request.method == "POST":
        stop_mail(user=user, event=event)
    context = {"event": event.label, "stopped": request.method == "POST"}
    return render(request, "notifications/stop.html", context)


def _page(
    request: HttpRequest, *, secret: str = "", error: ScanError | None = None, status: int = 200
) -> HttpResponse:
    page = get_notification_page(request.user)
    context = {"page": page, "secret": secret, "error": error}
    return render(request, "notifications/index.html", context, status=status)
