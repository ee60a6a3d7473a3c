"""sbt: build.sbt, and the Scala files of ``project/`` that keep its coordinates. Nothing is evaluated."""

from scanners.facts import Dependency
from scanners.inventory.dependencies.manifest import Manifest, refuse_conflicts
from scanners.inventory.dependencies.reading import Scope, check_size
from scanners.lazy import lazy_re

_TOKEN = lazy_re(
    r"(?P<comment>//[^\n]*|/\*[\s\S]*?(?:\*/|\Z))"
    r"|(?P<plugin>\baddSbtPlugin\s*\(\s*)?"
    r'"(?P<group>[\w.-]+)"\s*(?P<cross>%%?%?)\s*"(?P<artifact>[\w.-]+)"'
    r'(?:\s*%\s*(?P<version>"[^"\n]*"|[\w.]+))?(?:\s*%\s*(?P<scope>"[^"\n]*"|[\w.]+))?'
    r'|"(?:[^"\\\n]|\\.)*"'
)
_TEST_SCOPES = ("test", "integrationtest", "it")


def parse_sbt(path: str, text: str) -> Manifest:
    """Every ``"group" %% "artifact" % version`` as ``group:artifact``, and of ``addSbtPlugin`` as ``plugin:group:artifact``.

    The suffix that ``%%`` adds to an artifact's name for its Scala version is left out.
    """
    check_size(text)
    refuse_conflicts(text)
    found = []
    line, seen = 1, 0
    for match in _TOKEN.finditer(text):
        if match["group"] is None:
            continue
        line += text.count("\n", seen, match.start("group"))
        seen = match.start("group")
        name = f"{match['group']}:{match['artifact']}"
        if match["plugin"]:
            name = f"plugin:{name}"
        version = (match["version"] or "").strip('"') if (match["version"] or "").startswith('"') else ""
        scope = _scope(match["scope"] or "") if not match["plugin"] else "build"
        found.append(Dependency("maven", name, version, scope, path, line))
    return Manifest(path, "maven", tuple(found))


def _scope(word: str) -> Scope:
    """What follows the version: ``Test``, ``"it,test"``, ``Provided``."""
    first = word.strip('"').lower().partition(",")[0].partition("->")[0].strip()
    return "test" if first in _TEST_SCOPES else "runtime"
