""".NET: project files, shared props, packages.config, local tools. NuGet names keep their case as written."""

import re
from collections.abc import Iterator

from scanners.facts import Dependency
from scanners.inventory.dependencies.manifest import Manifest
from scanners.inventory.dependencies.reading import Element, Scope, json_map, xml_root
from scanners.inventory.formats.tree import as_map, as_text
from scanners.lazy import lazy_re
from scanners.values import replace

_PROJECTS = (".csproj", ".fsproj", ".vbproj")
_SHARED = frozenset(
    ["directory.packages.props", "directory.build.props", "directory.build.targets", "packages.config"]
)
_TEST_PACKAGE = lazy_re(
    r"(?i)^(xunit|nunit|mstest|microsoft\.net\.test\.sdk$|tunit$|microsoft\.testing\.platform)"
)
_PROPERTIES = (
    "OutputType",
    "TargetFramework",
    "TargetFrameworks",
    "IsTestProject",
    "Nullable",
    "IsPackable",
    "PackAsTool",
    "TreatWarningsAsErrors",
    "LangVersion",
    "AnalysisLevel",
    "EnableNETAnalyzers",
    "EnforceCodeStyleInBuild",
    "ManagePackageVersionsCentrally",
)
_WEB_SDK = "microsoft.net.sdk.web"
_WEB_FRAMEWORK = "Microsoft.AspNetCore.App"
_VARIABLE = lazy_re(r"\$\((\w+)\)")


def handles(basename: str) -> bool:
    return basename.endswith(_PROJECTS) or basename in _SHARED or basename == "dotnet-tools.json"


def parse_dotnet(path: str, text: str) -> Manifest:
    """One MSBuild file, packages.config or tool manifest.

    Facts: ``sdk``, properties of interest under their own names, ``references`` (other projects), ``test``
    (whether it is a test project) and ``central`` (name -> version) where versions are managed centrally. The
    web SDK brings the ASP.NET Core framework unnamed, so the line of the SDK stands for that dependency.
    """
    basename = path.rpartition("/")[2].lower()
    if basename == "dotnet-tools.json":
        return _tools(path, text)
    root = xml_root(text)
    if basename == "packages.config":
        return _packages_config(path, root)
    properties = _properties(root)
    sdk, sdk_line = _sdk(root)
    facts: dict[str, object] = {key: properties[key] for key in _PROPERTIES if key in properties}
    found = list(_references(path, root, properties))
    names = {found_one.name.lower() for found_one in found}
    if sdk.lower().startswith(_WEB_SDK) and _WEB_FRAMEWORK.lower() not in names:
        found.append(Dependency("nuget", _WEB_FRAMEWORK, "", "runtime", path, sdk_line))
    is_project = basename.endswith(_PROJECTS)
    if sdk:
        facts["sdk"] = sdk
    if is_project:
        facts["references"] = [
            item.attributes["Include"].replace("\\", "/")
            for item in root.all("ItemGroup", "ProjectReference")
            if "Include" in item.attributes
        ]
        is_test = _is_test(properties.get("IsTestProject", "").lower(), sdk, found)
        facts["test"] = is_test
        if is_test:
            found = [replace(one, scope="test") for one in found]
    central = {
        item.attributes[key]: _expand(_version(item), properties)
        for item in _items(root, "PackageVersion")
        for key in ("Include", "Update")
        if key in item.attributes
    }
    if central or basename == "directory.packages.props":
        facts["central"] = central
    name = properties.get("PackageId") or properties.get("AssemblyName") or ""
    stem = path.rpartition("/")[2].rpartition(".")[0]
    tool = properties.get("PackAsTool", "").lower() == "true"
    return Manifest(
        path,
        "nuget",
        tuple(found),
        name=(_expand(name, properties) or stem) if is_project else "",
        version=_expand(properties.get("Version") or properties.get("VersionPrefix") or "", properties),
        entry_points=(properties.get("ToolCommandName") or name or stem,) if tool and is_project else (),
        facts=facts,
    )


def _is_test(declared: str, sdk: str, found: list[Dependency]) -> bool:
    if declared in ("true", "false"):
        return declared == "true"
    return "mstest.sdk" in sdk.lower() or any(_TEST_PACKAGE.match(one.name) for one in found)


def _sdk(root: Element) -> tuple[str, int]:
    if "Sdk" in root.attributes:
        return root.attributes["Sdk"].strip(), root.line
    for child in root.children:
        if child.tag in ("Sdk", "Import"):
            name = child.attributes.get("Name" if child.tag == "Sdk" else "Sdk", "").strip()
            if name:
                return name, child.line
    return "", root.line


def _properties(root: Element) -> dict[str, str]:
    """The last value of each property; conditions are not evaluated, so a conditional one only fills gaps."""
    properties: dict[str, str] = {}
    for group in root.all("PropertyGroup"):
        for child in group.children:
            if "Condition" in child.attributes or "Condition" in group.attributes:
                properties.setdefault(child.tag, child.text)
            else:
                properties[child.tag] = child.text
    return properties


def _items(root: Element, tag: str) -> Iterator[Element]:
    """Items of one kind, in conditional ``Choose`` blocks too."""
    yield from root.all("ItemGroup", tag)
    for branch in ("When", "Otherwise"):
        yield from root.all("Choose", branch, "ItemGroup", tag)


def _references(path: str, root: Element, properties: dict[str, str]) -> Iterator[Dependency]:
    for tag in ("PackageReference", "GlobalPackageReference", "FrameworkReference", "DotNetCliToolReference"):
        for item in _items(root, tag):
            # An Update outside a props file only adds to what another Include declared.
            name = _expand(item.attributes.get("Include", ""), properties).strip()
            if not name:
                continue
            assets = item.attributes.get("PrivateAssets") or item.value("PrivateAssets")
            private = "all" in re.split(r"[;\s]+", assets.lower())
            scope: Scope = "build" if private or tag.startswith(("Global", "DotNet")) else "runtime"
            version = _expand(_version(item), properties)
            for part in filter(None, (part.strip() for part in name.split(";"))):
                yield Dependency("nuget", part, version, scope, path, item.line)


def _version(item: Element) -> str:
    return (
        item.attributes.get("Version")
        or item.attributes.get("VersionOverride")
        or item.value("Version")
        or item.value("VersionOverride")
    ).strip()


def _expand(text: str, properties: dict[str, str]) -> str:
    """``text`` with the properties of this file filled in once; unknown ones stay as written."""
    if "$(" not in text:
        return text
    return _VARIABLE.sub(lambda match: properties.get(match[1], match[0])[:200], text)


def _packages_config(path: str, root: Element) -> Manifest:
    found = [
        Dependency(
            "nuget",
            item.attributes["id"],
            item.attributes.get("version", ""),
            "build" if item.attributes.get("developmentDependency", "").lower() == "true" else "runtime",
            path,
            item.line,
        )
        for item in root.all("package")
        if item.attributes.get("id")
    ]
    if any(_TEST_PACKAGE.match(one.name) for one in found):
        found = [replace(one, scope="test") for one in found]
    return Manifest(path, "nuget", tuple(found))


def _tools(path: str, text: str) -> Manifest:
    tools = as_map(json_map(path, text).get("tools"))
    found = [
        Dependency("nuget", name, as_text(as_map(tool).get("version")), "build", path, tools.lines[name])
        for name, tool in tools.items()
    ]
    return Manifest(path, "nuget", tuple(found))
