"""What is looked at in an ini file before a server is built from it: names, secrets, exposure."""

from __future__ import annotations

import errno
import ipaddress
import os
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import plaster

from kinto.core.settings.application import effective_defaults
from kinto.core.settings.fields import aslist
from kinto.core.settings.loading import merge_settings
from kinto.core.settings.names import UnknownSetting, check_names
from kinto.core.settings.plugins import resolve
from kinto.core.settings.secrets import check_secrets

_WAITRESS_HOST = "0.0.0.0"  # noqa: S104 - what waitress listens on when the file says nothing

EXPOSED = """\
*******************************************************************************
WARNING: this server listens on {host} and its policy `basicauth` accepts ANY
password. Whoever reaches this address can make users and write what they may.
Use `basicauth` for development only.
*******************************************************************************"""


def check_file(path: str, *, http_port: int, secrets: bool = True) -> dict[str, Any]:
    """Refuse an ini file that is absent, has misspelled names or, with `secrets`, unsafe ones.

    Warns on stderr about `basicauth` on an address that is not loopback. Returns the settings,
    merged (plain names).

    Raises:
        FileNotFoundError: there is no such file.
        UnknownSetting: with the line where the name is.
        UnknownPlugin: `includes` names what is not installed.
        UnsafeSecret: see `kinto.core.settings.secrets`.
    """
    if not os.path.isfile(path):
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), path)
    loader = plaster.get_loader(path, protocols=["wsgi"])
    defaults = {"http_port": str(http_port)}
    settings = loader.get_settings("app:main", defaults)
    if not settings:
        return {}
    check_written_names(path, settings)
    merged: dict[str, Any] = merge_settings(
        settings, effective_defaults(), prefix="kinto", environ=os.environ
    )
    resolve(aslist(merged["includes"]))
    if secrets:
        check_secrets(merged)
        server = loader.get_settings("server:main", defaults)
        warn_if_exposed(merged, listening_hosts(server))
    return merged


def check_written_names(path: str, settings: Mapping[str, Any]) -> None:
    """Check the names of a file and of the environment; tells the line. Raises `UnknownSetting`.

    Names that are gone are left to the application, which logs them.
    """
    try:
        check_names(settings, environ=os.environ)
    except UnknownSetting as unknown:
        where = _line_of(path, unknown.name) or unknown.where
        raise UnknownSetting(unknown.name, unknown.nearest, where) from None


def warn_if_exposed(settings: Mapping[str, Any], hosts: list[str]) -> None:
    """Warn loudly when any password opens a server that others can reach."""
    if "basicauth" not in aslist(settings.get("multiauth.policies")):
        return
    for host in hosts:
        if not is_loopback(host):
            print(EXPOSED.format(host=host), file=sys.stderr)


def listening_hosts(server: Mapping[str, Any]) -> list[str]:
    """The addresses of a `[server:main]` section of waitress."""
    if server.get("unix_socket"):
        return []
    if server.get("listen"):
        return [entry.rpartition(":")[0] or _WAITRESS_HOST for entry in aslist(server["listen"])]
    return [str(server.get("host", _WAITRESS_HOST))]


def is_loopback(host: str) -> bool:
    """Whether only programs of this machine reach `host`. Other names count as reachable."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _line_of(path: str, name: str) -> str | None:
    written = re.compile(rf"{re.escape(name)}\s*[=:]")
    lines = Path(path).read_text(encoding="utf-8").splitlines()
    for number, line in enumerate(lines, start=1):
        if written.match(line):
            return f"{path}, line {number}"
    return None
