"""scan() from end to end, on the shipped standard."""

from functools import cache
from pathlib import Path

import pytest

from scanners.cache import NoCache, Remembering, SqliteCache
from scanners.rules import Ruleset, load_ruleset
from scanners.scan import ScanResult, scan
from scanners.tree import RepoTree
from tests.scanners.trees import SERVICE, count_observing, counted


@cache
def standard() -> Ruleset:
    return load_ruleset()


def judged(files: dict[str, str]) -> ScanResult:
    return scan(RepoTree.from_files(files), standard(), cache=NoCache())


def outcomes(result: ScanResult) -> dict[str, str]:
    return {verdict.item: verdict.outcome for verdict in result.verdicts}


def test_every_item_is_judged_once_and_in_the_order_of_the_standard() -> None:
    result = judged(SERVICE)
    assert [v.item for v in result.verdicts] == [item["id"] for item in standard().document["items"]]
    assert result.complete and not result.problems
    assert {"pass", "fail"} <= set(outcomes(result).values())


def test_evidence_names_a_line_and_quotes_it() -> None:
    for verdict in judged(SERVICE).verdicts:
        for evidence in verdict.evidence:
            lines = SERVICE[evidence.path].split("\n")
            assert evidence.line <= len(lines)
            assert evidence.excerpt in lines[max(0, evidence.line - 1)].strip()


def test_a_secret_is_blanked_in_what_is_quoted() -> None:
    key = "AKIA" + "Z7QWERTY2MNBVCX4"
    files = {
        **SERVICE,
        "shop/settings.py": f'AWS_ACCESS_KEY_ID = "{key}"\nSECRET_KEY = "x9$kd82jsLq0vmWpRt5"\n',
    }
    result = judged(files)
    assert key not in repr(result) and "x9$kd82jsLq0vmWpRt5" not in repr(result)
    assert outcomes(result)["configuration.no-committed-secrets"] == "fail"


def test_cached_answers_are_those_of_a_first_scan(tmp_path: Path) -> None:
    place = tmp_path / "answers.sqlite3"
    changed = {**SERVICE, "shop/main.py": SERVICE["shop/main.py"].replace("Limiter", "Other")}
    for kept in (SqliteCache(place), Remembering(SqliteCache(place))):
        for files in (changed, SERVICE, changed, SERVICE):
            assert scan(RepoTree.from_files(files), standard(), cache=kept) == judged(files)


def test_an_unchanged_tree_is_judged_without_observing_or_reading_anything(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    cache = Remembering(NoCache())
    first = scan(counted(SERVICE)[0], standard(), cache=cache)
    observed = count_observing(monkeypatch)
    tree, blobs = counted(SERVICE)
    assert scan(tree, standard(), cache=cache) == first
    assert (observed, blobs.read_ids) == ([], [])


def test_after_a_commit_only_the_changed_file_is_observed(monkeypatch: pytest.MonkeyPatch) -> None:
    cache = Remembering(NoCache())
    scan(counted(SERVICE)[0], standard(), cache=cache)
    changed = {**SERVICE, "shop/models.py": SERVICE["shop/models.py"] + "    name: str\n"}
    observed = count_observing(monkeypatch)
    tree, blobs = counted(changed)
    scan(tree, standard(), cache=cache)
    assert set(observed) == {changed["shop/models.py"].encode()}
    entry = tree.entry("shop/models.py")
    assert entry is not None and set(blobs.read_ids) == {entry.blob}


def test_a_moved_file_is_not_observed_again(monkeypatch: pytest.MonkeyPatch) -> None:
    cache = Remembering(NoCache())
    scan(counted(SERVICE)[0], standard(), cache=cache)
    moved = {path.replace("shop/models.py", "shop/tables.py"): text for path, text in SERVICE.items()}
    expected = judged(moved)
    observed = count_observing(monkeypatch)
    assert scan(counted(moved)[0], standard(), cache=cache) == expected
    assert observed == []


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("assets/logo.bin", "\0\1\2"),
        ("assets/model.weights", "nothing that a rule looks into"),
        ("data/cities.csv", "name,population\nUlm,126000\n"),
        ("notes.xyz", "import slowapi\napp = FastAPI()\n"),
        ("vendor/lib/a.py", "import sentry_sdk\nsentry_sdk.init()\n"),
    ],
)
def test_a_file_that_no_rule_asks_about_changes_no_verdict(path: str, text: str) -> None:
    before, after = judged(SERVICE), judged({**SERVICE, path: text})
    assert before.verdicts == after.verdicts
    assert after.files == before.files + 1


