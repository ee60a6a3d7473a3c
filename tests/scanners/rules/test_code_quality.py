"""Code-quality rules: tools that are configured or run, not only installed."""

import pytest

from tests.scanners.rules.judging import verdict_of

SERVICE = {"kind": "service"}
PYTHON = {"a.py": "def a():\n    return 1\n"}
NODE = {"a.js": "run();\n"}
GO = {"a.go": "package a\nfunc A() {}\n"}
RUBY = {"a.rb": "def a\nend\n"}
PHP = {"a.php": "<?php\n$a = 1;\n"}
RUST = {"src/a.rs": "fn a() {}\n"}
CPP = {"a.cpp": "int main() {\n  return 0;\n}\n"}
ITEMS = ["linting", "formatting", "type-checking", "pre-commit", "complexity"]


def ci(*steps: str) -> dict[str, str]:
    body = "".join(f"      - run: {step}\n" for step in steps)
    return {
        ".github/workflows/ci.yml": f"on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n{body}"
    }


def package(**fields: str) -> dict[str, str]:
    return {**NODE, "package.json": "{" + ", ".join(f'"{k}": {v}' for k, v in fields.items()) + "}\n"}


def hook(id: str) -> dict[str, str]:
    return {**PYTHON, ".pre-commit-config.yaml": f"repos:\n  - repo: x\n    hooks:\n      - id: {id}\n"}


LINTING = [
    ("a file of ESLint", {**NODE, "eslint.config.mjs": "export default [];\n"}, "pass"),
    ("a file of flake8", {**PYTHON, ".flake8": "[flake8]\nmax-line-length = 100\n"}, "pass"),
    ("a table of ruff", {**PYTHON, "pyproject.toml": "[tool.ruff]\nline-length = 100\n"}, "pass"),
    ("a section of flake8", {**PYTHON, "setup.cfg": "[flake8]\nignore = E501\n"}, "pass"),
    ("a script", package(scripts='{"lint": "eslint ."}'), "pass"),
    ("a script that lints nothing", package(scripts='{"lint": "tsc --noEmit"}'), "fail"),
    ("a configuration for a build tool", package(eslintConfig='{"extends": "react-app"}'), "pass"),
    ("ESLint that is installed only", package(devDependencies='{"eslint": "9"}'), "fail"),
    ("RuboCop that is installed only", {**RUBY, "Gemfile": "gem 'rubocop', group: :development\n"}, "fail"),
    ("RuboCop", {**RUBY, ".rubocop.yml": "AllCops:\n  NewCops: enable\n"}, "pass"),
    ("flake8 that is installed only", {**PYTHON, "requirements-dev.txt": "flake8\n"}, "fail"),
    ("an analyser of .NET", {"A.cs": "class A {}\n", "A.csproj": '<Project><ItemGroup><PackageReference Include="StyleCop.Analyzers" Version="1"/></ItemGroup></Project>'}, "pass"),
    ("severities of .NET", {"A.cs": "class A {}\n", ".editorconfig": "[*.cs]\ndotnet_diagnostic.CA1822.severity = warning\n"}, "pass"),
    ("an .editorconfig alone", {**PYTHON, ".editorconfig": "root = true\n[*]\nindent_size = 4\n"}, "fail"),
    ("a plug-in of Maven", {"A.java": "class A {}\n", "pom.xml": "<project><build><plugins><plugin><groupId>org.apache.maven.plugins</groupId><artifactId>maven-checkstyle-plugin</artifactId></plugin></plugins></build></project>"}, "pass"),
    ("lints of Cargo", {**RUST, "Cargo.toml": '[package]\nname = "a"\n[lints.rust]\nunsafe_code = "forbid"\n'}, "pass"),
    ("an attribute of Rust", {"src/a.rs": "#![deny(warnings)]\nfn a() {}\n"}, "pass"),
    ("Credo", {"a.ex": "defmodule A do\nend\n", ".credo.exs": "%{configs: []}\n"}, "pass"),
    ("a target of make with an old linter", {**GO, "Makefile": "lint:\n\t@golint $(PACKAGES)\n"}, "pass"),
    ("a target of make", {**GO, "Makefile": "lint:\n\tgolangci-lint run\n"}, "pass"),
    ("a step of CI", {**GO, **ci("golangci-lint run")}, "pass"),
    ("vet", {**GO, **ci("go vet ./...")}, "pass"),
    ("a step that calls a script", {**package(scripts='{"check": "eslint ."}'), **ci("npm run check")}, "pass"),
    ("tests alone", {**GO, **ci("go test ./...")}, "fail"),
    ("a step that is commented out", {**GO, **ci("go test ./...  # golangci-lint run")}, "fail"),
    ("a hook", hook("ruff-check"), "pass"),
    ("a hook of white space", hook("trailing-whitespace"), "fail"),
    ("a file in an example", {**NODE, "examples/a/.eslintrc.json": "{}\n"}, "fail"),
    ("a file of a vendored library", {**NODE, "vendor/a/.eslintrc": "{}\n"}, "fail"),
    ("nothing", PYTHON, "fail"),
]  # fmt: skip


