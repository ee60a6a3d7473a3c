"""JavaScript manifests: package.json, deno.json and pnpm catalogs."""

import pytest

from scanners.inventory.dependencies import Manifest, ManifestError, is_manifest, parse

PACKAGE = """{
  "name": "@acme/web",
  "version": "2.0.0",
  "private": true,
  "type": "module",
  "bin": {"acme": "./cli.js", "acme-dev": "./dev.js"},
  "engines": {"node": ">=20"},
  "workspaces": ["packages/*"],
  "files": ["dist"],
  "exports": {".": {"import": "./dist/index.js"}},
  "scripts": {
    "test": "vitest run",
    "prepare": ""
  },
  "dependencies": {
    "express": "^4.0.0",
    "react-alias": "npm:@preact/compat@17",
    "local": "workspace:*"
  },
  "devDependencies": {
    "vitest": "1.0.0"
  },
  "peerDependencies": {
    "react": ">=18",
    "vue": "3"
  },
  "peerDependenciesMeta": {"vue": {"optional": true}},
  "optionalDependencies": {"fsevents": "2"}
}
"""


def rows(manifest: Manifest) -> list[tuple[str, str, str, int]]:
    return [(d.name, d.version, d.scope, d.line) for d in manifest.dependencies]


def test_package_dependencies_have_scope_and_line():
    assert rows(parse("package.json", PACKAGE)) == [
        ("express", "^4.0.0", "runtime", 16),
        ("@preact/compat", "17", "runtime", 17),
        ("local", "workspace:*", "runtime", 18),
        ("vitest", "1.0.0", "dev", 21),
        ("react", ">=18", "runtime", 24),
        ("vue", "3", "optional", 25),
        ("fsevents", "2", "optional", 28),
    ]


def test_package_tells_name_programs_scripts_and_facts_as_plain_values():
    manifest = parse("package.json", PACKAGE)
    assert (manifest.name, manifest.version) == ("@acme/web", "2.0.0")
    assert manifest.entry_points == ("acme", "acme-dev")
    assert manifest.scripts == {"test": "vitest run"}
    assert manifest.facts == {
        "type": "module",
        "private": True,
        "workspaces": ["packages/*"],
        "engines": {"node": ">=20"},
        "files": ["dist"],
        "exports": {".": {"import": "./dist/index.js"}},
    }
    assert type(manifest.facts["engines"]) is dict


def test_single_program_takes_the_name_without_its_scope():
    assert parse("package.json", '{"name": "@acme/tool", "bin": "cli.js"}').entry_points == ("tool",)


@pytest.mark.parametrize(
    "text", ["{}", '{"dependencies": []}', '{"dependencies": {"a": {"b": 1}}}', '{"scripts": 3, "bin": null}']
)
def test_odd_packages_are_read_as_far_as_they_go(text):
    manifest = parse("package.json", text)
    assert [d.name for d in manifest.dependencies] == (["a"] if '"a"' in text else [])
    assert manifest.scripts == {}


def test_deno_imports_from_npm_and_tasks():
    manifest = parse(
        "deno.jsonc",
        """{
  // comments are fine
  "imports": {
    "express": "npm:express@4.18/lib",
    "hono/": "npm:/@hono/node-server@1/",
    "std": "jsr:@std/path@1",
  },
  "tasks": {"dev": "deno run main.ts", "test": {"command": "deno test"}}
}""",
    )
    assert rows(manifest) == [("express", "4.18", "runtime", 4), ("@hono/node-server", "1", "runtime", 5)]
    assert manifest.scripts == {"dev": "deno run main.ts", "test": "deno test"}


def test_pnpm_catalogs_default_and_named():
    manifest = parse(
        "pnpm-workspace.yaml",
        "packages:\n  - packages/*\ncatalog:\n  react: ^18\ncatalogs:\n  legacy:\n    react: ^16\n",
    )
    assert manifest.facts["catalogs"] == {"legacy": {"react": "^16"}, "default": {"react": "^18"}}
    assert parse("pnpm-workspace.yaml", "packages: ['a']\n").facts == {}


@pytest.mark.parametrize(
    ("text", "line"),
    [('{\n"a": 1,\n"b" 2}', 3), ("[1]", 1), ('{\n<<<<<<< HEAD\n"a": 1\n=======\n>>>>>>> x\n}', 2), ("", 0)],
)
def test_broken_packages_are_refused_with_their_line(text, line):
    with pytest.raises(ManifestError) as caught:
        parse("web/package.json", text)
    assert caught.value.line == line


def test_lock_files_are_not_read():
    assert not any(
        is_manifest(path) for path in ["package-lock.json", "yarn.lock", "pnpm-lock.yaml", "bun.lock"]
    )
