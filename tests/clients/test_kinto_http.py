"""`kinto-http` from PyPI, unmodified: what an application in Python does all day.

Each test has a bucket of its own. The servers give pages of five, so every list of more than
five records is also a test of pagination.
"""

import time
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from kinto_http import (
    BucketNotFound,
    Client,
    CollectionNotFound,
    KintoException,
    replication,
)
from kinto_http.exceptions import KintoBatchException
from kinto_http.patch_type import BasicPatch, JSONPatch, MergePatch


@pytest.fixture
def client(server_url: str) -> Iterator[Client]:
    """Alice's client, bound to a new bucket with one collection, which is deleted again."""
    alice = Client(
        server_url=server_url,
        auth=("alice", "secret"),
        bucket=f"b-{uuid4().hex[:12]}",
        collection="articles",
    )
    alice.create_bucket()
    alice.create_collection()
    yield alice
    alice.delete_bucket(if_exists=True)


@pytest.fixture
def bob(client: Client) -> Client:
    """Another user, looking at Alice's collection."""
    return client.clone(auth=("bob", "secret"))


def user_id(client: Client) -> str:
    return client.server_info()["user"]["id"]


def refusal(call: Any, **arguments: Any) -> Any:
    """The response of a call that must be refused."""
    with pytest.raises(KintoException) as caught:
        call(**arguments)
    return caught.value.response


def numbers(client: Client, **arguments: Any) -> list[int]:
    return [record["n"] for record in client.get_records(**arguments)]


@pytest.fixture
def twelve(client: Client) -> Client:
    """Alice's collection with records r00 to r11."""
    with client.batch() as batch:
        for n in range(12):
            batch.create_record(id=f"r{n:02}", data={"n": n, "even": n % 2 == 0})
    return client


class TestBuckets:
    def test_a_bucket_is_created_read_changed_and_deleted(self, client: Client) -> None:
        client.update_bucket(data={"colour": "green"}, safe=False)
        client.patch_bucket(data={"size": 3})
        bucket = client.get_bucket()
        assert {**bucket["data"], "last_modified": 0, "id": ""} == {
            "id": "",
            "last_modified": 0,
            "colour": "green",
            "size": 3,
        }
        assert client.delete_bucket()["deleted"] is True
        with pytest.raises(BucketNotFound):
            client.get_bucket()

    def test_a_bucket_that_exists_is_not_overwritten(self, client: Client) -> None:
        assert refusal(client.create_bucket, data={"x": 1}).status_code == 412
        client.create_bucket(if_not_exists=True)
        assert "x" not in client.get_bucket()["data"]

    def test_deleting_what_is_not_there_can_be_asked_for(self, client: Client) -> None:
        client.delete_bucket(id=client.bucket_name)
        client.delete_bucket(if_exists=True)

    def test_all_buckets_of_a_user_are_deleted(self, server_url: str) -> None:
        carol = Client(server_url=server_url, auth=(f"carol-{uuid4()}", ""))
        created = {f"b-{uuid4().hex[:12]}" for _ in range(3)}
        for bucket in created:
            carol.create_bucket(id=bucket)
        assert {bucket["id"] for bucket in carol.get_buckets()} == created
        assert {bucket["id"] for bucket in carol.delete_buckets()} == created
        assert carol.get_buckets() == []

    def test_everything_in_a_bucket_goes_with_it(self, client: Client) -> None:
        client.create_record(data={"n": 1})
        client.create_group(id="g", data={"members": []})
        client.delete_bucket()
        client.create_bucket()
        assert client.get_collections() == []
        assert client.get_groups() == []
        client.create_collection()
        assert client.get_records(_since=0) == []


class TestGroups:
    def test_a_group_is_created_changed_listed_and_deleted(self, client: Client) -> None:
        client.create_group(id="editors", data={"members": ["ldap:bob"]})
        client.patch_group(id="editors", data={"note": "x"})
        assert client.get_group(id="editors")["data"]["members"] == ["ldap:bob"]
        client.update_group(id="editors", data={"members": ["ldap:eve"]}, safe=False)
        assert [group["members"] for group in client.get_groups()] == [["ldap:eve"]]
        assert client.delete_group(id="editors")["deleted"] is True
        assert client.delete_groups() == []

    def test_members_get_what_their_group_was_given(self, client: Client, bob: Client) -> None:
        client.create_group(id="readers", data={"members": [user_id(bob)]})
        client.patch_collection(
            permissions={"read": [f"/buckets/{client.bucket_name}/groups/readers"]}
        )
        client.create_record(data={"n": 1})
        assert numbers(bob) == [1]
        client.delete_group(id="readers")
        assert refusal(bob.get_records).status_code == 403


