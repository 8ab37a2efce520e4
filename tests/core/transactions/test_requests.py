"""How the transaction of a request ends, and what of it is kept."""

from __future__ import annotations

import pytest
import transaction

from kinto.core.runtime import units
from tests.core.transactions import probe

PLUGIN = "tests.core.transactions.probe"


@pytest.fixture(params=["ours", "pyramid_tm"])
def api(request, make_app):
    """With our own tween, and with the one of pyramid_tm (a setting of its own asks for it)."""
    settings = {"includes": PLUGIN}
    if request.param == "pyramid_tm":
        settings["tm.annotate_user"] = "true"
    return make_app(**settings)


def kept(api) -> set[str]:
    return {obj["id"] for obj in api.storage.list_all("probe", "")}


@pytest.fixture(autouse=True)
def nothing_stays_open():
    yield
    assert units.current() is None
    transaction.abort()


def test_what_a_view_writes_is_kept(api):
    api.post("/probe/plain")
    assert kept(api) == {"written"}


@pytest.mark.parametrize(("ending", "status"), [("raises", 500), ("refuses", 401), ("dooms", 200)])
def test_what_a_view_wrote_is_undone(api, ending, status):
    api.post(f"/probe/{ending}", status=status)
    assert kept(api) == set()


def test_an_error_that_is_returned_undoes_nothing(api):
    api.post("/probe/returns_an_error", status=409)
    assert kept(api) == {"written"}


def test_hooks_of_the_transaction_package_run(api):
    api.post("/probe/hooks")
    assert probe.HOOKS == ["before", "after True True"]
    assert kept(api) == {"written"}


def test_what_a_hook_writes_before_the_commit_belongs_to_it(api):
    api.post("/probe/hook_writes")
    assert kept(api) == {"written", "by-the-hook"}


@pytest.mark.parametrize("ending", ["hook_fails", "unit_fails"])
def test_a_commit_that_fails_is_a_503_and_keeps_nothing(api, ending):
    answer = api.post(f"/probe/{ending}", status=503)
    assert answer.json["errno"] == 201
    assert "Retry-After" in answer.headers
    assert kept(api) == set()


def test_the_next_request_of_the_thread_starts_afresh(api):
    api.post("/probe/unit_fails", status=503)
    api.post("/probe/plain")
    assert kept(api) == {"written"}


def test_without_transaction_per_request_each_operation_commits_by_itself(make_app):
    api = make_app(includes=PLUGIN, transaction_per_request="false")
    api.post("/probe/raises", status=500)
    assert kept(api) == {"written"}
