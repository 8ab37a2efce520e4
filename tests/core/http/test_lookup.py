import pytest

import kinto.core
from kinto.core.http.lookup import instance_uri, strip_uri_prefix, view_lookup_registry
from kinto.core.testing import DummyRequest
from tests.core.application import core_app

# Path, path without prefix.
PATHS = [
    ("/v1/buckets/a", "/buckets/a"),
    ("/v12/", "/"),
    ("/v1", ""),
    ("/buckets/v1/a", "/buckets/v1/a"),
    ("/v1foo", "/v1foo"),
    ("/vfoo", "/vfoo"),
    ("", ""),
]


@pytest.mark.parametrize(("path", "stripped"), PATHS)
def test_the_version_prefix_is_a_whole_segment(path, stripped):
    assert strip_uri_prefix(path) == stripped


class Views:
    """What a request of the application sees, kept for the assertions."""

    def __init__(self, *paths):
        self.request = None
        self.services = []
        for name, path in paths:
            made = kinto.core.Service(name=name, path=path)
            made.add_view("get", self.answer)
            self.services.append(made)

    def answer(self, request):
        self.request = request
        return {}


@pytest.fixture(scope="module")
def views():
    return Views(
        ("forest-plural", "/forests"),
        ("forest-object", "/forests/{id}"),
        ("tree-object", "/forests/{forest_id}/trees/{id}"),
        ("special", "/forests/black/trees/{id}"),
        ("rest", "/files/{path:.+}"),
    )


@pytest.fixture(scope="module")
def app(views):
    return core_app(*views.services)


@pytest.fixture
def request_(app, views):
    app.get("/v0/forests")
    return views.request


# URI, name, identifiers.
URIS = [
    ("/", "hello", {}),
    ("/forests", "forest", {}),
    ("/forests/a", "forest", {"id": "a"}),
    ("/forests/a/trees/b", "tree", {"forest_id": "a", "id": "b"}),
    ("/forests/caf%C3%A9", "forest", {"id": "café"}),
    ("/forests/a?x=1", "forest", {"id": "a"}),
    ("/files/a/b/c", "rest", {"path": "a/b/c"}),
    ("/batch", "batch", {}),
]


@pytest.mark.parametrize(("uri", "name", "identifiers"), URIS)
def test_a_uri_leads_to_a_resource_and_its_identifiers(app, uri, name, identifiers):
    assert view_lookup_registry(app.registry, uri) == (name, identifiers)


def test_routes_are_tried_in_the_order_of_the_router(app):
    assert view_lookup_registry(app.registry, "/forests/black/trees/b")[0] == "tree"


@pytest.mark.parametrize("uri", ["/nothing", "/forests/a/b", "", "/forests/"])
def test_a_uri_without_route_is_an_error(app, uri):
    with pytest.raises(ValueError, match="URI has no route"):
        view_lookup_registry(app.registry, uri)


def test_a_result_may_be_changed_without_harm(app):
    view_lookup_registry(app.registry, "/forests/a")[1]["id"] = "b"
    assert view_lookup_registry(app.registry, "/forests/a")[1] == {"id": "a"}


def test_the_uri_of_an_object_is_made_of_its_identifiers(request_):
    assert instance_uri(request_, "tree", forest_id="a", id="b", other="c") == "/forests/a/trees/b"
    assert instance_uri(request_, "forest", id="café /x") == "/forests/caf%C3%A9%20/x"


def test_uris_agree_with_those_of_the_router(request_):
    for name in ("plain", "café", "a b", "q?x#y", "100%", "@:+,;="):
        expected = strip_uri_prefix(request_.route_path("forest-object", id=name))
        assert instance_uri(request_, "forest", id=name) == expected


@pytest.mark.parametrize(("name", "params"), [("nothing", {"id": "a"}), ("tree", {"id": "a"})])
def test_unknown_resources_and_missing_identifiers_are_errors(request_, name, params):
    with pytest.raises(KeyError):
        instance_uri(request_, name, **params)


def test_stand_in_requests_answer_for_themselves():
    request = DummyRequest()
    request.route_path.return_value = "/v1/buckets/a"
    assert instance_uri(request, "bucket", id="a") == "/buckets/a"


def test_the_current_service_follows_the_pattern_of_the_route(request_, views):
    from kinto.core.utils import current_service

    assert current_service(request_) is views.services[0]
    request_.matched_route = None
    assert current_service(request_) is None
