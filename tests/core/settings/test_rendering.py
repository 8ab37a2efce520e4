"""What is made from the declarations: complete, readable by a server, and up to date."""

import configparser

import pytest

from kinto.core.settings import rendering
from kinto.core.settings.names import check_names
from kinto.core.settings.secrets import UnsafeSecret, check_secrets
from scripts.render import RENDERED, ROOT

FILLED = dict.fromkeys(
    (
        *("config_file_timestamp", "kinto_version", "host", "secret", "bucket_id_salt"),
        *("storage_backend", "storage_url", "permission_backend", "permission_url"),
        *("cache_backend", "cache_url", "cache_hosts"),
    ),
    "x",
)


def application(text: str) -> dict[str, str]:
    parser = configparser.ConfigParser(
        defaults={"here": "/srv", "http_port": "8888"}, interpolation=None
    )
    parser.optionxform = str
    parser.read_string(text)
    return {k: v for k, v in parser["app:main"].items() if k not in ("here", "http_port", "use")}


@pytest.mark.parametrize("name", RENDERED)
def test_rendered_files_are_up_to_date(name):
    assert (ROOT / name).read_text(encoding="utf-8") == RENDERED[name](), "run `make docs`"


@pytest.mark.parametrize(
    "text",
    [
        rendering.development_ini(),
        rendering.production_ini(),
        rendering.template().format_map(FILLED),
    ],
)
def test_rendered_files_hold_known_names_only(text):
    assert check_names(application(text)) == []


def test_every_commented_setting_of_the_template_can_be_enabled():
    text = rendering.template().format_map(FILLED)
    enabled = "\n".join(
        line.removeprefix("# ") if line.startswith(("# kinto.", "# multiauth.")) else line
        for line in text.splitlines()
        if not line.startswith(("multiauth.policies", "kinto.bucket_create_principals"))
    )
    assert check_names(application(enabled)) == []


def test_the_production_file_does_not_run_with_its_secrets():
    settings = {
        name.removeprefix("kinto."): value
        for name, value in application(rendering.production_ini()).items()
    }
    with pytest.raises(UnsafeSecret):
        check_secrets(settings)


def test_the_development_file_forgets_everything():
    assert "kinto.storage_backend" not in application(rendering.development_ini())
