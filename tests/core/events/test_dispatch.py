import logging

import pytest
import transaction
from pyramid import httpexceptions

import kinto.core
import kinto.core.utils
from kinto.core.errors import ERRORS, http_error
from kinto.core.events import (
    ACTIONS,
    AfterResourceChanged,
    AfterResourceRead,
    ResourceChanged,
    ResourceRead,
)
from tests.core.application import core_app


class Recorder:
    """Subscriber of everything; `raises` maps a kind of event to what it raises."""

    def __init__(self):
        self.events = []
        self.raises = {}

    def __call__(self, event):
        self.events.append(event)
        if type(event) in self.raises:
            raise self.raises[type(event)]

    @property
    def kinds(self):
        return [type(event).__name__ for event in self.events]


def stack(request, action=ACTIONS.CREATE, data=None, **options):
    given = {"parent_id": "", "timestamp": 7, "resource_name": "mushroom", **options}
    request.notify_resource_event(data=data or {"id": "a"}, action=action, **given)


def post(request):
    stack(request)
    if "fail" in request.GET:
        raise http_error(httpexceptions.HTTPForbidden(), errno=ERRORS.FORBIDDEN)
    return {"done": True}


def get(request):
    stack(request, ACTIONS.READ)
    return {}


@pytest.fixture
def recorder():
    return Recorder()


def build(recorder, *kinds, views=None):
    made = kinto.core.Service(name="mushrooms", path="/mushrooms/{family}/{id}")
    for method, view in (views or {"post": post, "get": get}).items():
        made.add_view(method, view)

    def configure(config):
        for kind in kinds:
            config.add_subscriber(recorder, kind)

    return core_app(made, configure=configure)


URL = "/v0/mushrooms/agarics/1"
CHANGED = (ResourceChanged, AfterResourceChanged)


def test_a_change_is_told_before_and_after_the_commit(recorder):
    build(recorder, *CHANGED).post(URL)
    assert recorder.kinds == ["ResourceChanged", "AfterResourceChanged"]
    before, after = recorder.events
    assert after.payload is before.payload
    assert after.impacted_objects is before.impacted_objects
    assert after.request is before.request


def test_the_payload_tells_who_did_what_where(recorder):
    build(recorder, ResourceChanged).post(URL)
    assert recorder.events[0].payload == {
        "timestamp": 7,
        "action": "create",
        "uri": "/mushrooms/agarics/1",
        "user_id": None,
        "resource_name": "mushroom",
        "family": "agarics",
        "mushroom_id": "1",
    }


def test_a_refused_request_tells_nothing(recorder):
    build(recorder, *CHANGED).post(f"{URL}?fail", status=403)
    assert recorder.events == []


def test_a_subscriber_may_refuse_the_request(recorder):
    recorder.raises[ResourceChanged] = http_error(
        httpexceptions.HTTPForbidden(), errno=ERRORS.FORBIDDEN, message="over the limit"
    )
    response = build(recorder, *CHANGED).post(URL, status=403)
    assert response.json["message"] == "over the limit"
    assert recorder.kinds == ["ResourceChanged"]


def test_a_failing_subscriber_is_an_internal_error(recorder):
    recorder.raises[ResourceChanged] = ValueError("a bug")
    response = build(recorder, *CHANGED).post(URL, status=500)
    assert response.json["errno"] == 999
    assert recorder.kinds == ["ResourceChanged"]


def test_what_fails_after_the_commit_is_only_logged(recorder, caplog):
    recorder.raises[AfterResourceChanged] = ValueError("a bug")
    with caplog.at_level(logging.ERROR):
        build(recorder, *CHANGED).post(URL, status=200)
    assert "Unable to notify" in caplog.text
    assert "a bug" in caplog.text


def test_nothing_follows_a_commit_that_failed(recorder):
    class Refuses:
        transaction_manager = transaction.manager
        sortKey = lambda self: "~refuses"  # noqa: E731
        tpc_begin = commit = tpc_finish = tpc_abort = abort = lambda self, txn: None

        def tpc_vote(self, txn):
            raise ValueError("disk full")

    def view(request):
        transaction.get().join(Refuses())
        return post(request)

    response = build(recorder, *CHANGED, views={"post": view}).post(URL, status=500)
    assert response.json["errno"] == 999
    assert recorder.kinds == ["ResourceChanged"]


