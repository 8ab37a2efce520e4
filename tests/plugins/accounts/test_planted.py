"""A password that is planted everywhere comes out nowhere: real server, everything logged."""

from __future__ import annotations

import json
from pathlib import Path

import requests

from tests import servers, smtp
from tests.factories import credentials

PLANTED = "xyzzy-planted-in-every-place"
NEW = "plugh-planted-as-well"
ANN = "ann@example.com"

LOGGING = servers.LOGGING.replace("level = WARNING", "level = DEBUG").replace(
    "format = %(asctime)s", "class = kinto.core.JsonLogFormatter\nformat = %(asctime)s"
)
SETTINGS = {
    "kinto.includes": "kinto.plugins.accounts kinto.plugins.default_bucket kinto.plugins.history",
    "kinto.default_bucket_hmac_secret": "95e0ac60ba5e8ec6b8d24e0fb6dd9b6f",
    "kinto.bucket_create_principals": "system.Authenticated",
    "kinto.account_create_principals": "system.Everyone",
    "kinto.account_validation": "true",
    "kinto.account_validation.email_body_template": "{password}{hash} {activation-key}",
    "kinto.account_bcrypt_rounds": "4",
    "kinto.event_listeners": "all",
    "kinto.event_listeners.all.use": "tests.plugins.accounts.listener",
    "kinto.event_listeners.all.actions": "create update delete read",
    "multiauth.policies": "account",
    "multiauth.policy.account.use": "kinto.plugins.accounts.AccountsPolicy",
    "mail.host": "127.0.0.1",
}


def test_a_planted_password_comes_out_nowhere(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(servers, "LOGGING", LOGGING)
    with smtp.smtp_server() as inbox:
        settings = {**SETTINGS, "mail.port": str(inbox.port)}
        with servers.running_server(backend="sqlite", data=tmp_path, settings=settings) as running:
            answers = list(_everything(running.url, inbox))
        mails = [str(message) for message in inbox.messages]
        key = smtp.text_of(inbox.messages[0]).rpartition(" ")[2]
    log = next(tmp_path.glob("*.log")).read_text()
    stored = b"".join(path.read_bytes() for path in tmp_path.glob("kinto.sqlite*"))
    assert "request.summary" in log and "impacted" in log and ANN in log
    shown = {"answers": "\n".join(answers), "mails": "\n".join(mails), "log": log}
    encoded = {credentials(ANN, item)["Authorization"][6:] for item in (PLANTED, NEW)}
    for place, text in shown.items():
        for secret in (PLANTED, NEW, *encoded, "$2b$"):
            assert secret not in text, f"{secret} in {place}"
    for secret in (PLANTED, NEW):
        assert secret.encode() not in stored
    for secret in (key, "kinto_s.", "kinto_r."):
        assert secret not in log


def _everything(url: str, inbox: smtp.Received):
    """Every way in which a password comes to the server; yields what it answers."""

    def send(method: str, path: str, body=None, *, headers=None, raw: bytes | None = None):
        answer = requests.request(
            method, url + path, json=body, data=raw, headers=headers or {}, timeout=20
        )
        return f"{answer.status_code} {dict(answer.headers)} {answer.text}"

    own, new = credentials(ANN, PLANTED), credentials(ANN, NEW)
    account = f"/accounts/{ANN}"
    body = {"data": {"id": ANN, "password": PLANTED}}
    json_patch = [{"op": "add", "path": "/data/password", "value": NEW}]
    kind = {"Content-Type": "application/json-patch+json"}
    yield send("POST", "/accounts", body)
    yield send("POST", "/accounts", {"data": {"id": "no address", "password": PLANTED}})
    yield send("GET", account, headers=own)
    yield send("POST", f"{account}/validate/{PLANTED}")
    key = smtp.text_of(inbox.wait_for(1)[0]).rpartition(" ")[2]
    yield send("POST", f"{account}/validate/{key}")
    for path in ("/", "/accounts", account, "/accounts?_since=0", "/permissions", "/__heartbeat__"):
        yield send("GET", path, headers=own)
    yield send("POST", "/accounts", body)
    yield send("POST", "/accounts", raw=json.dumps(body).encode()[:-1])
    yield send("POST", f"{account}/sessions", headers=own)
    yield send("GET", f"{account}/sessions", headers=own)
    yield send("POST", f"{account}/sessions", headers=credentials("nobody", PLANTED))
    yield send("PUT", account, {"data": {"password": PLANTED, "city": "Oslo"}}, headers=own)
    yield send("PUT", account, body, headers={**own, "If-Match": '"1"'})
    yield send("PATCH", account, {"data": {"password": PLANTED}}, headers=own)
    light = {**own, "Response-Behavior": "diff"}
    yield send("PATCH", account, {"data": {"password": PLANTED, "a": 1}}, headers=light)
    requests_ = [
        {"method": "PATCH", "path": account, "body": {"data": {"password": PLANTED}}},
        {"path": "/", "headers": own},
        {"path": "/accounts", "headers": credentials(ANN, "wrong")},
    ]
    yield send("POST", "/batch", {"requests": requests_}, headers=own)
    yield send("POST", "/batch", {"requests": [{"nonsense": 1, **requests_[0]}]}, headers=own)
    yield send("PUT", "/buckets/b", headers=own)
    yield send("PUT", "/buckets/default/collections/c/records/r", headers=own)
    yield send("GET", "/buckets/b/history", headers=own)
    for query in ("password=1", "has_password=true", "like_hash=2b", "_sort=password", "hash=1"):
        yield send("GET", f"/accounts?{query}", headers=own)
    yield send("GET", "/", headers={"Authorization": f"Bearer {PLANTED}"})
    yield send("GET", "/", headers={"Authorization": f"{PLANTED} {NEW}"})
    yield send("PATCH", account, raw=json.dumps(json_patch).encode(), headers={**own, **kind})
    yield send("POST", f"{account}/reset-password")
    yield send("GET", account, headers=new)
    yield send("DELETE", account + "?erase_data=true", headers=new)
    yield send("GET", account, headers=new)
    # Read by servers before there is a request: kept out of the log, not of the answer.
    for path in (f"/accounts?password={PLANTED}", f"/?access_token={PLANTED}"):
        assert PLANTED not in send("GET", path, headers=new)
