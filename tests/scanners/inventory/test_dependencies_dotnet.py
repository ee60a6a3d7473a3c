"""What .NET project files, shared props and tool manifests yield."""

from textwrap import dedent

import pytest

from scanners.inventory.dependencies.dotnet import handles, parse_dotnet
from scanners.inventory.dependencies.manifest import Manifest, ManifestError

WEB = dedent(
    """\
    <?xml version="1.0" encoding="utf-16"?>
    <Project Sdk="Microsoft.NET.Sdk.Web">
      <PropertyGroup>
        <TargetFramework>net8.0</TargetFramework>
        <Nullable>enable</Nullable>
        <EfVersion>8.0.4</EfVersion>
      </PropertyGroup>
      <ItemGroup>
        <PackageReference Include="Serilog.AspNetCore" Version="8.0.1" />
        <PackageReference Include="Microsoft.EntityFrameworkCore" Version="$(EfVersion)" />
        <PackageReference Include="Central" />
        <PackageReference
            Include="StyleCop.Analyzers">
          <Version>1.2.0-beta.556</Version>
          <PrivateAssets>runtime; all</PrivateAssets>
        </PackageReference>
        <PackageReference Update="NotADependency" Version="1" />
        <!-- <PackageReference Include="Hidden" Version="1" /> -->
        <ProjectReference Include="..\\Core\\Core.csproj" />
      </ItemGroup>
      <Choose>
        <When Condition="'$(X)' == ''">
          <ItemGroup><PackageReference Include="Chosen" Version="2" PrivateAssets="All" /></ItemGroup>
        </When>
      </Choose>
    </Project>
    """
)


def rows(manifest: Manifest) -> list[tuple[str, str, str, int]]:
    return [(d.name, d.version, d.scope, d.line) for d in manifest.dependencies]


def test_references_know_version_scope_and_line_and_the_web_sdk_stands_for_its_framework() -> None:
    manifest = parse_dotnet("src/Web/Web.csproj", WEB)
    assert rows(manifest) == [
        ("Serilog.AspNetCore", "8.0.1", "runtime", 9),
        ("Microsoft.EntityFrameworkCore", "8.0.4", "runtime", 10),
        ("Central", "", "runtime", 11),
        ("StyleCop.Analyzers", "1.2.0-beta.556", "build", 12),
        ("Chosen", "2", "build", 23),
        ("Microsoft.AspNetCore.App", "", "runtime", 2),
    ]
    assert manifest.name == "Web"
    assert manifest.facts == {
        "TargetFramework": "net8.0",
        "Nullable": "enable",
        "sdk": "Microsoft.NET.Sdk.Web",
        "references": ["../Core/Core.csproj"],
        "test": False,
    }


def test_everything_a_test_project_uses_is_for_tests() -> None:
    text = dedent(
        """\
        \ufeff<Project Sdk="Microsoft.NET.Sdk">
          <ItemGroup>
            <FrameworkReference Include="Microsoft.AspNetCore.App" />
            <PackageReference Include="xunit" Version="2.8.0" />
            <PackageReference Include="Dapper" Version="2.1.35" />
          </ItemGroup>
        </Project>
        """
    )
    manifest = parse_dotnet("tests/A.Tests.csproj", text)
    assert rows(manifest) == [
        ("xunit", "2.8.0", "test", 4),
        ("Dapper", "2.1.35", "test", 5),
        ("Microsoft.AspNetCore.App", "", "test", 3),
    ]
    assert manifest.facts["test"] is True


def test_a_project_may_say_itself_whether_it_is_a_test_project() -> None:
    text = (
        '<Project Sdk="Microsoft.NET.Sdk"><PropertyGroup><IsTestProject>false</IsTestProject></PropertyGroup>'
        '<ItemGroup><PackageReference Include="xunit.extensibility.core"/></ItemGroup></Project>'
    )
    manifest = parse_dotnet("Kit.csproj", text)
    assert manifest.facts["test"] is False
    assert rows(manifest) == [("xunit.extensibility.core", "", "runtime", 1)]


