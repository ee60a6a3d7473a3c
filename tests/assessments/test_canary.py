"""A secret in a scanned repository shows nowhere: not in database, cache, pages, files or logs."""

import logging
import re
from io import BytesIO
from pathlib import Path

import pikepdf
import pytest
from django.apps import apps
from django.core import serializers
from django.test import Client

from assessments.choices import ScanReason
from assessments.models import Repository
from assessments.reports.json import render_json
from assessments.reports.markdown import render_markdown
from assessments.reports.pdf import render_pdf
from assessments.reports.sarif import render_sarif
from assessments.reports.text import render_text
from assessments.selectors.reports import report_of_assessment
from assessments.services import scans
from assessments.services.assess import run_scan
from assessments.services.rulesets import ensure_shipped
from tests import factories, trees

pytestmark = pytest.mark.django_db

# Put together here, so that this file itself holds nothing that looks like a live secret.
TOKEN = "gh" + "p_" + "Zk3vQ9xT7mB2nL5wR8yC1dF4gH6jK0pS" + "aQ"
KEY = "q7#Vt!9z" + "Xw2LmR8b" + "T4kPfYs6"
FILES = {
    "README.md": "# Shop\n\nInstall it.\n" + "Words.\n" * 20,
    "requirements.txt": "fastapi\nsqlalchemy\npyjwt\n",
    "app/main.py": "from fastapi import FastAPI\napp = FastAPI()\n\n@app.get('/health')\ndef health(): return {}\n",
    "app/settings.py": f"import os\nSECRET_KEY = '{KEY}'\nGITHUB_TOKEN = os.environ.get('GITHUB_TOKEN', '{TOKEN}')\n",
    "app/auth.py": f"import jwt\n\ndef sign(user): return jwt.encode({{'sub': user, 'exp': 1}}, '{KEY}')\n",
}


@pytest.fixture
def leaking(tmp_path: Path, settings, caplog: pytest.LogCaptureFixture) -> Repository:  # noqa: ANN001
    """A scanned repository that commits a token and a signing key, with everything logged."""
    caplog.set_level(logging.DEBUG)
    settings.MIRRORS_DIR = tmp_path / "mirrors"
    settings.ANSWERS = tmp_path / "answers.sqlite3"
    ensure_shipped()
    source = trees.repository(tmp_path / "source", FILES)
    repository = factories.repository(mirror=factories.mirror(str(source)))
    claimed = scans.claim_scan(
        scan_id=scans.request_scan(repository=repository, reason=ScanReason.REQUEST).pk
    )
    assert claimed is not None
    run_scan(claimed)
    repository.refresh_from_db()
    return repository


def holds_secret(text: str) -> bool:
    return TOKEN in text or KEY in text or TOKEN[4:20] in text or KEY[:12] in text


def test_the_secret_is_found_and_shown_nowhere(
    leaking: Repository, client: Client, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    assert leaking.current is not None
    row = leaking.checklist.get(item="configuration.no-committed-secrets")
    assert row.outcome == "fail"
    assert {e["path"] for e in row.evidence} >= {"app/settings.py"}

    rows = [one for model in apps.get_app_config("assessments").get_models() for one in model.objects.all()]
    assert not holds_secret(serializers.serialize("json", rows))

    page = report_of_assessment(leaking, leaking.current)
    for render in (render_json, render_markdown, render_sarif, render_text):
        assert not holds_secret(render(page)), render.__name__
    pdf = pikepdf.open(BytesIO(render_pdf(page)))
    assert not holds_secret(" ".join(_texts(pdf)))

    client.force_login(factories.admin())
    assert not holds_secret(client.get(f"/repositories/{leaking.slug}/").content.decode())

    for file in tmp_path.glob("answers.sqlite3*"):
        assert not holds_secret(file.read_bytes().decode("latin-1"))
    assert not holds_secret(caplog.text)


def _texts(pdf: pikepdf.Pdf) -> list[str]:
    """What a reader may see: page contents as they are drawn, and the document's own words."""
    found = [str(pdf.docinfo), re.sub(r"\s+", " ", str(pdf.open_metadata()))]
    for sheet in pdf.pages:
        contents = sheet.Contents
        streams = contents if isinstance(contents, pikepdf.Array) else [contents]
        found += [stream.read_bytes().decode("latin-1") for stream in streams]
    return found
