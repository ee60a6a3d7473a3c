"""Small trees that the tests of scan() share, and a way to count what a scan reads and observes."""

from collections.abc import Iterable, Iterator, Mapping

import pytest

from scanners.blobscan import Observation, Plan
from scanners.tree import RepoTree

SERVICE = {
    "README.md": "# Shop\n\nA service that sells things.\n\n## Install\n\n    pip install .\n",
    "pyproject.toml": '[project]\nname = "shop"\ndependencies = ["fastapi", "sqlalchemy", "slowapi"]\n',
    "Dockerfile": "FROM python:3.12-slim\nCOPY . .\nUSER app\n",
    ".github/workflows/ci.yml": "on: push\njobs:\n  a:\n    steps:\n      - run: pytest\n      - run: ruff check\n",
    "shop/main.py": (
        "import logging\nfrom fastapi import FastAPI\nfrom slowapi import Limiter\n\n"
        "logger = logging.getLogger(__name__)\napp = FastAPI()\nlimiter = Limiter(key_func=str)\n\n\n"
        '@app.get("/health")\ndef health() -> dict[str, str]:\n    """Whether it runs."""\n    return {"status": "ok"}\n'
    ),
    "shop/models.py": (
        "from sqlalchemy.orm import DeclarativeBase\n\n\nclass Base(DeclarativeBase):\n    pass\n\n\n"
        'class User(Base):\n    __tablename__ = "users"\n'
    ),
    "tests/test_main.py": "from shop.main import health\n\n\ndef test_health():\n    assert health()['status'] == 'ok'\n",
}
"""A small web service in Python that passes some items and fails others."""


class CountingBlobs:
    """The blobs of a tree, with a list of those that were read; the ids in ``lost`` are missing."""

    def __init__(self, contents: Mapping[str, bytes], lost: Iterable[str] = ()) -> None:
        self._contents = contents
        self._lost = frozenset(lost)
        self.read_ids: list[str] = []

    def read_many(self, ids: Iterable[str]) -> Iterator[tuple[str, bytes | None]]:
        for blob in ids:
            yield blob, self.read(blob)

    def read(self, blob: str) -> bytes | None:
        self.read_ids.append(blob)
        return None if blob in self._lost else self._contents[blob]

    def close(self) -> None:
        return None


def counted(files: Mapping[str, str], lost: Iterable[str] = ()) -> tuple[RepoTree, CountingBlobs]:
    """The tree of ``files``; the contents of the paths in ``lost`` cannot be read."""
    tree = RepoTree.from_files(files)
    gone = {entry.blob for entry in tree.entries if entry.path in set(lost)}
    blobs = CountingBlobs({e.blob: files[e.path].encode() for e in tree.entries}, gone)
    return RepoTree(tree.commit, tree.committed_at, tree.entries, blobs), blobs


def count_observing(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """A list to which every text is added that a plan observes from now on."""
    observed: list[bytes] = []
    observe = Plan.observe

    def counting(plan: Plan, data: bytes) -> Observation:
        observed.append(data)
        return observe(plan, data)

    monkeypatch.setattr(Plan, "observe", counting)
    return observed
