import pytest

from tests.core.application import core_app, service


@pytest.fixture(scope="module")
def app():
    return core_app(service(get=lambda request: {}, put=lambda request: {}))


# Method, URL, status, errno of a 404 or target of a redirection.
URLS = [
    ("GET", "/mushrooms", 307, "/v0/mushrooms"),
    ("PUT", "/mushrooms", 307, "/v0/mushrooms"),
    ("GET", "/mushrooms?a=1&b=%20c", 307, "/v0/mushrooms?a=1&b=%20c"),
    ("GET", "/", 307, "/v0/"),
    ("GET", "/vfoo", 307, "/v0/vfoo"),
    ("GET", "/caf%C3%A9", 307, "/v0/caf%C3%A9"),
    ("GET", "/a%0Db", 404, 116),
    ("GET", "/a%0Ab", 404, 116),
    ("GET", "/%0D%0ASet-Cookie:%20a=b", 404, 116),
    ("GET", "/v1/mushrooms", 404, 116),
    ("GET", "/v2", 404, 116),
    ("OPTIONS", "/v2/mushrooms", 404, 116),
    ("GET", "/v0", 307, "/v0/"),
    ("GET", "/v0/mushrooms/", 307, "/v0/mushrooms"),
    ("OPTIONS", "/v0/mushrooms/", 307, "/v0/mushrooms"),
    ("GET", "/v0/mushrooms///?x=1", 307, "/v0/mushrooms?x=1"),
    ("GET", "/v0/unknown/", 307, "/v0/unknown"),
    ("GET", "/v0/a%0D%0Ab/", 307, "/v0/a%0D%0Ab"),
    ("GET", "/v0/unknown", 404, 111),
    ("OPTIONS", "/v0/unknown", 404, 111),
    ("GET", "/v0foo", 404, 111),
    ("GET", "/v0//mushrooms", 404, 111),
    ("GET", "/v0/mush%2Frooms", 404, 111),
]


@pytest.mark.parametrize(("method", "url", "status", "outcome"), URLS)
def test_urls_that_no_route_serves(app, method, url, status, outcome):
    response = app.call(method, url)
    assert response.status_code == status
    if status == 404:
        assert response.json["errno"] == outcome
        assert response.json["message"]
        assert "details" not in response.json
    else:
        assert response.headers["Location"] == f"http://localhost{outcome}"


@pytest.mark.parametrize("url", ["/a%00b", "/v0/mushrooms/a%00b", "/v0/unknown%00"])
def test_a_nul_in_a_path_is_refused_wherever_it_leads(app, url):
    response = app.call("GET", url)
    assert response.status_code == 400
    assert (response.json["errno"], response.json["message"]) == (107, "Invalid URL path.")


def test_header_lines_of_a_redirection_are_whole(app):
    for url in ("/v0/a%0D%0AX-Evil:%201/", "/a?x=%0D%0AX-Evil:%201"):
        response = app.call("GET", url)
        assert response.status_code == 307
        assert "\n" not in response.headers["Location"]
        assert "X-Evil" not in response.headers


def test_options_without_prefix_are_answered_where_they_are(app):
    response = app.call("OPTIONS", "/mushrooms", {"Origin": "http://a.org"})
    assert (response.status_code, response.body) == (200, b"")
    assert response.headers["Access-Control-Allow-Origin"] == "*"


@pytest.mark.parametrize(
    ("setting", "url"),
    [
        ("version_prefix_redirect_enabled", "/mushrooms"),
        ("trailing_slash_redirect_enabled", "/v0/mushrooms/"),
        ("trailing_slash_redirect_enabled", "/v0"),
    ],
)
@pytest.mark.parametrize("method", ["GET", "OPTIONS"])
def test_redirections_can_be_turned_off(setting, url, method):
    response = core_app(**{setting: "false"}).call(method, url)
    errno = 116 if "version" in setting else 111
    assert (response.status_code, response.json["errno"]) == (404, errno)


FORBIDDEN = "max-age=0, must-revalidate, no-cache, no-store"


@pytest.mark.parametrize(
    ("ttl", "cache_control", "pragma"),
    [(-1, None, None), (60, "max-age=60", None), (0, FORBIDDEN, "no-cache")],
)
@pytest.mark.parametrize(
    ("setting", "url"),
    [
        ("version_prefix_redirect_ttl_seconds", "/mushrooms"),
        ("trailing_slash_redirect_ttl_seconds", "/v0/mushrooms/"),
    ],
)
def test_clients_are_told_how_long_a_redirection_lasts(setting, url, ttl, cache_control, pragma):
    response = core_app(**{setting: ttl}).call("GET", url)
    assert response.headers.get("Cache-Control") == cache_control
    assert response.headers.get("Pragma") == pragma
    assert ("Expires" in response.headers) == (ttl >= 0)


def test_a_cache_time_that_is_no_number_stops_the_start():
    with pytest.raises(ValueError, match="invalid literal"):
        core_app(version_prefix_redirect_ttl_seconds="soon")


def test_host_and_scheme_may_come_from_the_settings():
    app = core_app(http_scheme="https", http_host="kinto.example.org")
    response = app.call("GET", "/mushrooms")
    assert response.headers["Location"] == "https://kinto.example.org/v0/mushrooms"
