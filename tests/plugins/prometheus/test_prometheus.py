"""`/__metrics__` (plugins: 14): names, labels, and the number of series clients can make."""

from __future__ import annotations

import os
import subprocess
import sys

import prometheus_client
import pytest
from prometheus_client.parser import text_string_to_metric_families
from pyramid.exceptions import ConfigurationError
from zope.interface.verify import verifyObject

from kinto.core.metrics import IMetricsService
from kinto.plugins import prometheus
from kinto.plugins.prometheus import PrometheusService, get_registry, reset_registry
from kinto.plugins.prometheus.settings import PrometheusSettings
from tests import factories
from tests.plugins import pages

PLUGIN = {"includes": "kinto.plugins.prometheus"}


@pytest.fixture
def build(backend, tmp_path):
    """An application of its own: a registry holds the series of the last one made."""

    def make(**settings):
        app = factories.build_api(backend, tmp_path, **PLUGIN, **settings)
        app.empty()
        return app

    return make


@pytest.fixture
def service():
    reset_registry()
    return PrometheusService("test_", ["off", "test_gone"], [0.5, 1.0])


def samples(text):
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def shown(app):
    return samples(app.get("/__metrics__").text)


def labelled(found, name):
    return [dict(labels) for key, labels in found if key == name]


def exposed():
    return samples(prometheus_client.generate_latest(get_registry()).decode())


def test_the_page_is_followed_word_for_word(build):
    settings = pages.settings_of("prometheus")
    pages.follow(build(**{k: v for k, v in settings.items() if k != "includes"}), "prometheus")


def test_the_page_lists_every_setting():
    assert pages.declared_in("prometheus", PrometheusSettings) == []


def test_a_response_is_counted_with_the_ids_in_its_path(build, user_headers):
    app = build()
    app.put_json("/buckets/a", headers=user_headers("ann"))
    found = shown(app)
    expected = {"method": "put", "endpoint": "bucket-object", "bucket_id": "a"}
    expected |= {"collection_id": "", "group_id": "", "record_id": ""}
    assert {**expected, "status": "201"} in labelled(found, "kinto_request_summary_total")
    assert expected in labelled(found, "kinto_request_size_sum")
    assert {**expected, "le": "0.01"} in labelled(found, "kinto_request_duration_seconds_bucket")
    assert labelled(found, "kinto_authentication_total") == [{"type": "basicauth"}]
    assert {"method": "create"} in labelled(found, "kinto_backend_storage_seconds_count")
    assert labelled(found, "python_info")


def test_the_answer_is_text_for_any_method(build):
    app = build()
    for method in ("GET", "POST", "DELETE"):
        resp = app.request("/__metrics__", method=method)
        assert resp.headers["Content-Type"] == "text/plain; version=1.0.0; charset=utf-8"


@pytest.mark.filterwarnings("ignore:Unknown REQUEST_METHOD")
@pytest.mark.parametrize("method", ["GET", "PUT", "OPTIONS", "BREW"])
def test_paths_and_methods_that_a_client_makes_up_are_no_labels(build, method):
    app = build()
    for number in range(20):
        path = f"/buckets/made-up-{number}"
        headers = {"Origin": "http://x", "Access-Control-Request-Method": "GET"}
        app.request(path, method=method, headers=headers, status="*")
        app.request(path, method=f"{method}{number}", status="*")
    rows = labelled(shown(app), "kinto_request_summary_total")
    assert {row["bucket_id"] for row in rows} == {""}
    assert {row["method"] for row in rows} <= {method.lower(), "other"}


def test_users_and_objects_beyond_the_limit_are_merged(build, user_headers):
    app = build(prometheus_max_series=5)
    for number in range(9):
        app.put_json(f"/buckets/b{number}", headers=user_headers(f"user{number}"))
    found = shown(app)
    users = labelled(found, "kinto_users_total")
    assert len(users) == 6
    assert {"auth": "basicauth", "userid": "other"} in users
    total = sum(value for (name, _), value in found.items() if name == "kinto_users_total")
    assert total == 9
    assert len(labelled(found, "kinto_request_summary_total")) == 6


@pytest.mark.parametrize(
    ("given", "prefix"), [("Remote-Settings_x", "remotesettingsx_"), ("", ""), ("a.b c", "abc_")]
)
def test_the_prefix_is_made_of_letters(build, given, prefix):
    app = build(prometheus_prefix=given)
    app.get("/")
    assert labelled(shown(app), f"{prefix}request_summary_total")
    assert app.get("/").json["capabilities"]["prometheus"]["prefix"] == prefix