def test_reads_are_told_to_whoever_listens(recorder):
    build(recorder, ResourceRead, AfterResourceRead).get(URL)
    assert recorder.kinds == ["ResourceRead", "AfterResourceRead"]
    assert recorder.events[0].read_objects == [{"id": "a"}]


def test_reads_are_not_even_stacked_when_nobody_listens(recorder):
    stacked = []

    def view(request):
        stack(request, ACTIONS.READ)
        stacked.append("resource_events" in request.bound_data)
        return {}

    build(recorder, ResourceChanged, views={"get": view}).get(URL)
    assert stacked == [False]


# Action, data, old: the objects of the event.
IMPACTED = [
    (ACTIONS.CREATE, {"id": "a"}, None, [{"new": {"id": "a"}}]),
    (ACTIONS.UPDATE, {"v": 2}, {"v": 1}, [{"new": {"v": 2}, "old": {"v": 1}}]),
    (ACTIONS.DELETE, {"d": 1}, {"v": 1}, [{"new": {"d": 1}, "old": {"v": 1}}]),
    (
        ACTIONS.DELETE,
        [{"d": 1}, {"d": 2}],
        [{"v": 1}, {"v": 2}],
        [{"new": {"d": 1}, "old": {"v": 1}}, {"new": {"d": 2}, "old": {"v": 2}}],
    ),
]


@pytest.mark.parametrize(("action", "data", "old", "impacted"), IMPACTED)
def test_objects_are_paired_with_what_they_replace(recorder, action, data, old, impacted):
    def view(request):
        stack(request, action, data, old=old)
        return {}

    build(recorder, ResourceChanged, views={"post": view}).post(URL)
    assert recorder.events[0].impacted_objects == impacted


def test_several_operations_of_a_request_make_one_event(recorder):
    def view(request):
        for number in range(3):
            stack(request, data={"id": number})
        return {}

    build(recorder, *CHANGED, views={"post": view}).post(URL)
    assert recorder.kinds == ["ResourceChanged", "AfterResourceChanged"]
    assert len(recorder.events[0].impacted_objects) == 3


def test_an_event_caused_by_a_subscriber_is_told_in_the_same_request():
    seen = []

    def cascade(event):
        seen.append((event.payload["resource_name"], len(event.impacted_objects)))
        if event.payload["resource_name"] == "mushroom" and len(seen) == 1:
            stack(event.request, data={"id": "b"})
            stack(event.request, resource_name="spore")

    app = build(cascade, ResourceChanged)
    app.post(URL)
    assert seen == [("mushroom", 1), ("mushroom", 1), ("spore", 1)]


def test_headers_set_by_a_subscriber_reach_the_client():
    def stamp(event):
        event.request.response.headers["X-Stamp"] = "seen"

    assert build(stamp, ResourceChanged).post(URL).headers["X-Stamp"] == "seen"


def test_requests_built_by_hand_may_tell_events_of_their_own(recorder):
    def view(request):
        fake = kinto.core.utils.build_request(request, {"method": "PUT", "path": "/fungi/x"})
        fake.matchdict = {"kingdom": "fungi", "id": "x"}
        fake.bound_data = request.bound_data
        fake.authn_type, fake.selected_userid = "plugin", "my-plugin"
        fake.current_resource_name = "fungus"
        fake.notify_resource_event(
            parent_id="/kingdom", timestamp=1, data={}, action=ACTIONS.UPDATE, old={}
        )
        return {}

    build(recorder, ResourceChanged, views={"post": view}).post(URL)
    payload = recorder.events[0].payload
    assert payload["user_id"] == "plugin:my-plugin"
    assert payload["uri"] == "/fungi/x"
    assert (payload["kingdom"], payload["fungus_id"]) == ("fungi", "x")


def test_predicates_choose_actions_and_resources(recorder):
    made = kinto.core.Service(name="mushrooms", path="/mushrooms/{family}/{id}")
    made.add_view("post", post)

    def configure(config):
        config.add_subscriber(recorder, ResourceChanged, for_actions=("delete",))
        config.add_subscriber(recorder, ResourceChanged, for_resources=("spore",))
        config.add_subscriber(
            recorder, ResourceChanged, for_actions=(ACTIONS.CREATE,), for_resources=("mushroom",)
        )

    core_app(made, configure=configure).post(URL)
    assert len(recorder.events) == 1
