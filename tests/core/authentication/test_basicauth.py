"""Basic credentials are understood as Pyramid understands them."""

from __future__ import annotations

from base64 import b64encode
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyramid.authentication import extract_http_basic_credentials
from pyramid.request import Request

from kinto.core.authentication import BasicAuthAuthenticationPolicy
from kinto.core.runtime.secrets import hmac_digest

SETTINGS = {"userid_hmac_secret": "a secret of the tests"}


def basic(content: bytes) -> str:
    return f"Basic {b64encode(content).decode()}"


def user_id(header):
    request = Request.blank("/")
    if header is not None:
        request.environ["HTTP_AUTHORIZATION"] = header
    request.registry = SimpleNamespace(settings=SETTINGS)
    return BasicAuthAuthenticationPolicy().authenticated_userid(request)


def by_pyramid(header):
    request = Request.blank("/")
    if header is not None:
        request.environ["HTTP_AUTHORIZATION"] = header
    credentials = extract_http_basic_credentials(request)
    if credentials is None or not credentials.username:
        return None
    return hmac_digest(SETTINGS["userid_hmac_secret"], ":".join(credentials))


HEADERS = [
    None,
    "",
    "Basic",
    "Basic ",
    "basic YWxpY2U6c2VjcmV0",
    "BASIC  YWxpY2U6c2VjcmV0 ",
    "Basic\tYWxpY2U6c2VjcmV0",
    "Basic YWxpY2U6c2VjcmV",
    "Basic YWxp Y2U6 c2VjcmV0",
    "Basic \xe9YWxpY2U6c2VjcmV0",
    "Basic YWxpY2U6c2VjcmV0====trailing",
    "Bearer YWxpY2U6c2VjcmV0",
    basic(b"alice:secret"),
    basic(b"alice:"),
    basic(b"alice"),
    basic(b":secret"),
    basic(b":"),
    basic(b"a:b:c"),
    basic("é:ß".encode()),
    basic(b"\xe9:\xdf"),
    basic(b"\xe9"),
    basic(b"a\0b:c\n"),
]


@pytest.mark.parametrize("header", HEADERS)
def test_the_user_is_the_one_of_the_credentials(header):
    assert user_id(header) == by_pyramid(header)


@given(st.binary(max_size=30))
def test_the_user_of_any_bytes(content):
    assert user_id(basic(content)) == by_pyramid(basic(content))


@given(st.text(alphabet="YWxpY2U6c2VjcmV0= \t\xe9+/_-", max_size=30))
def test_the_user_of_any_text(text):
    assert user_id(f"Basic {text}") == by_pyramid(f"Basic {text}")
