"""The document tells all of the running configuration, in the words of the protocol."""

import re

import pytest
from openapi_spec_validator import OpenAPIV2SpecValidator

from kinto.core.openapi.answers import as_answered
from kinto.core.openapi.paths import template
from tests.openapi.everything import PRESENT

METHODS = ("get", "post", "put", "patch", "delete")
BUCKET = "/buckets/{id}"
RECORD = "/buckets/{bucket_id}/collections/{collection_id}/records/{id}"
RECORDS = RECORD.removesuffix("/{id}")


def operations(document):
    return [
        (method, path, item[method])
        for path, item in document["paths"].items()
        for method in METHODS
        if method in item
    ]


def test_a_validator_accepts_the_document_of_all_plugins(document):
    assert [error.message for error in OpenAPIV2SpecValidator(document).iter_errors()] == []


def test_a_validator_accepts_the_document_without_plugins(make_app):
    found = make_app().get("/__api__").json
    assert list(OpenAPIV2SpecValidator(found).iter_errors()) == []


def test_every_route_of_the_server_is_described(everything, document):
    introspector = everything.api.registry.introspector
    patterns = {item["introspectable"]["pattern"] for item in introspector.get_category("routes")}
    paths = {template(f"/{pattern.lstrip('/')}".removeprefix("/v1")) for pattern in patterns}
    # A path on which nothing can be done, and the catch-all of preflights.
    assert paths - set(document["paths"]) == {"/__user_data__", "/{path}"}


def test_names_of_operations_are_unique(document):
    names = [operation["operationId"] for _, _, operation in operations(document)]
    assert len(names) == len(set(names))


def test_every_operation_says_what_it_does_and_how_it_succeeds(document):
    for method, path, operation in operations(document):
        assert operation["summary"], (method, path)
        statuses = set(operation["responses"])
        assert any(status < "400" for status in statuses), (method, path)


@pytest.mark.parametrize(
    ("path", "method", "statuses"),
    [
        (BUCKET, "get", "200 304 400 401 403 404 406 412 503 default"),
        (BUCKET, "put", "200 201 400 401 403 404 406 409 412 413 415 503 default"),
        (RECORD, "patch", "200 400 401 403 404 406 409 412 413 415 503 default"),
        (RECORD, "delete", "200 400 401 403 404 406 409 412 503 default"),
        (RECORDS, "get", "200 304 400 401 403 404 406 412 503 default"),
        (RECORDS, "post", "200 201 400 401 403 404 406 409 412 413 415 503 default"),
        (RECORDS, "delete", "200 400 401 403 404 406 409 412 503 default"),
        ("/batch", "post", "200 400 409 413 415 503 default"),
        ("/__heartbeat__", "get", "200 503"),
    ],
)
def test_operations_name_the_statuses_that_they_answer(make_app, path, method, statuses):
    found = make_app().get("/__api__").json["paths"][path][method]
    assert list(found["responses"]) == statuses.split()


def test_answers_name_their_headers(document):
    listing = document["paths"][RECORDS]["get"]["responses"]
    assert {"ETag", "Last-Modified", "Next-Page", "Cache-Control"} <= set(listing["200"]["headers"])
    assert {"ETag", "Last-Modified"} <= set(listing["304"]["headers"])
    assert "WWW-Authenticate" in listing["401"]["headers"]
    assert "Retry-After" in listing["503"]["headers"]
    assert all("Backoff" in answer["headers"] for answer in listing.values())


def test_errors_have_the_envelope_of_the_protocol(document):
    schema = document["paths"][BUCKET]["put"]["responses"]["409"]["schema"]
    assert set(schema["required"]) == {"code", "errno", "error"}
    assert set(schema["properties"]) == {"code", "errno", "error", "message", "info", "details"}


def test_permissions_that_exist_are_named_and_no_other_is_taken(document):
    [body] = [p for p in document["paths"][RECORD]["put"]["parameters"] if p["in"] == "body"]
    permissions = body["schema"]["properties"]["permissions"]
    assert set(permissions["properties"]) == {"read", "write"}
    assert permissions["additionalProperties"] is False
    assert body["schema"]["additionalProperties"] is False


def test_attributes_with_a_meaning_are_described(document):
    for path, names in {
        "/accounts/{id}": {"password"},
        "/buckets/{bucket_id}/groups/{id}": {"members"},
        "/buckets/{bucket_id}/collections/{id}": {"schema", "cache_expires"},
    }.items():
        [body] = [p for p in document["paths"][path]["put"]["parameters"] if p["in"] == "body"]
        data = body["schema"]["properties"]["data"]
        assert names == set(data["properties"])
        assert data["additionalProperties"] == {}


def test_an_answer_may_lack_what_a_request_must_have():
    member = {"type": "object", "properties": {"a": {"type": "string", "default": ""}}}
    body = {"type": "object", "properties": {"data": {**member, "required": ["a"]}}}
    data = as_answered(body)["properties"]["data"]
    assert "required" not in data
    assert set(data["properties"]) == {"a", "id", "last_modified", "deleted"}
    assert data["properties"]["a"] == {"type": "string"}


def test_parameters_of_the_path_are_those_of_its_template(document):
    for path, item in document["paths"].items():
        named = [parameter["name"] for parameter in item.get("parameters", ())]
        assert named == re.findall(r"{(\w+)}", path)


def test_endpoints_that_the_settings_disable_are_not_described(make_app):
    app = make_app(collection_delete_enabled="false", object_bucket_put_enabled="false")
    assert "put" not in app.get("/__api__").json["paths"][BUCKET]


def test_an_error_of_a_plugin_is_told_where_it_may_happen(document, make_app):
    assert "429" in document["paths"][BUCKET]["get"]["responses"]
    assert "429" not in make_app().get("/__api__").json["paths"][BUCKET]["get"]["responses"]


def test_every_bundled_plugin_that_has_urls_is_on(document):
    assert {"accounts", "flush", "history"} <= set(PRESENT)
    assert {"/accounts", "/__flush__", "/buckets/{bucket_id}/history"} <= set(document["paths"])


@pytest.mark.parametrize("path", ["/__api__", "/__docs__", "/buckets"])
@pytest.mark.parametrize("method", ["TRACE", "PUT", "PATCH"])
def test_a_method_that_is_not_described_is_refused(everything, path, method):
    answer = everything.api.request(path, method=method, status=405)
    assert "GET" in answer.headers["Allow"]
    assert answer.json["errno"] == 115
