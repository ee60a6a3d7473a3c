"""What Composer manifests and locks yield."""

from textwrap import dedent

import pytest

from scanners.inventory.dependencies.manifest import ManifestError
from scanners.inventory.dependencies.php import handles, parse_php

COMPOSER = dedent(
    """\
    {
        "name": "Acme/Shop",
        "type": "project",
        "require": {
            "php": "^8.2",
            "ext-pdo": "*",
            "Laravel/Framework": "^11.0"
        },
        "require-dev": { "phpunit/phpunit": "^11",
            "larastan/larastan": "^2.9"
        },
        "autoload": {"psr-4": {"App\\\\": "app/", "Acme\\\\": ["src/", "lib/"]}},
        "bin": ["bin/shop"],
        "scripts": {
            "test": "phpunit",
            "check": ["@test", "phpstan analyse"]
        }
    }
    """
)


def test_requirements_keep_the_platform_and_know_their_lines() -> None:
    manifest = parse_php("composer.json", COMPOSER)
    assert [(d.name, d.version, d.scope, d.line) for d in manifest.dependencies] == [
        ("php", "^8.2", "runtime", 5),
        ("ext-pdo", "*", "runtime", 6),
        ("laravel/framework", "^11.0", "runtime", 7),
        ("phpunit/phpunit", "^11", "dev", 9),
        ("larastan/larastan", "^2.9", "dev", 10),
    ]


def test_scripts_programs_type_and_namespaces_are_kept() -> None:
    manifest = parse_php("composer.json", COMPOSER)
    assert manifest.name == "acme/shop"
    assert manifest.scripts == {"test": "phpunit", "check": "@test\nphpstan analyse"}
    assert manifest.entry_points == ("shop",)
    assert manifest.facts == {
        "type": "project",
        "namespaces": {"App\\": ["app/"], "Acme\\": ["src/", "lib/"]},
    }


def test_a_lock_gives_indirect_packages_at_the_line_of_their_name() -> None:
    text = dedent(
        """\
        {
            "packages": [
                {
                    "name": "monolog/monolog",
                    "version": "3.6.0",
                    "authors": [{"name": "A Person"}]
                },
                {
                    "name": "symfony\\/console",
                    "version": "v7.1.0"
                }
            ],
            "packages-dev": [
                {
                    "name": "phpunit/phpunit",
                    "version": "11.1.3"
                },
                "odd"
            ]
        }
        """
    )
    manifest = parse_php("api/composer.lock", text)
    assert [(d.name, d.version, d.scope, d.line, d.direct) for d in manifest.dependencies] == [
        ("monolog/monolog", "3.6.0", "runtime", 4, False),
        ("symfony/console", "v7.1.0", "runtime", 9, False),
        ("phpunit/phpunit", "11.1.3", "dev", 15, False),
    ]
    assert manifest.locked


@pytest.mark.parametrize(
    ("path", "text", "line"),
    [
        ("composer.json", '{\n  "require": {\n}', 0),
        ("composer.json", "[]", 1),
        ("composer.json", '{\n  "a" "b"\n}', 2),
        ("composer.lock", '{\n  "packages": [,]\n}', 2),
        ("composer.lock", '{\n<<<<<<< HEAD\n  "content-hash": ""\n}', 2),
        ("composer.lock", "[" * 100_000, 0),
    ],
)
def test_broken_files_are_refused(path: str, text: str, line: int) -> None:
    with pytest.raises(ManifestError) as refused:
        parse_php(path, text)
    assert refused.value.line == line


@pytest.mark.parametrize("text", ["{}", '{"require": []}', '{"require": {"a/b": {}}, "scripts": 1}'])
def test_odd_shapes_do_no_harm(text: str) -> None:
    assert all(d.version == "" for d in parse_php("composer.json", text).dependencies)


def test_only_composer_files_are_handled() -> None:
    assert handles("composer.json") and handles("composer.lock") and not handles("package.json")
