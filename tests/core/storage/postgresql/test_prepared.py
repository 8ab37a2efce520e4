"""Statements that connections prepare once, and what becomes of them when somebody interferes."""

from collections.abc import Iterator
from unittest import mock

import pytest

from kinto.core.permission import postgresql as permission
from kinto.core.permission import postgresql_aces
from kinto.core.protocol.terms import COMPARISON, Filter
from kinto.core.runtime import units
from kinto.core.storage.exceptions import BackendError, TransientError
from kinto.core.storage.postgresql import connection, prepared, reading
from kinto.core.storage.postgresql.prepared import Hot, Prepared
from tests.core.storage.postgresql.helpers import config

RECORDS = ("record", "/buckets/b/collections/c")


@pytest.fixture
def sent() -> Iterator[list[str]]:
    """The texts sent to the server, one for each round trip."""
    texts: list[str] = []
    execute = connection.execute

    def spy(raw, sql, parameters=()):
        texts.append(sql)
        return execute(raw, sql, parameters)

    with mock.patch.object(connection, "execute", side_effect=spy):
        yield texts


@pytest.fixture
def behind_a_pooler(made) -> Iterator[None]:
    """Connections whose process is not the one that the server tells."""
    made.database.close()
    with mock.patch.object(prepared, "Prepared", return_value=None):
        yield
    made.database.close()


def test_a_statement_is_prepared_once(made, sent):
    made.create(*RECORDS, {"id": "a"})
    sent.clear()
    for _ in range(3):
        made.get(*RECORDS, "a")
    assert [text.startswith("EXECUTE") for text in sent] == [False, True, True]


def test_behind_a_pooler_nothing_is_prepared(made, behind_a_pooler, sent):
    for number in range(3):
        made.create(*RECORDS, {"id": str(number)})
        assert made.get(*RECORDS, str(number))
    assert not [text for text in sent if "PREPARE" in text or "EXECUTE" in text]


def test_a_pooler_is_known_by_its_process_id(made, run):
    class Pooled:
        def __init__(self, raw):
            self._raw = raw

        def cursor(self):
            return self._raw.cursor()

        def get_backend_pid(self):
            return self._raw.get_backend_pid() + 1

    with made.database.reading() as session:
        session.read("SELECT 1")
        raw = session._connection.pooled.dbapi_connection
        assert prepared.prepared_by(raw) is not None
        assert prepared.prepared_by(Pooled(raw)) is None


def test_what_somebody_discarded_is_sent_as_text_when_tried_again(made, sent):
    made.create(*RECORDS, {"id": "a"})
    made.get(*RECORDS, "a")
    with made.database.reading() as session:
        session.read_or_write("DISCARD ALL")
    with pytest.raises(TransientError):
        made.get(*RECORDS, "a")
    sent.clear()
    assert made.get(*RECORDS, "a")["id"] == "a"
    assert "EXECUTE" not in sent[0]


def test_a_statement_that_could_not_be_prepared_is_prepared_again(made):
    hot = Hot("SELECT id FROM objects WHERE bucket = %s AND id = 1")
    with made.database.reading() as session:
        for _ in range(2):
            with pytest.raises(BackendError, match="operator does not exist"):
                session.read(hot, ("b",))
        assert session.read(Hot("SELECT %s::int + 1"), (1,)) == [(2,)]


def test_an_old_statement_makes_room(made, monkeypatch):
    monkeypatch.setattr(prepared, "MOST", 3)
    with made.database.reading() as session:
        for _ in range(2):
            for number in range(5):
                assert session.read(Hot(f"SELECT %s::int + {number}"), (1,)) == [(1 + number,)]
        assert len(session.read("SELECT name FROM pg_prepared_statements")) == 3


def test_named_parameters_are_sent_once():
    one = Prepared()
    statement = (Hot("SELECT %(a)s::int + %(b)s::int - %(a)s::int"), {"a": 1, "b": 2})
    text, values = prepared.as_one([statement], one)
    assert "SELECT $1::int + $2::int - $1::int" in text and values == [1, 2]
    text, values = prepared.as_one([statement, ("COMMIT", ())], None)
    assert text == "SELECT %s::int + %s::int - %s::int;\nCOMMIT" and values == [1, 2, 1]


