import json

import pytest
from pyramid import httpexceptions
from pyramid.exceptions import URLDecodeError

from kinto.core.http import failures
from kinto.core.http.failures import ERRORS, answer, http_error, raise_invalid
from kinto.core.protocol.failures import Problem
from kinto.core.storage.exceptions import (
    BackendError,
    IntegrityError,
    ReadonlyError,
    UnicityError,
)
from kinto.core.testing import DummyRequest

SETTINGS = {"retry_after_seconds": 7, "error_info_link": "https://info.example"}

# What is raised: status, errno, whether it is worth trying again.
TABLE = [
    (IntegrityError(), 409, 122, True),
    (UnicityError("id", {"id": "a"}), 409, 122, True),
    (BackendError(ValueError("gone")), 503, 201, True),
    (ReadonlyError(), 503, 201, True),
    (ValueError("a bug"), 500, 999, False),
    (KeyError("x"), 500, 999, False),
    (URLDecodeError("utf-8", b"\xff", 0, 1, "bad"), 400, 107, False),
    (Problem("querystring", "_limit", "is no number"), 400, 107, False),
    (httpexceptions.HTTPBadRequest(), 400, 999, False),
    (httpexceptions.HTTPLengthRequired(), 411, 999, False),
]


@pytest.mark.parametrize(("failure", "status", "errno", "retry"), TABLE)
def test_every_failure_has_its_status_and_its_envelope(failure, status, errno, retry):
    response = answer(failure, settings=SETTINGS)

    body = json.loads(response.body)
    assert (response.status_code, body["code"], body["errno"]) == (status, status, errno)
    assert response.headers["Content-Type"] == "application/json"
    assert ("Retry-After" in response.headers) == retry
    assert None not in body.values()


def test_only_the_unexpected_has_info():
    assert (
        json.loads(answer(ValueError(), settings=SETTINGS).body)["info"] == "https://info.example"
    )
    assert "info" not in json.loads(answer(BackendError(), settings=SETTINGS).body)


def test_the_original_exception_is_never_shown():
    body = answer(BackendError(ValueError("secret password")), settings=SETTINGS).body
    assert b"secret" not in body


def test_http_exceptions_with_a_body_are_answered_as_they_are():
    refusal = http_error(httpexceptions.HTTPForbidden(), errno=ERRORS.FORBIDDEN, message="no")
    assert answer(refusal, settings=SETTINGS) is refusal


def test_redirections_are_left_alone():
    redirection = httpexceptions.HTTPTemporaryRedirect("/elsewhere")
    assert answer(redirection, settings=SETTINGS) is redirection
    assert not redirection.has_body


def test_http_error_returns_the_instance_it_was_given():
    given = httpexceptions.HTTPBadRequest()

    made = http_error(given, errno=ERRORS.INVALID_AUTH_TOKEN, code=418, error="E", message="M")

    assert made is given
    assert made.errno == 105
    assert json.loads(made.body) == {"code": 418, "errno": 105, "error": "E", "message": "M"}


def test_empty_members_are_left_out_of_the_body():
    body = json.loads(http_error(httpexceptions.HTTPNotFound(), message="", details={}).body)
    assert body == {"code": 404, "errno": 999, "error": "Not Found"}


# Location, name, description: the message made of them.
MESSAGES = [
    ("body", None, "is wrong", "body: is wrong"),
    ("body", "age", "is wrong", "age in body: is wrong"),
    ("body", "age", "age is wrong", "age is wrong"),
    ("body", "", "is wrong", "is wrong"),
    ("header", "If-Match", b"bytes of a library", "If-Match in header: bytes of a library"),
]


@pytest.mark.parametrize(("location", "name", "description", "message"), MESSAGES)
def test_the_first_error_makes_the_message(location, name, description, message):
    request = DummyRequest()
    with pytest.raises(httpexceptions.HTTPBadRequest) as raised:
        raise_invalid(request, location, name, description)
    assert raised.value.json["message"] == message


def test_errors_are_sorted_by_the_text_of_their_name():
    request = DummyRequest()
    for name in ("b", None, "a", 3, ""):
        request.errors.add("body", name, "wrong")

    response = failures.json_error_handler(request)

    assert [item["name"] for item in response.json["details"]] == ["", 3, None, "a", "b"]


def test_extra_keywords_are_stored_in_the_error():
    request = DummyRequest()
    with pytest.raises(httpexceptions.HTTPBadRequest) as raised:
        raise_invalid(request, "body", "a", "a is wrong", hint="try b")
    assert raised.value.json["details"][0]["hint"] == "try b"


def test_the_status_of_the_errors_is_that_of_the_answer():
    request = DummyRequest()
    request.errors.add("header", "Accept", "no")
    request.errors.status = 406
    response = failures.json_error_handler(request)
    assert response.status_code == response.json["code"] == 406
