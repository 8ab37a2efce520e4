"""A server without configuration file: where its data is, its secrets, its settings.

Everything is in one folder: the SQLite file, and the secrets, made once and readable by their
owner only.
"""

from __future__ import annotations

import json
import os
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

import platformdirs

import kinto
from kinto.core import scripts
from kinto.core.runtime import randomness

DATABASE = "kinto.sqlite"
SECRETS = "secrets.json"
_SECRET_NAMES = ("userid_hmac_secret", "default_bucket_hmac_secret")


def data_folder(wanted: str | None) -> Path:
    """Return the folder of the data, made when absent: `wanted`, else the user's data folder."""
    folder = Path(wanted) if wanted else Path(platformdirs.user_data_dir("kinto", appauthor=False))
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder.resolve()


def settings(folder: Path) -> dict[str, Any]:
    """The settings of a server whose data is in `folder`; its secrets are made when absent."""
    url = "sqlite:///" + quote(str(folder / DATABASE))
    backends: dict[str, Any] = {}
    for kind in ("storage", "permission", "cache"):
        backends[f"{kind}_backend"] = f"kinto.core.{kind}.sqlite"
        backends[f"{kind}_url"] = url
    return {
        **backends,
        **secrets(folder / SECRETS),
        "multiauth.policies": "basicauth",
        "experimental_collection_schema_validation": True,
        "experimental_permissions_endpoint": True,
    }


def secrets(path: Path) -> dict[str, str]:
    """Return the secrets kept in `path`, made at the first call with mode 0600.

    Two processes that start together agree: the first to link its file wins.

    Raises:
        ValueError: the file does not hold the two secrets.
    """
    if not path.exists():
        _make_secrets(path)
    kept = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(kept, dict) or not all(kept.get(name) for name in _SECRET_NAMES):
        raise ValueError(f"{path} does not hold {' and '.join(_SECRET_NAMES)}.")
    return {name: str(kept[name]) for name in _SECRET_NAMES}


def environment(folder: Path, command: str | None = None) -> Mapping[str, Any]:
    """Build the server of `folder`, its schema up to date, as scripts expect it."""
    with warnings.catch_warnings():
        # A server on the loopback address needs no HTTPS, and newcomers no warning about it.
        warnings.filterwarnings("ignore", message="HTTPS is not enabled")
        app = kinto.main({"command": command}, **settings(folder))
    env = {"app": app, "registry": app.registry}
    scripts.migrate(env)
    return env


def _make_secrets(path: Path) -> None:
    fresh = {name: randomness.random_hex(32) for name in _SECRET_NAMES}
    draft = path.with_name(f".{path.name}.{randomness.random_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(fresh, file, indent=2)
        file.write("\n")
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