def test_a_write_of_a_unit_is_two_round_trips(made, url, sent):
    permissions = permission.load_from_config(config(permission_url=url))
    permissions.initialize_schema()
    made.create("collection", "/buckets/b", {"id": "c"})
    made.create(*RECORDS, {"id": "a"})
    uri = f"{RECORDS[1]}/records/a"
    permissions.add_principal_to_ace(uri, "write", "ann")
    sent.clear()
    with units.unit_of_work():
        made.lock_parent(*RECORDS)
        made.expect([(*RECORDS, "a")], timestamp_of=RECORDS)
        assert permissions.get_objects_permissions([uri]) == [{"write": {"ann"}}]
        (found,) = made.get_many([(*RECORDS, "a")])
        stored = made.update(*RECORDS, "a", {"n": 1})
        assert stored["last_modified"] > found["last_modified"]
    assert len(sent) == 2, sent
    assert made.get(*RECORDS, "a") == stored
    assert made.resource_timestamp(*RECORDS) == stored["last_modified"]


@pytest.mark.parametrize(
    "keys",
    [
        [("record", "/buckets/b/collections/c", "a"), ("record", "/buckets/x/collections/c", "a")],
        [("it's", "/buckets/b/collections/c", "a"), ("%s", "/buckets/b", "a")],
        [("record", "/buckets/b/collections/c", "a"), ("collection", "/buckets/b", "a")],
    ],
    ids=["two buckets", "odd names", "usual"],
)
def test_what_was_expected_is_found_wherever_it_is(made, url, keys):
    permissions = permission.load_from_config(config(permission_url=url))
    permissions.initialize_schema()
    uris = [f"{parent}/things/a" for _, parent, _ in keys]
    for number, (key, uri) in enumerate(zip(keys, uris, strict=True)):
        made.create(*key[:2], {"id": key[2], "n": number})
        permissions.add_principal_to_ace(uri, "write", f"u{number}")
    with units.unit_of_work():
        made.expect(keys)
        _, held = permissions.get_principals_and_permissions("ann", uris)
        assert held == [{"write": {"u0"}}, {"write": {"u1"}}]
        assert [found["n"] for found in made.get_many(keys)] == [0, 1]
    assert permissions.get_principals_and_permissions("ann", []) == (set(), [])


def test_a_unit_of_two_databases_knows_before_it_commits_that_it_can(made, url, sent):
    class Other:
        def prepare(self):
            assert "INSERT INTO objects" in sent[-1]

        def commit(self):
            assert sent[-1] == "COMMIT"

        def abort(self): ...

    with units.unit_of_work() as unit:
        made.update(*RECORDS, "a", {"n": 1})
        unit.join("other", Other)
    assert made.get(*RECORDS, "a")["n"] == 1


def test_a_value_keeps_its_type_in_a_prepared_filter(made):
    """A parameter takes the type of its column: half a millisecond would become a whole one."""
    timestamp = made.create(*RECORDS, {"id": "a", "n": 2})["last_modified"]
    for field, value in (("last_modified", timestamp), ("n", 2)):
        for wanted, expected in (
            (value, 0), (value - 0.5, 1), (value + 0.5, 0), (2**63, 0), (-(2**70), 1),
        ):  # fmt: skip
            filters = [Filter(field, wanted, COMPARISON.GT)]
            assert made.count_all(*RECORDS, filters=filters) == expected, (field, wanted)


def test_a_database_that_was_never_analysed_finds_objects_by_their_key(made, run):
    run("ALTER TABLE objects SET (autovacuum_enabled = false)")
    with units.unit_of_work():
        for number in range(3000):
            made.create(*RECORDS, {"id": f"{number:05}"})
    with made.database.reading() as session:
        keys = [(*RECORDS, "00007"), (*RECORDS, "02000")]
        sql, values = prepared.as_one(
            [(reading._few(2), [text for key in keys for text in reading.row_key(key)])], None
        )
        plan = "\n".join(line for (line,) in session.read(f"EXPLAIN {sql}", values))
        assert "objects_pkey" in plan and "objects_by_timestamp" not in plan, plan


def test_a_database_that_was_never_analysed_finds_entries_by_their_object(made, url, run):
    permissions = permission.load_from_config(config(permission_url=url))
    permissions.initialize_schema()
    run("ALTER TABLE access_control_entries SET (autovacuum_enabled = false)")
    uris = [f"{RECORDS[1]}/records/{number:05}" for number in range(3000)]
    with units.unit_of_work():
        for uri in uris:
            permissions.add_principal_to_ace(uri, "write", "ann")
    with made.database.reading() as session:
        sql, values = prepared.as_one([postgresql_aces._entries(uris[:3])], None)
        plan = "\n".join(line for (line,) in session.read(f"EXPLAIN {sql}", values))
    assert "_pkey" in plan and "_by_principal" not in plan, plan
