"""Who has an account is not told by time; the full size is in `tests/acceptance`."""

from __future__ import annotations

import statistics
import time

from kinto.plugins.accounts import letters
from tests.factories import credentials
from tests.plugins.accounts.conftest import SETTINGS as BASE

SETTINGS = {
    **BASE,
    "account_bcrypt_rounds": "8",
    "account_failures_per_account": "0",
    "account_failures_per_address": "0",
}
NAME = "somebody"


def ratio_of_medians(app, *, logins):
    """Time of wrong passwords for a known name over that for unknown ones, and the first.

    The logins are interleaved, in turns of changing order; the time is that of the processor, so
    that other work of the machine does not count.
    """
    app.post_json("/accounts", {"data": {"id": NAME, "password": "secret"}}, expect_errors=True)
    times = {"known": [], "unknown": []}
    for number in range(logins):
        pair = [("known", NAME), ("unknown", f"some{number:04}")]
        for kind, name in pair if number % 2 else reversed(pair):
            headers = credentials(name, f"wrong{number}")
            started = time.process_time()
            resp = app.get("/accounts", headers=headers, status=401)
            times[kind].append(time.process_time() - started)
            assert "Cannot read accounts." in resp.text
    known, unknown = (statistics.median(times[kind]) for kind in ("known", "unknown"))
    return known / unknown, known


def test_names_are_not_told_by_time(make_app, capsys):
    ratio, _ = ratio_of_medians(make_app(**SETTINGS), logins=15)
    # Shown, not judged: a busy machine is no fault of the code.
    print(f"known / unknown: {ratio:.3f}")
    assert ratio > 0


def test_signing_up_and_resetting_do_the_same_work(make_app, monkeypatch):
    app = make_app(**SETTINGS, account_validation="true", **{"mail.debug_mailer": "false"})
    sent = []
    monkeypatch.setattr(app.registry.accounts_outbox, "put", sent.append)
    confirming = "/accounts/ann@example.com/validate/{}"
    body = {"data": {"id": "ann@example.com", "password": "secret"}}
    app.post_json("/accounts", body)
    app.post(confirming.format(sent[0].get_content().strip()))
    calls = []
    filled = letters.filled
    monkeypatch.setattr(letters, "filled", lambda *args: calls.append("letter") or filled(*args))
    monkeypatch.setattr(app.registry.accounts_outbox, "put", lambda message: calls.append("put"))
    for name in ("get", "set"):
        real = getattr(app.cache, name)
        monkeypatch.setattr(
            app.cache,
            name,
            lambda *args, name=name, real=real, **kw: calls.append(name) or real(*args, **kw),
        )
    for name in ("create", "update", "delete", "delete_all", "get_many", "list_all", "lock_parent"):
        real = getattr(app.storage, name)
        monkeypatch.setattr(
            app.storage,
            name,
            lambda *args, name=name, real=real, **kw: calls.append(name) or real(*args, **kw),
        )
    seen = {}
    for user in ("ann@example.com", "new@example.com"):
        calls.clear()
        app.post_json("/accounts", {"data": {"id": user, "password": "x"}}, status=201)
        app.post(f"/accounts/{user}/reset-password")
        seen[user] = list(calls)
    assert seen["ann@example.com"] == seen["new@example.com"]
    assert seen["ann@example.com"].count("put") == 2
