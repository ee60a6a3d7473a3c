"""What Maven projects, Gradle scripts and version catalogs yield."""

from textwrap import dedent

import pytest

from scanners.inventory.dependencies.jvm import handles, parse_jvm
from scanners.inventory.dependencies.manifest import Manifest, ManifestError

POM = dedent(
    """\
    <?xml version="1.0" encoding="UTF-8"?>
    <project xmlns="http://maven.apache.org/POM/4.0.0">
      <parent>
        <groupId>org.springframework.boot</groupId>
        <artifactId>spring-boot-starter-parent</artifactId>
        <version>3.3.0</version>
        <relativePath/>
      </parent>
      <groupId>com.acme</groupId>
      <artifactId>shop</artifactId>
      <packaging>pom</packaging>
      <properties>
        <jdbc.version>42.${minor}</jdbc.version>
        <minor>7.3</minor>
      </properties>
      <modules><module>api</module></modules>
      <dependencies>
        <dependency>
          <groupId>${project.groupId}</groupId>
          <artifactId>shop-core</artifactId>
          <version>${project.version}</version>
          <exclusions><exclusion><groupId>x</groupId><artifactId>y</artifactId></exclusion></exclusions>
        </dependency>
        <dependency>
          <groupId>org.postgresql</groupId>
          <artifactId>postgresql</artifactId>
          <version>${jdbc.version}</version>
          <scope>runtime</scope>
        </dependency>
        <dependency>
          <groupId>org.junit.jupiter</groupId>
          <artifactId>junit-jupiter</artifactId>
          <version>${elsewhere}</version>
          <scope>test</scope>
        </dependency>
        <dependency>
          <groupId>org.projectlombok</groupId>
          <artifactId>lombok</artifactId>
          <optional>true</optional>
        </dependency>
      </dependencies>
      <dependencyManagement>
        <dependencies>
          <dependency>
            <groupId>com.h2database</groupId>
            <artifactId>h2</artifactId>
            <version>2.2.224</version>
          </dependency>
          <dependency>
            <groupId>org.testcontainers</groupId>
            <artifactId>testcontainers-bom</artifactId>
            <version>1.19.8</version>
            <type>pom</type>
            <scope>import</scope>
          </dependency>
        </dependencies>
      </dependencyManagement>
      <build>
        <pluginManagement><plugins><plugin>
          <artifactId>maven-jar-plugin</artifactId><version>3.4</version>
        </plugin></plugins></pluginManagement>
        <plugins>
          <plugin>
            <artifactId>maven-compiler-plugin</artifactId>
            <configuration><annotationProcessorPaths><path>
              <groupId>org.mapstruct</groupId>
              <artifactId>mapstruct-processor</artifactId>
            </path></annotationProcessorPaths></configuration>
          </plugin>
        </plugins>
      </build>
      <profiles>
        <profile>
          <build><plugins><plugin>
            <groupId>org.jacoco</groupId>
            <artifactId>jacoco-maven-plugin</artifactId>
          </plugin></plugins></build>
        </profile>
      </profiles>
    </project>
    """
)

GROOVY = dedent(
    """\
    buildscript {
        dependencies { classpath 'org.acme:build-helper:1.0' }
    }
    plugins {
        id 'java'
        id "org.springframework.boot" version "3.3.0" // not { a block
    }
    apply plugin: 'jacoco'
    ext.lombokVersion = '1.18.32'
    ext { set('awsVersion', "2.25") }
    group = 'com.acme'
    version = '1.2.0'
    tasks.named('x') { pattern = ~/[{]+/ }

    dependencies {
        implementation 'org.springframework.boot:spring-boot-starter-web'
        implementation("com.google.guava:guava:33.2.0-jre") {
            exclude group: 'com.google.code.findbugs', module: 'jsr305'
        }
        implementation group: 'org.apache.commons', name: 'commons-lang3', version: '3.14.0'
        implementation([group: 'a.b', name: 'c'])
        runtimeOnly 'io.jsonwebtoken:jjwt-impl:0.11.2',
                    'io.jsonwebtoken:jjwt-jackson:0.11.2'
        implementation platform("software.amazon.awssdk:bom:${awsVersion}")
        compileOnly "org.projectlombok:lombok:$lombokVersion"
        annotationProcessor "org.projectlombok:lombok:$lombokVersion"
        developmentOnly 'org.springframework.boot:spring-boot-devtools'
        testImplementation 'org.junit.jupiter:junit-jupiter:5.10.2'
        checkstyle "com.puppycrawl.tools:checkstyle:10.1"
        implementation project(':core')
        implementation fileTree(dir: 'libs', include: ['*.jar'])
        implementation libs.okhttp
        if (project.hasProperty('x')) {
            implementation 'org.acme:conditional:1'
        }
        // implementation 'org.acme:commented:1'
        constraints {
            implementation 'org.acme:held:1.1'
        }
    }
    dependencyManagement {
        imports { mavenBom 'org.springframework.cloud:spring-cloud-dependencies:2023.0.1' }
        dependencies { dependency 'org.acme:managed:4' }
    }
    """
)


