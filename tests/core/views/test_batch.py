"""The members of a batch that only its own schema looks at."""

import pytest


@pytest.mark.parametrize("value", ["x\ny", "x\r\nSet-Cookie: a=b", "\x01", "\x7f"])
@pytest.mark.parametrize("name", ["Host", "If-Match", "X-Anything"])
def test_a_header_of_a_batch_cannot_hold_a_control_character(app, user_headers, name, value):
    requests = [{"path": "/buckets/b/", "headers": {name: value}}]
    refused = app.post_json("/batch", {"requests": requests}, headers=user_headers("a"), status=400)
    (problem,) = refused.json["details"]
    assert (problem["location"], problem["name"]) == ("body", "requests.0.headers")
    assert problem["description"].endswith("contains a control character")


def test_a_header_of_a_batch_may_hold_a_tab(app, user_headers):
    requests = [{"path": "/", "headers": {"X-Anything": "a\tb"}}]
    answer = app.post_json("/batch", {"requests": requests}, headers=user_headers("a"))
    assert answer.json["responses"][0]["status"] == 200
