"""The role of a path: may it count as evidence, and for what.

Decided by names alone, so that it costs nothing and can be applied after cached answers. What only the text
tells (a "generated" header, minified code) is added by ``scanners.blobscan``.
"""

import re
from functools import lru_cache
from typing import Literal

from scanners.languages import CODE, language_of_name

Role = Literal["source", "test", "docs", "example", "generated", "vendored"]

_VENDORED_DIRS = frozenset(
    ["node_modules", "bower_components", "jspm_packages", "vendor", "vendors", "vendored", "_vendor", "third_party",
     "third-party", "thirdparty", "3rdparty", "pods", "carthage", "site-packages", ".yarn", ".pnpm", "external-libs",
     "webjars", "wheels", ".mvn", ".venv", "venv"]
)  # fmt: skip
_GENERATED_DIRS = frozenset(
    ["dist", "generated", "__generated__", "gen", "autogen", ".next", ".nuxt", "__snapshots__", "__pycache__",
     "target", "obj", ".idea", ".vscode-test", "coverage", "htmlcov", "lcov-report", "storybook-static"]
)  # fmt: skip
_TEST_DIRS = frozenset(
    ["test", "tests", "tst", "__tests__", "__test__", "spec", "specs", "__specs__", "testing", "unittest", "unittests",
     "unit-tests", "integration-tests", "integration_tests", "integrationtest", "integrationtests", "e2e", "e2e-tests",
     "e2e_tests", "cypress", "playwright", "testdata", "test-data", "test_data", "test-utils", "test_utils", "testutils",
     "testutil", "testhelper", "testhelpers", "mocks", "__mocks__", "functional-tests", "functional_tests",
     "acceptance", "acceptance-tests", "fuzz", "loadtest", "load-tests", "load_tests", "testsuite", "testfixtures",
     "androidtest", "inttest", "it", "features", "cassettes", "factories"]
)  # fmt: skip
_PARTS_OF_A_PROGRAM = frozenset(["features", "factories"])
"""Test folders at the root; anywhere else a program keeps what it is made of there."""
_STEPS = frozenset(["steps", "step_definitions", "step-definitions", "stepdefinitions"])
"""What Cucumber and its like keep beside the features that they run."""
_SOFT_TEST_DIRS = frozenset(["it", "testing", "acceptance", "mocks", "spec", "specs", "fuzz"])
"""Names that are a test folder only where they lie at the root, beside or inside one."""
_EXAMPLE_DIRS = frozenset(
    ["example", "examples", "_examples", "sample", "samples", "demo", "demos", "fixtures", "fixture", "__fixtures__",
     "cookbooks", "tutorial", "tutorials", "docs_src", "playground", "playgrounds", "sandbox", "snippets",
     "boilerplates", ".semgrep", "quickstart", "quickstarts", "getting-started"]
)  # fmt: skip
_PROJECT_DOT_DIRS = frozenset(
    [".github", ".gitlab", ".gitea", ".forgejo", ".config", ".storybook", ".vitepress", ".vuepress", ".devcontainer",
     ".docker", ".circleci", ".buildkite", ".husky", ".changeset", ".docs"]
)  # fmt: skip
"""Hidden folders that hold what the project's own people wrote for it."""
_DOCS_DIRS = frozenset(
    ["docs", "doc", "documentation", "website", "wiki", "adr", "adrs", "rfcs", "specs-docs"]
)

