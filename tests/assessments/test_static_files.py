"""Static files as an installation lays them out: packed beforehand, kept by browsers for good, never stale."""

import subprocess
import sys
from pathlib import Path

import brotli
import pytest
from django.conf import settings
from django.contrib.staticfiles import finders

from assessments.static_files import PackedStorage, lay_out
from assessments.static_stamp import is_laid_out, stamp

SOURCES = Path(settings.BASE_DIR) / "static"
ASK = """
import django
django.setup()
from django.conf import settings
from django.test import Client
from django.templatetags.static import static
for name in ("plotly/plotly.min.js", "css/base.css"):
    address = static(name)
    answer = Client().get(address, headers={"accept-encoding": "br, gzip"})
    print(address, answer["Content-Encoding"], answer["Cache-Control"], len(b"".join(answer)))
"""


@pytest.fixture(scope="module")
def laid_out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("data") / "static"
    assert not is_laid_out(SOURCES, root)
    assert lay_out(SOURCES, root) > 100
    return root


def test_what_is_there_is_not_laid_out_again(laid_out: Path) -> None:
    assert is_laid_out(SOURCES, laid_out)
    assert lay_out(SOURCES, laid_out) == 0


def test_a_changed_file_gets_another_name(laid_out: Path, tmp_path: Path) -> None:
    (tmp_path / "a.css").write_text("a { color: red }")
    before = stamp(tmp_path)
    (tmp_path / "a.css").write_text("a { color: green }")
    assert stamp(tmp_path) != before
    assert not is_laid_out(tmp_path, laid_out)


def test_packed_copies_hold_the_same(laid_out: Path) -> None:
    storage = PackedStorage(location=str(laid_out), base_url="/static/")
    name = storage.url("plotly/plotly.min.js").removeprefix("/static/")
    packed = (laid_out / f"{name}.br").read_bytes()
    original = finders.find("plotly/plotly.min.js")
    assert original and brotli.decompress(packed) == Path(original).read_bytes()
    assert len(packed) < 1_400_000


def test_they_are_served_packed_and_kept_for_good(laid_out: Path) -> None:
    environment = {
        "PATH": "/usr/bin:/bin",
        "PLUMBLINE_DATA_DIR": str(laid_out.parent),
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "PLUMBLINE_HOSTS": "testserver",
    }
    run = subprocess.run(
        [sys.executable, "-c", ASK],
        cwd=settings.BASE_DIR,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert run.returncode == 0, run.stderr
    for line in run.stdout.splitlines():
        assert " br max-age=315360000, public, immutable " in line, line
        assert not line.startswith(("/static/plotly/plotly.min.js ", "/static/css/base.css ")), line
    assert int(run.stdout.splitlines()[0].split()[-1]) < 1_400_000
