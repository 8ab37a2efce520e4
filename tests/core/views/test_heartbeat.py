import threading

import pytest

from kinto.core.storage.exceptions import BackendError
from tests.core.application import core_app


def with_checks(**checks):
    return core_app(
        configure=lambda config: config.registry.heartbeats.update(checks),
        heartbeat_timeout_seconds=0.2,
    )


def fail(request):
    raise BackendError(ValueError("down"))


def test_each_backend_has_its_entry():
    response = core_app().get("/v0/__heartbeat__")
    assert response.json == {"storage": True, "permission": True, "cache": True}
    assert not {"ETag", "Cache-Control"} & set(response.headers)


# What a check does: whether it is healthy.
CHECKS = [
    (lambda request: True, True),
    (lambda request: None, True),
    (lambda request: False, False),
    (fail, False),
    (lambda request: threading.Event().wait(5), False),
]


@pytest.mark.parametrize(("check", "healthy"), CHECKS)
def test_a_check_fails_when_it_says_so_or_is_late(check, healthy):
    response = with_checks(mine=check).call("GET", "/v0/__heartbeat__")
    assert response.json["mine"] is healthy
    assert response.status_code == (200 if healthy else 503)
    assert response.json["storage"] is True
    assert "Retry-After" not in response.headers
    assert set(response.json) == {"storage", "permission", "cache", "mine"}


def test_checks_run_side_by_side():
    together = threading.Barrier(2, timeout=2)

    def meet(request):
        together.wait()
        return True

    assert with_checks(one=meet, other=meet).get("/v0/__heartbeat__").json["other"] is True


# The storage asks itself under a former name, which backends and their tests hook.
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_read_only_server_checks_without_writing():
    app = core_app(readonly="true")
    storage = app.registry.storage
    before = dict(storage.all_resources_timestamps("__heartbeat__"))
    assert app.get("/v0/__heartbeat__").status_code == 200
    assert dict(storage.all_resources_timestamps("__heartbeat__")) == before


def test_the_process_alone_answers_the_load_balancer():
    app = with_checks(mine=fail)
    response = app.get("/v0/__lbheartbeat__")
    assert (response.status_code, response.json) == (200, {})


@pytest.mark.parametrize("name", ["__heartbeat__", "__lbheartbeat__", "__version__", "__api__", ""])
def test_utilities_are_only_read(name):
    response = core_app().call("POST", f"/v0/{name}")
    assert response.status_code == 405
    assert response.headers["Allow"] == "GET, HEAD, OPTIONS"
