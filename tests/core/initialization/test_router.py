"""The folded router answers as Pyramid's does, and what plugins hook into is called as there."""

from __future__ import annotations

import pytest
from pyramid.authorization import Allow, Everyone
from pyramid.events import BeforeTraversal, ContextFound, NewRequest, NewResponse
from pyramid.httpexceptions import HTTPFound, HTTPNotFound
from pyramid.interfaces import ISecurityPolicy, ITraverser
from pyramid.request import Request
from pyramid.response import Response
from pyramid.scripting import prepare
from pyramid.security import NO_PERMISSION_REQUIRED
from pyramid_multiauth import MultiAuthPolicySelected, MultiAuthSecurityPolicy

import kinto.core.initialization.folding as folding
from kinto.core.authentication.policy import OnePassSecurityPolicy
from kinto.core.initialization import router as folded
from tests.core.application import CREDENTIALS, core_app, service

EVENTS = [NewRequest, BeforeTraversal, ContextFound, NewResponse]


def served(request):
    return {"method": request.method, "id": request.matchdict.get("id")}


def failing(request):
    raise ValueError("a view failed")


def found(request):
    raise HTTPFound("/v0/elsewhere")


def plain(request):
    return Response("text", content_type="text/plain")


def relative(request):
    return Response("moved", status=302, headerlist=[("Location", "/v0/x")])


def both(**settings):
    """The same application with the folded router and with Pyramid's."""

    def services():
        return [
            service("/mushrooms", get=served, post=served),
            service("/mushrooms/{id}", get=served, put=served),
            service("/failing", get=failing),
            service("/found", get=found),
            service("/plain", get=plain),
            service("/relative", get=relative),
        ]

    ours = core_app(*services(), **settings)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(folding, "fold_router", lambda router: None)
        theirs = core_app(*services(), **settings)
    assert type(ours.app) is folded.FoldedRouter
    assert type(theirs.app) is not folded.FoldedRouter
    return ours, theirs


REQUESTS = [
    ("GET", "/v0/mushrooms", {}),
    ("HEAD", "/v0/mushrooms", {}),
    ("OPTIONS", "/v0/mushrooms", {"Origin": "http://a", "Access-Control-Request-Method": "GET"}),
    ("GET", "/v0/mushrooms", {"Origin": "http://a.org"}),
    ("GET", "/v0/mushrooms", {"Accept": "image/png"}),
    ("GET", "/v0/mushrooms", {"Accept": "application/json, text/html;q=0.5"}),
    ("POST", "/v0/mushrooms", {"Content-Type": "text/plain"}),
    ("DELETE", "/v0/mushrooms", {}),
    ("TRACE", "/v0/mushrooms", {}),
    ("GET", "/v0/mushrooms/a", CREDENTIALS),
    ("GET", "/v0/mushrooms/%C3%A9", {}),
    ("GET", "/v0/mushrooms/%FF", {}),
    ("GET", "/v0/mushrooms/", {}),
    ("PUT", "/v0/mushrooms/a", {"Authorization": "Basic !!"}),
    ("GET", "/v0/failing", {}),
    ("GET", "/v0/found", {}),
    ("GET", "/v0/plain", {}),
    ("HEAD", "/v0/plain", {}),
    ("GET", "/v0/relative", {}),
    ("GET", "/v0/nowhere", {}),
    ("GET", "/v0/nowhere", {"Origin": "http://a.org"}),
    ("GET", "/mushrooms", {}),
    ("GET", "/v0/", CREDENTIALS),
    ("GET", "/v0/mushrooms", {"X-Vhm-Root": "/a/b"}),
]


@pytest.mark.parametrize("settings", [{}, {"backoff": "10"}, {"cors_origins": "http://a.org"}])
def test_answers_are_those_of_pyramids_router(settings):
    ours, theirs = both(**settings)
    for method, path, headers in REQUESTS:
        answers = [app.call(method, path, headers) for app in (ours, theirs)]
        shown = [(answer.status, sorted(answer.headerlist), answer.body) for answer in answers]
        assert shown[0] == shown[1], (method, path, headers)


