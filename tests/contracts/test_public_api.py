"""The public Python API is whole: every promised name, dotted path, signature and value."""

import ast
import importlib
import inspect
import pkgutil
import re
from typing import Any

import pytest

import kinto
import kinto.core
from kinto.core import errors, events, utils
from kinto.core.resource import model, schema, viewset
from kinto.core.storage import exceptions, memory
from tests.contracts.public_api import (
    DOTTED,
    NAMES,
    SIGNATURES,
)

Kind = inspect.Parameter


def rows(table: dict[str, str]) -> list[tuple[str, str]]:
    return [(module, name) for module, names in table.items() for name in names.split()]


def written(line: str) -> tuple[str, str, list[tuple[str, str | None]]]:
    """Module, qualified name and parameters (name with stars, default) of a row."""
    where, _, parameters = line.removesuffix(")").partition("(")
    module, _, name = where.partition(":")
    found = []
    for parameter in parameters.split(", ") if parameters else []:
        name_of, _, default = parameter.partition("=")
        found.append((name_of, default or None))
    return module, name, found


def declared(function: Any) -> list[tuple[str, str | None, bool]]:
    """Parameters of a callable without `self`, and whether a call may leave them out."""
    stars = {Kind.VAR_POSITIONAL: "*", Kind.VAR_KEYWORD: "**"}
    found = []
    for parameter in inspect.signature(function).parameters.values():
        if parameter.name == "self":
            continue
        default = None if parameter.default is Kind.empty else repr(parameter.default)
        optional = default is not None or parameter.kind in stars
        found.append((stars.get(parameter.kind, "") + parameter.name, default, optional))
    return found


def breaches(function: Any, promised: list[tuple[str, str | None]]) -> list[str]:
    """What a call written for the promised signature would stumble over."""
    ours = declared(function)
    found = []
    for place, (name, default) in enumerate(promised):
        if place >= len(ours) or ours[place][0] != name:
            found.append(f"parameter {place} is not {name}")
        elif default is not None and not same(ours[place][1], default):
            found.append(f"{name} defaults to {ours[place][1]}")
    found += [f"{name} is asked for" for name, _, may in ours[len(promised) :] if not may]
    return found


def same(ours: str | None, promised: str) -> bool:
    """Equal defaults; an empty tuple is as good as an empty list."""
    try:
        return ours is not None and list_of(ast.literal_eval(ours)) == list_of(
            ast.literal_eval(promised)
        )
    except (SyntaxError, ValueError):
        return ours == promised


