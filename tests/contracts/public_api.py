"""What extensions import, call and replace: the table of the public Python API.

A name, a parameter or a default that disappears from here breaks a plugin that somebody runs.
"""

NAMES = {
    "kinto": "main DEFAULT_SETTINGS logger __version__ HTTP_API_VERSION",
    "kinto.core": "Service initialize DEFAULT_SETTINGS logger includeme install_middlewares"
    " load_default_settings get_user_info JsonLogFormatter StreamHandlerWithRequestID __version__"
    " authentication authorization cache cornice decorators errors events initialization listeners"
    " metrics migrations openapi permission resource schema scripts statsd storage testing types"
    " utils",
    "kinto.core.initialization": "setup_listeners load_default_settings initialize"
    " install_middlewares setup_logging setup_metrics setup_request_bound_data"
    " setup_json_serializer restrict_http_methods_if_readonly setup_csp_headers setup_storage"
    " setup_permission setup_cache setup_requests_scheme setup_version_redirection"
    " setup_deprecation setup_authentication setup_backoff setup_sentry"
    " _end_of_life_tween_factory EventActionFilter EventResourceFilter newrelic sentry_sdk"
    " ProfilerMiddleware random warnings summary_logger",
    "kinto.core.authentication": "BasicAuthAuthenticationPolicy includeme",
    "kinto.core.authorization": "DYNAMIC PRIVATE RouteFactory AuthorizationPolicy groupfinder logger"
    " utils",
    "kinto.core.errors": "ERRORS http_error raise_invalid json_error_handler send_alert request_GET"
    " ErrorSchema",
    "kinto.core.events": "ACTIONS ResourceChanged AfterResourceChanged ResourceRead"
    " AfterResourceRead notify_resource_event get_resource_events setup_transaction_hook"
    " notify_resource_events_before EventCollector EventCollectorDrain",
    "kinto.core.listeners": "ListenerBase",
    "kinto.core.metrics": "watch_execution_time listener_with_timer IMetricsService"
    " NoOpMetricsService NoOpTimer",
    "kinto.core.migrations": "IMigratable",
    "kinto.core.decorators": "deprecate_kwargs cache_forever synchronized",
    "kinto.core.schema": "TimeStamp URL Any HeaderField QueryField FieldList HeaderQuotedInteger"
    " msec_time",
    "kinto.core.openapi": "OpenAPI AnyTypeConverter answer describe_error describe_route failure"
    " many one",
    "kinto.core.scripts": "migrate purge_deleted flush_cache logger",
    "kinto.core.types": "Registry Request Configurator",
    "kinto.core.utils": "COMPARISON instance_uri hmac_digest random_bytes_hex view_lookup_registry"
    " build_request json read_env dict_subset msec_time strip_uri_prefix encode64 sqlalchemy"
    " json_serializer decode64 strip_whitespace classname merge_dicts recursive_update_dict"
    " native_value dict_merge find_nested_value reapply_cors log_context current_service"
    " current_resource_name prefixed_userid prefixed_principals deprecated_effective_principals"
    " build_response follow_subrequest view_lookup apply_json_patch safe_wraps memcache redis",
    "kinto.core.resource": "register Resource ResourceSchema register_resource Model ViewSet"
    " ShareableResource Service Filter Sort MISSING COMPARISON ACTIONS model schema viewset",
    "kinto.core.resource.model": "Model ShareableModel",
    "kinto.core.resource.schema": "URL TimeStamp Any FieldList HeaderField HeaderQuotedInteger"
    " QueryField ResourceSchema PermissionsSchema HeaderSchema PatchHeaderSchema QuerySchema"
    " PluralQuerySchema PluralGetQuerySchema ObjectGetQuerySchema ObjectSchema"
    " JsonPatchOperationSchema JsonPatchBodySchema RequestSchema PayloadRequestSchema"
    " JsonPatchRequestSchema ResponseHeaderSchema ErrorResponseSchema NotModifiedResponseSchema"
    " ObjectResponseSchema PluralResponseSchema ResourceResponses POSTGRESQL_MAX_INTEGER_VALUE"
    " positive_big_integer warnings",
    "kinto.core.resource.viewset": "ViewSet ShareableViewSet StrictSchema PartialSchema SimpleSchema"
    " RequestSchema CONTENT_TYPES PATCH_CONTENT_TYPES",
    "kinto.core.storage": "Filter Sort DEFAULT_ID_FIELD DEFAULT_MODIFIED_FIELD DEFAULT_DELETED_FIELD"
    " logger exceptions StorageBase MISSING Missing KintoObject heartbeat generators random",
    "kinto.core.storage.exceptions": "BackendError IntegrityError ObjectNotFoundError"
    " RecordNotFoundError UnicityError ReadonlyError",
    "kinto.core.storage.generators": "Generator UUID4",
    "kinto.core.storage.memory": "MemoryBasedStorage extract_object_set Storage load_from_config"
    " apply_filters apply_sorting schwartzian_transform canonical_json tree",
    "kinto.core.storage.testing": "StorageTest TimestampsTest DeletedObjectsTest"
    " ParentObjectAccessTest SerializationTest DeprecatedCoreNotionsTest BaseTestStorage"
    " TrimObjectsTest OBJECT_ID",
    "kinto.core.cache": "CacheBase CacheMetricsBackend heartbeat logger random",
    "kinto.core.cache.memory": "Cache load_from_config size_of",
    "kinto.core.cache.testing": "CacheTest",
    "kinto.core.permission": "PermissionBase heartbeat logger",
    "kinto.core.permission.memory": "Permission load_from_config",
    "kinto.core.permission.testing": "PermissionTest",
    "kinto.core.testing": "BaseWebTest get_user_headers DummyRequest FormattedErrorMixin"
    " get_request_class DEFAULT_SETTINGS unittest ThreadMixin skip_if_ci skip_if_no_postgresql"
    " skip_if_no_memcached skip_if_no_redis skip_if_no_statsd skip_if_no_prometheus encode64",
    "kinto.core.cornice": "Service Errors CorniceRenderer includeme",
    "kinto.core.cornice.errors": "Errors",
    "kinto.core.cornice.service": "Service SERVICES get_services decorate_view _UnboundView",
    "kinto.core.cornice.validators": "colander_validator colander_body_validator"
    " colander_headers_validator colander_path_validator colander_querystring_validator"
    " marshmallow_validator marshmallow_body_validator marshmallow_headers_validator"
    " marshmallow_path_validator marshmallow_querystring_validator extract_cstruct"
    " DEFAULT_VALIDATORS DEFAULT_FILTERS",
    "kinto.core.cornice.util": "current_service ContentTypePredicate func_name is_string to_list"
    " match_accept_header match_content_type_header content_type_matches",
    "kinto.core.cornice.pyramidhook": "register_service_views register_resource_views"
    " handle_exceptions wrap_request apply_filters get_fallback_view",
    "kinto.core.cornice.renderer": "CorniceRenderer JSONError",
    "kinto.core.cornice.resource": "resource add_resource view add_view",
    "kinto.core.cornice.cors": "ensure_origin apply_cors_post_request get_cors_preflight_view"
    " get_cors_validator CORS_PARAMETERS",
    "kinto.core.cornice_swagger": "CorniceSwagger includeme",
    "kinto.core.cornice_swagger.swagger": "CorniceSwagger CorniceSwaggerException DefinitionHandler"
    " ParameterHandler ResponseHandler",
    "kinto.core.cornice_swagger.converters": "convert_schema convert_parameter"
    " TypeConversionDispatcher ParameterConversionDispatcher",
    "kinto.core.cornice_swagger.converters.schema": "TypeConverter",
    "kinto.core.cornice_swagger.converters.exceptions": "NoSuchConverter",
    "kinto.core.views.batch": "batch post_batch BatchPayloadSchema BatchRequestSchema"
    " subrequest_logger",
    "kinto.core.views.errors": "authorization_required page_not_found service_unavailable"
    " method_not_allowed error logger",
    "kinto.core.views.heartbeat": "heartbeat lbheartbeat",
    "kinto.core.views.hello": "hello get_hello get_eos",
    "kinto.core.views.openapi": "openapi_view",
    "kinto.core.views.version": "version_view",
    "kinto.authorization": "RouteFactory AuthorizationPolicy PERMISSIONS_INHERITANCE_TREE"
    " _resource_endpoint _relative_object_uri _inherited_permissions",
    "kinto.events": "ServerFlushed",
    "kinto.views": "NameGenerator RelaxedUUID object_exists_or_404",
    "kinto.views.records": "Record",
    "kinto.views.buckets": "Bucket BucketSchema on_buckets_deleted",
    "kinto.views.collections": "Collection CollectionSchema on_collections_deleted",
    "kinto.views.groups": "Group GroupSchema validate_member on_groups_deleted on_groups_changed",
    "kinto.views.permissions": "Permissions PermissionsModel PermissionsSchema"
    " allowed_from_settings",
    "kinto.views.admin": "UserData get_parent_uri condense_under_parents slice_into_batches",
    "kinto.schema_validation": "validate_schema validate check_schema"
    " validate_from_bucket_schema_or_400 JSONSchemaMapping ValidationError RefResolutionError"
    " SchemaError",
    "kinto.config": "init render_template config_attributes postgresql_url backend_to_values"
    " cache_backend_to_values",
    "kinto.__main__": "main DEFAULT_CONFIG_FILE DEFAULT_PORT DEFAULT_LOG_LEVEL DEFAULT_LOG_FORMAT"
    " pserve subprocess logging core_scripts accounts_scripts bootstrap",
    "kinto.core.cache.memcached": "Cache load_from_config create_from_config wrap_memcached_error",
    "kinto.core.cache.redis": "Cache load_from_config create_from_config wrap_redis_error",
    "kinto.core.statsd": "load_from_config",
    "kinto.plugins.statsd": "StatsDService load_from_config statsd_module sanitize",
    "kinto.plugins.prometheus": "PrometheusService get_registry reset_registry prometheus_module"
    " includeme Timer NoOpHistogram metrics_view PROMETHEUS_MULTIPROC_DIR",
    "kinto.plugins.admin": "includeme",
    "kinto.plugins.admin.views": "admin_home_view HERE",
    "kinto.core.storage.postgresql": "PostgreSQLPluginMigration Storage load_from_config"
    " create_from_config client MigratorMixin",
    "kinto.core.storage.postgresql.client": "PostgreSQLClient create_from_config sqlalchemy warnings",
    "kinto.core.storage.postgresql.migrator": "MigratorMixin PostgreSQLPluginMigration logger",
    "kinto.core.storage.postgresql.pool": "QueuePoolWithMaxBacklog",
    "kinto.core.permission.postgresql": "Permission load_from_config",
    "kinto.core.cache.postgresql": "Cache load_from_config",
    "kinto.plugins.accounts": "ACCOUNT_CACHE_KEY ACCOUNT_POLICY_NAME AccountsPolicy includeme",
    "kinto.plugins.accounts.authentication": "AccountsAuthenticationPolicy account_check bcrypt",
    "kinto.plugins.accounts.utils": "hash_password",
    "kinto.plugins.accounts.views": "Account AccountSchema AccountIdGenerator on_account_changed",
    "kinto.plugins.accounts.scripts": "create_user getpass",
    "kinto.plugins.default_bucket": "default_bucket default_bucket_id get_user_info create_bucket"
    " create_collection resource_create_object includeme",
    "kinto.plugins.history": "uri_to_dict includeme",
    "kinto.plugins.history.listener": "on_resource_changed",
    "kinto.plugins.history.views": "History HistorySchema snapshot get_snapshot timestamp_validator",
    "kinto.plugins.flush": "flush flush_post includeme",
    "kinto.plugins.counters": "counters counters_get includeme",
    "kinto.plugins.openid": "OpenIDConnectPolicy get_user_profile requests jwt includeme",
    "kinto.plugins.openid.utils": "fetch_openid_config requests",
    "kinto.plugins.openid.views": "login token requests",
}

