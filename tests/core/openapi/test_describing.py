"""How a service or plugin says what it answers."""

import colander
import pytest

import kinto.core
from kinto.core.authorization import DYNAMIC
from kinto.core.openapi import answer, describe_error
from kinto.core.openapi.paths import parameters, template
from tests.core.application import core_app


class Form(colander.MappingSchema):
    title = colander.SchemaNode(colander.String(), missing=colander.drop)
    file = colander.SchemaNode(colander.String(), openapi={"format": "binary"})


class FormRequest(colander.MappingSchema):
    body = Form()


class Unheard(colander.SchemaType):
    """A type of an extension."""


class OddBody(colander.MappingSchema):
    odd = colander.SchemaNode(Unheard(), description="Odd.")
    closed = colander.SchemaNode(colander.Mapping(unknown="raise"))


class OddRequest(colander.MappingSchema):
    body = OddBody()


def described(*views, path="/things/{id}", configure=None, **arguments):
    service = kinto.core.Service(name="thing", path=path)
    for method, given in views:
        service.add_view(method, _view, **{**arguments, **given})
    return core_app(service, configure=configure).get("/v0/__api__").json["paths"]


def _view(request):
    """Say something.

    And more about it.
    """
    return {}


def test_the_docstring_of_a_view_is_its_summary():
    operation = described(("get", {}))["/things/{id}"]["get"]
    assert operation["summary"] == "Say something."
    assert operation["description"] == "And more about it."


def test_a_view_that_says_nothing_of_its_answers_has_a_default_one():
    assert set(described(("get", {}))["/things/{id}"]["get"]["responses"]) == {"default", "404"}


def test_answers_are_completed_with_the_errors_of_what_the_view_asks_for():
    answers = {"200": answer("A thing.", colander.MappingSchema())}
    view = {
        "permission": DYNAMIC,
        "response_schemas": answers,
        "content_type": ["application/json"],
        "schema": OddRequest(),
    }
    operation = described(("post", view))["/things/{id}"]["post"]
    assert list(operation["responses"]) == "200 400 401 403 404 409 413 415 503".split()
    assert operation["responses"]["200"]["schema"]["type"] == "object"


def test_an_answer_that_is_no_json_says_its_type():
    view = {"response_schemas": {"200": answer("Text.", content_type="text/plain")}}
    operation = described(("get", view), path="/text")["/text"]["get"]
    assert operation["produces"][0] == "text/plain"
    assert "schema" not in operation["responses"]["200"]


def test_types_nobody_knows_may_hold_anything():
    operation = described(("put", {"schema": OddRequest()}))["/things/{id}"]["put"]
    schema = operation["parameters"][0]["schema"]
    assert schema["properties"]["odd"] == {"title": "Odd", "description": "Odd."}
    assert schema["properties"]["closed"]["additionalProperties"] is False


def test_a_form_is_described_field_by_field():
    view = {"schema": FormRequest(), "content_type": ["multipart/form-data"]}
    operation = described(("post", view))["/things/{id}"]["post"]
    assert [(p["name"], p["in"], p["type"], p["required"]) for p in operation["parameters"]] == [
        ("title", "formData", "string", False),
        ("file", "formData", "file", True),
    ]


def test_two_views_of_one_method_make_one_operation():
    views = [("post", {"content_type": ["application/json"]})]
    views += [("post", {"content_type": ["text/plain"]})]
    assert described(*views)["/things/{id}"]["post"]["consumes"] == ["application/json"]


@pytest.mark.parametrize(
    ("options", "places"),
    [
        ({}, {"post"}),
        ({"methods": ("get",)}, {"get"}),
        ({"resources": ("record",)}, set()),
    ],
)
def test_an_error_of_a_plugin_is_told_of_the_endpoints_that_it_concerns(options, places):
    def configure(config):
        describe_error(config, 507, "Full.", **options)

    operations = described(("get", {}), ("post", {}), configure=configure)["/things/{id}"]
    found = {m for m in ("get", "post") if "507" in operations[m]["responses"]}
    assert found == places


@pytest.mark.parametrize(
    ("pattern", "path", "names"),
    [
        ("/a/{id}", "/a/{id}", ["id"]),
        ("/a/{id:[a-z]{2}}/b", "/a/{id}/b", ["id"]),
        ("/{a}@{b}", "/{a}@{b}", ["a", "b"]),
        ("/a/*rest", "/a/{rest}", ["rest"]),
        ("/a", "/a", []),
    ],
)
def test_patterns_of_routes_are_templates_of_paths(pattern, path, names):
    assert template(pattern) == path
    assert [parameter["name"] for parameter in parameters(path)] == names
