"""A server without file: one folder, secrets made once and kept private."""

import json
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from kinto.cli import serve, standalone


def test_secrets_are_made_once(tmp_path):
    path = tmp_path / "secrets.json"
    first = standalone.secrets(path)
    assert standalone.secrets(path) == first
    assert len(set(first.values())) == 2 and all(len(value) == 64 for value in first.values())


def test_only_the_owner_reads_the_secrets(tmp_path):
    standalone.secrets(tmp_path / "secrets.json")
    assert stat.S_IMODE((tmp_path / "secrets.json").stat().st_mode) == 0o600


def test_processes_that_start_together_agree(tmp_path):
    path = tmp_path / "secrets.json"
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: standalone.secrets(path), range(32)))
    assert all(secrets == made[0] for secrets in made)
    assert [item.name for item in tmp_path.iterdir()] == ["secrets.json"]


@pytest.mark.parametrize("content", [[], {}, {"userid_hmac_secret": "a"}])
def test_a_broken_file_of_secrets_is_told(tmp_path, content):
    path = tmp_path / "secrets.json"
    path.write_text(json.dumps(content))
    with pytest.raises(ValueError, match="does not hold"):
        standalone.secrets(path)


def test_the_folder_is_made_private(tmp_path):
    folder = standalone.data_folder(str(tmp_path / "a" / "b"))
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_without_a_name_the_users_data_folder_is_used(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert standalone.data_folder(None) == tmp_path / "kinto"


def test_the_three_backends_share_one_file(tmp_path):
    settings = standalone.settings(tmp_path)
    urls = {settings[f"{kind}_url"] for kind in ("storage", "permission", "cache")}
    assert urls == {f"sqlite:///{tmp_path}/kinto.sqlite"}


def test_newcomers_are_told_what_they_need():
    text = serve.welcome(Path("/data"), host="127.0.0.1", port=8888)
    assert "/data/kinto.sqlite" in text
    assert "any user:password is accepted" in text
    assert "curl -X PUT -u ann:any-password http://127.0.0.1:8888/v1/buckets/a-bucket" in text


@pytest.mark.parametrize(
    ("host", "shown"), [("0.0.0.0", "127.0.0.1"), ("::1", "[::1]"), ("10.0.0.1", "10.0.0.1")]
)
def test_the_url_can_be_used(host, shown):
    assert f"http://{shown}:1/v1/" in serve.welcome(Path("/d"), host=host, port=1)
