"""The JSON codec: exact round trips, and one declared error for everything else."""

from __future__ import annotations

import gc
import io
import json as stdlib_json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kinto.core.protocol.jsontext import JSONError, dumps, load, loads, loads_trusted
from kinto.core.protocol.limits import Limits
from tests.protocol.json_values import values

EMPTY = "The document is empty."
FOLLOWED = "The document root must not be followed by other values."
INVALID = "Invalid value."
NAME = "Missing a name for object member."
COLON = "Missing a colon after a name of object member."
COMMA_IN_OBJECT = "Missing a comma or '}' after an object member."
COMMA_IN_ARRAY = "Missing a comma or ']' after an array element."
QUOTE = "Missing a closing quotation mark in string."
ESCAPE = "Invalid escape character in string."
HEX = r"Incorrect hex digit after \u escape in string."
SURROGATE = "The surrogate pair in string is invalid."
ENCODING = "Invalid encoding in string."
TOO_BIG = "Number too big to be stored in double."
FRACTION = "Miss fraction part in number."
EXPONENT = "Miss exponent in number."
NUL = "The NUL character is not allowed in string."
LONG = "The number has too many digits."
DEEP = "Arrays and objects are nested too deep."
TWICE = "The name of an object member is repeated."

REFUSED = [
    ("", 0, EMPTY), ("  \n", 0, EMPTY), ("{'foo>}", 1, NAME), (r'{"foo": "\u0d1"}', 9, HEX),
    ('{"a" 1}', 5, COLON), ('{"a":1 2}', 7, COMMA_IN_OBJECT), ("[1 2]", 3, COMMA_IN_ARRAY),
    ('{"a":[1] "b"}', 9, COMMA_IN_OBJECT), ('[{"a":1} 2]', 9, COMMA_IN_ARRAY),
    ("[1,]", 3, INVALID), ('{"a":1,}', 7, NAME), ("{", 1, NAME), ("[", 1, INVALID),
    ('{"a":', 5, INVALID), ('"abc', 4, QUOTE), ('{"a":"b', 7, QUOTE), (r'"\x"', 1, ESCAPE),
    ('["\x02b"]', 2, ENCODING), ("1 2", 2, FOLLOWED), ("1.", 2, FRACTION), ("[1.]", 3, FRACTION),
    ("1e", 2, EXPONENT), ("[1.5e+]", 6, EXPONENT), ("01", 1, FOLLOWED), ("nul", 0, INVALID),
    (r'"\u12', 1, HEX), ('"\\', 2, QUOTE), (r'"\ud800"', 1, SURROGATE),
    (r'"é\udc00x"', 3, SURROGATE),
    (r'"\ud800\u0041"', 1, SURROGATE), (r'"\ud800\ud800\udc00"', 1, SURROGATE),
    (r'"\udc00\ud800"', 1, SURROGATE), (r'{"\ud800": 1}', 2, SURROGATE), (r'"\u0000"', 1, NUL),
    (r'{"a\u0000": 1}', 3, NUL), ("[1e999]", 1, TOO_BIG), ('["1e999", -1e999]', 10, TOO_BIG),
    ("[NaN, 1]", 1, INVALID), ('["NaN",-Infinity]', 7, INVALID), ("Infinity", 0, INVALID),
    ("[" * 101 + "]" * 101, 100, DEEP), ("[" * 100_000, 100, DEEP),
    ('{"a":' * 101 + "1" + "}" * 101, 500, DEEP),
    (r'[{"a":1,"b":{"a":2},"\u0061":3}]', 20, TWICE), ("1" * 1001, 0, LONG),
    ('["' + "1" * 1500 + '", 1.' + "1" * 1000 + "]", 1505, LONG), ("\ufeff{}", 0, INVALID),
    ('{"é" 1}', 6, COLON), ('"\ud800"', 1, ENCODING), ("'a'", 0, INVALID), ("{a:1}", 1, NAME),
]  # fmt: skip


@pytest.mark.parametrize(("text", "offset", "reason"), REFUSED)
def test_refused_texts_say_why_and_at_which_byte(text, offset, reason):
    with pytest.raises(JSONError) as refusal:
        loads(text)
    assert (refusal.value.offset, refusal.value.reason) == (offset, reason)
    assert str(refusal.value) == f"Parse error at offset {offset}: {reason}"


