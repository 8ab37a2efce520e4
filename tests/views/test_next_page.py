"""The URL of the next page is made of the request, whoever asked for the same page before."""

from urllib.parse import urlsplit

import pytest

from tests import factories

ANN, BOB = factories.credentials("ann"), factories.credentials("bob")
RECORDS = "/buckets/blog/collections/articles/records"


@pytest.fixture
def blog(app):
    bob = app.get("/", headers=BOB).json["user"]["id"]
    shared = {"permissions": {"read": [bob]}}
    app.put_json("/buckets/blog", shared, headers=ANN)
    app.put_json("/buckets/blog/collections/articles", headers=ANN)
    for number in range(5):
        app.put_json(f"{RECORDS}/r{number}", {"data": {"n": number % 2}}, headers=ANN)
    return app


def next_page(api, query="?_limit=2", **headers):
    return api.get(f"{RECORDS}{query}", headers={**ANN, **headers}).headers["Next-Page"]


def path(url):
    parts = urlsplit(url)
    return f"{parts.path.removeprefix('/v1')}?{parts.query}"


def test_two_users_have_urls_of_their_own(blog):
    of_ann, of_bob = next_page(blog), next_page(blog, **BOB)
    assert of_ann != of_bob
    assert len(blog.get(path(of_ann), headers=ANN).json["data"]) == 2
    assert len(blog.get(path(of_bob), headers=BOB).json["data"]) == 2
    blog.get(path(of_ann), headers=BOB, status=400)


def test_the_address_is_the_one_that_was_asked(blog):
    assert next_page(blog, Host="one.example").startswith("http://one.example/v1/")
    assert next_page(blog, Host="two.example").startswith("http://two.example/v1/")


def test_a_client_that_names_no_host_gets_the_address_of_the_server(blog):
    request = blog.RequestClass.blank(f"/v1{RECORDS}?_limit=2", headers=ANN)
    del request.environ["HTTP_HOST"]
    request.environ["SERVER_NAME"] = "own.example"
    for _ in range(2):
        answer = request.send(blog.app)  # The test client would name one.
        assert answer.headers["Next-Page"].startswith("http://own.example/v1/")


def test_each_query_has_its_own_rest(blog):
    assert "n=0&_limit=1&_token=" in next_page(blog, "?n=0&_limit=1")
    assert "n=1&_limit=1&_token=" in next_page(blog, "?n=1&_limit=1")
    assert "_sort=n&_limit=1&_token=" in next_page(blog, "?_limit=1&_sort=n")


def test_the_next_page_follows_the_last_object_of_a_list_that_changed(blog):
    first = next_page(blog)
    blog.put_json(f"{RECORDS}/new", headers=ANN)
    second = next_page(blog)
    ids = [
        [item["id"] for item in blog.get(path(url), headers=ANN).json["data"]]
        for url in (first, second)
    ]
    assert ids == [["r2", "r1"], ["r3", "r2"]]
