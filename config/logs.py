"""Logging: structlog for our own events and the standard library's for everybody else's, in one shape."""

import logging
import logging.config
from collections.abc import Mapping
from typing import Any

import structlog

from assessments.tokens import without_tokens
from scanners.redact import redact

_SHARED: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]


def redacted(_logger: Any, _method: str, event: Any) -> Any:
    """The event with every text in it, however deep, passed through the secret detector."""
    return {key: _without_secrets(value) for key, value in event.items()}


def _without_secrets(value: Any) -> Any:
    if isinstance(value, str):
        return redact(without_tokens(value))
    if isinstance(value, Mapping):
        return {key: _without_secrets(one) for key, one in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_without_secrets(one) for one in value]
    return value if isinstance(value, bool | int | float | None) else _without_secrets(str(value))


def formatter(as_json: bool) -> logging.Formatter:
    """Lines of JSON for machines, or of text for a terminal; neither ever shows a secret."""
    last: Any = (
        structlog.processors.JSONRenderer() if as_json else structlog.dev.ConsoleRenderer(colors=False)
    )
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=_SHARED,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            redacted,
            last,
        ],
    )


def configure(settings: dict[str, Any]) -> None:
    """Sets both libraries up from Django's LOGGING."""
    logging.config.dictConfig(settings)
    structlog.configure(
        processors=[
            *_SHARED,
            structlog.stdlib.PositionalArgumentsFormatter(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
