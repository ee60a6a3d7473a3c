"""go.mod: requirements direct and indirect, tools, replacements."""

import time

import pytest

from scanners.inventory.dependencies import ManifestError, parse

MODULE = """module example.org/shop // the shop

go 1.24.0
toolchain go1.24.2

require github.com/spf13/cobra v1.8.0
require (
\tgithub.com/gin-gonic/gin v1.9.1 // note
\t// a comment
\tgolang.org/x/text v0.14.0 // indirect
\t"gopkg.in/yaml.v3" v3.0.1 //indirect; why
)

replace github.com/spf13/cobra => ../cobra

replace (
\texample.org/a v1.0.0 => example.org/b v1.1.0
)

exclude example.org/bad v1.0.0
retract [v1.0.0, v1.1.0]

tool golang.org/x/text/cmd/gotext
tool (
\texample.org/unknown/cmd
)
"""


def test_requirements_tools_and_their_lines():
    found = parse("go.mod", MODULE).dependencies
    assert [(d.name, d.version, d.scope, d.line, d.direct) for d in found] == [
        ("github.com/spf13/cobra", "v1.8.0", "runtime", 6, True),
        ("github.com/gin-gonic/gin", "v1.9.1", "runtime", 8, True),
        ("golang.org/x/text", "v0.14.0", "runtime", 10, False),
        ("gopkg.in/yaml.v3", "v3.0.1", "runtime", 11, False),
        ("golang.org/x/text", "v0.14.0", "dev", 23, True),
        ("example.org/unknown/cmd", "", "dev", 25, True),
    ]


def test_module_facts():
    manifest = parse("backend/go.mod", MODULE)
    assert manifest.name == "example.org/shop"
    assert manifest.facts == {
        "module": "example.org/shop",
        "go": "1.24.0",
        "toolchain": "go1.24.2",
        "replace": {"github.com/spf13/cobra": "../cobra", "example.org/a": "example.org/b v1.1.0"},
        "tools": ["golang.org/x/text/cmd/gotext", "example.org/unknown/cmd"],
    }


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("module a\nrequire (\n\tb v1\n", 2),
        ("module a\n\nrequier b v1\n", 3),
        ("module a\nrequire b\n", 2),
        ("module a\n<<<<<<< HEAD\n", 2),
    ],
)
def test_broken_modules_are_refused_with_their_line(text, line):
    with pytest.raises(ManifestError) as caught:
        parse("go.mod", text)
    assert caught.value.line == line


def test_endless_tool_path_costs_little():
    start = time.process_time()
    parse("go.mod", "tool " + "a/" * 500_000)
    assert time.process_time() - start < 2
