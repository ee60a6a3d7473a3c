"""Which addresses a credential reaches, and by which spellings nobody gets further."""

import pytest

from scanners.errors import SourceError
from scanners.reach import covers, parse_prefix
from scanners.source_url import parse_source


@pytest.mark.parametrize(
    ("text", "prefix"),
    [
        ("https://Forge.example/acme/", "https://forge.example/acme"),
        ("https://forge.example", "https://forge.example"),
        ("https://forge.example:443/acme", "https://forge.example/acme"),
        ("https://forge.example:8443/acme", "https://forge.example:8443/acme"),
        ("https://forge.example/acme/shop.git", "https://forge.example/acme/shop"),
        ("https://bücher.example/acme", "https://xn--bcher-kva.example/acme"),
        ("ssh://forge.example:2222/acme", "ssh://forge.example:2222/acme"),
        ("git@forge.example:acme", "ssh://forge.example/acme"),
    ],
)
def test_a_prefix_has_one_spelling(text: str, prefix: str) -> None:
    assert parse_prefix(text) == prefix


@pytest.mark.parametrize(
    "text",
    [
        "",
        "http://forge.example/acme",
        "file:///srv/git",
        "/srv/git",
        "https://user:token@forge.example/acme",
        "https://forge.example@evil.example/acme",
        "ssh://git@forge.example/acme",
        "https://forge.example/../acme",
        "https://forge.example/acme%2Fshop",
        "https://forge.example/acme%252e",
        "https://forge.example/acme?x",
        "https://*/acme",
    ],
)
def test_what_is_no_prefix_is_refused(text: str) -> None:
    with pytest.raises(SourceError) as caught:
        parse_prefix(text)
    assert caught.value.id == "credential.prefix-refused"


@pytest.mark.parametrize(
    "address",
    [
        "https://forge.example/acme/shop",
        "https://forge.example/acme/shop.git",
        "https://FORGE.example:443/acme/group/shop/",
        "https://forge.example./acme/shop",
        "https://forge.example/%61cme/shop",
    ],
)
def test_an_address_below_is_covered(address: str) -> None:
    assert covers("https://forge.example/acme", parse_source(address))


@pytest.mark.parametrize(
    "address",
    [
        "https://forge.example/acme-private/shop",
        "https://forge.example/Acme/shop",
        "https://forge.example/other/acme/shop",
        "https://forge.example.evil.example/acme/shop",
        "https://evil-forge.example/acme/shop",
        "https://forge.example:8443/acme/shop",
        "http://forge.example/acme/shop",
        "ssh://forge.example/acme/shop",
        "https://forge.example/acme%2Fshop/x",
        "https://forge.example/acme/..%252fother",
        "https://forge.example/acme/%252e%252e/other",
        "https://forge.example/acme/%ff",
        "https://fоrge.example/acme/shop",  # a Cyrillic o
    ],
)
def test_an_address_beside_is_not(address: str) -> None:
    assert not covers("https://forge.example/acme", parse_source(address))


def test_the_sign_in_in_an_address_moves_no_boundary() -> None:
    assert not covers(
        "https://forge.example/acme", parse_source("https://forge.example:x@evil.example/acme/shop")
    )
    assert not covers("https://forge.example/acme", parse_source("https://evil.example/forge.example/acme/x"))


def test_one_repository_is_a_prefix_too() -> None:
    prefix = parse_prefix("https://forge.example/acme/shop.git")
    assert covers(prefix, parse_source("https://forge.example/acme/shop.git"))
    assert covers(prefix, parse_source("https://forge.example/acme/shop"))
    assert not covers(prefix, parse_source("https://forge.example/acme/shop2"))
    assert not covers(prefix, parse_source("https://forge.example/acme"))