_GOOD = {
    "app.py": (
        "import sentry_sdk\nimport structlog\nfrom opentelemetry import trace\nfrom slowapi import Limiter\n"
        "from prometheus_client import Counter\nfrom django.core.cache import cache\n\n"
        "sentry_sdk.init(dsn=DSN)\nlimiter = Limiter(key_func=get_remote_address, default_limits=['5/minute'])\n"
        "cache.set('a', b, timeout=60)\nREQUESTS = Counter('requests', 'Requests')\nlog = structlog.get_logger()\n"
    ),
    "server.js": (
        "const Sentry = require('@sentry/node');\nconst rateLimit = require('express-rate-limit');\n"
        "const helmet = require('helmet');\nconst Joi = require('joi');\napp.use(helmet());\n"
        "app.use(rateLimit({ windowMs: 60000, max: 100 }));\nSentry.init({ dsn: process.env.DSN });\n"
    ),
    "main.go": (
        'package main\n\nimport (\n\t"log/slog"\n\n\t"golang.org/x/time/rate"\n'
        '\t"github.com/getsentry/sentry-go"\n)\n\nvar limiter = rate.NewLimiter(1, 5)\n'
    ),
}
"""Code that, in a product's own source, makes several items pass."""

_BARE = {"src/app.py": "def add(a, b):\n    return a + b\n" * 20, "README.md": "# Adds\n"}
_SERVICE = {"kind": "service", "has_http_api": True, "has_database": True, "has_users": True}


@pytest.mark.parametrize(
    "folder",
    [
        "vendor",
        "node_modules/x",
        "third_party",
        "examples/shop",
        "tests",
        "dist",
        "generated",
        "src/testdata",
        "docs",
    ],
)
def test_code_that_is_not_the_products_own_makes_nothing_pass(folder: str) -> None:
    def passing(files: dict[str, str]) -> set[str]:
        result = scan(RepoTree.from_files(files), standard(), profile_overrides=_SERVICE)
        return {v.item for v in result.verdicts if v.outcome == "pass" and not v.item.startswith("testing.")}

    own = passing({**_BARE, **{f"src/{name}": text for name, text in _GOOD.items()}})
    foreign = passing({**_BARE, **{f"{folder}/{name}": text for name, text in _GOOD.items()}})
    bare = passing(_BARE)
    assert len(own - bare) >= 5, "the code must be such that it would count as the product's own"
    assert foreign <= bare


@pytest.mark.parametrize("header", ["// Code generated by x. DO NOT EDIT.\n", "# @generated\n"])
def test_a_file_that_calls_itself_generated_makes_nothing_pass(header: str) -> None:
    files = {**_BARE, **{f"src/{name}": header + text for name, text in _GOOD.items()}}
    with_it, without = outcomes(judged(files)), outcomes(judged(_BARE))
    assert {i for i, o in with_it.items() if o == "pass"} <= {i for i, o in without.items() if o == "pass"}


_SHARES = {"validation.type-safety", "documentation.code-comments"}
"""Items that ask for a share of the code: judged by what could be read."""


@pytest.mark.parametrize("path", ["shop/main.py", "pyproject.toml", ".github/workflows/ci.yml", "README.md"])
def test_missing_objects_are_named_and_what_they_might_have_held_is_unknown(path: str) -> None:
    whole = outcomes(scan(counted(SERVICE)[0], standard(), profile_overrides=_SERVICE))
    result = scan(counted(SERVICE, lost=[path])[0], standard(), profile_overrides=_SERVICE)
    lost = outcomes(result)
    assert not result.complete
    assert {(p.path, p.id) for p in result.problems} == {(path, "object.missing")}
    turned = {item for item in whole if whole[item] == "pass" and lost[item] not in ("pass", "unknown")}
    assert turned <= _SHARES
    assert [item for item in whole if whole[item] != "pass" and lost[item] == "pass"] == []
    assert [item for item in whole if whole[item] != lost[item] == "unknown"]


def test_what_was_missing_is_judged_once_it_is_there() -> None:
    cache = Remembering(NoCache())
    scan(counted(SERVICE, lost=["shop/main.py"])[0], standard(), cache=cache)
    assert scan(counted(SERVICE)[0], standard(), cache=cache) == judged(SERVICE)


@pytest.mark.parametrize("files", [{}, {"a.txt": ""}, {"a\udcff.py": "x = 1\n"}, {"README.md": "#"}])
def test_the_emptiest_trees_are_judged_too(files: dict[str, str]) -> None:
    assert len(judged(files).verdicts) == len(standard().rules)