@pytest.mark.parametrize(("files", "expected"), [c[1:] for c in LINTING], ids=[c[0] for c in LINTING])
def test_a_linter_is_configured(files: dict[str, str], expected: str) -> None:
    assert verdict_of("code-quality.linting", files, **SERVICE) == expected


FORMATTING = [
    ("Prettier", {**NODE, ".prettierrc": "{}\n"}, "pass"),
    ("Prettier in the manifest", package(prettier='{"semi": false}'), "pass"),
    ("a script", package(scripts='{"format": "prettier --write ."}'), "pass"),
    ("Prettier that is installed only", package(devDependencies='{"prettier": "3"}'), "fail"),
    ("a shared style of ESLint", {**NODE, ".eslintrc.json": '{"extends": ["plugin:prettier/recommended"]}\n'}, "pass"),
    ("ESLint without a style", {**NODE, ".eslintrc.json": '{"extends": ["eslint:recommended"]}\n'}, "fail"),
    ("black", {**PYTHON, "pyproject.toml": "[tool.black]\nline-length = 100\n"}, "pass"),
    ("the formatter of ruff", {**PYTHON, "pyproject.toml": "[tool.ruff.format]\nquote-style = 'single'\n"}, "pass"),
    ("the linter of ruff", {**PYTHON, "pyproject.toml": "[tool.ruff.lint]\nselect = ['E']\n"}, "fail"),
    ("black that is installed only", {**PYTHON, "requirements-dev.txt": "black\n"}, "fail"),
    ("the order of imports alone", {**PYTHON, "pyproject.toml": "[tool.isort]\nprofile = 'black'\n"}, "fail"),
    ("a step of CI", {**PYTHON, **ci("ruff format --check")}, "pass"),
    ("gofmt in CI", {**GO, **ci("test -z $(gofmt -l .)")}, "pass"),
    ("gofmt in a linter", {**GO, ".golangci.yml": "linters:\n  enable:\n    - gofmt\n"}, "pass"),
    ("a target of make", {**GO, "Makefile": "fmt:\n\tgo fmt ./...\n"}, "pass"),
    ("a recipe", {"a.py": "x = 1\n", "justfile": "lint:\n  poetry run ruff format src\n"}, "pass"),
    ("a recipe that says black", {"a.py": "x = 1\n", "Makefile": "x:\n\techo back in black\n"}, "fail"),
    ("rustfmt in CI", {**RUST, **ci("cargo fmt --check")}, "pass"),
    ("rustfmt by its file", {**RUST, "rustfmt.toml": "max_width = 100\n"}, "pass"),
    ("Spotless", {"A.java": "class A {}\n", "build.gradle": "plugins { id 'com.diffplug.spotless' version '6' }\n"}, "pass"),
    ("dotnet format", {"A.cs": "class A {}\n", **ci("dotnet format --verify-no-changes")}, "pass"),
    ("Pint", {**PHP, "pint.json": "{}\n"}, "pass"),
    ("Pint that is installed only", {**PHP, "composer.json": '{"require-dev": {"laravel/pint": "1"}}'}, "fail"),
    ("RuboCop", {**RUBY, ".rubocop.yml": "AllCops:\n  NewCops: enable\n"}, "pass"),
    ("the formatter of Elixir", {"a.ex": "defmodule A do\nend\n", ".formatter.exs": "[inputs: []]\n"}, "pass"),
    ("a hook", hook("black"), "pass"),
    ("a hook that formats JSON", hook("pretty-format-json"), "fail"),
    ("an .editorconfig alone", {**PYTHON, ".editorconfig": "root = true\n[*]\nindent_size = 4\n"}, "fail"),
    ("a file in an example", {**NODE, "examples/a/.prettierrc": "{}\n"}, "fail"),
    ("nothing", GO, "fail"),
]  # fmt: skip


