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


def numbered(lines: int) -> str:
    return "".join(f"Line {n} says what this is.\n" for n in range(lines))


START = "\n## Usage\n\n```\npip install project\n```\n"
READMES = [
    ("substance and a start", {"README.md": f"# Project\n{numbered(8)}{START}"}, "pass"),
    ("ten lines", {"README.md": f"# Project\n{numbered(5)}## Usage\n```\npip install project\n```\n"}, "fail"),
    ("eleven lines", {"README.md": f"# Project\n{numbered(6)}## Usage\n```\npip install project\n```\n"}, "pass"),
    ("blank lines and badges are no substance", {"README.md": "# Project\n" + "\n" * 20 + "[![a](b)](c)\n" * 20 + START}, "fail"),
    ("no start", {"README.md": f"# Project\n{numbered(20)}"}, "fail"),
    ("words of prose", {"README.md": f"# Project\n{numbered(20)}make sure to read it.\nIt is easy in usage and running costs.\njust use it\n"}, "fail"),
    ("a command without a heading", {"README.md": f"# Project\n{numbered(20)}\n    docker compose up\n"}, "pass"),
    ("a heading in reStructuredText", {"README.rst": f"Project\n=======\n\n{numbered(20)}\nInstallation\n------------\n\nAsk the shop.\n"}, "pass"),
    ("a heading in bold", {"README.md": f"# Project\n{numbered(20)}\n**Getting started**\n\nAsk.\n"}, "pass"),
    ("a link to documents", {"README.md": f"# Project\n{numbered(20)}\nSee [the documentation](https://docs.example.org).\n"}, "pass"),
    ("in the folder of the forge", {".github/README.md": f"# Project\n{numbered(20)}{START}"}, "pass"),
    ("of a package below", {"packages/a/README.md": f"# Project\n{numbered(20)}{START}"}, "pass"),
    ("of a vendored library", {"vendor/a/README.md": f"# Project\n{numbered(20)}{START}"}, "fail"),
    ("nothing", {}, "fail"),
]  # fmt: skip


@pytest.mark.parametrize(("files", "expected"), [c[1:] for c in READMES], ids=[c[0] for c in READMES])
def test_a_readme_says_what_it_is_and_how_to_start(files: dict[str, str], expected: str) -> None:
    assert verdict_of("documentation.readme", {**CODE, **files}, **SERVICE) == expected


def test_even_documentation_has_a_readme() -> None:
    assert verdict_of("documentation.readme", {"a.md": "# A\n"}, kind="documentation") == "fail"


def defined(documented: int, of: int) -> str:
    body = "".join(f"    total = {n}\n" for n in range(30))
    return "".join(
        f"def call{n}(a: int) -> int:\n" + ('    """What comes back."""\n' if n < documented else "") + body
        for n in range(of)
    )


def commented(comments: int, code: int, comment: str) -> str:
    return f"{comment}\n" * comments + "x = call(1)\n" * code


