"""What Gemfiles, their locks and gem specifications yield."""

from textwrap import dedent

import pytest

from scanners.inventory.dependencies.manifest import ManifestError
from scanners.inventory.dependencies.ruby import handles, parse_ruby

GEMFILE = dedent(
    """\
    source "https://gems.example.org"
    ruby "3.3.1"

    # gem "commented"
    gem "rails", "~> 7.1", ">= 7.1.2" # the "framework"
    gem('pg')
    gem "sprockets", :git => "https://example.org/s.git"
    gem "engine", path: "engines/core"
    gem "pry", group: :development
    gem "rspec-rails", groups: [:development, :test]
    gem "vcr", :group => :test, require: false
    =begin
    gem "hidden"
    =end
    gem "sidekiq",
        "~> 7.0",
        require: false

    group :test do
      gem "capybara"
      platforms :ruby do
        gem "webmock"
      end
    end

    group :development, :test, optional: true do
      gem "rubocop", "1.60" if ENV["LINT"]
    end

    group :production, :development do
      gem "newrelic_rpm"
    end

    flag = if ENV["X"]
      gem "conditional"
    end
    gem "after"
    gem name_of_gem
    %w[a b].each do |name|
      gem "dyn-#{name}"
    end
    """
)


def test_groups_options_and_lines_are_followed() -> None:
    manifest = parse_ruby("Gemfile", GEMFILE)
    assert [(d.name, d.version, d.scope, d.line) for d in manifest.dependencies] == [
        ("rails", "~> 7.1, >= 7.1.2", "runtime", 5),
        ("pg", "", "runtime", 6),
        ("sprockets", "", "runtime", 7),
        ("engine", "", "runtime", 8),
        ("pry", "", "dev", 9),
        ("rspec-rails", "", "dev", 10),
        ("vcr", "", "test", 11),
        ("sidekiq", "~> 7.0", "runtime", 15),
        ("capybara", "", "test", 20),
        ("webmock", "", "test", 22),
        ("rubocop", "1.60", "dev", 27),
        ("newrelic_rpm", "", "runtime", 31),
        ("conditional", "", "runtime", 35),
        ("after", "", "runtime", 37),
    ]
    assert manifest.facts == {
        "gemspec": False,
        "ruby": "3.3.1",
        "local": {"sprockets": "https://example.org/s.git", "engine": "path"},
    }


def test_the_gemfile_of_a_gem_serves_development() -> None:
    manifest = parse_ruby("Gemfile", 'gemspec\ngem "rake"\ngroup(:test) do\n  gem "rspec"\nend\n')
    assert [(d.name, d.scope) for d in manifest.dependencies] == [("rake", "dev"), ("rspec", "test")]
    assert manifest.facts["gemspec"] is True


def test_a_lock_tells_direct_gems_from_those_they_bring() -> None:
    text = dedent(
        """\
        GIT
          remote: https://example.org/tool.git
          specs:
            tool (0.1.0)
              rake

        GEM
          remote: https://gems.example.org/
          specs:
            nokogiri (1.16.4)
              racc (~> 1.4)
            nokogiri (1.16.4-x86_64-linux)
            racc (1.7.3)
            rake (13.2.1)

        PLATFORMS
          ruby
          x86_64-linux

        DEPENDENCIES
          nokogiri (~> 1.16)
          tool!
          wdm (>= 0.1)

        RUBY VERSION
           ruby 3.3.1p55

        BUNDLED WITH
           2.5.9
        """
    )
    manifest = parse_ruby("Gemfile.lock", text)
    assert [(d.name, d.version, d.line, d.direct) for d in manifest.dependencies] == [
        ("tool", "0.1.0", 4, True),
        ("nokogiri", "1.16.4", 10, True),
        ("racc", "1.7.3", 13, False),
        ("rake", "13.2.1", 14, False),
        ("wdm", ">= 0.1", 23, True),
    ]
    assert manifest.locked
    assert manifest.facts == {"ruby": "3.3.1p55", "bundler": "2.5.9"}


def test_a_specification_tells_runtime_from_development_and_names_its_programs() -> None:
    text = dedent(
        """\
        Gem::Specification.new do |spec|
          spec.name = "shoplifter"
          spec.version = Shoplifter::VERSION
          spec.executables = %w[lift shop]
          spec.executables << "extra"
          spec.add_dependency "thor", ">= 1.0", "< 2"
          spec.add_runtime_dependency("zeitwerk")
          s.add_dependency(%q<rack>.freeze, ["~> 3.0"])
          spec.add_development_dependency 'minitest', '~> 5'
        end
        """
    )
    manifest = parse_ruby("shoplifter.gemspec", text)
    assert [(d.name, d.version, d.scope, d.line) for d in manifest.dependencies] == [
        ("thor", ">= 1.0, < 2", "runtime", 6),
        ("zeitwerk", "", "runtime", 7),
        ("rack", "~> 3.0", "runtime", 8),
        ("minitest", "~> 5", "dev", 9),
    ]
    assert (manifest.name, manifest.version) == ("shoplifter", "")
    assert manifest.entry_points == ("lift", "shop", "extra")


@pytest.mark.parametrize(
    ("path", "text", "line"),
    [
        ("Gemfile", 'gem "a"\nend\n', 2),
        ("Gemfile", 'gem "a"\ngroup :test do\n  gem "b"\n', 2),
        ("Gemfile", '<<<<<<< HEAD\ngem "a"\n', 1),
        ("Gemfile.lock", "GEM\n  specs:\n{broken}\n", 3),
    ],
)
def test_broken_files_are_refused_with_their_line(path: str, text: str, line: int) -> None:
    with pytest.raises(ManifestError) as refused:
        parse_ruby(path, text)
    assert refused.value.line == line


def test_only_bundler_and_gem_files_are_handled() -> None:
    assert all(map(handles, ["gemfile", "gemfile.lock", "gems.rb", "a.gemspec", "rails_7.gemfile"]))
    assert not handles("rakefile")
