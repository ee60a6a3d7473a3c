"""Settings files as flat leaves: one dotted key path, one value, one line each.

Dots inside keys stay as they are, so ``logging.level.root`` is the same key in nested YAML, flat YAML and
properties. XML lists repeat their key instead of counting.
"""

from collections.abc import Callable, Iterable
from typing import Any

from scanners.facts import Setting
from scanners.inventory.formats import jsontree, linetext, tomltree, xmltree, yamltree
from scanners.inventory.formats.tree import MAX_NODES, SettingsError, bomb, leaves
from scanners.lazy import lazy_re

__all__ = ["SettingsError", "is_structured", "parse_settings"]

_KINDS = {
    "yaml": "yml yaml clang-format clang-tidy yamllint cff sls",
    "toml": "toml",
    "json": "json jsonc json5 webmanifest code-workspace tsbuildinfo jshintrc swcrc babelrc",
    "ini": "ini cfg editorconfig flake8 pylintrc coveragerc pycodestyle pydocstyle gitconfig gitmodules "
    "npmrc pypirc isort bumpversion service bandit",
    "properties": "properties",
    "env": "env envrc",
    "xml": "xml config csproj fsproj vbproj props targets nuspec plist resx xsd wsdl runsettings pom jmx",
    "either": "prettierrc eslintrc stylelintrc mocharc nycrc markdownlintrc commitlintrc releaserc "
    "lintstagedrc huskyrc cspell hadolint",
}
_KIND_OF_EXTENSION = {extension: kind for kind, names in _KINDS.items() for extension in names.split()}
_KIND_OF_NAME = {
    "pipfile": "toml", "pipfile.lock": "json", "poetry.lock": "toml", "uv.lock": "toml", "cargo.lock": "toml",
    "composer.lock": "json", "pdm.lock": "toml", "pnpm-lock.yaml": "yaml", "pylintrc": "ini",
    ".bowerrc": "json", "packages.lock.json": "json", "deno.lock": "json", "codeowners": "",
}  # fmt: skip
_WRAPPERS = lazy_re(r"\.(dist|example|sample|template|tmpl|tpl|j2|jinja2?|erb|default)$")
_ENV_NAME = lazy_re(r"^(\.env(rc)?([._-].+)?|.+\.env)$")


def kind_of(path: str) -> str:
    """The format by name, or an empty string for what is not a settings file."""
    name = path.rpartition("/")[2].lower()
    while wrapped := _WRAPPERS.search(name):
        if _ENV_NAME.match(name):
            break
        name = name[: wrapped.start()]
    if name in _KIND_OF_NAME:
        return _KIND_OF_NAME[name]
    if _ENV_NAME.match(name):
        return "env"
    return _KIND_OF_EXTENSION.get(name.rpartition(".")[2], "") if "." in name else ""


def is_structured(path: str) -> bool:
    """Whether ``parse_settings`` knows the format of this file."""
    return bool(kind_of(path))


def parse_settings(path: str, text: str) -> tuple[Setting, ...]:
    """The leaves in file order; raises SettingsError for what is broken or out of bounds."""
    reader = _READERS.get(kind_of(path))
    if reader is None:
        return ()
    return tuple(Setting(path, key, value, line) for key, value, line in reader(path, text))


def _yaml(path: str, text: str) -> Iterable[tuple[str, str, int]]:
    try:
        documents = yamltree.documents(path, text)
    except SettingsError as error:
        if (
            error.id != "settings.unparsable"
            or not yamltree.is_template(text)
            or "merge conflict" in error.message
        ):
            raise
        return yamltree.template_leaves(text)
    if sum(getattr(document, "size", 1) for document in documents) > MAX_NODES:
        raise bomb(path, "it expands to too many values")
    return _flat(documents)


def _json(path: str, text: str) -> Iterable[tuple[str, str, int]]:
    return _flat([jsontree.document(path, text)])


def _either(path: str, text: str) -> Iterable[tuple[str, str, int]]:
    return _json(path, text) if text.lstrip("\ufeff \t\r\n")[:1] in ("{", "/") else _yaml(path, text)


def _flat(documents: list[Any]) -> Iterable[tuple[str, str, int]]:
    for document in documents:
        if document:
            yield from leaves(document)


_READERS: dict[str, Callable[[str, str], Iterable[tuple[str, str, int]]]] = {
    "yaml": _yaml,
    "json": _json,
    "either": _either,
    "toml": tomltree.leaves,
    "xml": xmltree.leaves,
    "ini": linetext.ini_leaves,
    "properties": linetext.properties_leaves,
    "env": linetext.env_leaves,
}
