"""The settings of the core, by theme, and `CoreSettings`, which has them all.

Only declarations: the reader of a theme takes its section, or `CoreSettings`, in its constructor.
"""

from __future__ import annotations

import tempfile

from kinto.core.settings.fields import Section, field

INITIALIZATION_SEQUENCE = (
    "kinto.core.initialization.setup_request_bound_data",
    "kinto.core.initialization.setup_json_serializer",
    "kinto.core.initialization.restrict_http_methods_if_readonly",
    "kinto.core.initialization.setup_csp_headers",
    "kinto.core.initialization.setup_logging",
    "kinto.core.initialization.setup_storage",
    "kinto.core.initialization.setup_permission",
    "kinto.core.initialization.setup_cache",
    "kinto.core.initialization.setup_requests_scheme",
    "kinto.core.initialization.setup_version_redirection",
    "kinto.core.initialization.setup_deprecation",
    "kinto.core.initialization.setup_authentication",
    "kinto.core.initialization.setup_backoff",
    "kinto.core.initialization.setup_sentry",
    "kinto.core.initialization.setup_listeners",
    "kinto.core.initialization.setup_metrics",
    "kinto.core.events.setup_transaction_hook",
)


class FeatureSettings(Section, title="Features"):
    """What the server offers, and the caps a deployer may move."""

    readonly: bool = field(False, help="Refuse every method other than GET, HEAD and OPTIONS.")
    batch_max_requests: int | None = field(
        25, help="Requests in one batch; 0 or empty means unlimited."
    )
    paginate_by: int | None = field(
        None, ge=0, help="Objects in one page, at most and by default; empty means no pages."
    )
    storage_max_fetch_size: int = field(
        10000, ge=1, help="Objects read for one list, even without pagination."
    )
    pagination_token_validity_seconds: int = field(
        600, ge=0, help="Life of the single-use tokens of paged deletions, in seconds."
    )
    explicit_permissions: bool = field(
        True, help="Store `write` for the creator of an object; false: inherited rights only."
    )
    heartbeat_timeout_seconds: float = field(
        10, ge=0, help="Time allowed for all heartbeat checks together, in seconds."
    )
    includes: tuple[str, ...] = field(
        (), raw="", help="Plugins, as dotted names separated by spaces or newlines."
    )
    initialization_sequence: tuple[str, ...] = field(
        INITIALIZATION_SEQUENCE, help="Start-up steps, as dotted names, in order."
    )
    event_listeners: tuple[str, ...] = field(
        (), raw="", help="Names of event listeners; see `event_listeners.<name>.use`."
    )


class UrlSettings(Section, title="URLs, host and redirects"):
    """The URLs that clients see."""

    http_scheme: str | None = field(None, help="Scheme of generated URLs.", sample="https")
    http_host: str | None = field(
        None, help="`host[:port]` of generated URLs.", sample="kinto.example.com"
    )
    http_api_version: str | None = field(
        None, help="Version of the protocol; its first part gives the URL prefix."
    )
    version_prefix_redirect_enabled: bool = field(
        True, help="Redirect URLs without version prefix to the prefixed ones."
    )
    version_prefix_redirect_ttl_seconds: int = field(
        -1, help="Cache time of that redirect; 0 forbids caching, negative sends no header."
    )
    trailing_slash_redirect_enabled: bool = field(
        True, help="Redirect unknown URLs that end in `/` to the same without it."
    )
    trailing_slash_redirect_ttl_seconds: int = field(
        3600, help="Cache time of that redirect; 0 forbids caching, negative sends no header."
    )
    root_cache_expires_seconds: int = field(
        86400, ge=0, help="Cache time of the root URL when the server is read-only, in seconds."
    )


class ProjectSettings(Section, title="Project information"):
    """How the server presents itself."""

    project_name: str = field("", help="Name in the root document, logs and metrics.")
    project_version: str = field("", help="Version in the root document; empty: the software's.")
    project_docs: str = field("", help="URL of the documentation shown to clients.")
    error_info_link: str = field(
        "https://github.com/Kinto/kinto/issues/", help="URL shown with unexpected errors."
    )
    version_json_path: str = field("./version.json", help="File served at `/__version__`.")


