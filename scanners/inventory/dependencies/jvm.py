"""Java and Kotlin: Maven projects, Gradle scripts and version catalogs."""

from scanners.inventory.dependencies.gradle import parse_gradle
from scanners.inventory.dependencies.gradle_catalog import parse_catalog
from scanners.inventory.dependencies.manifest import Manifest
from scanners.inventory.dependencies.maven import parse_maven


def handles(basename: str) -> bool:
    return basename == "pom.xml" or basename.endswith((".gradle", ".gradle.kts", ".versions.toml"))


def parse_jvm(path: str, text: str) -> Manifest:
    """One pom.xml, Gradle script or version catalog; names are ``group:artifact`` or ``plugin:ID``."""
    basename = path.rpartition("/")[2].lower()
    if basename.endswith(".versions.toml"):
        return parse_catalog(path, text)
    return parse_maven(path, text) if basename.endswith(".xml") else parse_gradle(path, text)
