from io import BytesIO

import pytest

from kinto.core.runtime.bodies import Disconnected, keep_body, kept_body


class Slowly(BytesIO):
    """A connection that gives a body piece by piece."""

    def read(self, size=-1):
        return super().read(min(size, 3))


def environ(body: bytes, announced: int):
    return {"wsgi.input": Slowly(body), "CONTENT_LENGTH": str(announced)}


def test_a_body_is_read_as_far_as_it_is_announced_and_can_be_read_again():
    env = environ(b"0123456789 and the next request", 10)
    keep_body(env, 10)
    assert kept_body(env) == b"0123456789"
    assert env["wsgi.input"].read() == b"0123456789"
    env["wsgi.input"].seek(0)
    assert env["wsgi.input"].read(4) == b"0123"
    assert env["webob.is_body_seekable"] is True


def test_a_client_that_goes_away_is_told_from_a_short_body():
    with pytest.raises(Disconnected, match="3 more bytes"):
        keep_body(environ(b"0123456", 10), 10)


def test_a_body_that_was_replaced_is_not_the_kept_one():
    env = environ(b"0123456789", 10)
    assert kept_body(env) is None
    keep_body(env, 10)
    env["CONTENT_LENGTH"] = "5"
    assert kept_body(env) is None
    env["CONTENT_LENGTH"] = "10"
    env["wsgi.input"] = BytesIO(b"9876543210")
    assert kept_body(env) is None
