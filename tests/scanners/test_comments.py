import pytest

from scanners.comments import in_comment, is_commented_out


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("python", "# NEEDLE", True),
        ("python", "x = 1  # NEEDLE", True),
        ("python", "x = NEEDLE", False),
        ("python", 'def f():\n    """Says NEEDLE."""\n', True),
        ("python", 'SQL = """\nselect NEEDLE\n"""', False),
        ("javascript", "// NEEDLE", True),
        ("javascript", "/* a\n NEEDLE */", True),
        ("javascript", "/* a */ NEEDLE", False),
        ("javascript", "app.use('/api/*', NEEDLE)", False),
        ("typescript", "exclude: [`${ROUTE}{/*wildcard}`]\nNEEDLE", False),
        ("javascript", "fetch('https://x') + NEEDLE", False),
        ("go", "a() // NEEDLE", True),
        ("java", "/**\n * NEEDLE\n */", True),
        ("ruby", "  # NEEDLE", True),
        ("php", "#[NEEDLE]", False),
        ("php", "# NEEDLE", True),
        ("yaml", "# NEEDLE", True),
        ("yaml", "key: NEEDLE", False),
        ("html", "<!-- NEEDLE -->", True),
        ("html", "<p>NEEDLE</p>", False),
        ("elixir", '@doc """\nNEEDLE\n"""', True),
        ("rust", "/// NEEDLE", True),
        ("php", "/**\n * @Route(NEEDLE)\n */", False),
        ("php", "/** @ORM\\Entity(NEEDLE) */", False),
        ("php", "/**\n * @param NEEDLE\n */", True),
        ("php", "/**\n * see @Route(NEEDLE)\n */", True),
        ("java", "/**\n * @Route(NEEDLE)\n */", True),
    ],
)
def test_comments_and_docstrings_are_told_from_code(language: str, text: str, expected: bool) -> None:
    data = text.encode()
    assert in_comment(data, data.index(b"NEEDLE"), language) is expected


@pytest.mark.parametrize(
    "line",
    [
        b"# total = call(1)",
        b"# import os",
        b"# from a import b",
        b"# if total > 3:",
        b"# for a in rows:",
        b"# except ValueError:",
        b"# @app.get('/x')",
        b"# self.run(a, b)",
        b"// call(1);",
        b"// const a = 1",
        b"// if err != nil {",
        b"// }",
        b"// <Route path='/x' />",
        b"// return total;",
        b"#x.y = 1",
    ],
)
def test_statements_are_commented_out(line: bytes) -> None:
    assert is_commented_out(line)


@pytest.mark.parametrize(
    "line",
    [
        b"# Why this is so.",
        b"# see run() for the rest of the story",
        b"# return what was found",
        b"# if it is there, use it",
        b"# if nothing was found:",
        b"# for each of these cases:",
        b"# import of the old data is done elsewhere",
        b"# TODO: remove",
        b"# --- helpers ---",
        b"// A says so.",
        b"// e.g. the first (or last) of them",
        b"/// let a = 1;",
        b"#!/usr/bin/env python",
        b"x = 1  # y = 2",
        b"# :param total: how many",
        b"//",
    ],
)
def test_sentences_are_not_commented_out(line: bytes) -> None:
    assert not is_commented_out(line)
