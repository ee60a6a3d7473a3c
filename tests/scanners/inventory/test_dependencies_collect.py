"""Dependencies of a whole tree: found by name or glob, resolved across manifests."""

import time

import pytest

from scanners.facts import Dependency
from scanners.inventory.dependencies import Dependencies, Manifest, ManifestError, collect, parse


def tree(files: dict[str, str]) -> Dependencies:
    return collect(parse(path, text) for path, text in files.items())


def versions(found: Dependencies, path: str) -> dict[str, str]:
    return {d.name: d.version for d in found.all if d.path == path}


def declared(ecosystem: str, *names: str) -> Dependencies:
    dependencies = tuple(Dependency(ecosystem, name, "1", "runtime", "m", 1) for name in names)
    return collect([Manifest("m", ecosystem, dependencies)])


@pytest.mark.parametrize(
    ("ecosystem", "name", "asked", "found"),
    [
        ("pypi", "flask-sqlalchemy", "Flask_SQLAlchemy", True),
        ("npm", "JSONStream", "jsonstream", True),
        ("nuget", "Serilog.AspNetCore", "serilog.aspnetcore", True),
        ("packagist", "laravel/framework", "Laravel/Framework", True),
        ("crates", "serde_json", "serde-json", True),
        ("maven", "org.a:B", "org.a:b", False),
        ("go", "github.com/urfave/cli/v2", "github.com/urfave/cli", True),
        ("go", "github.com/urfave/cli/v2", "github.com/urfave/cli/v2", True),
        ("go", "github.com/urfave/cli-extra", "github.com/urfave/cli", False),
        ("npm", "@opentelemetry/api", "@opentelemetry/*", True),
        ("maven", "plugin:io.quarkus", "plugin:io.quarkus*", True),
        ("maven", "org.s:spring-boot-starter-web", "org.s:spring-boot-starter-*", True),
        ("maven", "org.jboss.resteasy.x:core", "org.jboss.resteasy.*:*", True),
        ("maven", "plugin:io.quarkus", "io.quarkus*", False),
        ("pypi", "opentelemetry-sdk", "opentelemetry_*", True),
        ("npm", "ab", "ab*b", False),
        ("go", "github.com/labstack/echo/v4", "github.com/labstack/echo*", True),
        ("go", "github.com/redis/go-redis/v9", "*/v9", True),
    ],
)
def test_names_are_compared_as_their_ecosystem_does(ecosystem, name, asked, found):
    assert [d.name for d in declared(ecosystem, name).find(ecosystem, asked)] == ([name] if found else [])


def test_other_ecosystems_and_unknown_names_find_nothing():
    found = declared("npm", "redis")
    assert found.find("pypi", "redis") == []
    assert found.find("npm", "express") == []
    assert found.names("npm") == {"redis"}
    assert found.names("hex") == frozenset()


def test_locked_dependencies_count_only_where_nothing_declares_the_name():
    found = tree(
        {
            "poetry.lock": '[[package]]\nname = "Flask"\nversion = "3"\n\n[[package]]\nname = "werkzeug"\nversion = "3"\n',
            "pyproject.toml": '[project]\ndependencies = ["flask"]\n',
        }
    )
    assert [(d.name, d.path, d.direct) for d in found.all] == [
        ("flask", "pyproject.toml", True),
        ("werkzeug", "poetry.lock", False),
    ]
    assert len(found.manifests) == 2


def test_maven_parents_lend_properties_and_managed_versions():
    parent = """<project><groupId>org.shop</groupId><artifactId>parent</artifactId><version>1</version>
<properties><web.version>3.2</web.version><web.group>org.web</web.group></properties>
<dependencyManagement><dependencies>
<dependency><groupId>${web.group}</groupId><artifactId>core</artifactId><version>${web.version}</version></dependency>
</dependencies></dependencyManagement></project>"""
    child = """<project>
<parent><groupId>org.shop</groupId><artifactId>parent</artifactId><version>1</version></parent>
<artifactId>app</artifactId>
<dependencies>
<dependency>
<groupId>${web.group}</groupId>
<artifactId>core</artifactId>
</dependency>
</dependencies></project>"""
    found = tree({"app/pom.xml": child, "pom.xml": parent})
    assert [(d.version, d.path, d.line) for d in found.find("maven", "org.web:core")] == [
        ("3.2", "app/pom.xml", 7)
    ]


