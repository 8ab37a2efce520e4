"""The names that extensions import, by module; a missing one breaks somebody's start."""

import importlib

import pytest

PROMISED = {
    "kinto.core": "Service initialize DEFAULT_SETTINGS logger includeme install_middlewares"
    " load_default_settings get_user_info JsonLogFormatter StreamHandlerWithRequestID"
    " __version__",
    "kinto.core.initialization": "setup_listeners load_default_settings initialize"
    " install_middlewares setup_logging setup_metrics setup_request_bound_data"
    " setup_json_serializer restrict_http_methods_if_readonly setup_csp_headers setup_storage"
    " setup_permission setup_cache setup_requests_scheme setup_version_redirection"
    " setup_deprecation setup_authentication setup_backoff setup_sentry"
    " _end_of_life_tween_factory EventActionFilter EventResourceFilter newrelic sentry_sdk"
    " ProfilerMiddleware random warnings summary_logger",
    "kinto.core.errors": "ERRORS http_error raise_invalid json_error_handler send_alert"
    " request_GET ErrorSchema",
    "kinto.core.events": "ACTIONS ResourceChanged AfterResourceChanged ResourceRead"
    " AfterResourceRead notify_resource_event get_resource_events setup_transaction_hook"
    " notify_resource_events_before EventCollector EventCollectorDrain",
    "kinto.core.listeners": "ListenerBase",
    "kinto.core.metrics": "watch_execution_time listener_with_timer IMetricsService"
    " NoOpMetricsService NoOpTimer",
    "kinto.core.migrations": "IMigratable",
    "kinto.core.decorators": "deprecate_kwargs cache_forever synchronized",
    "kinto.core.schema": "TimeStamp URL Any HeaderField QueryField FieldList"
    " HeaderQuotedInteger msec_time",
    "kinto.core.openapi": "OpenAPI AnyTypeConverter",
    "kinto.core.types": "Registry Request Configurator",
    "kinto.core.utils": "COMPARISON instance_uri hmac_digest random_bytes_hex"
    " view_lookup_registry build_request json read_env dict_subset msec_time strip_uri_prefix"
    " encode64 sqlalchemy json_serializer decode64 strip_whitespace classname merge_dicts"
    " recursive_update_dict native_value dict_merge find_nested_value reapply_cors log_context"
    " current_service current_resource_name prefixed_userid prefixed_principals"
    " deprecated_effective_principals build_response follow_subrequest view_lookup"
    " apply_json_patch safe_wraps memcache redis",
    "kinto.core.testing": "BaseWebTest get_user_headers DummyRequest FormattedErrorMixin"
    " get_request_class DEFAULT_SETTINGS unittest ThreadMixin skip_if_ci skip_if_no_postgresql"
    " skip_if_no_memcached skip_if_no_redis skip_if_no_statsd skip_if_no_prometheus encode64",
    "kinto.core.cornice": "Service Errors CorniceRenderer includeme",
    "kinto.core.cornice.errors": "Errors",
    "kinto.core.cornice.service": "Service SERVICES get_services decorate_view _UnboundView",
    "kinto.core.cornice.validators": "colander_validator colander_body_validator"
    " colander_headers_validator colander_path_validator colander_querystring_validator"
    " marshmallow_validator marshmallow_body_validator extract_cstruct DEFAULT_VALIDATORS"
    " DEFAULT_FILTERS",
    "kinto.core.cornice.util": "current_service ContentTypePredicate func_name is_string to_list"
    " match_accept_header match_content_type_header content_type_matches",
    "kinto.core.cornice.pyramidhook": "register_service_views register_resource_views"
    " handle_exceptions wrap_request apply_filters get_fallback_view",
    "kinto.core.cornice.renderer": "CorniceRenderer JSONError",
    "kinto.core.cornice.resource": "resource add_resource view add_view",
    "kinto.core.cornice.cors": "ensure_origin apply_cors_post_request get_cors_preflight_view"
    " get_cors_validator CORS_PARAMETERS",
    "kinto.core.cornice_swagger": "CorniceSwagger includeme",
    "kinto.core.cornice_swagger.swagger": "CorniceSwagger CorniceSwaggerException"
    " DefinitionHandler ParameterHandler ResponseHandler",
    "kinto.core.cornice_swagger.converters": "convert_schema convert_parameter"
    " TypeConversionDispatcher ParameterConversionDispatcher",
    "kinto.core.cornice_swagger.converters.schema": "TypeConverter",
    "kinto.core.cornice_swagger.converters.exceptions": "NoSuchConverter",
    "kinto.core.views.errors": "authorization_required page_not_found service_unavailable"
    " method_not_allowed error logger",
    "kinto.core.views.heartbeat": "heartbeat lbheartbeat",
    "kinto.core.views.hello": "hello get_hello get_eos",
    "kinto.core.views.openapi": "openapi_view",
    "kinto.core.views.version": "version_view",
}


@pytest.mark.parametrize(
    ("module", "name"),
    [(module, name) for module, names in PROMISED.items() for name in names.split()],
)
def test_a_promised_name_is_there(module, name):
    assert hasattr(importlib.import_module(module), name)


def test_optional_libraries_are_modules_or_none():
    utils = importlib.import_module("kinto.core.utils")
    for name in ("sqlalchemy", "memcache", "redis"):
        library = getattr(utils, name)
        assert library is None or library.__name__ == name


def test_a_replaced_clock_governs_everything(monkeypatch):
    from kinto.core.runtime import clock

    monkeypatch.setattr("kinto.core.utils.msec_time", lambda: -1)
    assert clock.now_ms() == -1
