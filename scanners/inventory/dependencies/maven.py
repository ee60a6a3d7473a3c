"""Maven: pom.xml."""

from collections.abc import Iterator

from scanners.facts import Dependency
from scanners.inventory.dependencies.manifest import Manifest, ManifestError
from scanners.inventory.dependencies.reading import Element, Scope, xml_root
from scanners.lazy import lazy_re

_VARIABLE = lazy_re(r"\$\{([^${}]{1,200})\}")
_MAX_VALUE = 300
"""Characters a filled-in value may have, so that properties naming each other cannot grow without end."""


def parse_maven(path: str, text: str) -> Manifest:
    """Dependencies, parent and plugins (``plugin:group:artifact``) of one project, profiles included.

    Facts: ``parent`` (group, artifact, version, path), ``managed`` and ``managed_plugins`` (name -> version,
    not in use by themselves), ``boms``, ``properties``, ``modules``, ``packaging``. Variables that this file
    defines are filled in; others stay as ``${name}``.
    """
    root = xml_root(text)
    if root.tag != "project":
        raise ManifestError("The file does not hold a Maven project.", line=root.line)
    return _Project(path, root).manifest()


class _Project:
    def __init__(self, path: str, root: Element) -> None:
        self.path = path
        self.root = root
        self.profiles = list(root.all("profiles", "profile"))
        self.parent = root.first("parent")
        self.properties = {
            child.tag: child.text
            for block in root.all("properties")
            for child in block.children
            if child.text
        }
        for profile in self.profiles:
            for child in (child for block in profile.all("properties") for child in block.children):
                self.properties.setdefault(child.tag, child.text)
        self.variables = dict(self.properties)
        for key, tag in (("groupId", "groupId"), ("version", "version"), ("artifactId", "artifactId")):
            inherited = self.parent.value(tag) if self.parent and key != "artifactId" else ""
            for prefix in ("project.", "pom.", ""):
                self.variables.setdefault(prefix + key, root.value(tag) or inherited)
            if self.parent:
                self.variables.setdefault(f"project.parent.{key}", self.parent.value(tag))

    def manifest(self) -> Manifest:
        owners = [self.root, *self.profiles]
        found = [*self._parent()]
        for owner in owners:
            for element in owner.all("dependencies", "dependency"):
                found += self._dependency(element)
        managed: dict[str, str] = {}
        boms: list[str] = []
        for owner in owners:
            for element in owner.all("dependencyManagement", "dependencies", "dependency"):
                name = self._name(element)
                if element.value("scope") == "import":
                    boms.append(name)
                    found += self._dependency(element, "build")
                else:
                    managed[name] = self._fill(element.value("version"))
        managed_plugins: dict[str, str] = {}
        for owner in owners:
            for element in owner.all("build", "pluginManagement", "plugins", "plugin"):
                managed_plugins[self._plugin_name(element)] = self._fill(element.value("version"))
            for section in ("build", "reporting"):
                for element in owner.all(section, "plugins", "plugin"):
                    found += self._plugin(element)
            for element in owner.all("build", "extensions", "extension"):
                found += self._dependency(element, "build")
        parent = self.parent
        facts: dict[str, object] = {
            "managed": managed,
            "managed_plugins": managed_plugins,
            "boms": boms,
            "properties": self.properties,
            "modules": [e.text for owner in owners for e in owner.all("modules", "module") if e.text],
            "packaging": self.root.value("packaging") or "jar",
        }
        if parent is not None:
            relative = parent.first("relativePath")
            facts["parent"] = {
                "group": self._fill(parent.value("groupId")),
                "artifact": self._fill(parent.value("artifactId")),
                "version": self._fill(parent.value("version")),
                "path": "../pom.xml" if relative is None else relative.text,
            }
        return Manifest(
            self.path,
            "maven",
            tuple(found),
            name=f"{self._fill(self.variables['project.groupId'])}:{self.root.value('artifactId')}",
            version=self._fill(self.variables["project.version"]),
            facts=facts,
        )

    def _parent(self) -> Iterator[Dependency]:
        if self.parent is not None:
            yield from self._dependency(self.parent, "build")

    def _dependency(self, element: Element, scope: Scope | None = None) -> Iterator[Dependency]:
        if element.value("artifactId"):
            version = self._fill(element.value("version"))
            scope = scope or _scope(element)
            yield Dependency("maven", self._name(element), version, scope, self.path, _line(element))

    def _plugin(self, element: Element) -> Iterator[Dependency]:
        if not element.value("artifactId"):
            return
        version = self._fill(element.value("version"))
        yield Dependency("maven", self._plugin_name(element), version, "build", self.path, _line(element))
        for helper in element.all("dependencies", "dependency"):
            yield from self._dependency(helper, "build")
        for processor in element.all("configuration", "annotationProcessorPaths", "path"):
            yield from self._dependency(processor, "build")

    def _name(self, element: Element) -> str:
        return self._fill(f"{element.value('groupId')}:{element.value('artifactId')}")

    def _plugin_name(self, element: Element) -> str:
        group = element.value("groupId") or "org.apache.maven.plugins"
        return self._fill(f"plugin:{group}:{element.value('artifactId')}")

    def _fill(self, text: str) -> str:
        for _ in range(5):
            if "${" not in text or len(text) > _MAX_VALUE:
                break
            filled = _VARIABLE.sub(lambda match: self.variables.get(match[1]) or match[0], text)
            if filled == text:
                break
            text = filled
        return text[:_MAX_VALUE]


def _scope(element: Element) -> Scope:
    if element.value("scope") == "test" or element.value("type") == "test-jar":
        return "test"
    return "optional" if element.value("optional") == "true" else "runtime"


def _line(element: Element) -> int:
    artifact = element.first("artifactId")
    return artifact.line if artifact else element.line