class TestCollections:
    def test_a_collection_is_created_changed_listed_and_deleted(self, client: Client) -> None:
        client.create_collection(id="notes", data={"sort": "title"})
        client.patch_collection(id="notes", data={"x": 1})
        assert client.get_collection(id="notes")["data"]["sort"] == "title"
        assert {each["id"] for each in client.get_collections()} == {
            "articles",
            "notes",
        }
        client.delete_collection(id="notes")
        with pytest.raises(CollectionNotFound):
            client.get_collection(id="notes")
        assert [each["id"] for each in client.delete_collections()] == ["articles"]

    def test_the_timestamp_of_records_rises_with_each_write_only(self, client: Client) -> None:
        def timestamp() -> str:
            return client.clone().get_records_timestamp()  # a client asks only once

        empty = timestamp()
        assert timestamp() == empty
        record = client.create_record(data={"n": 1})
        assert timestamp() == str(record["data"]["last_modified"])
        assert int(timestamp()) > int(empty)


class TestPermissions:
    def test_a_second_user_reads_and_writes_when_everyone_may(
        self, client: Client, bob: Client
    ) -> None:
        client.patch_bucket(permissions={"write": ["system.Everyone"]})
        record = bob.create_record(data={"n": 1})
        assert numbers(client) == [1]
        bob.patch_record(id=record["data"]["id"], data={"n": 2})
        assert numbers(bob) == [2]

    def test_a_record_is_shared_alone(self, client: Client, bob: Client) -> None:
        client.create_record(data={"n": 1})
        shared = client.create_record(data={"n": 2}, permissions={"read": [user_id(bob)]})
        assert numbers(bob) == [2]
        assert bob.get_record(id=shared["data"]["id"])["data"]["n"] == 2
        refused = refusal(bob.patch_record, id=shared["data"]["id"], data={"n": 3})
        assert refused.status_code == 403

    def test_permissions_are_shown_to_those_who_may_write(
        self, client: Client, bob: Client
    ) -> None:
        record = client.create_record(data={"n": 1}, permissions={"read": [user_id(bob)]})
        assert record["permissions"] == {
            "read": [user_id(bob)],
            "write": [user_id(client)],
        }
        assert bob.get_record(id=record["data"]["id"])["permissions"] == {}

    def test_a_user_lists_what_he_may_do(self, server_url: str) -> None:
        bucket = f"b-{uuid4().hex[:12]}"
        dora = Client(server_url=server_url, auth=(bucket, ""), bucket=bucket)
        dora.create_bucket()
        dora.create_collection(id="articles")
        found = {entry["uri"]: entry["permissions"] for entry in dora.get_permissions()}
        assert "collection:create" in found[f"/buckets/{bucket}"]
        assert "record:create" in found[f"/buckets/{bucket}/collections/articles"]

    def test_strangers_and_other_users_are_refused(self, client: Client, bob: Client) -> None:
        nobody = client.clone(auth=None)
        nobody.session.auth = None
        assert refusal(nobody.get_records).status_code == 401
        assert refusal(bob.get_records).status_code == 403
        assert refusal(bob.create_record, data={"n": 1}).status_code == 403


