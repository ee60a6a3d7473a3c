from typing import Any

import pytest

from scanners.conditions import Scene
from scanners.facts import Answer, Evidence


class Fixed:
    """Answers given beforehand."""

    def __init__(self, answers: dict[str, Answer]) -> None:
        self.answers = answers

    def __getitem__(self, name: str) -> Answer:
        return self.answers[name]

    def question(self, name: str) -> str:
        return f"{name}?"


ANSWERS = {
    "yes": Answer((Evidence("a.py", 1),), count=3, files=2),
    "few": Answer((Evidence("b.py", 2),), count=1, files=1),
    "no": Answer(),
    "unread": Answer(known=False),
    "share": Answer((Evidence("c.py", 3),), count=1, files=1, value=0.4),
    "shareless": Answer(),
}


def scene() -> Scene:
    return Scene(
        Fixed(ANSWERS),  # type: ignore[arg-type]
        frozenset(ANSWERS),
        {"named": {"all": ["yes", {"not": "no"}]}},
        profile={"kind": "service", "has_users": True},
        stack=frozenset(["python", "fastapi"]),
        verdicts={"a.b": "pass"},
        lines={"python": 90, "hcl": 10},
    )


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("yes", True),
        ("no", False),
        ("unread", None),
        ("named", True),
        ({"any": ["no", "yes"]}, True),
        ({"any": ["unread", "yes"]}, True),
        ({"any": ["no", "unread"]}, None),
        ({"any": ["no", "no"]}, False),
        ({"all": ["yes", "few"]}, True),
        ({"all": ["yes", "unread"]}, None),
        ({"all": ["no", "unread"]}, False),
        ({"not": "no"}, True),
        ({"not": "unread"}, None),
        ({"at_least": 3, "of": ["yes"]}, True),
        ({"at_least": 4, "of": ["yes", "few"]}, True),
        ({"at_least": 5, "of": ["yes", "few"]}, False),
        ({"at_least": 3, "of": ["yes"], "per": "file"}, False),
        ({"at_least": 1, "of": ["unread"]}, None),
        ({"ratio": {"of": ["few"], "to": ["yes"], "min": 0.3}}, True),
        ({"ratio": {"of": ["few"], "to": ["yes"], "min": 0.5}}, False),
        ({"ratio": {"of": ["few"], "to": ["no"], "min": 0.5}}, False),
        ({"measure": "share", "min": 0.4}, True),
        ({"measure": "share", "min": 0.41}, False),
        ({"measure": "share", "max": 0.4}, True),
        ({"measure": "shareless", "min": 0}, None),
        ({"profile": "kind", "is": ["service", "cli"]}, True),
        ({"profile": "has_users", "is": False}, False),
        ({"stack": ["flask", "fastapi"]}, True),
        ({"stack": "django"}, False),
        ({"verdict": "a.b", "is": "pass"}, True),
        ({"verdict": "c.d", "is": "pass"}, False),
        ({"lines": ["hcl"], "min_share": 0.1}, True),
        ({"lines": ["hcl"], "min_share": 0.2}, False),
        ({"code_lines_at_most": 90}, True),
        ({"code_lines_at_most": 89}, False),
    ],
)
def test_truth(condition: Any, expected: bool | None) -> None:
    assert scene().test(condition).value is expected


def test_a_true_condition_brings_the_evidence_of_what_is_true() -> None:
    assert scene().test({"any": ["no", "yes", "few"]}).evidence == (Evidence("a.py", 1), Evidence("b.py", 2))


def test_a_false_condition_says_what_was_looked_for() -> None:
    assert scene().test({"all": ["yes", {"any": ["no", "shareless"]}]}).looked_for == ("no?", "shareless?")
