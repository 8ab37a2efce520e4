"""Problems of requests and the messages made of them."""

from __future__ import annotations

import pytest

from kinto.core.protocol.failures import ERRORS, Problem, message_of, render


@pytest.mark.parametrize(
    ("location", "name", "description", "message"),
    [
        ("path", None, "Invalid object id", "path: Invalid object id"),
        ("body", "", "Invalid JSON: x", "Invalid JSON: x"),
        ("body", "title", "'title' is a required property", "'title' is a required property"),
        ("body", 1, "0 is not of type 'string'", "1 in body: 0 is not of type 'string'"),
        ("querystring", "_since", "x is not a number", "_since in querystring: x is not a number"),
    ],
)
def test_the_message_of_a_problem(location, name, description, message):
    assert message_of(location, name, description) == message


def test_a_problem_is_an_entry_of_details():
    problem = Problem("body", "data", "Required")
    assert problem.as_detail() == {"location": "body", "name": "data", "description": "Required"}
    assert str(problem) == "data in body: Required"
    assert problem.errno is ERRORS.INVALID_PARAMETERS


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "None"), (True, "True"), (3, "3"), (3.14, "3.14"), ("a", "a"),
        ([1, "a", None], "[1, 'a', None]"),
        ({"foo": 1, "bar": {"x": []}}, "{'foo': 1, 'bar': {'x': []}}"),
    ],
)  # fmt: skip
def test_json_values_inside_messages(value, text):
    assert render(value) == text
