"""Maintenance scripts: what is called on which backend, and what is told."""

from types import SimpleNamespace
from unittest import mock

import pytest

from kinto.core import scripts


@pytest.fixture
def registry():
    backends = {name: mock.Mock() for name in ("cache", "storage", "permission")}
    migrations = [("attachment", mock.Mock())]
    return SimpleNamespace(
        settings={"storage_backend": "kinto.core.storage.memory"},
        getUtilitiesFor=lambda interface: iter(migrations),
        migrations=migrations,
        **backends,
    )


def test_every_backend_is_migrated(registry):
    scripts.migrate({"registry": registry}, dry_run=True)
    for name in ("cache", "storage", "permission"):
        getattr(registry, name).initialize_schema.assert_called_once_with(dry_run=True)


def test_absent_backends_are_skipped(registry):
    del registry.permission
    scripts.migrate({"registry": registry})
    registry.storage.initialize_schema.assert_called_once_with(dry_run=False)


def test_a_readonly_server_only_migrates_its_cache(registry):
    registry.settings["readonly"] = "true"
    with mock.patch.object(scripts, "logger") as logger:
        scripts.migrate({"registry": registry})
    registry.cache.initialize_schema.assert_called_once_with(dry_run=False)
    registry.storage.initialize_schema.assert_not_called()
    assert [call.args[0] for call in logger.error.call_args_list] == [
        "Cannot migrate the storage backend while in readonly mode.",
        "Cannot migrate the permission backend while in readonly mode.",
    ]


def test_plugins_are_migrated_on_postgresql_only(registry):
    (_, migration) = registry.migrations[0]
    scripts.migrate({"registry": registry})
    migration.initialize_schema.assert_not_called()
    registry.settings["storage_backend"] = "kinto.core.storage.postgresql"
    scripts.migrate({"registry": registry}, dry_run=True)
    migration.initialize_schema.assert_called_once_with(registry.storage.client, dry_run=True)


def test_flush_cache_empties_the_cache(registry):
    assert scripts.flush_cache({"registry": registry}) == 0
    registry.cache.flush.assert_called_once_with()


def test_purge_deleted_counts_over_resources(registry):
    registry.storage.purge_deleted.side_effect = [2, 3]
    with mock.patch.object(scripts, "logger") as logger:
        assert scripts.purge_deleted({"registry": registry}, ["record", "group"], 10) == 0
    registry.storage.purge_deleted.assert_any_call(
        resource_name="group", parent_id="*", max_retained=10, force_commit=True
    )
    assert [call.args[0] for call in logger.info.call_args_list] == [
        "Keep only 10 tombstones per parent and resource.",
        "5 tombstone(s) deleted.",
    ]
