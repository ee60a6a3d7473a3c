import pytest
import re2
from hypothesis import given
from hypothesis import strategies as st

from scanners.globs import GlobSet, glob_to_regex


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
        ("./*.go", "main.go", True),
        ("./*.go", "cmd/main.go", False),
        ("a?c", "abc", True),
        ("a?c", "a/c", False),
        ("**/x+y.txt", "x+y.txt", True),
        ("**/x+y.txt", "xxy.txt", False),
        ("{,b}/a", "a", False),
        ("{,b}/a", "b/a", True),
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


_PARTS = st.sampled_from(
    ["a", "b", "ab", "*", "?", "**", "*a", "a*", "a*b*", "*.y*ml", "a.yml", "{a,b}", "{a,*.yml}", "{,b}"]
)
_NAMES = st.sampled_from(["a", "b", "ab", "A", "aab", "a.yml", "b.yaml", "ab.c", "xa", "abxb"])


@given(st.lists(_PARTS, min_size=1, max_size=4), st.booleans(), st.lists(_NAMES, min_size=1, max_size=4))
def test_comparing_strings_decides_as_the_regular_expression_does(
    parts: list[str], at_root: bool, names: list[str]
) -> None:
    glob = ("./" if at_root else "") + "/".join(parts)
    path = "/".join(names)
    expected = re2.search(glob_to_regex(glob), path) is not None
    assert bool(GlobSet([glob]).match(path)) is expected


def test_braces_that_stand_for_very_many_globs_are_matched_all_the_same() -> None:
    glob = "{a,b}" * 12 + ".py"
    assert GlobSet([glob]).match("x/abababababab.py") == (glob,)
    assert GlobSet([glob]).match("x/abababababac.py") == ()


def test_what_is_kept_of_names_and_folders_changes_no_answer() -> None:
    globs = GlobSet(["**/conf/**", "**/x.py", "a/x.py"])
    first = [globs.match(path) for path in ("a/x.py", "conf/b/y", "b/x.py")]
    assert first == [globs.match(path) for path in ("a/x.py", "conf/b/y", "b/x.py")]
    assert first == [("**/x.py", "a/x.py"), ("**/conf/**",), ("**/x.py",)]
