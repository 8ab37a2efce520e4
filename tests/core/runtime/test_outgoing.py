"""Outgoing requests, to real servers of the loopback address."""

from __future__ import annotations

import gzip
import socket
import threading
import time

import pytest

from kinto.core.runtime import outgoing
from kinto.core.runtime.outgoing import OutgoingFailed, OutgoingRefused, fetch
from tests.certificates import make_authority
from tests.receivers import running_receiver


@pytest.fixture
def receiver():
    with running_receiver() as running:
        yield running


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return make_authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def trusted(authority, monkeypatch):
    """The authority of the tests is one that the system knows."""
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.path))
    outgoing._trusted.cache_clear()
    yield
    outgoing._trusted.cache_clear()


def local(url, method="GET", **options):
    return fetch(method, url, allow_private=True, **options)


def names(monkeypatch, **hosts):
    """Let host names have these addresses; returns the names that were looked up."""
    system, asked = socket.getaddrinfo, []

    def look_up(host, port, *args, **options):
        asked.append(host)
        found = hosts.get(host, [host])
        return [item for address in found for item in system(address, port, *args, **options)]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    return asked


def test_a_request_arrives_as_it_was_asked_for(receiver):
    answer = local(receiver.url + "/hook?x=1", "POST", headers={"X-Mark": "a"}, body=b'{"a": 1}')
    (received,) = receiver.received
    assert (answer.status, answer.body) == (200, b"fine")
    assert (received.method, received.path) == ("POST", "/hook?x=1")
    assert (received.headers["x-mark"], received.body) == ("a", b'{"a": 1}')
    assert received.headers["host"] == f"127.0.0.1:{receiver.port}"


def test_headers_of_the_answer_are_found_in_any_case(receiver):
    receiver.answer = lambda to, _: to.reply(204, Retry_After="7")
    assert local(receiver.url).headers["retry-after"] == "7"


def test_errors_are_answers_too(receiver):
    receiver.answer = lambda to, _: to.reply(503, b"later")
    assert local(receiver.url).status == 503


def test_redirects_are_not_followed(receiver):
    receiver.answer = lambda to, _: to.reply(302, Location=receiver.url + "/elsewhere")
    assert local(receiver.url).status == 302
    assert len(receiver.received) == 1


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "[::ffff:7f00:1]"]
)
def test_every_spelling_of_a_private_address_is_refused(receiver, host):
    with pytest.raises(OutgoingRefused):
        fetch("GET", f"http://{host}:{receiver.port}/")
    assert receiver.received == []


def test_a_name_with_one_private_address_is_refused(receiver, monkeypatch):
    names(monkeypatch, **{"both.example": ["93.184.216.34", "127.0.0.1"]})
    with pytest.raises(OutgoingRefused):
        fetch("GET", f"http://both.example:{receiver.port}/")


def test_the_address_that_was_judged_is_the_one_that_is_called(receiver, monkeypatch):
    asked = names(monkeypatch, **{"hook.example": ["127.0.0.1"]})
    local(f"http://hook.example:{receiver.port}/")
    assert asked.count("hook.example") == 1
    assert receiver.received[0].headers["host"] == f"hook.example:{receiver.port}"


@pytest.mark.parametrize(
    "url",
    [
        "ftp://example.org/",
        "file:///etc/passwd",
        "/relative",
        "http://",
        "http:///path",
        "http://user:secret@example.org/",
        "http://example.org/a b",
        "http://example.org/\r\nX: y",
        "http://exa\x00mple.org/",
        "gopher://127.0.0.1/",
    ],
)
def test_what_is_no_plain_url_is_refused(url):
    with pytest.raises(OutgoingRefused):
        fetch("GET", url, allow_private=True)


def test_an_address_in_a_url_of_the_settings_is_judged_at_once():
    with pytest.raises(OutgoingRefused):
        outgoing.check_url("http://[::1]:8080/")
    assert outgoing.check_url("http://[::1]:8080/", allow_private=True).netloc == "[::1]:8080"
    assert outgoing.check_url("https://localhost/").netloc == "localhost"


def test_a_header_with_a_line_end_is_refused(receiver):
    with pytest.raises(OutgoingRefused):
        local(receiver.url, headers={"X-Mark": "a\r\nX-Other: b"})


def test_only_listed_hosts_are_called(receiver):
    with pytest.raises(OutgoingRefused):
        local(receiver.url, allowed_hosts=["example.org", f"127.0.0.1:{receiver.port + 1}"])
    local(receiver.url, allowed_hosts=["127.0.0.1"])
    local(receiver.url, allowed_hosts=[f"127.0.0.1:{receiver.port}"])
    assert len(receiver.received) == 2


