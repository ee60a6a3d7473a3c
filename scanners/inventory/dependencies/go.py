"""Go: go.mod. Checksums (go.sum) name every version ever considered, so they tell nothing of use."""

from scanners.facts import Dependency
from scanners.inventory.dependencies.manifest import Manifest, ManifestError, refuse_conflicts
from scanners.lazy import lazy_re

MAX_LINE = 4000

_DIRECTIVES = frozenset(
    ["module", "go", "toolchain", "require", "replace", "exclude", "retract", "tool", "godebug", "ignore"]
)
_WORD = lazy_re(r'"(?:[^"\\]|\\.)*"|`[^`]*`|[^\s"`]+')
_INDIRECT = lazy_re(r"//\s*indirect\b")


def handles(basename: str) -> bool:
    return basename == "go.mod"


def parse_go(path: str, text: str) -> Manifest:
    """What a go.mod requires; a tool stands once more, as a dev dependency of the module that holds it.

    Facts: ``module``, ``go``, ``toolchain``, ``replace`` (module -> replacement), ``tools`` (package paths).
    """
    refuse_conflicts(text)
    found: list[Dependency] = []
    single: dict[str, str] = {}
    replaced: dict[str, str] = {}
    tools: list[tuple[str, int]] = []
    block, opened = "", 0
    for number, raw in enumerate(text.split("\n"), 1):
        code, slashes, comment = raw[:MAX_LINE].partition("//")
        words = [word.strip('"`') for word in _WORD.findall(code)]
        if not words:
            continue
        if words == [")"] and block:
            block = ""
            continue
        if not block:
            if words[0] not in _DIRECTIVES:
                raise ManifestError(f"The directive {words[0][:40]!r} is unknown.", line=number)
            if words[1:] == ["("]:
                block, opened = words[0], number
                continue
        directive, values = (block, words) if block else (words[0], words[1:])
        if directive == "require":
            if len(values) < 2:
                raise ManifestError("The requirement has no version.", line=number)
            direct = not _INDIRECT.match(slashes + comment)
            found.append(Dependency("go", values[0], values[1], "runtime", path, number, direct=direct))
        elif directive == "replace" and "=>" in values[1:]:
            replaced[values[0]] = " ".join(values[values.index("=>") + 1 :])
        elif directive == "tool" and values:
            tools.append((values[0], number))
        elif values:
            single.setdefault(directive, values[0])
    if block:
        raise ManifestError(f"The block of {block} is not closed.", line=opened)
    required = {one.name: one.version for one in found}
    for tool, line in tools:
        module = _module_of(tool, required)
        found.append(Dependency("go", module, required.get(module, ""), "dev", path, line))
    facts: dict[str, object] = {key: single[key] for key in ("module", "go", "toolchain") if key in single}
    facts |= {"replace": replaced, "tools": [tool for tool, _ in tools]}
    return Manifest(path, "go", tuple(found), name=single.get("module", ""), facts=facts)


def _module_of(package: str, required: dict[str, str]) -> str:
    """The required module that holds ``package``, else ``package`` itself."""
    module = package
    while module:
        if module in required:
            return module
        module = module.rpartition("/")[0]
    return package