@pytest.mark.parametrize(("files", "expected"), [c[1:] for c in FORMATTING], ids=[c[0] for c in FORMATTING])
def test_a_formatter_is_configured(files: dict[str, str], expected: str) -> None:
    assert verdict_of("code-quality.formatting", files, **SERVICE) == expected


TYPESCRIPT = {
    "src/a.ts": "export const a: number = 1;\n",
    "tsconfig.json": '{"compilerOptions": {"strict": true}}',
}
TYPES = [
    ("mypy", {**PYTHON, "pyproject.toml": "[tool.mypy]\nstrict = true\n"}, "pass"),
    ("a file of mypy", {**PYTHON, "mypy.ini": "[mypy]\nstrict = true\n"}, "pass"),
    ("pyright in CI", {**PYTHON, **ci("pyright")}, "pass"),
    ("a hook", hook("mypy"), "pass"),
    ("mypy that is installed only", {**PYTHON, "requirements-dev.txt": "mypy\n"}, "fail"),
    ("annotations alone", {"a.py": "def a(b: int) -> int:\n    return b\n"}, "fail"),
    ("tsc builds", {**TYPESCRIPT, "package.json": '{"scripts": {"build": "tsc -p ."}}'}, "pass"),
    ("NestJS builds", {**TYPESCRIPT, "package.json": '{"scripts": {"build": "nest build"}}'}, "pass"),
    ("a bundler strips the types", {**TYPESCRIPT, "package.json": '{"scripts": {"build": "vite build"}}'}, "fail"),
    ("JavaScript", package(scripts='{"build": "webpack"}'), "fail"),
    ("Go", {**GO, "go.mod": "module a\n"}, "pass"),
    ("Java", {"A.java": "class A {}\n", "pom.xml": "<project></project>"}, "pass"),
    ("Scala", {"A.scala": "class A\n", "build.sbt": 'name := "a"\n'}, "pass"),
    ("Java beside its build and its cloud", {"A.java": "class A {\n  int a;\n}\n", "build.gradle": "group 'a'\nversion '1'\nx 'y'\nz 'y'\n", "a.tf": 'provider "a" {\n}\nprovider "b" {\n}\n'}, "pass"),
    ("a crumb of Java in a cloud", {"A.java": "class A {}\n", "pom.xml": "<project></project>", "a.tf": 'provider "a" {\n}\n' * 20}, "fail"),
    (".NET", {"A.cs": "class A {}\n", "A.csproj": "<Project></Project>"}, "pass"),
    ("Rust", {**RUST, "Cargo.toml": '[package]\nname = "a"\n'}, "pass"),
    ("a little Go beside Python", {"a.py": "x = 1\n" * 50, **GO, "go.mod": "module a\n"}, "fail"),
    ("PHPStan", {**PHP, "phpstan.neon": "parameters:\n  level: 5\n"}, "pass"),
    ("PHPStan by a script", {**PHP, "composer.json": '{"scripts": {"analyse": "phpstan analyse -l 5 src"}}'}, "pass"),
    ("PHPStan that is installed only", {**PHP, "composer.json": '{"require-dev": {"phpstan/phpstan": "1"}}'}, "fail"),
    ("Sorbet", {**RUBY, "sorbet/config": "--dir .\n"}, "pass"),
    ("Dialyzer", {"a.ex": "defmodule A do\nend\n", **ci("mix dialyzer")}, "pass"),
    ("nothing", RUBY, "fail"),
]  # fmt: skip