def rows(manifest: Manifest) -> list[tuple[str, str, str, int]]:
    return [(d.name, d.version, d.scope, d.line) for d in manifest.dependencies]


def test_a_maven_project_gives_parent_dependencies_and_plugins_at_the_lines_of_their_artifacts() -> None:
    assert rows(parse_jvm("pom.xml", POM)) == [
        ("org.springframework.boot:spring-boot-starter-parent", "3.3.0", "build", 5),
        ("com.acme:shop-core", "3.3.0", "runtime", 20),
        ("org.postgresql:postgresql", "42.7.3", "runtime", 26),
        ("org.junit.jupiter:junit-jupiter", "${elsewhere}", "test", 32),
        ("org.projectlombok:lombok", "", "optional", 38),
        ("org.testcontainers:testcontainers-bom", "1.19.8", "build", 51),
        ("plugin:org.apache.maven.plugins:maven-compiler-plugin", "", "build", 64),
        ("org.mapstruct:mapstruct-processor", "", "build", 67),
        ("plugin:org.jacoco:jacoco-maven-plugin", "", "build", 76),
    ]


def test_what_a_maven_project_leaves_to_others_is_facts() -> None:
    manifest = parse_jvm("pom.xml", POM)
    assert (manifest.name, manifest.version) == ("com.acme:shop", "3.3.0")
    assert manifest.facts == {
        "parent": {
            "group": "org.springframework.boot",
            "artifact": "spring-boot-starter-parent",
            "version": "3.3.0",
            "path": "",
        },
        "managed": {"com.h2database:h2": "2.2.224"},
        "managed_plugins": {"plugin:org.apache.maven.plugins:maven-jar-plugin": "3.4"},
        "boms": ["org.testcontainers:testcontainers-bom"],
        "properties": {"jdbc.version": "42.${minor}", "minor": "7.3"},
        "modules": ["api"],
        "packaging": "pom",
    }


def test_properties_that_name_each_other_neither_hang_nor_grow() -> None:
    text = (
        "<project><artifactId>${a}</artifactId><properties><a>${b}${b}</a><b>${a}${a}</b></properties>"
        "<dependencies><dependency><groupId>g</groupId><artifactId>${a}</artifactId></dependency></dependencies>"
        "</project>"
    )
    (only,) = parse_jvm("pom.xml", text).dependencies
    assert len(only.name) <= 300


def test_a_groovy_script_is_read_in_all_its_notations() -> None:
    assert rows(parse_jvm("build.gradle", GROOVY)) == [
        ("org.acme:build-helper", "1.0", "build", 2),
        ("plugin:java", "", "build", 5),
        ("plugin:org.springframework.boot", "3.3.0", "build", 6),
        ("plugin:jacoco", "", "build", 8),
        ("org.springframework.boot:spring-boot-starter-web", "", "runtime", 16),
        ("com.google.guava:guava", "33.2.0-jre", "runtime", 17),
        ("org.apache.commons:commons-lang3", "3.14.0", "runtime", 20),
        ("a.b:c", "", "runtime", 21),
        ("io.jsonwebtoken:jjwt-impl", "0.11.2", "runtime", 22),
        ("io.jsonwebtoken:jjwt-jackson", "0.11.2", "runtime", 23),
        ("software.amazon.awssdk:bom", "2.25", "build", 24),
        ("org.projectlombok:lombok", "1.18.32", "runtime", 25),
        ("org.projectlombok:lombok", "1.18.32", "build", 26),
        ("org.springframework.boot:spring-boot-devtools", "", "dev", 27),
        ("org.junit.jupiter:junit-jupiter", "5.10.2", "test", 28),
        ("com.puppycrawl.tools:checkstyle", "10.1", "build", 29),
        ("org.acme:conditional", "1", "runtime", 34),
        ("org.springframework.cloud:spring-cloud-dependencies", "2023.0.1", "build", 42),
    ]


