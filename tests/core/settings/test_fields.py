"""Typed fields: how a value of the ini file becomes a typed one, and what is refused."""

import dataclasses

import pytest

from kinto.core.settings.core import CoreSettings
from kinto.core.settings.fields import InvalidSetting, Section, asbool, aslist, field


class Sample(Section, prefix="sample", title="Sample"):
    flag: bool = field(False, help="A flag.")
    size: int | None = field(None, ge=1, le=100, help="A size.")
    count: int = field(5, help="A count.")
    ratio: float = field(0.5, help="A ratio.")
    word: str = field("a", help="A word.")
    words: tuple[str, ...] = field((), raw="", help="Words.")
    elsewhere: str | None = field(None, name="other.name", help="A name of its own.")


def test_an_empty_mapping_gives_the_defaults():
    assert Sample.from_mapping({}) == Sample()


def test_sections_cannot_be_changed():
    with pytest.raises(dataclasses.FrozenInstanceError):
        Sample().flag = True


@pytest.mark.parametrize("value", [True, "true", "T", " Yes ", "y", "ON", "1", 1])
def test_words_for_true(value):
    assert asbool(value) is True


@pytest.mark.parametrize("value", [False, None, "", "false", "no", "off", "0", 0, "maybe", "10"])
def test_every_other_word_is_false(value):
    assert asbool(value) is False


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, []),
        ("", []),
        ("a b\n  c", ["a", "b", "c"]),
        ("a,b", ["a,b"]),
        (["a b", "c"], ["a", "b", "c"]),
        (("x",), ["x"]),
        (12, ["12"]),
    ],
)
def test_lists_split_at_white_space_only(value, expected):
    assert aslist(value) == expected


@pytest.mark.parametrize(
    ("name", "value", "attribute", "expected"),
    [
        ("sample_flag", "yes", "flag", True),
        ("sample_size", "7", "size", 7),
        ("sample_size", "", "size", None),
        ("sample_size", None, "size", None),
        ("sample_count", 1e3, "count", 1000),
        ("sample_count", "", "count", 5),
        ("sample_ratio", "1.5", "ratio", 1.5),
        ("sample_word", 1.1, "word", "1.1"),
        ("sample_words", "a  b", "words", ("a", "b")),
        ("other.name", "x", "elsewhere", "x"),
    ],
)
def test_values_take_the_declared_type(name, value, attribute, expected):
    read = getattr(Sample.from_mapping({name: value}), attribute)
    assert read == expected and type(read) is type(expected)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("sample_size", "abc"),
        ("sample_size", 0),
        ("sample_size", 101),
        ("sample_size", 1.5),
        ("sample_count", True),
        ("sample_count", [1]),
        ("sample_ratio", "nan"),
        ("sample_ratio", {}),
    ],
)
def test_values_that_do_not_fit_name_the_setting(name, value):
    with pytest.raises(InvalidSetting) as failure:
        Sample.from_mapping({name: value})
    assert failure.value.name == name
    assert f"Setting '{name}' is {value!r}; expected a " in str(failure.value)


def test_bounds_are_told():
    with pytest.raises(InvalidSetting, match="a whole number between 1 and 100"):
        Sample.from_mapping({"sample_size": 1000})


def test_the_core_reads_the_specified_defaults():
    core = CoreSettings.from_mapping({})
    assert core.batch_max_requests == 25
    assert core.storage_max_fetch_size == 10000
    assert core.paginate_by is None
    assert core.cors_origins == ("*",)


@pytest.mark.parametrize(
    ("prefix", "name"), [("", "by"), ("paginate", "paginate_by"), ("paginate.", "paginate.by")]
)
def test_a_prefix_with_a_dot_at_its_end_is_not_joined_by_an_underscore(prefix, name):
    class Sized(Section, prefix=prefix):
        by: int = field(1, help="")

    assert [item.name for item in Sized.declarations()] == [name]
