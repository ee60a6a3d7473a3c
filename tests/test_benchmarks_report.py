"""The page of figures: what it makes of results, which targets it calls met, and that it is the one of the kept results."""

from typing import Any

import pytest

from benchmarks import compare, report
from benchmarks.floor import blobs_at_head, peak_memory, spent
from benchmarks.machine import Run
from benchmarks.scan import ratios, warm_ratios
from benchmarks.targets import Target, commit_limit, targets_of
from tests.trees import commit, git, loose_object, repository


def measured(**changes: Any) -> dict[str, Any]:
    """What the benchmark of scans finds out about one repository that meets every target."""
    row: dict[str, Any] = {
        "repository": "owner+name",
        "load": 0.1,
        "blobs": 1200,
        "d_ms": 100.0,
        "d_cpu_ms": 100.0,
        "cold_ms": 600.0,
        "cold_cpu_ms": 900.0,
        "limit_ms": 650.0,
        "memory_mb": 120.0,
        "memory_own_mb": 100.0,
        "mirror_bytes": 30_000_000,
        "whole": True,
        "ask_ms": 9.0,
        "unchanged_beyond_ms": 4.0,
        "cache_bytes": 1_000_000,
        "points": 12,
        "points_left_out": 0,
        "points_ms": 1200,
        "points_cpu_ms": 1200,
        "commit_judge_ms": 50.0,
        "commit_judge_cpu_ms": 45.0,
        "commit_fetch_ms": 20.0,
        "commit_rest_ms": 30.0,
    }
    row |= changes
    return row | ratios(row) | warm_ratios(row)


def of_scan(*rows: dict[str, Any], **fleet: float) -> dict[str, Any]:
    whole = {
        "d_ms": 100.0,
        "one_by_one_ms": 600.0,
        "one_by_one_over_d": 6.0,
        "cpu_over_d": 9.0,
        "two_cores_ms": 340.0,
        "two_cores_over_d": 3.4,
        "start_ms": 200.0,
        "start_cpu_ms": 190.0,
    }
    return Run("scan").document({"repositories": list(rows), "fleet": whole | fleet}, repeats=5)


def named(targets: list[Target]) -> dict[str, bool]:
    return {one.name: one.met for one in targets}


def test_every_target_that_is_reached_is_called_met() -> None:
    met = named(targets_of({"scan": of_scan(measured())}))
    assert len(met) == 7 and all(met.values())


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"cold_ms": 651.0}, "cold, each repository"),
        ({"memory_mb": 251.0}, "peak memory on the largest"),
        ({"unchanged_beyond_ms": 5.1}, "unchanged, beyond ls-remote"),
        ({"commit_judge_ms": 61.0}, "after one commit"),
        ({"points_ms": 2101}, "twelve monthly points"),
        ({"cache_bytes": 1_600_000}, "the cache"),
    ],
)
def test_one_repository_that_misses_a_target_is_enough_to_miss_it(changes: dict[str, Any], name: str) -> None:
    met = named(targets_of({"scan": of_scan(measured(), measured(**changes))}))
    assert [one for one, reached in met.items() if not reached] == [name]


def test_the_fleet_has_a_target_of_its_own() -> None:
    met = named(targets_of({"scan": of_scan(measured(), two_cores_ms=351.0)}))
    assert not met["cold, the fleet on two cores"]


def test_a_commit_may_take_longer_where_reading_takes_long() -> None:
    assert commit_limit({"d_ms": 199.0}) == 60
    assert commit_limit({"d_ms": 400.0}) == 120


def test_a_small_mirror_may_have_a_mebibyte_of_cache() -> None:
    row = measured(mirror_bytes=2_000_000, cache_bytes=1 << 20)
    assert named(targets_of({"scan": of_scan(row)}))["the cache"]
    row = measured(mirror_bytes=2_000_000, cache_bytes=(1 << 20) + 1)
    assert not named(targets_of({"scan": of_scan(row)}))["the cache"]


def test_what_a_mirror_without_all_objects_has_no_figure_for_is_no_miss() -> None:
    row = measured(whole=False, ask_ms=None, unchanged_beyond_ms=None, commit_fetch_ms=None)
    met = named(targets_of({"scan": of_scan(row)}))
    assert all(met.values()) and "unchanged, beyond ls-remote" not in met
    assert "| owner/name | – | – | 50 |" in report.page({"scan": of_scan(row)})


def of_compare(theirs: int) -> dict[str, Any]:
    tools = [
        {"tool": "Plumbline", "ms": 500, "cpu_ms": 700, "checks": 100},
        {"tool": "other", "ms": theirs, "cpu_ms": 800, "checks": 7},
    ]
    rows = [{"repository": "owner+name", "load": 0.1, "files": 10, "d_ms": 100.0, "tools": tools}]
    figures = {"repositories": rows, "versions": {"other": "1.0"}, "left_out": {"third": "no such package"}}
    return Run("compare").document(figures)


