"""Python manifests: names, scopes and lines from every file that declares or locks them."""

import json

import pytest

from scanners.inventory.dependencies import Manifest, ManifestError, is_manifest, parse


def rows(manifest: Manifest) -> list[tuple[str, str, str, int]]:
    return [(d.name, d.version, d.scope, d.line) for d in manifest.dependencies]


def test_project_table_extras_and_groups_have_their_own_scopes_and_lines():
    manifest = parse(
        "pyproject.toml",
        """[build-system]
requires = ["hatchling>=1.27"]
build-backend = "hatchling.build"

[project]
name = "shop"
version = "1.2"
requires-python = ">=3.11"
dynamic = ["readme"]
dependencies = [
    # the web
    "Flask_SQLAlchemy[asyncio] >=3 ; python_version < '3.13'",
    "flask>=3", "jinja2",
    "private @ git+https://example.org/private.git@v1",
]

[project.optional-dependencies]
redis = ["redis>=5"]
test = [
    "pytest>=8",
]

[project.scripts]
shop = "shop.cli:main"

[dependency-groups]
lint = ["ruff"]
all = [{include-group = "lint"}, "mypy"]
""",
    )
    assert rows(manifest) == [
        ("flask-sqlalchemy", ">=3", "runtime", 12),
        ("flask", ">=3", "runtime", 13),
        ("jinja2", "", "runtime", 13),
        ("private", "git+https://example.org/private.git@v1", "runtime", 14),
        ("redis", ">=5", "optional", 18),
        ("pytest", ">=8", "test", 20),
        ("ruff", "", "dev", 27),
        ("mypy", "", "dev", 28),
        ("hatchling", ">=1.27", "build", 2),
    ]
    assert (manifest.name, manifest.version, manifest.entry_points) == ("shop", "1.2", ("shop",))
    assert manifest.facts["build_backend"] == "hatchling.build"
    assert manifest.facts["project"] is True
    assert manifest.facts["requires_python"] == ">=3.11"


def test_name_that_begins_another_name_keeps_its_own_line():
    manifest = parse(
        "pyproject.toml",
        '[project]\ndependencies = [\n  "sqlalchemy-utils==1",\n  "sqlalchemy==2; python_version < \\"3.12\\"",\n  "sqlalchemy-filters",\n]\n',
    )
    assert [(d.name, d.line) for d in manifest.dependencies] == [
        ("sqlalchemy-utils", 3),
        ("sqlalchemy", 4),
        ("sqlalchemy-filters", 5),
    ]


def test_poetry_groups_old_dev_table_and_extras():
    manifest = parse(
        "pyproject.toml",
        """[tool.poetry]
name = "old"

[tool.poetry.dependencies]
python = "^3.8"
Django = "^4.2"
celery = {version = "^5", extras = ["redis"]}
boto3 = {version = "*", optional = true}
coverage-lib = {version = "*", optional = true}
numpy = [{version = "<2", python = "<3.9"}, {version = ">=2", python = ">=3.9"}]

[tool.poetry.dev-dependencies]
black = "*"

[tool.poetry.group.test.dependencies]
pytest = "^8"
[tool.poetry.group.docs.dependencies.mkdocs]
version = "1.5"

[tool.poetry.extras]
s3 = ["boto3"]
testing = ["coverage_lib"]

[tool.poetry.scripts]
old = "old:main"
""",
    )
    assert rows(manifest) == [
        ("django", "^4.2", "runtime", 6),
        ("celery", "^5", "runtime", 7),
        ("boto3", "*", "optional", 8),
        ("coverage-lib", "*", "test", 9),
        ("numpy", "<2, >=2", "runtime", 10),
        ("black", "*", "dev", 13),
        ("pytest", "^8", "test", 16),
        ("mkdocs", "1.5", "dev", 17),
    ]
    assert manifest.entry_points == ("old",)
    assert manifest.facts["requires_python"] == "^3.8"


def test_tool_tables_of_uv_pdm_and_hatch_and_their_tasks():
    manifest = parse(
        "pyproject.toml",
        """[tool.uv]
dev-dependencies = ["ruff>=0.5"]
[tool.pdm.dev-dependencies]
test = ["pytest"]
[tool.hatch.envs.default]
dependencies = ["coverage[toml]"]
[tool.hatch.envs.docs]
extra-dependencies = [
  "mkdocs",
]
[tool.hatch.envs.docs.scripts]
build = ["mkdocs build", "mkdocs check"]
[tool.poe.tasks]
test = "pytest -q"
lint.shell = "ruff check ."
all = ["lint", "test"]
[tool.pdm.scripts]
serve = {cmd = "flask run"}
[tool.taskipy.tasks]
clean = {cmd = "rm -r build", help = "x"}
""",
    )
    assert rows(manifest) == [
        ("ruff", ">=0.5", "dev", 2),
        ("pytest", "", "test", 4),
        ("coverage", "", "dev", 6),
        ("mkdocs", "", "dev", 9),
    ]
    assert manifest.scripts == {
        "test": "pytest -q",
        "lint": "ruff check .",
        "all": "lint\ntest",
        "serve": "flask run",
        "clean": "rm -r build",
        "build": "mkdocs build\nmkdocs check",
    }
    assert manifest.facts["project"] is False