COMMENTS = [
    ("a fifth of the functions", {"a.py": defined(2, 10)}, "pass"),
    ("a tenth of the functions", {"a.py": defined(1, 10)}, "fail"),
    ("a docstring behind a remark", {"a.py": "def a():  # noqa: E501\n    '''What comes back.'''\n" + "    b = 1\n" * 60}, "pass"),
    ("a docstring behind a long signature", {"a.py": "def a(\n    b: dict[str, int] = {},\n) -> dict[str, int]:\n    '''What.'''\n" + "    b = 1\n" * 60}, "pass"),
    ("one line in twenty", {"a.py": commented(5, 95, "# why this is so")}, "pass"),
    ("one line in twenty-five", {"a.py": commented(4, 96, "# why this is so")}, "fail"),
    ("docstring lines count", {"a.py": '"""What\nthis\nmodule\nis\nfor."""\n' + "x = call(1)\n" * 90}, "pass"),
    ("commented-out code", {"a.py": commented(10, 90, "# total = call(1)")}, "fail"),
    ("commented-out calls", {"a.js": commented(10, 90, "// call(1);")}, "fail"),
    ("a commented-out block", {"a.go": "package a\n" + commented(10, 90, "// if err != nil {")}, "fail"),
    ("comments of JavaScript", {"a.js": commented(5, 95, "// why this is so")}, "pass"),
    ("JSDoc", {"a.js": "/**\n * What comes back.\n * @returns {number}\n */\nfunction a() {\n" + "  b();\n" * 70 + "}\n"}, "pass"),
    ("pragmas are no documentation", {"a.js": "// eslint-disable-next-line\nfunction a() {\n" + "  b();\n" * 70 + "}\n"}, "fail"),
    ("old code above is no documentation", {"a.js": "// run(2);\nfunction a() {\n" + "  b();\n" * 70 + "}\n"}, "fail"),
    ("what a module keeps to itself", {"a.ts": "/** Why. */\nexport function a() {\n" + "  b();\n" * 70 + "}\n" + "function c() {}\n" * 10}, "pass"),
    ("exported names of Go", {"a.go": "package a\n\n// A says so.\nfunc A() {\n" + "\tb()\n" * 70 + "}\nfunc c() {}\n"}, "pass"),
    ("Javadoc", {"A.java": "class A {\n  /** Why. */\n  public void a() {\n" + "    b();\n" * 70 + "  }\n}\n"}, "pass"),
    ("Javadoc above an annotation", {"A.java": "class A {\n  /** Why. */\n  @Override\n  public void a() {\n" + "    b();\n" * 70 + "  }\n}\n"}, "pass"),
    ("KDoc", {"A.kt": "/** Why. */\nfun a() {\n" + "  b()\n" * 70 + "}\n"}, "pass"),
    ("YARD", {"a.rb": "# Why this is so.\ndef a\n" + "  b\n" * 70 + "end\n"}, "pass"),
    ("PHPDoc", {"a.php": "<?php\n/** Why. */\nfunction a() {\n" + "  b();\n" * 70 + "}\n"}, "pass"),
    ("comments of .NET", {"A.cs": "/// <summary>Why.</summary>\npublic class A {\n" + "  b();\n" * 70 + "}\n"}, "pass"),
    ("comments of Rust", {"a.rs": "/// Why.\n#[derive(Debug)]\npub struct A {\n" + "  b: u8,\n" * 70 + "}\n"}, "pass"),
    ("documents of Elixir", {"a.ex": 'defmodule A do\n  @moduledoc "Why"\n' + "  b()\n" * 70 + "end\n"}, "pass"),
    ("comments of tests", {**CODE, "tests/test_a.py": commented(50, 5, "# why this is so")}, "fail"),
    ("comments of examples", {**CODE, "examples/a.py": commented(50, 5, "# why this is so")}, "fail"),
    ("comments of vendored code", {**CODE, "vendor/a.py": commented(50, 5, "# why this is so")}, "fail"),
    ("comments of infrastructure", {"a.tf": "# why this is so\n" * 5 + 'resource "a" "b" {}\n' * 50}, "pass"),
]  # fmt: skip


@pytest.mark.parametrize(("files", "expected"), [c[1:] for c in COMMENTS], ids=[c[0] for c in COMMENTS])
def test_code_is_commented(files: dict[str, str], expected: str) -> None:
    assert verdict_of("documentation.code-comments", files, **SERVICE) == expected


def test_comments_are_counted_in_a_language_nobody_knows() -> None:
    files = {"a.cpp": "// why this is so\n" * 10 + "call(1);\n" * 50}
    assert verdict_of("documentation.code-comments", files, **SERVICE) == "pass"


def test_comments_without_any_code_are_unknown() -> None:
    assert verdict_of("documentation.code-comments", {"README.md": "# A\n"}, **SERVICE) == "unknown"


GUIDES = [
    ("a heading", readme("## Deploy to production\n\nRun it.\n"), "pass"),
    ("a file", {**CODE, "docs/deployment.md": "# Deploying\n"}, "pass"),
    ("a file of installation", {**CODE, "INSTALL.md": "# Installing\n"}, "pass"),
    ("a link", readme("See [how to self-host](https://example.org/self-host).\n"), "pass"),
    ("a button", readme("[![Deploy](https://www.herokucdn.com/b.svg)](https://heroku.com/deploy)\n"), "pass"),
    ("a command that is named", readme("To deploy the application run `kubectl apply -f k8s`.\n"), "pass"),
    ("a title that promises", readme("# Blueprint for production coding\n\nRun it.\n"), "fail"),
    ("a title of a book", readme("# From zero to production in Rust\n\nRun it.\n"), "fail"),
    ("a title of a guide", readme("# Deployment\n\nRun it.\n"), "pass"),
    ("a heading about production", readme("## Building for production\n\nRun it.\n"), "pass"),
    ("a word", readme("It is used in production by many.\n"), "fail"),
    ("a manifest is no guide", {**CODE, "deploy/k8s.yml": "kind: Deployment\n"}, "fail"),
    ("a document of a vendored library", {**CODE, "vendor/a/deployment.md": "# Deploying\n"}, "fail"),
]  # fmt: skip


