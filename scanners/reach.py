"""Which addresses a credential reaches: prefixes with a scheme, a host and whole path segments.

A prefix is compared part by part and never as text, so that no spelling of an address reaches further than the
prefix was meant to: ``https://forge.example/acme`` serves neither ``/acme-private/x`` nor ``forge.example.evil``.
"""

import re
from urllib.parse import unquote, urlsplit

from scanners.errors import SourceError
from scanners.source_url import Source, parse_source

SCHEMES = ("https", "ssh")
"""What a credential may travel over: both prove the host before anything secret is said."""

_DOUBTFUL = re.compile(r"[/\\%\x00-\x1f]")
"""In a decoded segment: a separator in disguise, or a segment that is encoded twice."""


def parse_prefix(text: str) -> str:
    """The prefix in its one spelling, for instance ``https://forge.example/acme``; a host alone is one as well.

    Raises SourceError (credential.prefix-refused).
    """
    given = text.strip().rstrip("/")
    if "://" in given and "@" in given.partition("://")[2].partition("/")[0]:
        raise _refused("A prefix holds no user name, password or token.")
    try:
        # A name is added, since an address of a host alone is no address of a repository.
        source = parse_source(f"{given}/_", allow_local=False)
    except SourceError as error:
        raise _refused(error.message) from None
    if source.scheme not in SCHEMES:
        raise _refused("A prefix starts with https:// or ssh://.")
    canonical = source.canonical.removesuffix("/_").removesuffix(".git")
    if segments_of(urlsplit(canonical).path) is None:
        raise _refused("The prefix holds encoded slashes, backslashes or percent signs.")
    return canonical


def covers(prefix: str, source: Source) -> bool:
    """True where the address lies at or below a prefix of ``parse_prefix``: same scheme, host and port, whole
    segments. An address that could be read in two ways lies below none."""
    if source.scheme not in SCHEMES:
        return False
    wanted, given = urlsplit(prefix), urlsplit(source.canonical)
    if (wanted.scheme, wanted.netloc) != (given.scheme, given.netloc):
        return False
    above, below = segments_of(wanted.path), segments_of(given.path)
    return above is not None and below is not None and below[: len(above)] == above


def segments_of(path: str) -> list[str] | None:
    """The decoded segments of a path, None where it may mean another path to a server than to us."""
    found = [unquote(part, errors="strict") if _decodes(part) else None for part in path.split("/") if part]
    segments = [part for part in found if part is not None and not _DOUBTFUL.search(part)]
    if len(segments) < len(found) or any(part in (".", "..") for part in segments):
        return None
    return segments


def _decodes(part: str) -> bool:
    try:
        unquote(part, errors="strict")
    except UnicodeDecodeError:
        return False
    return True


def _refused(message: str) -> SourceError:
    return SourceError(
        "credential.prefix-refused",
        message,
        hint="For example https://forge.example/group or ssh://host/group.",
    )