DOTTED = """
kinto.core.events.setup_transaction_hook
kinto.core.storage.generators.UUID4
kinto.views.NameGenerator
kinto.views.RelaxedUUID
kinto.core.authorization.groupfinder
kinto.core.authorization.utils.current_service
kinto.core.utils.msec_time
kinto.core.schema.msec_time
kinto.core.storage.logger.exception
kinto.core.cache.logger.exception
kinto.core.permission.logger.exception
kinto.core.storage.random.SystemRandom.random
kinto.core.cache.random.SystemRandom.random
kinto.core.cache.random.random
kinto.core.resource.Resource._extract_filters
kinto.core.resource.Resource.postprocess
kinto.core.resource.Service
kinto.core.views.hello.get_eos
kinto.core.views.errors.logger
kinto.core.metrics.watch_execution_time
kinto.config.render_template
""".split()
"""Paths that settings and `mock.patch` spell, besides the names above."""

SIGNATURES = """
kinto:main(global_config, config=None, **settings)
kinto.core:initialize(config, version=None, settings_prefix='', default_settings=None)
kinto.core:load_default_settings(config, default_settings)
kinto.core:install_middlewares(app, settings)
kinto.core:get_user_info(request)
kinto.core:includeme(config)
kinto.core:JsonLogFormatter(fmt=None, datefmt=None, style='%')
kinto.core:JsonLogFormatter.init_from_settings(settings)
kinto.core:Service(name, path=None, description=None, cors_policy=None, depth=1, pyramid_route=None, **kw)
kinto.core:Service.init_from_settings(settings)
kinto.core.cornice.errors:Errors(status=400, localizer=None)
kinto.core.cornice.errors:Errors.add(location, name=None, description=None, **kw)
kinto.core.metrics:NoOpMetricsService.timer(key, value=None, labels=())
kinto.core.metrics:NoOpMetricsService.observe(key, value, labels=())
kinto.core.metrics:NoOpMetricsService.count(key, count=1, unique=None)
kinto.core.metrics:watch_execution_time(metrics_service, obj, prefix='', classname=None)
kinto.core.metrics:listener_with_timer(config, key, func)
kinto.core.resource:register(depth=1, **kwargs)
kinto.core.resource:register_resource(resource_cls, settings=None, viewset=None, depth=1, **kwargs)
kinto.core.resource:ViewSet(**kwargs)
kinto.core.resource:ViewSet.update(**kwargs)
kinto.core.resource:ViewSet.get_view_arguments(endpoint_type, resource_cls, method)
kinto.core.resource:ViewSet.get_object_schema(resource_cls, method)
kinto.core.resource:ViewSet.get_view(endpoint_type, method)
kinto.core.resource:ViewSet.get_name(resource_cls)
kinto.core.resource:ViewSet.get_service_name(endpoint_type, resource_cls)
kinto.core.resource:ViewSet.get_service_arguments()
kinto.core.resource:ViewSet.is_endpoint_enabled(endpoint_type, resource_name, method, settings)
kinto.core.resource:Resource(request, context=None)
kinto.core.resource:Resource.get_parent_id(request)
kinto.core.resource:Resource.is_known_field(field)
kinto.core.resource:Resource.plural_head()
kinto.core.resource:Resource.plural_get()
kinto.core.resource:Resource.plural_post()
kinto.core.resource:Resource.plural_delete()
kinto.core.resource:Resource.get()
kinto.core.resource:Resource.put()
kinto.core.resource:Resource.patch()
kinto.core.resource:Resource.delete()
kinto.core.resource:Resource.process_object(new, old=None)
kinto.core.resource:Resource.apply_changes(obj, requested_changes)
kinto.core.resource:Resource.postprocess(result, action=<ACTIONS.READ: 'read'>, old=None)
kinto.core.resource:Resource._extract_filters()
kinto.core.resource:Resource._extract_sorting(limit)
kinto.core.resource:Resource._extract_limit()
kinto.core.resource:Resource._extract_partial_fields()
kinto.core.resource:Resource._build_pagination_rules(sorting, last_object, rules=None)
kinto.core.resource:Resource._extract_pagination_rules_from_token(limit, sorting)
kinto.core.resource:Resource._next_page_url(sorting, limit, last_object, offset)
kinto.core.resource:Resource._build_pagination_token(sorting, last_object, offset)
kinto.core.resource:Resource._get_known_fields()
kinto.core.resource:Resource._get_object_or_404(object_id)
kinto.core.resource:Resource._404_for_object(object_id)
kinto.core.resource:Resource._add_timestamp_header(response, timestamp=None)
kinto.core.resource:Resource._add_cache_header(response)
kinto.core.resource:Resource._raise_304_if_not_modified(obj=None)
kinto.core.resource:Resource._raise_412_if_modified(obj=None)
kinto.core.resource:Resource._raise_400_if_invalid_id(object_id)
kinto.core.resource:Resource._raise_400_if_id_mismatch(new_id, object_id)
kinto.core.resource:Resource.process_record(*args, **kwargs)
kinto.core.resource:Resource.collection_get(*args, **kwargs)
kinto.core.resource:Resource.collection_post(*args, **kwargs)
kinto.core.resource:Resource.collection_delete(*args, **kwargs)
kinto.core.resource:Model(storage, permission, id_generator=None, resource_name='', parent_id='', current_principal=None, prefixed_principals=None, explicit_perm=True)
kinto.core.resource:Model.timestamp(parent_id=None)
kinto.core.resource:Model.get_objects(filters=None, sorting=None, pagination_rules=None, limit=None, include_deleted=False, parent_id=None)
kinto.core.resource:Model.count_objects(filters=None, parent_id=None)
kinto.core.resource:Model.delete_objects(filters=None, sorting=None, pagination_rules=None, limit=None, parent_id=None)
kinto.core.resource:Model.get_object(object_id, parent_id=None)
kinto.core.resource:Model.create_object(obj, parent_id=None)
kinto.core.resource:Model.update_object(obj, parent_id=None)
kinto.core.resource:Model.delete_object(obj, parent_id=None, last_modified=None)
kinto.core.resource:Model.get_record(record_id, parent_id=None)
kinto.core.resource:Model.create_record(record, parent_id=None)
kinto.core.resource:Model.update_record(record, parent_id=None)
kinto.core.resource:Model.delete_record(record, parent_id=None, last_modified=None)
kinto.core.resource:ResourceSchema.get_option(attr)
kinto.core.resource:ResourceSchema.is_readonly(field)
kinto.core.resource.schema:ResourceResponses.get_and_bind(endpoint_type, method, **kwargs)
kinto.core.storage:Filter(field, value, operator)
kinto.core.storage:Sort(field, direction)
kinto.core.storage:heartbeat(backend)
kinto.core.storage:StorageBase()
kinto.core.storage:StorageBase.initialize_schema(dry_run=False)
kinto.core.storage:StorageBase.flush()
kinto.core.storage:StorageBase.resource_timestamp(resource_name, parent_id)
kinto.core.storage:StorageBase.all_resources_timestamps(resource_name)
kinto.core.storage:StorageBase.create(resource_name, parent_id, obj, id_generator=None, id_field='id', modified_field='last_modified')
kinto.core.storage:StorageBase.get(resource_name, parent_id, object_id, id_field='id', modified_field='last_modified')
kinto.core.storage:StorageBase.update(resource_name, parent_id, object_id, obj, id_field='id', modified_field='last_modified')
kinto.core.storage:StorageBase.delete(resource_name, parent_id, object_id, id_field='id', with_deleted=True, modified_field='last_modified', deleted_field='deleted', last_modified=None)
kinto.core.storage:StorageBase.delete_all(resource_name, parent_id, filters=None, sorting=None, pagination_rules=None, limit=None, id_field='id', with_deleted=True, modified_field='last_modified', deleted_field='deleted')
kinto.core.storage:StorageBase.purge_deleted(resource_name, parent_id, before=None, max_retained=None, id_field='id', modified_field='last_modified', force_commit=False)
kinto.core.storage:StorageBase.list_all(resource_name, parent_id, filters=None, sorting=None, pagination_rules=None, limit=None, include_deleted=False, id_field='id', modified_field='last_modified', deleted_field='deleted')
kinto.core.storage:StorageBase.count_all(resource_name, parent_id, filters=None, include_deleted=False, id_field='id', modified_field='last_modified', deleted_field='deleted')
kinto.core.storage:StorageBase.trim_objects(resource_name, parent_id, filters, max_objects, id_field='id', modified_field='last_modified')
kinto.core.storage:StorageBase.get_all(*args, **kwargs)
kinto.core.storage:StorageBase.collection_timestamp(collection_id, parent_id)
kinto.core.storage.memory:Storage(*args, readonly=False, **kwargs)
kinto.core.storage.memory:load_from_config(config)
kinto.core.storage.memory:MemoryBasedStorage.strip_deleted_object(resource_name, parent_id, obj, id_field, modified_field, deleted_field)
kinto.core.storage.memory:MemoryBasedStorage.set_object_timestamp(resource_name, parent_id, obj, modified_field='last_modified', last_modified=None)
kinto.core.storage.memory:MemoryBasedStorage.bump_timestamp(resource_timestamp, obj, modified_field, last_modified)
kinto.core.storage.memory:MemoryBasedStorage.bump_and_store_timestamp(resource_name, parent_id, obj=None, modified_field=None, last_modified=None)
kinto.core.storage.memory:MemoryBasedStorage.extract_object_set(objects, filters, sorting, id_field='id', deleted_field='deleted', pagination_rules=None, limit=None, include_deleted=False)
kinto.core.storage.memory:extract_object_set(objects, filters, sorting, pagination_rules=None, limit=None, include_deleted=False, id_field='id', deleted_field='deleted')
kinto.core.storage.exceptions:BackendError(original=None, message=None, *args, **kwargs)
kinto.core.storage.exceptions:UnicityError(field, *args, **kwargs)
kinto.core.storage.generators:Generator(config=None)
kinto.core.storage.generators:Generator.match(object_id)
kinto.core.storage.generators:Generator.__call__()
kinto.core.storage.testing:StorageTest._get_config(settings=None)
kinto.core.storage.testing:StorageTest.create_object(obj=None, id_generator=None, **kwargs)
kinto.core.cache:CacheBase(*args, **kwargs)
kinto.core.cache:CacheBase.set_metrics_backend(metrics_backend)
kinto.core.cache:CacheBase.initialize_schema(dry_run=False)
kinto.core.cache:CacheBase.flush()
kinto.core.cache:CacheBase.set(key, value, ttl)
kinto.core.cache:CacheBase.get(key)
kinto.core.cache:CacheBase.delete(key)
kinto.core.cache:CacheBase.expire(key, ttl)
kinto.core.cache:CacheBase.ttl(key)
kinto.core.cache:heartbeat(backend)
kinto.core.cache.memory:load_from_config(config)
kinto.core.cache.testing:CacheTest._get_config(settings=None)
kinto.core.cache.testing:CacheTest.get_backend_prefix(prefix)
kinto.core.permission:PermissionBase(*args, **kwargs)
kinto.core.permission:PermissionBase.initialize_schema(dry_run=False)
kinto.core.permission:PermissionBase.flush()
kinto.core.permission:PermissionBase.add_user_principal(user_id, principal)
kinto.core.permission:PermissionBase.remove_user_principal(user_id, principal)
kinto.core.permission:PermissionBase.remove_principal(principal)
kinto.core.permission:PermissionBase.get_user_principals(user_id)
kinto.core.permission:PermissionBase.add_principal_to_ace(object_id, permission, principal)
kinto.core.permission:PermissionBase.remove_principal_from_ace(object_id, permission, principal)
kinto.core.permission:PermissionBase.get_object_permission_principals(object_id, permission)
kinto.core.permission:PermissionBase.get_accessible_objects(principals, bound_permissions=None, with_children=True)
kinto.core.permission:PermissionBase.get_authorized_principals(bound_permissions)
kinto.core.permission:PermissionBase.check_permission(principals, bound_permissions)
kinto.core.permission:PermissionBase.get_object_permissions(object_id, permissions=None)
kinto.core.permission:PermissionBase.get_objects_permissions(objects_ids, permissions=None)
kinto.core.permission:PermissionBase.replace_object_permissions(object_id, permissions)
kinto.core.permission:PermissionBase.delete_object_permissions(*object_id_list)
kinto.core.permission:heartbeat(backend)
kinto.core.permission.testing:PermissionTest._get_config(settings=None)
kinto.core.events:ResourceRead(payload, read_objects, request)
kinto.core.events:ResourceChanged(payload, impacted_objects, request)
kinto.core.events:AfterResourceRead(payload, read_objects, request)
kinto.core.events:AfterResourceChanged(payload, impacted_objects, request)
kinto.core.events:notify_resource_event(request, parent_id, timestamp, data, action, old=None, resource_name=None, resource_data=None)
kinto.core.events:get_resource_events(request, after_commit=False)
kinto.core.events:setup_transaction_hook(config)
kinto.core.events:EventCollector(cascade_level=1)
kinto.core.events:EventCollector.add_event(resource_name, parent_id, action, payload, impacted, request)
kinto.core.events:EventCollector.drain()
kinto.core.events:ACTIONS.from_string_list(elements)
kinto.events:ServerFlushed(request)
kinto.core.listeners:ListenerBase(*args, **kwargs)
kinto.core.listeners:ListenerBase.__call__(event)
kinto.core.authorization:RouteFactory(request)
kinto.core.authorization:RouteFactory.get_prefixed_principals()
kinto.core.authorization:RouteFactory.check_permission(principals, bound_perms)
kinto.core.authorization:RouteFactory.fetch_shared_objects(perm, principals, get_bound_permissions)
kinto.core.authorization:RouteFactory.get_permission_object_id(request, object_id=None)
kinto.core.authorization:AuthorizationPolicy.permits(context, principals, permission)
kinto.core.authorization:groupfinder(userid, request)
kinto.authorization:AuthorizationPolicy.get_bound_permissions(*args, **kwargs)
kinto.authorization:_resource_endpoint(object_uri)
kinto.authorization:_relative_object_uri(resource_name, object_uri)
kinto.authorization:_inherited_permissions(object_uri, permission)
kinto.core.errors:http_error(httpexception, errno=None, code=None, error=None, message=None, info=None, details=None)
kinto.core.errors:json_error_handler(request)
kinto.core.errors:raise_invalid(request, location='body', name=None, description=None, **kwargs)
kinto.core.errors:send_alert(request, message=None, url=None, code='soft-eol')
kinto.core.errors:request_GET(request)
kinto.core.utils:json.dumps(v, **kw)
kinto.core.utils:json.loads(v, **kw)
kinto.core.utils:json.load(f, **kw)
kinto.core.utils:strip_whitespace(v)
kinto.core.utils:msec_time()
kinto.core.utils:classname(obj)
kinto.core.utils:merge_dicts(a, b)
kinto.core.utils:recursive_update_dict(root, changes, ignores=())
kinto.core.utils:dict_merge(a, b)
kinto.core.utils:dict_subset(d, keys)
kinto.core.utils:find_nested_value(d, path, default=None)
kinto.core.utils:random_bytes_hex(bytes_length)
kinto.core.utils:native_value(value)
kinto.core.utils:read_env(key, value)
kinto.core.utils:encode64(content, encoding='utf-8')
kinto.core.utils:decode64(encoded_content, encoding='utf-8')
kinto.core.utils:hmac_digest(secret, message, encoding='utf-8')
kinto.core.utils:reapply_cors(request, response)
kinto.core.utils:log_context(request, **kwargs)
kinto.core.utils:current_service(request)
kinto.core.utils:current_resource_name(request)
kinto.core.utils:prefixed_userid(request)
kinto.core.utils:prefixed_principals(request)
kinto.core.utils:build_request(original, dict_obj)
kinto.core.utils:build_response(response, request)
kinto.core.utils:follow_subrequest(request, subrequest, **kwargs)
kinto.core.utils:strip_uri_prefix(path)
kinto.core.utils:view_lookup(request, uri)
kinto.core.utils:view_lookup_registry(registry, uri)
kinto.core.utils:instance_uri(request, resource_name, **params)
kinto.core.utils:apply_json_patch(obj, ops)
kinto.core.utils:safe_wraps(wrapper, *args, **kwargs)
kinto.core.scripts:migrate(env, dry_run=False)
kinto.core.scripts:purge_deleted(env, resource_names, max_retained)
kinto.core.scripts:flush_cache(env)
kinto.core.openapi:OpenAPI(services, request)
kinto.core.openapi:OpenAPI.expose_authentication_method(method_name, definition)
kinto.core.openapi:OpenAPI.generate()
kinto.core.openapi:OpenAPI.default_tags(service, method)
kinto.core.openapi:OpenAPI.default_op_ids(service, method)
kinto.core.openapi:OpenAPI.default_security(service, method)
kinto.core.testing:BaseWebTest.make_app(settings=None, config=None)
kinto.core.testing:BaseWebTest.get_app_settings(extras=None)
kinto.core.testing:get_request_class(prefix)
kinto.core.testing:get_user_headers(user, password='secret')
kinto.core.testing:FormattedErrorMixin.assertFormattedError(response, code, errno, error, message=None, info=None)
kinto.core.testing:ThreadMixin._create_thread(*args, **kwargs)
kinto.schema_validation:validate_schema(data, schema, id_field, ignore_fields=None)
kinto.schema_validation:validate(data, schema)
kinto.schema_validation:check_schema(data)
kinto.schema_validation:validate_from_bucket_schema_or_400(data, resource_name, request, id_field, ignore_fields)
kinto.views:object_exists_or_404(request, resource_name, object_id, parent_id='')
kinto.views:NameGenerator()
kinto.views.records:Record(request, **kwargs)
kinto.config:init(config_file, backend, cache_backend, host='127.0.0.1')
kinto.config:render_template(template, destination, **kwargs)
kinto.config:config_attributes()
kinto.__main__:main(args=None)
kinto.plugins.prometheus:PrometheusService(prefix='', disabled_metrics=[], histogram_buckets=None)
kinto.plugins.statsd:StatsDService(host, port, prefix)
kinto.core.storage.postgresql:Storage(client, max_fetch_size, *args, readonly=False, **kwargs)
kinto.core.storage.postgresql:create_from_config(config, prefix='', with_transaction=True)
kinto.core.storage.postgresql:PostgreSQLPluginMigration.initialize_schema(client, dry_run=False)
kinto.core.storage.postgresql.client:PostgreSQLClient(session_factory, commit_manually, invalidate)
kinto.core.storage.postgresql.client:PostgreSQLClient.connect(readonly=False, force_commit=False)
kinto.core.storage.postgresql.migrator:MigratorMixin.create_or_migrate_schema(dry_run=False)
kinto.core.storage.postgresql.migrator:MigratorMixin.migrate_schema(start_version, dry_run)
kinto.core.storage.postgresql.migrator:MigratorMixin.create_schema(dry_run)
kinto.plugins.accounts.scripts:create_user(env, username=None, password=None)
kinto.plugins.accounts.authentication:account_check(username, password, request)
kinto.plugins.default_bucket:default_bucket_id(request)
kinto.plugins.default_bucket:get_user_info(request)
kinto.plugins.default_bucket:create_bucket(request, bucket_id)
kinto.plugins.default_bucket:create_collection(request, bucket_id)
kinto.plugins.default_bucket:resource_create_object(request, resource_cls, uri)
kinto.plugins.openid:OpenIDConnectPolicy(issuer, client_id, realm='Realm', **kwargs)
""".strip().splitlines()
"""Methods are written without `self`. More parameters may follow, if they have defaults."""
