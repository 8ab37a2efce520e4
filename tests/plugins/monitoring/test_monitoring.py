"""Sentry, profiles and logs of a real server (plugins: 21), and no secret in any of them."""

from __future__ import annotations

import json
import urllib.error
import urllib.request

import pytest
from sentry_sdk.utils import BadDsn

from kinto.core import install_middlewares
from kinto.core.settings.core import MonitoringSettings
from tests.core.application import core_app
from tests.factories import credentials
from tests.plugins import pages
from tests.plugins.monitoring.sink import running_sink
from tests.servers import Server, configured

PLANTED = "planted-s3cr3t"
PLACES = f"code={PLANTED}&state={PLANTED}&access_token={PLANTED}&_limit=3"


def start(data, **settings) -> Server:
    """A server that logs everything, as JSON."""
    settings = {"kinto.includes": "tests.plugins.monitoring.boom", **settings}
    server = configured(backend="memory", data=data, settings=settings)
    ini = data / "server.ini"
    text = ini.read_text().replace("level = WARNING", "level = DEBUG")
    text = text.replace("class = StreamHandler", "class = kinto.core.StreamHandlerWithRequestID")
    text = text.replace(
        "[formatter_plain]", "[formatter_plain]\nclass = kinto.core.JsonLogFormatter"
    )
    ini.write_text(text)
    server.start()
    return server


def fail(server) -> int:
    """Send a request that fails, with the planted secret everywhere; the answer's status."""
    headers = credentials("ann", PLANTED) | {"Cookie": f"session={PLANTED}"}
    body = json.dumps({"password": PLANTED, "token": PLANTED}).encode()
    headers["Content-Type"] = "application/json"
    request = urllib.request.Request(f"{server.url}/boom?{PLACES}", body, headers)
    with pytest.raises(urllib.error.HTTPError) as failure:
        urllib.request.urlopen(request, timeout=10)
    failure.value.close()
    return failure.value.code


@pytest.fixture(scope="module")
def reported(tmp_path_factory):
    """What the sink and the log have after a failure: (start-up report, report, log)."""
    data = tmp_path_factory.mktemp("sentry")
    with running_sink() as sink:
        settings = {"kinto.sentry_dsn": sink.dsn, "kinto.sentry_env": "stage"}
        server = start(data, **settings)
        try:
            started = sink.wait_for("Running kinto")
            assert fail(server) == 500
            report = sink.wait_for("could not connect")
            sink.wait_for("Body ")
        finally:
            server.kill()
        return started, report, "\n".join(sink.bodies), server.log.read_text()


def test_the_start_is_reported(reported):
    assert '"level":"info"' in reported[0]
    assert '"environment":"stage"' in reported[0]


def test_a_failure_is_reported_with_its_request(reported):
    event = json.loads(reported[1].splitlines()[2])
    assert event["exception"]["values"][-1]["type"] == "RuntimeError"
    assert event["request"]["method"] == "POST"
    assert event["request"]["query_string"] == "code=***&state=***&access_token=***&_limit=3"
    assert "data" not in event["request"]
    assert "vars" not in event["exception"]["values"][-1]["stacktrace"]["frames"][-1]


def test_a_secret_planted_everywhere_is_in_no_report(reported):
    assert PLANTED not in reported[2]
    assert credentials("ann", PLANTED)["Authorization"].split()[1] not in reported[2]


def test_a_secret_planted_everywhere_is_in_no_log_at_debug_level(reported):
    log = reported[3]
    assert "Authorization: ***" in log
    assert '"Type": "request.summary"' in log
    assert PLANTED not in log
    assert credentials("ann", PLANTED)["Authorization"].split()[1] not in log


def test_lines_of_the_log_are_json(reported):
    lines = [line for line in reported[3].splitlines() if line.startswith("{")]
    kinds = {json.loads(line)["Type"] for line in lines}
    assert {"boom", "request.summary"} <= kinds


def test_each_request_is_profiled_into_a_file(app, tmp_path, capsys):
    settings = {"profiler_enabled": "true", "profiler_dir": str(tmp_path)}
    profiled = install_middlewares(app.app, settings)
    environ = {"REQUEST_METHOD": "GET", "PATH_INFO": "/v1/", "SERVER_NAME": "x"}
    environ |= {"SERVER_PORT": "80", "wsgi.url_scheme": "http", "SERVER_PROTOCOL": "HTTP/1.1"}
    list(profiled(environ, lambda *args: None))
    [profile] = tmp_path.iterdir()
    assert profile.name.startswith("GET.v1.") and profile.name.endswith(".prof")


def test_an_address_of_sentry_that_is_none_stops_the_start(tmp_path):
    with pytest.raises(BadDsn, match="Unsupported scheme ''"):
        core_app(sentry_dsn="nowhere")


def test_the_page_lists_every_setting():
    own = pages.declared_in("monitoring", MonitoringSettings)
    assert [name for name in own if not name.startswith("statsd")] == []


def test_the_page_is_followed_word_for_word(app):
    pages.follow(app, "monitoring")
