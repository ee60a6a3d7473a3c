"""What no rule can read: the scan goes on with the rest, in seconds, and names what it left out by a stable id."""

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from scanners.scan import ScanResult, scan
from scanners.tree import RepoTree
from tests.scanners.rules.judging import judge_tree, shipped
from tests.trees import git, loose_object, repository

SECONDS = 10
"""Far more than any of these trees takes; what hangs would take minutes."""
LOGS = {
    "app/main.py": "import structlog\nlog = structlog.get_logger()\nlog.info('x')\n" + "value = 1\n" * 40,
    "requirements.txt": "fastapi\nstructlog\n",
}


@pytest.fixture(autouse=True)
def in_seconds() -> Iterator[None]:
    shipped()
    started = time.process_time()
    yield
    assert time.process_time() - started < SECONDS


def judge(files: dict[str, str | bytes]) -> ScanResult:
    return scan(RepoTree.from_files({**LOGS, **files}), shipped(), profile_overrides={"kind": "service"})


def outcome(result: ScanResult, item: str) -> str:
    return next(verdict.outcome for verdict in result.verdicts if verdict.item == item)


def problems(result: ScanResult) -> dict[str, str]:
    return {problem.path: problem.id for problem in result.problems}


def test_a_tree_without_faults_has_no_problems() -> None:
    result = judge({})
    assert result.problems == ()
    assert result.complete


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
def test_a_byte_order_mark_says_how_to_read_a_file(encoding: str) -> None:
    source = "import structlog\nlog = structlog.get_logger()\nlog.info('é')\n"
    files = {"a.py": source.encode(encoding), "b.py": "value = 1\n" * 30}
    result = scan(RepoTree.from_files(files), shipped(), profile_overrides={"kind": "service"})
    found = next(v for v in result.verdicts if v.item == "logging.present")
    assert (found.outcome, [(e.path, e.line, e.excerpt) for e in found.evidence]) == (
        "pass",
        [("a.py", 3, "log.info('é')")],
    )
    assert result.problems == ()


def test_latin_1_is_read_where_it_is_ascii() -> None:
    source = "# café\nimport structlog\nlog = structlog.get_logger()\nlog.info('x')\n".encode("latin-1")
    result = scan(RepoTree.from_files({"a.py": source}), shipped(), profile_overrides={"kind": "service"})
    assert outcome(result, "logging.structured") == "pass"


def test_a_source_file_that_is_no_text_is_named() -> None:
    result = judge({"app/odd.py": "import newrelic\n".encode("utf-16-le")})
    assert problems(result) == {"app/odd.py": "file.not-text"}
    assert outcome(result, "logging.present") == "pass"
    assert outcome(result, "observability.apm") == "fail"


def test_pictures_and_binary_fixtures_are_no_problem() -> None:
    result = judge(
        {
            "logo.png": b"\x89PNG\0\0\0",
            "traefik/logo.png": b"\x89PNG\0",
            "tests/data/a.py": b"\0\0\0",
            "vendor/a.js": b"\0",
        }
    )
    assert result.problems == ()


def test_a_minified_bundle_counts_for_nothing() -> None:
    bundle = "require('newrelic');" + "var a=1;" * 50_000
    result = judge({"static/app.js": bundle})
    assert outcome(result, "observability.apm") == "fail"
    assert outcome(result, "logging.structured") == "pass"


def test_a_json_of_five_megabytes_is_passed_over_and_named() -> None:
    rows = ",".join(f'{{"id": {n}, "name": "row"}}' for n in range(200_000))
    result = judge({"data/rows.json": f"[{rows}]"})
    assert problems(result) == {"data/rows.json": "file.too-large"}
    assert outcome(result, "logging.present") == "pass"


def test_what_tools_wrote_may_be_large() -> None:
    result = judge({"package-lock.json": "{" + " " * 3_000_000 + "}", "dist/app.js": "a;\n" * 700_000})
    assert result.problems == ()