@pytest.mark.parametrize("kind", EVENTS)
def test_who_subscribes_late_is_heard(kind):
    app = core_app(service(get=served))
    app.call("GET", "/v0/mushrooms")
    heard = []
    app.registry.registerHandler(heard.append, (kind,))
    app.call("GET", "/v0/mushrooms")
    (event,) = heard
    assert isinstance(event, kind)
    assert event.request.path == "/v0/mushrooms"


@pytest.mark.parametrize("kind", EVENTS)
def test_subscribers_with_predicates_are_called_where_these_hold(kind):
    heard = []

    class OnPath:
        def __init__(self, path, config):
            self.path = path

        def phash(self):
            return self.path

        text = phash

        def __call__(self, event):
            return event.request.path == self.path

    def configure(config):
        config.add_subscriber_predicate("on_path", OnPath)
        config.add_subscriber(heard.append, kind, on_path="/v0/mushrooms/a")

    app = core_app(service("/mushrooms/{id}", get=served), configure=configure)
    app.call("GET", "/v0/mushrooms/b")
    app.call("GET", "/v0/mushrooms/a")
    assert [type(event) for event in heard] == [kind]


def test_events_come_in_the_order_of_pyramid(monkeypatch):
    app = core_app(service(get=served))
    heard = []
    monkeypatch.setattr(app.registry, "notify", lambda event: heard.append(type(event)))
    app.call("GET", "/v0/mushrooms")
    assert [kind for kind in heard if kind in EVENTS] == EVENTS


def test_callbacks_of_responses_and_of_the_end_are_called_in_their_order():
    calls = []

    def view(request):
        request.add_response_callback(
            lambda request, response: calls.append(dict(response.headers))
        )
        request.add_finished_callback(lambda request: calls.append("finished"))
        return {}

    app = core_app(service(get=view))
    app.call("GET", "/v0/mushrooms")
    assert calls[0]["X-Content-Type-Options"] == "nosniff"
    assert "Content-Security-Policy" not in calls[0]
    assert calls[1] == "finished"


def test_finished_callbacks_are_called_after_a_failure_that_nobody_answers():
    calls = []

    def tween_factory(handler, registry):
        def tween(request):
            request.add_finished_callback(lambda request: calls.append("finished"))
            raise KeyboardInterrupt

        return tween

    app = core_app(configure=lambda config: _add_tween(config, tween_factory))
    with pytest.raises(KeyboardInterrupt):
        app.call("GET", "/v0/")
    assert calls == ["finished"]


def _add_tween(config, factory):
    globals()["_plugins_tween"] = factory
    config.add_tween(f"{__name__}._plugins_tween")


def test_a_tween_of_a_plugin_stands_around_the_views():
    made = []

    def tween_factory(handler, registry):
        made.append(handler)

        def tween(request):
            request.headers["X-Seen"] = "yes"
            response = handler(request)
            response.headers["X-Tween"] = "passed"
            return response

        return tween

    app = core_app(
        service(get=lambda request: {"seen": request.headers["X-Seen"]}),
        configure=lambda config: _add_tween(config, tween_factory),
    )
    response = app.call("GET", "/v0/mushrooms")
    assert response.json == {"seen": "yes"}
    assert response.headers["X-Tween"] == "passed"
    assert len(made) == 1


class Tree(dict):
    """A root with children, for views that Pyramid finds by traversal."""

    __acl__ = ((Allow, Everyone, "dynamic"),)


def test_roots_are_traversed_where_a_route_asks_for_it():
    leaf = Tree()
    tree = Tree(a=Tree(b=leaf))
    seen = []

    def view(context, request):
        seen.append((context, request.view_name, request.subpath, request.root is tree))
        return Response("found")

    def configure(config):
        config.add_route("tree", "/tree/*traverse", factory=lambda request: tree)
        for name in ("", "named"):
            config.add_view(view, route_name="tree", name=name, permission=NO_PERMISSION_REQUIRED)

    app = core_app(configure=configure)
    assert app.call("GET", "/v0/tree/a/b").text == "found"
    assert app.call("GET", "/v0/tree/a/b/named/rest").text == "found"
    assert app.call("GET", "/v0/tree/a/nothing").status_code == 404
    assert seen == [(leaf, "", (), True), (leaf, "named", ("rest",), True)]


