import colander
import pytest

import kinto.core
from kinto.core.authorization import DYNAMIC
from kinto.core.openapi import OpenAPI
from kinto.core.schema import Any
from tests.core.application import core_app


@pytest.fixture(scope="module")
def document():
    class Body(colander.MappingSchema):
        value = colander.SchemaNode(Any())

    class Request(colander.MappingSchema):
        body = Body()

    class Answer(colander.MappingSchema):
        body = Body()

    made = kinto.core.Service(name="tree", path="/forests/{forest_id}/tree")
    responses = {"200": Answer(description="A tree.")}
    made.add_view(
        "get", lambda request: {}, permission=DYNAMIC, tags=["Trees"], response_schemas=responses
    )
    made.add_view("put", lambda request: {}, schema=Request(), operation_id="plant")
    return core_app(made, project_name="forests").get("/v0/__api__").json


def test_the_document_presents_the_server(document):
    assert document["swagger"] == "2.0"
    assert document["info"] == {"title": "forests", "version": "0.1"}
    assert document["basePath"] == "/v0"
    assert document["schemes"] == ["http"]
    assert document["host"].startswith("localhost")
    assert document["securityDefinitions"]["basicauth"] == {"type": "basic"}
    assert {"name": "Utilities"} in document["tags"]


# Path, method, operation id.
OPERATIONS = [
    ("/", "get", "server_info"),
    ("/__heartbeat__", "get", "__heartbeat__"),
    ("/__lbheartbeat__", "get", "__lbheartbeat__"),
    ("/__version__", "get", "__version__"),
    ("/__api__", "get", "get_openapi_spec"),
    ("/batch", "post", "batch"),
    ("/forests/{forest_id}/tree", "put", "plant"),
    ("/forests/{forest_id}/tree", "get", "get_tree"),
]


@pytest.mark.parametrize(("path", "method", "name"), OPERATIONS)
def test_operations_have_names(document, path, method, name):
    assert document["paths"][path][method]["operationId"] == name


def test_utilities_need_no_credentials(document):
    operation = document["paths"]["/"]["get"]
    assert operation["security"] == []
    assert operation["tags"] == ["Utilities"]
    assert list(operation["responses"]) == ["200"]
    assert operation["produces"] == ["application/json"]


def test_protected_views_name_the_policies(document):
    path = document["paths"]["/forests/{forest_id}/tree"]
    assert {"basicauth": []} in path["get"]["security"]
    assert path["put"]["security"] == []
    assert path["get"]["tags"] == ["Trees"]
    assert path["put"]["tags"] == ["Tree"]


def test_identifiers_are_parameters_of_the_path(document):
    assert document["paths"]["/forests/{forest_id}/tree"]["parameters"] == [
        {"name": "forest_id", "in": "path", "required": True, "type": "string"}
    ]


def test_any_value_is_the_empty_schema(document):
    [body] = document["paths"]["/forests/{forest_id}/tree"]["put"]["parameters"]
    assert body["schema"]["properties"]["value"] == {}


def test_preflights_and_heads_are_not_described(document):
    assert set(document["paths"]["/"]) == {"get"}


def test_the_document_follows_the_host_of_the_request():
    app = core_app()
    for host in ("a.org", "b.org"):
        assert app.get("/v0/__api__", headers={"Host": host}).json["host"] == host


def test_policies_declare_themselves(monkeypatch):
    monkeypatch.setattr(OpenAPI, "security_definitions", {})
    monkeypatch.setattr(OpenAPI, "security_roles", {})
    OpenAPI.expose_authentication_method("oauth", {"type": "oauth2", "scopes": {"openid": "x"}})
    assert OpenAPI.security_definitions["oauth"]["type"] == "oauth2"
    assert OpenAPI.security_roles["oauth"] == ["openid"]
