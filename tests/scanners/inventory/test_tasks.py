"""What commands call is written out after them."""

import time

import pytest

from scanners.inventory.tasks import MAX_TEXT, TaskRunners


def calls(command: str, files: dict[str, str], directory: str = "") -> list[str]:
    """The lines that follow the command."""
    text = TaskRunners.from_files(files).expand(command, directory)
    assert text.startswith(command)
    return text[len(command) :].strip("\n").split("\n") if text != command else []


NODE = {
    "package.json": '{"scripts": {"test": "run-s test:*", "test:unit": "vitest run", "test:e2e": "playwright test",'
    ' "pretest": "eslint .", "ci": "npm test", "loop": "npm run loop"}, "workspaces": ["packages/*"]}',
    "packages/api/package.json": '{"name": "@acme/api", "scripts": {"test": "jest", "build": "tsc"}}',
    "packages/web/package.json": '{"name": "@acme/web", "scripts": {"test": "karma"}}',
    "libs/x/project.json": '{"name": "x", "targets": {"lint": {"executor": "@nx/eslint:lint"}}}',
}


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("npm test", ["eslint .", "run-s test:*", "vitest run", "playwright test"]),
        ("npm t -- --ci", ["eslint .", "run-s test:*", "vitest run", "playwright test"]),
        ("npm run test:unit", ["vitest run"]),
        ("yarn test:unit --x", ["vitest run"]),
        ("pnpm run test:unit", ["vitest run"]),
        ("bun run test:unit", ["vitest run"]),
        ("npm run loop", ["npm run loop"]),
        ("npm ci", []),
        ("cd packages/api && npm test", ["jest"]),
        ("npm --prefix packages/api test", ["jest"]),
        ("yarn --cwd packages/api run build", ["tsc"]),
        ("npm test -w @acme/api", ["jest"]),
        ("yarn workspace @acme/web test", ["karma"]),
        ("pnpm --filter web test", ["karma"]),
        ("npx turbo run build", ["tsc"]),
        ("lerna run build", ["tsc"]),
        ("npx nx run-many -t lint build", ["tsc", "@nx/eslint:lint"]),
        ("nx lint x", ["@nx/eslint:lint"]),
        ("(cd packages/api && true); npm run test:e2e", ["playwright test"]),
        ("echo npm test", []),
        ("docker compose run --rm web npm run test:unit", ["vitest run"]),
        ("CI=1 sudo -E timeout 60 npm run test:unit", ["vitest run"]),
        ("bash -c 'npm run test:unit'", ["vitest run"]),
    ],
)
def test_javascript(command: str, expected: list[str]) -> None:
    found = calls(command, NODE)
    assert sorted(found) == sorted(expected) if "run-many" in command else found == expected


def test_commands_for_every_package_reach_every_package() -> None:
    assert {"jest", "karma", "vitest run"} <= set(calls("pnpm -r test", NODE))


MAKEFILE = """\
include mk/extra.mk
PYTEST ?= python -m pytest
.PHONY: test
all: lint test
test: deps ## runs tests
\t@$(PYTEST) -q \\
\t  tests
lint: ; ruff check
deps:
\tpip install .
deep:
\t$(MAKE) -C sub check
loop: loop
\tmake loop
%.o: %.c
\tcc $<
"""


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("make test", ["make deps", "python -m pytest -q  tests", "pip install ."]),
        ("make lint", ["ruff check"]),
        ("make -j4 extra V=1", ["echo extra"]),
        ("make deep", ["make -C sub check", "go test"]),
        ("make -C sub check", ["go test"]),
        ("cd sub; make check", ["go test"]),
        ("make missing", []),
        ("make loop", ["make loop", "make loop"]),
    ],
)
def test_make(command: str, expected: list[str]) -> None:
    files = {
        "Makefile": MAKEFILE,
        "mk/extra.mk": "extra:\n\techo extra\n",
        "sub/Makefile": "check:\n\tgo test\n",
    }
    assert calls(command, files) == expected


def test_make_without_a_target_runs_the_first() -> None:
    assert calls("make", {"Makefile": "a: b\n\techo a\nb:\n\techo b\n"}) == ["make b", "echo a", "echo b"]