def test_a_traverser_that_comes_late_is_used():
    other = Tree()

    class Traverser:
        def __init__(self, root):
            self.root = root

        def __call__(self, request):
            names = ("subpath", "traversed", "virtual_root_path")
            return {
                "context": other,
                "view_name": "",
                "virtual_root": self.root,
                "root": self.root,
                **dict.fromkeys(names, ()),
            }

    def configure(config):
        config.add_route("flat", "/flat", factory=lambda request: Tree())
        config.add_view(
            lambda context, request: Response(str(context is other)),
            route_name="flat",
            permission=NO_PERMISSION_REQUIRED,
        )

    app = core_app(configure=configure)
    assert app.call("GET", "/v0/flat").text == "False"
    app.registry.registerAdapter(Traverser, (Tree,), ITraverser)
    assert app.call("GET", "/v0/flat").text == "True"


def test_a_view_that_replaces_another_one_is_found():
    configurators = []
    app = core_app(service(get=served), configure=configurators.append)
    assert app.call("GET", "/v0/mushrooms").json["method"] == "GET"
    (config,) = configurators
    config.commit()
    config.add_view(
        lambda request: Response("replaced"),
        route_name="mushrooms",
        request_method="GET",
        permission=NO_PERMISSION_REQUIRED,
        acceptable_types=("application/json",),
    )
    config.commit()
    assert app.call("GET", "/v0/mushrooms").text == "replaced"


def test_a_route_and_a_request_method_that_come_late_are_used():
    configurators = []
    app = core_app(service(get=served), configure=configurators.append)
    app.call("GET", "/v0/mushrooms")
    (config,) = configurators
    config.commit()
    config.add_request_method(lambda request: "late", "lately", property=True)
    config.add_request_method(lambda request: "later", "current_resource_name", reify=True)
    config.add_route("late", "/late")
    config.add_view(
        lambda request: Response(f"{request.lately} {request.current_resource_name}"),
        route_name="late",
        permission=NO_PERMISSION_REQUIRED,
    )
    config.commit()
    assert app.call("GET", "/v0/late").text == "late later"


class Refusing:
    """A security policy of a plugin."""

    def identity(self, request):
        return None

    def authenticated_userid(self, request):
        return None

    def permits(self, request, context, permission):
        return request.headers.get("X-Key") == "right"

    def remember(self, request, userid, **kwargs):
        return []

    def forget(self, request, **kwargs):
        return []


def test_the_security_policy_of_a_plugin_decides():
    guarded = service()
    guarded.add_view("GET", served, permission="private")
    app = core_app(guarded, configure=lambda config: config.set_security_policy(Refusing()))
    assert app.call("GET", "/v0/mushrooms", {"X-Key": "right"}).status_code == 200
    assert app.call("GET", "/v0/mushrooms", {"X-Key": "wrong"}).status_code in (401, 403)
    assert app.call("GET", "/v0/mushrooms", CREDENTIALS).status_code in (401, 403)


def test_an_exception_view_answers_what_views_raise():
    def configure(config):
        config.add_exception_view(
            lambda failure, request: Response(f"caught {failure}", status=418), ValueError
        )

    app = core_app(service(get=failing), configure=configure)
    response = app.call("GET", "/v0/mushrooms")
    assert (response.status_code, response.text) == (418, "caught a view failed")


@pytest.mark.parametrize("use_tweens", [False, True])
def test_requests_inside_requests(use_tweens):
    seen = []

    def outer(request):
        inner = Request.blank("/v0/inner", headers=CREDENTIALS)
        response = request.invoke_subrequest(inner, use_tweens=use_tweens)
        seen.append(inner.prefixed_userid)
        return {"inner": response.json, "nosniff": response.headers["X-Content-Type-Options"]}

    def inner(request):
        return {"user": request.prefixed_userid is not None, "id": request.authenticated_userid}

    app = core_app(service("/outer", get=outer), service("/inner", get=inner))
    answer = app.call("GET", "/v0/outer").json
    assert answer["nosniff"] == "nosniff"
    assert answer["inner"]["id"] is not None
    assert seen[0].startswith("basicauth:")