def test_disabled_metrics_are_not_collected(build):
    disabled = "kinto_request_summary backend_storage_seconds"
    app = build(prometheus_disabled_metrics=disabled)
    app.get("/buckets/a", status="*")
    found = {name for name, _ in shown(app)}
    assert "kinto_request_summary_total" not in found
    assert "kinto_backend_storage_seconds_count" not in found
    assert "kinto_request_size_count" in found
    capability = app.get("/").json["capabilities"]["prometheus"]
    assert capability["disabled_metrics"] == disabled.split()


def test_bounds_of_histograms_end_with_infinity(build):
    found = shown(build(prometheus_histogram_buckets="0.5 2"))
    bounds = {row["le"] for row in labelled(found, "kinto_backend_cache_seconds_bucket")}
    assert bounds == {"0.5", "2.0", "+Inf"}


def test_a_bound_that_is_no_number_stops_the_start(build):
    with pytest.raises(ValueError, match="could not convert string to float: 'a'"):
        build(prometheus_histogram_buckets="0.5 a")


def test_series_may_leave_out_when_they_began(build):
    try:
        app = build(prometheus_created_metrics_enabled="false")
        assert not [name for name, _ in shown(app) if name.endswith("_created")]
    finally:
        prometheus_client.enable_created_metrics()


def test_without_the_library_the_start_says_what_to_install(build, monkeypatch):
    monkeypatch.setattr(prometheus, "prometheus_module", None)
    with pytest.raises(ConfigurationError, match="prometheus-client package"):
        build()


def test_the_service_keeps_the_interface(service):
    assert verifyObject(IMetricsService, service)


def test_timers_measure_blocks_functions_and_what_is_measured_elsewhere(service):
    with service.timer("key", labels=[("a", "b")]):
        pass
    assert service.timer("key", labels=[("a", "b")])(lambda x: x + 1)(1) == 2
    service.timer("key", value=0.7, labels=[("a", "b")])
    found = exposed()
    assert found["test_key_count", (("a", "b"),)] == 3
    assert found["test_key_bucket", (("a", "b"), ("le", "0.5"))] == 2


def test_a_failing_function_is_timed_too(service):
    @service.timer("key")
    def fail():
        raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert exposed()["test_key_count", ()] == 1


def test_a_timer_that_was_not_started_cannot_stop(service):
    with pytest.raises(RuntimeError, match="not started"):
        service.timer("key").stop()


def test_counts_may_be_unique_in_the_former_way(service):
    service.count("plugin.signs", 2)
    service.count("plugin.users", unique="userid.ann")
    found = exposed()
    assert found["test_plugin_signs_total", ()] == 2
    assert found["test_plugin_users_total", (("userid", "ann"),)] == 1


def test_disabled_names_do_nothing(service):
    with service.timer("off"), service.timer("gone"):
        service.observe("off", 1)
        service.count("gone")
    service.timer("off", value=1)
    assert not [name for name, _ in exposed() if "off" in name or "gone" in name]


def test_what_cannot_be_counted_is_told_once_and_breaks_nothing(service, caplog):
    for _ in range(3):
        service.count("key", unique=[("a", "1")])
        service.count("key", unique=[("b", "1")])
        service.observe("key", 1)
        service.timer("key", value=1)
    assert len(caplog.records) == 3
    assert exposed()["test_key_total", (("a", "1"),)] == 3


COUNTING = """
import sys
from pathlib import Path
from kinto.plugins.prometheus import PrometheusService, reset_registry
reset_registry()
PrometheusService("x_").count("runs", unique=[("who", sys.argv[1])])
print(sorted(path.name for path in Path(sys.argv[2]).iterdir()))
if sys.argv[3:]:
    from kinto.plugins.prometheus import metrics_view
    print(metrics_view(None).text)
    import shutil; shutil.rmtree(sys.argv[2])
    print(metrics_view(None).status)
input()
"""


def test_processes_that_share_a_folder_show_one_sum(tmp_path):
    folder = tmp_path / "metrics"
    folder.mkdir()
    (folder / "counter_999999999.db").write_bytes(b"of a process that is gone")
    environ = {**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(folder)}

    def start(*arguments):
        return subprocess.Popen(
            [sys.executable, "-c", COUNTING, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environ,
            text=True,
        )

    first = start("one", str(folder))
    assert first.stdout.readline() == f"['counter_{first.pid}.db']\n"
    second = start("two", str(folder), "show")
    text, _ = second.communicate("\n", timeout=30)
    first.communicate("\n", timeout=30)
    assert 'x_runs_total{who="one"} 1.0' in text
    assert 'x_runs_total{who="two"} 1.0' in text
    assert "python_info" not in text
    assert "_created" not in text
    assert "204 No Content" in text
