"""Names: slips of the keyboard stop the start, names of plugins do not."""

import pytest

from kinto.core.settings.names import (
    UnknownSetting,
    check_names,
    known_names,
    nearest_name,
)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("paginate_bye", "paginate_by"),
        ("kinto.paginate_bye", "kinto.paginate_by"),
        ("read_only", "readonly"),
        ("storage_backed", "storage_backend"),
        ("sotrage_url", "storage_url"),
        ("storage_maxoverflow", "storage_max_overflow"),
        ("userid_hmac_secrets", "userid_hmac_secret"),
        ("bucket_creat_principals", "bucket_create_principals"),
        ("batch-max-requests", "batch_max_requests"),
        ("Project_Name", "project_name"),
        ("object_record_delet_enabled", "object_record_delete_enabled"),
        ("include", "includes"),
    ],
)
def test_a_misspelled_name_is_refused_with_the_right_one(written, meant):
    with pytest.raises(UnknownSetting) as failure:
        check_names({written: "x"})
    assert failure.value.nearest == meant
    assert f"'{written}'" in str(failure.value) and f"did you mean '{meant}'?" in str(failure.value)


@pytest.mark.parametrize(
    "name",
    [
        "history.exclude_resources",
        "kinto.attachment.base_path",
        "prometheus_prefix",
        "user-data_delete_principals",
        "article_read_principals",
        "accounts_read_principals",
        "b.c.record_cache_expires_seconds",
        "b_c_record_cache_expires_seconds",
        "article_id_generator",
        "plural_article_post_enabled",
        "storage_echo",
        "storage_pool_pre_ping",
        "debug_all",
        "here",
        "my_plugin_option",
        "eosx",
    ],
)
def test_names_of_plugins_and_of_resources_are_accepted(name):
    assert check_names({name: "x"}) == []


def test_every_known_name_is_accepted():
    assert check_names(dict.fromkeys(known_names(), "x")) == []


@pytest.mark.parametrize(
    "name",
    [
        "collection_record_post_enabled",
        "kinto.record_bucket_get_enabled",
        "logging_renderer",
        "disabled_metrics",
        "cliquet.project_name",
    ],
)
def test_names_that_are_gone_are_told_and_accepted(name):
    (notice,) = check_names({name: "x"})
    assert name in notice and "has no effect" in notice


def test_misspelled_variables_are_refused_too():
    with pytest.raises(UnknownSetting, match="did you mean 'KINTO_STORAGE_URL'") as failure:
        check_names({}, environ={"KINTO_STORAGE_URLS": "x"})
    assert "in the environment" in str(failure.value)


@pytest.mark.parametrize(
    "variable",
    [
        "KINTO_INI",
        "KINTO_STORAGE_URL",
        "KINTO_MULTIAUTH_POLICIES",
        "KINTO_EVENT_LISTENERS_MY_USE",
        "KINTO_BUCKET_WRITE_PRINCIPALS",
        "STORAGE_URLS",
        "KINTO_HOME",
    ],
)
def test_other_variables_are_left_alone(variable):
    assert check_names({}, environ={variable: "x"}) == []


def test_short_words_are_never_compared():
    assert nearest_name("eo", ["eos"]) is None
