import pytest
from pyramid.response import Response

import kinto.core
from kinto.core.decorators import cache_forever
from tests.core.application import core_app


def test_the_first_result_is_replayed_with_its_headers():
    calls = []

    @cache_forever
    def page(request):
        calls.append(request)
        request.response.headers["X-Page"] = "1"
        request.response.content_type = "text/plain"
        return "hello"

    made = kinto.core.Service(name="page", path="/page")
    made.add_view("get", lambda request: page(request))
    app = core_app(made)

    for _ in range(2):
        response = app.get("/v0/page")
        assert response.text == "hello"
        assert response.headers["X-Page"] == "1"
        assert response.content_type == "text/plain"
        assert response.headers["Content-Length"] == "5"
    assert len(calls) == 1
    assert page.saved == "hello"


def test_a_response_cannot_be_kept():
    @cache_forever
    def page(request):
        return Response()

    with pytest.raises(ValueError, match="cannot cache Response"):
        page(None)
