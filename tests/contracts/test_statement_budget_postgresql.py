"""How many SQL statements a request may cost on PostgreSQL, and that a read writes nothing.

Transaction control (BEGIN, SAVEPOINT, COMMIT) is not counted; commits are counted apart.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from kinto.core.storage.postgresql import connection, session
from tests import factories

COLLECTION = "/buckets/blog/collections/articles"
RECORDS = f"{COLLECTION}/records"


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> factories.Api:
    folder: Path = tmp_path_factory.mktemp("budget")
    return factories.build_api("postgresql", folder)


@pytest.fixture
def alice(api: factories.Api) -> dict[str, str]:
    api.empty()
    headers = factories.credentials("alice")
    api.put("/buckets/blog", headers=headers)
    api.put(COLLECTION, headers=headers)
    api.put_json(f"{RECORDS}/one", {"data": {"n": 1}}, headers=headers)
    return headers


@pytest.fixture
def statements() -> Iterator[list[str]]:
    """The statements run since the list was last cleared."""
    seen: list[str] = []
    listener = seen.append
    session.statement_listeners.append(listener)
    yield seen
    session.statement_listeners.remove(listener)


@pytest.fixture
def commits(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """One entry for each transaction with writes that was committed."""
    seen: list[str] = []
    commit = session.Session.commit

    def counted(self: session.Session) -> None:
        if self.is_writing:
            seen.append("COMMIT")
        commit(self)

    monkeypatch.setattr(session.Session, "commit", counted)
    return seen


@pytest.fixture
def trips(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was sent to the server, one text for each round trip."""
    seen: list[str] = []
    execute = connection.execute

    def counted(raw, sql, parameters=()):
        seen.append(sql)
        return execute(raw, sql, parameters)

    monkeypatch.setattr(connection, "execute", counted)
    return seen


def _writes(statements: list[str]) -> list[str]:
    return [text for text in statements if not text.lstrip().upper().startswith("SELECT")]


def test_get_of_a_record_takes_one_statement_and_writes_nothing(api, alice, statements):
    statements.clear()
    api.get(f"{RECORDS}/one", headers=alice)
    assert len(statements) == 1, statements
    assert not _writes(statements)


def test_put_of_a_new_record_takes_at_most_four_statements(api, alice, statements):
    statements.clear()
    api.put_json(f"{RECORDS}/two", {"data": {"n": 2}}, headers=alice)
    assert len(statements) <= 4, statements


def test_put_of_an_existing_record_takes_at_most_three_statements(api, alice, statements):
    statements.clear()
    api.put_json(f"{RECORDS}/one", {"data": {"n": 2}}, headers=alice)
    assert len(statements) <= 3, statements


def test_list_takes_at_most_two_statements_and_writes_nothing(api, alice, statements):
    statements.clear()
    api.get(f"{RECORDS}?n=1&_sort=-n", headers=alice)
    assert len(statements) <= 2, statements
    assert not _writes(statements)


def test_a_list_that_is_asked_for_again_takes_one_statement(api, alice, statements):
    api.put_json(f"{RECORDS}/two", {"data": {"n": 1}}, headers=alice)
    path = f"{RECORDS}?n=1&_sort=-n&_limit=10"
    first = api.get(path, headers=alice)
    statements.clear()
    assert api.get(path, headers=alice).body == first.body
    assert len(statements) == 1, statements


def test_unchanged_list_takes_one_statement(api, alice, statements):
    etag = api.get(RECORDS, headers=alice).headers["ETag"]
    statements.clear()
    api.get(RECORDS, headers={**alice, "If-None-Match": etag}, status=304)
    assert len(statements) == 1, statements
    assert not _writes(statements)


@pytest.mark.parametrize(("method", "most"), [("get", 1), ("put", 2), ("patch", 2), ("delete", 4)])
def test_round_trips_of_a_record(api, alice, trips, method, most):
    body = {} if method in ("get", "delete") else {"params": '{"data": {"n": 3}}'}
    headers = {**alice, "Content-Type": "application/json"} if body else alice
    trips.clear()
    getattr(api, method)(f"{RECORDS}/one", headers=headers, **body)
    assert len(trips) <= most, trips


def test_a_record_is_created_in_two_round_trips(api, alice, trips):
    for path in (f"{RECORDS}/two", RECORDS):
        trips.clear()
        send = api.post_json if path == RECORDS else api.put_json
        send(path, {"data": {"n": 2}}, headers=alice)
        assert len(trips) <= 2, trips


def test_a_recorded_write_takes_two_round_trips(alice, trips, tmp_path):
    recorded = factories.build_api("postgresql", tmp_path, includes="kinto.plugins.history")
    recorded.put_json(f"{RECORDS}/one", {"data": {"n": 2}}, headers=alice)
    trips.clear()
    recorded.put_json(f"{RECORDS}/one", {"data": {"n": 3}}, headers=alice)
    assert len(trips) <= 2, trips
    shown = recorded.get("/buckets/blog/history?_limit=1", headers=alice)
    assert shown.json["data"][0]["target"]["data"]["n"] == 3


def _batch(api, headers, requests):
    answer = api.post_json("/batch", {"requests": requests}, headers=headers)
    return [entry["status"] for entry in answer.json["responses"]]


def test_batch_of_25_puts_takes_at_most_12_statements_and_one_commit(
    api, alice, statements, commits
):
    requests = [
        {"method": "PUT", "path": f"{RECORDS}/new-{n}", "body": {"data": {"n": n}}}
        for n in range(25)
    ]
    statements.clear()
    commits.clear()
    assert _batch(api, alice, requests) == [201] * 25
    assert len(statements) <= 12, len(statements)
    assert len(commits) == 1


def test_batch_of_25_posts_takes_at_most_12_statements_and_one_commit(
    api, alice, statements, commits
):
    requests = [{"method": "POST", "path": RECORDS, "body": {"data": {"n": n}}} for n in range(25)]
    statements.clear()
    commits.clear()
    assert _batch(api, alice, requests) == [201] * 25
    assert len(statements) <= 12, len(statements)
    assert len(commits) == 1


def test_batch_of_25_gets_takes_at_most_4_statements_and_writes_nothing(api, alice, statements):
    for n in range(25):
        api.put_json(f"{RECORDS}/read-{n}", {"data": {"n": n}}, headers=alice)
    statements.clear()
    requests = [{"path": f"{RECORDS}/read-{n}"} for n in range(25)]
    assert _batch(api, alice, requests) == [200] * 25
    assert len(statements) <= 4, statements
    assert not _writes(statements)


def test_reading_a_list_that_was_never_written_writes_nothing(api, alice, statements):
    api.put("/buckets/blog/collections/empty", headers=alice)
    statements.clear()
    for _ in range(3):
        api.get("/buckets/blog/collections/empty/records", headers=alice)
    assert not _writes(statements)
