import json
import logging
import re

import pytest

import kinto.core
from kinto.core import JsonLogFormatter, StreamHandlerWithRequestID
from kinto.core.errors import ERRORS, http_error
from kinto.core.observability.logs import request_id_context
from tests.core.application import CREDENTIALS, core_app


@pytest.fixture
def summaries(caplog):
    """The summaries logged so far."""
    caplog.set_level(logging.INFO, "request.summary")

    def read():
        return [record for record in caplog.records if record.name == "request.summary"]

    return read


def test_each_request_has_one_summary(summaries):
    headers = {"User-Agent": "ua", "Accept-Language": "fr", "X-Request-Id": "rid-1", **CREDENTIALS}
    core_app().get("/v0/?_limit=1", headers=headers)
    [record] = summaries()
    assert record.levelno == logging.INFO
    assert record.getMessage() == ""
    fields = vars(record)
    assert fields["path"] == "/v0/"
    assert fields["method"] == "GET"
    assert fields["agent"] == "ua"
    assert fields["lang"] == "fr"
    assert fields["rid"] == "rid-1"
    assert fields["querystring"] == {"_limit": "1"}
    assert fields["code"] == 200
    assert fields["errno"] == 0
    assert fields["authn_type"] == "basicauth"
    assert re.fullmatch("[0-9a-f]{64}", fields["uid"])
    assert isinstance(fields["t"], int)
    assert re.match(r"\d{4}-\d\d-\d\dT", fields["time"])


def test_what_is_unknown_is_left_out(summaries):
    core_app().get("/v0/")
    fields = vars(summaries()[0])
    assert not {"lang", "querystring", "uid", "authn_type", "headers", "body"} & set(fields)
    assert re.fullmatch("[0-9a-f-]{32,36}", fields["rid"])


# Path, status, errno.
FAILURES = [("/v0/nothing", 404, 111), ("/v9/", 404, 116), ("/redirected", 307, 0)]


@pytest.mark.parametrize(("path", "status", "errno"), FAILURES)
def test_failures_are_summed_up_with_their_errno(summaries, path, status, errno):
    core_app().call("GET", path)
    fields = vars(summaries()[0])
    assert (fields["code"], fields["errno"]) == (status, errno)


def test_a_path_that_is_no_text_is_summed_up(summaries):
    core_app().call("GET", "/v0/%ff?a=%ff")
    assert vars(summaries()[0])["code"] == 400


def test_no_secret_reaches_the_log_at_any_level(caplog):
    caplog.set_level(logging.DEBUG)
    app = core_app()
    headers = {**CREDENTIALS, "Cookie": "a=s3cr3t-cookie", "Content-Type": "application/json"}
    url = "/v0/nothing?code=s3cr3t-code&access_token=s3cr3t-token"
    app.call("POST", url, headers, b'{"password": "s3cr3t-body"}')
    # All fields of all records, but those of the test client itself.
    logged = " ".join(str(vars(record)) for record in caplog.records)
    assert "s3cr3t" not in logged
    assert CREDENTIALS["Authorization"] not in logged
    assert "***" in logged


def test_a_path_cannot_forge_a_line(summaries):
    core_app().call("GET", "/v0/a%0Ab?x=%0Afake")
    fields = vars(summaries()[0])
    assert "\n" not in fields["path"]
    assert "\n" not in fields["querystring"]["x"]


def test_views_may_add_to_the_summary(summaries):
    def view(request):
        assert request.log_context(batch_size=3, nothing=None) == {"batch_size": 3}
        return {}

    made = kinto.core.Service(name="logged", path="/logged")
    made.add_view("get", view)
    core_app(made).get("/v0/logged")
    fields = vars(summaries()[0])
    assert fields["batch_size"] == 3
    assert "nothing" not in fields


def test_subrequests_have_no_summary_of_their_own(summaries):
    body = {"requests": [{"path": "/"}, {"path": "/"}]}
    core_app().post_json("/v0/batch", body)
    assert [vars(record)["path"] for record in summaries()] == ["/v0/batch"]


def test_a_quiet_logger_costs_nothing(caplog, monkeypatch):
    caplog.set_level(logging.WARNING, "request.summary")
    monkeypatch.setattr(
        "kinto.core.observability.logs.describe", lambda request: pytest.fail("was described")
    )
    core_app().get("/v0/")


def test_the_json_formatter_has_the_name_of_the_project():
    core_app(project_name="my project")
    record = logging.LogRecord("request.summary", logging.INFO, "", 0, "", (), None)
    record.code = 200
    logged = json.loads(JsonLogFormatter().format(record))
    assert logged["Logger"] == "my project"
    assert logged["Type"] == "request.summary"
    assert logged["Severity"] == 6
    assert logged["Fields"]["code"] == 200
    JsonLogFormatter.init_from_settings({"project_name": "kinto"})
    assert json.loads(JsonLogFormatter().format(record))["Logger"] == "kinto"


def test_records_of_the_handler_carry_the_request_id(capsys):
    handler = StreamHandlerWithRequestID()
    record = logging.LogRecord("a", logging.INFO, "", 0, "hello", (), None)
    token = request_id_context.set("rid-2")
    try:
        assert handler.filter(record)
    finally:
        request_id_context.reset(token)
    assert record.rid == "rid-2"


def test_errors_of_plugins_keep_their_errno(summaries):
    from pyramid.httpexceptions import HTTPUnauthorized

    def view(request):
        raise http_error(HTTPUnauthorized(), errno=ERRORS.INVALID_AUTH_TOKEN)

    made = kinto.core.Service(name="refusing", path="/refusing")
    made.add_view("get", view)
    core_app(made).call("GET", "/v0/refusing")
    assert vars(summaries()[0])["errno"] == 105
