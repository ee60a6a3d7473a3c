"""Regular expressions that are compiled when they are first used.

A process that judges one repository uses a fraction of all the expressions that the engine knows, and compiling
the others would cost it more than reading the repository.
"""

import re
from collections.abc import Callable
from contextlib import suppress
from functools import lru_cache
from typing import Any, cast
from weakref import WeakSet


class Lazy:
    """Stands for what ``compile(*arguments)`` gives, and has its attributes."""

    _all: "WeakSet[Lazy]" = WeakSet()

    def __init__(self, compile: Callable[..., Any], *arguments: Any) -> None:
        self._compile = compile
        self._arguments = arguments
        self._all.add(self)

    def __getattr__(self, name: str) -> Any:
        # Asked only for what is not there yet: each method is looked up once and then found at once.
        compiled = self.__dict__.get("_compiled")
        if compiled is None:
            compiled = self.__dict__["_compiled"] = self._compile(*self._arguments)
        value = self.__dict__[name] = getattr(compiled, name)
        return value


def compile_all() -> None:
    """Compiles now whatever has been put off so far, for a process that is forked for many repositories.

    What is no valid expression goes on failing where it is used.
    """
    for expression in list(Lazy._all):
        with suppress(Exception):
            expression.search  # noqa: B018 - looking it up compiles


class _LazyText(Lazy):
    """As Lazy, for RE2 over text: a path's odd bytes, which RE2 cannot be given, count as question marks."""

    def __getattr__(self, name: str) -> Any:
        method = super().__getattr__(name)
        if not callable(method):
            return method

        def forgiving(text: str, *rest: Any) -> Any:
            try:
                return method(text, *rest)
            except UnicodeEncodeError:
                return method(text.encode("utf-8", "replace").decode(), *rest)

        self.__dict__[name] = forgiving
        return forgiving


def lazy_re2(pattern: str | bytes) -> Any:
    """``re2.compile(pattern)``, put off."""
    import re2

    return Lazy(re2.compile, pattern) if isinstance(pattern, bytes) else _LazyText(re2.compile, pattern)


@lru_cache(maxsize=4096)
def kept_re2(pattern: str) -> Any:
    """``re2.compile(pattern)``, put off and then kept: RE2's own cache holds fewer than one ruleset's matchers ask for."""
    return lazy_re2(pattern)


def lazy_re(pattern: str, flags: int = 0) -> re.Pattern[str]:
    """``re.compile(pattern, flags)``, put off."""
    return cast("re.Pattern[str]", Lazy(re.compile, pattern, flags))
