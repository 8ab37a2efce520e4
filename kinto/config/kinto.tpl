# Created at {config_file_timestamp}
# Using Kinto version {kinto_version}
#
# Lines that start with `#` show the defaults, or a sample where there is none.

[server:main]
use = egg:waitress#main
host = {host}
port = %(http_port)s
threads = 8

#
# Application
#
[app:main]
use = egg:kinto

#
# Plugins, as dotted names, in the order in which they are set up
#
kinto.includes = kinto.plugins.default_bucket
                 kinto.plugins.accounts
#                kinto.plugins.history

#
# Backends
#
kinto.storage_backend = {storage_backend}
kinto.storage_url = {storage_url}
kinto.permission_backend = {permission_backend}
kinto.permission_url = {permission_url}
kinto.cache_backend = {cache_backend}
kinto.cache_url = {cache_url}
kinto.cache_hosts = {cache_hosts}
# kinto.storage_pool_size = 25
# kinto.storage_max_overflow = 10
# kinto.storage_pool_recycle = -1
# kinto.storage_pool_timeout = 30
# kinto.storage_max_backlog = -1
# kinto.storage_poolclass = kinto.core.storage.postgresql.pool.QueuePoolWithMaxBacklog
# kinto.storage_socket_timeout = 5
# kinto.storage_statement_timeout = 30
# kinto.permission_pool_size = 25
# kinto.permission_max_overflow = 10
# kinto.permission_pool_recycle = -1
# kinto.permission_pool_timeout = 30
# kinto.permission_max_backlog = -1
# kinto.permission_poolclass = kinto.core.storage.postgresql.pool.QueuePoolWithMaxBacklog
# kinto.permission_socket_timeout = 5
# kinto.permission_statement_timeout = 30
# kinto.cache_pool_size = 25
# kinto.cache_max_overflow = 10
# kinto.cache_pool_recycle = -1
# kinto.cache_pool_timeout = 30
# kinto.cache_max_backlog = -1
# kinto.cache_poolclass = kinto.core.storage.postgresql.pool.QueuePoolWithMaxBacklog
# kinto.cache_socket_timeout = 5
# kinto.cache_statement_timeout = 30
# kinto.cache_prefix =
# kinto.cache_max_size_bytes = 524288

#
# Secrets: change them and personal buckets and page tokens become others
#
kinto.userid_hmac_secret = {secret}
kinto.default_bucket_hmac_secret = {bucket_id_salt}

#
# Authentication: accounts of this server; `kinto create-user` makes the first one
#
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

#
# Buckets, collections, groups and records
#
# kinto.experimental_collection_schema_validation = false
# kinto.experimental_permissions_endpoint = false
# kinto.bucket_create_principals = system.Authenticated
# kinto.permissions_read_principals = system.Everyone
# kinto.bucket_id_generator = kinto.views.NameGenerator
# kinto.collection_id_generator = kinto.views.NameGenerator
# kinto.group_id_generator = kinto.views.NameGenerator
# kinto.record_id_generator = kinto.views.RelaxedUUID
# kinto.admin_assets_path =

#
# Features
#
# kinto.readonly = false
# kinto.batch_max_requests = 25
# kinto.paginate_by =
# kinto.storage_max_fetch_size = 10000
# kinto.pagination_token_validity_seconds = 600
# kinto.explicit_permissions = true
# kinto.heartbeat_timeout_seconds = 10

#
# URLs, host and redirects
#
# kinto.http_scheme = https
# kinto.http_host = kinto.example.com
# kinto.http_api_version = "1.23"
# kinto.version_prefix_redirect_enabled = true
# kinto.version_prefix_redirect_ttl_seconds = -1
# kinto.trailing_slash_redirect_enabled = true
# kinto.trailing_slash_redirect_ttl_seconds = 3600
# kinto.root_cache_expires_seconds = 86400

#
# Project information
#
# kinto.project_name = kinto
# kinto.project_version =
# kinto.project_docs = https://kinto.readthedocs.io/
# kinto.error_info_link = https://github.com/Kinto/kinto/issues/
# kinto.version_json_path = ./version.json

#
# Cross-origin requests
#
# kinto.cors_origins = *
# kinto.cors_max_age_seconds = 3600
# cornice.always_cors = false

#
# Back-off and end of service
#
# kinto.backoff = 10
# kinto.backoff_percentage =
# kinto.retry_after_seconds = 3
# kinto.eos = "2030-01-31"
# kinto.eos_message =
# kinto.eos_url =

#
# Monitoring
#
# kinto.metrics_matchdict_fields = bucket_id collection_id group_id record_id
# kinto.newrelic_config =
# kinto.newrelic_env = dev
# kinto.profiler_enabled = false
# kinto.sentry_dsn =
# kinto.sentry_env =
# kinto.sentry_breadcrumbs_min_level = 10
# kinto.sentry_events_min_level = 30
# kinto.statsd_url =
# kinto.statsd_prefix = kinto.core
# kinto.statsd_backend = kinto.core.statsd

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
