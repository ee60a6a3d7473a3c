"""Documentation rules: what a heading, a tree or a command in a document stands for."""

import pytest

from tests.scanners.rules.judging import verdict_of

SERVICE = {"kind": "service", "has_http_api": True}
CODE = {"app.py": "x = 1\n" * 60}
PROSE = "This line of the document says something about the project.\n" * 12


def readme(text: str) -> dict[str, str]:
    return {**CODE, "README.md": f"# Project\n\n{PROSE}\n{text}"}


ARCHITECTURE = [
    ("## Architecture\n\nThree layers.\n", "pass"),
    ("## Project layout\n\nOne folder per feature.\n", "pass"),
    ("## Structure\n\nOne folder per feature.\n", "pass"),
    ("```\nsrc\n├── api\n│   └── users.py\n```\n", "pass"),
    ("```\n|-- api\n|   `-- users.py\n```\n", "pass"),
    ("## Render data in the page layout\n", "fail"),
    ("## Docs structure\n\nOne file per chapter.\n", "fail"),
    ("```\n│ Missing argument 'NAME'. │\n└──────────────────────────┘\n```\n", "fail"),
    ("## Components\n\nA server and a worker.\n", "pass"),
    ("## Unit testing components\n", "fail"),
    ("## Multi architecture container building\n", "fail"),
    ("wrapped at `--line-buffered`\n`--line-buffered` goes on\n", "fail"),
    ("", "fail"),
]


@pytest.mark.parametrize(("text", "expected"), ARCHITECTURE)
def test_structure_is_explained(text: str, expected: str) -> None:
    assert verdict_of("documentation.architecture", readme(text), **SERVICE) == expected


DEPLOYMENT = [
    ("service", "## Deployment\n\nRun the image.\n", "pass"),
    ("service", "## Continuous Integration/Continuous Deployment\n", "fail"),
    ("service", "## Installation\n\n```\nbrew install tool\n```\n", "fail"),
    ("cli", "## Installation\n\n```\nbrew install tool\n```\n", "pass"),
    ("cli", "## Installation\n\nAsk a colleague.\n", "fail"),
    ("library", "## Deployment\n", "not_applicable"),
]


@pytest.mark.parametrize(("kind", "text", "expected"), DEPLOYMENT)
def test_deployment_is_explained(kind: str, text: str, expected: str) -> None:
    assert verdict_of("documentation.deployment", readme(text), kind=kind) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Before contributing please read the following:\n\n1. The style guide\n", "pass"),
        ("Thanks to everyone.\n", "fail"),
    ],
)
def test_contributors_are_told_what_to_read(text: str, expected: str) -> None:
    assert verdict_of("documentation.contributing", readme(text), **SERVICE) == expected


TREE = "```\nproject\n├── main.py\n```\n"


@pytest.mark.parametrize(
    ("kind", "path", "expected"),
    [
        ("library", "docs/tutorial/package.md", "fail"),
        ("library", "CONTRIBUTING.md", "pass"),
        ("service", "docs/tour.md", "pass"),
    ],
)
def test_a_tree_in_a_library_tutorial_is_of_somebody_elses_project(
    kind: str, path: str, expected: str
) -> None:
    assert verdict_of("documentation.architecture", {**CODE, path: TREE}, kind=kind) == expected