def test_bytes_that_are_no_utf8_say_which():
    with pytest.raises(JSONError) as refusal:
        loads(b'{"foo": "bar", \xff}')
    assert "codec can't decode byte 0xff in position 15: invalid start byte" in str(refusal.value)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1.0", 1.0), ("1e2", 100.0), ("18446744073709551615", 2**64 - 1),
        ("1" * 1000, int("1" * 1000)),
        ('"\\ud83d\\ude00"', "😀"), ('"\\\\ud800"', "\\ud800"), (b'"\xc3\xa9"', "é"), ("-0", 0),
        ('"\\\\u0000"', "\\u0000"), ("[" * 100 + "]" * 100, None), (' {"a": []}\n', {"a": []}),
        ('[{"a":1},{"a":2}]', [{"a": 1}, {"a": 2}]), (bytearray(b"1"), 1),
    ],
)  # fmt: skip
def test_accepted_texts(text, value):
    found = loads(text)
    assert value is None or (found == value and type(found) is type(value))


@given(values)
def test_what_is_written_reads_back_exactly(value):
    text = dumps(value)
    assert text.isascii()
    for read in (loads(text), loads(text.encode()), loads_trusted(text), load(io.StringIO(text))):
        assert repr(read) == repr(value)


@given(st.text(alphabet='{}[],:"\\ue0d8tfn1.- é\0\ud800', max_size=30) | st.binary(max_size=30))
def test_any_text_is_read_as_json_says_or_refused(text):
    size = len(text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass"))
    try:
        value = loads(text)
    except JSONError as error:
        offset = error.offset
    else:
        offset = 0
        assert repr(stdlib_json.loads(text)) == repr(value)
    assert 0 <= offset <= size


@given(values, st.data())
def test_any_cut_of_a_text_is_refused_with_the_declared_error(value, data):
    text = dumps([value])
    cut = text[: data.draw(st.integers(0, len(text) - 1))]
    with pytest.raises(JSONError):
        loads(cut)


def test_names_are_sorted_on_demand():
    assert dumps({"b": 1, "a": {"d": 1, "c": 2}}, sort_keys=True) == '{"a":{"c":2,"d":1},"b":1}'


@pytest.mark.parametrize("value", [b"x", {1, 2}, object(), {"a": b"x"}])
def test_what_is_no_json_is_not_written(value):
    with pytest.raises(TypeError):
        dumps(value)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), [-float("inf")]])
def test_what_json_cannot_say_is_not_written(value):
    with pytest.raises(ValueError):
        dumps(value)


def test_caps_are_those_given():
    limits = Limits(json_depth=2, json_digits=3)
    assert loads("[[1]]", limits=limits) == [[1]]
    with pytest.raises(JSONError, match="nested too deep"):
        loads("[[[1]]]", limits=limits)
    with pytest.raises(JSONError, match="too many digits"):
        loads("[1234]", limits=limits)
    with pytest.raises(JSONError, match="too many arrays and objects"):
        loads("[[],{}]", limits=Limits(json_containers=2))


HOSTILE = {
    "open": lambda n: "[" * (20 * n),
    "roots": lambda n: "[]," * (10 * n),
    "objects": lambda n: '{"a":1,' * (5 * n),
    "escapes": lambda n: '"\\' * (10 * n),
    "deep": lambda n: "[1" * 100 + "x" * (10 * n),
    "surrogates": lambda n: '["' + "\\ud83d" * (3 * n) + '"]',
    "late comma": lambda n: "[" + "[[[[[]]]]]," * n + "1 2]",
    "late depth": lambda n: "[" + "[]," * (4 * n) + "[" * 100 + "]" * 101,
}


def _seconds_to_refuse(text):
    """Processor time of this thread: other work on the machine does not count."""
    gc.collect()
    # Else its rounds over what the whole test run has made would be counted, too.
    gc.disable()
    try:
        started = time.thread_time()
        with pytest.raises(JSONError):
            loads(text)
        return time.thread_time() - started
    finally:
        gc.enable()


@pytest.mark.parametrize("make", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_text_is_refused_in_linear_time(make):
    small, large = _seconds_to_refuse(make(25_000)), _seconds_to_refuse(make(100_000))
    # Four times the text: 16 times the time if it were quadratic.
    assert large < 9 * small + 0.2
