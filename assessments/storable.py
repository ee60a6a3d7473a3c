"""Text and values as every database takes them: names of files in a repository may hold any bytes."""

from typing import Any


def storable(value: Any) -> Any:
    """``value`` with bytes that are no text, lone surrogates and NULs shown as escapes, however nested."""
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, dict):
        return {_text(str(name)): storable(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [storable(each) for each in value]
    return value


def _text(value: str) -> str:
    try:
        raw = value.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        raw = value.encode("utf-8", "backslashreplace")
    return raw.decode("utf-8", "backslashreplace").replace("\0", "\\x00")
