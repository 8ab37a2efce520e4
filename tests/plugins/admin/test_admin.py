"""The console (plugins: 11): its page, its files, and nothing outside their folder."""

from __future__ import annotations

import pytest

from kinto.core.settings.application import ApplicationSettings
from kinto.plugins.admin.views import CSP, admin_home_view
from tests import factories
from tests.plugins import pages

PLUGIN = {"includes": "kinto.plugins.admin"}
STRICT = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; "


@pytest.fixture
def assets(tmp_path):
    folder = tmp_path / "assets"
    (folder / "js").mkdir(parents=True)
    (folder / "VERSION").write_text("3.5.0\n")
    (folder / "index.html").write_text("<title>Console é</title>")
    (folder / "js" / "app.js").write_text("0123456789")
    (tmp_path / "secret.txt").write_text("secret")
    (folder / "link").symlink_to(tmp_path / "secret.txt")
    return folder


@pytest.fixture
def console(assets, tmp_path):
    return factories.build_api("memory", tmp_path, admin_assets_path=str(assets), **PLUGIN)


@pytest.fixture
def bare(tmp_path):
    return factories.build_api("memory", tmp_path, **PLUGIN)


def test_the_page_of_the_docs_is_followed_word_for_word(tmp_path):
    settings = pages.settings_of("admin")
    assert settings.pop("admin_assets_path") == "/srv/kinto-admin"
    pages.follow(factories.build_api("memory", tmp_path, **settings), "admin")


def test_the_page_of_the_docs_lists_the_setting():
    missing = pages.declared_in("admin", ApplicationSettings)
    assert "admin_assets_path" not in missing


def test_capabilities_tell_the_version_and_the_permissions_endpoint(console):
    capabilities = console.get("/").json["capabilities"]
    assert capabilities["admin"] == {
        "description": "Serves the admin console.",
        "url": "https://github.com/Kinto/kinto-admin/",
        "version": "3.5.0",
    }
    assert "permissions_endpoint" in capabilities


def test_without_assets_a_short_page_says_so(bare):
    resp = bare.get("/admin/")
    assert "not bundled" in resp.text
    assert bare.get("/").json["capabilities"]["admin"]["version"] == "none"


def test_a_folder_without_version_stops_the_start(tmp_path):
    with pytest.raises(FileNotFoundError):
        factories.build_api("memory", tmp_path, admin_assets_path=str(tmp_path), **PLUGIN)


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_the_page_is_the_same_for_any_method(console, method):
    resp = console.request("/admin/", method=method)
    assert resp.text == "<title>Console é</title>"
    assert resp.headers["Content-Type"] == "text/html; charset=UTF-8"
    assert resp.headers["Content-Security-Policy"] == CSP


def test_the_page_is_read_once(console, assets):
    console.get("/admin/")
    (assets / "index.html").write_text("changed")
    assert console.get("/admin/").text == "<title>Console é</title>"
    assert admin_home_view.saved == "<title>Console é</title>"


def test_the_path_without_slash_leads_to_the_page(console):
    resp = console.get("/admin", status=307)
    assert resp.headers["Location"] == "http://localhost/v1/admin/"
    assert "Cache-Control" not in resp.headers


def test_a_file_can_be_cached(console):
    resp = console.get("/admin/js/app.js")
    assert resp.text == "0123456789"
    assert "javascript" in resp.content_type
    assert resp.headers["Cache-Control"] == "max-age=3600"
    assert resp.headers["Content-Security-Policy"] == STRICT
    assert "Expires" in resp.headers
    modified = {"If-Modified-Since": resp.headers["Last-Modified"]}
    assert console.get("/admin/js/app.js", headers=modified, status=304).body == b""


def test_a_part_of_a_file_can_be_asked_for(console):
    resp = console.get("/admin/js/app.js", headers={"Range": "bytes=2-4"}, status=206)
    assert resp.text == "234"
    assert resp.headers["Content-Range"] == "bytes 2-4/10"


@pytest.mark.parametrize(
    "path",
    ["nothing.js", "js", "link", "../secret.txt", "js/../../secret.txt", "%2e%2e/secret.txt"]
    + ["..%2fsecret.txt", "js/%2e%2e/app.js", "app.js%00", "x" * 300, "js/app.js/x"],
)
def test_nothing_else_can_be_reached(console, path):
    resp = console.get(f"/admin/{path}", status="4*")
    assert resp.json["code"] == (400 if "%00" in path else 404)


def test_a_folder_does_not_exist_with_a_slash_either(console):
    assert console.get("/admin/js/", status=307).follow(status=404).json["errno"] == 111


def test_a_read_only_server_has_its_console(assets, tmp_path):
    settings = {"readonly": "true", "admin_assets_path": str(assets), **PLUGIN}
    api = factories.Api(factories.app_settings("memory", tmp_path, **settings))
    assert api.get("/admin/").status_int == 200
