"""Gradle version catalogs: gradle/libs.versions.toml."""

import re
from typing import Any

from scanners.inventory.dependencies.manifest import Manifest
from scanners.inventory.dependencies.reading import toml_values


def parse_catalog(path: str, text: str) -> Manifest:
    """No dependencies by itself: an entry counts where a script uses its alias.

    Facts, with aliases as scripts write them (dots for dashes and underscores): ``catalog`` (alias -> name)
    with ``catalog_versions``, ``plugins`` (alias -> plugin id) with ``plugin_versions``, and ``bundles``
    (bundle -> aliases).
    """
    root, _ = toml_values(path, text)
    versions = _table(root.get("versions"))
    catalog: dict[str, str] = {}
    catalog_versions: dict[str, str] = {}
    plugins: dict[str, str] = {}
    plugin_versions: dict[str, str] = {}
    for alias, value in _table(root.get("libraries")).items():
        if isinstance(value, str):
            group, _, rest = value.partition(":")
            artifact, _, version = rest.partition(":")
        else:
            entry = _table(value)
            group, _, artifact = str(entry.get("module", "")).partition(":")
            group, artifact = str(entry.get("group", group)), str(entry.get("name", artifact))
            version = _version(entry.get("version"), versions)
        if group and artifact:
            catalog[_dotted(alias)] = f"{group}:{artifact}"
            catalog_versions[_dotted(alias)] = version
    for alias, value in _table(root.get("plugins")).items():
        if isinstance(value, str):
            plugin, _, version = value.partition(":")
        else:
            plugin, version = (
                str(_table(value).get("id", "")),
                _version(_table(value).get("version"), versions),
            )
        if plugin:
            plugins[_dotted(alias)] = plugin
            plugin_versions[_dotted(alias)] = version
    bundles = {
        _dotted(name): [_dotted(str(alias)) for alias in members]
        for name, members in _table(root.get("bundles")).items()
        if isinstance(members, list)
    }
    facts: dict[str, object] = {
        "catalog": catalog,
        "catalog_versions": catalog_versions,
        "bundles": bundles,
        "plugins": plugins,
        "plugin_versions": plugin_versions,
    }
    return Manifest(path, "maven", facts=facts)


def _table(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _dotted(alias: str) -> str:
    return re.sub(r"[-_]", ".", alias)


def _version(value: Any, versions: dict[str, Any]) -> str:
    """A version as text; a rich one gives its strictest part, a reference what it refers to."""
    if isinstance(value, str):
        return value
    table = _table(value)
    if "ref" in table:
        referred = versions.get(str(table["ref"]))
        return _version(referred, {}) if referred is not None else ""
    return next((str(table[key]) for key in ("strictly", "require", "prefer") if key in table), "")