def test_requirements_file_with_every_kind_of_line():
    manifest = parse(
        "requirements.txt",
        """# comment
-r base.txt
-c constraints.txt
--index-url https://example.org/simple
Django==4.2.1 \\
    --hash=sha256:aaaa \\
    --hash=sha256:bbbb
zope.interface[test] >= 5 , < 7 ; python_version >= "3.8"  # why
-e git+https://example.org/acme/tool.git@main#egg=Acme_Tool
-e .
./vendored/thing
git+ssh://git@example.org/acme/other.git@1.0
pkg @ https://example.org/pkg-1.0.zip
https://example.org/wheels/my_wheel-2.1-py3-none-any.whl
uvicorn
""",
    )
    assert rows(manifest) == [
        ("django", "==4.2.1", "runtime", 5),
        ("zope-interface", ">= 5 , < 7", "runtime", 8),
        ("acme-tool", "git+https://example.org/acme/tool.git@main#egg=Acme_Tool", "runtime", 9),
        ("other", "git+ssh://git@example.org/acme/other.git@1.0", "runtime", 12),
        ("pkg", "https://example.org/pkg-1.0.zip", "runtime", 13),
        ("my-wheel", "https://example.org/wheels/my_wheel-2.1-py3-none-any.whl", "runtime", 14),
        ("uvicorn", "", "runtime", 15),
    ]
    assert manifest.facts["includes"] == ["base.txt"]


def test_compiled_requirements_tell_what_was_asked_for():
    manifest = parse(
        "requirements/prod.txt",
        """#
# This file is autogenerated by pip-compile with Python 3.11
#
asgiref==3.7
    # via django
django==4.2
    # via
    #   -r requirements/prod.in
    #   djangorestframework
sqlparse==0.4  # via django
""",
    )
    assert [(d.name, d.direct, d.line) for d in manifest.dependencies] == [
        ("asgiref", False, 4),
        ("django", True, 6),
        ("sqlparse", False, 10),
    ]


@pytest.mark.parametrize(
    ("path", "scope"),
    [
        ("requirements-dev.txt", "dev"),
        ("dev_requirements.txt", "dev"),
        ("requirements/test.txt", "test"),
        ("requirements/base.in", "runtime"),
        ("docs/requirements.txt", "dev"),
        ("requirements-developer-portal.txt", "runtime"),
    ],
)
def test_names_of_requirements_files_give_their_scope(path, scope):
    assert [d.scope for d in parse(path, "thing\n").dependencies] == [scope]


def test_only_names_of_manifests_are_manifests():
    yes = [
        "a/setup.py",
        "Pipfile",
        "requirements/anything.txt",
        "x/environment-dev.yml",
        "PDM.lock",
        "uv.lock",
    ]
    no = ["MANIFEST.in", "docs/notes.txt", "environment.ts", "setup.pyc", "robots.txt", "requirements.md"]
    assert [path for path in [*yes, *no] if is_manifest(path)] == yes


def test_setup_cfg_sections_and_the_lines_of_their_items():
    manifest = parse(
        "setup.cfg",
        """[metadata]
name = tool
version = 0.3

[options]
install_requires =
    requests>=2
    # not this
    click; python_version > "3"
tests_require = pytest; mock

[options.extras_require]
docs = sphinx
fast =
    ujson

[options.entry_points]
console_scripts =
    tool = tool.cli:main
[flake8]
ignore = E1
""",
    )
    assert rows(manifest) == [
        ("requests", ">=2", "runtime", 7),
        ("click", "", "runtime", 9),
        ("pytest", "", "test", 10),
        ("mock", "", "test", 10),
        ("sphinx", "", "dev", 13),
        ("ujson", "", "optional", 15),
    ]
    assert (manifest.name, manifest.version, manifest.entry_points) == ("tool", "0.3", ("tool",))


def test_setup_py_is_read_as_syntax_with_names_and_sums_followed():
    manifest = parse(
        "setup.py",
        r"""from setuptools import setup
PATTERN = "\d"
BASE = ["six"]
TESTS = [
    "pytest>=7",
]
setup(
    name="thing",
    install_requires=BASE + [
        "requests>=2,<3",
    ],
    extras_require={"test": TESTS, "s3": ["boto3"]},
    entry_points={"console_scripts": ["thing = thing:main"]},
    version=compute(),
)
""",
    )
    assert rows(manifest) == [
        ("six", "", "runtime", 3),
        ("requests", ">=2,<3", "runtime", 10),
        ("pytest", ">=7", "test", 5),
        ("boto3", "", "optional", 12),
    ]
    assert (manifest.name, manifest.version, manifest.entry_points) == ("thing", "", ("thing",))


