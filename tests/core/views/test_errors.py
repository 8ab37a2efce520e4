import logging
import sys
import types

import pytest
from pyramid import httpexceptions

import kinto.core
from kinto.core.errors import ERRORS, http_error
from kinto.core.storage.exceptions import BackendError, IntegrityError
from tests.core.application import CREDENTIALS, core_app


def raising(failure):
    def view(request):
        raise failure

    return view


def app_raising(failure, configure=None, **settings):
    made = kinto.core.Service(name="failing", path="/failing")
    made.add_view("get", raising(failure))
    return core_app(made, configure=configure, **settings)


URL = "/v0/failing"


def test_an_unexpected_failure_is_a_500_that_shows_nothing(caplog):
    app = app_raising(ValueError("secret detail"), error_info_link="https://info.example")
    response = app.get(URL, status=500)
    assert response.json == {
        "code": 500,
        "errno": 999,
        "error": "Internal Server Error",
        "message": "A programmatic error occurred, developers have been informed.",
        "info": "https://info.example",
    }
    assert response.headers["Content-Type"] == "application/json"
    assert "Retry-After" not in response.headers
    errors = [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert len(errors) == 1
    assert errors[0].exc_info[0] is ValueError


def test_a_backend_that_is_down_is_a_503_logged_with_its_cause(caplog):
    response = app_raising(BackendError(OSError("refused"))).get(URL, status=503)
    assert response.json["errno"] == 201
    assert response.json["error"] == "Service Unavailable"
    assert response.headers["Retry-After"] == "30"
    [record] = [record for record in caplog.records if record.levelno == logging.CRITICAL]
    assert record.exc_info[0] is OSError


def test_a_conflict_is_a_409_to_try_again(caplog):
    app = app_raising(IntegrityError(), retry_after_seconds=5)
    response = app.get(URL, status=409)
    assert response.json == {
        "code": 409,
        "errno": 122,
        "error": "Conflict",
        "message": "Integrity constraint violated, please retry.",
    }
    assert response.headers["Retry-After"] == "5"
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]


def test_anonymous_callers_are_asked_who_they_are():
    response = app_raising(httpexceptions.HTTPForbidden()).get(URL, status=401)
    assert response.json == {
        "code": 401,
        "errno": 104,
        "error": "Unauthorized",
        "message": "Please authenticate yourself to use this endpoint.",
    }
    assert response.headers["WWW-Authenticate"] == 'Basic realm="Realm"'


def test_each_basic_policy_asks():
    app = app_raising(
        httpexceptions.HTTPForbidden(),
        multiauth__policies="basicauth second",
        **{
            "multiauth__policy__second__use": "kinto.core.authentication"
            ".BasicAuthAuthenticationPolicy"
        },
    )
    response = app.get(URL, status=401)
    assert response.headers.getall("WWW-Authenticate") == ['Basic realm="Realm"'] * 2


def test_without_policy_nobody_asks():
    app = app_raising(httpexceptions.HTTPForbidden(), multiauth__policies="")
    assert "WWW-Authenticate" not in app.get(URL, status=401).headers


def test_known_callers_are_refused():
    app = app_raising(httpexceptions.HTTPForbidden())
    response = app.get(URL, headers=CREDENTIALS, status=403)
    assert response.json == {
        "code": 403,
        "errno": 121,
        "error": "Forbidden",
        "message": "This user cannot access this resource.",
    }
    assert "WWW-Authenticate" not in response.headers


@pytest.mark.parametrize(
    "kind", [httpexceptions.HTTPForbidden, httpexceptions.HTTPNotFound, httpexceptions.HTTPConflict]
)
def test_what_a_view_says_is_kept(kind):
    refusal = http_error(kind(), errno=ERRORS.INVALID_POSTED_DATA, message="mine")
    response = app_raising(refusal).get(URL, status=kind.code)
    assert response.json["message"] == "mine"
    assert response.headers["Access-Control-Expose-Headers"]


def test_http_exceptions_without_body_get_the_envelope():
    response = app_raising(httpexceptions.HTTPPaymentRequired("pay first")).get(URL, status=402)
    assert response.json == {
        "code": 402,
        "errno": 999,
        "error": "Payment Required",
        "message": "pay first",
    }


def test_a_plugin_may_answer_its_own_exceptions():
    class OutOfMushrooms(Exception):
        pass

    def configure(config):
        config.add_view(
            lambda failure, request: http_error(httpexceptions.HTTPGone(), message="none left"),
            context=OutOfMushrooms,
        )

    response = app_raising(OutOfMushrooms(), configure=configure).get(URL, status=410)
    assert response.json["message"] == "none left"


def failing_tween(handler, registry):
    def tween(request):
        raise ValueError("a bug in a plugin")

    return tween


def test_failures_outside_the_exception_views_have_the_envelope_too():
    def configure(config):
        module = sys.modules["tests_failing_tween"] = types.ModuleType("tests_failing_tween")
        module.factory = failing_tween
        config.add_tween(
            "tests_failing_tween.factory", under="kinto.core.http.last_resort.tween_factory"
        )

    response = core_app(configure=configure).get("/v0/", status=500)
    assert response.json["errno"] == 999
    assert response.headers["Access-Control-Expose-Headers"]


def test_head_requests_have_errors_without_body():
    response = core_app().call("HEAD", "/v0/nothing")
    assert (response.status_code, response.body) == (404, b"")


@pytest.mark.parametrize(
    ("failure", "errno"), [(ValueError("a bug"), 999), (BackendError("no exception"), 201)]
)
def test_the_log_tells_which_request_failed(caplog, failure, errno):
    app_raising(failure).get(f"{URL}?_limit=1&token=s3cr3t", status="*")
    [record] = [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert record.path == URL
    assert record.method == "GET"
    assert record.querystring == {"_limit": "1", "token": "***"}
    assert record.errno == errno