@pytest.mark.parametrize(("files", "expected"), [c[1:] for c in TYPES], ids=[c[0] for c in TYPES])
def test_types_are_checked(files: dict[str, str], expected: str) -> None:
    assert verdict_of("code-quality.type-checking", files, **SERVICE) == expected


HOOKS = [
    ("pre-commit", hook("x"), "pass"),
    ("husky", {**NODE, ".husky/pre-commit": "npm test\n"}, "pass"),
    ("husky before a push", {**NODE, ".husky/pre-push": "npm test\n"}, "fail"),
    ("husky for messages", {**NODE, ".husky/commit-msg": "npx commitlint\n"}, "fail"),
    ("husky that is installed only", package(devDependencies='{"husky": "9"}'), "fail"),
    ("lint-staged", package(**{"lint-staged": '{"*.js": "eslint"}'}), "pass"),
    ("lefthook", {**GO, "lefthook.yml": "pre-commit:\n  commands: {}\n"}, "pass"),
    ("a script in a folder of hooks", {**GO, ".githooks/pre-commit": "go vet\n"}, "pass"),
    ("overcommit", {**RUBY, ".overcommit.yml": "PreCommit: {}\n"}, "pass"),
    ("overcommit that is installed only", {**RUBY, "Gemfile": "gem 'overcommit'\n"}, "fail"),
    ("GrumPHP works by being there", {**PHP, "composer.json": '{"require-dev": {"phpro/grumphp": "2"}}'}, "pass"),
    ("in an example", {**NODE, "examples/.pre-commit-config.yaml": "repos: []\n"}, "fail"),
    ("in prose", {**NODE, "README.md": "Use pre-commit.\n"}, "fail"),
    ("in a language nobody knows", {**CPP, ".pre-commit-config.yaml": "repos: []\n"}, "pass"),
    ("nothing", CPP, "fail"),
]  # fmt: skip


@pytest.mark.parametrize(("files", "expected"), [c[1:] for c in HOOKS], ids=[c[0] for c in HOOKS])
def test_hooks_run_before_commits(files: dict[str, str], expected: str) -> None:
    assert verdict_of("code-quality.pre-commit", files, **SERVICE) == expected


def ruff(text: str) -> dict[str, str]:
    return {**PYTHON, "ruff.toml": text}