def test_setup_py_of_python_2_is_read_as_text():
    manifest = parse(
        "setup.py",
        "print 'hello'\nsetup(name='old',\n  install_requires=[\n    'requests',\n    \"mock==1\"])\n",
    )
    assert rows(manifest) == [("requests", "", "runtime", 4), ("mock", "==1", "runtime", 5)]
    assert manifest.name == "old"


def test_setup_py_that_multiplies_its_names_ends():
    lines = ["a0 = ['x'] * 2 + ['requests']"]
    lines += [f"a{n} = a{n - 1} + a{n - 1}" for n in range(1, 40)]
    manifest = parse("setup.py", "\n".join([*lines, "setup(install_requires=a39)"]))
    assert {d.name for d in manifest.dependencies} <= {"requests"}


def test_module_that_happens_to_be_called_setup_declares_nothing():
    manifest = parse("app/handlers/setup.py", "def setup_page():\n    return ['flask']\n")
    assert manifest.dependencies == ()
    assert manifest.facts["project"] is False


def test_pipfile_and_its_lock():
    manifest = parse(
        "Pipfile",
        '[[source]]\nurl = "x"\n[packages]\nFlask = "*"\nfoo = {git = "https://example.org/foo.git"}\n'
        '[dev-packages]\npytest = "==8"\n[scripts]\nserve = "flask run"\n[requires]\npython_version = "3.11"\n',
    )
    assert rows(manifest) == [
        ("flask", "*", "runtime", 4),
        ("foo", "https://example.org/foo.git", "runtime", 5),
        ("pytest", "==8", "dev", 7),
    ]
    assert manifest.scripts == {"serve": "flask run"}

    content = {
        "_meta": {"hash": {"sha256": "x"}},
        "default": {"Flask": {"version": "==3"}},
        "develop": {"mock": {}},
    }
    lock = parse("Pipfile.lock", json.dumps(content, indent=4))
    assert lock.locked
    assert rows(lock) == [("flask", "==3", "runtime", 8), ("mock", "", "dev", 13)]
    assert [d.line for d in parse("Pipfile.lock", json.dumps(content)).dependencies] == [1, 1]


def test_toml_locks_leave_out_the_project_itself():
    lock = parse(
        "uv.lock",
        """version = 1

[[package]]
name = "anyio"
version = "4.0"
source = { registry = "x" }
dependencies = [
    { name = "idna" },
]

[[package]]
name = "shop"
version = "1.0"
source = { editable = "." }

[package.metadata]
name = "never"
""",
    )
    assert lock.locked
    assert [(d.name, d.version, d.line, d.direct) for d in lock.dependencies] == [("anyio", "4.0", 4, False)]
    old = parse("poetry.lock", '[[package]]\nname = "Black"\nversion = "22"\ncategory = "dev"\n')
    assert rows(old) == [("black", "22", "dev", 2)]


def test_conda_environment_with_its_pip_part():
    manifest = parse(
        "environment.yml",
        "name: lab\nchannels: [conda-forge]\ndependencies:\n  - python=3.11\n  - conda-forge::numpy>=1.2\n"
        "  - pandas=2.0=py311\n  - pip\n  - pip:\n    - -r requirements.txt\n    - fastapi[all]>=0.1\n",
    )
    assert rows(manifest) == [
        ("numpy", ">=1.2", "runtime", 5),
        ("pandas", "=2.0=py311", "runtime", 6),
        ("fastapi", ">=0.1", "runtime", 10),
    ]
    assert parse("environment.yaml", "apiVersion: v1\nkind: Environment\n").dependencies == ()


@pytest.mark.parametrize(
    ("path", "text", "line"),
    [
        ("pyproject.toml", '[project]\nname = "x"\nversion = = 1\n', 3),
        ("pyproject.toml", "<<<<<<< HEAD\n[project]\n=======\n>>>>>>> other\n", 1),
        ("requirements.txt", "flask\n<<<<<<< HEAD\ndjango\n", 2),
        ("requirements.txt", "\nThese are the wishes of the client.\n", 2),
        ("Pipfile.lock", '{\n  "default": {,}\n}', 2),
    ],
)
def test_broken_files_are_refused_with_their_line(path, text, line):
    with pytest.raises(ManifestError) as caught:
        parse(path, text)
    assert caught.value.line == line
    assert caught.value.id == "manifest.unparsable"


@pytest.mark.parametrize(
    "text",
    [
        "project = 1\n",
        "[project]\ndependencies = 3\n",
        "tool = []\n",
        "[tool]\npoetry = 'x'\n",
        "",
        "\ufeff[project]\n",
    ],
)
def test_unexpected_shapes_declare_nothing(text):
    assert parse("pyproject.toml", text).dependencies == ()


def test_windows_line_ends_keep_lines():
    manifest = parse("pyproject.toml", '[project]\r\ndependencies = [\r\n  "a",\r\n  "b>1",\r\n]\r\n')
    assert rows(manifest) == [("a", "", "runtime", 3), ("b", ">1", "runtime", 4)]
