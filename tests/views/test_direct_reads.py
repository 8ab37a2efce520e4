"""Reads that are answered before they would be routed: which these are, and that whoever has a say
in an answer, or wants to see its context, still does. What they answer is compared with the long
way in `test_plain_reads` and `test_spliced_lists`.
"""

import pytest

from kinto.core.initialization import plans, reads
from tests import factories
from tests.views import meddling_plugin

COLLECTION = "/buckets/blog/collections/articles"
RECORDS = f"{COLLECTION}/records"
ONE = f"{RECORDS}/one"
READABLE = ("/buckets/blog", COLLECTION, "/buckets/blog/groups/staff", ONE, RECORDS)
OWNER = factories.credentials("owner")
WAYS = (
    "view",
    "view_with_predicate",
    "deriver",
    "new_request",
    "context_found",
    "new_response",
    "before_render",
)


@pytest.fixture
def direct(monkeypatch):
    """Whether each request that could be was answered directly."""
    seen = []
    usual = reads.DirectReads.answer

    def answer(self, request):
        response = usual(self, request)
        seen.append(response is not None)
        return response

    monkeypatch.setattr(reads.DirectReads, "answer", answer)
    return seen


def _fill(api):
    for uri in ("/buckets/blog", COLLECTION, "/buckets/blog/groups/staff", ONE):
        api.put_json(uri, {"data": {}}, headers=OWNER)
    return api


@pytest.fixture
def blog(app):
    return _fill(app)


def may_be_direct(api, uri):
    """Lists are, where the storage gives them as text (not so Redis)."""
    is_list = uri.count("/") % 2 == 1
    return not is_list or hasattr(api.storage, "list_page_json")


@pytest.mark.parametrize("uri", READABLE)
def test_a_user_who_may_read_is_answered_directly(blog, direct, uri):
    etag = blog.get(uri, headers=OWNER).headers["ETag"]
    blog.get(uri, headers={**OWNER, "If-None-Match": etag}, status=304)
    assert direct == [may_be_direct(blog, uri)] * 2


@pytest.mark.parametrize(
    ("uri", "headers"),
    [
        (ONE, factories.credentials("stranger")),
        (ONE, {}),
        (ONE, {"Authorization": "Basic !!"}),
        (ONE, {**OWNER, "Origin": "https://app.example"}),
        (ONE, {**OWNER, "If-Match": '"1"'}),
        (ONE, {**OWNER, "Accept": "text/html"}),
        (ONE, {**OWNER, "X-Vhm-Root": "/a"}),
        (f"{ONE}?_fields=n", OWNER),
        (f"{RECORDS}?_fields=n", OWNER),
        (f"{RECORDS}/two", OWNER),
        (f"{RECORDS}/no%20id", OWNER),
        ("/buckets/blog/collections/other/records/one", OWNER),
        ("/buckets", OWNER),
        ("/", OWNER),
        (f"{ONE}/", OWNER),
        (f"/buckets/{'b' * 600}", OWNER),
    ],
)
def test_everything_else_is_routed(blog, direct, uri, headers):
    answers = [blog.get(uri, headers=headers, status="*") for _ in range(2)]
    assert not any(direct)
    assert answers[0].status == answers[1].status


@pytest.mark.parametrize("way", WAYS)
def test_whoever_has_a_say_in_answers_is_asked(make_app, way):
    api = make_app(includes="tests.views.meddling_plugin", meddling=way)
    _fill(api)
    api.get(ONE, headers=OWNER)
    meddling_plugin.come_later(api.registry)
    assert meddling_plugin.HEADER in api.get(ONE, headers=OWNER).headers


@pytest.mark.parametrize("way", ["tween", "callback", "finished"])
def test_whoever_looks_at_requests_finds_their_context(make_app, way):
    api = make_app(includes="tests.views.looking_plugin", looking=way)
    _fill(api)
    del api.registry.looked_at[:]
    api.get(ONE, headers=OWNER)
    assert api.registry.looked_at == [ONE]


def test_rights_that_were_taken_away_are_gone(blog, direct):
    reader = factories.credentials("reader")
    user = blog.get("/", headers=reader).json["user"]["id"]
    group = {"data": {"members": [user]}}
    blog.put_json("/buckets/blog/groups/staff", group, headers=OWNER)
    allowed = {"permissions": {"read": ["/buckets/blog/groups/staff"]}}
    blog.patch_json(COLLECTION, allowed, headers=OWNER)
    del direct[:]
    for uri in (ONE, RECORDS):
        blog.get(uri, headers=reader)
    assert direct == [may_be_direct(blog, uri) for uri in (ONE, RECORDS)]
    nobody = {"data": {"members": []}}
    blog.put_json("/buckets/blog/groups/staff", nobody, headers=OWNER)
    blog.get(ONE, headers=reader, status=403)
    blog.get(RECORDS, headers=reader, status=403)


def test_what_was_deleted_and_made_again_is_read_anew(blog):
    blog.get(ONE, headers=OWNER)
    blog.delete("/buckets/blog", headers=OWNER)
    blog.get(ONE, headers=OWNER, status=403)
    blog.get(RECORDS, headers=OWNER, status=403)
    _fill(blog)
    assert "old" not in blog.get(ONE, headers=OWNER).json["data"]


def test_a_slash_at_the_end_leads_to_the_list_whatever_was_read_before(blog):
    for _ in range(2):
        blog.get(f"{RECORDS}/", headers=OWNER, status=307)
        blog.get(ONE, headers=OWNER)


def test_few_plans_are_kept(blog, monkeypatch):
    monkeypatch.setattr(plans.Plans, "_most", 3)
    for number in range(8):
        uri = f"/buckets/blog/collections/c{number}"
        blog.put_json(uri, {}, headers=OWNER)
        blog.put_json(f"{uri}/records/one", {"data": {"n": number}}, headers=OWNER)
    for number in range(8):
        uri = f"/buckets/blog/collections/c{number}/records"
        assert [item["n"] for item in blog.get(uri, headers=OWNER).json["data"]] == [number]
        assert blog.get(f"{uri}/one", headers=OWNER).json["data"]["n"] == number


class Route:
    predicates = ()

    def __init__(self, pattern, name="route"):
        self.pattern, self.name = pattern, name


@pytest.mark.parametrize(
    ("pattern", "may"),
    [
        ("v1/buckets/{id}", True),
        ("v1/buckets/special", True),
        ("v1/{kind}/special", True),
        ("v1/other/{id}", False),
        ("v1/buckets/{id}/more", False),
        ("v1/*rest", True),
        ("v1/admin/*rest", False),
        ("v1/buckets/special/*rest", True),
        ("v1/{rest:.*}", True),
    ],
)
def test_a_route_that_may_take_another_object_is_noticed(pattern, may):
    assert plans._may_match_another(Route(pattern), "/v1/buckets/blog") is may


def test_the_redirection_takes_no_path_with_a_version():
    route = Route("/{path:.*}", plans.REDIRECTION)
    assert not plans._may_match_another(route, "/v1/buckets/blog")