PYPROJECT = """\
[tool.hatch.envs.default.scripts]
test = "pytest {args}"
cov = ["test", "coverage report"]
[tool.hatch.envs.lint.scripts]
style = "ruff check"
[tool.poe.tasks]
unit = "pytest tests/unit"
all = ["unit", "types"]
types = {cmd = "mypy src"}
[tool.pdm.scripts]
check = {composite = ["vet"]}
vet.shell = "flake8"
[tool.tox]
legacy_tox_ini = '''
[testenv]
commands = pytest
'''
"""


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("hatch run test", ["pytest {args}"]),
        ("hatch run lint:style", ["ruff check"]),
        ("hatch run cov", ["hatch run test", "coverage report", "pytest {args}"]),
        ("poe types", ["mypy src"]),
        ("uv run poe all", ["poe unit", "poe types", "pytest tests/unit", "mypy src"]),
        ("pdm run check", ["pdm run vet", "flake8"]),
        ("python -m tox -e py312", ["pytest"]),
    ],
)
def test_pyproject_scripts(command: str, expected: list[str]) -> None:
    assert calls(command, {"pyproject.toml": PYPROJECT}) == expected


def test_tox_environments() -> None:
    ini = "[tox]\nenvlist = py\n[testenv]\ncommands =\n  pytest \\\n    -q\n[testenv:lint,style]\ncommands = ruff check\n"
    files = {"tox.ini": ini}
    assert calls("tox -e py311", files) == ["pytest  -q"]
    assert calls("tox run -e lint", files) == ["ruff check"]
    assert "ruff check" in calls("tox", files) and len(calls("tox", files)) > 1
    native = '[env_run_base]\ncommands = [["pytest", "-x"]]\n[env.lint]\ncommands = [["ruff", "check"]]\n'
    assert calls("tox -e lint", {"tox.toml": native}) == ["ruff check"]


NOX = """\
import nox

@nox.session(python=["3.11"], name="unit")
def anything(session):
    session.install("-e", ".")
    session.run("pytest", "--cov", *session.posargs, env={"A": "b"})

@nox.session
def lint(session: nox.Session) -> None:
    session.run(
        "ruff",
        "check",
        external=True,
    )
"""


def test_nox_sessions_by_their_literal_words() -> None:
    assert calls("nox -s lint", {"noxfile.py": NOX}) == ["ruff check"]
    assert calls("nox -s unit-3.11", {"noxfile.py": NOX}) == ["pytest --cov"]
    assert calls("nox", {"noxfile.py": NOX}) == ["pytest --cov", "ruff check"]


@pytest.mark.parametrize(
    ("command", "files", "expected"),
    [
        ("just test", {"justfile": "set x := 1\ndefault: test\n\ntest *args: build (other 'x')\n    @pytest {{args}}\nbuild:\n  make\n"},
         ["just build", "just other", "pytest {{args}}", "make"]),
        ("just", {"justfile": "a:\n  echo a\n"}, ["echo a"]),
        ("task test", {"Taskfile.yml": "tasks:\n  test:\n    deps: [gen]\n    cmds:\n      - go test\n      - task: lint\n  gen: go generate\n  lint:\n    cmd: golangci-lint run\n"},
         ["task gen", "go test", "task lint", "go generate", "golangci-lint run"]),
        ("composer test", {"composer.json": '{"scripts": {"test": ["@lint", "@php vendor/bin/phpunit"], "lint": "phpcs"}}'},
         ["composer lint", "php vendor/bin/phpunit", "phpcs"]),
        ("composer run-script lint", {"composer.json": '{"scripts": {"lint": "phpcs"}}'}, ["phpcs"]),
        ("bundle exec rake", {"Rakefile": "RSpec::Core::RakeTask.new(:spec)\ntask default: [:spec, :lint]\ntask :lint do\n  sh 'rubocop'\nend\n"},
         ["rake spec", "rake lint", "rspec", "rubocop"]),
        ("mix test", {"mix.exs": 'defp aliases do\n  [\n    test: ["ecto.migrate --quiet", "test"],\n    x: ["cmd npm test"]\n  ]\nend\n'},
         ["mix ecto.migrate --quiet", "mix test"]),
        ("deno task check", {"deno.jsonc": '{"tasks": {"check": "deno lint"}} // x'}, ["deno lint"]),
        ("pipenv run lint", {"Pipfile": '[scripts]\nlint = "flake8"\n'}, ["flake8"]),
        ("inv test", {"tasks.py": 'from invoke import task\n@task\ndef test(c):\n    c.run("pytest -q")\n'}, ["pytest -q"]),
        ("pre-commit run --all-files", {".pre-commit-config.yaml": "repos:\n- hooks:\n  - id: ruff\n  - id: t\n    entry: mypy\n    args: [src]\n"},
         ["ruff", "mypy src"]),
    ],
)  # fmt: skip
def test_other_runners(command: str, files: dict[str, str], expected: list[str]) -> None:
    assert calls(command, files) == expected


