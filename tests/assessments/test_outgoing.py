"""Posts to addresses that people enter: vetted, signed, short, never redirected."""

import hashlib
import hmac
import os
import time
from pathlib import Path

import pytest

from assessments import outgoing
from assessments.messages import Line, Message, Section, message_of, slack_payload
from assessments.outgoing import NotDelivered, parse_target, post, signature
from scanners.errors import SourceError
from tests.git_http import certificate
from tests.http_sink import sink


@pytest.mark.parametrize(
    "address",
    [
        "",
        "ftp://h.example/x",
        "http://h.example/x",
        "https:///x",
        "https://user:secret@h.example/x",
        "https://@h.example/x",
        "https://h.example/x#y",
        "https://h.example:99999/x",
        "https://h.example/a b",
        "https://h.example/\u0430",
        "https://h.example/\r\nHost: evil",
        "https://h.example/" + "x" * 2001,
    ],
)
def test_addresses_that_are_refused(address: str) -> None:
    with pytest.raises(SourceError) as caught:
        parse_target(address)
    assert caught.value.id == "notification.address-refused"
    assert "secret" not in str(caught.value)


def test_an_address_keeps_its_query() -> None:
    target = parse_target("https://Hooks.Example.:8443/services/T1?key=v")
    assert (target.host, target.port, target.path) == ("hooks.example", 8443, "/services/T1?key=v")


def test_it_delivers_over_tls_to_a_proven_host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tls = certificate(tmp_path)
    with sink(tls) as server:
        target = parse_target(server.address)
        with pytest.raises(NotDelivered) as caught:
            post(target, b"{}", {}, allow_private=True)
        assert caught.value.id == "notification.untrusted"
        monkeypatch.setenv("SSL_CERT_FILE", os.fspath(tls[0]))
        post(target, b'{"text": "x"}', {"X-One": "1"}, allow_private=True)
        [(path, headers, body)] = server.received
    assert (path, headers["X-One"], body) == ("/hook?key=s3cret-chat-key", "1", b'{"text": "x"}')
    assert headers["Host"] == f"127.0.0.1:{target.port}"


@pytest.mark.parametrize("host", ["127.0.0.1", "10.0.0.1", "[::1]", "169.254.169.254", "localhost"])
def test_private_addresses_are_refused(host: str) -> None:
    with pytest.raises(NotDelivered) as caught:
        post(parse_target(f"https://{host}/x"), b"{}", {}, allow_private=False)
    assert (caught.value.id, caught.value.retry) == ("notification.private-address", False)


def test_a_name_that_does_not_exist_is_tried_again() -> None:
    with pytest.raises(NotDelivered) as caught:
        post(parse_target("https://nowhere.invalid/x"), b"{}", {}, allow_private=False)
    assert (caught.value.id, caught.value.retry) == ("notification.unreachable", True)


@pytest.mark.parametrize(
    ("status", "id", "retry"),
    [
        (302, "notification.redirected", False),
        (400, "notification.refused", False),
        (404, "notification.refused", False),
        (429, "notification.refused", True),
        (503, "notification.refused", True),
    ],
)
def test_what_other_answers_mean(status: int, id: str, retry: bool) -> None:
    with sink() as elsewhere, sink() as server:
        server.status = status
        server.location = elsewhere.address if status == 302 else ""
        with pytest.raises(NotDelivered) as caught:
            post(parse_target(server.address, allow_http=True), b"{}", {}, allow_private=True)
        assert (caught.value.id, caught.value.retry) == (id, retry)
        assert len(server.received) == 1
        assert elsewhere.received == []


@pytest.mark.parametrize("mode", ["hang", "trickle"])
def test_a_slow_host_is_cut_off(mode: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outgoing, "TOTAL_SECONDS", 0.4)
    with sink() as server:
        server.mode = mode
        started = time.monotonic()
        with pytest.raises(NotDelivered) as caught:
            post(parse_target(server.address, allow_http=True), b"{}", {}, allow_private=True)
        assert time.monotonic() - started < 3
    assert (caught.value.id, caught.value.retry) == ("notification.unreachable", True)


def test_a_receiver_can_check_who_and_when() -> None:
    made = signature("secret", 1_700_000_000, b"{}")
    wanted = hmac.new(b"secret", b"1700000000.{}", hashlib.sha256).hexdigest()
    assert made == f"v1={wanted}"


def message(**changes: object) -> Message:
    values: dict[str, object] = {
        "subject": "shop <b> & co dropped",
        "lead": "From B to C.",
        "sections": (Section("Fails now", (Line("Tests", "https://p.example/x"), Line("Docs"))),),
        "url": "https://p.example/r",
        "action": "See",
        **changes,
    }
    return Message(**values)  # type: ignore[arg-type]


def test_a_message_survives_json() -> None:
    import json

    assert message_of(json.loads(json.dumps(message().as_dict()))) == message()


def test_slack_reads_text_and_blocks() -> None:
    payload = slack_payload(message())
    assert payload["text"].startswith("shop <b> & co dropped\nFrom B to C.")
    [block] = payload["blocks"]
    text = block["text"]["text"]
    assert "*shop &lt;b&gt; &amp; co dropped*" in text
    assert "• <https://p.example/x|Tests>" in text
    assert text.endswith("<https://p.example/r|See>")


def test_a_long_message_is_cut_before_slack_refuses_it() -> None:
    lines = tuple(Line("x" * 100) for _ in range(60))
    [block] = slack_payload(message(sections=(Section("Many", lines),)))["blocks"]
    text = block["text"]["text"]
    assert len(text) <= 3000
    assert text.endswith("…\n\n<https://p.example/r|See>")