def test_maven_parents_in_a_circle_and_properties_in_a_circle_end():
    pom = """<project><groupId>g</groupId><artifactId>a</artifactId>
<parent><groupId>g</groupId><artifactId>a</artifactId><version>1</version></parent>
<properties><x>${y}${y}</x><y>${x}${x}</y></properties>
<dependencies><dependency><groupId>${x}</groupId><artifactId>b</artifactId></dependency></dependencies></project>"""
    assert all(len(d.name) <= 1000 for d in tree({"pom.xml": pom}).all)


def test_gradle_scripts_take_libraries_bundles_and_plugins_from_the_catalog():
    catalog = """[versions]
web = "2.0"
[libraries]
web-core = { module = "org.web:core", version.ref = "web" }
web-json = { module = "org.web:json", version.ref = "web" }
test_kit = "org.test:kit:1.1"
[bundles]
web = ["web-core", "web-json"]
[plugins]
shadow = { id = "com.example.shadow", version = "8" }
"""
    script = """plugins {
    alias(libs.plugins.shadow)
}
dependencies {
    implementation(libs.bundles.web)
    testImplementation(libs.test.kit)
}
"""
    found = tree({"app/build.gradle.kts": script, "gradle/libs.versions.toml": catalog})
    assert sorted((d.name, d.version, d.scope, d.line) for d in found.all) == [
        ("org.test:kit", "1.1", "test", 6),
        ("org.web:core", "2.0", "runtime", 5),
        ("org.web:json", "2.0", "runtime", 5),
        ("plugin:com.example.shadow", "8", "build", 2),
    ]
    assert {d.path for d in found.all} == {"app/build.gradle.kts"}


def test_nearest_catalog_wins():
    catalog = '[libraries]\nx = "org.x:x:{}"\n'
    script = "dependencies {\n    implementation(libs.x)\n}\n"
    found = tree(
        {
            "a/gradle/libs.versions.toml": catalog.format(1),
            "gradle/libs.versions.toml": catalog.format(2),
            "a/m/build.gradle.kts": script,
            "b/build.gradle.kts": script,
        }
    )
    assert versions(found, "a/m/build.gradle.kts") == {"org.x:x": "1"}
    assert versions(found, "b/build.gradle.kts") == {"org.x:x": "2"}


def test_cargo_members_take_names_and_versions_from_their_workspace():
    root = '[workspace]\nmembers = ["api"]\n[workspace.dependencies]\nserde = "1.0"\nhttp1 = {package = "http", version = "1"}\n'
    member = '[package]\nname = "api"\n[dependencies]\nserde.workspace = true\nhttp1 = { workspace = true }\nlog = "0.4"\n'
    found = tree({"Cargo.toml": root, "api/Cargo.toml": member})
    assert versions(found, "api/Cargo.toml") == {"serde": "1.0", "http": "1", "log": "0.4"}
    assert [d.line for d in found.find("crates", "serde")] == [4]


def test_central_package_versions_reach_the_projects_below():
    props = '<Project><ItemGroup><PackageVersion Include="Serilog" Version="4.0" /></ItemGroup></Project>'
    project = '<Project Sdk="Microsoft.NET.Sdk"><ItemGroup>\n<PackageReference Include="serilog" />\n</ItemGroup></Project>'
    found = tree(
        {"src/Directory.Packages.props": props, "src/App/App.csproj": project, "other/Other.csproj": project}
    )
    assert versions(found, "src/App/App.csproj") == {"serilog": "4.0"}
    assert versions(found, "other/Other.csproj") == {"serilog": ""}


def test_catalog_versions_of_pnpm_reach_the_packages():
    found = tree(
        {
            "pnpm-workspace.yaml": "catalog:\n  react: ^18\ncatalogs:\n  old:\n    vue: ^2\n",
            "web/package.json": '{"dependencies": {"react": "catalog:", "vue": "catalog:old", "x": "catalog:gone"}}',
        }
    )
    assert versions(found, "web/package.json") == {"react": "^18", "vue": "^2", "x": "catalog:gone"}


def test_a_path_that_is_no_manifest_is_refused():
    with pytest.raises(ManifestError):
        parse("README.md", "flask")


def test_finding_many_names_in_many_dependencies_is_fast():
    found = declared("npm", *(f"@scope{n % 50}/package-{n}" for n in range(5000)))
    start = time.process_time()
    for n in range(500):
        assert found.find("npm", f"@scope{n % 50}/package-{n}")
        assert found.find("npm", f"@scope{n % 20}/*")
    assert time.process_time() - start < 1
