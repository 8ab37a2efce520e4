"""Texts made from the declarations: ini files, their template, the settings page of the docs."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterable, Iterator
from typing import Any

from kinto.core.settings.application import (
    SECTIONS,
    ApplicationSettings,
    effective_defaults,
)
from kinto.core.settings.backends import BACKEND_SECTIONS, PoolSettings
from kinto.core.settings.core import AuthenticationSettings, SecuritySettings
from kinto.core.settings.fields import Declaration, Section
from kinto.core.settings.loading import environment_name
from kinto.core.settings.patterns import PATTERNED

_OWN_PREFIX = ("multiauth.", "tm.", "cornice.")
_WRITTEN_APART: tuple[type[Section], ...] = (
    *BACKEND_SECTIONS,
    AuthenticationSettings,
    SecuritySettings,
)

_SERVER = """\
[server:main]
use = egg:waitress#main
host = {host}
port = %(http_port)s
threads = 8
"""
LOGGING = """\
#
# Logging
#

[loggers]
keys = root, kinto

[handlers]
keys = console

[formatters]
keys = color, json

[logger_root]
level = INFO
handlers = console

[logger_kinto]
level = DEBUG
handlers = console
qualname = kinto
propagate = 0

[handler_console]
class = kinto.core.StreamHandlerWithRequestID
args = (sys.stderr,)
level = NOTSET
formatter = color

[formatter_color]
class = logging_color_formatter.ColorFormatter

[formatter_json]
class = kinto.core.JsonLogFormatter
"""


def template() -> str:
    """The text of `kinto/config/kinto.tpl`; `{names}` are filled by `kinto init`."""
    head = """\
# Created at {config_file_timestamp}
# Using Kinto version {kinto_version}
#
# Lines that start with `#` show the defaults, or a sample where there is none.

"""
    return (
        head
        + _SERVER
        + _title("Application")
        + "[app:main]\nuse = egg:kinto\n"
        + _title("Plugins, as dotted names, in the order in which they are set up")
        + textwrap.dedent("""\
            kinto.includes = kinto.plugins.default_bucket
                             kinto.plugins.accounts
            #                kinto.plugins.history
            """)
        + _title("Backends")
        + textwrap.dedent("""\
            kinto.storage_backend = {storage_backend}
            kinto.storage_url = {storage_url}
            kinto.permission_backend = {permission_backend}
            kinto.permission_url = {permission_url}
            kinto.cache_backend = {cache_backend}
            kinto.cache_url = {cache_url}
            kinto.cache_hosts = {cache_hosts}
            """)
        + _commented(_pool_and_cache())
        + _title("Secrets: change them and personal buckets and page tokens become others")
        + textwrap.dedent("""\
            kinto.userid_hmac_secret = {secret}
            kinto.default_bucket_hmac_secret = {bucket_id_salt}
            """)
        + _title("Authentication: accounts of this server; `kinto create-user` makes the first one")
        + _ACCOUNTS
        + "".join(_optional_sections())
        + _SAMPLES
        + "\n"
        + LOGGING
    )


def development_ini() -> str:
    """`config/kinto.ini`: the smallest file that runs; nothing outlives the process."""
    return """\
# The smallest configuration that runs. Data lives in memory and is gone at exit.
# `kinto init` writes a complete file, and `kinto start` without any file keeps its data.
# Made from the declarations in kinto/core/settings; see `make docs`.

[server:main]
use = egg:waitress#main
host = 127.0.0.1
port = %(http_port)s

[app:main]
use = egg:kinto
kinto.userid_hmac_secret = development-only-secret
multiauth.policies = basicauth
"""


def production_ini() -> str:
    """`config/production.ini`: SQLite beside the file; refuses to start with its secrets."""
    return """\
# A server that keeps its data, on one machine, behind a proxy that speaks HTTPS.
# It does not start before both secrets are replaced, here or by KINTO_USERID_HMAC_SECRET and
# KINTO_DEFAULT_BUCKET_HMAC_SECRET. Run `kinto migrate` once with this file before `kinto start`.
# Made from the declarations in kinto/core/settings; see `make docs`.

[server:main]
use = egg:waitress#main
host = 127.0.0.1
port = %(http_port)s
threads = 8
trusted_proxy = 127.0.0.1
trusted_proxy_headers = x-forwarded-for x-forwarded-proto x-forwarded-host
clear_untrusted_proxy_headers = true

[app:main]
use = egg:kinto

kinto.storage_backend = kinto.core.storage.sqlite
kinto.storage_url = sqlite:///%(here)s/kinto.sqlite
kinto.permission_backend = kinto.core.permission.sqlite
kinto.permission_url = sqlite:///%(here)s/kinto.sqlite
kinto.cache_backend = kinto.core.cache.sqlite
kinto.cache_url = sqlite:///%(here)s/kinto.sqlite

kinto.userid_hmac_secret = replace-with-32-random-bytes
kinto.default_bucket_hmac_secret = replace-with-32-other-random-bytes

kinto.http_scheme = https
kinto.experimental_permissions_endpoint = true
kinto.experimental_collection_schema_validation = true

