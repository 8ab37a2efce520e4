"""From signing up to a revoked token: real mail, real servers, and the published JavaScript client.

Two processes serve one SQLite file; what one of them is told counts in the other at once.
"""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import requests

from tests import smtp
from tests.clients.conftest import JS, program
from tests.factories import credentials
from tests.servers import running_server

ANN = "ann@example.com"
PASSWORD = "of ann, who signs up"
SETTINGS = {
    "kinto.includes": "kinto.plugins.accounts kinto.plugins.default_bucket kinto.plugins.history",
    "kinto.default_bucket_hmac_secret": "95e0ac60ba5e8ec6b8d24e0fb6dd9b6f",
    "kinto.bucket_create_principals": "system.Authenticated",
    "kinto.account_create_principals": "system.Everyone",
    "kinto.account_validation": "true",
    "kinto.account_bcrypt_rounds": "6",
    "kinto.experimental_permissions_endpoint": "true",
    "multiauth.policies": "account",
    "multiauth.policy.account.use": "kinto.plugins.accounts.AccountsPolicy",
    "mail.host": "127.0.0.1",
}
SECONDS = 60


def sync(url: str, authorization: str, *, title: str) -> dict:
    """What a device that is given these credentials sees."""
    done = subprocess.run(
        [program("node"), "--no-warnings", "token.mjs"],
        cwd=JS,
        check=True,
        env={
            **os.environ,
            "REMOTE": url,
            "BUCKET": "own",
            "AUTHORIZATION": authorization,
            "TITLE": title,
        },
        capture_output=True,
        text=True,
        timeout=SECONDS,
    )
    return json.loads(done.stdout.splitlines()[-1])


def test_from_signing_up_to_a_revoked_token(packages: Path, tmp_path: Path) -> None:
    with smtp.smtp_server() as inbox:
        settings = {**SETTINGS, "mail.port": str(inbox.port)}
        with running_server(
            backend="sqlite", data=tmp_path, processes=2, settings=settings
        ) as servers:
            _walk(*servers.urls, inbox)


def _walk(first: str, second: str, inbox: smtp.Received) -> None:
    account = f"/accounts/{ANN}"
    body = {"data": {"id": ANN, "password": PASSWORD}}
    assert requests.post(f"{first}/accounts", json=body).status_code == 201
    own = credentials(ANN, PASSWORD)
    assert requests.post(f"{first}{account}/sessions", headers=own).status_code == 401
    key = smtp.text_of(inbox.wait_for(1)[0])
    assert requests.post(f"{second}{account}/validate/{key}").status_code == 200

    session = requests.post(f"{first}{account}/sessions", headers=own).json()["data"]["token"]
    user = {"Authorization": f"Bearer {session}"}
    for path in (
        "/buckets/own",
        "/buckets/own/collections/tasks",
        "/buckets/own/collections/other",
    ):
        assert requests.put(f"{second}{path}", headers=user).status_code == 201

    wanted = {
        "name": "phone",
        "access": "write",
        "resources": ["/buckets/own/collections/tasks"],
    }
    made = requests.post(f"{first}{account}/tokens", json={"data": wanted}, headers=user)
    token = made.json()["data"]
    bearer = {"Authorization": f"Bearer {token['token']}"}
    by_password = credentials(ANN, token["token"])["Authorization"]

    seen = sync(first, bearer["Authorization"], title="by bearer")
    assert seen["tasks"] == {"ok": True, "titles": ["by bearer"], "errors": 0}
    assert seen["other"] == {"ok": False, "status": 403}
    seen = sync(second, by_password, title="by password")
    assert seen["tasks"] == {"ok": True, "titles": ["by bearer", "by password"], "errors": 0}
    assert seen["other"] == {"ok": False, "status": 403}
    for url in (first, second):
        for path in ("/buckets/own", "/buckets/default", account, f"{account}/tokens"):
            assert requests.get(f"{url}{path}", headers=bearer).status_code == 403

    for url in (first, second):
        path = f"{url}/buckets/own/collections/tasks/records"
        assert requests.get(path, headers=bearer).status_code == 200
    revoked = requests.delete(f"{first}{account}/tokens/{token['id']}", headers=user)
    assert revoked.status_code == 200
    for url in (second, first):
        path = f"{url}/buckets/own/collections/tasks/records"
        assert requests.get(path, headers=bearer).status_code == 401
        assert requests.get(path, headers={"Authorization": by_password}).status_code == 401
    assert sync(second, bearer["Authorization"], title="too late")["tasks"]["status"] == 401
    assert requests.delete(f"{first}{account}/sessions/current", headers=user).status_code == 200
    assert requests.get(f"{second}{account}", headers=user).status_code == 401
