"""Bodies that are larger than JSON may be are not read into memory, whatever they are said to be."""

from __future__ import annotations

import pytest
from webob import Request

from kinto.core.protocol.limits import LIMITS
from tests.factories import credentials
from tests.plugins.accounts.conftest import SETTINGS

INCLUDES = "kinto.plugins.accounts kinto.plugins.attachments kinto.plugins.default_bucket"
FORM = "multipart/form-data; boundary=b"


class Unread:
    """A body that nobody may ask for."""

    def read(self, *args):
        raise AssertionError("The body was read.")

    readline = readinto = read


@pytest.fixture
def answer(make_app, tmp_path):
    """`answer(method, path)`: status of a request with a large body, by default of nobody."""
    own = {
        "includes": INCLUDES,
        "attachment.base_path": str(tmp_path),
        "default_bucket_hmac_secret": "of the tests",
    }
    app = make_app(**{**SETTINGS, **own})
    app.post_json("/accounts", {"data": {"id": "ann", "password": "secret"}})
    app.put_json("/buckets/default/collections/c", headers=credentials("ann"))

    def send(method, path, content_type=FORM, headers=()):
        request = Request.blank(path, method=method, headers=headers)
        request.content_type = content_type
        request.environ["CONTENT_LENGTH"] = str(LIMITS.body_bytes + 1)
        request.environ["wsgi.input"] = Unread()
        return request.get_response(app.app).status_int

    return send


@pytest.mark.parametrize("path", ["/v1/accounts", "/v1/accounts/ann", "/v1/batch", "/v1/buckets"])
def test_a_large_form_is_refused_where_no_files_are_taken(answer, path):
    assert answer("PUT" if path.endswith("ann") else "POST", path) == 413


@pytest.mark.parametrize("name", ["batch", "a.txt"])
def test_a_large_file_is_not_read_for_passwords(answer, name):
    path = f"/v1/buckets/a/collections/accounts/records/r/attachments/{name}"
    assert answer("PUT", path) == 401


@pytest.mark.parametrize("content_type", [FORM, "application/json"])
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("PUT", "/v1/buckets/default"),
        ("PATCH", "/v1/buckets/default"),
        ("POST", "/v1/buckets/default/collections/c/records"),
        ("POST", "/v1/buckets"),
        ("POST", "/v1/accounts"),
        ("PATCH", "/v1/accounts/ann"),
        ("POST", "/v1/batch"),
    ],
)
def test_no_large_body_is_read_for_a_user(answer, method, path, content_type):
    assert answer(method, path, content_type, headers=credentials("ann")) == 413