# No policy: everybody is anonymous. Name the policies of your authentication plugins here;
# `basicauth` accepts any password and does not belong in production.
multiauth.policies =

""" + LOGGING.replace("formatter = color", "formatter = json")


def settings_page() -> str:
    """`docs/settings.md`: every setting with its type, default, variable and help line."""
    lines = [
        "# Settings",
        "",
        "<!-- Made by `make docs` from the declarations in kinto/core/settings. -->",
        "",
        _PAGE_RULES,
    ]
    defaults = effective_defaults()
    for section in SECTIONS:
        lines += [f"## {section.title}", "", *_table(section.declarations(), defaults), ""]
    lines += [
        f"## {PoolSettings.title}",
        "",
        "Written with `storage_`, `permission_` or `cache_` in front: `storage_pool_size`.",
        "",
        *_table(PoolSettings.declarations(), PoolSettings.defaults(), variable=False),
        "",
        "## Names made from a resource, a permission or a listener",
        "",
        "| name | type | effect |",
        "|---|---|---|",
        *(f"| `{item.example}` | {item.type_name} | {item.help} |" for item in PATTERNED),
        "",
    ]
    return "\n".join(lines)


_PAGE_RULES = """\
Each setting is written `kinto.<name>` or `<name>` in the `[app:main]` section of the ini file;
names that begin with `multiauth.`, `tm.` or `cornice.` are written as they are. The variable
`KINTO_<NAME>` of the environment wins over `<NAME>`, then the file, then the default; `.` and `-`
become `_`. Values are first tried as JSON: write `"1.20"` to keep a text that looks like a number.
A list is split at spaces and newlines, never at commas. A misspelled name stops the start and
names the right one.
"""
_ACCOUNTS = """\
multiauth.policies = account
multiauth.policy.account.use = kinto.plugins.accounts.AccountsPolicy
# Everybody may sign up, so make the administrator before others can reach the server:
# kinto create-user --username admin
kinto.account_create_principals = system.Everyone
kinto.account_write_principals = account:admin
kinto.bucket_create_principals = account:admin
#
# For development only, `basicauth` accepts any password and needs no account:
# multiauth.policies = basicauth
"""
_SAMPLES = """
#
# Names made from a resource, a permission or a listener
#
# kinto.record_read_principals = account:auditor
# kinto.record_cache_expires_seconds = 3600
# kinto.blog.articles.record_cache_expires_seconds = 60
# kinto.plural_bucket_delete_enabled = false
# kinto.event_listeners = redis
# kinto.event_listeners.redis.use = kinto_redis.listeners
# kinto.event_listeners.redis.actions = create update delete
"""


def _title(text: str) -> str:
    return f"\n#\n# {text}\n#\n"


def _written(name: str) -> str:
    return name if name.startswith(_OWN_PREFIX) else f"kinto.{name}"


def _commented(items: Iterable[tuple[str, Any]]) -> str:
    return "".join(f"# {name} = {_ini_value(value)}".rstrip() + "\n" for name, value in items)


def _ini_value(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, (list, tuple)):
        return " ".join(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value).replace("%", "%%")


def _pool_and_cache() -> Iterator[tuple[str, Any]]:
    pool = PoolSettings.defaults()
    for kind in ("storage", "permission", "cache"):
        yield from ((f"kinto.{kind}_{name}", value) for name, value in pool.items())
    yield "kinto.cache_prefix", ""
    yield "kinto.cache_max_size_bytes", 524288


def _optional_sections() -> Iterator[str]:
    defaults = effective_defaults()
    skipped = {"includes", "initialization_sequence", "event_listeners", "profiler_dir"}
    ordered: tuple[type[Section], ...] = (ApplicationSettings, *SECTIONS)
    for section in ordered:
        if section in _WRITTEN_APART:
            continue
        shown = [
            (_written(item.name), item.sample or defaults[item.name])
            for item in section.declarations()
            if item.name not in skipped
        ]
        skipped |= {item.name for item in section.declarations()}
        if shown:
            yield _title(section.title) + _commented(shown)


def _table(
    declarations: Iterable[Declaration], defaults: dict[str, Any], *, variable: bool = True
) -> Iterator[str]:
    yield (
        "| name | type | default | variable | effect |"
        if variable
        else ("| name | type | default | effect |")
    )
    yield "|---|---|---|---|---|" if variable else "|---|---|---|---|"
    for item in declarations:
        name = _written(item.name).removeprefix("kinto.")
        cells = [f"`{name}`", item.type_name, _shown_default(item, defaults)]
        if variable:
            cells.append(f"`{environment_name(_written(item.name))}`")
        yield "| " + " | ".join([*cells, item.help]) + " |"


def _shown_default(item: Declaration, defaults: dict[str, Any]) -> str:
    value = defaults[item.name]
    if item.name == "profiler_dir":
        return "the temporary folder"
    if item.name == "initialization_sequence":
        return f"{len(value)} built-in steps"
    if value is None or value == "" or value == []:
        return "none"
    return f"`{value if isinstance(value, str) else _shown_json(value)}`"


def _shown_json(value: Any) -> str:
    return " ".join(value) if isinstance(value, (list, tuple)) else json.dumps(value)
