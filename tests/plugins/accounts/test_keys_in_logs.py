"""Keys that addresses hold are told by no log, not even those of a batch."""

from __future__ import annotations

import logging

from tests.plugins.accounts.conftest import SETTINGS


def test_the_log_of_a_batch_does_not_tell_activation_keys(make_app, caplog):
    app = make_app(**{**SETTINGS, "account_validation": "true"})
    path = "/accounts/ann@example.com/validate/planted-key"
    with caplog.at_level(logging.INFO):
        app.post_json("/batch", {"requests": [{"method": "POST", "path": path}]})
        app.post(path, status=403)
    paths = [vars(record)["path"] for record in caplog.records if "path" in vars(record)]
    shown = "/v1/accounts/ann@example.com/validate/***"
    assert paths.count(shown) == 2
    assert not any("planted" in path for path in paths)
