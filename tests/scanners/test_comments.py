import pytest

from scanners.comments import in_comment


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
    ],
)
def test_comments_and_docstrings_are_told_from_code(language: str, text: str, expected: bool) -> None:
    data = text.encode()
    assert in_comment(data, data.index(b"NEEDLE"), language) is expected
