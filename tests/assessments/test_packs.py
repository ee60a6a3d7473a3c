"""Ruleset packs: graded beside the standard for teams that switched them on, and never mixed with it."""

from pathlib import Path

import pytest
from django.test import Client

from assessments.choices import ScanReason
from assessments.models import Assessment, ChecklistItem, Repository, TeamDay
from assessments.services import scans
from assessments.services.assess import run_scan, standing
from assessments.services.rollups import roll_up
from assessments.services.rulesets import DEFAULT, ensure_shipped
from tests import factories, trees

pytestmark = pytest.mark.django_db
PACK = "supply-chain"


@pytest.fixture
def scanned(tmp_path: Path, settings) -> Repository:  # noqa: ANN001 - pytest-django's fixture
    """A real repository of a team with the pack, scanned once."""
    settings.MIRRORS_DIR = tmp_path / "mirrors"
    settings.ANSWERS = tmp_path / "answers.sqlite3"
    ensure_shipped(DEFAULT)
    ensure_shipped(PACK)
    source = trees.repository(
        tmp_path / "source", {"README.md": "# Tool\n" * 20, "LICENSE": "MIT License\n", "tool.py": "x = 1\n"}
    )
    repository = factories.repository(mirror=factories.mirror(str(source)), team=factories.team(packs=[PACK]))
    scan_once(repository)
    return repository


def scan_once(repository: Repository) -> None:
    scan = scans.request_scan(repository=repository, reason=ScanReason.REQUEST)
    claimed = scans.claim_scan(scan_id=scan.pk)
    assert claimed is not None
    run_scan(claimed)
    repository.refresh_from_db()


def test_a_scan_judges_by_the_standard_and_by_the_teams_packs(scanned: Repository) -> None:
    assert {a.ruleset.ruleset for a in Assessment.objects.all()} == {DEFAULT, PACK}
    assert scanned.current is not None and scanned.current.ruleset.ruleset == DEFAULT
    pack = standing(scanned, PACK)
    assert pack is not None and pack.commit == scanned.current.commit
    assert ChecklistItem.objects.filter(repository=scanned, ruleset=PACK).exists()


def test_an_unchanged_commit_judges_nothing_again(scanned: Repository) -> None:
    scan_once(scanned)
    assert Assessment.objects.count() == 2


def test_a_packs_grade_stays_out_of_the_standards_trend(scanned: Repository) -> None:
    roll_up()
    assert scanned.sparkline == [round(float(scanned.current.effective_score), 1)]
    assert TeamDay.objects.get(team=None).repositories == 1


def test_the_page_shows_either_report(scanned: Repository, client: Client) -> None:
    client.force_login(factories.admin())
    address = f"/repositories/{scanned.slug}/"
    standard, pack = (
        client.get(address).content.decode(),
        client.get(f"{address}?ruleset={PACK}").content.decode(),
    )
    assert f"?ruleset={PACK}" in standard
    assert "Unit tests" in standard and "Unit tests" not in pack
    assert client.get(f"{address}?ruleset=nonsense").status_code == 200


def test_a_pack_that_is_switched_off_is_not_shown(scanned: Repository, client: Client) -> None:
    scanned.team.packs = []
    scanned.team.save()
    client.force_login(factories.admin())
    assert f"?ruleset={PACK}" not in client.get(f"/repositories/{scanned.slug}/").content.decode()