def test_other_tools_are_compared_and_missing_ones_named() -> None:
    page = report.page({"compare": of_compare(2000)})
    assert "| other | 1.0 | 1 of 1 | 20.0 | 4.00 | 1.14 | 7–7 |" in page
    assert "- third could not be installed: no such package" in page
    assert named(targets_of({"compare": of_compare(2000)})) == {"faster than other": True}
    assert named(targets_of({"compare": of_compare(400)})) == {"faster than other": False}


def test_a_page_that_grows_with_the_fleet_is_a_miss() -> None:
    def fleet(repositories: int, p50: float, queries: int) -> dict[str, Any]:
        row = {
            "who": "admin",
            "page": "/",
            "queries": queries,
            "best": p50,
            "p50": p50,
            "p95": p50,
            "bytes": 9,
        }
        return {
            "repositories": repositories,
            "pages": [row],
            "database": {},
            "roll_up": {"day": 1.0, "month": 2.0},
        }

    def met(*fleets: dict[str, Any]) -> list[bool]:
        return [one.met for one in targets_of({"pages": Run("pages").document(list(fleets), rounds=3)})]

    assert met(fleet(100, 40, 9), fleet(10_000, 90, 9)) == [True, True, True]
    assert met(fleet(100, 40, 9), fleet(10_000, 4000, 9)) == [True, False, True]
    assert met(fleet(100, 40, 9), fleet(10_000, 90, 900)) == [False, True, True]

    def with_cpu(one: dict[str, Any], cpu: float) -> dict[str, Any]:
        [row] = one["pages"]
        row |= {"cpu_best": cpu, "cpu_p50": cpu, "cpu_p95": cpu}
        return one

    def told(cpu: float) -> list[bool]:
        return met(with_cpu(fleet(100, 40, 9), 40), with_cpu(fleet(10_000, 4000, 9), cpu))

    assert told(90) == [True, True, True, True], "a clock that a busy machine stretched"
    assert told(149.9) == [True, True, False, True]
    assert told(150) == [False, True, False, True]


def test_the_page_says_what_was_not_measured() -> None:
    assert "Not measured: compare, clone" in report.page({"scan": of_scan(measured())})


def test_the_page_in_docs_is_the_one_of_the_kept_results() -> None:
    assert report.PAGE.read_text() == report.page(report.read())


def test_kept_results_name_no_place_of_a_machine() -> None:
    for file in report.RESULTS.glob("*.json"):
        text = file.read_text()
        assert "/work" not in text and "/tmp" not in text and "/root" not in text, file.name


def test_the_floor_reads_each_blob_once_and_leaves_out_what_is_large_or_missing(tmp_path: Any) -> None:
    work = repository(tmp_path / "work", {"a.py": "one\n", "b.py": "one\n", "large.bin": b"x" * (1 << 20)})
    commit(work, {"gone.py": "gone\n"})
    loose_object(work, git(work, "rev-parse", "HEAD:gone.py")).unlink()
    assert blobs_at_head(work / ".git") == [git(work, "rev-parse", "HEAD:a.py").encode()]


def test_memory_of_what_a_process_starts_is_its_own() -> None:
    start = "import subprocess, sys, time; x = bytearray(60 << 20); {}time.sleep(0.5)"
    inner = (
        "subprocess.run([sys.executable, '-c', 'import time; x = bytearray(60 << 20); time.sleep(0.5)']); "
    )
    python = report.sys.executable
    alone = peak_memory([python, "-c", start.format("")], {})
    both = peak_memory([python, "-c", start.format(inner)], {})
    assert 60 < alone.held < 110 and both.own > alone.own + 50


def test_time_of_processors_counts_children_that_ended() -> None:
    burn = "import time\nuntil = time.process_time() + 0.2\nwhile time.process_time() < until: pass"
    python = report.sys.executable
    found = spent([python, "-c", f"import subprocess, sys\nsubprocess.run([sys.executable, '-c', {burn!r}])"])
    assert found.cpu >= 0.2 and found.wall >= 0.2


def test_a_working_copy_for_other_tools_has_no_links_and_no_code_to_load(tmp_path: Any) -> None:
    work = repository(tmp_path / "work", {"a.py": "one\n", "sub/.checkov.yaml": "external-checks-dir: [.]\n"})
    (work / "link").symlink_to("/etc/passwd")
    (work / ".gitattributes").write_text("*.py filter=evil export-ignore\n")
    git(work, "config", "filter.evil.smudge", f"touch {tmp_path / 'evil'}")
    commit(work, {})
    place = tmp_path / "tree"
    assert compare.lay_out(work / ".git", place) == 3
    assert sorted(one.name for one in place.rglob("*") if one.is_file()) == [".gitattributes", "a.py", "link"]
    assert not (place / "link").is_symlink() and (place / "link").read_text() == "/etc/passwd"
    assert not (tmp_path / "evil").exists()
