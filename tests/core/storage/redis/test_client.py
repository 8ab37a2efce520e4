"""Units of work over Redis: the lock, its lease, and one script for all that a unit changed."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from unittest import mock

import pytest
from pyramid import testing

from kinto.core.permission.redis import Permission
from kinto.core.runtime import units
from kinto.core.storage.exceptions import BackendError, TransientError
from kinto.core.storage.redis import Storage, client, connection, load_from_config, names, writing
from kinto.core.storage.redis.client import Database, database_of
from tests.redis_server import redis_url, running_redis

RECORDS = ("record", "/buckets/b/collections/c")


def storage_at(url):
    """A storage with a pool and a lock of its own: as in another process."""
    settings = {"storage_url": url}
    with mock.patch.dict(connection._servers, clear=True):
        server = connection.server_of(settings, "storage")
    return Storage(Database(server))


@pytest.fixture
def url():
    return redis_url()


@pytest.fixture
def storage(url):
    storage = storage_at(url)
    storage.initialize_schema()
    yield storage
    storage.database.server.close()


@pytest.fixture
def elsewhere(url):
    """The same database, of another process."""
    storage = storage_at(url)
    yield storage
    storage.database.server.close()


def test_storage_and_permissions_of_one_address_share_a_database(url):
    settings = {"storage_url": url, "permission_url": url}
    assert database_of(settings, "storage") is database_of(settings, "permission")


def test_options_of_one_kind_do_not_part_storage_and_permissions(url):
    """Two pools would be two holders of one lock: a unit would wait for itself."""
    with mock.patch.dict(connection._servers, clear=True):
        settings = {"storage_url": url, "permission_url": url, "storage_pool_size": 5}
        database = database_of(settings, "storage")
        assert database_of(settings, "permission") is database
        settings["permission_pool_size"] = 6
        with pytest.warns(UserWarning, match="permission_\\* will be ignored"):
            assert database_of(settings, "permission") is database
        assert database.server.pool.max_connections == 5


def test_a_unit_over_storage_and_permissions_is_one_script(storage):
    permission = Permission(storage.database)
    storage.create(*RECORDS, {"id": "first"})  # the server knows the scripts now
    sent = []
    execute = connection.execute

    def recorded(call, *arguments):
        sent.append(arguments)
        return execute(call, *arguments)

    with mock.patch.object(connection, "execute", recorded), units.unit_of_work():
        storage.create(*RECORDS, {"id": "r"})
        permission.add_principal_to_ace("/r", "read", "ann")
        before = len(sent)
    assert len(sent) == before + 1
    assert storage.get(*RECORDS, "r")["id"] == "r"
    assert permission.get_object_permissions("/r") == {"read": {"ann"}}


def test_nothing_is_stored_before_the_commit(storage, elsewhere):
    with units.unit_of_work():
        storage.create(*RECORDS, {"id": "r"})
        bound = units.current()
        units.bind(None)
        try:
            assert elsewhere.list_all(*RECORDS) == []
        finally:
            units.bind(bound)
    assert [each["id"] for each in elsewhere.list_all(*RECORDS)] == ["r"]


def test_no_lock_is_left_behind(storage):
    with units.unit_of_work():
        storage.create(*RECORDS, {"id": "r"})
    with pytest.raises(ZeroDivisionError), units.unit_of_work():
        storage.create(*RECORDS, {"id": "s"})
        raise ZeroDivisionError
    with units.unit_of_work():
        storage.lock_parent(*RECORDS)
    assert storage.database.server.run("EXISTS", names.LOCK) == 0
    assert storage.database.turns.acquire(0)
    storage.database.turns.release()


def test_a_dead_holder_is_waited_for_until_its_lease_ends(storage, elsewhere):
    dead = client._Participant(elsewhere.database, None)
    with mock.patch.object(client, "_LEASE_MS", 300):
        dead.locked()
    started = time.monotonic()
    storage.create(*RECORDS, {"id": "r"})
    assert 0.1 < time.monotonic() - started < 3


def test_who_lost_the_lock_cannot_commit(storage, elsewhere):
    with pytest.raises(TransientError), units.unit_of_work():
        with mock.patch.object(client, "_LEASE_MS", 1):
            storage.create(*RECORDS, {"id": "late"})
        bound = units.current()
        units.bind(None)
        try:
            elsewhere.create(*RECORDS, {"id": "early"})
        finally:
            units.bind(bound)
    assert [each["id"] for each in storage.list_all(*RECORDS)] == ["early"]
    storage.create(*RECORDS, {"id": "next"})


def test_an_ended_lease_that_nobody_took_does_no_harm(storage):
    with units.unit_of_work(), mock.patch.object(client, "_LEASE_MS", 1):
        storage.create(*RECORDS, {"id": "slow"})
        time.sleep(0.01)
    assert storage.get(*RECORDS, "slow")["id"] == "slow"


def test_a_long_unit_keeps_its_lease(storage, elsewhere):
    with mock.patch.multiple(client, LEASE_SECONDS=0.4, _LEASE_MS=400):
        with units.unit_of_work():
            for number in range(10):
                storage.create(*RECORDS, {"id": f"r{number}"})
                time.sleep(0.11)
            assert storage.database.server.run("PTTL", names.LOCK) > 0
    assert storage.count_all(*RECORDS) == 10


def test_a_long_operation_keeps_its_lease(storage, elsewhere):
    with units.unit_of_work():
        for number in range(40):
            storage.create(*RECORDS, {"id": f"r{number}"})
    renewed = []
    renew = client._Participant._renew
    slowly = mock.patch("kinto.core.storage.redis.writing.tick", side_effect=_slow_tick)
    counted = mock.patch.object(
        client._Participant, "_renew", lambda self: (renewed.append(1), renew(self))
    )
    with mock.patch.multiple(client, LEASE_SECONDS=0.4, _LEASE_MS=400), slowly, counted:
        assert len(storage.delete_all(*RECORDS)) == 40
    assert len(renewed) > 4
    assert storage.count_all(*RECORDS) == 0


def test_the_wait_for_a_turn_is_bounded(storage, elsewhere):
    holder = client._Participant(elsewhere.database, None)
    holder.locked()
    with mock.patch.object(client, "WAIT_SECONDS", 0.2), pytest.raises(BackendError) as raised:
        storage.create(*RECORDS, {"id": "r"})
    assert "no turn" in str(raised.value)
    holder.abort()
    storage.create(*RECORDS, {"id": "r"})


def test_a_unit_that_only_reads_takes_no_lock(storage, elsewhere):
    holder = client._Participant(elsewhere.database, None)
    holder.locked()
    with units.unit_of_work():
        assert storage.list_page(*RECORDS)[1] == []
        assert storage.get_many([(*RECORDS, "r")]) == [None]
    holder.abort()


def test_no_update_of_two_processes_is_lost(storage, elsewhere):
    storage.create(*RECORDS, {"id": "counter", "n": 0})

    def count(number):
        each = (storage, elsewhere)[number % 2]
        for _ in range(20):
            with units.unit_of_work():
                each.lock_parent(*RECORDS)
                stored = each.get(*RECORDS, "counter")
                each.update(*RECORDS, "counter", {"n": stored["n"] + 1})

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(count, range(6)))
    assert storage.get(*RECORDS, "counter")["n"] == 120


def test_a_long_list_that_others_write_is_read_at_one_moment(storage, elsewhere):
    """Its objects all change in one unit, so a page never mixes two versions."""
    ids = [f"r{number}" for number in range(30)]

    def write_all(turn):
        with units.unit_of_work():
            for object_id in ids:
                elsewhere.update(*RECORDS, object_id, {"turn": turn})

    write_all(0)
    done = threading.Event()

    def write():
        for turn in range(1, 25):
            write_all(turn)
        done.set()

    with mock.patch("kinto.core.storage.redis.selecting.CHUNK", 7), ThreadPoolExecutor(1) as pool:
        writing = pool.submit(write)
        while not done.is_set() and not writing.done():
            timestamp, found = storage.list_page(*RECORDS)
            assert len(found) == len(ids)
            assert len({each["turn"] for each in found}) == 1
            assert max(each["last_modified"] for each in found) == timestamp
        writing.result()


def test_scripts_are_sent_again_to_a_server_that_forgot_them(storage):
    storage.create(*RECORDS, {"id": "r"})
    storage.database.server.run("SCRIPT FLUSH")
    storage.create(*RECORDS, {"id": "s"})
    assert storage.count_all(*RECORDS) == 2


def test_a_unit_of_many_objects_is_one_commit(storage):
    with units.unit_of_work():
        for number in range(3000):
            storage.create(*RECORDS, {"id": f"r{number}", "n": number})
    assert storage.count_all(*RECORDS) == 3000
    with units.unit_of_work():
        assert len(storage.delete_all(None, "/buckets/b/*", with_deleted=False)) == 3000
        storage.purge_deleted(None, "/buckets/b/*")
    left = storage.database.server.scan(names.STORAGE)
    assert left == [names.META]


def test_everything_of_a_unit_is_on_one_node_of_a_cluster():
    """A cluster refuses scripts and transactions over keys of several slots."""
    with running_redis(cluster_enabled="yes") as server:
        storage = storage_at(server.url)
        storage.database.server.run("CLUSTER ADDSLOTSRANGE", 0, 16383)
        until_formed(storage.database.server)
        permission = Permission(storage.database)
        with units.unit_of_work():
            for bucket in "abc":
                storage.create("bucket", "", {"id": bucket})
                storage.create("record", f"/buckets/{bucket}/collections/c", {"id": "r"})
                permission.add_user_principal(bucket, "group")
                permission.replace_object_permissions(f"/buckets/{bucket}", {"read": ["group"]})
        assert len(storage.list_all("record", "/buckets/*")) == 3
        assert storage.get_many([("bucket", "", "a"), ("record", "/buckets/b", "r")])[1] is None
        assert permission.get_accessible_objects(["group"], [("/buckets/*", "read")]).keys() == {
            "/buckets/a",
            "/buckets/b",
            "/buckets/c",
        }
        permission.flush()
        storage.flush()
        storage.database.server.close()


@pytest.mark.parametrize(
    ("policy", "told"),
    [
        ("no", "appendonly no: a crash loses what came after the last snapshot, if any"),
        ("everysec", "appendonly yes, appendfsync everysec"),
        ("always", "appendonly yes, appendfsync always"),
    ],
)
def test_durability_is_told_and_warned_about(policy, told, caplog):
    with running_redis(appendfsync=policy) as server:
        storage = storage_at(server.url)
        assert storage.durability() == told
        storage.database.warn_when_volatile()
        assert (told in caplog.text) == (policy != "always")
        storage.database.server.close()


def test_a_full_redis_refuses_units_whole():
    with running_redis(maxmemory="3mb") as server:
        storage = storage_at(server.url)
        kept = 0
        with pytest.raises(BackendError, match="maxmemory"):
            for _ in range(100):
                with units.unit_of_work():
                    for _ in range(10):
                        storage.create(*RECORDS, {"text": "x" * 5000})
                kept += 1
        assert kept > 0
        assert storage.count_all(*RECORDS) == 10 * kept
        storage.database.server.close()


def test_a_redis_that_drops_keys_when_full_is_warned_about(caplog):
    with running_redis(maxmemory_policy="allkeys-lru") as server:
        storage_at(server.url).database.warn_when_volatile()
    assert "may drop stored objects" in caplog.text


def test_the_start_does_not_need_the_server():
    with running_redis() as server:
        pass
    storage = load_from_config(testing.setUp(settings={"storage_url": server.url}))
    with pytest.raises(BackendError):
        storage.durability()


def test_a_read_only_start_writes_nothing(url):
    settings = {"storage_url": url, "readonly": "true"}
    storage = load_from_config(testing.setUp(settings=settings))
    first = storage.resource_timestamp(*RECORDS)
    assert storage.database.server.run("DBSIZE") == 0
    assert storage.resource_timestamp(*RECORDS) == first


def _slow_tick(*arguments, tick=writing.tick):
    time.sleep(0.02)
    return tick(*arguments)


def until_formed(server):
    deadline = time.monotonic() + 20
    while "cluster_state:ok" not in str(server.run("CLUSTER INFO")) and (
        "'cluster_state': 'ok'" not in str(server.run("CLUSTER INFO"))
    ):
        assert time.monotonic() < deadline
        time.sleep(0.05)
