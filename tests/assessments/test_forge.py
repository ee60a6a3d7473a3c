"""Addresses on code hosts, from what a repository was registered as."""

import pytest

from assessments.forge import NOWHERE, forge_of

COMMIT = "c" * 40


@pytest.mark.parametrize(
    ("url", "line"),
    [
        ("https://github.com/a/b.git", f"https://github.com/a/b/blob/{COMMIT}/src/x.py#L7"),
        ("git@github.com:a/b.git", f"https://github.com/a/b/blob/{COMMIT}/src/x.py#L7"),
        ("ssh://git@github.com/a/b", f"https://github.com/a/b/blob/{COMMIT}/src/x.py#L7"),
        ("https://gitlab.com/a/c/b.git", f"https://gitlab.com/a/c/b/-/blob/{COMMIT}/src/x.py#L7"),
        (
            "https://gitlab.example.org:8443/a/b",
            f"https://gitlab.example.org:8443/a/b/-/blob/{COMMIT}/src/x.py#L7",
        ),
        ("https://bitbucket.org/a/b", f"https://bitbucket.org/a/b/src/{COMMIT}/src/x.py#lines-7"),
        ("https://codeberg.org/a/b", f"https://codeberg.org/a/b/src/commit/{COMMIT}/src/x.py#L7"),
        (
            "https://forgejo.example.org/a/b",
            f"https://forgejo.example.org/a/b/src/commit/{COMMIT}/src/x.py#L7",
        ),
    ],
)
def test_each_kind_of_host_has_its_own_form(url: str, line: str) -> None:
    assert forge_of(url).line(COMMIT, "src/x.py", 7) == line


def test_a_file_as_a_whole_and_odd_names_are_linked() -> None:
    forge = forge_of("https://github.com/a/b")
    assert forge.line(COMMIT, "a b/#1?.py", 0) == f"https://github.com/a/b/blob/{COMMIT}/a%20b/%231%3F.py"
    assert forge.commit(COMMIT) == f"https://github.com/a/b/commit/{COMMIT}"


@pytest.mark.parametrize(
    "url", ["/srv/git/b", "https://code.example.org/a/b", "https://github.com/", "", "javascript:alert(1)"]
)
def test_where_there_is_no_known_host_there_is_no_link(url: str) -> None:
    forge = forge_of(url)
    assert forge == NOWHERE
    assert (forge.line(COMMIT, "x.py", 1), forge.commit(COMMIT)) == ("", "")
