"""What the product logs, in one shape and without secrets."""

import json
import logging
from typing import Any

import pytest
import structlog

from config.logs import formatter

TOKEN = "ghp_" + "Zq7mX2vB9kLw4Rt8Yc1Nd5Hf3Js6Pg0aQeUi"


def line(as_json: bool, message: Any, *args: Any, **extra: Any) -> str:
    """One line as the product's handlers print it."""
    record = logging.LogRecord("plumbline.test", logging.ERROR, __file__, 1, message, args, None)
    record.__dict__.update(extra)
    return formatter(as_json).format(record)


@pytest.mark.parametrize("as_json", [True, False])
@pytest.mark.parametrize(
    "given",
    [
        f"clone of https://ann:{TOKEN}@git.example.org/a/b failed",
        {"event": "clone failed", "url": f"https://ann:{TOKEN}@git.example.org/a/b"},
        {"event": "clone failed", "request": {"headers": [("Authorization", f"Bearer {TOKEN}")]}},
        {"event": "clone failed", "error": ValueError(f"token={TOKEN}")},
    ],
)
def test_no_log_line_shows_a_secret_however_deep(as_json: bool, given: Any) -> None:
    extra = {"_from_structlog": True, "_logger": None, "_name": "error"} if isinstance(given, dict) else {}
    printed = line(as_json, given, **extra)
    assert TOKEN not in printed
    assert "clone" in printed


def test_a_traceback_shows_none_either() -> None:
    try:
        raise ValueError(f"could not use {TOKEN}")
    except ValueError as error:
        record = logging.LogRecord("x", logging.ERROR, __file__, 1, "failed", (), (type(error), error, None))
    assert TOKEN not in formatter(True).format(record)


def test_lines_for_machines_are_json_with_level_time_and_logger() -> None:
    entry = json.loads(line(True, "%s repositories", 3))
    assert entry["event"] == "3 repositories"
    assert (entry["level"], entry["logger"]) == ("error", "plumbline.test")
    assert entry["timestamp"].endswith("Z")


def test_what_a_request_has_bound_is_in_every_line() -> None:
    with structlog.contextvars.bound_contextvars(request_id="r-1"):
        assert json.loads(line(True, "x"))["request_id"] == "r-1"
