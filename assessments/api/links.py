"""Addresses in answers: whole ones, so that a program follows them as they are."""

from typing import Any

from django.http import HttpRequest
from django.urls import reverse

NAMESPACE = "api-v1"


class Links:
    """Makes addresses of pages and endpoints for the answer to one request."""

    def __init__(self, request: HttpRequest) -> None:
        self._base = request.build_absolute_uri("/").rstrip("/")

    def page(self, name: str, *args: Any) -> str:
        """The page of that name, for people."""
        return self.path(reverse(name, args=args))

    def api(self, name: str, *args: Any) -> str:
        """The endpoint of that name."""
        return self.path(reverse(f"{NAMESPACE}:{name}", args=args))

    def path(self, path: str) -> str:
        """The whole address of a path here; nothing of nothing."""
        return f"{self._base}{path}" if path else ""