@pytest.mark.parametrize(
    ("path", "text", "id"),
    [
        ("package.json", "[" * 50_000 + "]" * 50_000, "manifest.unparsable"),
        ("package.json", '{"dependencies": ' + '{"a":' * 20_000 + "1" + "}" * 20_000 + "}", "manifest.unparsable"),
        ("pom.xml", "<project>" + "<a>" * 20_000 + "</a>" * 20_000 + "</project>", "manifest.unparsable"),
        ("application.yml", "a: " + "[" * 20_000, "settings.unparsable"),
        (".github/workflows/ci.yml", "jobs: " + "{a: " * 20_000, "workflow.unparsable"),
    ],
)  # fmt: skip
def test_deep_nesting_is_refused(path: str, text: str, id: str) -> None:
    result = judge({path: text})
    assert id in {p.id for p in result.problems}
    assert problems(result).keys() == {path}
    assert outcome(result, "logging.present") == "pass"


@pytest.mark.parametrize(
    "source",
    [
        "x = " + "(" * 50_000 + ")" * 50_000 + "\n",
        "def a():\n" + "".join(" " * n + "if x:\n" for n in range(1, 800)),
        "f(" * 30_000,
        '"""' * 30_001,
    ],
)
def test_deep_code_is_read_on(source: str) -> None:
    result = judge({"app/deep.py": source, "app/deep.js": source, "app/Deep.java": source})
    assert outcome(result, "logging.structured") == "pass"


CONFLICT = "<<<<<<< HEAD\n{ours}=======\n{theirs}>>>>>>> feature\n"


@pytest.mark.parametrize(
    ("path", "text", "id"),
    [
        ("package.json", '{\n  "dependencies": {\n' + CONFLICT.format(ours='"a": "1"\n', theirs='"a": "2"\n') + "}}\n", "manifest.unparsable"),
        ("pyproject.toml", "[project]\n" + CONFLICT.format(ours='name = "a"\n', theirs='name = "b"\n'), "manifest.unparsable"),
        ("go.mod", "module a\n" + CONFLICT.format(ours="go 1.21\n", theirs="go 1.22\n"), "manifest.unparsable"),
        ("Gemfile", CONFLICT.format(ours="gem 'a'\n", theirs="gem 'b'\n"), "manifest.unparsable"),
        ("Cargo.toml", "[package]\n" + CONFLICT.format(ours='name = "a"\n', theirs='name = "b"\n'), "manifest.unparsable"),
        (".github/workflows/ci.yml", CONFLICT.format(ours="on: push\n", theirs="on: pull_request\n") + "jobs: {}\n", "workflow.unparsable"),
        ("application.yml", CONFLICT.format(ours="a: 1\n", theirs="a: 2\n"), "settings.unparsable"),
    ],
)  # fmt: skip
def test_a_merge_conflict_is_said(path: str, text: str, id: str) -> None:
    result = judge({path: text})
    assert id in {p.id for p in result.problems if p.path == path}
    assert outcome(result, "logging.present") == "pass"


def test_manifests_that_contradict_each_other_are_both_heard() -> None:
    result = judge(
        {"Pipfile": "[packages]\nflask = '*'\n", "setup.py": "setup(install_requires=['django==5'])\n"}
    )
    assert {"fastapi", "flask", "django"} <= set(result.profile.stack)
    assert result.problems == ()


def yaml_bomb() -> str:
    levels = ["a0: &a0 [x, x, x, x, x, x, x, x, x]\n"]
    levels += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 12)]
    return "".join(levels)


@pytest.mark.parametrize(
    "path", ["application.yml", ".github/workflows/ci.yml", ".gitlab-ci.yml", "compose.yml"]
)
def test_a_yaml_bomb_does_not_go_off(path: str) -> None:
    result = judge({path: yaml_bomb()})
    assert {p.id.partition(".")[0] for p in result.problems} <= {"settings", "workflow", "compose"}
    assert outcome(result, "logging.present") == "pass"