def test_an_older_project_with_a_namespace_is_read_as_well() -> None:
    text = dedent(
        """\
        <Project ToolsVersion="15.0" xmlns="http://schemas.microsoft.com/developer/msbuild/2003">
          <PropertyGroup><OutputType>Exe</OutputType></PropertyGroup>
          <ItemGroup>
            <PackageReference Include="NLog"><Version>5.3.2</Version></PackageReference>
          </ItemGroup>
        </Project>
        """
    )
    manifest = parse_dotnet("Old.vbproj", text)
    assert rows(manifest) == [("NLog", "5.3.2", "runtime", 4)]
    assert manifest.facts["OutputType"] == "Exe"


def test_a_tool_puts_its_command_on_the_path() -> None:
    text = dedent(
        """\
        <Project Sdk="Microsoft.NET.Sdk">
          <PropertyGroup>
            <PackAsTool>true</PackAsTool>
            <ToolCommandName>ledger</ToolCommandName>
            <Version>2.0.0</Version>
          </PropertyGroup>
        </Project>
        """
    )
    manifest = parse_dotnet("Ledger.Tool.csproj", text)
    assert (manifest.entry_points, manifest.version) == (("ledger",), "2.0.0")


def test_central_versions_are_facts_and_global_references_are_dependencies() -> None:
    text = dedent(
        """\
        <Project>
          <PropertyGroup>
            <ManagePackageVersionsCentrally>true</ManagePackageVersionsCentrally>
            <Aspire>9.0.0</Aspire>
          </PropertyGroup>
          <ItemGroup>
            <GlobalPackageReference Include="SonarAnalyzer.CSharp" Version="9.1" />
            <PackageVersion Include="Dapper" Version="2.1.35" />
            <PackageVersion Include="Aspire.Hosting" Version="$(Aspire)" />
          </ItemGroup>
        </Project>
        """
    )
    manifest = parse_dotnet("Directory.Packages.props", text)
    assert rows(manifest) == [("SonarAnalyzer.CSharp", "9.1", "build", 7)]
    assert manifest.facts["central"] == {"Dapper": "2.1.35", "Aspire.Hosting": "9.0.0"}
    assert manifest.name == ""


def test_shared_build_settings_may_bring_packages() -> None:
    text = (
        "<Project>\n<PropertyGroup><TreatWarningsAsErrors>true</TreatWarningsAsErrors></PropertyGroup>\n"
        '<ItemGroup>\n<PackageReference Include="Meziantou.Analyzer" PrivateAssets="all"/>\n</ItemGroup></Project>'
    )
    manifest = parse_dotnet("Directory.Build.props", text)
    assert rows(manifest) == [("Meziantou.Analyzer", "", "build", 4)]
    assert manifest.facts == {"TreatWarningsAsErrors": "true"}


def test_packages_config_and_local_tools_are_read() -> None:
    packages = '<packages>\n  <package id="jQuery" version="3.7.1" />\n  <package id="T4" developmentDependency="true"/>\n</packages>'
    assert rows(parse_dotnet("packages.config", packages)) == [
        ("jQuery", "3.7.1", "runtime", 2),
        ("T4", "", "build", 3),
    ]
    tools = '{\n  "version": 1,\n  "tools": {\n    "csharpier": {"version": "0.28.2", "commands": []}\n  }\n}'
    assert rows(parse_dotnet(".config/dotnet-tools.json", tools)) == [("csharpier", "0.28.2", "build", 4)]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("<Project>\n<ItemGroup>\n</Project>", 3),
        ('<!DOCTYPE p [\n<!ENTITY a "b">\n]><Project>&a;</Project>', 2),
        ("<Project>\n<<<<<<< HEAD\n</Project>", 2),
        ("<Project>\n" + "<a>" * 200, 2),
        ("", 1),
    ],
)
def test_broken_and_hostile_files_are_refused_with_their_line(text: str, line: int) -> None:
    with pytest.raises(ManifestError) as refused:
        parse_dotnet("A.csproj", text)
    assert refused.value.line == line


def test_only_dotnet_files_are_handled() -> None:
    assert all(map(handles, ["a.csproj", "a.fsproj", "directory.build.props", "packages.config"]))
    assert not handles("web.config")
