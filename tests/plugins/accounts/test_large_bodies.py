"""Bodies that are larger than JSON may be are not read into memory, whatever they are said to be."""

from __future__ import annotations

import pytest
from webob import Request

from kinto.core.protocol.limits import LIMITS
from tests.plugins.accounts.conftest import SETTINGS

INCLUDES = "kinto.plugins.accounts kinto.plugins.attachments"


class Unread:
    """A body that nobody may ask for."""

    def read(self, *args):
        raise AssertionError("The body was read.")

    readline = readinto = read


@pytest.fixture
def answer(make_app, tmp_path):
    """`answer(method, path)`: status of an anonymous request with a large form."""
    own = {"includes": INCLUDES, "attachment.base_path": str(tmp_path)}
    app = make_app(**{**SETTINGS, **own})

    def send(method, path):
        request = Request.blank(path, method=method)
        request.content_type = "multipart/form-data; boundary=b"
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