def test_constraints_aliases_and_coordinates_of_a_script_are_facts() -> None:
    manifest = parse_jvm("build.gradle", GROOVY)
    assert manifest.version == "1.2.0"
    assert manifest.facts["group"] == "com.acme"
    assert manifest.facts["aliases"] == [["okhttp", "runtime", 32]]
    assert manifest.facts["managed"] == {"org.acme:held": "1.1", "org.acme:managed": "4"}


def test_a_kotlin_script_is_read_with_its_source_sets_and_aliases() -> None:
    text = dedent(
        """\
        val ktor = "2.3.11"
        plugins {
            kotlin("jvm") version "2.0.0"
            `java-library`
            application
            alias(libs.plugins.spring.boot) apply false
        }
        kotlin {
            sourceSets {
                commonMain.dependencies {
                    implementation("io.ktor:ktor-client-core:$ktor")
                }
                val commonTest by getting {
                    dependencies {
                        implementation(kotlin("test"))
                    }
                }
            }
        }
        dependencies {
            implementation(enforcedPlatform("io.ktor:ktor-bom:$ktor"))
            implementation(
                libs.jackson.databind
            )
            testImplementation(libs.bundles.testing)
            implementation(ktorLibs.server.contentNegotiation)
            ksp("com.squareup.moshi:moshi-kotlin-codegen:1.15.1")
            "integrationTestImplementation"("org.testcontainers:postgresql:1.19.8")
            add("kapt", "org.acme:processor:1")
            implementation(group = "org.acme", name = "named", version = "2")
            implementation("org.acme:natives:1.0:linux@zip")
        }
        """
    )
    manifest = parse_jvm("app/build.gradle.kts", text)
    assert rows(manifest) == [
        ("plugin:org.jetbrains.kotlin.jvm", "2.0.0", "build", 3),
        ("plugin:java-library", "", "build", 4),
        ("plugin:application", "", "build", 5),
        ("io.ktor:ktor-client-core", "2.3.11", "runtime", 11),
        ("org.jetbrains.kotlin:kotlin-test", "", "test", 15),
        ("io.ktor:ktor-bom", "2.3.11", "build", 21),
        ("io.ktor:ktor-server-content-negotiation", "", "runtime", 26),
        ("com.squareup.moshi:moshi-kotlin-codegen", "1.15.1", "build", 27),
        ("org.testcontainers:postgresql", "1.19.8", "test", 28),
        ("org.acme:processor", "1", "build", 29),
        ("org.acme:named", "2", "runtime", 30),
        ("org.acme:natives", "1.0", "runtime", 31),
    ]
    assert manifest.facts["aliases"] == [
        ["plugins.spring.boot", "build", 6],
        ["jackson.databind", "runtime", 23],
        ["bundles.testing", "test", 25],
    ]


def test_a_settings_file_gives_modules_and_the_plugins_it_really_applies() -> None:
    text = dedent(
        """\
        pluginManagement {
            plugins { id("io.ktor.plugin") version "2.3.11" }
        }
        plugins {
            id("org.gradle.toolchains.foojay-resolver-convention") version "0.8.0"
        }
        rootProject.name = "shop"
        include("api", ":lib:core")
        includeBuild("build-logic")
        """
    )
    manifest = parse_jvm("settings.gradle.kts", text)
    assert manifest.name == "shop"
    assert rows(manifest) == [
        ("plugin:org.gradle.toolchains.foojay-resolver-convention", "0.8.0", "build", 5)
    ]
    assert manifest.facts["modules"] == ["api", "lib/core"]
    assert manifest.facts["builds"] == ["build-logic"]


def test_a_catalog_maps_aliases_as_scripts_write_them() -> None:
    text = dedent(
        """\
        [versions]
        ktor = "2.3.11"
        kotlin = { strictly = "2.0.0", prefer = "1.9" }

        [libraries]
        ktor-server-netty = { module = "io.ktor:ktor-server-netty", version.ref = "ktor" }
        kotlin_stdlib = { group = "org.jetbrains.kotlin", name = "kotlin-stdlib", version.ref = "kotlin" }
        gson = "com.google.code.gson:gson:2.11.0"
        bare = { module = "org.acme:bare" }
        broken = 3

        [bundles]
        server-all = ["ktor-server-netty", "gson"]

        [plugins]
        spring-boot = { id = "org.springframework.boot", version = "3.3.0" }
        spotless = "com.diffplug.spotless:6.25.0"
        """
    )
    manifest = parse_jvm("gradle/libs.versions.toml", text)
    assert manifest.dependencies == ()
    assert manifest.facts == {
        "catalog": {
            "ktor.server.netty": "io.ktor:ktor-server-netty",
            "kotlin.stdlib": "org.jetbrains.kotlin:kotlin-stdlib",
            "gson": "com.google.code.gson:gson",
            "bare": "org.acme:bare",
        },
        "catalog_versions": {
            "ktor.server.netty": "2.3.11",
            "kotlin.stdlib": "2.0.0",
            "gson": "2.11.0",
            "bare": "",
        },
        "bundles": {"server.all": ["ktor.server.netty", "gson"]},
        "plugins": {"spring.boot": "org.springframework.boot", "spotless": "com.diffplug.spotless"},
        "plugin_versions": {"spring.boot": "3.3.0", "spotless": "6.25.0"},
    }