class TestRecords:
    def test_a_record_is_created_read_replaced_and_deleted(self, client: Client) -> None:
        record = client.create_record(data={"n": 1, "x": [1, {"y": None}]})["data"]
        assert client.get_record(id=record["id"])["data"] == record
        replaced = client.update_record(data={"id": record["id"], "n": 2}, safe=False)["data"]
        assert set(replaced) == {"id", "last_modified", "n"}
        assert client.delete_record(id=record["id"])["deleted"] is True
        assert refusal(client.get_record, id=record["id"]).status_code == 404
        assert client.delete_record(id=record["id"], if_exists=True) is None

    def test_values_come_back_exactly(self, client: Client) -> None:
        values = {
            "big": 2**63 + 1,
            "float": 1.0,
            "text": "é ☃ 𝕏",
            "nested": [[], {}, [None]],
        }
        record = client.create_record(data=values)["data"]
        stored = client.get_record(id=record["id"])["data"]
        assert {key: stored[key] for key in values} == values
        assert isinstance(stored["float"], float)

    def test_all_pages_are_followed(self, twelve: Client) -> None:
        assert numbers(twelve, _sort="n") == list(range(12))
        pages = list(twelve.get_paginated_records(_sort="n"))
        assert [len(page["data"]) for page in pages] == [5, 5, 2]

    def test_lists_are_filtered_and_sorted(self, twelve: Client) -> None:
        assert numbers(twelve, even="true", _sort="-n") == [10, 8, 6, 4, 2, 0]
        assert numbers(twelve, min_n=3, lt_n=6, _sort="n") == [3, 4, 5]
        assert numbers(twelve, in_id="r01,r11", _sort="n") == [1, 11]
        assert set(twelve.get_records(_fields="id", _limit=1)[0]) == {
            "id",
            "last_modified",
        }

    def test_changes_since_a_timestamp_show_what_was_deleted(self, twelve: Client) -> None:
        since = twelve.get_records_timestamp()
        twelve.delete_record(id="r03")
        twelve.patch_record(id="r04", data={"n": 44})
        changes = twelve.get_records(_since=since, _sort="last_modified")
        assert [(each["id"], each.get("deleted")) for each in changes] == [
            ("r03", True),
            ("r04", None),
        ]

    def test_all_records_are_deleted_page_by_page(self, twelve: Client) -> None:
        while twelve.delete_records():
            pass
        assert twelve.get_records() == []


class TestConflicts:
    @pytest.fixture
    def stale(self, client: Client) -> dict[str, Any]:
        """A record as it was before somebody else changed it."""
        record = client.create_record(data={"n": 1})["data"]
        client.patch_record(id=record["id"], data={"n": 2}, safe=False)
        return record

    def test_a_stale_replacement_is_refused_and_shows_the_stored_one(
        self, client: Client, stale: dict[str, Any]
    ) -> None:
        refused = refusal(client.update_record, data={**stale, "n": 3})
        assert refused.status_code == 412
        assert refused.json()["details"]["existing"]["n"] == 2

    def test_a_stale_patch_is_refused(self, client: Client, stale: dict[str, Any]) -> None:
        refused = refusal(
            client.patch_record,
            changes=BasicPatch(data={"n": 3}),
            original=stale,
            safe=True,
        )
        assert refused.status_code == 412

    def test_a_stale_deletion_is_refused(self, client: Client, stale: dict[str, Any]) -> None:
        refused = refusal(
            client.delete_record,
            id=stale["id"],
            safe=True,
            if_match=stale["last_modified"],
        )
        assert refused.status_code == 412

    def test_a_stale_list_is_not_emptied(self, client: Client, stale: dict[str, Any]) -> None:
        refused = refusal(client.delete_records, safe=True, if_match=stale["last_modified"])
        assert refused.status_code == 412
        assert len(client.get_records()) == 1

    def test_the_current_version_may_be_changed(
        self, client: Client, stale: dict[str, Any]
    ) -> None:
        current = client.get_record(id=stale["id"])["data"]
        changed = client.update_record(data={**current, "n": 3})["data"]
        assert changed["last_modified"] > current["last_modified"]

    def test_unsafe_writes_overwrite(self, client: Client, stale: dict[str, Any]) -> None:
        client.update_record(data={**stale, "n": 3}, safe=False)
        assert numbers(client) == [3]

    def test_a_safe_creation_does_not_overwrite(self, client: Client) -> None:
        client.create_record(id="one", data={"n": 1})
        refused = refusal(client.create_record, id="one", data={"n": 2})
        assert refused.status_code == 412
        kept = client.create_record(id="one", data={"n": 2}, if_not_exists=True)
        assert kept["data"]["n"] == 1
        client.create_record(id="one", data={"n": 3}, safe=False)
        assert numbers(client) == [3]


