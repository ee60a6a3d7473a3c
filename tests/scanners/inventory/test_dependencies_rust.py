"""What Cargo manifests and locks yield."""

from textwrap import dedent

import pytest

from scanners.inventory.dependencies.manifest import ManifestError
from scanners.inventory.dependencies.rust import handles, parse_rust

CARGO = dedent(
    """\
    [package]
    name = "ledger"
    version = "1.4.0"
    edition = "2021"

    [dependencies]
    axum = "0.7"
    serde = { version = "1", features = ["derive"] }
    tokio.workspace = true
    shared = { workspace = true }
    json = { package = "serde_json", version = "1.0" }
    metrics = { version = "0.22", optional = true }

    [dependencies.sqlx]
    version = "0.8"

    [dev-dependencies]
    insta = "1"

    [build-dependencies]
    tonic-build = "0.12"

    [target.'cfg(unix)'.dependencies]
    nix = "0.29"

    [[bin]]
    name = "ledgerd"
    path = "src/daemon.rs"
    """
)


def found(text: str, path: str = "Cargo.toml") -> dict[str, tuple[str, str, int]]:
    return {d.name: (d.version, d.scope, d.line) for d in parse_rust(path, text).dependencies}


def test_every_table_gives_its_scope_and_the_line_of_each_key() -> None:
    assert found(CARGO) == {
        "axum": ("0.7", "runtime", 7),
        "serde": ("1", "runtime", 8),
        "tokio": ("", "runtime", 9),
        "shared": ("", "runtime", 10),
        "serde_json": ("1.0", "runtime", 11),
        "metrics": ("0.22", "optional", 12),
        "sqlx": ("0.8", "runtime", 14),
        "insta": ("1", "test", 18),
        "tonic-build": ("0.12", "build", 21),
        "nix": ("0.29", "runtime", 24),
    }


def test_package_binaries_and_what_a_workspace_elsewhere_decides_are_facts() -> None:
    manifest = parse_rust("server/Cargo.toml", CARGO)
    assert (manifest.name, manifest.version, manifest.entry_points) == ("ledger", "1.4.0", ("ledgerd",))
    assert manifest.facts["inherited"] == ["tokio", "shared"]
    assert manifest.facts["bins"] == ["ledgerd"]
    assert manifest.facts["lib"] is False
    assert "workspace" not in manifest.facts


def test_a_root_resolves_what_it_takes_from_its_own_workspace() -> None:
    text = dedent(
        """\
        [workspace]
        members = ["crates/*"]

        [workspace.dependencies]
        json = { package = "serde_json", version = "1.0" }

        [package]
        name = "root"
        version.workspace = true

        [dependencies]
        json.workspace = true
        """
    )
    manifest = parse_rust("Cargo.toml", text)
    assert found(text) == {"serde_json": ("1.0", "runtime", 12)}
    assert manifest.version == ""
    assert manifest.facts["members"] == ["crates/*"]
    assert manifest.facts["workspace_dependencies"] == {
        "json": {"name": "serde_json", "version": "1.0", "line": 5}
    }
    assert manifest.facts["inherited"] == []


def test_a_lock_gives_indirect_dependencies() -> None:
    text = dedent(
        """\
        # This file is generated.
        version = 3

        [[package]]
        name = "axum"
        version = "0.7.5"
        dependencies = [
         "bytes",
         "tokio 1.38.0",
        ]

        [[package]]
        name = "bytes"
        version = "1.6.0"

        [metadata]
        "checksum bytes 1.6.0" = "abc"
        """
    )
    manifest = parse_rust("Cargo.lock", text)
    assert [(d.name, d.version, d.line, d.direct) for d in manifest.dependencies] == [
        ("axum", "0.7.5", 5, False),
        ("bytes", "1.6.0", 13, False),
    ]
    assert manifest.locked


@pytest.mark.parametrize(
    ("path", "text", "line"),
    [
        ("Cargo.toml", "[package]\nname = \n", 2),
        ("Cargo.toml", "[package]\n<<<<<<< ours\nname = 'a'\n", 2),
        ("Cargo.lock", '[[package]]\nname = "a"\n{nonsense}\n', 3),
    ],
)
def test_broken_files_are_refused_with_their_line(path: str, text: str, line: int) -> None:
    with pytest.raises(ManifestError) as refused:
        parse_rust(path, text)
    assert refused.value.line == line


@pytest.mark.parametrize(
    "text", ["", "dependencies = 3\n", "[dependencies]\na = 1\nb = []\n", "[workspace]\nmembers = 1"]
)
def test_odd_shapes_do_no_harm(text: str) -> None:
    assert all(d.version == "" for d in parse_rust("Cargo.toml", text).dependencies)


def test_only_cargo_files_are_handled() -> None:
    assert handles("cargo.toml") and handles("cargo.lock") and not handles("config.toml")