def test_an_xml_bomb_does_not_go_off() -> None:
    entities = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 12))
    text = f'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY a0 "x">{entities}]><project>&a11;</project>'
    assert {p.id for p in judge({"pom.xml": text}).problems} == {"manifest.unparsable", "settings.bomb"}


def test_paths_of_odd_bytes_are_read(tmp_path: Path) -> None:
    work = repository(tmp_path / "work", LOGS)
    odd = os.fsencode(work) + b"/caf\xe9\xff/\xf0.py"
    os.makedirs(os.path.dirname(odd))
    with open(odd, "wb") as file:
        file.write(b"import newrelic.agent\nnewrelic.agent.initialize()\n")
    git(work, "add", "--all")
    git(work, "commit", "--quiet", "--message=Odd")
    result = of_repository(work)
    assert outcome(result, "observability.apm") == "pass"
    assert result.problems == ()


def test_odd_names_of_many_kinds_do_no_harm() -> None:
    names = [
        "a\nb.py",
        "a\tb.py",
        "-rf.py",
        "$(x).py",
        "é/ü.py",
        "‮.py",
        "con.py",
        "a" * 240 + ".py",
        "*?[.py",
    ]
    result = judge({name: "value = 1\n" for name in names})
    assert result.files == len(LOGS) + len(names)
    assert result.problems == ()


def of_repository(work: Path) -> ScanResult:
    tree = RepoTree.open(work / ".git", git(work, "rev-parse", "HEAD"))
    try:
        return scan(tree, shipped(), profile_overrides={"kind": "service"})
    finally:
        tree.close()


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    outside = tmp_path / "outside.py"
    outside.write_text("import newrelic.agent\n")
    work = repository(tmp_path / "work", LOGS)
    (work / "agent.py").symlink_to(outside)
    (work / "loop").symlink_to("loop")
    (work / "up").symlink_to("..")
    git(work, "add", "--all")
    git(work, "commit", "--quiet", "--message=Links")
    result = of_repository(work)
    assert outcome(result, "observability.apm") == "fail"
    assert outcome(result, "logging.present") == "pass"
    assert result.files == len(LOGS)


def test_a_submodule_is_not_entered(tmp_path: Path) -> None:
    inner = repository(tmp_path / "inner", {"agent.py": "import newrelic.agent\n"})
    work = repository(tmp_path / "work", LOGS)
    head = git(inner, "rev-parse", "HEAD")
    git(work, "update-index", "--add", "--cacheinfo", f"160000,{head},inner")
    git(work, "commit", "--quiet", "--message=Submodule")
    result = of_repository(work)
    assert outcome(result, "observability.apm") == "fail"
    assert result.files == len(LOGS)
    assert result.complete


def test_a_missing_object_is_named_once_and_decides_nothing(tmp_path: Path) -> None:
    work = repository(tmp_path / "work", {**LOGS, "app/gone.py": "import newrelic.agent\n"})
    loose_object(work, git(work, "rev-parse", "HEAD:app/gone.py")).unlink()
    result = of_repository(work)
    assert [(p.path, p.id) for p in result.problems] == [("app/gone.py", "object.missing")]
    assert not result.complete
    assert outcome(result, "logging.structured") == "pass"
    assert outcome(result, "observability.apm") == "unknown"


def test_a_damaged_object_is_named_once(tmp_path: Path) -> None:
    work = repository(tmp_path / "work", {**LOGS, "app/torn.py": "import newrelic.agent\n" * 50})
    file = loose_object(work, git(work, "rev-parse", "HEAD:app/torn.py"))
    file.chmod(0o644)
    file.write_bytes(file.read_bytes()[:30])
    result = of_repository(work)
    assert [p.path for p in result.problems] == ["app/torn.py"]
    assert outcome(result, "observability.apm") == "unknown"


def test_nothing_at_all_is_judged_too() -> None:
    result = judge_tree({})
    assert result.profile.kind == "documentation"
    assert result.problems == ()
    assert len(result.verdicts) == 100