@pytest.mark.parametrize(("files", "expected"), [c[1:] for c in GUIDES], ids=[c[0] for c in GUIDES])
def test_a_guide_tells_how_to_deploy(files: dict[str, str], expected: str) -> None:
    assert verdict_of("documentation.deployment", files, **SERVICE) == expected


API_EXAMPLES = [
    ("curl", readme("```\ncurl http://localhost:8000/users\n```\n"), "pass"),
    ("curl with a method", readme("```\ncurl -X POST $URL/users\n```\n"), "pass"),
    ("an installer", readme("```\ncurl -sSL https://example.org/install.sh | sh\n```\n"), "fail"),
    ("the word", readme("You may use curl or any other client.\n"), "fail"),
    ("HTTPie", readme("```\nhttp POST localhost:8000/users name=a\n```\n"), "pass"),
    ("a raw request", readme("```\nGET /users HTTP/1.1\n```\n"), "pass"),
    ("requests", readme("```python\nrequests.get('http://localhost/users')\n```\n"), "pass"),
    ("fetch", readme("```js\nfetch('/api/users')\n```\n"), "pass"),
    ("a collection", {**CODE, "docs/a.postman_collection.json": "{}\n"}, "pass"),
    ("a file of requests", {**CODE, "requests.http": "GET http://localhost/users\n"}, "pass"),
    ("calls of tests alone", {**CODE, "tests/test_a.py": "requests.get('http://localhost/users')\n"}, "fail"),
    ("nothing", CODE, "fail"),
]  # fmt: skip


@pytest.mark.parametrize(("files", "expected"), [c[1:] for c in API_EXAMPLES], ids=[c[0] for c in API_EXAMPLES])  # fmt: skip
def test_calls_are_shown(files: dict[str, str], expected: str) -> None:
    assert verdict_of("documentation.api-examples", files, **SERVICE) == expected


@pytest.mark.parametrize(
    ("profile", "files", "expected"),
    [
        ({"kind": "library", "has_http_api": False}, readme("```python\nimport project\n```\n"), "pass"),
        ({"kind": "library", "has_http_api": False}, {**CODE, "examples/a.py": "import project\n"}, "pass"),
        ({"kind": "library", "has_http_api": False}, readme(""), "fail"),
        (SERVICE, readme("```python\nimport project\n```\n"), "fail"),
        (
            {"kind": "cli", "has_http_api": False},
            readme("```\ncurl http://localhost/users\n```\n"),
            "not_applicable",
        ),
        ({"kind": "service", "has_http_api": False}, readme(""), "not_applicable"),
    ],
)
def test_libraries_show_code_and_services_show_calls(
    profile: dict[str, object], files: dict[str, str], expected: str
) -> None:
    assert verdict_of("documentation.api-examples", files, **profile) == expected


