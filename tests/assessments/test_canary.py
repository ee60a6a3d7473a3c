"""A secret in a scanned repository shows nowhere: not in database, cache, pages, files or logs."""

import base64
import logging
import os
import re
import threading
import traceback
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pikepdf
import pytest
from django.apps import apps
from django.core import serializers
from django.test import Client

from assessments.choices import CredentialKind, ScanReason
from assessments.models import Repository, ScanRequest
from assessments.reports.json import render_json
from assessments.reports.markdown import render_markdown
from assessments.reports.pdf import render_pdf
from assessments.reports.sarif import render_sarif
from assessments.reports.text import render_text
from assessments.selectors.reports import report_of_assessment
from assessments.services import credentials, scans
from assessments.services.assess import run_scan
from assessments.services.rulesets import ensure_shipped
from assessments.tasks import scan_repository
from tests import factories, trees
from tests.assessments.pdf_text import annotations, structure, text_of
from tests.conftest import needs
from tests.git_http import certificate, serving
from tests.ssh_server import SSHD, new_key, ssh_serving

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
    shown = " ".join(_texts(pdf))
    assert "app/settings.py:" in shown
    assert not holds_secret(shown)

    client.force_login(factories.admin())
    assert not holds_secret(client.get(f"/repositories/{leaking.slug}/").content.decode())

    for file in tmp_path.glob("answers.sqlite3*"):
        assert not holds_secret(file.read_bytes().decode("latin-1"))
    assert not holds_secret(caplog.text)


def _texts(pdf: pikepdf.Pdf) -> list[str]:
    """What a reader may see: text as it is drawn, what is read aloud, links, and the document's own words."""
    found = [str(pdf.docinfo), re.sub(r"\s+", " ", str(pdf.open_metadata())), text_of(pdf)]
    found += [str(element.get("/Alt", "")) for element in structure(pdf)]
    found += [
        str(part) for link in annotations(pdf) for part in (link.get("/Contents", ""), link.get("/A", ""))
    ]
    return found


SIGN_IN = "gl" + "pat-" + "Xr7" + "kQ2wE9tY4uI1oP6aS8"


def test_what_signs_in_shows_nowhere(
    tmp_path: Path,
    settings: Any,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    client: Client,
) -> None:
    """A token and a key, used and refused: not in rows, mirrors, pages, files, queues, logs, arguments or traces."""
    if SSHD is None:
        needs("sshd")
    for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)
    caplog.set_level(logging.DEBUG)
    settings.MIRRORS_DIR = tmp_path / "mirrors"
    settings.ANSWERS = tmp_path / "answers.sqlite3"
    monkeypatch.setattr(settings.ENVIRONMENT, "allow_private_addresses", True)
    tls = certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", os.fspath(tls[0]))
    factories.ruleset()
    root = tmp_path / "served"
    root.mkdir()
    trees.bare_copy(trees.repository(tmp_path / "work", {"README.md": "# Shop\n"}), root / "app.git")
    admin, team = factories.admin(), factories.team()
    client.force_login(admin, backend="django.contrib.auth.backends.ModelBackend")
    sent: list[str] = []
    told: list[str] = []

    def scan(repository: Repository) -> None:
        with patch("celery.app.task.Task.apply_async", lambda task, *a, **k: sent.append(repr((a, k)))):
            request = scans.request_scan(repository=repository, reason=ScanReason.REQUEST)
            scans.enqueue(request)
        claimed = scans.claim_scan(scan_id=request.pk)
        assert claimed is not None
        try:
            run_scan(claimed)
        except Exception as error:
            told.append(
                "".join(traceback.TracebackException.from_exception(error, capture_locals=True).format())
            )
            scans.requeue(claimed)
            scan_repository(request.pk)

    with serving(root, tls) as forge, ssh_serving(root, tmp_path / "ssh") as host:
        forge.login = ("ann", SIGN_IN)
        body = "".join(host.private.splitlines()[1:-1])[80:140]
        basic = base64.b64encode(f"ann:{SIGN_IN}".encode()).decode()
        secrets = (SIGN_IN, SIGN_IN[6:18], basic, body)
        over_tls = factories.repository(mirror=factories.mirror(forge.url("app.git")), team=team)
        over_ssh = factories.repository(mirror=factories.mirror(host.url("app.git")), team=team)
        form = {
            "name": "Token", "kind": "token", "username": "ann", "secret": SIGN_IN, "teams": [team.pk],
            "prefixes": "not an address",
        }  # fmt: skip
        refused = client.post("/credentials/add/", form)
        assert refused.status_code == 422
        shown = [refused.content.decode()]
        credentials.add_credential(
            name="Token", kind=CredentialKind.TOKEN, username="ann", secret=SIGN_IN,
            prefixes=[forge.url("")], teams=[team], actor=admin,
        )  # fmt: skip
        credentials.add_credential(
            name="Key", kind=CredentialKind.SSH, secret=host.private, known_hosts=host.known,
            prefixes=[host.prefix], teams=[team], actor=admin,
        )  # fmt: skip
        lines = _command_lines_during(lambda: (scan(over_tls), scan(over_ssh)))
        forge.login = ("ann", "another")
        scan(over_tls)
        (tmp_path / "ssh/authorized").write_text("")
        new_key(tmp_path / "none")
        scan(over_ssh)

    over_tls.refresh_from_db()
    over_ssh.refresh_from_db()
    assert over_tls.current is not None and over_ssh.current is not None
    assert {over_tls.last_error_id, over_ssh.last_error_id} == {"source.auth-failed"}
    assert len(told) == 2 and len(sent) == 4
    assert any("http" in line for line in lines) and any("ssh" in line for line in lines)

    rows = [one for model in apps.get_app_config("assessments").get_models() for one in model.objects.all()]
    shown.append(serializers.serialize("json", rows))
    for address in (
        "/credentials/",
        "/activity/",
        *(f"/repositories/{r.slug}/" for r in (over_tls, over_ssh)),
    ):
        shown.append(client.get(address).content.decode())
    for credential in admin_credentials():
        shown.append(client.get(f"/credentials/{credential}/").content.decode())
        shown.append(client.get(f"/credentials/{credential}/replace/").content.decode())
    page = report_of_assessment(over_tls, over_tls.current)
    shown += [render(page) for render in (render_json, render_markdown, render_sarif, render_text)]
    kept = [p for p in (tmp_path / "mirrors").rglob("*") if p.is_file()] + list(tmp_path.glob("answers*"))
    shown += [place.read_bytes().decode("latin-1") for place in kept]
    shown += [*lines, *sent, *told, caplog.text, repr(list(ScanRequest.objects.values()))]
    assert not [text[:300] for text in shown if any(secret in text for secret in secrets)]


def admin_credentials() -> list[int]:
    from assessments.models import Credential

    return list(Credential.objects.values_list("pk", flat=True))


def _command_lines_during(action: Callable[[], object]) -> set[str]:
    """The command lines of all processes of this machine while ``action`` runs."""
    done, seen = threading.Event(), set()

    def look() -> None:
        while not done.is_set():
            for place in Path("/proc").glob("[0-9]*/cmdline"):
                try:
                    seen.add(place.read_bytes().replace(b"\0", b" ").decode("latin-1"))
                except OSError:
                    continue

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    try:
        action()
    finally:
        done.set()
        thread.join(5)
    return seen
