"""``plumbline compare`` and ``plumbline when`` on a small repository."""

import json
from pathlib import Path

import pytest

from assessments.cli import main
from scanners.bisect import latest_flip
from tests import trees

README = (
    "# Orders\n\n"
    + "Orders takes what customers want to buy and keeps it.\n\n" * 6
    + (
        "## Getting started\n\n```sh\npip install -r requirements.txt\npython app.py\n```\n\n"
        "## Tests\n\nRun them all with pytest.\n\n## Settings\n\n- `DATABASE_URL` names the database.\n"
    )
)


@pytest.fixture
def source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Six commits; the fourth brings a README, the last one a file of no matter."""
    monkeypatch.setenv("PLUMBLINE_CACHE_DIR", str(tmp_path / "cache"))
    path = trees.repository(tmp_path / "orders", {"app.py": "x = 0\n"})
    for number in range(2):
        trees.commit(path, {"app.py": f"x = {number}1\n"})
    trees.commit(path, {"README.md": README}, "Write a README")
    for number in range(2):
        trees.commit(path, {"app.py": f"x = {number}2\n"})
    return path


def printed(capsys: pytest.CaptureFixture[str], *args: object) -> tuple[int, str, str]:
    code = main([str(arg) for arg in args])
    said = capsys.readouterr()
    return code, said.out, said.err


def test_a_comparison_in_words_and_as_json(source: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first = trees.git(source, "rev-parse", "HEAD~5")
    code, out, _ = printed(capsys, "compare", source, "--from", first, "--to", "main")
    assert code == 0
    assert "documentation.readme  fail to pass  +" in out and "by code" in out
    assert "+ README.md:" in out and "Commits between: 5" in out and "added  README.md" in out
    code, out, _ = printed(capsys, "compare", source, "--from", first, "--format", "json")
    value = json.loads(out)
    assert value["schema"] == "plumbline.comparison/1"
    flips = {flip["item"]: flip for flip in value["flips"]}
    readme = flips["documentation.readme"]
    assert (readme["before"], readme["after"], readme["causes"], readme["certain"]) == (
        "fail",
        "pass",
        ["code"],
        True,
    )
    assert readme["gained"][0]["path"] == "README.md"
    assert (value["history"]["commit_count"], value["history"]["relation"]) == (5, "ahead")
    assert value["difference"] == pytest.approx(sum(flip["points"] for flip in value["flips"]))
    code, out, _ = printed(capsys, "compare", source, "--from", "HEAD")
    assert "No verdict differs." in out


def test_when_names_the_commit(source: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made = trees.git(source, "rev-parse", "HEAD~2")
    code, out, _ = printed(capsys, "when", source, "documentation.readme")
    assert code == 0
    assert f"since {made[:12]}, fail before" in out and "Write a README" in out and "Ann Author" in out
    code, out, _ = printed(
        capsys, "when", source, "documentation.readme", "--since", "HEAD~3", "--format", "json"
    )
    value = json.loads(out)
    assert (value["found"], value["commit"]["id"], value["before"]) == (True, made, "fail")
    code, out, _ = printed(capsys, "when", source, "documentation.readme", "--since", "HEAD~1")
    assert code == 1 and "never seen to be otherwise" in out
    code, out, _ = printed(capsys, "when", source, "configuration.no-committed-secrets")
    assert code == 1


@pytest.mark.parametrize(
    ("args", "id"),
    [
        (["compare", "--from", "nowhere"], "commit.not-found"),
        (["compare", "--from", "--upload-pack=x"], ""),
        (["when", "no.item"], "item.unknown"),
        (["when", "testing.unit", "--since", "nowhere"], "commit.not-found"),
        (["when", "testing.unit", "--path", "nowhere"], "path.not-found"),
    ],
)
def test_what_cannot_be_done_is_one_line_and_exit_code_2(
    source: Path, capsys: pytest.CaptureFixture[str], args: list[str], id: str
) -> None:
    try:
        code, out, err = printed(capsys, args[0], source, *args[1:])
    except SystemExit as ended:  # the parser's own complaint
        assert ended.code == 2 and not id
        return
    assert (code, out) == (2, "")
    assert f"[{id}]" in err and err.count("\n") == 1


def test_the_latest_flip_is_found_in_steps_that_double() -> None:
    line = [f"c{n}" for n in range(1000)]
    late = latest_flip(line, lambda commit: "pass" if int(commit[1:]) >= 995 else "fail")
    assert (late.commit, late.before, late.judged <= 7) == ("c995", "fail", True)
    early = latest_flip(line, lambda commit: "pass" if int(commit[1:]) >= 3 else "fail")
    assert (early.commit, early.judged <= 22) == ("c3", True)
    assert latest_flip(line, lambda _: "pass").result == "not-there"
    assert latest_flip([], lambda _: "pass").result == "not-there"
    assert latest_flip(line, lambda _: None).result == "not-there"
    bounded = latest_flip(line, lambda commit: "pass" if int(commit[1:]) >= 3 else "fail", budget=5)
    assert bounded.judged <= 5 and bounded.result in ("budget", "not-there")