STEPS = "```\ngit clone https://example.org/project\nnpm install\nnpm start\n```\n"
DEVELOPMENT = [
    ("set-up and run", "service", readme(STEPS), "pass"),
    ("set-up alone", "service", readme("```\nnpm install\n```\n"), "fail"),
    ("run alone", "service", readme("```\nnpm start\n```\n"), "fail"),
    ("in a guide", "service", {**CODE, "docs/development.md": STEPS}, "pass"),
    ("Python", "service", readme("```\npip install -r requirements.txt\npython manage.py runserver\n```\n"), "pass"),
    ("Go", "service", readme("```\ngo mod download\ngo run ./cmd/server\n```\n"), "pass"),
    ("Java", "service", readme("```\n./mvnw spring-boot:run\n```\n"), "pass"),
    ("Gradle", "service", readme("> ./gradlew clean build\n\n> ./gradlew run\n"), "pass"),
    ("Gradle on Windows", "service", readme("```\ngradlew.bat bootRun\n```\n"), "pass"),
    ("containers", "service", readme("```\ndocker compose up\n```\n"), "pass"),
    ("inline", "service", readme("Run `bundle install`, then `bin/rails server`.\n"), "pass"),
    ("words of prose", "service", readme("make sure it works\njust use\ntask list\nnode graph\nair\n"), "fail"),
    ("words beside a set-up", "service", readme("```\nnpm install\n```\n\nmake sure to read on and\njust use\nit as a\ntask runner\n"), "fail"),
    ("a library that is only used", "library", readme("```\npip install -e .\npytest\n```\n"), "fail"),
    ("a library with a guide", "library", {**CODE, "CONTRIBUTING.md": "```\npip install -e .\npytest\n```\n"}, "pass"),
    ("a file of tests", "service", {**CODE, "tests/README.md": "Nothing.\n"}, "fail"),
    ("nothing", "service", CODE, "fail"),
    ("words", "documentation", readme(STEPS), "not_applicable"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "files", "expected"), [c[1:] for c in DEVELOPMENT], ids=[c[0] for c in DEVELOPMENT])  # fmt: skip
def test_set_up_and_run_are_told(kind: str, files: dict[str, str], expected: str) -> None:
    assert verdict_of("documentation.development", files, kind=kind) == expected


RULES = (
    "Please open an issue before you start, so that we can talk about it and nobody works in vain.\n"
    "Fork the repository, create a branch, and run the tests and the linter before you open a pull request.\n"
    "Follow the style of the code that is there, and write a test for each change of behaviour.\n"
)
CONTRIBUTING = [
    ("a file", {"CONTRIBUTING.md": "Fork it.\n"}, "pass"),
    ("a file of the forge", {".github/CONTRIBUTING.md": "Fork it.\n"}, "pass"),
    ("an empty file", {"CONTRIBUTING.md": ""}, "fail"),
    ("of a vendored library", {"vendor/a/CONTRIBUTING.md": "Fork it.\n"}, "fail"),
    ("a section with rules", readme(f"## Contributing\n\n{RULES}"), "pass"),
    ("a section in reStructuredText", {"README.rst": f"Project\n=======\n\nContributing\n------------\n\n{RULES}"}, "pass"),
    ("a section that links", readme("## Contributing\n\nSee [the guide](docs/contributing-guide.md).\n"), "pass"),
    ("a welcome", readme("## Contributing\n\nContributions are welcome!\n"), "fail"),
    ("names", readme(f"## Contributors\n\n{RULES}"), "fail"),
    ("a heading in an example", readme("```\n# Contributing\n```\n"), "fail"),
    ("a word", readme("Contributions are welcome.\n"), "fail"),
]  # fmt: skip


@pytest.mark.parametrize(("files", "expected"), [c[1:] for c in CONTRIBUTING], ids=[c[0] for c in CONTRIBUTING])  # fmt: skip
@pytest.mark.parametrize("kind", ["service", "documentation"])
def test_contributions_have_rules(kind: str, files: dict[str, str], expected: str) -> None:
    assert verdict_of("documentation.contributing", files, kind=kind) == expected


FILES_OF_STRUCTURE = [
    ({"ARCHITECTURE.md": "Three layers.\n"}, "pass"),
    ({"docs/adr/0001-layers.md": "# Layers\n"}, "pass"),
    ({"docs/components.puml": "@startuml\n"}, "pass"),
    ({"README.rst": "Project\n=======\n\nArchitecture\n------------\n\nThree layers.\n"}, "pass"),
    ({"docs/internals.md": "```mermaid\ngraph TD\n```\n"}, "pass"),
    ({"vendor/a/ARCHITECTURE.md": "Three layers.\n"}, "fail"),
    ({"tests/architecture_test.py": "x = 1\n"}, "fail"),
]


@pytest.mark.parametrize(("files", "expected"), FILES_OF_STRUCTURE)
def test_a_document_explains_the_structure(files: dict[str, str], expected: str) -> None:
    assert verdict_of("documentation.architecture", {**CODE, **files}, **SERVICE) == expected


@pytest.mark.parametrize("item", ["code-comments", "architecture", "deployment", "api-examples", "development"])  # fmt: skip
def test_documentation_alone_needs_no_documentation(item: str) -> None:
    assert verdict_of(f"documentation.{item}", readme(STEPS), kind="documentation") == "not_applicable"