_TEST_NAME = re.compile(
    r"^(test_.*\.pyi?|.*_tests?\.py|tests?\.py|conftest\.py|.*_test\.go|.*[._-](test|spec|e2e-spec|e2e|cy|stories)\."
    r"(js|jsx|ts|tsx|mjs|cjs|mts|vue)|.*_(spec|test)\.rb|(spec|test|rails)_helper\.rb|.*Tests?\.(java|kt|cs|php|groovy|scala)|Test[A-Z].*\.java|.*IT\.java|"
    r".*(Spec|Specs)\.(kt|groovy|scala|cs)|.*_test\.exs|.*_test\.rs|tests\.rs|(jest|vitest|playwright|cypress|karma|"
    r"wdio|mocha)\..*|phpunit\.xml.*|pytest\.ini|tox\.ini|noxfile\.py)$"
)
_TEST_CONFIG = re.compile(
    r"^((jest|vitest|playwright|cypress|karma|wdio|\.?mocha)[.\w-]*\.(js|ts|mjs|cjs|mts|json|ya?ml)|phpunit\.xml.*|pytest\.ini|tox\.ini|noxfile\.py)$"
)
_GENERATED_NAME = re.compile(
    r"(\.min\.(js|css)|\.bundle\.js|\.pb\.go|\.pb\.gw\.go|_pb2(_grpc)?\.pyi?|\.pb\.(cc|h)|_pb\.(js|ts|d\.ts)|\.g\.(cs|dart)|"
    r"\.designer\.cs|\.generated\.\w+|\.gen\.\w+|_gen\.go|_generated\.go|_string\.go|wire_gen\.go|\.snap|\.map|\.lock|-lock\.json|"
    r"-lock\.ya?ml|\.lockb|go\.sum|npm-shrinkwrap\.json|modelsnapshot\.cs|routetree\.gen\.ts|\.po|\.pot|\.svg|\.designer\.vb|structure\.sql|gradlew(\.bat)?|mvnw(\.cmd)?|"
    r"\.phpstorm\.meta\.php|_ide_helper(_models)?\.php)$"
)
_TEST_DIR = re.compile(
    r"^(tests?|e2e)[_-][a-z0-9]+$|(^|[._-])(unit|integration|functional|acceptance|architecture|e2e|api|app|component)?[._-]?tests?$"
)
_BROWSER_LIBRARIES = frozenset(
    ["pdfjs", "pdf.js", "tinymce", "ckeditor", "codemirror", "ace-builds", "mathjax", "katex", "jquery", "bootstrap",
     "fontawesome", "font-awesome"]
)  # fmt: skip
"""Libraries that are copied whole into the folder that a server hands out."""
_SERVED = re.compile(r"(^|/)(static|public|assets|wwwroot|js)(/|$)")
_VERSIONED = re.compile(r"-v?\d+\.\d+(\.\d+)?$")
_VERSIONED_SCRIPT = re.compile(r"-v?\d+\.\d+(\.\d+)?([.-](slim|bundle|umd|esm|prod))*\.(js|mjs|css)$")
_PROSE_NAME = re.compile(
    r"^(readme|contributing|changelog|changes|history|news|authors|code_of_conduct|security|support|governance|"
    r"maintainers|license|licence|copying|notice|hacking|install|roadmap|adopters|upgrading|architecture|development|deployment)(\..*)?$"
)
_NOT_FOR_READERS = re.compile(r"^\.github/|(^|/)templates/")
"""Where Markdown is a form for issues, an instruction for a tool, or a page that the program renders."""
_NOT_PROSE = re.compile(r"(requirements|constraints|robots|cmakelists|humans|ads|security).*\.txt$")


@lru_cache(maxsize=65536)
def _directory_role(directory: str) -> Role | None:
    if not directory:
        return None
    parent, _, name = directory.rpartition("/")
    above = _directory_role(parent)
    if above in ("vendored", "generated", "test"):
        return above
    lower = name.lower()
    if lower in _VENDORED_DIRS:
        # PHP, Go and Ruby keep third-party code in vendor/ at the root of a package; app/assets/vendor is the same.
        return "vendored"
    if lower in ("lib", "libs") and parent.lower().endswith(("wwwroot", "static")):
        return "vendored"
    if (lower in _BROWSER_LIBRARIES or _VERSIONED.search(lower)) and _SERVED.search(parent.lower()):
        return "vendored"
    in_main = "/src/main/" in f"/{directory}/"
    if in_main and lower != "generated":
        return above  # below src/main a folder is a package name: com/example, org/…/samples
    if lower in _GENERATED_DIRS:
        return "generated"
    if lower in _PARTS_OF_A_PROGRAM and parent:
        return above
    if lower in _STEPS and parent.lower().endswith("features"):
        return "test"
    if lower in _TEST_DIRS:
        if lower not in _SOFT_TEST_DIRS or not parent or parent.rsplit("/", 1)[-1].lower() in _PACKAGE_ROOTS:
            return "test"
        return above
    if _TEST_DIR.search(lower):
        return "test"
    if above is not None:
        return above
    if lower in _EXAMPLE_DIRS:
        return "example"
    if lower in _DOCS_DIRS and parent.count("/") < 2:
        return "docs"
    return None


_PACKAGE_ROOTS = frozenset(
    ["test", "tests", "src", "backend", "server", "frontend", "client", "web", "app", "api"]
)


@lru_cache(maxsize=65536)
def _is_tool_folder(directory: str) -> bool:
    """Whether it lies in a hidden folder of some tool, whose scripts and prose are not the project's own."""
    return any(
        part[0] == "." and part.lower() not in _PROJECT_DOT_DIRS for part in directory.split("/") if part
    )


@lru_cache(maxsize=131072)
def role_of(path: str) -> Role:
    """The role of ``path``; test, example, generated and vendored files never count for other items."""
    directory, _, name = path.rpartition("/")
    role = _directory_role(directory)
    if role == "vendored":
        return role
    lower = name.lower()
    if _VERSIONED_SCRIPT.search(lower):
        return "vendored"
    if _GENERATED_NAME.search(lower):
        return "generated"
    if role == "generated":
        return role
    if role == "test":
        return "docs" if _PROSE_NAME.match(lower) and language_of_name(name) == "markdown" else role
    if _TEST_NAME.match(name):
        return "source" if _TEST_CONFIG.match(name) else "test"
    if role == "example":
        return role
    language = language_of_name(name)
    if "." in directory and (language == "markdown" or language in CODE) and _is_tool_folder(directory):
        return "example"
    if (
        language == "markdown"
        and _NOT_FOR_READERS.search(f"{directory.lower()}/")
        and not _PROSE_NAME.match(lower)
    ):
        return "example"
    if language == "markdown" or (language in ("", "text") and _PROSE_NAME.match(lower)):
        return "docs"
    if language == "text" and not _NOT_PROSE.search(lower) and lower.endswith(".txt") and role == "docs":
        return "docs"
    if role == "docs":
        return "docs"
    return "source"
