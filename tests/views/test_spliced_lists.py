"""Lists are answered with stored texts, and say what they would say if the objects were read."""

import json

import pytest

from kinto.core.storage.pages import ROWS_AT_ONCE
from tests.factories import BACKENDS, build_api, credentials
from tests.views import list_reader

ANN = credentials("ann")
RECORDS = "/buckets/b/collections/c/records"
HOSTILE = {
    "plain": {"n": 1, "text": "abc"},
    "empty": {},
    "unicode": {"é": "ü\u2028\U0001f600", "quote": '"\\/'},
    "numbers": {"big": 2**70, "small": -(2**63), "one": 1.0, "tiny": 5e-324, "zero": -0.0},
    "nested": {"a": [{"b": [None, True]}], "id2": {"last_modified": 3}},
}
QUERIES = (
    "",
    "?_limit=2",
    "?_sort=-last_modified&_limit=1",
    "?_sort=n,-text&_limit=3",
    "?n=1",
    "?has_text=true",
    "?_since=0",
    "?_since=0&_limit=2",
    "?deleted=true&_since=0",
    "?exclude_id=plain",
    "?like_text=b*",
    "?n=12345",
)


@pytest.fixture(scope="module", params=BACKENDS)
def apis(request, tmp_path_factory):
    """Two applications of one content: in one of them nobody subscribes to what is read."""
    pair = []
    for watched in (False, True):
        folder = tmp_path_factory.mktemp(f"watched-{watched}")
        extra = {"includes": list_reader.__name__} if watched else {}
        pair.append(build_api(request.param, folder, **extra))
    return pair


def filled(api):
    api.empty()
    api.put_json("/buckets/b", headers=ANN)
    api.put_json("/buckets/b/collections/c", headers=ANN)
    times = iter(range(1_700_000_000_000, 1_700_000_001_000))
    for name, data in HOSTILE.items():
        body = {"data": {**data, "last_modified": next(times)}}
        api.put_json(f"{RECORDS}/{name}", body, headers=ANN)
    api.put_json(f"{RECORDS}/gone", {"data": {"last_modified": next(times)}}, headers=ANN)
    api.delete(f"{RECORDS}/gone?last_modified={next(times)}", headers=ANN)
    return api


def pages(api, url):
    """All pages of a list, and the headers that tell about them."""
    found = []
    while url:
        response = api.get(url, headers=ANN)
        assert int(response.headers["Content-Length"]) == len(response.body)
        assert response.content_type == "application/json"
        found.append(response.json["data"])
        url = response.headers.get("Next-Page")
    return found


@pytest.fixture
def counted(apis, monkeypatch):
    """How many pages were made of stored texts."""
    made = []
    for api in apis:
        if hasattr(api.storage, "list_page_json"):
            original = api.storage.list_page_json

            def counting(*args, original=original, **asked):
                made.append(True)
                return original(*args, **asked)

            monkeypatch.setattr(api.storage, "list_page_json", counting)
    return made


@pytest.mark.parametrize("query", QUERIES)
def test_the_objects_are_the_same(apis, query, counted):
    spliced = pages(filled(apis[0]), RECORDS + query)
    count = len(counted)
    read = pages(filled(apis[1]), RECORDS + query)
    assert spliced == read
    assert json.dumps(spliced, sort_keys=True) == json.dumps(read, sort_keys=True)
    expected = len(spliced) if hasattr(apis[0].storage, "list_page_json") else 0
    assert len(counted) == count == expected


def test_chosen_fields_are_read_from_objects(apis, counted):
    api = filled(apis[0])
    found = api.get(f"{RECORDS}?_fields=n", headers=ANN).json["data"]
    assert {frozenset(obj) for obj in found} <= {
        frozenset({"id", "last_modified", "n"}), frozenset({"id", "last_modified"})
    }  # fmt: skip
    assert counted == []


def test_nothing_is_newer_than_the_list(apis, counted):
    api = filled(apis[0])
    etag = api.head(RECORDS, headers=ANN).headers["ETag"]
    answer = api.get(f"{RECORDS}?_since={etag}".replace('"', "%22"), headers=ANN)
    assert (answer.json, answer.headers["ETag"]) == ({"data": []}, etag)
    assert counted == []
    api.put_json(f"{RECORDS}/newer", headers=ANN)
    answer = api.get(f"{RECORDS}?_since={etag}".replace('"', "%22"), headers=ANN)
    assert [obj["id"] for obj in answer.json["data"]] == ["newer"]


def test_lists_in_a_batch_are_the_same(apis):
    api = filled(apis[0])
    body = {"requests": [{"path": f"{RECORDS}?_limit=2"}]}
    answer = api.post_json("/batch", body, headers=ANN).json["responses"][0]
    alone = api.get(f"{RECORDS}?_limit=2", headers=ANN)
    assert answer["body"] == alone.json
    assert answer["headers"]["Next-Page"].partition("?")[0].endswith(RECORDS)
    assert answer["headers"]["ETag"] == alone.headers["ETag"]


def test_shared_records_only(apis):
    api = filled(apis[0])
    api.patch_json(f"{RECORDS}/plain", {"permissions": {"read": ["system.Everyone"]}}, headers=ANN)
    assert [obj["id"] for obj in api.get(RECORDS).json["data"]] == ["plain"]


def test_a_list_that_does_not_exist_is_no_empty_list(apis):
    api = filled(apis[0])
    assert api.get("/buckets/b/collections/none/records", headers=ANN, status=404)
    api.delete(f"{RECORDS}", headers=ANN)
    assert api.get(RECORDS, headers=ANN).json == {"data": []}


def test_the_pieces_of_a_long_answer_are_let_go_of_when_they_are_sent(tmp_path):
    api = build_api("sqlite", tmp_path)
    api.put_json("/buckets/b", headers=ANN)
    api.put_json("/buckets/b/collections/c", headers=ANN)
    count = 3 * ROWS_AT_ONCE
    for number in range(count):
        place = {"resource_name": "record", "parent_id": "/buckets/b/collections/c"}
        api.storage.create(obj={"id": f"r{number}"}, **place)
    environ = api.get(RECORDS, headers=ANN).request.environ.copy()
    headers = {}

    def start_response(status, pairs, exc_info=None):
        headers.update(pairs)

    pieces = list(answer := api.app(environ, start_response))
    assert len(pieces) > 3
    assert list(answer) == []
    whole = b"".join(pieces)
    assert int(headers["Content-Length"]) == len(whole)
    assert len(json.loads(whole)["data"]) == count