class TestPatches:
    @pytest.fixture
    def record(self, client: Client) -> str:
        data = {"title": "Hello", "meta": {"pages": 3, "draft": True}, "tags": ["a"]}
        return client.create_record(data=data, permissions={"read": ["a:b"]})["data"]["id"]

    def test_a_basic_patch_replaces_the_fields_it_names(self, client: Client, record: str) -> None:
        client.patch_record(id=record, changes=BasicPatch(data={"meta": {"pages": 4}}))
        stored = client.get_record(id=record)["data"]
        assert (stored["title"], stored["meta"]) == ("Hello", {"pages": 4})

    def test_a_merge_patch_merges_deeply_and_removes_nulls(
        self, client: Client, record: str
    ) -> None:
        patch = MergePatch(data={"meta": {"draft": None, "pages": 4}, "tags": None})
        client.patch_record(id=record, changes=patch)
        stored = client.get_record(id=record)["data"]
        assert (stored["meta"], "tags" in stored) == ({"pages": 4}, False)

    def test_a_json_patch_edits_data_and_permissions(self, client: Client, record: str) -> None:
        patch = JSONPatch(
            [
                {"op": "test", "path": "/data/title", "value": "Hello"},
                {"op": "replace", "path": "/data/title", "value": "Bye"},
                {"op": "add", "path": "/data/tags/-", "value": "b"},
                {"op": "add", "path": "/permissions/read/system.Everyone"},
                {"op": "remove", "path": "/permissions/read/a:b"},
            ]
        )
        client.patch_record(id=record, changes=patch)
        stored = client.get_record(id=record)
        assert (stored["data"]["title"], stored["data"]["tags"]) == ("Bye", ["a", "b"])
        assert stored["permissions"]["read"] == ["system.Everyone"]

    def test_a_json_patch_that_fails_changes_nothing(self, client: Client, record: str) -> None:
        before = client.get_record(id=record)
        patch = JSONPatch(
            [
                {"op": "replace", "path": "/data/title", "value": "Bye"},
                {"op": "test", "path": "/data/title", "value": "Hello"},
            ]
        )
        assert refusal(client.patch_record, id=record, changes=patch).status_code == 400
        assert client.get_record(id=record) == before


class TestBatches:
    def test_more_requests_than_the_server_takes_are_sent_in_parts(self, client: Client) -> None:
        with client.batch() as batch:
            for n in range(60):
                batch.create_record(data={"n": n})
        assert [result["data"]["n"] for result in batch.results()] == list(range(60))
        assert sorted(numbers(client)) == list(range(60))

    def test_a_refused_request_is_told_and_the_others_stand(self, client: Client) -> None:
        client.create_record(id="taken", data={"n": 0})

        def three() -> None:
            with client.batch() as batch:
                for n, id_ in enumerate(["one", "taken", "three"], 1):
                    batch.create_record(id=id_, data={"n": n})

        with pytest.raises(KintoBatchException) as caught:
            three()
        assert [error.response.status_code for error in caught.value.exceptions] == [412]
        assert sorted(numbers(client)) == [0, 1, 3]

    def test_refusals_are_ignored_on_request(self, server_url: str, client: Client) -> None:
        lenient = Client(
            server_url=server_url,
            auth=("alice", "secret"),
            bucket=client.bucket_name,
            collection="articles",
            ignore_batch_4xx=True,
        )
        with lenient.batch() as batch:
            batch.delete_record(id="nowhere")
            batch.create_record(id="one", data={"n": 1})
        assert [result.get("code") for result in batch.results()] == [404, None]


class TestOtherFaces:
    def test_history_is_absent_and_says_so(self, client: Client) -> None:
        assert "history" not in client.server_info()["capabilities"]
        assert refusal(client.get_history).status_code == 404

    def test_a_collection_is_replicated(self, twelve: Client) -> None:
        # Times of a batch run ahead of the clock, and a list made at the time that a record
        # proposes would give it another one.
        newest = max(each["last_modified"] for each in twelve.get_records())
        while time.time() * 1000 <= newest + 1:
            time.sleep(0.001)
        destination = twelve.clone(bucket=f"b-{uuid4().hex[:12]}", collection="articles")
        replication.replicate(twelve, destination)
        assert sorted(numbers(destination)) == list(range(12))
        copied = {each["id"]: each["last_modified"] for each in destination.get_records()}
        assert copied == {each["id"]: each["last_modified"] for each in twelve.get_records()}

    def test_the_server_presents_itself(self, client: Client) -> None:
        info = client.server_info()
        assert info["http_api_version"].startswith("1.")
        assert info["settings"]["batch_max_requests"] == 25
        assert info["user"]["id"].startswith("basicauth:")
