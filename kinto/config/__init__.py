"""Configuration files: written by `kinto init` from a template, and described to clients.

The code is at this promised path, and not behind it, because suites replace
`config.render_template` and look at what `init` gives it.
"""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path
from typing import Any

from kinto.core.runtime import clock, randomness
from kinto.core.settings.origin import config_attributes

__all__ = [
    "backend_to_values",
    "cache_backend_to_values",
    "config_attributes",
    "init",
    "postgresql_url",
    "render_template",
]

HERE = Path(__file__).parent

postgresql_url = "postgresql://postgres:postgres@localhost/postgres"
sqlite_url = "sqlite:///%(here)s/kinto.sqlite"
redis_url = "redis://127.0.0.1/0"
memcached_hosts = "127.0.0.1:11211 127.0.0.2:11211"


def _stored_in(name: str, url: str) -> dict[str, str]:
    return {
        "storage_backend": f"kinto.core.storage.{name}",
        "storage_url": url,
        "permission_backend": f"kinto.core.permission.{name}",
        "permission_url": url,
    }


def _cached_in(name: str, url: str, hosts: str = "") -> dict[str, str]:
    return {
        "cache_backend": f"kinto.core.cache.{name}",
        "cache_url": url,
        "cache_hosts": hosts,
    }


backend_to_values = {
    "postgresql": _stored_in("postgresql", postgresql_url),
    "sqlite": _stored_in("sqlite", sqlite_url),
    "redis": _stored_in("redis", redis_url),
    "memory": _stored_in("memory", ""),
}
cache_backend_to_values = {
    "postgresql": _cached_in("postgresql", postgresql_url),
    "sqlite": _cached_in("sqlite", sqlite_url),
    "memcached": _cached_in("memcached", memcached_hosts, memcached_hosts),
    "redis": _cached_in("redis", redis_url),
    "memory": _cached_in("memory", ""),
}


def init(config_file: str, backend: str, cache_backend: str, host: str = "127.0.0.1") -> None:
    """Write a configuration file with secrets of its own.

    Raises:
        KeyError: no backend has this name; nothing is written.
    """
    values = {
        **backend_to_values[backend],
        **cache_backend_to_values[cache_backend],
        "host": host,
        "secret": randomness.random_hex(32),
        "bucket_id_salt": randomness.random_hex(32),
        "kinto_version": version("kinto"),
        "config_file_timestamp": clock.now().strftime("%a, %d %b %Y %H:%M:%S %z"),
    }
    render_template("kinto.tpl", config_file, **values)


def render_template(template: str, destination: str, **kwargs: Any) -> None:
    """Fill `template` (a path from this folder) and write it; folders are made when absent.

    The file holds secrets, so a new one is readable by its owner only.
    """
    target = Path(destination)
    target.parent.mkdir(parents=True, exist_ok=True)
    text = (HERE / template).read_text(encoding="utf-8").format_map(kwargs)
    target.touch(mode=0o600)
    target.write_text(text, encoding="utf-8")
