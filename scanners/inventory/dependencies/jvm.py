"""Java, Kotlin and Scala: Maven projects, Gradle scripts and version catalogs, sbt builds."""

from scanners.inventory.dependencies.gradle import parse_gradle
from scanners.inventory.dependencies.gradle_catalog import parse_catalog
from scanners.inventory.dependencies.manifest import Manifest
from scanners.inventory.dependencies.maven import parse_maven
from scanners.inventory.dependencies.sbt import parse_sbt

_SBT_SOURCES = frozenset(["dependencies.scala", "appdependencies.scala", "builddependencies.scala"])
"""What builds call the object in ``project/`` that names their libraries."""


def handles(basename: str) -> bool:
    return (
        basename == "pom.xml"
        or basename.endswith((".gradle", ".gradle.kts", ".versions.toml", ".sbt"))
        or basename in _SBT_SOURCES
    )


def parse_jvm(path: str, text: str) -> Manifest:
    """One pom.xml, Gradle script, version catalog or sbt build; names are ``group:artifact`` or ``plugin:ID``."""
    basename = path.rpartition("/")[2].lower()
    if basename.endswith(".versions.toml"):
        return parse_catalog(path, text)
    if basename.endswith((".sbt", ".scala")):
        return parse_sbt(path, text)
    return parse_maven(path, text) if basename.endswith(".xml") else parse_gradle(path, text)
