"""Whether the static files that were laid out are those of this version; settings ask before anything is loaded."""

from hashlib import sha256
from importlib.metadata import version
from pathlib import Path

STAMP = "stamp"
_PACKAGES = ("django", "django-htmx", "django-rq", "django-ninja", "django-allauth", "plotly")


def stamp(sources: Path) -> str:
    """What the static files are made from: a digest over ``sources`` and the packages that bring some."""
    digest = sha256()
    for path in sorted(sources.rglob("*")):
        if path.is_file():
            digest.update(f"{path.relative_to(sources)}\0".encode() + path.read_bytes() + b"\0")
    digest.update(" ".join(version(package) for package in _PACKAGES).encode())
    return digest.hexdigest()


def is_laid_out(sources: Path, root: Path) -> bool:
    """Whether ``root`` holds the files of just these sources."""
    place = root / STAMP
    return place.is_file() and place.read_text(encoding="utf-8") == stamp(sources)
