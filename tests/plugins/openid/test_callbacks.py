"""Where a browser may be sent with tokens."""

from __future__ import annotations

import pytest

from kinto.plugins.openid.callbacks import is_trusted

LOCAL = ("http://localhost:*/*", "http://127.0.0.1:*/*")
SITE = ("https://app.example.com/*", "https://*.example.org/login#*", "http://[::1]:8000/")


@pytest.mark.parametrize(
    ("callback", "patterns"),
    [
        ("http://localhost:3000/#tokens=", LOCAL),
        ("http://localhost/", LOCAL),
        ("http://LOCALHOST:1/x?y#z", LOCAL),
        ("http://localhost:3000", LOCAL),
        ("https://app.example.com/", SITE),
        ("https://app.example.com:443/#t=", SITE),
        ("https://a.b.example.org/login#t=", SITE),
        ("http://[::1]:8000", SITE),
        ("https://app.example.com/a..b/.c", SITE),
    ],
)
def test_trusted(callback, patterns):
    assert is_trusted(callback, patterns)


@pytest.mark.parametrize(
    "callback",
    [
        "",
        "localhost",
        "https://localhost/",
        "http://localhost.evil.com/",
        "http://localhost:3000@evil.com/",
        "http://localhost:3000:80@evil.com/",
        "http://user@localhost/",
        "http://evil.com/http://localhost/",
        "http://evil.com\\@localhost/",
        "http://evil.com\\.localhost/",
        "http://localhost:80.evil.com/",
        "http://localhost:/evil.com:80/../",
        "http://localhost/a/../b",
        "http://localhost/a/%2e%2E/b",
        "http://localhost/./a",
        "http://localhost/a\\..\\b",
        "http://localhost/a b",
        "http://localhost/\n",
        "http://localhost/\x00",
        "javascript://localhost/%0aalert(1)",
        "ftp://localhost/",
        "//localhost/",
        "http:/localhost/",
        "http://*:3000/",
        "http://localhost:*/",
        "http://lоcalhost/",
        "https://app.example.com.evil.com/",
        "https://app.example.com:444/",
        "https://example.org/login#",
        "https://evil.com/x.example.org/login#",
        "https://evil.com#.example.org/login#",
        "https://evil.com?.example.org/login#",
        "https://a.example.org/logout#",
        "http://[::2]:8000/",
    ],
)
def test_strange(callback):
    assert not is_trusted(callback, (*LOCAL, *SITE))


def test_nothing_is_trusted_where_nothing_is_said():
    assert not is_trusted("http://localhost/", ())
    assert not is_trusted("http://localhost/", ("nonsense", "ftp://*/*", "*"))


def test_hostile_callbacks_take_linear_time():
    pattern = "http://localhost/" + "*a" * 50 + "*"
    assert not is_trusted("http://localhost/" + "a" * 40 + "b" * 2000, (pattern,))
