"""What somebody typed into a form while their session ended: kept until they have signed in again, then sent by them.

It lies in the session of the browser that sent it, for an hour, without files and without what is secret. How many
are kept an hour is limited, since whoever sends one need not have an account.
"""

import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from django.core.cache import cache
from django.http import HttpRequest

SECONDS = 3600
MAX_BYTES = 500_000
MAX_AN_HOUR = 200
_KEY = "kept_form"
_SECRET = ("password", "secret", "token", "key", "code", "webhook")
_OURS = frozenset({"csrfmiddlewaretoken"})


@dataclass(frozen=True, slots=True)
class KeptForm:
    """``address`` it was meant for; ``fields`` as typed; ``left_out`` are the names that have to be typed again."""

    address: str
    fields: tuple[tuple[str, str], ...]
    left_out: tuple[str, ...]

    @property
    def shown(self) -> list[tuple[str, str]]:
        """What was filled in, under names that people can read."""
        return [(name.replace("_", " ").capitalize(), value) for name, value in self.fields if value]


def keep(request: HttpRequest) -> bool:
    """Keeps what was posted; False where it is too much, holds files or is no form."""
    if request.content_type not in ("application/x-www-form-urlencoded", "multipart/form-data"):
        return False
    fields = [(name, value) for name, values in request.POST.lists() for value in values if name not in _OURS]
    if request.FILES or sum(len(name) + len(value) for name, value in fields) > MAX_BYTES:
        return False
    if not _has_room():
        return False
    shown = [(name, value) for name, value in fields if not _is_secret(name)]
    request.session[_KEY] = {
        "address": request.get_full_path(),
        "fields": shown,
        "left_out": sorted({name for name, value in fields if _is_secret(name) and value}),
        "until": time.time() + SECONDS,
    }
    request.session.set_expiry(SECONDS)  # signing in sets it anew
    return True


def kept(session: Any) -> KeptForm | None:
    """What is kept in this session, if anything is and its hour is not over."""
    found = session.get(_KEY)
    if not found or found["until"] < time.time():
        return None
    fields = tuple((str(name), str(value)) for name, value in found["fields"])
    return KeptForm(quote(found["address"], safe="/?&=%:;,+~-._@!$'()*"), fields, tuple(found["left_out"]))


def _has_room() -> bool:
    cache.add("kept-forms", 0, SECONDS)
    try:
        return bool(cache.incr("kept-forms") <= MAX_AN_HOUR)
    except ValueError:  # it ran out in between
        return True


def forget(session: Any) -> None:
    session.pop(_KEY, None)


def _is_secret(name: str) -> bool:
    return any(word in name.lower() for word in _SECRET)
