"""Bisecting to the commit that made a verdict flip."""

from hypothesis import given
from hypothesis import strategies as st

from scanners.bisect import find_flip

LINE = [f"c{n}" for n in range(100)]


def verdicts(*outcomes: str | None) -> tuple[list[str], dict[str, str | None]]:
    line = [f"c{n}" for n in range(len(outcomes))]
    return line, dict(zip(line, outcomes, strict=True))


def test_the_one_flip_is_found_in_few_steps() -> None:
    found = find_flip(LINE, "fail", lambda commit: "fail" if int(commit[1:]) >= 37 else "pass")
    assert (found.result, found.commit, found.before, found.after) == ("found", "c37", "pass", "fail")
    assert found.candidates == ("c37",) and not found.others
    assert found.judged <= 9


def test_flips_back_and_forth_give_one_and_say_that_there_are_others() -> None:
    line, known = verdicts("pass", "fail", "pass", "pass", "fail")
    found = find_flip(line, "fail", known.get)
    assert (found.commit, found.others) == ("c4", False) or found.others
    # The middle one is on the other side, so a second flip is seen.
    line, known = verdicts("pass", "pass", "fail", "pass", "pass", "fail", "fail")
    found = find_flip(line, "fail", known.get)
    assert known[found.commit] == "fail" and found.result == "found"


def test_commits_that_cannot_be_judged_leave_a_range() -> None:
    line, known = verdicts("pass", None, None, None, "fail")
    found = find_flip(line, "fail", known.get)
    assert (found.result, found.commit, found.candidates) == ("range", "c4", ("c1", "c2", "c3", "c4"))
    line, known = verdicts("pass", None, "pass", None, "fail", "fail")
    assert find_flip(line, "fail", known.get).candidates == ("c3", "c4")


def test_ends_that_do_not_differ_are_no_flip() -> None:
    line, known = verdicts("pass", "fail", "pass")
    assert find_flip(line, "fail", known.get).result == "not-there"
    assert find_flip(line, "pass", known.get).result == "not-there"
    assert find_flip(["c0"], "fail", known.get).result == "not-there"
    assert find_flip([], "fail", known.get).result == "not-there"


def test_the_budget_bounds_the_commits_that_are_judged() -> None:
    asked: list[str] = []

    def outcome_of(commit: str) -> str:
        asked.append(commit)
        return "fail" if int(commit[1:]) >= 37 else "pass"

    found = find_flip(LINE, "fail", outcome_of, budget=4)
    assert (found.result, len(asked), "c37" in found.candidates) == ("budget", 4, True)


@given(st.lists(st.sampled_from(["pass", "fail", "unknown", None]), min_size=2, max_size=40))
def test_what_is_found_is_a_flip(outcomes: list[str | None]) -> None:
    line, known = verdicts("pass", *outcomes, "fail")
    found = find_flip(line, "fail", known.get, budget=1000)
    assert found.result in ("found", "range")
    place = line.index(found.commit)
    first = place - len(found.candidates)
    assert known[found.commit] == "fail"
    assert known[line[first]] not in ("fail", None)
    assert all(known[commit] is None for commit in found.candidates[:-1])
