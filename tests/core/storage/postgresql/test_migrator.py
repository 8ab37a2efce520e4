"""Schemas come, change and are refused as the documentation says."""

import logging
from concurrent.futures import ThreadPoolExecutor

import pytest

from kinto.core.cache import postgresql as cache
from kinto.core.permission import postgresql as permission
from kinto.core.storage import postgresql as storage
from kinto.core.storage.exceptions import BackendError
from kinto.core.storage.postgresql import PostgreSQLPluginMigration
from tests.core.storage.postgresql.helpers import config

LOGGERS = ("kinto.core.storage.postgresql.migrator", "kinto.core.cache.postgresql")


@pytest.fixture
def told(caplog):
    for name in LOGGERS:
        caplog.set_level(logging.INFO, logger=name)
    return lambda: [record.getMessage() for record in caplog.records]


def test_the_first_migration_tells_what_it_made(url, told):
    storage.load_from_config(config(storage_url=url)).initialize_schema()
    assert told() == [
        f"Create PostgreSQL storage schema at version 26 from {storage.Storage.schema_file}.",
        "Created PostgreSQL storage schema (version 26).",
    ]


def test_the_second_migration_has_nothing_to_do(made, told):
    made.initialize_schema()
    assert told() == [
        "Detected PostgreSQL storage schema version 26.",
        "PostgreSQL storage schema is up-to-date.",
    ]


def test_a_dry_run_makes_nothing(url, run, told):
    storage.load_from_config(config(storage_url=url)).initialize_schema(dry_run=True)
    permission.load_from_config(config(permission_url=url)).initialize_schema(dry_run=True)
    cache.load_from_config(config(cache_url=url)).initialize_schema(dry_run=True)
    assert told()[2] == f"Create cache schema from '{cache.Cache.schema_file}'"
    assert run("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'") == [(0,)]


def test_the_cache_tells_that_it_is_there(url, told):
    backend = cache.load_from_config(config(cache_url=url))
    backend.initialize_schema()
    backend.initialize_schema()
    assert told()[-2:] == [
        "Created PostgreSQL cache tables",
        "PostgreSQL cache schema is up-to-date.",
    ]


def test_servers_that_start_at_once_make_the_tables_once(url, run):
    def start(number):
        backend = storage.load_from_config(config(storage_url=url, n=number))
        backend.initialize_schema()
        backend.create("test", f"p{number}", {"id": "a"})

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(start, range(6)))
    assert run("SELECT count(*) FROM objects") == [(6,)]


def test_without_tables_the_answer_is_to_migrate(url):
    backend = storage.load_from_config(config(storage_url=url))
    with pytest.raises(BackendError, match="Run `kinto migrate`"):
        backend.get("test", "", "a")


@pytest.mark.parametrize(("version", "words"), [("25", "Run `kinto migrate`"), ("27", "newer")])
def test_tables_of_another_release_are_refused(made, run, version, words):
    run("UPDATE metadata SET value = %s WHERE name = 'storage_schema_version'", version)
    made.database.recheck()
    with pytest.raises(BackendError, match=words):
        made.create("test", "", {"id": "a"})
    run("UPDATE metadata SET value = '26' WHERE name = 'storage_schema_version'")
    made.create("test", "", {"id": "a"})


FOREIGN = """
CREATE TABLE metadata (name VARCHAR(128) NOT NULL, value VARCHAR(512) NOT NULL);
INSERT INTO metadata (name, value) VALUES ('storage_schema_version', '26');
CREATE TABLE objects (id TEXT, parent_id TEXT, resource_name TEXT, last_modified TIMESTAMP,
                      data JSONB, deleted BOOLEAN);
INSERT INTO objects (id, data) VALUES ('r', '{"kept": true}');
CREATE TABLE timestamps (parent_id TEXT, resource_name TEXT, last_modified TIMESTAMP);
"""


@pytest.mark.parametrize("kind", [storage, permission, cache])
def test_tables_of_another_server_are_refused_and_left_alone(url, run, kind):
    """Its version number happens to be ours."""
    run(FOREIGN)
    before = run("SELECT table_name, column_name FROM information_schema.columns"
                 " WHERE table_schema = 'public' ORDER BY 1, 2")  # fmt: skip
    name = kind.__name__.split(".")[2]
    backend = kind.load_from_config(config(**{f"{name}_url": url}))
    with pytest.raises(BackendError, match="tables of another server .*objects, timestamps"):
        backend.initialize_schema()
    uses = {
        "storage": lambda: backend.get("record", "", "r"),
        "permission": lambda: backend.get_user_principals("ann"),
        "cache": lambda: backend.get("key"),
    }
    with pytest.raises(BackendError, match="empty database"):
        uses[name]()
    assert before == run("SELECT table_name, column_name FROM information_schema.columns"
                         " WHERE table_schema = 'public' ORDER BY 1, 2")  # fmt: skip
    assert run("SELECT data FROM objects") == [({"kept": True},)]


def test_tables_of_a_newer_release_are_not_migrated(made, run):
    run("UPDATE metadata SET value = '27' WHERE name = 'storage_schema_version'")
    with pytest.raises(BackendError, match="newer release"):
        made.initialize_schema()


class Plugin(PostgreSQLPluginMigration):
    name = "garden"
    schema_version = 3


@pytest.fixture
def plugin(tmp_path):
    (tmp_path / "migration_001_002.sql").write_text("CREATE TABLE plants (name TEXT);")
    (tmp_path / "migration_002_003.sql").write_text("INSERT INTO plants VALUES ('100% oak :x');")
    plugin = Plugin()
    plugin.migrations_directory = tmp_path
    return plugin


def test_a_plugin_migrates_step_by_step(made, run, plugin, told):
    plugin.initialize_schema(made.client)
    assert run("SELECT name FROM plants") == [("100% oak :x",)]
    assert plugin.get_installed_version() == 3
    assert "[#.] 1/2" in told()
    plugin.initialize_schema(made.client)
    assert told()[-1] == "PostgreSQL garden schema is up-to-date."


def test_a_dry_run_of_a_plugin_changes_nothing(made, run, plugin, told):
    plugin.initialize_schema(made.client, dry_run=True)
    assert plugin.get_installed_version() == 1
    assert told()[-1] == "PostgreSQL garden schema migration done. (dry-run)"


def test_a_step_that_fails_leaves_the_version_before_it(made, plugin, tmp_path):
    (tmp_path / "migration_002_003.sql").write_text("CREATE TABLE trees (id INT); SELECT 1/0;")
    with pytest.raises(BackendError):
        plugin.initialize_schema(made.client)
    assert plugin.get_installed_version() == 2
    (tmp_path / "migration_002_003.sql").write_text("CREATE TABLE trees (id INT);")
    plugin.initialize_schema(made.client)
    assert plugin.get_installed_version() == 3


def test_an_unexpected_version_stops_a_migration(made, plugin):
    plugin.client = made.client
    with pytest.raises(AssertionError, match="version 2 expected, 1 found"):
        plugin.migrate_schema(2, dry_run=False)
