"""All settings together: their defaults, and values that stop the start."""

import pytest

from kinto.core.settings.application import (
    check_values,
    core_defaults,
    effective_defaults,
    kinto_defaults,
)
from kinto.core.settings.fields import InvalidSetting


def test_the_defaults_are_valid():
    check_values(effective_defaults())


def test_an_embedder_may_leave_everything_out():
    check_values({})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("paginate_by", "many"),
        ("paginate_by", 1.5),
        ("storage_max_fetch_size", "x"),
        ("batch_max_requests", "x"),
        ("backoff_percentage", 400),
        ("trailing_slash_redirect_ttl_seconds", "x"),
        ("storage_pool_size", "x"),
        ("cache_max_size_bytes", -1),
        ("record_cache_expires_seconds", "soon"),
        ("blog.articles.record_cache_expires_seconds", "soon"),
    ],
)
def test_a_wrong_value_is_named(name, value):
    with pytest.raises(InvalidSetting) as failure:
        check_values({name: value})
    assert failure.value.name == name


def test_each_call_gives_a_mapping_of_its_own():
    core_defaults()["readonly"] = True
    assert core_defaults()["readonly"] is False


def test_the_core_has_no_backends_and_its_own_policy():
    core = core_defaults()
    assert core["storage_backend"] == core["permission_backend"] == core["cache_backend"] == ""
    assert core["multiauth.authorization_policy"].startswith("kinto.core.")


def test_the_application_overrides_the_core():
    assert kinto_defaults(http_api_version="1.20")["http_api_version"] == '"1.20"'
    assert kinto_defaults()["bucket_create_principals"] == "system.Authenticated"
    assert kinto_defaults()["retry_after_seconds"] == 3
