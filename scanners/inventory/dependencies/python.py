"""Python: which files are manifests, and the reader for each."""

from collections.abc import Callable

from scanners.inventory.dependencies.manifest import Manifest, refuse_conflicts
from scanners.inventory.dependencies.pyproject import parse_pipfile, parse_pyproject
from scanners.inventory.dependencies.pythonlocks import parse_conda, parse_pipfile_lock, parse_toml_lock
from scanners.inventory.dependencies.requirements import parse_requirements
from scanners.lazy import lazy_re


def _setup_cfg(path: str, text: str) -> Manifest:
    from scanners.inventory.dependencies.pythonsetup import parse_setup_cfg  # here: it reads syntax trees

    return parse_setup_cfg(path, text)


def _setup_py(path: str, text: str) -> Manifest:
    from scanners.inventory.dependencies.pythonsetup import parse_setup_py

    return parse_setup_py(path, text)


_READERS: dict[str, Callable[[str, str], Manifest]] = {
    "pyproject.toml": parse_pyproject,
    "pipfile": parse_pipfile,
    "setup.cfg": _setup_cfg,
    "setup.py": _setup_py,
    "pipfile.lock": parse_pipfile_lock,
    "uv.lock": parse_toml_lock,
    "poetry.lock": parse_toml_lock,
    "pdm.lock": parse_toml_lock,
    "pylock.toml": parse_toml_lock,
}
_REQUIREMENTS = lazy_re(r"(?:.*[-_.])?requirements?(?:[-_.].*)?\.(?:txt|in|pip)")
_FOLDER = lazy_re(r"requirements?/[^/]+\.(?:txt|in|pip)")
_CONDA = lazy_re(r"environment(?:[-_.].*)?\.ya?ml")


def handles(basename: str) -> bool:
    """Whether a file of that lower-cased name is read; ``requirements/NAME`` where that is its folder."""
    return _reader(basename) is not None


def parse_python(path: str, text: str) -> Manifest:
    """The manifest at ``path``; raises ManifestError."""
    refuse_conflicts(text)
    folder, _, name = path.lower().rpartition("/")
    parent = folder.rpartition("/")[2]
    reader = _reader(name) or _reader(f"{parent}/{name}") or parse_requirements
    return reader(path, text.replace("\r\n", "\n"))


def _reader(name: str) -> Callable[[str, str], Manifest] | None:
    basename = name.rpartition("/")[2]
    if basename in _READERS:
        return _READERS[basename]
    if not basename.endswith((".txt", ".in", ".pip", ".yml", ".yaml")):
        return None
    if _CONDA.fullmatch(basename):
        return parse_conda
    if _REQUIREMENTS.fullmatch(basename) or _FOLDER.fullmatch(name):
        return parse_requirements
    return None
