"""Histories that are odd, damaged or very long: a point is judged with what is there or left out with its reason."""

import time
from collections.abc import Iterable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from assessments.choices import WorkState
from assessments.models import Assessment, Repository, VerdictChange
from assessments.services import backfill as backfills
from assessments.services import past
from assessments.services.assess import verdicts_of
from assessments.services.backfill import request_backfill
from assessments.services.origins import request_origins
from assessments.services.rulesets import built
from scanners.history import first_parents
from scanners.sampling import choose
from scanners.scan import scan
from scanners.tree import RepoTree
from tests.assessments.test_past import (
    README,
    carried_out,
    commit_on,
    judged_now,
    months_ago,
    points,
    registered,
)
from tests.trees import git, loose_object
from tests.trees import repository as working_copy

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def unqueued(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(past, "enqueue", lambda work, **_: None)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return working_copy(tmp_path / "orders")


def of_today(path: Path) -> Repository:
    """The repository at ``path``, registered and judged at its HEAD now."""
    made = registered(path)
    judged_now(made, path, git(path, "rev-parse", "HEAD"))
    return made


def without_cache(path: Path, point: Assessment) -> dict[str, str]:
    """The verdicts on a point's commit, of a scan that remembers nothing."""
    ruleset, standard = built(point.ruleset)
    with closing(RepoTree.open(path / ".git", point.commit)) as tree:
        found = {one.item: one.outcome for one in scan(tree, ruleset, default_branch="main").verdicts}
    return {item.id: found.get(item.id, "unknown") for item in standard.items}


def skipped(work: Any) -> dict[str, str]:
    """Why what was left out was left out, by commit or month."""
    return {one["commit"] or one["at"]: one.get("id") or one["reason"] for one in work.result["skipped"]}


def odd_commit(path: Path, parent: str, date: str) -> str:
    """A commit of HEAD's files whose date is whatever ``date`` says; git itself would not write it."""
    tree = git(path, "rev-parse", "HEAD^{tree}")
    who = f"A <a@example.org> {date}"
    body = f"tree {tree}\nparent {parent}\nauthor {who}\ncommitter {who}\n\nOdd\n"
    return git(path, "hash-object", "-t", "commit", "-w", "--literally", "--stdin", stdin=body.encode())


@pytest.mark.parametrize(
    "date",
    [
        "0 +0000",
        "-86400 +0000",
        "99999999999999999999 +0000",
        "9223372036854775807 +9999",
        "253402300800 +0000",
        "yesterday +0000",
        "",
    ],
)
def test_a_date_that_is_none_takes_its_place_from_its_neighbours(place: Path, date: str) -> None:
    old = commit_on(place, months_ago(4), {"app.py": "x = 4\n"})
    odd = odd_commit(place, old, date)
    git(place, "reset", "--quiet", "--hard", odd)
    commit_on(place, months_ago(1), {"app.py": "x = 1\n"})
    orders = of_today(place)
    work = carried_out(request_backfill(repository=orders, requested_by=None))
    assert work.state == WorkState.DONE and not work.result["skipped"]
    (point,) = points(orders)
    assert (point.commit, point.as_of) == (odd, months_ago(4))


def test_what_an_octopus_brought_counts_from_its_merge_on(place: Path) -> None:
    base = commit_on(place, months_ago(5), {"app.py": "x = 5\n"})
    judged_first = registered(place)
    judged_now(judged_first, place, base, timezone.now().replace(year=timezone.now().year - 1))
    for name, files in (("a", {"README.md": README}), ("b", {"b.py": "b = 1\n"}), ("c", {"c.py": "c = 1\n"})):
        git(place, "checkout", "--quiet", "-b", name, base)
        commit_on(place, months_ago(4), files, f"On {name}")
    git(place, "checkout", "--quiet", "main")
    commit_on(place, months_ago(3), {"app.py": "x = 3\n"})
    git(place, "merge", "--quiet", "--no-ff", "--no-commit", "a", "b", "c")
    merge = commit_on(place, months_ago(2), {}, "Octopus")
    assert len(git(place, "rev-parse", "HEAD^@").split()) == 4
    head = commit_on(place, months_ago(1), {"app.py": "x = 1\n"})
    judged_now(judged_first, place, head)
    change = VerdictChange.objects.get(item="documentation.readme")
    carried_out(request_origins(repository=judged_first, requested_by=None, change=change.pk))
    change.refresh_from_db()
    assert change.origin["commit"] == merge, "the branch's own commit is not on the line"
    Assessment.objects.filter(repository=judged_first).exclude(pk=judged_first.current_id).delete()
    carried_out(request_backfill(repository=judged_first, requested_by=None))
    _, standard = built(judged_first.current.ruleset)
    readme = {one.as_of: verdicts_of(one, standard)["documentation.readme"] for one in points(judged_first)}
    assert readme == {months_ago(2): "pass", months_ago(3): "fail", months_ago(5): "fail"}


def test_a_source_with_grafts_and_replacements_is_judged_by_its_true_past(place: Path) -> None:
    for number in (5, 4, 3, 2):
        commit_on(place, months_ago(number), {"app.py": f"x = {number}\n"})
    true = git(place, "rev-list", "--first-parent", "HEAD").split()
    head = commit_on(place, months_ago(1), {"app.py": "x = 1\n"})
    git(place, "replace", "--graft", head, true[-1])
    (place / ".git/info").mkdir(exist_ok=True)
    (place / ".git/info/grafts").write_text(f"{head} {true[-1]}\n")
    assert len(git(place, "rev-list", "HEAD").split()) == 2
    orders = of_today(place)
    carried_out(request_backfill(repository=orders, requested_by=None))
    assert [one.commit for one in points(orders)] == true


def test_a_hole_in_the_line_ends_it_there_and_says_so(place: Path) -> None:
    made = [commit_on(place, months_ago(number), {"app.py": f"x = {number}\n"}) for number in (5, 4, 3, 2, 1)]
    orders = of_today(place)
    loose_object(place, made[1]).unlink()
    work = carried_out(request_backfill(repository=orders, requested_by=None))
    assert [one.commit for one in points(orders)] == [made[3], made[2]]
    assert set(skipped(work).values()) == {"The mirror does not hold the history of that time."}


def test_a_hole_that_a_commit_graph_hides_costs_one_point(place: Path) -> None:
    made = [commit_on(place, months_ago(number), {"app.py": f"x = {number}\n"}) for number in (5, 4, 3, 2, 1)]
    git(place, "commit-graph", "write", "--reachable")
    orders = of_today(place)
    loose_object(place, made[1]).unlink()
    work = carried_out(request_backfill(repository=orders, requested_by=None))
    assert work.state == WorkState.DONE
    assert [one.commit for one in points(orders)] == [made[3], made[2], made[0]]
    assert skipped(work) == {made[1]: "commit.not-found"}


def test_a_path_that_changes_case_is_judged_as_it_is_called_at_each_point(place: Path) -> None:
    test = "from app.main import total\n\n\ndef test_total():\n    assert total([]) == 0\n"
    code = "def total(rows):\n    return sum(rows)\n" * 20
    commit_on(
        place, months_ago(5), {"app/main.py": code, "Examples/test_total.py": test, "readme.MD": README}
    )
    git(place, "mv", "Examples", "other")
    git(place, "mv", "other", "examples")
    commit_on(place, months_ago(4), {})
    git(place, "mv", "examples/test_total.py", "TEST_total.py")
    commit_on(place, months_ago(3), {})
    git(place, "mv", "TEST_total.py", "test_total.py")
    commit_on(place, months_ago(2), {"Test_Total.py": "x = 1\n", "README.md": "x\n"})
    git(place, "mv", "readme.MD", "docs.txt")
    commit_on(place, months_ago(1), {})
    orders = of_today(place)
    carried_out(request_backfill(repository=orders, requested_by=None))
    found = points(orders)
    assert len(found) == 4
    for point in found:
        _, standard = built(point.ruleset)
        assert verdicts_of(point, standard) == without_cache(place, point), point.as_of
    assert len({point.verdicts for point in found}) > 1, "the names matter"


def test_expressions_are_compiled_before_the_children_are_forked(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in (3, 2, 1):
        commit_on(place, months_ago(number), {"app.py": f"x = {number}\n"})
    orders = of_today(place)
    order: list[str] = []
    fork = backfills.apart
    ready = past.judging
    monkeypatch.setattr(past, "judging", lambda version: order.append("warm") or ready(version))
    monkeypatch.setattr(backfills, "apart", lambda work, do: order.append("fork") or fork(work, do))
    carried_out(request_backfill(repository=orders, requested_by=None))
    assert order == ["warm", "fork"] and len(points(orders)) == 2


def test_points_of_a_history_that_was_rewritten_are_not_mixed_with_the_new_one(place: Path) -> None:
    for number in (5, 4, 3, 2):
        commit_on(place, months_ago(number), {"app.py": f"x = {number}\n"})
    commit_on(place, months_ago(1), {"app.py": "x = 1\n"})
    orders = of_today(place)
    asked = request_backfill(repository=orders, requested_by=None)
    gone = git(place, "rev-parse", "HEAD")
    git(place, "checkout", "--quiet", "--orphan", "new")
    commit_on(place, months_ago(3), {"new.py": "x = 3\n"})
    commit_on(place, months_ago(1), {"new.py": "x = 1\n"})
    git(place, "branch", "--force", "main", "new")
    git(place, "checkout", "--quiet", "main")
    git(place, "branch", "--quiet", "-D", "new")
    loose_object(place, gone).unlink()
    work = carried_out(asked)
    assert "history was rewritten" in work.result["notes"][0]
    now = git(place, "rev-list", "HEAD").split()
    assert [one.commit for one in points(orders)] == now[1:]


def long_history(path: Path, files: Iterable[tuple[int, str, str]], commits: int) -> Path:
    """A bare repository of so many commits, an hour apart until now; ``files`` are (number of commit, path, content)."""
    added = {number: (name, content) for number, name, content in files}
    first = int(datetime.now(UTC).timestamp()) - commits * 3600
    parts = []
    for number in range(commits):
        stamp = first + number * 3600
        parts.append(b"commit refs/heads/main\ncommitter A <a@example.org> %d +0000\ndata 1\nx\n" % stamp)
        name, content = added.get(number, ("count.txt", f"{number % 50}\n"))
        raw = content.encode()
        parts.append(b"M 100644 inline %s\ndata %d\n%s\n" % (name.encode(), len(raw), raw))
    git(path.parent, "init", "--quiet", "--bare", "--initial-branch=main", str(path))
    git(path, "fast-import", "--quiet", stdin=b"".join(parts))
    return path


@pytest.mark.slow
def test_a_hundred_thousand_commits_are_sampled_judged_and_bisected(tmp_path: Path) -> None:
    commits, wrote_readme = 100_000, 99_000
    bare = long_history(
        tmp_path / "long.git", [(0, "app.py", "x = 1\n"), (wrote_readme, "README.md", README)], commits
    )
    head = git(bare, "rev-parse", "HEAD")
    began = time.monotonic()
    line = first_parents(bare, head)
    choice = choose(line, "month", 120, timezone.now())
    assert (len(line.ids), line.end) == (commits, "root")
    assert len(choice.samples) == 120 and time.monotonic() - began < 20
    orders = registered(bare)
    version = judged_in(bare, orders, line.ids[-1], months_ago(8))
    judged_in(bare, orders, head, timezone.now())
    change = VerdictChange.objects.get(item="documentation.readme")
    began = time.monotonic()
    carried_out(request_origins(repository=orders, requested_by=None, change=change.pk))
    change.refresh_from_db()
    assert change.origin["commit"] == line.ids[commits - 1 - wrote_readme]
    Assessment.objects.filter(pk=version.pk).delete()
    work = carried_out(request_backfill(repository=orders, requested_by=None, months=120))
    assert (work.state, len(points(orders)), work.result["skipped"]) == (WorkState.DONE, 120, [])
    assert time.monotonic() - began < 120


def judged_in(bare: Path, of: Repository, commit: str, when: datetime) -> Assessment:
    (bare / ".git").exists() or (bare / ".git").symlink_to(bare)  # where a working copy has its objects
    return judged_now(of, bare, commit, when)
