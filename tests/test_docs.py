"""What the documents say of settings, rules and files is what the code has."""

import re
from pathlib import Path

import pytest
import yaml

from config.env import PREFIX, Environment

ROOT = Path(__file__).parent.parent


def test_every_setting_is_documented_and_nothing_else() -> None:
    documented = set(re.findall(r"(?m)^\| `([A-Z_]+)` \|", (ROOT / "docs" / "deployment.md").read_text()))
    settings = {f"{PREFIX}{name.upper()}" for name in Environment.model_fields if name != "database_url"}
    assert documented == settings | {"DATABASE_URL"}


@pytest.mark.parametrize(
    "document", sorted(p.relative_to(ROOT).as_posix() for p in [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")])
)
def test_links_between_documents_lead_somewhere(document: str) -> None:
    place = ROOT / document
    for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", place.read_text()):
        assert (place.parent / target).exists(), target


def test_every_matcher_and_condition_of_the_schema_is_documented() -> None:
    text = (ROOT / "docs" / "rules.md").read_text()
    for word in (
        "dependency",
        "import",
        "text",
        "code",
        "path",
        "setting",
        "workflow",
        "detector",
        "ratio",
        "measure",
        "verdict",
    ):
        assert f"`{word}`" in text or f"{{{word}:" in text, word


def test_locked_versions_agree() -> None:
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    pinned = set(project["tool"]["uv"]["constraint-dependencies"])
    locked = set(re.findall(r"(?m)^([A-Za-z0-9._-]+==[^\s;\\]+)", (ROOT / "requirements.lock").read_text()))
    assert locked
    assert locked <= pinned
    assert "https://" not in (ROOT / "requirements.lock").read_text()


def test_the_compose_file_runs_only_what_exists() -> None:
    services = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]
    workers = {"scan-worker", "large-scan-worker", "scheduler", "job-worker"}
    assert {"database", "valkey", "set-up", "web"} | workers == set(services)
    for name in ("web", "scan-worker", "scheduler", "job-worker"):
        assert services[name]["read_only"] is True
    assert (ROOT / "assessments" / "management" / "commands" / "set_up.py").exists()
