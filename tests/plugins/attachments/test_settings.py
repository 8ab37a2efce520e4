"""The settings `attachment.*` (plugins: 18.1, 18.4), and names made of them (18.5)."""

from __future__ import annotations

import re

import pytest
from pyramid.exceptions import ConfigurationError

from kinto.plugins.attachments import store_of
from kinto.plugins.attachments.names import cleaned, numbered, stored_path
from kinto.plugins.attachments.settings import AttachmentSettings, RulesByCollection
from tests import factories
from tests.plugins import pages
from tests.plugins.attachments.conftest import PLUGIN


def rules(**settings):
    given = {f"attachment.{name.replace('__', '.')}": value for name, value in settings.items()}
    return RulesByCollection.from_settings(given)


def start(tmp_path, **settings):
    return factories.build_api("memory", tmp_path, includes=PLUGIN, **settings)


def test_without_a_store_the_server_does_not_start(tmp_path):
    with pytest.raises(ConfigurationError, match="Attachment backend is not configured"):
        start(tmp_path)


def test_google_is_for_the_published_plugin(tmp_path):
    with pytest.raises(ConfigurationError, match="kinto_attachment"):
        start(tmp_path, **{"attachment.gcloud.credentials": "x.json"})


def test_the_folder_wins_over_the_service(tmp_path):
    settings = {"attachment.base_path": str(tmp_path), "attachment.aws.bucket_name": "x"}
    section = AttachmentSettings.from_mapping(settings)
    assert store_of(section, settings).label == "localfilestorage"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("a.b.c.randomize", "Configuration rule malformed: `attachment.resources.a.b.c.randomize`"),
        ("randomize", "Configuration rule malformed: `attachment.resources.randomize`"),
        (
            "a.folder",
            "`folder` is not a supported setting name. Read `attachment.resources.a.folder`",
        ),
    ],
)
def test_a_malformed_rule_stops_the_start(tmp_path, name, message):
    settings = {"attachment.base_path": "x", f"attachment.resources.{name}": "true"}
    with pytest.raises(ConfigurationError, match=re.escape(message)):
        start(tmp_path, **settings)


def test_the_nearest_rule_counts():
    found = rules(
        max_size_bytes="30",
        resources__a__max_size_bytes="20",
        resources__a__c__max_size_bytes="10",
        resources__a__d__randomize="false",
    )
    assert found.of("b", "c").max_size_bytes == 30
    assert found.of("a", "x").max_size_bytes == 20
    assert found.of("a", "c").max_size_bytes == 10
    assert (found.of("a", "d").max_size_bytes, found.of("a", "d").randomize) == (20, False)


@pytest.mark.parametrize(
    ("extensions", "yes", "no"),
    [
        ("default", ".txt .pdf .json .png", ".exe .zip .php"),
        ("images+exe", ".jpg .exe", ".txt"),
        ("exe txt", ".exe .txt", ".jpg"),
        ("EXE", ".exe", ".jpg"),
    ],
)
def test_extensions_are_those_of_groups_and_single_ones(extensions, yes, no):
    default = rules(extensions=extensions).default
    assert all(default.allows(each) for each in yes.split())
    assert not any(default.allows(each) for each in no.split())
    assert not default.allows("")


def test_any_extension_may_be_allowed_and_none():
    assert rules(extensions="any").default.allows("")


@pytest.mark.parametrize(
    ("filename", "name"),
    [
        ("a.txt", "a.txt"),
        ("Été à la mer.txt", "Ete_a_la_mer.txt"),
        ("../../etc/passwd", "passwd"),
        ("c:\\x\\y.txt", "y.txt"),
        ("..hidden__", "hidden"),
        ("a;b|c$.txt", "abc.txt"),
        ("日本", ""),
    ],
)
def test_names_are_cleaned(filename, name):
    assert cleaned(filename) == name


def path(filename="A b.TXT", **settings):
    return stored_path(
        rules(**settings).default, filename=filename, bucket_id="b", collection_id="c", rid="r"
    )


def test_stored_names_follow_the_settings():
    assert re.fullmatch(r"[0-9a-f-]{36}\.txt", path())
    assert path(randomize="false") == "A_b.TXT"
    assert path(randomize="false", folder="x/{bucket_id}/{collection_id}/{id}") == "x/b/c/r/A_b.TXT"
    assert path(randomize="false", folder="../{id}") == "r/A_b.TXT"
    pattern = path(randomize="false", filename_pattern="{rid}-{datetime}-{filename}")
    assert re.fullmatch(r"r-\d{14}-A_b.TXT", pattern)
    assert re.fullmatch(r"[0-9a-f-]{36}", path("日本", randomize="false"))


def test_taken_names_get_a_number():
    assert [numbered("x/f.txt", n) for n in range(3)] == ["x/f.txt", "x/f-1.txt", "x/f-2.txt"]


def test_types_are_those_of_the_settings_first(build):
    files = build(**{"attachment.mimetypes": ".csv:text/x-mine", "attachment.extensions": "any"})
    assert files.upload(filename="a.csv", kind="text/csv").json["mimetype"] == "text/x-mine"
    assert files.upload(filename="a.pem").json["mimetype"] == "application/x-pem-file"
    assert files.upload(filename="a.x", kind="b\x01ad").json["mimetype"] == "text/plain"


def test_the_page_lists_every_setting():
    assert pages.declared_in("attachments", AttachmentSettings) == []