COMPLEXITY = [
    ("ruff", ruff("[lint]\nselect = ['E', 'C90']\n"), "pass"),
    ("a rule of ruff", ruff('[lint]\nextend-select = [\n  "E",\n  "C901",\n]\n'), "pass"),
    ("all rules of ruff", ruff('[lint]\nselect = ["ALL"]\n'), "pass"),
    ("a family of ruff", ruff('[lint]\nselect = ["C"]\n'), "pass"),
    ("ruff without it", ruff('[lint]\nselect = ["E", "C4"]\n'), "fail"),
    ("ruff with it commented out", ruff('[lint]\nselect = [\n  "E",\n  # "C90",\n]\n'), "fail"),
    ("a limit of ruff without its rule", ruff("[lint.mccabe]\nmax-complexity = 10\n"), "fail"),
    ("flake8", {**PYTHON, ".flake8": "[flake8]\nmax-complexity = 10\n"}, "pass"),
    ("flake8 without", {**PYTHON, ".flake8": "[flake8]\nmax-line-length = 100\n"}, "fail"),
    ("flake8 with none", {**PYTHON, ".flake8": "[flake8]\nmax-complexity = -1\n"}, "fail"),
    ("flake8 that leaves it out", {**PYTHON, ".flake8": "[flake8]\nmax-complexity = 10\nextend-ignore = E203,C901\n"}, "fail"),
    ("pylint", {**PYTHON, ".pylintrc": "[DESIGN]\nmax-branches=12\n"}, "pass"),
    ("radon that is installed only", {**PYTHON, "requirements-dev.txt": "radon\nmccabe\n"}, "fail"),
    ("radon in CI", {**PYTHON, **ci("radon cc -nc src")}, "pass"),
    ("xenon by make", {**PYTHON, "Makefile": "check:\n\txenon --max-absolute B src\n"}, "pass"),
    ("ESLint", {**NODE, ".eslintrc.json": '{"rules": {"complexity": ["error", 10]}}\n'}, "pass"),
    ("ESLint with it off", {**NODE, ".eslintrc.json": '{"rules": {"complexity": "off"}}\n'}, "fail"),
    ("ESLint with it off in a list", {**NODE, ".eslintrc.json": '{"rules": {"complexity": ["off", 10]}}\n'}, "fail"),
    ("ESLint without", {**NODE, ".eslintrc.json": '{"extends": "eslint:recommended"}\n'}, "fail"),
    ("ESLint with it commented out", {**NODE, "eslint.config.js": "export default [{ rules: {\n  // complexity: ['error', 10],\n} }];\n"}, "fail"),
    ("SonarJS", {**NODE, ".eslintrc.json": '{"extends": ["plugin:sonarjs/recommended"]}\n'}, "pass"),
    ("SonarJS that is installed only", package(devDependencies='{"eslint-plugin-sonarjs": "1"}'), "fail"),
    ("Biome", {**NODE, "biome.json": '{"linter": {"rules": {"complexity": {"noExcessiveCognitiveComplexity": "error"}}}}\n'}, "pass"),
    ("Biome with it off", {**NODE, "biome.json": '{"linter": {"rules": {"complexity": {"noExcessiveCognitiveComplexity": "off"}}}}\n'}, "fail"),
    ("gocyclo", {**GO, ".golangci.yml": "linters:\n  enable:\n    - gocyclo\n"}, "pass"),
    ("settings of gocyclo alone", {**GO, ".golangci.yml": "linters-settings:\n  gocyclo:\n    min-complexity: 10\n"}, "fail"),
    ("gocyclo switched off", {**GO, ".golangci.yml": "linters:\n  enable:\n    - govet\n  disable:\n    - gocyclo\n"}, "fail"),
    ("gocyclo commented out", {**GO, ".golangci.yml": "linters:\n  enable:\n    - govet\n    # - gocyclo\n"}, "fail"),
    ("all linters of Go", {**GO, ".golangci.yml": "linters:\n  default: all\n"}, "pass"),
    ("Checkstyle", {"A.java": "class A {}\n", "config/checkstyle/checkstyle.xml": '<module name="CyclomaticComplexity"/>\n'}, "pass"),
    ("Checkstyle without", {"A.java": "class A {}\n", "config/checkstyle/checkstyle.xml": '<module name="LineLength"/>\n'}, "fail"),
    ("PMD with its own rules", {"A.java": "class A {}\n", "pom.xml": "<project><build><plugins><plugin><groupId>org.apache.maven.plugins</groupId><artifactId>maven-pmd-plugin</artifactId></plugin></plugins></build></project>"}, "fail"),
    ("PMD with rules of design", {"A.java": "class A {}\n", "pmd-rules.xml": '<rule ref="category/java/design.xml"/>\n'}, "pass"),
    ("detekt", {"A.kt": "class A\n", "build.gradle.kts": 'plugins { id("io.gitlab.arturbosch.detekt") version "1.23" }\n'}, "pass"),
    ("Sonar", {**PHP, "sonar-project.properties": "sonar.sources=src\n"}, "pass"),
    ("PHPMD that is installed only", {**PHP, "composer.json": '{"require-dev": {"phpmd/phpmd": "2"}}'}, "fail"),
    ("PHPMD", {**PHP, "phpmd.xml": '<rule ref="rulesets/codesize.xml"/>\n'}, "pass"),
    ("RuboCop", {**RUBY, ".rubocop.yml": "AllCops:\n  NewCops: enable\n"}, "pass"),
    ("RuboCop with everything off", {**RUBY, ".rubocop.yml": "AllCops:\n  DisabledByDefault: true\n"}, "fail"),
    ("RuboCop with metrics off", {**RUBY, ".rubocop.yml": "Metrics:\n  Enabled: false\n"}, "fail"),
    ("flog that is installed only", {**RUBY, "Gemfile": "gem 'flog'\n"}, "fail"),
    ("clippy", {**RUST, "Cargo.toml": '[package]\nname = "a"\n[lints.clippy]\ncognitive_complexity = "warn"\n'}, "pass"),
    ("clippy that allows it", {**RUST, "Cargo.toml": '[package]\nname = "a"\n[lints.clippy]\ncognitive_complexity = "allow"\n'}, "fail"),
    ("a threshold of clippy alone", {**RUST, "clippy.toml": "cognitive-complexity-threshold = 20\n"}, "fail"),
    ("an attribute of Rust", {"src/a.rs": "#![warn(clippy::cognitive_complexity)]\nfn a() {}\n"}, "pass"),
    (".NET", {"A.cs": "class A {}\n", ".editorconfig": "[*.cs]\ndotnet_diagnostic.CA1502.severity = warning\n"}, "pass"),
    ("Credo", {"a.ex": "defmodule A do\nend\n", ".credo.exs": "%{checks: [{Credo.Check.Refactor.CyclomaticComplexity, []}]}\n"}, "pass"),
    ("Credo with it off", {"a.ex": "defmodule A do\nend\n", ".credo.exs": "%{checks: [{Credo.Check.Refactor.CyclomaticComplexity, false}]}\n"}, "fail"),
    ("Credo that is installed only", {"a.ex": "defmodule A do\nend\n", "mix.exs": 'defmodule A.MixProject do\n  def project, do: [app: :a, deps: [{:credo, "~> 1.7", only: :dev}]]\nend\n'}, "fail"),
    ("nothing", PYTHON, "fail"),
]  # fmt: skip


@pytest.mark.parametrize(("files", "expected"), [c[1:] for c in COMPLEXITY], ids=[c[0] for c in COMPLEXITY])
def test_complexity_is_limited(files: dict[str, str], expected: str) -> None:
    assert verdict_of("code-quality.complexity", files, **SERVICE) == expected


@pytest.mark.parametrize("item", ITEMS)
def test_documentation_has_no_code(item: str) -> None:
    assert verdict_of(f"code-quality.{item}", hook("ruff"), kind="documentation") == "not_applicable"


def test_types_of_infrastructure_are_nobody_s() -> None:
    files = {"main.tf": 'resource "a" "b" {}\n', **hook("mypy")}
    outcomes = {item: verdict_of(f"code-quality.{item}", files, kind="infrastructure") for item in ITEMS}
    assert [item for item, outcome in outcomes.items() if outcome == "not_applicable"] == ["type-checking"]


@pytest.mark.parametrize("item", ["linting", "formatting", "type-checking", "complexity"])
def test_tools_of_a_language_nobody_knows_are_unknown(item: str) -> None:
    assert verdict_of(f"code-quality.{item}", CPP, **SERVICE) == "unknown"