@pytest.mark.parametrize(
    ("path", "text", "line"),
    [
        ("pom.xml", "<project>\n<dependencies>\n</project>", 3),
        ("pom.xml", '<!DOCTYPE p [\n<!ENTITY a "b">\n]><project>&a;</project>', 2),
        ("pom.xml", "<settings/>", 1),
        ("pom.xml", "<project>\n<<<<<<< HEAD\n</project>", 2),
        ("build.gradle", "dependencies {\n  implementation 'a:b:1'\n", 1),
        ("build.gradle", "java {}\n}\n", 2),
        ("build.gradle.kts", "a {" * 500, 1),
        ("gradle/libs.versions.toml", "[versions]\na = \n", 2),
    ],
)
def test_broken_and_hostile_files_are_refused_with_their_line(path: str, text: str, line: int) -> None:
    with pytest.raises(ManifestError) as refused:
        parse_jvm(path, text)
    assert refused.value.line == line


@pytest.mark.parametrize(
    "text",
    [
        "'" * 50_000,
        '"${' * 20_000,
        "/" * 50_000,
        "dependencies { implementation(" + "'a:b:1'," * 10_000 + ") }",
        "$" * 50_000,
        "implementation " + "a." * 40_000,
        "x = " + " " * 50_000 + "/",
    ],
)
def test_hostile_scripts_are_read_or_refused_in_linear_time(text: str) -> None:
    try:
        manifest = parse_jvm("build.gradle", text)
    except ManifestError:
        return
    assert manifest.ecosystem == "maven"


SBT = dedent(
    """\
    // "com.acme" %% "commented" % "1"
    val http4s = "0.23.1"
    libraryDependencies ++= Seq(
      "org.http4s"     %% "http4s-ember-server" % http4s,
      "org.flywaydb"   %  "flyway-core"         % "10.1.0",
      "org.scalatest" %% "scalatest" % "3.2.9" % Test,
      "org.scalameta" %% "munit" % "1.0.0" % "it,test",
      "javax.servlet" % "servlet-api" % "3" % Provided,
    )
    addSbtPlugin("org.playframework" % "sbt-plugin" % "3.0.1")
    name := "no % dependency"
    """
)


def test_an_sbt_build_gives_coordinates_without_the_suffix_of_scala() -> None:
    assert [(d.name, d.version, d.scope, d.line) for d in parse_jvm("build.sbt", SBT).dependencies] == [
        ("org.http4s:http4s-ember-server", "", "runtime", 4),
        ("org.flywaydb:flyway-core", "10.1.0", "runtime", 5),
        ("org.scalatest:scalatest", "3.2.9", "test", 6),
        ("org.scalameta:munit", "1.0.0", "test", 7),
        ("javax.servlet:servlet-api", "3", "runtime", 8),
        ("plugin:org.playframework:sbt-plugin", "3.0.1", "build", 10),
    ]


def test_the_coordinates_of_an_sbt_build_may_lie_in_an_object_of_the_project() -> None:
    text = 'object Dependencies {\n  val a = "com.typesafe.slick" %% "slick" % "3.5.1"\n}\n'
    (slick,) = parse_jvm("project/Dependencies.scala", text).dependencies
    assert (slick.name, slick.version, slick.line) == ("com.typesafe.slick:slick", "3.5.1", 2)


@pytest.mark.parametrize("text", ['"' * 100_000, '"a" % ' * 50_000, "/*" * 50_000, '"a" %% "b" % "' * 20_000])
def test_hostile_builds_of_sbt_end(text: str) -> None:
    assert parse_jvm("build.sbt", text).ecosystem == "maven"


def test_only_jvm_files_are_handled() -> None:
    assert all(map(handles, ["pom.xml", "build.gradle", "settings.gradle.kts", "libs.versions.toml"]))
    assert all(map(handles, ["build.sbt", "plugins.sbt", "dependencies.scala"]))
    assert not handles("server.scala")
    assert not handles("gradle.properties")