def test_scripts_of_the_repository_are_followed() -> None:
    files = {
        "scripts/test.sh": "#!/bin/sh\nset -e\ncd backend\nnpm test\n",
        "backend/package.json": '{"scripts": {"test": "jest"}}',
        "bin/ci": "#!/usr/bin/env bash\nmake all\n",
        "gradlew": "#!/bin/sh\nlong\n",
        "run.py": "#!/usr/bin/env python\nprint()\n",
    }
    assert calls("./scripts/test.sh", files)[-1] == "jest"
    assert calls("bash -e scripts/test.sh --fast", files)[-1] == "jest"
    assert calls("../scripts/test.sh", files, "backend")[0] == "#!/bin/sh"
    assert calls("bin/ci", files) == ["#!/usr/bin/env bash", "make all"]
    assert calls("$GITHUB_WORKSPACE/bin/ci", files, "elsewhere") == ["#!/usr/bin/env bash", "make all"]
    assert calls("./gradlew test", files) == []
    assert calls("./run.py", files) == []
    assert calls("./../../etc/passwd; sh /etc/passwd; sh $X", files) == []


def test_scripts_that_call_each_other_end_at_the_third() -> None:
    files = {f"s{n}.sh": f"echo {n}\n./s{n + 1}.sh\n" for n in range(9)} | {"loop.sh": "./loop.sh\n"}
    assert [line for line in calls("./s0.sh", files) if line.startswith("echo")] == [
        "echo 0",
        "echo 1",
        "echo 2",
    ]
    assert calls("./loop.sh", files) == ["./loop.sh"]


def test_growth_is_bounded() -> None:
    scripts = ", ".join(
        f'"s{n}": "npm run s{n + 1} && npm run s{n + 2} && echo {"x" * 3000}"' for n in range(200)
    )
    text = TaskRunners.from_files({"package.json": '{"scripts": {' + scripts + "}}"}).expand("npm run s0")
    assert len(text) <= MAX_TEXT


@pytest.mark.parametrize(
    "text", ['"' * 60_001, "a\\" * 30_000, "(" * 60_000, "# " * 30_000, "$(" * 30_000 + "npm test"]
)
def test_hostile_commands_take_little_time(text: str) -> None:
    started = time.process_time()
    TaskRunners.from_files(NODE).expand(text)
    assert time.process_time() - started < 3


@pytest.mark.parametrize(
    ("command", "path"),
    [("make x", "Makefile"), ("just x", "justfile"), ("rake x", "Rakefile"), ("mix x", "mix.exs"), ("nox -s x", "noxfile.py"),
     ("tox", "tox.ini"), ("npm test", "package.json"), ("task x", "Taskfile.yml"), ("poe x", "pyproject.toml")],
)  # fmt: skip
@pytest.mark.parametrize(
    "text",
    [
        "task" + " " * 900_000,
        ("a" + " " * 3000 + "b\n") * 300,
        "@\n" * 400_000,
        "def aliases\n" + "a" * 900_000,
        '"' * 900_000,
    ],
)
def test_hostile_task_files_take_little_time(command: str, path: str, text: str) -> None:
    started = time.process_time()
    TaskRunners.from_files({path: text}).expand(command)
    assert time.process_time() - started < 3


def test_broken_task_files_are_passed_over() -> None:
    files = {
        "package.json": "{",
        "Taskfile.yml": "a: [",
        "pyproject.toml": "x",
        "tox.ini": "<<<",
        "composer.json": "[]",
    }
    for command in ("npm test", "task a", "poe a", "tox", "composer a"):
        assert calls(command, files) == []
