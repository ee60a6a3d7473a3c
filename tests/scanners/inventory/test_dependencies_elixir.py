"""What Mix projects and locks yield."""

from textwrap import dedent

import pytest

from scanners.inventory.dependencies.elixir import handles, parse_elixir
from scanners.inventory.dependencies.manifest import ManifestError

MIX = dedent(
    """\
    defmodule Shop.MixProject do
      use Mix.Project

      @version "0.3.0"

      def project do
        [
          app: :shop,
          version: @version,
          deps: deps(),
          aliases: [setup: ["deps.get"]],
          escript: [main_module: Shop.CLI],
          docs: [extras: [{:"README.md", [title: "Read"]}]]
        ]
      end

      # {:commented, "~> 1.0"},
      defp deps do
        [
          {:phoenix, "~> 1.7"},
          {:ecto_sql, ">= 3.0.0 and < 4.0.0"}, {:oban, "~> 2.17"},
          {:credo, "~> 1.7", only: [:dev, :test], runtime: false},
          {:mox, "~> 1.0", only: :test},
          {:bypass, "~> 2.1", only: ~w(test)a},
          {:esbuild, "~> 0.8", runtime: false},
          {:jason, "~> 1.0", optional: true},
          {:sentry, "~> 10.0", only: :prod},
          {
            :shared,
            in_umbrella: true
          },
          {:heroicons, github: "acme/heroicons", tag: "v2"}
          # {:old, "~> 0.1"}
        ]
      end

      defp package do
        [links: %{"a" => "b"}, files: [{:not_a_dependency, "x"}]]
      end
    end
    """
)


def test_dependencies_know_scope_requirement_and_the_line_of_their_name() -> None:
    manifest = parse_elixir("mix.exs", MIX)
    assert [(d.name, d.version, d.scope, d.line) for d in manifest.dependencies] == [
        ("phoenix", "~> 1.7", "runtime", 20),
        ("ecto_sql", ">= 3.0.0 and < 4.0.0", "runtime", 21),
        ("oban", "~> 2.17", "runtime", 21),
        ("credo", "~> 1.7", "dev", 22),
        ("mox", "~> 1.0", "test", 23),
        ("bypass", "~> 2.1", "test", 24),
        ("esbuild", "~> 0.8", "build", 25),
        ("jason", "~> 1.0", "optional", 26),
        ("sentry", "~> 10.0", "runtime", 27),
        ("shared", "", "runtime", 29),
        ("heroicons", "", "runtime", 32),
    ]


def test_project_name_version_and_program_are_kept() -> None:
    manifest = parse_elixir("mix.exs", MIX)
    assert (manifest.name, manifest.version, manifest.entry_points) == ("shop", "0.3.0", ("shop",))
    assert manifest.facts == {
        "escript": True,
        "package": False,
        "umbrella": False,
        "local": ["shared", "heroicons"],
    }


def test_dependencies_may_stand_in_the_project_itself() -> None:
    text = 'defmodule A do\n  def project do\n    [app: :a, deps: [{:plug, "~> 1.0"}], x: [{:no, "1"}]]\n  end\nend\n'
    assert [(d.name, d.line) for d in parse_elixir("mix.exs", text).dependencies] == [("plug", 3)]


def test_a_lock_gives_indirect_packages() -> None:
    text = dedent(
        """\
        %{
          "plug": {:hex, :plug, "1.16.0", "abc", [:mix], [{:mime, "~> 1.0", [hex: :mime]}], "hexpm", "def"},
          "tool": {:git, "https://example.org/tool.git", "0123abc", []},
        }
        """
    )
    manifest = parse_elixir("mix.lock", text)
    assert [(d.name, d.version, d.line, d.direct) for d in manifest.dependencies] == [
        ("plug", "1.16.0", 2, False),
        ("tool", "0123abc", 3, False),
    ]
    assert manifest.locked


@pytest.mark.parametrize(
    ("path", "text", "line"),
    [
        ("mix.exs", "this is nothing", 1),
        ("mix.exs", "defmodule A do\n>>>>>>> theirs\n<<<<<<< ours\nend", 2),
        ("mix.lock", '%{\n  "plug": {:hex', 1),
    ],
)
def test_broken_files_are_refused(path: str, text: str, line: int) -> None:
    with pytest.raises(ManifestError) as refused:
        parse_elixir(path, text)
    assert refused.value.line == line


def test_only_mix_files_are_handled() -> None:
    assert handles("mix.exs") and handles("mix.lock") and not handles("config.exs")