class CorsSettings(Section, title="Cross-origin requests"):
    """Which web pages may call the server."""

    cors_origins: tuple[str, ...] = field(
        ("*",), raw="*", help="Accepted origins; `*` may be used inside."
    )
    cors_max_age_seconds: int | None = field(
        3600, ge=0, help="How long browsers may keep a preflight answer; 0 or empty: no header."
    )
    always_cors: bool = field(
        False,
        name="cornice.always_cors",
        help="Send CORS headers even to requests without `Origin`.",
    )


class LifeCycleSettings(Section, title="Back-off and end of service"):
    """What clients are told when the server is busy or about to go."""

    backoff: int | None = field(
        None, ge=0, help="Seconds of the `Backoff` header sent with every response.", sample="10"
    )
    backoff_percentage: float | None = field(
        None, ge=0, le=100, help="Probability of sending it, in percent."
    )
    retry_after_seconds: int = field(
        30, ge=0, help="`Retry-After` of the 503 and 409 that are worth trying again."
    )
    eos: str | None = field(
        None, help="Date of the end of service (ISO 8601).", sample='"2030-01-31"'
    )
    eos_message: str | None = field(None, help="Message sent with the end of service.")
    eos_url: str | None = field(None, help="URL sent with the end of service.")


class SecuritySettings(Section, title="Secrets and rendering"):
    """Keys that no client may know, and how a request is carried out."""

    userid_hmac_secret: str = field("", help="Key of user ids and of signed page tokens.")
    default_bucket_hmac_secret: str = field("", help="Key of the ids of personal buckets.")
    transaction_per_request: bool = field(
        True, help="One transaction for each request; false: each operation commits by itself."
    )
    annotate_user: bool = field(
        False, name="tm.annotate_user", help="Write the user id on transactions."
    )
    json_renderer: str = field("ultrajson", help="Name of the renderer of answers.")
    id_generator: str = field(
        "kinto.core.storage.generators.UUID4", help="Class that makes the ids of other resources."
    )


class AuthenticationSettings(Section, title="Authentication"):
    """Who is recognised, and what decides the permissions."""

    policies: tuple[str, ...] = field(
        (),
        raw="",
        name="multiauth.policies",
        help="Authentication policies in order of trial; none: everybody is anonymous.",
    )
    groupfinder: str = field(
        "kinto.core.authorization.groupfinder",
        name="multiauth.groupfinder",
        help="Function that gives the groups of a user.",
    )
    authorization_policy: str = field(
        "kinto.core.authorization.AuthorizationPolicy",
        name="multiauth.authorization_policy",
        help="Class that decides the permissions.",
    )
    basicauth: str = field(
        "kinto.core.authentication.BasicAuthAuthenticationPolicy",
        name="multiauth.policy.basicauth.use",
        help="Class of the policy called `basicauth` (any password is accepted).",
    )


class MonitoringSettings(Section, title="Monitoring"):
    """Metrics, errors and profiles sent elsewhere; each needs the `monitoring` extra."""

    metrics_matchdict_fields: tuple[str, ...] = field(
        (), raw=[], help="Parts of URLs that may become labels of metrics."
    )
    newrelic_config: str | None = field(None, help="New Relic configuration file.")
    newrelic_env: str = field("dev", help="New Relic environment.")
    profiler_enabled: bool = field(False, help="Profile each request (never in production).")
    profiler_dir: str = field(
        tempfile.gettempdir(), help="Folder of the profiles; the system's temporary one."
    )
    sentry_dsn: str | None = field(None, help="Where Sentry receives errors.")
    sentry_env: str | None = field(None, help="Environment shown in Sentry.")
    sentry_breadcrumbs_min_level: int = field(10, help="Lowest log level kept as a breadcrumb.")
    sentry_events_min_level: int = field(30, help="Lowest log level sent as an event.")
    statsd_url: str | None = field(None, help="Address of the statsd server.")
    statsd_prefix: str = field("kinto.core", help="Prefix of the metrics sent to statsd.")
    statsd_backend: str = field("kinto.core.statsd", help="Module of the statsd client.")


class CoreSettings(
    FeatureSettings,
    UrlSettings,
    ProjectSettings,
    CorsSettings,
    LifeCycleSettings,
    SecuritySettings,
    AuthenticationSettings,
    MonitoringSettings,
):
    """Every setting of the core that is not a backend's."""


CORE_SECTIONS: tuple[type[Section], ...] = CoreSettings.__bases__
