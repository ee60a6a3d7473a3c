import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanners.globs import GlobSet


@pytest.mark.parametrize(
    ("glob", "path", "expected"),
    [
        ("Dockerfile", "Dockerfile", True),
        ("Dockerfile", "deploy/api/Dockerfile", True),
        ("Dockerfile", "Dockerfile.dev", False),
        ("docs/*.md", "docs/a.md", True),
        ("docs/*.md", "docs/a/b.md", False),
        ("docs/**/*.md", "docs/a.md", True),
        ("docs/**/*.md", "docs/a/b/c.md", True),
        ("**/application*.{yml,yaml}", "src/main/resources/application-dev.yml", True),
        ("**/application*.{yml,yaml}", "application.properties", False),
        ("README*", "readme.rst", True),
        ("a?c", "abc", True),
        ("a?c", "a/c", False),
        ("**/x+y.txt", "x+y.txt", True),
        ("**/x+y.txt", "xxy.txt", False),
    ],
)
def test_a_glob_names_what_people_expect(glob: str, path: str, expected: bool) -> None:
    assert (GlobSet([glob]).match(path) == (glob,)) is expected


def test_several_globs_answer_in_the_order_they_were_given() -> None:
    globs = GlobSet(["*.md", "docs/**", "docs/*.md"])
    assert globs.match("docs/a.md") == ("*.md", "docs/**", "docs/*.md")


def test_no_globs_match_nothing() -> None:
    assert GlobSet([]).match("a") == ()


@given(st.text(min_size=1).filter(lambda text: not set(text) & set("*?{},")))
def test_a_literal_path_matches_itself_whatever_its_characters(path: str) -> None:
    glob = f"x/{path}".encode("utf-8", "replace").decode()
    assert GlobSet([glob]).match(glob) == (glob,)
