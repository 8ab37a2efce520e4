"""`kinto plugins`: what is installed, what is enabled, and which settings and URLs each brings.

What a plugin brings is seen by including it, alone, in a server in memory that answers nobody.
"""

from __future__ import annotations

import contextlib
import importlib
import inspect
import io
import logging
import pkgutil
import textwrap
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import kinto
from kinto.core.openapi.builder import OpenAPI
from kinto.core.runtime import randomness
from kinto.core.settings.fields import Section, aslist
from kinto.core.settings.plugins import Plugin, UnknownPlugin, installed, resolve

NO_SUCH_PLUGIN = 81
_METHODS = ("get", "post", "put", "patch", "delete")

_SAMPLES: dict[str, dict[str, str]] = {
    "kinto.plugins.accounts": {
        "multiauth.policies": "account",
        "multiauth.policy.account.use": "kinto.plugins.accounts.AccountsPolicy",
    },
    "kinto.plugins.attachments": {"attachment.base_path": "/nonexistent"},
    "kinto.plugins.statsd": {"statsd_url": "udp://127.0.0.1:8125"},
    "kinto.plugins.webhooks": {"webhooks.deliver": "false"},
}
"""What these need before they start."""


@dataclass(frozen=True)
class Brought:
    """What a plugin brings; `refusal` tells why nobody knows the URLs."""

    settings: tuple[str, ...] = ()
    urls: tuple[str, ...] = ()
    refusal: str = ""


def list_plugins(settings: Mapping[str, Any], *, name: str | None = None) -> int:
    """Print the plugins, or the one of this short name.

    Args:
        settings: of the server, merged.
        name: a short name, or None for all.
    Returns:
        0, or 81 when there is no such plugin.
    """
    plugins = [plugin for found in installed().values() for plugin in found]
    if name is not None:
        known = [plugin for plugin in plugins if name in (plugin.name, plugin.path)]
        if not known:
            print(_unknown(name))
            return NO_SUCH_PLUGIN
        plugins = known
    enabled = resolve(aslist(settings.get("includes") or ""))
    with _quiet():
        base = _describe(None)
    for plugin in plugins:
        with _quiet():
            brought = brought_by(plugin, base=base)
        _print(plugin, brought, is_enabled=plugin.path in enabled)
    declared = {plugin.path for plugin in plugins}
    others = [path for path in enabled if path not in declared] if name is None else []
    for path in others:
        print(f"{path} (enabled by its full name)")
    return 0


def brought_by(plugin: Plugin, *, base: Brought) -> Brought:
    """The settings and URLs of one plugin.

    Args:
        base: what a server without plugins has.
    """
    declared = set(_declared_settings(plugin.module))
    try:
        found = _describe(plugin.path)
    except Exception as refusal:  # Whatever a plugin does, the others are listed.
        text = " ".join(str(refusal).split()) or type(refusal).__name__
        return Brought(tuple(sorted(declared)), refusal=text)
    names = declared | (set(found.settings) - set(base.settings))
    urls = [url for url in found.urls if url not in base.urls]
    return Brought(tuple(sorted(names)), tuple(urls))


def summary(module: ModuleType) -> str:
    """The first sentence of its docstring."""
    lines = (inspect.getdoc(module) or "").partition("\n\n")[0].split()
    return " ".join(lines)


def _describe(path: str | None) -> Brought:
    """The settings and URLs of a server with this plugin, or with none."""
    memory = {
        f"{kind}_backend": f"kinto.core.{kind}.memory"
        for kind in ("storage", "permission", "cache")
    }
    settings = {
        "multiauth.policies": "basicauth",
        "userid_hmac_secret": randomness.random_hex(16),
        **memory,
        **(_SAMPLES.get(path or "", {})),
        "includes": path or "",
    }
    given = set(settings)
    app = kinto.main({"command": "plugins"}, **settings)
    registry = app.registry
    request = app.request_factory.blank("/")
    request.registry = registry
    services = dict.fromkeys(registry.cornice_services.values())
    paths = OpenAPI(services, request).generate()["paths"]
    urls = [
        f"{' '.join(method.upper() for method in _METHODS if method in item)} {path}"
        for path, item in paths.items()
    ]
    names = {name for name in registry.settings if name not in given}
    return Brought(tuple(sorted(names)), tuple(urls))


def _declared_settings(module_name: str) -> Iterator[str]:
    """The names in the typed sections of a plugin's modules."""
    for module in _modules(module_name):
        for _, section in inspect.getmembers(module, inspect.isclass):
            if issubclass(section, Section) and section.__module__ == module.__name__:
                yield from (item.name for item in section.declarations())


def _modules(name: str) -> Iterator[ModuleType]:
    try:
        module = importlib.import_module(name)
    except Exception:  # Its reason is told when it is included.
        return
    yield module
    for found in pkgutil.walk_packages(getattr(module, "__path__", ()), f"{name}."):
        if "settings" in found.name.rpartition(".")[2]:
            with contextlib.suppress(Exception):
                yield importlib.import_module(found.name)


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Nothing of what the servers say is about the configured one."""
    logging.disable(logging.CRITICAL)
    try:
        with contextlib.redirect_stderr(io.StringIO()), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(logging.NOTSET)


def _print(plugin: Plugin, brought: Brought, *, is_enabled: bool) -> None:
    state = "enabled" if is_enabled else "not enabled"
    print(f"{plugin.name} ({plugin.distribution}, {state})")
    with contextlib.suppress(Exception):
        print(textwrap.indent(summary(importlib.import_module(plugin.module)), "    "))
    if brought.settings:
        text = "settings: " + ", ".join(brought.settings)
        print(textwrap.fill(text, 100, initial_indent="    ", subsequent_indent="      "))
    for url in brought.urls:
        print(f"    {url}")
    if brought.refusal:
        print(f"    It does not start without settings of its own: {brought.refusal}")


def _unknown(name: str) -> str:
    try:
        resolve([name])
    except UnknownPlugin as unknown:
        hint = f" Did you mean '{unknown.nearest}'?" if unknown.nearest else ""
        return f"No plugin '{name}' is installed.{hint}"
    return f"'{name}' is a module, which declares no plugin."
