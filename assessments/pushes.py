"""What forges say of a push: is it signed, which delivery is it, which repository and branch does it mean. Pure.

A body is judged by its signature before anything in it is read.
"""

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

MAX_BODY_BYTES = 4 << 20
"""The largest body that is read; a push of a thousand commits stays well below it."""

_BRANCH = "refs/heads/"
_SIGNED = {
    "github": ("X-Hub-Signature-256",),
    "gitea": ("X-Gitea-Signature", "X-Hub-Signature-256"),
    "forgejo": ("X-Forgejo-Signature", "X-Gitea-Signature", "X-Hub-Signature-256"),
    "bitbucket": ("X-Hub-Signature",),
}
_EVENT = {
    "github": "X-GitHub-Event",
    "gitlab": "X-Gitlab-Event",
    "gitea": "X-Gitea-Event",
    "forgejo": "X-Forgejo-Event",
    "bitbucket": "X-Event-Key",
}
_DELIVERY = {
    "github": ("X-GitHub-Delivery",),
    "gitlab": ("X-Gitlab-Event-UUID", "Idempotency-Key"),
    "gitea": ("X-Gitea-Delivery",),
    "forgejo": ("X-Forgejo-Delivery", "X-Gitea-Delivery"),
    "bitbucket": ("X-Request-UUID", "X-Request-Id"),
}
_PUSHES = frozenset({"push", "Push Hook", "repo:push", "repo:refs_changed"})
_PINGS = frozenset({"ping", "diagnostics:ping"})


class PushMalformed(ValueError):
    """The body is not what the forge documents."""


@dataclass(frozen=True, slots=True)
class Push:
    """A push to some branches. ``addresses`` are spellings of one repository's address; ``branches`` those that
    got new commits; ``default_branch`` is empty where the forge does not say."""

    addresses: tuple[str, ...]
    branches: tuple[str, ...]
    default_branch: str


def is_signed(provider: str, secret: str, headers: Mapping[str, str], body: bytes) -> bool:
    """True where the sender knows the secret; takes the same time whatever is wrong."""
    if provider == "gitlab":  # which sends the secret itself
        return hmac.compare_digest(_bytes(headers.get("X-Gitlab-Token", "")), _bytes(secret))
    wanted = hmac.new(_bytes(secret), body, hashlib.sha256).hexdigest()
    given = next((headers[name] for name in _SIGNED[provider] if name in headers), "")
    return hmac.compare_digest(_bytes(given.removeprefix("sha256=")), _bytes(wanted))


def event_of(provider: str, headers: Mapping[str, str]) -> str:
    """What the delivery is about, as the forge names it."""
    return headers.get(_EVENT[provider], "") or (
        headers.get("X-Gitea-Event", "") if provider == "forgejo" else ""
    )


def delivery_of(provider: str, headers: Mapping[str, str]) -> str:
    """The forge's id of the delivery, empty where it gives none."""
    return next((headers[name] for name in _DELIVERY[provider] if headers.get(name)), "")


def is_push(event: str) -> bool:
    return event in _PUSHES


def is_ping(event: str) -> bool:
    return event in _PINGS


def read_payload(content_type: str, body: bytes) -> dict[str, Any]:
    """The JSON object of a body, sent as such or as the form field ``payload``. Raises PushMalformed."""
    try:
        if content_type.partition(";")[0].strip().lower() == "application/x-www-form-urlencoded":
            fields = parse_qs(body.decode(), max_num_fields=10)
            text = fields["payload"][0]
        else:
            text = body.decode()
        payload = json.loads(text)
    except (UnicodeDecodeError, ValueError, LookupError, RecursionError):
        raise PushMalformed from None
    if not isinstance(payload, dict):
        raise PushMalformed
    return payload


def parse_push(provider: str, payload: Mapping[str, Any]) -> Push:
    """The push that a payload tells of. Raises PushMalformed where it names no repository."""
    try:
        push = _bitbucket(payload) if provider == "bitbucket" else _plain(provider, payload)
    except (AttributeError, TypeError, KeyError):
        raise PushMalformed from None
    if not push.addresses:
        raise PushMalformed
    return push


def _plain(provider: str, payload: Mapping[str, Any]) -> Push:
    """GitHub's form, which Gitea and Forgejo share, and GitLab's, which differs in names only."""
    repository = payload["project"] if provider == "gitlab" else payload["repository"]
    names = (
        ("git_http_url", "git_ssh_url", "web_url", "http_url", "ssh_url")
        if provider == "gitlab"
        else ("clone_url", "ssh_url", "html_url", "git_url")
    )
    gone = payload.get("deleted") is True or not str(payload.get("after", "1")).strip("0")
    ref = str(payload.get("ref", ""))
    branches = (ref.removeprefix(_BRANCH),) if ref.startswith(_BRANCH) and not gone else ()
    return Push(
        _texts(repository.get(name) for name in names), branches, _text(repository.get("default_branch"))
    )


def _bitbucket(payload: Mapping[str, Any]) -> Push:
    """Bitbucket Cloud names changes below ``push``, Bitbucket Server beside the repository."""
    repository = payload["repository"]
    links = repository.get("links", {})
    clones = [one.get("href") for one in links.get("clone", [])]
    page = _text((links.get("html") or {}).get("href"))
    if page:  # Cloud names the page alone, below which it clones by both
        clones += [page, page.replace("https://", "ssh://git@", 1)]
    main = repository.get("mainbranch") or {}
    branches = []
    for change in payload.get("push", {}).get("changes", []):
        new = change.get("new") or {}
        if new.get("type") == "branch":
            branches.append(_text(new.get("name")))
    for change in payload.get("changes", []):
        ref = _text((change.get("ref") or {}).get("id"))
        if ref.startswith(_BRANCH) and change.get("type") != "DELETE":
            branches.append(ref.removeprefix(_BRANCH))
    return Push(_texts(clones), _texts(branches), _text(main.get("name")))


def _texts(values: Any) -> tuple[str, ...]:
    return tuple(dict.fromkeys(value for value in values if isinstance(value, str) and value))


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")