def list_of(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def check_signature(module: Any, name: str, promised: list[tuple[str, str | None]]) -> None:
    found = module
    for part in name.split("."):
        found = getattr(found, part)
    assert breaches(found, promised) == []


@pytest.mark.parametrize(("module", "name"), rows(NAMES))
def test_a_promised_name_can_be_imported(module, name):
    # As `from module import name` does: an attribute, else a module inside.
    if not hasattr(importlib.import_module(module), name):
        importlib.import_module(f"{module}.{name}")


@pytest.mark.parametrize("path", DOTTED)
def test_a_dotted_path_leads_somewhere(path):
    pkgutil.resolve_name(path)


@pytest.mark.parametrize("line", SIGNATURES, ids=lambda line: line.partition("(")[0])
def test_a_call_written_for_the_promised_signature_works(line):
    module, name, promised = written(line)
    check_signature(importlib.import_module(module), name, promised)


@pytest.mark.parametrize(
    ("function", "promised"),
    [
        (lambda a, b=1: 0, "f:f(a, b=2)"),
        (lambda a: 0, "f:f(a, b=None)"),
        (lambda b, a: 0, "f:f(a, b)"),
        (lambda a, b: 0, "f:f(a)"),
        (lambda a: 0, "f:f(a, **kw)"),
    ],
)
def test_the_comparison_of_signatures_finds_a_breach(function, promised):
    assert breaches(function, written(promised)[2])


def test_numbers_of_errors_are_those_of_the_protocol():
    assert {member.name: member.value for member in errors.ERRORS} == {
        "MISSING_AUTH_TOKEN": 104,
        "INVALID_AUTH_TOKEN": 105,
        "BADJSON": 106,
        "INVALID_PARAMETERS": 107,
        "MISSING_PARAMETERS": 108,
        "INVALID_POSTED_DATA": 109,
        "INVALID_RESOURCE_ID": 110,
        "MISSING_RESOURCE": 111,
        "MISSING_CONTENT_LENGTH": 112,
        "REQUEST_TOO_LARGE": 113,
        "MODIFIED_MEANWHILE": 114,
        "METHOD_NOT_ALLOWED": 115,
        "VERSION_NOT_AVAILABLE": 116,
        "CLIENT_REACHED_CAPACITY": 117,
        "FORBIDDEN": 121,
        "CONSTRAINT_VIOLATED": 122,
        "BACKEND": 201,
        "SERVICE_DEPRECATED": 202,
        "UNDEFINED": 999,
    }


def test_comparisons_stand_in_the_order_that_names_of_parameters_are_tried_in():
    assert [(member.name, member.value) for member in utils.COMPARISON] == [
        ("LT", "<"),
        ("MIN", ">="),
        ("MAX", "<="),
        ("NOT", "!="),
        ("EQ", "=="),
        ("GT", ">"),
        ("IN", "in"),
        ("EXCLUDE", "exclude"),
        ("LIKE", "like"),
        ("HAS", "has"),
        ("CONTAINS_ANY", "contains_any"),
        ("CONTAINS", "contains"),
    ]


def test_actions_are_the_words_of_payloads():
    words = {"CREATE": "create", "DELETE": "delete", "READ": "read", "UPDATE": "update"}
    assert {member.name: member.value for member in events.ACTIONS} == words


def test_catching_an_old_exception_catches_the_new_one():
    assert issubclass(exceptions.ObjectNotFoundError, exceptions.RecordNotFoundError)
    assert issubclass(exceptions.UnicityError, exceptions.IntegrityError)
    assert issubclass(exceptions.IntegrityError, exceptions.BackendError)
    assert issubclass(exceptions.ReadonlyError, exceptions.BackendError)


def test_constants_have_the_promised_values():
    assert schema.POSTGRESQL_MAX_INTEGER_VALUE == 2**63
    assert kinto.HTTP_API_VERSION == "1.23"
    assert kinto.__version__ == kinto.core.__version__
    assert kinto.logger.name == "kinto"
    assert kinto.core.logger.name == "kinto.core"
    assert type(kinto.core.DEFAULT_SETTINGS) is dict
    assert utils.json_serializer is utils.json.dumps


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: model.ShareableModel(None, None), "`ShareableModel` is deprecated, use `Model`"),
        (viewset.ShareableViewSet, "`ShareableViewSet` is deprecated, use `ViewSet`"),
        (schema.URL, "`kinto.core.resource.schema.URL` is deprecated, use `kinto.core.schema.URL`"),
        (
            schema.TimeStamp,
            "`kinto.core.resource.schema.TimeStamp` is deprecated,"
            " use `kinto.core.schema.TimeStamp`",
        ),
        (lambda: events.ResourceRead({}, [], None).read_records, "`read_records` is deprecated"),
        (
            lambda: events.ResourceChanged({}, [], None).impacted_records,
            "`impacted_records` is deprecated, use `impacted_objects` instead.",
        ),
        (
            lambda: memory.Storage().collection_timestamp("a", "b"),
            "`collection_timestamp()` is deprecated, use `resource_timestamp()` instead.",
        ),
    ],
)
def test_an_old_name_works_and_tells_the_new_one(make, message):
    with pytest.warns(DeprecationWarning, match=re.escape(message)):
        make()