def test_a_refused_connection_is_a_failure():
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        with pytest.raises(OutgoingFailed):
            local(f"http://127.0.0.1:{unused.getsockname()[1]}/")


def test_a_name_without_address_is_a_failure():
    with pytest.raises(OutgoingFailed):
        fetch("GET", "http://nowhere.invalid/", timeout=2)


def test_proxies_of_the_environment_are_not_used(receiver, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    assert local(receiver.url).status == 200


@pytest.mark.parametrize(
    "framing", ["Content-Length: 100000\r\n", "", "Transfer-Encoding: chunked\r\n"]
)
def test_an_answer_that_trickles_is_cut_at_the_deadline(receiver, framing):
    def trickle(to, _):
        to.wfile.write(f"HTTP/1.1 200 OK\r\n{framing}\r\n".encode())
        for _ in range(100):
            to.wfile.write(b"1\r\nx\r\n" if "chunked" in framing else b"x")
            time.sleep(0.02)

    receiver.answer = trickle
    started = time.monotonic()
    with pytest.raises(OutgoingFailed, match="too long"):
        local(receiver.url, timeout=0.3)
    assert time.monotonic() - started < 1.5


def test_headers_that_trickle_are_cut_at_the_deadline(receiver):
    def trickle(to, _):
        for char in "HTTP/1.1 200 OK\r\n" + "X: y\r\n" * 100:
            to.wfile.write(char.encode())
            time.sleep(0.02)

    receiver.answer = trickle
    with pytest.raises(OutgoingFailed, match="too long"):
        local(receiver.url, timeout=0.3)


def test_silence_is_cut_at_the_deadline():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        with pytest.raises(OutgoingFailed, match="too long"):
            local(f"http://127.0.0.1:{silent.getsockname()[1]}/", timeout=0.2)


def test_an_answer_that_is_too_large_is_a_failure(receiver):
    receiver.answer = lambda to, _: to.reply(200, b"x" * 1001)
    assert len(local(receiver.url, max_bytes=1001).body) == 1001
    with pytest.raises(OutgoingFailed, match="1000 bytes"):
        local(receiver.url, max_bytes=1000)


def test_a_compressed_answer_is_a_failure(receiver):
    bomb = gzip.compress(b"0" * 10_000_000)
    receiver.answer = lambda to, _: to.reply(200, bomb, Content_Encoding="gzip")
    with pytest.raises(OutgoingFailed, match="compressed"):
        local(receiver.url)


def test_an_answer_that_breaks_off_is_a_failure(receiver):
    receiver.answer = lambda to, _: to.wfile.write(
        b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf"
    )
    with pytest.raises(OutgoingFailed):
        local(receiver.url)


def test_a_trusted_certificate_of_the_host_is_accepted(authority, trusted, tmp_path, monkeypatch):
    names(monkeypatch, **{"hook.example": ["127.0.0.1"]})
    with running_receiver(tls=authority.server(tmp_path, host="hook.example")) as receiver:
        assert local(f"https://hook.example:{receiver.port}/").body == b"fine"


@pytest.mark.parametrize("days", [1, -1])
def test_a_certificate_of_another_host_or_an_expired_one_is_a_failure(
    authority, trusted, tmp_path, monkeypatch, days
):
    host = "hook.example" if days < 0 else "other.example"
    names(monkeypatch, **{"hook.example": ["127.0.0.1"]})
    with running_receiver(tls=authority.server(tmp_path, host=host, days=days)) as receiver:
        with pytest.raises(OutgoingFailed, match="certificate"):
            local(f"https://hook.example:{receiver.port}/")
        assert receiver.received == []


def test_a_certificate_of_an_unknown_authority_is_a_failure(authority, tmp_path, monkeypatch):
    outgoing._trusted.cache_clear()
    names(monkeypatch, **{"hook.example": ["127.0.0.1"]})
    with running_receiver(tls=authority.server(tmp_path, host="hook.example")) as receiver:
        with pytest.raises(OutgoingFailed, match="certificate"):
            local(f"https://hook.example:{receiver.port}/")


def test_failures_do_not_repeat_the_secrets_of_a_url(receiver):
    receiver.answer = lambda to, _: to.wfile.write(b"nonsense\r\n\r\n")
    with pytest.raises(OutgoingFailed) as caught:
        local(receiver.url + "/hook?token=s3cret")
    assert "s3cret" not in str(caught.value)


def test_nothing_is_left_behind(receiver):
    before = threading.active_count()
    for _ in range(5):
        local(receiver.url)
    assert threading.active_count() <= before + 2
