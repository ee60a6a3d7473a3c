"""Links from evidence to the code host."""

import pytest

from assessments.forge import NOWHERE, forge_of

COMMIT = "c0ffee"


@pytest.mark.parametrize(
    ("url", "line", "commit"),
    [
        (
            "https://github.com/acme/orders.git",
            "https://github.com/acme/orders/blob/c0ffee/src/app.py#L7",
            "https://github.com/acme/orders/commit/c0ffee",
        ),
        (
            "git@github.com:acme/orders.git",
            "https://github.com/acme/orders/blob/c0ffee/src/app.py#L7",
            "https://github.com/acme/orders/commit/c0ffee",
        ),
        (
            "ssh://git@gitlab.example.org:2222/group/sub/orders.git",
            "https://gitlab.example.org/group/sub/orders/-/blob/c0ffee/src/app.py#L7",
            "https://gitlab.example.org/group/sub/orders/-/commit/c0ffee",
        ),
        (
            "https://bitbucket.org/acme/orders",
            "https://bitbucket.org/acme/orders/src/c0ffee/src/app.py#lines-7",
            "https://bitbucket.org/acme/orders/commits/c0ffee",
        ),
        (
            "https://codeberg.org/acme/orders",
            "https://codeberg.org/acme/orders/src/commit/c0ffee/src/app.py#L7",
            "https://codeberg.org/acme/orders/commit/c0ffee",
        ),
        (
            "https://forgejo.example.org:8443/acme/orders/",
            "https://forgejo.example.org:8443/acme/orders/src/commit/c0ffee/src/app.py#L7",
            "https://forgejo.example.org:8443/acme/orders/commit/c0ffee",
        ),
    ],
)
def test_known_hosts_are_linked_in_their_own_way(url: str, line: str, commit: str) -> None:
    forge = forge_of(url)
    assert forge.line(COMMIT, "src/app.py", 7) == line
    assert forge.commit(COMMIT) == commit


@pytest.mark.parametrize(
    "url",
    [
        "/srv/git/github.com/acme/orders",
        "https://git.example.org/acme/orders",
        "https://github.com/",
        "https://github.com/acme",
        "",
    ],
)
def test_what_has_no_pages_gets_no_link(url: str) -> None:
    assert forge_of(url) == NOWHERE
    assert forge_of(url).line(COMMIT, "a.py", 1) == forge_of(url).commit(COMMIT) == ""


def test_a_file_without_a_line_has_no_anchor() -> None:
    assert forge_of("https://github.com/a/b").line(COMMIT, "a.py", 0).endswith("/a.py")


def test_hostile_paths_stay_inside_the_address() -> None:
    link = forge_of("https://github.com/a/b").line(COMMIT, 'x" onclick="y/#?%\udcff.py', 1)
    assert link == "https://github.com/a/b/blob/c0ffee/x%22%20onclick%3D%22y/%23%3F%25%FF.py#L1"
    odd = forge_of('https://github.com/a"><script>/b')
    assert "<" not in odd.base and '"' not in odd.base


@pytest.mark.parametrize(
    ("url", "page"),
    [
        ("https://github.com/acme/orders.git", "https://github.com/acme/orders/compare/aaa...bbb"),
        ("https://gitlab.com/acme/orders", "https://gitlab.com/acme/orders/-/compare/aaa...bbb"),
        ("https://codeberg.org/acme/orders", "https://codeberg.org/acme/orders/compare/aaa...bbb"),
        (
            "https://bitbucket.org/acme/orders",
            "https://bitbucket.org/acme/orders/branches/compare/bbb..aaa#diff",
        ),
        ("/srv/git/orders", ""),
    ],
)
def test_what_lies_between_two_commits_has_a_page(url: str, page: str) -> None:
    assert forge_of(url).compare("aaa", "bbb") == page
