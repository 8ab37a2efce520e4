"""Loading: JSON first, two spellings of one name, the environment's precedence."""

import pytest

from kinto.core.settings.loading import (
    SettingsConflict,
    environment_name,
    merge_settings,
    read_env,
)


def merge(settings, defaults=None, *, prefix="kinto", **environ):
    return merge_settings(settings, defaults or {}, prefix=prefix, environ=environ)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("25", 25),
        ("1.10", 1.1),
        ('"1.10"', "1.10"),
        ("true", True),
        ("null", None),
        ('["a"]', ["a"]),
        ('{"a": 1}', {"a": 1}),
        ("True", "True"),
        ("abc", "abc"),
        ("", ""),
        ("NaN", "NaN"),
        ("[" * 100_000, "[" * 100_000),
        (b"25", b"25"),
        (None, None),
    ],
)
def test_text_is_json_when_it_can_be(written, expected):
    assert merge({"a": written})["a"] == expected


def test_defaults_fill_what_is_absent():
    assert merge({"a": "1"}, {"a": 2, "b": '"1.23"'}) == {"a": 1, "b": "1.23"}


def test_defaults_may_be_given_prefixed():
    assert merge({}, {"kinto.b": 3}) == {"b": 3}


def test_prefixed_values_end_under_the_plain_name_and_stay():
    assert merge({"kinto.a": "true"}, {"a": False}) == {"kinto.a": True, "a": True}


def test_names_of_others_are_left_whole():
    assert merge({"multiauth.policies": "basicauth"}) == {"multiauth.policies": "basicauth"}


def test_both_spellings_may_agree():
    assert merge({"kinto.a": "1", "a": 1})["a"] == 1


def test_both_spellings_may_not_disagree():
    with pytest.raises(SettingsConflict) as failure:
        merge({"kinto.a": "1", "a": 2})
    assert str(failure.value) == "Settings 'a', 'kinto.a' are in conflict."
    assert isinstance(failure.value, ValueError)


def test_without_a_prefix_names_are_plain():
    assert merge({"a": "1"}, {"b": 2}, prefix="", A="3", KINTO_B="4") == {"a": 3, "b": 2}


def test_the_environment_wins_over_the_file():
    assert merge({"kinto.a": "1"}, A="2")["a"] == 2


def test_the_prefixed_variable_wins_over_the_plain_one():
    assert merge({"a": "1"}, A="2", KINTO_A="3")["a"] == 3


def test_an_empty_variable_is_a_value():
    assert merge({"a": "1"}, KINTO_A="")["a"] == ""


def test_variables_of_unknown_names_do_nothing():
    assert merge({}, {"a": 1}, KINTO_BUCKET_WRITE_PRINCIPALS="x") == {"a": 1}


def test_a_name_in_the_file_is_enough_for_its_variable():
    merged = merge({"kinto.bucket_write_principals": ""}, KINTO_BUCKET_WRITE_PRINCIPALS="ann")
    assert merged["bucket_write_principals"] == "ann"


def test_dots_and_dashes_become_underscores():
    assert environment_name("kinto.user-data_delete.x") == "KINTO_USER_DATA_DELETE_X"


def test_read_env_returns_the_value_untouched_without_variable(monkeypatch):
    monkeypatch.delenv("SOME_KEY", raising=False)
    assert read_env("some.key", "12") == "12"
    monkeypatch.setenv("SOME_KEY", "12")
    assert read_env("some.key", "x") == 12
