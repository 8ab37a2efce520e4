import pytest
from pyramid.httpexceptions import HTTPBadRequest

from kinto.core.errors import raise_invalid
from kinto.core.testing import DummyRequest, get_request_class, get_user_headers


def test_the_stand_in_is_bob():
    request = DummyRequest()
    assert request.prefixed_userid == "basicauth:bob"
    assert request.authn_type == "basicauth"
    assert request.registry.queryUtility().effective_principals() == [
        "system.Everyone",
        "system.Authenticated",
        "bob",
    ]
    assert request.upath_info == "/v0/"
    assert request.log_context(a=1) == {"a": 1}


def test_stand_ins_share_nothing():
    one, other = DummyRequest(), DummyRequest()
    one.headers["a"] = "b"
    one.registry.settings["a"] = "b"
    assert other.headers == {}
    assert "a" not in other.registry.settings


def test_the_rest_is_mocked():
    request = DummyRequest()
    request.route_path.return_value = "/v1/buckets/a"
    assert request.route_path("bucket-object") == "/v1/buckets/a"
    assert request.registry.id_generators["anything"]()


def test_urls_are_joined_from_their_overrides():
    url = DummyRequest().route_url("any", _app_url="http://a.org", _query={"b": "1"})
    assert url == "http://a.org?b=1"


def test_errors_can_be_raised_on_it():
    with pytest.raises(HTTPBadRequest):
        raise_invalid(DummyRequest(), "body", "a", "is wrong")


def test_paths_are_prefixed():
    assert get_request_class("v1").blank("/buckets").path == "/v1/buckets"
    assert get_request_class("").blank("/buckets").path == "/buckets"


def test_credentials_are_basic():
    assert get_user_headers("bob") == {"Authorization": "Basic Ym9iOnNlY3JldA=="}
