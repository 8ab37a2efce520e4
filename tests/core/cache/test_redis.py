"""The Redis cache: in the database of the storage, and what it holds as other programs see it."""

import pytest
import redis
from pyramid import testing

from kinto.core.cache.redis import Cache, create_from_config, wrap_redis_error
from kinto.core.permission.redis import Permission
from kinto.core.storage.exceptions import BackendError
from kinto.core.storage.redis import Storage
from kinto.core.storage.redis.client import database_of
from kinto.core.storage.redis.connection import server_of
from tests.redis_server import redis_url


@pytest.fixture
def url():
    return redis_url()


@pytest.mark.parametrize("prefix", ["", "kinto:", "k"])
def test_a_flush_spares_objects_and_permissions_of_the_same_database(url, prefix):
    settings = {"storage_url": url, "permission_url": url, "cache_url": url}
    storage = Storage(database_of(settings, "storage"))
    permission = Permission(database_of(settings, "permission"))
    cache = Cache(server_of(settings, "cache"), cache_prefix=prefix)
    permission.add_user_principal("ann", "group")
    cache.set("first", 1, 10)
    cache.flush()
    storage.create("bucket", "", {"id": "b"})
    cache.set("second", 1, 10)
    cache.flush()
    assert cache.get("first") is cache.get("second") is None
    assert storage.get("bucket", "", "b")["id"] == "b"
    assert permission.get_user_principals("ann") == {"group"}


def test_a_flush_of_the_storage_spares_the_cache(url):
    settings = {"storage_url": url, "permission_url": url, "cache_url": url}
    cache = Cache(server_of(settings, "cache"), cache_prefix="kinto:")
    cache.set("key", 1, 10)
    Storage(database_of(settings, "storage")).flush()
    Permission(database_of(settings, "permission")).flush()
    assert cache.get("key") == 1


def test_values_are_json_texts_that_redis_lets_expire(url):
    cache = Cache(server_of({"cache_url": url}, "cache"), cache_prefix="p:")
    cache.set("key", {"a": [1.0, "\u00e9"]}, 1.5)
    assert cache.server.run("GET", "p:key") == '{"a":[1.0,"\\u00e9"]}'
    assert 1000 < cache.server.run("PTTL", "p:key") <= 1500


def test_a_plugin_gets_the_server_of_the_cache(url):
    config = testing.setUp(settings={"cache_url": url})
    assert create_from_config(config) is server_of({"cache_url": url}, "cache")


def test_failures_of_redis_leave_a_wrapped_function_as_failures_of_a_backend(url):
    server = server_of({"cache_url": url}, "cache")

    @wrap_redis_error
    def wrong(command):
        return redis.Redis(connection_pool=server.pool).execute_command(command)

    assert wrong("PING")
    with pytest.raises(BackendError) as failure:
        wrong("NOTACOMMAND")
    assert isinstance(failure.value.original, redis.RedisError)
