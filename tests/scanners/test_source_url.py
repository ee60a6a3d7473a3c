import socket
import time

import pytest

from scanners.errors import SourceError
from scanners.source_url import Credential, is_public, parse_source, vet_host


@pytest.mark.parametrize(
    ("text", "url", "canonical", "name"),
    [
        ("https://github.com/a/b", "https://github.com/a/b", "https://github.com/a/b", "a/b"),
        ("https://GitHub.com/a/B.git/", "https://github.com/a/B.git", "https://github.com/a/B", "a/B"),
        ("https://h.org:443/a/b", "https://h.org/a/b", "https://h.org/a/b", "a/b"),
        ("http://h.org:8080/g/s/b.git", "http://h.org:8080/g/s/b.git", "http://h.org:8080/g/s/b", "s/b"),
        ("git@github.com:a/b.git", "ssh://git@github.com/a/b.git", "ssh://github.com/a/b", "a/b"),
        ("github.com:a/b", "ssh://github.com/a/b", "ssh://github.com/a/b", "a/b"),
        ("ssh://git@h.org:2222/a/b", "ssh://git@h.org:2222/a/b", "ssh://h.org:2222/a/b", "a/b"),
        ("https://[2001:DB8::1]/a/b", "https://[2001:db8::1]/a/b", "https://[2001:db8::1]/a/b", "a/b"),
        (
            "https://bücher.example/a/b",
            "https://xn--bcher-kva.example/a/b",
            "https://xn--bcher-kva.example/a/b",
            "a/b",
        ),
        ("  https://h.org/a/b\n", "https://h.org/a/b", "https://h.org/a/b", "a/b"),
    ],
)
def test_addresses_are_brought_into_one_form(text, url, canonical, name):
    source = parse_source(text)
    assert (source.kind, source.url, source.canonical, source.name) == ("url", url, canonical, name)
    assert source.credential is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "-",
        "--upload-pack=touch /tmp/x",
        "-oProxyCommand=x",
        "ext::sh -c touch% /tmp/x",
        "file::/etc",
        "fd::17",
        "EXT::x",
        "file:///etc",
        "git://h.org/a/b",
        "ftp://h.org/a/b",
        "ext://h.org/a",
        "javascript://h.org/a",
        "https://",
        "https://h.org",
        "https://h.org/",
        "https:///a/b",
        "https://h.org/a/../b",
        "https://h.org/a/%2e%2e/b",
        "https://h.org/a//b",
        "https://h.org/a b",
        "https://h.org/a\nb",
        "https://h.org/a%0ab",
        "https://h.org/a\0b",
        "https://h.org/a?token=x",
        "https://h.org/a#x",
        "https://h.org:99999/a/b",
        "https://h.org:x/a/b",
        "https://h_!.org/a/b",
        "https://h.org\\@evil.org/a/b",
        "ssh://-oProxyCommand=x/a/b",
        "ssh://-x@h.org/a/b",
        "ssh://git:pw@h.org/a/b",
        "git@-oProxyCommand=x:a/b",
        "-x@h.org:a/b",
        "git@h.org:-x",
        "https://h.org/-x/b",
        "https://" + "a" * 3000 + "/b",
    ],
)
def test_addresses_that_could_do_harm_are_refused(text):
    with pytest.raises(SourceError) as caught:
        parse_source(text)
    assert caught.value.id == "source.url-refused"


@pytest.mark.parametrize(
    ("text", "credential"),
    [
        ("https://ann:p%40ss@h.org/a/b", Credential("ann", "p@ss")),
        ("https://tok3ncanary@h.org/a/b", Credential("x-access-token", "tok3ncanary")),
        ("https://:tok3ncanary@h.org/a/b", Credential("x-access-token", "tok3ncanary")),
    ],
)
def test_credentials_are_taken_out_of_the_address(text, credential):
    source = parse_source(text)
    assert source.credential == credential
    assert source.url == "https://h.org/a/b"
    assert credential.secret not in repr(source)


def test_a_refusal_never_repeats_the_credential():
    with pytest.raises(SourceError) as caught:
        parse_source("https://ann:tok3ncanary@h.org/a/../b")
    assert "tok3ncanary" not in str(caught.value) + caught.value.hint


def test_a_folder_is_a_local_source(tmp_path, monkeypatch):
    (tmp_path / "team/app.git").mkdir(parents=True)
    source = parse_source(f"{tmp_path}/team/../team/app.git/")
    assert (source.kind, source.url, source.name) == ("local", str(tmp_path / "team/app.git"), "team/app")
    (tmp_path / "x@y.z:p").mkdir()
    monkeypatch.chdir(tmp_path)
    assert parse_source("x@y.z:p").kind == "local"
    assert parse_source(".").url == str(tmp_path)


def test_a_git_directory_counts_as_its_working_copy(tmp_path):
    (tmp_path / "app/.git").mkdir(parents=True)
    assert parse_source(str(tmp_path / "app/.git")).canonical == parse_source(str(tmp_path / "app")).canonical


def test_a_missing_folder_is_no_repository(tmp_path):
    with pytest.raises(SourceError) as caught:
        parse_source(str(tmp_path / "none"))
    assert caught.value.id == "source.not-a-repository"
    with pytest.raises(SourceError) as caught:
        parse_source("github.com/a/b")
    assert caught.value.hint.endswith("https://github.com/a/b")


@pytest.mark.parametrize("text", [".", "/etc", "~/x", "../x"])
def test_folders_are_refused_where_only_addresses_are_allowed(text):
    with pytest.raises(SourceError) as caught:
        parse_source(text, allow_local=False)
    assert caught.value.id == "source.url-refused"


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "224.0.0.1",
        "::1",
        "::",
        "fe80::1%eth0",
        "fc00::1",
        "ff02::1",
        "::ffff:10.0.0.1",
        "::10.0.0.1",
        "64:ff9b::a00:1",
        "2002:a00:1::1",
    ],
)
def test_addresses_off_the_public_internet_are_known(address):
    assert not is_public(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700:4700::1111", "::ffff:8.8.8.8"])
def test_addresses_of_the_public_internet_are_known(address):
    assert is_public(address)


@pytest.mark.parametrize("host", ["127.0.0.1", "2130706433", "0x7f000001", "127.1", "[::1]", "localhost"])
def test_every_spelling_of_a_private_host_is_refused(host):
    with pytest.raises(SourceError) as caught:
        vet_host(parse_source(f"https://{host}/a/b"))
    assert caught.value.id == "source.private-address"


def test_one_private_address_among_public_ones_is_enough(monkeypatch):
    infos = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, 443)) for ip in ("8.8.8.8", "10.0.0.1")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *a, **k: infos)
    with pytest.raises(SourceError) as caught:
        vet_host(parse_source("https://rebinding.example/a/b"))
    assert caught.value.id == "source.private-address"


def test_a_resolver_that_hangs_is_given_up_on(monkeypatch):
    monkeypatch.setattr("scanners.source_url.RESOLVE_SECONDS", 0.1)
    monkeypatch.setattr(socket, "getaddrinfo", lambda *a, **k: time.sleep(0.4) or [])
    with pytest.raises(SourceError) as caught:
        vet_host(parse_source("https://slow.example/a/b"))
    assert (caught.value.id, caught.value.retry) == ("source.unreachable", True)
    time.sleep(0.4)