def test_a_subrequest_raises_what_its_view_raises():
    def outer(request):
        try:
            request.invoke_subrequest(Request.blank("/v0/nowhere"))
        except HTTPNotFound:
            return {"raised": True}

    app = core_app(service("/outer", get=outer))
    assert app.call("GET", "/v0/outer").json == {"raised": True}


def test_scripts_are_given_a_request():
    app = core_app(service(get=served))
    with prepare(registry=app.registry) as env:
        assert env["request"].registry is app.registry
        assert env["request"].bound_data == {}
    with app.app.request_context(Request.blank("/v0/").environ) as request:
        assert request.prefixed_userid is None


@pytest.mark.parametrize("setting", ["pyramid.debug_notfound", "pyramid.debug_routematch"])
def test_pyramid_explains_itself_when_it_is_asked_to(setting):
    app = core_app(service(get=served), **{setting.replace(".", "__"): "true"})
    assert type(app.app) is not folded.FoldedRouter
    assert app.call("GET", "/v0/mushrooms").status_code == 200


def test_a_router_that_was_changed_from_outside_stays_as_it_is(monkeypatch):
    calls = []
    usual = folded.pyramid.router._call_view

    def traced(*args, **kwargs):
        calls.append(args)
        return usual(*args, **kwargs)

    monkeypatch.setattr(folded.pyramid.router, "_call_view", traced)
    app = core_app(service(get=served))
    assert app.call("GET", "/v0/mushrooms").status_code == 200
    assert len(calls) == 1


def test_an_execution_policy_is_asked():
    def policy(environ, router):
        response = folded.default_execution_policy(environ, router)
        response.headers["X-Policy"] = "asked"
        return response

    app = core_app(
        service(get=served), configure=lambda config: config.set_execution_policy(policy)
    )
    assert app.call("GET", "/v0/mushrooms").headers["X-Policy"] == "asked"


def test_a_request_factory_of_its_own_is_called():
    class Counted(Request):
        made = 0

        def __init__(self, *args, **kwargs):
            super().__init__(*args, **kwargs)
            type(self).made += 1
            Counted.made += 1

    app = core_app(
        service(get=served), configure=lambda config: config.set_request_factory(Counted)
    )
    Counted.made = 0
    assert app.call("GET", "/v0/mushrooms").status_code == 200
    assert Counted.made == 1


def test_who_is_told_of_the_caller_is_told_once_each_request():
    told = []

    def view(request):
        principals = request.prefixed_principals
        return {"id": request.prefixed_userid, "principals": principals}

    def configure(config):
        config.add_subscriber(told.append, MultiAuthPolicySelected)

    quiet = core_app(service(get=view)).call("GET", "/v0/mushrooms", CREDENTIALS).json
    app = core_app(service(get=view), configure=configure)
    heard = app.call("GET", "/v0/mushrooms", CREDENTIALS).json
    policy = app.registry.queryUtility(ISecurityPolicy)
    assert isinstance(policy, MultiAuthSecurityPolicy)
    assert type(policy) is OnePassSecurityPolicy
    (event,) = told
    assert event.policy is policy.get_policy("basicauth")
    assert f"basicauth:{event.userid}" == heard["id"] == quiet["id"]
    assert set(heard["principals"]) == set(quiet["principals"])
    assert heard["principals"][0] == heard["id"]


@pytest.mark.parametrize(("groups", "user"), [(["group:a"], True), (None, False)])
def test_the_group_finder_of_the_settings_is_called(groups, user):
    global finder

    def finder(userid, request):
        return groups

    def view(request):
        return {"principals": sorted(request.prefixed_principals)}

    app = core_app(service(get=view), multiauth__groupfinder=f"{__name__}.finder")
    found = app.call("GET", "/v0/mushrooms", CREDENTIALS).json["principals"]
    assert ("group:a" in found) is user
    assert ("system.Authenticated" in found) is user
